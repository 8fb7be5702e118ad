package graph

import (
	"cmp"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"jobsgateway/graph/direct"
)

// reached tells how an operation comes to a field of each object and interface type, %s, and where its appender stands.
var reached = map[string]struct{ query, appenders string }{
	"Job":                   {`{ job(id: "") { %s } }`, "jobFields in graph/direct/job.go"},
	"Node":                  {`{ node(id: "") { %s } }`, "jobFields in graph/direct/job.go"},
	"JobConnection":         {`{ jobs { %s } }`, "connectionFields in graph/direct/connection.go"},
	"JobEdge":               {`{ jobs { edges { %s } } }`, "edgeFields in graph/direct/connection.go"},
	"PageInfo":              {`{ jobs { pageInfo { %s } } }`, "pageInfo in graph/direct/connection.go"},
	"Dataset":               {`{ dataset(id: "") { %s } }`, "datasetFields in graph/direct/dataset.go"},
	"DataPlane":             {`{ job(id: "") { dataPlane { %s } } }`, "dataPlane in graph/direct/job.go"},
	"JobFailure":            {`{ job(id: "") { failures { %s } } }`, "failures in graph/direct/job.go"},
	"RequestSource":         {`{ job(id: "") { requestSource { %s } } }`, "requestSource in graph/direct/job.go"},
	"JobSpec":               {`{ job(id: "") { input { %s } } }`, "specFields in graph/direct/payload.go"},
	"MaterializeViewSpec":   {`{ job(id: "") { input { ... on MaterializeViewSpec { %s } } } }`, "specFields in graph/direct/payload.go"},
	"GenericJobSpec":        {`{ job(id: "") { input { ... on GenericJobSpec { %s } } } }`, "specFields in graph/direct/payload.go"},
	"JobResult":             {`{ job(id: "") { result { %s } } }`, "resultFields in graph/direct/payload.go"},
	"MaterializeViewResult": {`{ job(id: "") { result { ... on MaterializeViewResult { %s } } } }`, "resultFields in graph/direct/payload.go"},
	"GenericJobResult":      {`{ job(id: "") { result { ... on GenericJobResult { %s } } } }`, "resultFields in graph/direct/payload.go"},
	"Query":                 {`{ %s }`, "(*compiler).root in graph/direct/root.go"},
	"_Entity":               {`{ _entities(representations: []) { %s } }`, "(*compiler).root in graph/direct/root.go"},
}

// Every field that an answer can have is written by an appender: one without is still answered, but the whole root field
// above it by the stock executor, many times as slowly, and nothing else would tell.
func TestEveryFieldHasAnAppender(t *testing.T) {
	t.Parallel()
	schema, err := NewSchema(true)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range sortedKeys(schema.Types) {
		def := schema.Types[name]
		if !def.IsCompositeType() || introspective(name) || name == "_Service" {
			continue
		}
		way, ok := reached[name]
		if !ok {
			t.Errorf("the schema's type %s is not known here: give its fields appenders, a map of makers in graph/direct as jobFields in "+
				"graph/direct/job.go is one, have them compiled where the type is met, and add the type to reached", name)
			continue
		}
		fields := append(ast.FieldList{{Name: "__typename"}}, def.Fields...)
		for _, f := range fields {
			if name == "Query" && introspective(f.Name) {
				continue
			}
			query := fmt.Sprintf(way.query, minimal(schema, f))
			doc, refused := gqlparser.LoadQueryWithRules(schema, query, nil)
			if refused != nil {
				t.Errorf("%s.%s: %v in %s", name, f.Name, refused, query)
				continue
			}
			root, ok := doc.Operations[0].SelectionSet[0].(*ast.Field)
			if !ok || !direct.Compile(schema, doc, doc.Operations[0], nil).Writes(root.Alias) {
				t.Errorf("no appender for %s.%s: add one under %q to %s, beside the method that the stock executor has in graph/model",
					name, f.Name, f.Name, way.appenders)
			}
		}
	}
	for name := range reached {
		if schema.Types[name] == nil {
			t.Errorf("the schema has no type %s: drop it from reached", name)
		}
	}
}

// minimal writes a field with the arguments that it needs, and asks as little of it as can be.
func minimal(schema *ast.Schema, f *ast.FieldDefinition) string {
	var arguments []string
	for _, argument := range f.Arguments {
		if argument.Type.NonNull && argument.DefaultValue == nil {
			arguments = append(arguments, argument.Name+": "+map[bool]string{true: "[]", false: `""`}[argument.Type.Elem != nil])
		}
	}
	text := f.Name
	if len(arguments) > 0 {
		text += "(" + strings.Join(arguments, ", ") + ")"
	}
	if f.Type != nil && schema.Types[f.Type.Name()].IsCompositeType() {
		text += " { __typename }"
	}
	return text
}

// Introspection is left to the stock executor, and so is a field that no plan knows.
func TestWhatIsLeftToTheStockExecutor(t *testing.T) {
	t.Parallel()
	schema, err := NewSchema(true)
	if err != nil {
		t.Fatal(err)
	}
	schema.Types["Job"].Fields = append(schema.Types["Job"].Fields, &ast.FieldDefinition{Name: "unheardOf", Type: ast.NamedType("String", nil)})
	const query = `{ __typename __schema { queryType { name } } __type(name: "Job") { name } _service { sdl } new: jobs { nodes { id unheardOf } } old: jobs { nodes { id } } }`
	doc, refused := gqlparser.LoadQueryWithRules(schema, query, nil)
	if refused != nil {
		t.Fatal(refused)
	}
	plan := direct.Compile(schema, doc, doc.Operations[0], nil)
	for _, key := range []string{"__typename", "__schema", "__type", "_service", "new", "nobody"} {
		if plan.Writes(key) {
			t.Errorf("the plan writes %s", key)
		}
	}
	if !plan.Writes("old") {
		t.Error("one field without an appender costs its neighbours theirs")
	}
}

// Fields of either executor stand in one answer, in the order in which they were asked for.
func TestBothExecutorsInOneAnswer(t *testing.T) {
	t.Parallel()
	rig, _ := newJobsRig(t, record(2, `,"input":{"dataset_id":1}`), record(1, ""))
	query := fmt.Sprintf(`{ _service { sdl } a: jobs(first: 1) { nodes { id dataset { jobs { totalCount } } } } __schema { types { name } }
		b: job(id: %q) { raw } c: __typename bad: jobs(first: -1) { totalCount } d: datasets(ids: [1, 2]) { latestJob { id } } __type(name: "Job") { kind } }`, idOf(1))
	got := rig.ask(query, "")
	rig.stock = true
	if want := rig.ask(query, ""); got.data != want.data || got.sorted(t) != want.sorted(t) {
		t.Errorf("%s %s\nof the stock executor\n%s %s", got.data, got.wire, want.data, want.wire)
	}
}

// One plan serves any number of operations at once, and none of them sees another's records.
func TestOnePlanForMany(t *testing.T) {
	t.Parallel()
	const callers = 50
	const query = `query($r: [_Any!]!) { jobs { totalCount nodes { ...J } edges { cursor node { raw } } }
		_entities(representations: $r) { ... on Dataset { id latestJob { ...J } jobs(first: 3) { nodes { id } pageInfo { endCursor } } } } }
		fragment J on Job { id tags failures { message } input { raw } dataset { id jobs(first: 2) { nodes { id idempotencyKey } } } }`
	schema, err := NewSchema(true)
	if err != nil {
		t.Fatal(err)
	}
	doc, refused := gqlparser.LoadQueryWithRules(schema, query, nil)
	if refused != nil {
		t.Fatal(refused)
	}
	plan := direct.Compile(schema, doc, doc.Operations[0], nil)
	o := newOrigin(t)
	var all sync.WaitGroup
	defer all.Wait()
	for caller := range callers {
		var records []string
		for i := range 1 + caller%4 {
			records = append(records, record(10*caller%60+i, fmt.Sprintf(
				`,"input":{"dataset_id":%d},"idempotency_key":"of %d","tags":["t\n%d"],"failures":[{"message":"m%d"},%d]`, caller%3, caller, caller, caller, caller)))
		}
		page, err := o.read(200, "application/json", `{"records":[`+strings.Join(records, ",")+`],"total_records":5}`)
		if err != nil {
			t.Fatal(err)
		}
		upstream := &pool{records: page.Records, salt: "one", honest: true}
		variables := fmt.Sprintf(`{"r":[{"__typename":"Dataset","id":%d},{"__typename":"Dataset","id":"%d"}]}`, caller%3, caller)
		all.Go(func() {
			stock := newRig(t, upstream)
			stock.stock = true
			want := stock.ask(query, variables)
			own := newRig(t, upstream)
			for range 3 {
				ctx, buffer := own.prepare(t.Context(), query, variables)
				graphql.GetOperationContext(ctx).ResolverMiddleware = own.resolver.Direct(plan, buffer)
				answer := own.exec.Exec(ctx)(ctx)
				got := outcome{data: string(buffer.Finish(answer.Data)), errors: append(answer.Errors, graphql.GetErrors(ctx)...)}
				if got.data != want.data || got.sorted(t) != want.sorted(t) {
					t.Errorf("caller %d: %s\nwant %s", caller, cmp.Or(got.data, "nothing"), want.data)
				}
			}
		})
	}
}
