package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator"
	"go.uber.org/goleak"

	"jobsgateway/graph/direct"
	"jobsgateway/graph/operation"
	"jobsgateway/graph/oracle"
	"jobsgateway/graph/paging"
	"jobsgateway/internal/clienttest"
	"jobsgateway/internal/emulator"
	"jobsgateway/internal/logtest"
	"jobsgateway/restclient"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// requestID is the id of every request in these tests.
const requestID = "request-1"

// executor runs operations on the generated schema as the gateway does, without HTTP in front of it.
type executor struct {
	t        testing.TB
	schema   *ast.Schema
	upstream operation.Upstream
	limits   operation.Limits
	log      *logtest.Buffer
	root     graphql.RootFieldMiddleware
	resolver *Resolver
	oracle   bool // run on gqlgen's executor for all fields: see graph/oracle
}

// newExecutor makes an executor over any upstream.
func newExecutor(t testing.TB, upstream operation.Upstream) *executor {
	t.Helper()
	schema, err := NewSchema(Parts{Federation: true})
	if err != nil {
		t.Fatal(err)
	}
	return &executor{
		t:        t,
		schema:   schema,
		resolver: &Resolver{Pages: paging.Limits{Default: 50, Max: 500}},
		upstream: upstream,
		limits:   operation.Limits{Calls: 200, Concurrency: 64},
		log:      &logtest.Buffer{},
		root:     func(ctx context.Context, next graphql.RootResolver) graphql.Marshaler { return next(ctx) },
	}
}

// newExecutorOver makes an executor over a Jobs API that is reached over HTTP, and gives that API as well.
func newExecutorOver(t testing.TB, records ...string) (*executor, *emulator.Emulator) {
	t.Helper()
	raw := make([]json.RawMessage, 0, len(records))
	for _, record := range records {
		raw = append(raw, json.RawMessage(record))
	}
	api := emulator.New(emulator.Records(raw...))
	return newExecutor(t, clienttest.New(t, api)), api
}

// outcome is what an operation came to, as its caller sees it.
type outcome struct {
	data   string
	errors gqlerror.List
	calls  int
	wire   string // the errors as they are sent
}

// ask runs an operation; variables are a JSON object, or empty.
func (e *executor) ask(query, variables string) outcome {
	e.t.Helper()
	return e.askUnder(e.t.Context(), query, variables)
}

// askUnder is ask under a context of the caller's.
func (e *executor) askUnder(ctx context.Context, query, variables string) outcome {
	e.t.Helper()
	ctx, buffer := e.prepare(ctx, query, variables)
	answer := e.run(ctx)
	data := dataOf(buffer, answer)
	list := slices.Concat(answer.Errors, graphql.GetErrors(ctx))
	wire, err := json.Marshal(list)
	if err != nil {
		e.t.Fatal(err)
	}
	out := outcome{data: data, errors: list, calls: operation.Calls(ctx), wire: string(wire)}
	if _, owns := e.upstream.(*restclient.Client); owns { // others may play their pages back
		operation.End(ctx)
	}
	return out
}

// dataOf is what was written.
func dataOf(buffer *direct.Buffer, answer *graphql.Response) string {
	parts, _ := buffer.Finish(answer.Data, "")
	return string(bytes.Join(parts, nil))
}

// run runs the operation of a context that prepare made.
func (e *executor) run(ctx context.Context) *graphql.Response {
	exec := NewExecutableSchema(Config{Schema: e.schema, Resolvers: e.resolver})
	if e.oracle {
		exec = oracle.NewExecutableSchema(oracle.Config{Schema: e.schema, Resolvers: oracleRoots{e.resolver}})
	}
	return exec.Exec(ctx)(ctx)
}

// prepare checks an operation and makes the context that it runs under, and the buffer that it is written to.
func (e *executor) prepare(ctx context.Context, query, variables string) (context.Context, *direct.Buffer) {
	e.t.Helper()
	doc, refused := gqlparser.LoadQueryWithRules(e.schema, query, nil)
	if refused != nil {
		e.t.Fatalf("%s: %v", query, refused)
	}
	given := map[string]any{}
	if variables != "" {
		decoder := json.NewDecoder(strings.NewReader(variables))
		decoder.UseNumber()
		if err := decoder.Decode(&given); err != nil {
			e.t.Fatal(err)
		}
	}
	op := doc.Operations[0]
	values, err := validator.VariableValues(e.schema, op, given)
	if err != nil {
		e.t.Fatalf("%s %s: %v", query, variables, err)
	}
	if err := CheckRepresentations(Representations(doc, op), values); err != nil {
		e.t.Fatal(err)
	}
	logger := e.log.Logger()
	present := Presenter{Logger: logger, RequestID: func(context.Context) string { return requestID }}
	ctx = operation.With(ctx, e.upstream, e.limits, logger)
	ctx = graphql.WithResponseContext(ctx, present.Present, Recover)
	buffer := direct.NewBuffer(ctx, nil, "", 0)
	oc := &graphql.OperationContext{
		RawQuery:               query,
		Doc:                    doc,
		Operation:              op,
		Variables:              values,
		RecoverFunc:            Recover,
		ResolverMiddleware:     oracle.Fields,
		RootResolverMiddleware: e.root,
	}
	if !e.oracle {
		oc.ResolverMiddleware = e.resolver.Direct(direct.Compile(e.schema, doc, op, values), buffer)
	}
	return graphql.WithOperationContext(ctx, oc), buffer
}

// wantData checks that an operation ran without an error to exactly this data.
func (o outcome) wantData(t testing.TB, want string) {
	t.Helper()
	if len(o.errors) > 0 {
		t.Errorf("errors: %s", o.wire)
	}
	if o.data != want {
		t.Errorf("data %s\nwant %s", o.data, want)
	}
}

// errorAt gives the error at a response path, which must be the only one there.
func (o outcome) errorAt(t testing.TB, path string) *gqlerror.Error {
	t.Helper()
	var found gqlerror.List
	for _, err := range o.errors {
		if err.Path.String() == path {
			found = append(found, err)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d errors at %s: %s", len(found), path, o.wire)
	}
	return found[0]
}

// paths gives the response paths of all errors, sorted.
func (o outcome) paths() []string {
	paths := []string{}
	for _, err := range o.errors {
		paths = append(paths, err.Path.String())
	}
	slices.Sort(paths)
	return paths
}

// codeOf gives an error's code as a client reads it.
func codeOf(err *gqlerror.Error) string { return fmt.Sprint(err.Extensions["code"]) }

// stub is an upstream of two functions.
type stub struct {
	jobs func(context.Context, restclient.JobsQuery) (*restclient.JobsPage, error)
	job  func(context.Context, restclient.JobID) (*restclient.Job, error)
}

func (s stub) Jobs(ctx context.Context, q restclient.JobsQuery) (*restclient.JobsPage, error) {
	return s.jobs(ctx, q)
}

func (s stub) Job(ctx context.Context, id restclient.JobID) (*restclient.Job, error) {
	return s.job(ctx, id)
}

// record writes a job of the Jobs API: its number makes its id and its times, and more is further members.
func record(number int, more string) string {
	return fmt.Sprintf(`{"job_id":%q,"state":"completed","type":"materialize-view",`+
		`"created_at":"2024-01-01T00:00:%02d","updated_at":"2024-01-01T00:00:%02d","ended_at":"2024-01-01T00:01:00"%s}`,
		idOf(number), number, number, more)
}

// idOf is the id of the record with this number.
func idOf(number int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", number) }

// sortedKeys gives the keys of a map in order.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
