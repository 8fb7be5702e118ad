package graph

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"jobsgateway/graph/model"
	"jobsgateway/restclient"
)

// ownSchema parses schema.graphqls as the generator was given it.
func ownSchema(t testing.TB) *ast.SchemaDocument {
	t.Helper()
	if !strings.HasSuffix(sources[0].Name, "schema.graphqls") {
		t.Fatalf("the first source is %s", sources[0].Name)
	}
	doc, err := parser.ParseSchema(sources[0])
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// descriptions gives every description of a schema by the coordinate of what it describes, such as Query.jobs(first:).
func descriptions(doc *ast.SchemaDocument) map[string]string {
	found := map[string]string{}
	for _, directive := range doc.Directives {
		found["@"+directive.Name] = directive.Description
		for _, arg := range directive.Arguments {
			found["@"+directive.Name+"("+arg.Name+":)"] = arg.Description
		}
	}
	for _, def := range doc.Definitions {
		found[def.Name] = def.Description
		for _, value := range def.EnumValues {
			found[def.Name+"."+value.Name] = value.Description
		}
		for _, field := range def.Fields {
			found[def.Name+"."+field.Name] = field.Description
			for _, arg := range field.Arguments {
				found[def.Name+"."+field.Name+"("+arg.Name+":)"] = arg.Description
			}
		}
	}
	return found
}

// Whoever explores the schema is told something about everything in it.
func TestDescriptions(t *testing.T) {
	t.Parallel()
	all := descriptions(ownSchema(t))
	if len(all) != len(contract) {
		t.Errorf("%d elements were found, of %d", len(all), len(contract))
	}
	for coordinate, text := range all {
		if len(strings.Fields(text)) < 3 || !strings.HasSuffix(text, ".") {
			t.Errorf("%s has the description %q", coordinate, text)
		}
	}
}

// The directives that are declared for routers say where their meaning is fixed.
func TestDemandDirectives(t *testing.T) {
	t.Parallel()
	doc, err := parser.ParseSchema(sources[1])
	if err != nil {
		t.Fatal(err)
	}
	names := []string{}
	for _, directive := range doc.Directives {
		names = append(names, directive.Name)
		if !strings.Contains(directive.Description, "Source: https://specs.apollo.dev/cost/") {
			t.Errorf("@%s has the description %q", directive.Name, directive.Description)
		}
	}
	if diff := cmp.Diff([]string{"cost", "listSize"}, names); diff != "" || len(doc.Definitions) > 0 {
		t.Errorf("%s %v", diff, doc.Definitions)
	}
}

// signatures lists what clients and routers rely on, one line an element: kinds, types with their nullability,
// defaults, directives. Prose is left out.
func signatures(doc *ast.SchemaDocument) []string {
	lines := []string{}
	directives := func(list ast.DirectiveList) string {
		var b strings.Builder
		for _, directive := range list {
			b.WriteString(" @" + directive.Name)
			for _, arg := range directive.Arguments {
				b.WriteString(" " + arg.Name + ":" + arg.Value.String())
			}
		}
		return b.String()
	}
	for _, def := range doc.Definitions {
		head := strings.ToLower(string(def.Kind)) + " " + def.Name
		for _, name := range def.Interfaces {
			head += " implements " + name
		}
		lines = append(lines, head+directives(def.Directives))
		for _, value := range def.EnumValues {
			lines = append(lines, def.Name+"."+value.Name+directives(value.Directives))
		}
		for _, field := range def.Fields {
			lines = append(lines, def.Name+"."+field.Name+": "+field.Type.String()+directives(field.Directives))
			for _, arg := range field.Arguments {
				line := def.Name + "." + field.Name + "(" + arg.Name + "): " + arg.Type.String()
				if arg.DefaultValue != nil {
					line += " = " + arg.DefaultValue.String()
				}
				lines = append(lines, line+directives(arg.Directives))
			}
		}
	}
	return lines
}

const listSize = ` @listSize assumedSize:50 slicingArguments:["first","last"]` +
	` sizedFields:["edges","nodes"] requireOneSlicingArgument:false`

// contract is what was agreed: a change here breaks clients, and is one for the changelog.
var contract = []string{
	`scalar DateTime @specifiedBy url:"https://www.rfc-editor.org/rfc/rfc3339"`,
	`scalar BigInt`,
	`scalar JSON @cost weight:5`,
	`enum JobState`,
	`JobState.PENDING`,
	`JobState.SCHEDULED`,
	`JobState.RUNNING`,
	`JobState.COMPLETED`,
	`JobState.FAILED`,
	`JobState.CANCELLED`,
	`JobState.PENDING_CANCELLATION`,
	`JobState.UNKNOWN`,
	`enum JobOrder`,
	`JobOrder.CREATED_AT_DESC`,
	`JobOrder.CREATED_AT_ASC`,
	`JobOrder.UPDATED_AT_DESC`,
	`JobOrder.UPDATED_AT_ASC`,
	`input_object JobFilter`,
	`JobFilter.states: [JobState!]`,
	`JobFilter.types: [String!]`,
	`JobFilter.tagsAny: [String!]`,
	`JobFilter.dataPlaneId: ID`,
	`JobFilter.datasetId: ID`,
	`JobFilter.createdAt: TimeRange`,
	`JobFilter.updatedAt: TimeRange`,
	`input_object DatasetJobFilter`,
	`DatasetJobFilter.states: [JobState!]`,
	`DatasetJobFilter.types: [String!]`,
	`DatasetJobFilter.tagsAny: [String!]`,
	`DatasetJobFilter.dataPlaneId: ID`,
	`DatasetJobFilter.createdAt: TimeRange`,
	`DatasetJobFilter.updatedAt: TimeRange`,
	`input_object TimeRange`,
	`TimeRange.from: DateTime`,
	`TimeRange.to: DateTime`,
	`object Query`,
	`Query.jobs: JobConnection` + listSize,
	`Query.jobs(first): Int`,
	`Query.jobs(after): String`,
	`Query.jobs(last): Int`,
	`Query.jobs(before): String`,
	`Query.jobs(offset): Int`,
	`Query.jobs(filter): JobFilter`,
	`Query.jobs(orderBy): JobOrder = CREATED_AT_DESC`,
	`Query.job: Job`,
	`Query.job(id): ID!`,
	`Query.dataset: Dataset`,
	`Query.dataset(id): ID!`,
	`Query.datasets: [Dataset!]`,
	`Query.datasets(ids): [ID!]!`,
	`Query.jobStateCounts: [JobStateCount!]`,
	`Query.jobStateCounts(filter): JobFilter`,
	`Query.node: Node`,
	`Query.node(id): ID!`,
	`Query.nodes: [Node]!`,
	`Query.nodes(ids): [ID!]!`,
	`object Subscription`,
	`Subscription.jobUpdated: Job`,
	`Subscription.jobUpdated(id): ID!`,
	`Subscription.jobsChanged: JobsChange!`,
	`Subscription.jobsChanged(filter): JobFilter`,
	`Subscription.jobsChanged(since): String`,
	`object JobsChange`,
	`JobsChange.jobs: [Job!]! @listSize assumedSize:100`,
	`JobsChange.cursor: String!`,
	`JobsChange.resync: Boolean!`,
	`object JobStateCount`,
	`JobStateCount.state: JobState!`,
	`JobStateCount.count: Int!`,
	`interface Node`,
	`Node.id: ID!`,
	`object Job implements Node @key fields:"id"`,
	`Job.id: ID!`,
	`Job.state: JobState!`,
	`Job.rawState: String!`,
	`Job.isFinal: Boolean!`,
	`Job.type: String!`,
	`Job.input: JobSpec`,
	`Job.result: JobResult`,
	`Job.failures: [JobFailure!]!`,
	`Job.dataset: Dataset`,
	`Job.dataPlane: DataPlane`,
	`Job.requestSource: RequestSource`,
	`Job.tags: [String!]`,
	`Job.executor: String @tag name:"internal"`,
	`Job.idempotencyKey: String @tag name:"internal"`,
	`Job.createdAt: DateTime!`,
	`Job.updatedAt: DateTime!`,
	`Job.endedAt: DateTime`,
	`Job.durationSeconds: Float!`,
	`Job.raw: JSON! @tag name:"internal"`,
	`interface JobSpec`,
	`JobSpec.raw: JSON!`,
	`object MaterializeViewSpec implements JobSpec`,
	`MaterializeViewSpec.raw: JSON!`,
	`MaterializeViewSpec.nql: String`,
	`MaterializeViewSpec.compiledSelect: String`,
	`MaterializeViewSpec.statsEnabled: Boolean`,
	`MaterializeViewSpec.dataset: Dataset`,
	`object GenericJobSpec implements JobSpec`,
	`GenericJobSpec.raw: JSON!`,
	`interface JobResult`,
	`JobResult.raw: JSON!`,
	`object MaterializeViewResult implements JobResult`,
	`MaterializeViewResult.raw: JSON!`,
	`MaterializeViewResult.dataset: Dataset`,
	`MaterializeViewResult.snapshotId: BigInt`,
	`MaterializeViewResult.recalculationId: ID`,
	`object GenericJobResult implements JobResult`,
	`GenericJobResult.raw: JSON!`,
	`object JobFailure`,
	`JobFailure.message: String!`,
	`JobFailure.occurredAt: DateTime`,
	`JobFailure.detail: JSON @tag name:"internal"`,
	`object RequestSource`,
	`RequestSource.type: String!`,
	`RequestSource.name: String`,
	`RequestSource.companyId: ID`,
	`RequestSource.userId: ID`,
	`object Dataset implements Node @key fields:"id"`,
	`Dataset.id: ID!`,
	`Dataset.jobs: JobConnection` + listSize,
	`Dataset.jobs(first): Int`,
	`Dataset.jobs(after): String`,
	`Dataset.jobs(last): Int`,
	`Dataset.jobs(before): String`,
	`Dataset.jobs(filter): DatasetJobFilter`,
	`Dataset.jobs(orderBy): JobOrder = CREATED_AT_DESC`,
	`Dataset.latestJob: Job`,
	`Dataset.latestJob(filter): DatasetJobFilter`,
	`object DataPlane @key fields:"id" resolvable:false`,
	`DataPlane.id: ID!`,
	`object JobConnection`,
	`JobConnection.edges: [JobEdge!]!`,
	`JobConnection.nodes: [Job!]!`,
	`JobConnection.pageInfo: PageInfo!`,
	`JobConnection.totalCount: Int`,
	`object JobEdge`,
	`JobEdge.cursor: String!`,
	`JobEdge.node: Job!`,
	`object PageInfo @shareable`,
	`PageInfo.hasNextPage: Boolean!`,
	`PageInfo.hasPreviousPage: Boolean!`,
	`PageInfo.startCursor: String`,
	`PageInfo.endCursor: String`,
}

func TestContract(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff(contract, signatures(ownSchema(t))); diff != "" {
		t.Errorf("schema.graphqls is not what was agreed: what is added goes into contract, here (-want +got):\n%s", diff)
	}
}

// Both enums have the schema's words in Go and no others, and each word comes back as itself.
func TestEnums(t *testing.T) {
	t.Parallel()
	doc := ownSchema(t)
	words := func(enum string) []string {
		names := []string{}
		for _, value := range doc.Definitions.ForName(enum).EnumValues {
			names = append(names, value.Name)
		}
		slices.Sort(names)
		return names
	}
	states := []restclient.State{
		restclient.StatePending, restclient.StateScheduled, restclient.StateRunning, restclient.StateCompleted, restclient.StateFailed,
		restclient.StateCancelled, restclient.StatePendingCancellation, restclient.StateUnknown,
	}
	written := []string{}
	for _, state := range states {
		var b strings.Builder
		model.MarshalJobState(state).MarshalGQL(&b)
		name := strings.Trim(b.String(), `"`)
		written = append(written, name)
		if back, err := model.UnmarshalJobState(name); err != nil || back != state {
			t.Errorf("%s comes back as %q, %v", name, back, err)
		}
		if name != strings.ToUpper(string(state)) && state != restclient.StateUnknown {
			t.Errorf("%s stands for %s", name, state)
		}
	}
	slices.Sort(written)
	if diff := cmp.Diff(words("JobState"), written); diff != "" {
		t.Errorf("JobState (-schema +Go):\n%s", diff)
	}
	orders := []restclient.Order{
		restclient.CreatedAtDesc, restclient.CreatedAtAsc, restclient.UpdatedAtDesc, restclient.UpdatedAtAsc,
	}
	written = written[:0]
	for _, order := range orders {
		var b strings.Builder
		model.MarshalJobOrder(order).MarshalGQL(&b)
		name := strings.Trim(b.String(), `"`)
		written = append(written, name)
		if back, err := model.UnmarshalJobOrder(name); err != nil || back != order {
			t.Errorf("%s comes back as %q, %v", name, back, err)
		}
		if name != strings.ToUpper(string(order)) {
			t.Errorf("%s stands for %s", name, order)
		}
	}
	slices.Sort(written)
	if diff := cmp.Diff(words("JobOrder"), written); diff != "" {
		t.Errorf("JobOrder (-schema +Go):\n%s", diff)
	}
}

// Root fields alone are resolvers; graph/direct writes all others.
func TestResolvers(t *testing.T) {
	t.Parallel()
	got := []string{}
	for object := range reflect.TypeFor[ResolverRoot]().Methods() {
		for field := range object.Type.Out(0).Methods() {
			got = append(got, object.Name+"."+field.Name)
		}
	}
	want := []string{
		"Entity.FindDataset", "Entity.FindJob",
		"Query.Dataset", "Query.Datasets", "Query.Job", "Query.JobStateCounts", "Query.Jobs", "Query.Node", "Query.Nodes",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("resolvers (-want +got):\n%s", diff)
	}
}
