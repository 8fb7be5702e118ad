package direct_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/plugin/federation/fedruntime"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"jobsgateway/graph"
	"jobsgateway/graph/direct"
	"jobsgateway/graph/model"
	"jobsgateway/graph/paging"
	"jobsgateway/restclient"
)

// execute runs a query whose root fields resolve to values, by response key; nothing is asked of any
// upstream.
func execute(t testing.TB, query string, values map[string]any) (data string, paths []string) {
	t.Helper()
	schema, err := graph.NewSchema(graph.Parts{Federation: true, Live: true})
	if err != nil {
		t.Fatal(err)
	}
	doc, refused := gqlparser.LoadQueryWithRules(schema, query, nil)
	if refused != nil {
		t.Fatal(refused)
	}
	caught := func(value any) error { return fmt.Errorf("caught: %v", value) }
	present := func(ctx context.Context, err error) *gqlerror.Error {
		return &gqlerror.Error{Message: place(graphql.GetPath(ctx).String(), err)}
	}
	ctx := graphql.WithResponseContext(t.Context(), present, func(_ context.Context, value any) error { return caught(value) })
	buffer := direct.NewBuffer(t.Context(), nil, "", 0)
	write := direct.Compile(schema, doc, doc.Operations[0], nil).Resolver(buffer, func(context.Context, []*direct.Lookup, *paging.Page) {}, caught)
	ctx = graphql.WithOperationContext(ctx, &graphql.OperationContext{
		RawQuery: query, Doc: doc, Operation: doc.Operations[0],
		RecoverFunc:            func(_ context.Context, value any) error { return caught(value) },
		RootResolverMiddleware: func(ctx context.Context, next graphql.RootResolver) graphql.Marshaler { return next(ctx) },
		ResolverMiddleware: func(ctx context.Context, next graphql.Resolver) (any, error) {
			return write(ctx, func(ctx context.Context) (any, error) {
				fc := graphql.GetFieldContext(ctx)
				if value, ok := values[fc.Field.Alias]; ok && fc.Object == "Query" {
					return value, nil
				}
				return next(ctx)
			})
		},
	})
	answer := graph.NewExecutableSchema(graph.Config{Schema: schema, Resolvers: &graph.Resolver{}}).Exec(ctx)(ctx)
	for _, err := range slices.Concat(answer.Errors, graphql.GetErrors(ctx)) {
		paths = append(paths, err.Message)
	}
	slices.Sort(paths)
	parts, _ := buffer.Finish(answer.Data, "")
	return string(bytes.Join(parts, nil)), paths
}

// pageThatPanics is a page of one job whose cursor cannot be made.
func pageThatPanics() *paging.Page {
	return &paging.Page{Records: []restclient.Record{{Job: &restclient.Job{}}}}
}

// wantPaths checks the places of the errors, each with what it says.
func wantPaths(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("errors %q, want %q", got, want)
	}
}

// A panic while a root field is written costs that field alone, and takes back what had been written of it.
func TestPanicOfARootField(t *testing.T) {
	t.Parallel()
	data, paths := execute(t, `{ before: dataset(id: "1") { id } jobs { totalCount edges { cursor } } after: dataset(id: "2") { id } }`, map[string]any{
		"before": &model.Dataset{ID: "1"}, "jobs": pageThatPanics(), "after": &model.Dataset{ID: "2"},
	})
	if want := `{"before":{"id":"1"},"jobs":null,"after":{"id":"2"}}`; data != want {
		t.Errorf("%s, want %s", data, want)
	}
	wantPaths(t, paths, "jobs caught: runtime error: index out of range [0] with length 0")
}

// A panic while an element of a list is written costs that element alone.
func TestPanicOfAnElement(t *testing.T) {
	t.Parallel()
	broken := &model.Job{} // of no record: every reading of it panics
	data, paths := execute(t, `{ _entities(representations: []) { ... on Dataset { id } ... on Job { __typename raw } } a: __typename }`, map[string]any{
		"_entities": []fedruntime.Entity{&model.Dataset{ID: "1"}, broken, nil, &model.Dataset{ID: "2"}},
	})
	if want := `{"_entities":[{"id":"1"},null,null,{"id":"2"}],"a":"Query"}`; data != want {
		t.Errorf("%s, want %s", data, want)
	}
	if len(paths) != 1 || paths[0] != "_entities[1] caught: runtime error: invalid memory address or nil pointer dereference" {
		t.Errorf("errors %q", paths)
	}
}

// A panic while the questions of a field are gathered or answered costs that field alone, too.
func TestPanicBeforeWriting(t *testing.T) {
	t.Parallel()
	data, paths := execute(t, `{ job(id: "") { dataset { latestJob { id } } } dataset(id: "1") { id } }`, map[string]any{
		"job": &model.Job{}, "dataset": &model.Dataset{ID: "1"},
	})
	if want := `{"job":null,"dataset":{"id":"1"}}`; data != want || len(paths) != 1 {
		t.Errorf("%s, want %s; errors %q", data, want, paths)
	}
}

// Fields that the oracle writes stand where they were asked for, between those of the plan.
func TestOrderOfRootFields(t *testing.T) {
	t.Parallel()
	page := &paging.Page{Total: 7}
	data, paths := execute(t, `{
		a: __typename one: jobs { totalCount } __schema { queryType { name } } two: jobs { nodes { id } totalCount } none: job(id: "") { id }
		__type(name: "Node") { kind } three: datasets(ids: []) { id } one: jobs { pageInfo { hasNextPage } } b: __typename
	}`, map[string]any{"one": page, "two": page, "none": (*model.Job)(nil), "three": []*model.Dataset{{ID: "1"}, {ID: "2"}}})
	const want = `{"a":"Query","one":{"totalCount":7,"pageInfo":{"hasNextPage":false}},"__schema":{"queryType":{"name":"Query"}},` +
		`"two":{"nodes":[],"totalCount":7},"none":null,"__type":{"kind":"INTERFACE"},"three":[{"id":"1"},{"id":"2"}],"b":"Query"}`
	if data != want {
		t.Errorf("%s\nwant %s", data, want)
	}
	wantPaths(t, paths)
}
