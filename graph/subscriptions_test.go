package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"jobsgateway/graph/direct"
	"jobsgateway/graph/live"
	"jobsgateway/graph/model"
	"jobsgateway/graph/operation"
	"jobsgateway/graph/paging"
	"jobsgateway/restclient"
)

// subscribing prepares a subscription as the gateway does.
func subscribing(t *testing.T, e *executor, query string, variables map[string]any) (context.Context, *direct.Plan) {
	t.Helper()
	schema, err := NewSchema(Parts{Live: true})
	if err != nil {
		t.Fatal(err)
	}
	doc, refused := gqlparser.LoadQueryWithRules(schema, query, nil)
	if refused != nil {
		t.Fatal(refused)
	}
	plan := direct.Compile(schema, doc, doc.Operations[0], variables)
	ctx := operation.With(t.Context(), e.upstream, e.limits, e.log.Logger())
	ctx = graphql.WithOperationContext(ctx, &graphql.OperationContext{Doc: doc, Operation: doc.Operations[0], Variables: variables})
	presenter := Presenter{Logger: e.log.Logger(), RequestID: func(context.Context) string { return requestID }}
	return graphql.WithResponseContext(ctx, presenter.Present, Recover), plan
}

// event writes one event.
func event(ctx context.Context, e *executor, plan *direct.Plan, value any) string {
	buffer := direct.NewBuffer(ctx, nil, "", 0)
	parts, _ := buffer.Finish(e.resolver.Event(ctx, plan, buffer, value), "}")
	return string(bytes.Join(parts, nil))
}

// An event has the bytes that a query would give for the same jobs, lookups of datasets included.
func TestEventsAreWrittenAsAnswersAre(t *testing.T) {
	t.Parallel()
	const selection = `{ now: state ...J } `
	const fragment = ` fragment J on Job { __typename id raw tags input { raw } dataset { id latestJob { id dataset { jobs(first: 1) { totalCount } } } } }`
	e, _ := newExecutorOver(t, record(2, `,"input":{"dataset_id":7},"tags":["a",7]`), record(1, `,"input":{"dataset_id":7}`))
	asked := e.ask(`{ jobs { nodes `+selection+`} }`+fragment, "")
	var answer struct {
		Jobs struct {
			Nodes json.RawMessage `json:"nodes"`
		} `json:"jobs"`
	}
	if err := json.Unmarshal([]byte(asked.data), &answer); err != nil {
		t.Fatal(err)
	}
	var jobs []*restclient.Job
	for _, raw := range []string{record(2, `,"input":{"dataset_id":7},"tags":["a",7]`), record(1, `,"input":{"dataset_id":7}`)} {
		job, err := restclient.ReadJob([]byte(raw))
		if err != nil {
			t.Fatal(err)
		}
		jobs = append(jobs, job)
	}
	ctx, plan := subscribing(t, e, `subscription { changed: jobsChanged { r: resync jobs `+selection+`cursor } }`+fragment, nil)
	got := event(ctx, e, plan, &direct.Change{Jobs: jobs, Cursor: "abc"})
	if want := `{"changed":{"r":false,"jobs":` + string(answer.Jobs.Nodes) + `,"cursor":"abc"}}`; got != want {
		t.Errorf("%s\nnot\n%s", got, want)
	}
	if list := graphql.GetErrors(ctx); len(list) != 1 || list[0].Path.String() != "changed.jobs[0].tags" {
		t.Errorf("errors %v", list)
	}
	ctx, plan = subscribing(t, e, `subscription($id: ID!) { jobUpdated(id: $id) { id } }`, map[string]any{"id": idOf(1)})
	if got, want := event(ctx, e, plan, &model.Job{Job: jobs[1]}), `{"jobUpdated":{"id":"`+idOf(1)+`"}}`; got != want {
		t.Errorf("%s\nnot\n%s", got, want)
	}
	if got, want := event(ctx, e, plan, (*model.Job)(nil)), `{"jobUpdated":null}`; got != want {
		t.Errorf("%s\nnot\n%s", got, want)
	}
}

func TestSubscribeRefuses(t *testing.T) {
	t.Parallel()
	e, _ := newExecutorOver(t)
	engine := live.New(live.Config{
		Upstream: e.upstream, As: func(ctx context.Context, _ string) context.Context { return ctx },
		Interval: time.Hour, Outage: time.Hour, Timeout: time.Minute, Limits: live.Limits{Streams: 2, StreamsPerToken: 2, Polls: 1},
		Caught: operation.Caught,
	})
	defer engine.Close()
	other := paging.Since{}.Text(live.ListOf("type=other"))
	for _, c := range []struct{ query, argument string }{
		{`jobUpdated(id: "7") { id }`, "id"},
		{`jobsChanged(since: "x") { cursor }`, "since"},
		{`jobsChanged(since: "` + other + `") { cursor }`, "since"},
		{`jobsChanged(filter: {states: [UNKNOWN]}) { cursor }`, "filter.states"},
		{`jobsChanged(filter: {datasetId: "x"}) { cursor }`, "filter.datasetId"},
		{`jobsChanged(filter: {createdAt: {from: "2026-03-01T00:00:00Z"}}) { cursor }`, "filter.createdAt"},
		{`jobsChanged(filter: {updatedAt: {}}) { cursor }`, "filter.updatedAt"},
	} {
		ctx, plan := subscribing(t, e, "subscription { "+c.query+" }", nil)
		_, err := Subscribe(ctx, engine, "token", plan, "", nil)
		argument := ""
		if input, ok := errors.AsType[*model.InputError](err); ok {
			argument = input.Argument
		} else if paged, ok := errors.AsType[*paging.ArgumentError](err); ok {
			argument = paged.Argument
		}
		if argument != c.argument {
			t.Errorf("%s: %v", c.query, err)
		}
	}
	ctx, plan := subscribing(t, e, `subscription { jobsChanged(filter: {types: ["a"], states: [FAILED]}) { cursor } }`, nil)
	if _, err := Subscribe(ctx, engine, "", plan, "", nil); err == nil {
		t.Error("no token is needed")
	}
	for i := range 3 {
		s, err := Subscribe(ctx, engine, "token", plan, "", func(any) []byte { return nil })
		if _, isLimit := errors.AsType[*live.LimitError](err); isLimit != (i == 2) {
			t.Errorf("%d: %v", i, err)
		}
		if s != nil {
			defer s.Close()
		}
	}
	if got := engine.Figures(); got.Streams != 2 || got.Polls != 1 {
		t.Errorf("%+v", got)
	}
}

// Without subscriptions no schema has a word of them.
func TestSchemaWithoutSubscriptions(t *testing.T) {
	t.Parallel()
	for _, sdlOf := range []func(live bool) (string, error){ClientSDL, SubgraphSDL} {
		sdl, err := sdlOf(false)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := parser.ParseSchema(&ast.Source{Name: "printed", Input: sdl})
		if err != nil {
			t.Fatal(err)
		}
		for _, def := range doc.Definitions {
			if slices.Contains(liveTypes, def.Name) {
				t.Errorf("it has %s", def.Name)
			}
		}
	}
	schema, err := NewSchema(Parts{})
	if err != nil {
		t.Fatal(err)
	}
	wantWhole(t, schema)
	whole, err := NewSchema(Parts{Live: true})
	if err != nil {
		t.Fatal(err)
	}
	gone := slices.DeleteFunc(typesOf(whole), func(name string) bool { return schema.Types[name] != nil })
	if diff := cmp.Diff([]string{"JobsChange", "Subscription"}, gone); diff != "" || schema.Subscription != nil {
		t.Errorf("types that are left out (-want +got):\n%s", diff)
	}
}
