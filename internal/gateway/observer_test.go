package gateway

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"jobsgateway/internal/emulator"
)

// hearer is an Observer that notes what it is told, each event a line.
type hearer struct {
	parent string // the traceparent that it gives each request
	mu     sync.Mutex
	heard  []string
	ended  chan struct{} // gets a value for each request that has ended
}

type (
	requestKey   struct{}
	operationKey struct{}
)

func newHearer() *hearer { return &hearer{ended: make(chan struct{}, 1000)} }

// heardBy makes a gateway tell a hearer.
func heardBy(l *hearer) func(*setup) { return func(s *setup) { s.config.Observer = l } }

func (l *hearer) notef(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.heard = append(l.heard, fmt.Sprintf(format, args...))
}

// events waits until so many requests have ended, and returns what was told, and forgets it.
func (l *hearer) events(requests int) []string {
	for range requests {
		<-l.ended
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	defer func() { l.heard = nil }()
	return slices.Clone(l.heard)
}

func (l *hearer) RequestStarts(ctx context.Context, r RequestStart) (context.Context, string) {
	l.notef("request %s %q %q", r.Method, r.Traceparent, r.Tracestate)
	return context.WithValue(ctx, requestKey{}, true), l.parent
}

func (l *hearer) RequestEnds(running context.Context, r RequestEnd) {
	if running.Value(requestKey{}) != true || running.Value(operationKey{}) != nil || r.Duration <= 0 || r.Left != (r.Status == 499) {
		l.notef("of another context, or without its duration: %+v", r)
	}
	if r.IsOperation {
		l.notef("request ends: %d, %s", r.Status, endOf(r.OperationEnd))
	} else {
		l.notef("request ends: %d", r.Status)
	}
	l.ended <- struct{}{}
}

func (l *hearer) OperationStarts(ctx context.Context) context.Context {
	l.notef("operation")
	return context.WithValue(ctx, operationKey{}, true)
}

func (l *hearer) OperationEnds(running context.Context, o OperationEnd) {
	if running.Value(requestKey{}) != true || running.Value(operationKey{}) != true {
		l.notef("of another context")
	}
	l.notef("operation ends: %s", endOf(o))
}

func (l *hearer) DocumentUnlisted(_ context.Context, why Unlisted) {
	l.notef("unlisted %d", why)
}

func (l *hearer) FieldUnreadable(_ context.Context, coordinate string) {
	l.notef("unreadable %s", coordinate)
}

func (l *hearer) StreamStarts(transport Transport) { l.notef("stream %d", transport) }

func (l *hearer) StreamEnds(transport Transport, why StreamEnd) {
	l.notef("stream %d ends: %d", transport, why)
}

func (l *hearer) BatchSent(ctx context.Context, keys int) {
	l.notef("batch %d %v", keys, ctx.Value(operationKey{}))
}

func (l *hearer) PageSought(ctx context.Context, calls int) {
	l.notef("sought %d %v", calls, ctx.Value(operationKey{}))
}

// endOf says in one line what came of an operation.
func endOf(o OperationEnd) string {
	words := []string{o.Type, o.Name, fmt.Sprint(o.UpstreamCalls)}
	if o.Refused {
		words = append(words, "refused")
	}
	if o.Lacked != LackNothing {
		words = append(words, []string{LackPlaces: "places", LackCalls: "calls", LackMemory: "memory"}[o.Lacked])
	}
	if o.Shared {
		words = append(words, "shared")
	}
	for _, code := range o.Codes {
		words = append(words, string(code))
	}
	return strings.Join(words, " ")
}

// An observer is told of every request, how its operation began, and what came of both.
func TestObservedRequests(t *testing.T) {
	t.Parallel()
	l := newHearer()
	gw := startGateway(t, heardBy(l))
	started := func(lines ...string) []string { return append([]string{`request POST "" ""`}, lines...) }
	executed := func(end string, between ...string) []string {
		return started(slices.Concat([]string{"operation"}, between, []string{"operation ends: " + end, "request ends: 200, " + end})...)
	}
	refused := func(status int, end string) []string {
		return started("operation", "operation ends: "+end, fmt.Sprintf("request ends: %d, %s", status, end))
	}
	for name, test := range map[string]struct {
		request request
		want    []string
	}{
		"a page":         {request{body: `{"query":"query Board{jobs(first:1){totalCount}}"}`}, executed("query Board 1", "batch 1 true")},
		"health":         {request{body: `{"query":"{__typename}"}`}, executed("query  0")},
		"several":        {request{body: `{"query":"{datasets(ids:[1,2,3]){latestJob{id}}}"}`}, executed("query  3", "batch 3 true")},
		"error of field": {request{body: `{"query":"query E{job(id:\"x\"){id}}"}`}, executed("query E 0 BAD_USER_INPUT")},
		"no token":       {request{body: `{"query":"{jobs{totalCount}}"}`, anonymous: true}, executed("query  0 UNAUTHENTICATED", "batch 1 true")},
		"not parsed":     {request{body: `{"query":"{"}`}, refused(400, "  0 refused GRAPHQL_PARSE_FAILED")},
		"not valid":      {request{body: `{"query":"query V{nope}"}`}, refused(400, "query V 0 refused GRAPHQL_VALIDATION_FAILED")},
		"a mutation":     {request{body: `{"query":"mutation M{nope}"}`}, refused(400, "mutation M 0 refused GRAPHQL_VALIDATION_FAILED")},
		"no envelope":    {request{body: `[]`}, started("request ends: 400,   0 refused BAD_REQUEST")},
		"no type":        {request{header: http.Header{"Content-Type": {"text/plain"}}, body: "x"}, started("request ends: 415,   0 refused UNSUPPORTED_MEDIA_TYPE")},
		"too much":       {request{body: strings.Repeat("x", 65<<10)}, started("request ends: 413,   0 refused PAYLOAD_TOO_LARGE")},
		"a method":       {request{method: "PURGE"}, []string{`request PURGE "" ""`, "request ends: 405,   0 refused METHOD_NOT_ALLOWED"}},
		"a wrong token":  {request{header: http.Header{"Authorization": {"Basic x"}}}, started("request ends: 401,   0 refused UNAUTHENTICATED")},
		"another path":   {request{path: "/nowhere"}, started("request ends: 404")},
		"a preflight":    {request{method: http.MethodOptions}, []string{`request OPTIONS "" ""`, "request ends: 204"}},
		"the schema":     {request{method: http.MethodGet, path: "/schema.graphql"}, []string{`request GET "" ""`, "request ends: 200"}},
	} {
		gw.send(test.request)
		if diff := cmp.Diff(test.want, l.events(1)); diff != "" {
			t.Errorf("%s (-want +told):\n%s", name, diff)
		}
	}
}

// An observer is told of a panic, in a field and outside, as of any other end.
func TestObservedPanics(t *testing.T) {
	t.Parallel()
	l := newHearer()
	gw := startGateway(t, heardBy(l), func(s *setup) { s.config.Upstream = broken{} })
	gw.post(queryJobs, nil)
	const end = "query  1 INTERNAL_SERVER_ERROR"
	want := []string{`request POST "" ""`, "operation", "batch 1 true", "operation ends: " + end, "request ends: 200, " + end}
	if diff := cmp.Diff(want, l.events(1)); diff != "" {
		t.Errorf("(-want +told):\n%s", diff)
	}
	gw = startGateway(t, heardBy(l), func(s *setup) { s.config.Playground = brokenPages{} })
	res, err := gw.client.Get(gw.url + "/playground/page")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	want = []string{`request GET "" ""`, "request ends: 500,   0 refused INTERNAL_SERVER_ERROR"}
	if diff := cmp.Diff(want, l.events(1)); diff != "" {
		t.Errorf("(-want +told):\n%s", diff)
	}
}

// A caller that has left, and whoever gets the answer of another's operation, are told of as such.
func TestObservedCompany(t *testing.T) {
	t.Parallel()
	l, upstream := newHearer(), &tokenTotals{gate: make(chan struct{})}
	gw, g, _ := newOpenGateway(t, upstream, nil)
	g.observer, g.executor.observer = l, l
	conn := gw.dial()
	fmt.Fprint(conn, bytesOfPost(`query Left{jobs{totalCount}}`))
	until(t, func() bool { return upstream.calls.Load() == 1 })
	conn.Close()
	if told := l.events(1); !strings.HasPrefix(told[len(told)-1], "request ends: 499, query Left 1 ") {
		t.Errorf("%q", told)
	}
	var all sync.WaitGroup
	for callers := range 2 {
		all.Go(func() {
			gw.send(request{body: `{"query":"query Both{jobs{totalCount}}"}`, header: named("x", "token-1")})
		})
		until(t, func() bool {
			_, waiting := g.flights.group.Count()
			return waiting == callers+1
		})
	}
	close(upstream.gate)
	all.Wait()
	told := l.events(2)
	for _, want := range []string{"request ends: 200, query Both 1", "request ends: 200, query Both 0 shared"} {
		if !slices.Contains(told, want) {
			t.Errorf("not told that %s: %q", want, told)
		}
	}
}

// The traceparent that an observer gives a request stands in the log, and is sent to the Jobs API. Without one the
// caller's does.
func TestTraceparentOfObserver(t *testing.T) {
	t.Parallel()
	const own, callers = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	for _, test := range []struct{ given, sent, want string }{{own, "", own}, {own, callers, own}, {"", callers, callers}, {"", "", ""}} {
		l := newHearer()
		l.parent = test.given
		gw := startGateway(t, heardBy(l))
		r := request{body: envelopeOf(t, queryJobs, nil), header: http.Header{}}
		if test.sent != "" {
			r.header.Set("Traceparent", test.sent)
		}
		gw.send(r)
		if got := gw.jobs.Requests()[0].Header.Get("Traceparent"); got != test.want {
			t.Errorf("%+v: sent %q", test, got)
		}
		logged, _ := gw.log.With("operation")[0]["trace_id"].(string)
		if logged != strings.TrimPrefix(test.want[:min(35, len(test.want))], "00-") {
			t.Errorf("%+v: logged %q", test, logged)
		}
		if want := fmt.Sprintf("request POST %q %q", test.sent, ""); l.events(1)[0] != want {
			t.Errorf("%+v: told of another trace", test)
		}
	}
}

// A page that is not where its cursor says is sought, and that is told with the calls that it took.
func TestObservedSearch(t *testing.T) {
	t.Parallel()
	l := newHearer()
	gw := startGateway(t, heardBy(l), func(s *setup) { s.jobs.Jobs = 2000 })
	var page struct {
		Jobs struct {
			PageInfo struct {
				EndCursor string `json:"endCursor"`
			} `json:"pageInfo"`
		} `json:"jobs"`
	}
	if err := json.Unmarshal(gw.post(`{jobs(first:10,offset:990){pageInfo{endCursor}}}`, nil).data, &page); err != nil {
		t.Fatal(err)
	}
	next := fmt.Sprintf(`{jobs(first:10,after:%q){nodes{id}}}`, page.Jobs.PageInfo.EndCursor)
	gw.wantFine(gw.post(next, nil))
	if told := l.events(2); slices.ContainsFunc(told, func(line string) bool { return strings.HasPrefix(line, "sought") }) {
		t.Errorf("sought on a list that has not moved: %q", told)
	}
	for i := range 700 {
		gw.jobs.Insert([]byte(fmt.Sprintf(`{"job_id":"00000000-0000-4000-8000-%012d","state":"pending","type":"forecast",
			"created_at":"2100-01-01T00:00:00","updated_at":"2100-01-01T00:00:00"}`, i)))
	}
	before := gw.jobs.Total()
	gw.wantFine(gw.post(next, nil))
	calls := gw.jobs.Total() - before
	if told, want := l.events(1), fmt.Sprintf("sought %d true", calls-1); !slices.Contains(told, want) {
		t.Errorf("not told of %q: %q", want, told)
	}
}

// A field that cannot be written, since what was sent for it is not as the schema has it, is told by its place in the
// schema. A call whose answer cannot be read is not.
func TestObservedFields(t *testing.T) {
	t.Parallel()
	l := newHearer()
	gw := startGateway(t, heardBy(l), func(s *setup) {
		s.jobs = emulator.Records([]byte(
			`{"job_id":"00000000-0000-4000-8000-000000000000","state":"failed","type":"materialize-view","created_at":"2026-01-01T00:00:00",
			"updated_at":"2026-01-01T00:00:00","executor":7,"tags":["a",7],"input":{"nql":{"a":1}},"failures":[{"timestamp":"yesterday"},7]}`), []byte(`7`))
	})
	gw.post(`{jobs(first:10){nodes{who:executor tags failures{message when:occurredAt} input{... on MaterializeViewSpec{nql}}}}}`, nil)
	var unreadable []string
	for _, line := range l.events(1) {
		if coordinate, ok := strings.CutPrefix(line, "unreadable "); ok {
			unreadable = append(unreadable, coordinate)
		}
	}
	slices.Sort(unreadable)
	want := []string{"Job.executor", "Job.failures", "Job.tags", "JobConnection.nodes", "JobFailure.occurredAt", "MaterializeViewSpec.nql"}
	if diff := cmp.Diff(want, unreadable); diff != "" {
		t.Errorf("(-want +told):\n%s", diff)
	}
	for _, body := range []string{"no JSON", `{}`, `{"records":7}`} {
		gw.jobs.Script(emulator.Fault{Body: []byte(body), ContentType: "application/json"})
		gw.post(`{jobs(first:10){totalCount} dataset(id:1){latestJob{id}}}`, nil)
		if told := strings.Join(l.events(1), "\n"); strings.Contains(told, "unreadable") {
			t.Errorf("%s: %s", body, told)
		}
	}
}
