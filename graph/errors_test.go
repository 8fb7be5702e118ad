package graph

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"jobsgateway/graph/model"
	"jobsgateway/graph/operation"
	"jobsgateway/graph/paging"
	"jobsgateway/internal/clienttest"
	"jobsgateway/internal/emulator"
	"jobsgateway/internal/logtest"
	"jobsgateway/restclient"
)

// textInternal is what a caller learns of a failure of ours.
const textInternal = "The gateway failed. Its operator finds the cause in the log, under the request id."

// presented sends errors through the gate, as if the field of ctx had failed with them.
func presented(ctx context.Context, log *logtest.Buffer, list ...error) gqlerror.List {
	present := Presenter{
		Logger:    slog.New(slog.NewJSONHandler(log, nil)),
		RequestID: func(context.Context) string { return requestID },
	}
	ctx = graphql.WithResponseContext(ctx, present.Present, Recover)
	for _, err := range list {
		graphql.AddError(ctx, err)
	}
	return graphql.GetErrors(ctx)
}

// contextOfField gives the context of a field at the start of a response, which stands at line 3, column 5 of its document.
func contextOfField(ctx context.Context, alias string) context.Context {
	return graphql.WithFieldContext(ctx, &graphql.FieldContext{
		Field: graphql.CollectedField{Field: &ast.Field{Alias: alias, Name: "jobs", Position: &ast.Position{Line: 3, Column: 5}}},
	})
}

// contextAt gives the context of a place below a field: an argument and a place in it, or an element of a list.
func contextAt(ctx context.Context, places ...*graphql.PathContext) context.Context {
	if len(places) == 0 {
		return ctx
	}
	return contextAt(graphql.WithPathContext(ctx, places[0]), places[1:]...)
}

// Each kind has one code and one sentence, and tells what of the Jobs API's answer helps its caller.
func TestUpstreamErrors(t *testing.T) {
	t.Parallel()
	type extensions = map[string]any
	const rejected, limited = CodeUpstreamRejected, CodeUpstreamRateLimited
	cases := map[string]struct {
		err     restclient.Error
		message string
		want    extensions
	}{
		"refused": {
			restclient.Error{Kind: restclient.KindInvalid, Status: 400},
			"The Jobs API refused the request.",
			extensions{"code": rejected, "retryable": false, "upstreamStatus": 400},
		},
		"refused with a reason": {
			restclient.Error{Kind: restclient.KindInvalid, Status: 422, Detail: "per_page is odd", LogID: "log-7"},
			"The Jobs API refused the request: per_page is odd",
			extensions{"code": rejected, "retryable": false, "upstreamStatus": 422, "upstreamLogId": "log-7"},
		},
		"no token": {
			restclient.Error{Kind: restclient.KindUnauthenticated},
			"This field needs a token: send the header Authorization: Bearer <token>.",
			extensions{"code": CodeUnauthenticated, "retryable": false},
		},
		"wrong token": {
			restclient.Error{Kind: restclient.KindUnauthenticated, Status: 401, LogID: "log-7"},
			"The Jobs API did not accept the token: it is wrong, expired, or lacks the permission to read jobs.",
			extensions{"code": CodeUnauthenticated, "retryable": false, "upstreamStatus": 401, "upstreamLogId": "log-7"},
		},
		"forbidden": {
			restclient.Error{Kind: restclient.KindForbidden, Status: 403},
			"The Jobs API does not let this token read these jobs.",
			extensions{"code": CodeForbidden, "retryable": false, "upstreamStatus": 403},
		},
		"not found": {
			restclient.Error{Kind: restclient.KindNotFound, Status: 404},
			"The Jobs API does not know what was asked for.",
			extensions{"code": rejected, "retryable": false, "upstreamStatus": 404},
		},
		"no room": {
			restclient.Error{Kind: restclient.KindBusy, RetryAfter: time.Second, Unsent: true},
			MessageBusy,
			extensions{"code": CodeConcurrencyLimited, "retryable": true, "retryAfterSeconds": 1},
		},
		"slow down": {
			restclient.Error{Kind: restclient.KindRateLimited, Status: 429},
			"The Jobs API asks this token to slow down; try again later.",
			extensions{"code": limited, "retryable": true, "upstreamStatus": 429},
		},
		"slow down for a while": {
			restclient.Error{Kind: restclient.KindRateLimited, Status: 429, RetryAfter: 30 * time.Second},
			"The Jobs API asks this token to slow down; try again later.",
			extensions{"code": limited, "retryable": true, "upstreamStatus": 429, "retryAfterSeconds": 30},
		},
		"failed": {
			restclient.Error{Kind: restclient.KindUnavailable, Status: 503, RetryAfter: 24 * time.Hour, LogID: "log-7"},
			"The Jobs API could not be reached, or failed; try again later.",
			extensions{
				"code": CodeUpstreamUnavailable, "retryable": true, "upstreamStatus": 503, "retryAfterSeconds": 86400, "upstreamLogId": "log-7",
			},
		},
		"unreachable": {
			restclient.Error{Kind: restclient.KindUnavailable},
			"The Jobs API could not be reached, or failed; try again later.",
			extensions{"code": CodeUpstreamUnavailable, "retryable": true},
		},
		"too late": {
			restclient.Error{Kind: restclient.KindTimeout},
			"The Jobs API did not answer in time; try again, or ask for less.",
			extensions{"code": CodeUpstreamTimeout, "retryable": true},
		},
		"no memory": {
			restclient.Error{Kind: restclient.KindNoMemory},
			"The gateway has no memory for this now, since other operations hold it; try again in a moment.",
			extensions{"code": CodeConcurrencyLimited, "retryable": true},
		},
		"unreadable": {
			restclient.Error{Kind: restclient.KindMalformed},
			"The Jobs API sent something that cannot be read.",
			extensions{"code": CodeUpstreamBadResponse, "retryable": false},
		},
	}
	kinds := make(map[restclient.Kind]bool)
	for name, c := range cases {
		kinds[c.err.Kind] = true
		c.want["requestId"] = requestID
		want := &gqlerror.Error{
			Message: c.message, Path: ast.Path{ast.PathName("a")}, Extensions: c.want,
			Locations: []gqlerror.Location{{Line: 3, Column: 5}},
		}
		log := &logtest.Buffer{}
		// Wrapping changes nothing: it is for the log.
		for _, got := range presented(contextOfField(t.Context(), "a"), log, &c.err, fmt.Errorf("wrapped: %w", &c.err)) {
			got.Err = nil // not sent
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
		if lines := log.Lines(t, slog.LevelError); len(lines) != 0 {
			t.Errorf("%s: the upstream's failure is logged as ours: %v", name, lines)
		}
	}
	known := 0
	for kind := restclient.Kind(1); !strings.HasPrefix(kind.String(), "kind "); kind++ {
		known++
		if _, ok := faces[kind]; !ok || !kinds[kind] {
			t.Errorf("%s has no face, or is not tested", kind)
		}
	}
	if known != len(faces) {
		t.Errorf("%d faces for %d kinds", len(faces), known)
	}
}

// What the caller or the operation did wrong is told in its own words; nothing of it is worth an operator's attention.
func TestCallersErrors(t *testing.T) {
	t.Parallel()
	field, index := graphql.NewPathWithField, graphql.NewPathWithIndex
	for name, c := range map[string]struct {
		err        error
		within     []*graphql.PathContext
		path       string
		extensions map[string]any
	}{
		"named argument": {
			&model.InputError{Argument: "filter.states", Message: "m"}, nil, "a",
			map[string]any{"code": CodeBadUserInput, "argument": "filter.states"},
		},
		"argument told by the path": {
			&model.InputError{Message: "m"},
			[]*graphql.PathContext{field("first")},
			"a",
			map[string]any{"code": CodeBadUserInput, "argument": "first"},
		},
		"place within an argument": {
			&model.InputError{Message: "m"},
			[]*graphql.PathContext{field("filter"), field("states"), index(1)},
			"a",
			map[string]any{"code": CodeBadUserInput, "argument": "filter.states[1]"},
		},
		"a name goes before the path": {
			&model.InputError{Argument: "ids", Message: "m"},
			[]*graphql.PathContext{field("first")},
			"a",
			map[string]any{"code": CodeBadUserInput, "argument": "ids"},
		},
		"element of the answer": {
			&model.InputError{Argument: "representations", Message: "m"},
			[]*graphql.PathContext{index(4)},
			"a[4]",
			map[string]any{"code": CodeBadUserInput, "argument": "representations"},
		},
		"no argument at all": {&model.InputError{Message: "m"}, nil, "a", map[string]any{"code": CodeBadUserInput}},
		"call budget": {
			&operation.BudgetError{Limit: 7}, []*graphql.PathContext{index(2)}, "a[2]", map[string]any{"code": CodeRequestLimitExceeded, "retryable": false},
		},
		"a list that moves": {
			&paging.DriftError{}, nil, "a", map[string]any{"code": CodeRequestLimitExceeded, "retryable": true},
		},
	} {
		log := &logtest.Buffer{}
		list := presented(contextAt(contextOfField(t.Context(), "a"), c.within...), log, c.err)
		c.extensions["requestId"] = requestID
		if len(list) != 1 || list[0].Message != c.err.Error() || list[0].Path.String() != c.path {
			t.Errorf("%s: %v at %s, want %s", name, list, list[0].Path, c.path)
		}
		if diff := cmp.Diff(c.extensions, list[0].Extensions); diff != "" {
			t.Errorf("%s: extensions (-want +got):\n%s", name, diff)
		}
		if lines := log.Lines(t, slog.LevelError); len(lines) != 0 {
			t.Errorf("%s is logged: %v", name, lines)
		}
	}
	if message := (&operation.BudgetError{Limit: 7}).Error(); !strings.Contains(message, "more than 7 calls") {
		t.Errorf("%q does not tell the limit", message)
	}
}

// What the generated code says of an argument that it cannot read is kept from the caller, who is told which argument it was.
func TestArgumentsOfAnotherType(t *testing.T) {
	t.Parallel()
	for name, message := range map[string]string{
		"filter":          "The argument does not have the type that the schema declares.",
		"representations": textEntity,
	} {
		log := &logtest.Buffer{}
		places := []*graphql.PathContext{graphql.NewPathWithField(name), graphql.NewPathWithIndex(1)}
		got := presented(contextAt(contextOfField(t.Context(), "a"), places...), log, errors.New("LEAK int64 is not a map"))[0]
		want := map[string]any{"code": CodeBadUserInput, "argument": name + "[1]", "requestId": requestID}
		if got.Message != message || got.Path.String() != "a" || !cmp.Equal(got.Extensions, want) || len(log.Lines(t, slog.LevelError)) != 0 {
			t.Errorf("%q at %s, %v", got.Message, got.Path, got.Extensions)
		}
	}
}

// Nobody can say what an unknown error has in it, so all of it goes to the log and nothing to the caller.
func TestUnknownErrors(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{
		"plain":         errors.New("LEAK at 10.0.0.7"),
		"a panic":       operation.Caught("LEAK at 10.0.0.7"),
		"a wrapped one": fmt.Errorf("%w, wrapped", errors.New("LEAK at 10.0.0.7")),
		"with extras": &gqlerror.Error{
			Message: "LEAK at 10.0.0.7", Extensions: map[string]any{"stack": "LEAK"}, Path: ast.Path{ast.PathName("b")},
			Locations: []gqlerror.Location{{Line: 9, Column: 9}},
		},
	} {
		log := &logtest.Buffer{}
		got := presented(contextOfField(t.Context(), "a"), log, err)[0]
		want := map[string]any{"code": CodeInternal, "requestId": requestID}
		if got.Message != textInternal || !cmp.Equal(got.Extensions, want) {
			t.Errorf("%s: %q %v", name, got.Message, got.Extensions)
		}
		lines := log.Lines(t, slog.LevelError)
		if len(lines) != 1 || !strings.Contains(fmt.Sprint(lines[0]["error"]), "LEAK at 10.0.0.7") {
			t.Errorf("%s: log %v", name, lines)
		}
	}
	// Where the error knows its place, that is the place.
	located := &gqlerror.Error{Path: ast.Path{ast.PathName("b")}, Locations: []gqlerror.Location{{Line: 9, Column: 9}}}
	got := presented(contextOfField(t.Context(), "a"), &logtest.Buffer{}, located)[0]
	if got.Path.String() != "b" || got.Locations[0].Line != 9 {
		t.Errorf("at %s, %v", got.Path, got.Locations)
	}
	// Nor is a field needed: an error can happen before the first.
	if got := presented(t.Context(), &logtest.Buffer{}, errors.New("early"))[0]; got.Path != nil || got.Locations != nil || got.Message != textInternal {
		t.Errorf("%v at %s, %v", got, got.Path, got.Locations)
	}
}

// A root field says what is wrong with its argument before anybody is asked, and null is told from failure.
func TestRootFields(t *testing.T) {
	t.Parallel()
	exec, api := newExecutorOver(t, record(1, `,"input":{"dataset_id":7}`), `{"job_id":"unreadable","input":{"dataset_id":8}}`)
	const most = 100 // as the table of limits in docs/errors.md has it
	many := strings.Repeat(`"1",`, most)
	for query, argument := range map[string]string{
		`{ a: job(id: "x") { id } }`:                                   "id",
		`{ a: node(id: "x") { id } }`:                                  "id",
		`{ a: jobStateCounts(filter: {states: [UNKNOWN]}) { count } }`: "filter.states",
		`{ a: jobs(filter: {createdAt: {from: "2024-01-02T00:00:00Z", to: "2024-01-01T00:00:00Z"}}) { totalCount } }`: "filter.createdAt",
		`{ a: jobs(filter: {updatedAt: {from: "2024-01-02T00:00:00Z"}}) { totalCount } }`:                             "filter.updatedAt",
		`{ a: jobs(filter: {createdAt: {}}, orderBy: UPDATED_AT_ASC) { totalCount } }`:                                "filter.createdAt",
		`{ a: jobs(filter: {createdAt: {from: "2024-01-02"}}) { totalCount } }`:                                       "filter.createdAt.from",
		`{ a: jobStateCounts(filter: {createdAt: {}, updatedAt: {}}) { count } }`:                                     "filter.updatedAt",
		`{ a: dataset(id: "x") { id } }`:                                            "id",
		`{ a: datasets(ids: [1, -2]) { id } }`:                                      "ids",
		`{ a: datasets(ids: [` + many + `"1"]) { id } }`:                            "ids",
		`{ a: jobs(filter: {states: [FAILED, UNKNOWN]}) { totalCount } }`:           "filter.states",
		`{ a: jobs(filter: {types: [], dataPlaneId: "x"}) { totalCount } }`:         "filter.dataPlaneId",
		`{ a: jobs(first: 2147483648) { totalCount } }`:                             "first",
		`{ a: jobs(filter: {datasetId: 1, tagsAny: ["t", ""]}) { nodes { id } } } `: "filter.tagsAny",
	} {
		got := exec.ask(query, "")
		if err := got.errorAt(t, "a"); got.data != `{"a":null}` || codeOf(err) != string(CodeBadUserInput) || err.Extensions["argument"] != argument {
			t.Errorf("%.60s: %s %s", query, got.data, got.wire)
		}
	}
	if api.Total() != 0 {
		t.Errorf("%d calls", api.Total())
	}
	absent := `(id: "` + idOf(99) + `") { id }`
	exec.ask(`{ job`+absent+` node`+absent+` dataset(id: 9) { latestJob { id } } datasets(ids: []) { id } }`, "").
		wantData(t, `{"job":null,"node":null,"dataset":{"latestJob":null},"datasets":[]}`)
	if got := exec.ask(`{ datasets(ids: [`+many[:len(many)-1]+`]) { id } }`, ""); len(got.errors) > 0 {
		t.Errorf("%d are refused: %s", most, got.wire)
	}
	got := exec.ask(`{ dataset(id: 8) { latestJob { id } } }`, "")
	if err := got.errorAt(t, "dataset.latestJob"); codeOf(err) != string(CodeUpstreamBadResponse) || got.data != `{"dataset":{"latestJob":null}}` {
		t.Errorf("%s %s", got.data, got.wire)
	}
}

// One answer of the Jobs API can fail many fields. Each reports it at its own place, in an error of its own.
func TestSharedError(t *testing.T) {
	t.Parallel()
	exec, api := newExecutorOver(t)
	api.Script(emulator.Fault{Status: http.StatusInternalServerError, Times: emulator.Forever})
	got := exec.ask("{\n  a: jobs(first: 2) { totalCount }\n  b: jobs(first: 2) { nodes { id } }\n}", "")
	if len(got.errors) != 2 || got.data != `{"a":null,"b":null}` || api.Total() != 1 {
		t.Fatalf("%s, %s, %d calls", got.data, got.wire, api.Total())
	}
	a, b := got.errorAt(t, "a"), got.errorAt(t, "b")
	if a.Locations[0] != (gqlerror.Location{Line: 2, Column: 3}) || b.Locations[0] != (gqlerror.Location{Line: 3, Column: 3}) {
		t.Errorf("at %v and %v", a.Locations, b.Locations)
	}
	if errors.Unwrap(a) == nil || a == b {
		t.Error("the errors are one")
	}
	a.Extensions["mark"] = true
	if b.Extensions["mark"] != nil {
		t.Error("the errors share their extensions")
	}

	api.Reset()
	want := []string{
		"datasets[0].latestJob", "datasets[0].x", "datasets[1].latestJob", "datasets[1].x", "datasets[2].latestJob", "datasets[2].x",
	}
	got = exec.ask(`{ datasets(ids: [1, 2, 1]) { latestJob { id } x: latestJob { id } } }`, "")
	if diff := cmp.Diff(want, got.paths()); diff != "" || api.Total() != 2 {
		t.Errorf("%d calls, paths (-want +got):\n%s", api.Total(), diff)
	}
}

// A panic anywhere below a field is that field's failure, and the log has what an operator needs.
func TestPanics(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		upstream    operation.Upstream
		cause, file string
	}{
		"in a call": {stub{jobs: func(context.Context, restclient.JobsQuery) (*restclient.JobsPage, error) {
			panic("LEAK " + clienttest.Token)
		}}, "panic: LEAK " + clienttest.Token, "errors_test.go"},
		// The loaders of an operation without an upstream cannot be made.
		"in a resolver": {nil, "panic: ", "loader.go"},
	} {
		exec := newExecutor(t, c.upstream)
		got := exec.ask(`{ jobs { totalCount } dataset(id: 5) { id } }`, "")
		if got.data != `{"jobs":null,"dataset":{"id":"5"}}` || len(got.errors) != 1 {
			t.Errorf("%s: %s %s", name, got.data, got.wire)
			continue
		}
		err := got.errorAt(t, "jobs")
		want := map[string]any{"code": CodeInternal, "requestId": requestID}
		if err.Message != textInternal || !cmp.Equal(err.Extensions, want) || len(err.Locations) != 1 {
			t.Errorf("%s: %s", name, got.wire)
		}
		lines := exec.log.Lines(t, slog.LevelError)
		if len(lines) != 1 ||
			!strings.Contains(fmt.Sprint(lines[0]["error"]), c.cause) || !strings.Contains(fmt.Sprint(lines[0]["stack"]), c.file) {
			t.Errorf("%s: log %v", name, lines)
		}
	}
}

// Whatever the Jobs API answers, its callers never learn where it is, what it said beyond a JSON reason, nor how this
// program is built.
func TestNothingLeaks(t *testing.T) {
	t.Parallel()
	const leak = "LEAK-5e0c"
	html := []byte("<html>" + leak + " goroutine 1 [running]: main.go:7</html>")
	header := http.Header{"Www-Authenticate": {leak}, "X-Trace": {leak}, "Server": {leak}}
	for name, c := range map[string]struct {
		fault emulator.Fault
		code  Code
	}{
		"redirect":   {emulator.Fault{Location: "http://" + leak + ".internal/jobs"}, CodeUpstreamRejected},
		"400, HTML":  {emulator.Fault{Status: 400, Body: html, ContentType: "text/html"}, CodeUpstreamRejected},
		"400, lying": {emulator.Fault{Status: 400, Body: html}, CodeUpstreamRejected},
		"401":        {emulator.Fault{Status: 401, Body: []byte(`{"message":"` + leak + `"}`)}, CodeUnauthenticated},
		"403":        {emulator.Fault{Status: 403, Body: []byte(`{"detail":"` + leak + `"}`)}, CodeForbidden},
		"404":        {emulator.Fault{Status: 404, Body: html}, CodeUpstreamRejected},
		"429":        {emulator.Fault{Status: 429, Body: []byte(`{"title":"` + leak + `"}`)}, CodeUpstreamRateLimited},
		"500":        {emulator.Fault{Status: 500, Body: []byte(`{"error":"` + leak + `"}`)}, CodeUpstreamUnavailable},
		"HTML":       {emulator.Fault{Body: html, ContentType: "text/html"}, CodeUpstreamBadResponse},
		"no JSON":    {emulator.Fault{Body: html}, CodeUpstreamBadResponse},
		"no page":    {emulator.Fault{Body: []byte(`{"` + leak + `":1}`)}, CodeUpstreamBadResponse},
		"cut":        {emulator.Fault{Cut: emulator.CutClose, Body: html}, CodeUpstreamUnavailable},
		"bad record": {emulator.Fault{Body: []byte(`{"records":[{"job_id":"` + leak + `"}]}`)}, CodeUpstreamBadResponse},
	} {
		exec, api := newExecutorOver(t)
		c.fault.Header = maps.Clone(header)
		api.Script(c.fault)
		got := exec.ask(`{ jobs { nodes { id } } }`, "")
		if len(got.errors) != 1 || codeOf(got.errors[0]) != string(c.code) {
			t.Errorf("%s: %s, want one %s", name, got.wire, c.code)
		}
		for _, secret := range []string{leak, clienttest.Token, "127.0.0.1", "goroutine", ".go:", "restclient", "jobsgateway", "0x"} {
			if strings.Contains(got.wire+got.data, secret) {
				t.Errorf("%s: the answer holds %q: %s", name, secret, got.wire)
			}
		}
	}
}

// The sentences that are always the same are sentences, and hold no address, no type and no value.
func TestConstantMessages(t *testing.T) {
	t.Parallel()
	messages := []string{messageBadToken, messageNoToken, messageInternal, messageEntity, messageArgument, (&operation.BudgetError{Limit: 200}).Error(), (&paging.DriftError{}).Error()}
	for _, f := range faces {
		messages = append(messages, f.message)
		if !regexp.MustCompile(`^[A-Z]+(_[A-Z]+)*$`).MatchString(string(f.code)) {
			t.Errorf("code %q", f.code)
		}
	}
	for _, id := range []string{"hunter2", clienttest.Token} {
		for _, plan := range []func() error{
			func() error { _, err := planDatasetID(id, "id"); return err },
			func() error { _, err := planJobID(id, "id"); return err },
			func() error { _, _, err := planFilter(&model.JobFilter{DataPlaneID: &id}); return err },
			func() error { _, _, err := planFilter(&model.JobFilter{DatasetID: &id}); return err },
			func() error { return checkValues("filter.types", []string{id, ""}) },
			func() error { _, err := model.UnmarshalJobState(id); return err },
			func() error { _, err := model.UnmarshalJobOrder(id); return err },
			func() error { _, err := model.UnmarshalInt(id); return err },
		} {
			messages = append(messages, plan().Error())
		}
	}
	suspect := regexp.MustCompile(`://|\d+\.\d+\.\d+|localhost|[a-z]\.[A-Z]|\*|%!|\.go\b|hunter2|token-|panic|restclient|gqlgen`)
	for _, message := range messages {
		if found := suspect.FindString(message); found != "" || !strings.HasSuffix(message, ".") || strings.ToUpper(message[:1]) != message[:1] {
			// A sentence may begin with an argument's name, which is written as the schema writes it.
			if found == "" && regexp.MustCompile(`^[a-z]\w+ takes .*\.$`).MatchString(message) {
				continue
			}
			t.Errorf("%q holds %q, or is no sentence", message, found)
		}
	}
}
