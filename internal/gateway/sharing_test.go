package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"jobsgateway/graph/operation"
	"jobsgateway/internal/clienttest"
	"jobsgateway/restclient"
)

// unreadable is a page of one record that nobody asks to read: without it the totals would not be true.
var unreadable = []restclient.Record{{Err: &restclient.Error{Kind: restclient.KindMalformed}}}

// tokenTotals is an upstream that answers when it is let. A list is as long as its caller's token says, times
// ten, and the dataset asked for.
type tokenTotals struct {
	gate  chan struct{}
	calls atomic.Int64
	ended atomic.Int64 // calls whose callers have all left
	fails error
}

func (u *tokenTotals) Jobs(ctx context.Context, q restclient.JobsQuery) (*restclient.JobsPage, error) {
	u.calls.Add(1)
	select {
	case <-u.gate:
	case <-ctx.Done():
		u.ended.Add(1)
		return nil, ctx.Err()
	}
	if u.fails != nil {
		return nil, u.fails
	}
	var number, dataset int64
	token, _ := TokenFrom(ctx)
	_, _ = fmt.Sscanf(token, "token-%d", &number)
	_, _ = fmt.Sscanf(string(q.Filter), "dataset_id=%d", &dataset)
	return &restclient.JobsPage{Total: number*10 + dataset, Records: unreadable}, nil
}

func (*tokenTotals) Job(context.Context, restclient.JobID) (*restclient.Job, error) {
	return nil, errors.New("nobody asks for it")
}

// newOpenGateway starts a gateway whose parts a test can reach; change may change its executor.
func newOpenGateway(t testing.TB, upstream operation.Upstream, change func(*executor)) (*testGateway, *gateway, http.Handler) {
	t.Helper()
	var cfg Config
	gw := startGateway(t, func(s *setup) { cfg = s.config })
	if cfg.Upstream = upstream; upstream == nil {
		cfg.Upstream = clienttest.New(t, gw.jobs, func(c *restclient.Config) { c.Token, c.Account = TokenFrom, operation.AccountOf })
	}
	g, err := newGateway(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(g.executor)
	}
	handler, err := g.routes(cfg, "")
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(handler)
	server.Listener, server.Config.ConnContext = Listen(server.Listener), ConnContext
	server.Start()
	t.Cleanup(server.Close)
	gw.url = server.URL
	return gw, g, handler
}

// named are the header fields of a request with an id, under a token.
func named(id, token string) http.Header {
	return http.Header{requestIDHeader: {id}, "Authorization": {"Bearer " + token}}
}

// wantLogged checks the one line of each request: one made the calls, the others shared.
func (gw *testGateway) wantLogged(ids []string, operation string, calls int, codes ...string) {
	gw.t.Helper()
	made, shared := 0, 0
	seen := map[string]int{}
	until(gw.t, func() bool { return len(gw.log.With("operation")) >= len(ids) })
	for _, line := range gw.log.With("operation") {
		seen[fmt.Sprint(line["request_id"])]++
		got, _ := line["codes"].([]any)
		if line["operation"] != operation || fmt.Sprint(got) != fmt.Sprint(codes) && len(got)+len(codes) > 0 {
			gw.t.Errorf("%v", line)
		}
		switch {
		case line["shared"] == true && line["upstream_calls"] == 0.0:
			shared++
		case line["shared"] == nil && line["upstream_calls"] == float64(calls):
			made++
		default:
			gw.t.Errorf("%v", line)
		}
	}
	for _, id := range ids {
		if seen[id] != 1 {
			gw.t.Errorf("%d lines of %s", seen[id], id)
		}
	}
	if made != 1 || shared != len(ids)-1 {
		gw.t.Errorf("%d made calls, %d shared", made, shared)
	}
}

// Equal requests at once are one, and each is answered and logged as if it were alone.
func TestEqualRequestsShare(t *testing.T) {
	t.Parallel()
	for _, fails := range []error{nil, &restclient.Error{Kind: restclient.KindUnavailable, Status: http.StatusServiceUnavailable}} {
		upstream := &tokenTotals{gate: make(chan struct{}), fails: fails}
		gw, g, _ := newOpenGateway(t, upstream, nil)
		ids := []string{}
		var all sync.WaitGroup
		for i := range 64 {
			id := fmt.Sprintf("request-%d", i)
			ids = append(ids, id)
			all.Go(func() {
				got := gw.send(request{body: envelopeOf(t, `query Board { a: jobs(first: 0) { totalCount } b: jobs(first: 0) { totalCount } }`, nil), header: named(id, "token-7")})
				data, problems := `{"a":{"totalCount":70},"b":{"totalCount":70}}`, 0
				if fails != nil {
					data, problems = `{"a":null,"b":null}`, 2
				}
				if got.status != http.StatusOK || string(got.data) != data || len(got.errors) != problems || got.header.Get(requestIDHeader) != id {
					t.Errorf("%s: %d %v %s", id, got.status, got.header, got.body)
				}
			})
			if i == 0 { // so that it is the one with the earliest deadline, which the others join
				until(t, func() bool { return g.flights.waiting() == 1 })
			}
		}
		until(t, func() bool { return g.flights.waiting() == 64 })
		close(upstream.gate)
		all.Wait()
		if n := upstream.calls.Load(); n != 1 {
			t.Errorf("%d calls", n)
		}
		codes := []string{}
		if fails != nil {
			codes = append(codes, "UPSTREAM_UNAVAILABLE")
		}
		gw.wantLogged(ids, "Board", 1, codes...)
		if g.flights.underWay() != 0 {
			t.Error("an answer was kept")
		}
		gw.send(request{body: envelopeOf(t, `query Board { a: jobs(first: 0) { totalCount } b: jobs(first: 0) { totalCount } }`, nil), header: named("later", "token-7")})
		if n := upstream.calls.Load(); n != 2 {
			t.Errorf("%d calls: what came of it was remembered", n)
		}
	}
}

// A refusal that is shared names each request's own id, and has the status of each one's media type.
func TestRefusalsShare(t *testing.T) {
	t.Parallel()
	for query, code := range map[string]string{
		`{ nothing }`: "GRAPHQL_VALIDATION_FAILED",
		`{`:           "GRAPHQL_PARSE_FAILED",
		`query A { __typename } query B { __typename }`:                      string(codeOperationResolution),
		`query($x: Int!) { jobs(first: $x) { totalCount } }`:                 "BAD_USER_INPUT",
		`{ a: nothing b: nothing c: nothing d: nothing e: nothing n: none }`: "GRAPHQL_VALIDATION_FAILED",
	} {
		gw, g, _ := newOpenGateway(t, nil, nil)
		gate := make(chan struct{})
		led := g.flights.ask(t.Context(), flightKey{token: tokenA, query: query}, time.Now().Add(g.timeout), func(ctx context.Context) outcome {
			<-gate
			return g.executor.execute(ctx, envelope{query: query}, false)
		})
		until(t, func() bool { return g.flights.waiting() == 1 })
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				header, status := named(fmt.Sprintf("request-%d", i), tokenA), http.StatusBadRequest
				if i%2 == 0 {
					header["Accept"], status = []string{"application/json"}, http.StatusOK
				}
				got := gw.send(request{body: envelopeOf(t, query, nil), header: header})
				if got.status != status || got.code() != code || got.data != nil || got.header.Get(requestIDHeader) != header.Get(requestIDHeader) {
					t.Errorf("%d %s, want %d %s", got.status, got.body, status, code)
				}
			})
		}
		until(t, func() bool { return g.flights.waiting() == 9 })
		close(gate)
		all.Wait()
		for _, err := range (<-led).refused.errors {
			if id, ok := err.Extensions["requestId"]; ok {
				t.Errorf("%s: what is shared was written to: %v", query, id)
			}
		}
		until(t, func() bool { return len(gw.log.With("operation")) == 8 })
		for _, line := range gw.log.With("operation") {
			if line["shared"] != true || fmt.Sprint(line["codes"]) != "["+code+"]" {
				t.Errorf("%v", line)
			}
		}
	}
}

// Requests that differ in anything that an answer depends on are each answered for themselves.
func TestOtherRequestsDoNotShare(t *testing.T) {
	t.Parallel()
	const query = `query A($n: Int = 0) { jobs(first: $n) { totalCount } } query B($n: Int = 0) { jobs(first: $n) { totalCount } }`
	base := request{body: `{"query":"` + query + `","operationName":"A"}`, header: named("base", "token-1")}
	for name, other := range map[string]request{
		"token":         {body: base.body, header: named("other", "token-2")},
		"query":         {body: strings.Replace(base.body, "{ jobs", "{  jobs", 1), header: base.header},
		"operationName": {body: strings.Replace(base.body, `:"A"`, `:"B"`, 1), header: base.header},
		"variables":     {body: strings.Replace(base.body, `"}`, `","variables":{"n":0}}`, 1), header: base.header},
		"method":        {method: http.MethodGet, path: "/graphql?operationName=A&query=" + url.QueryEscape(query), header: base.header},
	} {
		upstream := &tokenTotals{gate: make(chan struct{})}
		gw, g, _ := newOpenGateway(t, upstream, nil)
		var all sync.WaitGroup
		for i, r := range []request{base, other, base} {
			all.Go(func() {
				want := `{"jobs":{"totalCount":10}}`
				if i == 1 && name == "token" {
					want = `{"jobs":{"totalCount":20}}`
				}
				if got := gw.send(r); string(got.data) != want {
					t.Errorf("%s: %s", name, got.body)
				}
			})
			until(t, func() bool { return g.flights.waiting() == i+1 })
		}
		until(t, func() bool { return g.flights.waiting() == 3 && upstream.calls.Load() == 2 })
		close(upstream.gate)
		all.Wait()
		until(t, func() bool { return len(gw.log.With("operation")) == 3 })
		shared := 0
		for _, line := range gw.log.With("operation") {
			if line["shared"] == true {
				shared++
			}
		}
		if shared != 1 || upstream.calls.Load() != 2 {
			t.Errorf("%s: %d shared", name, shared)
		}
	}
}

// Of many callers with the same operations at once nobody gets another's answer.
func TestNoForeignAnswers(t *testing.T) {
	t.Parallel()
	const tokens, each = 200, 3
	queries := []string{`{ jobs(first: 0) { totalCount } }`, `{ jobs(first: 0) { totalCount nodes { id } } }`, `{ dataset(id: 3) { jobs(first: 0) { totalCount } } }`, `{ datasets(ids: [4, 5]) { id jobs(first: 0) { totalCount } } }`}
	wants := []string{
		`{"data":{"jobs":{"totalCount":%d0}}}`, `{"data":{"jobs":{"totalCount":%d0,"nodes":[]}}}`, `{"data":{"dataset":{"jobs":{"totalCount":%d3}}}}`,
		`{"data":{"datasets":[{"id":"4","jobs":{"totalCount":%d4}},{"id":"5","jobs":{"totalCount":%[1]d5}}]}}`,
	}
	upstream := &tokenTotals{gate: make(chan struct{})}
	gw, g, handler := newOpenGateway(t, upstream, nil)
	ask := func(token, i int) {
		recorder := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/graphql", strings.NewReader(envelopeOf(t, queries[i], nil)))
		r.Header = http.Header{"Content-Type": {"application/json"}, "Authorization": {fmt.Sprintf("Bearer token-%d", token)}}
		handler.ServeHTTP(recorder, r)
		if want := fmt.Sprintf(wants[i], token); recorder.Body.String() != want {
			t.Errorf("token-%d, %s: %s", token, queries[i], recorder.Body)
		}
	}
	var all sync.WaitGroup
	for n := range tokens * each * len(queries) {
		all.Go(func() { ask(1+n%tokens, n/tokens%len(queries)) })
	}
	// Those that overtake earlier ones on the way here are not joined by them, so there may be more calls
	// than these.
	until(t, func() bool {
		return g.flights.waiting() >= tokens*(each-1)*len(queries) && upstream.calls.Load() >= tokens*5
	})
	close(upstream.gate)
	all.Wait()
	if text := gw.log.String(); strings.Count(text, `"shared":true`) < tokens*len(queries) {
		t.Errorf("%d shared", strings.Count(text, `"shared":true`))
	}
	for n := range 2000 { // and with an upstream that does not wait for anybody
		all.Go(func() { ask(1+n%7, n/7%len(queries)) })
	}
	all.Wait()
	if g.flights.underWay() != 0 {
		t.Error("an answer was kept")
	}
}

// Over HTTP, too, leavers take nobody along and the last one ends the call.
func TestLeaversOfSharedRequests(t *testing.T) {
	t.Parallel()
	for name, order := range map[string][]int{"the first": {0}, "one that joined": {1}, "all in turn": {0, 1, 2}, "all backwards": {2, 1, 0}} {
		upstream := &tokenTotals{gate: make(chan struct{})}
		gw, g, _ := newOpenGateway(t, upstream, nil)
		leave, done := make([]context.CancelFunc, 3), make([]chan error, 3)
		for i := range leave {
			var ctx context.Context
			ctx, leave[i] = context.WithCancel(t.Context())
			done[i] = make(chan error, 1)
			req, err := http.NewRequestWithContext(ctx, http.MethodPost, gw.url+"/graphql", strings.NewReader(envelopeOf(t, `{ jobs(first: 0) { totalCount } }`, nil)))
			if err != nil {
				t.Fatal(err)
			}
			req.Header = named(fmt.Sprintf("request-%d", i), "token-8")
			req.Header.Set("Content-Type", "application/json")
			go func() {
				res, err := gw.client.Do(req)
				if err == nil {
					if got := gw.read(res); string(got.data) != `{"jobs":{"totalCount":80}}` {
						err = errors.New(got.body)
					}
				}
				done[i] <- err
			}()
			until(t, func() bool { return g.flights.waiting() == i+1 && upstream.calls.Load() == 1 })
		}
		for n, i := range order {
			if upstream.ended.Load() != 0 {
				t.Errorf("%s: the call ended while %d wait", name, 3-n)
			}
			leave[i]()
			if err := await(t, done[i]); !errors.Is(err, context.Canceled) {
				t.Errorf("%s: %v", name, err)
			}
			until(t, func() bool { return g.flights.waiting() == 2-n })
		}
		if len(order) == 3 {
			until(t, func() bool { return upstream.ended.Load() == 1 })
			close(upstream.gate)
		} else {
			close(upstream.gate)
			for i := range done {
				if !slices.Contains(order, i) {
					if err := await(t, done[i]); err != nil {
						t.Errorf("%s: request-%d: %v", name, i, err)
					}
				}
			}
		}
		if n := upstream.calls.Load(); n != 1 {
			t.Errorf("%s: %d calls", name, n)
		}
		until(t, func() bool { return len(gw.log.With("operation")) == 3 })
		for _, line := range gw.log.With("operation") {
			var i int
			_, _ = fmt.Sscanf(fmt.Sprint(line["request_id"]), "request-%d", &i)
			if gone := slices.Contains(order, i); gone != (line["status"] == 499.0) {
				t.Errorf("%s: %v", name, line)
			}
		}
	}
}

// What another's deadline cut short is answered again, in full.
func TestCutShortIsAskedAgain(t *testing.T) {
	t.Parallel()
	const query = `{ jobs(first: 0) { totalCount } }`
	upstream := &tokenTotals{gate: make(chan struct{})}
	gw, g, _ := newOpenGateway(t, upstream, nil)
	hurry, cancel := context.WithCancel(t.Context())
	defer cancel()
	led := g.flights.ask(t.Context(), flightKey{token: "token-6", query: query}, time.Now().Add(300*time.Millisecond), func(ctx context.Context) outcome {
		cancel()
		ctx = context.WithValue(ctx, requestInfoKey{}, &requestInfo{token: "token-6"})
		return g.executor.execute(ctx, envelope{query: query}, false)
	})
	await(t, hurry.Done())
	done := make(chan answer, 1)
	go func() { done <- gw.send(request{body: envelopeOf(t, query, nil), header: named("patient", "token-6")}) }()
	got := await(t, led)
	if !got.late || len(got.errors) != 1 {
		t.Fatalf("%+v", got)
	}
	got.answer.hold(-1)
	close(upstream.gate)
	if got := await(t, done); string(got.data) != `{"jobs":{"totalCount":60}}` || len(got.errors) != 0 {
		t.Errorf("%s", got.body)
	}
}

// breaking is a schema whose execution waits and fails beside the fields.
type breaking struct {
	graphql.ExecutableSchema

	gate   chan struct{}
	broken atomic.Bool
}

func (b *breaking) Exec(ctx context.Context) graphql.ResponseHandler {
	if b.broken.Load() {
		<-b.gate
		panic(marker)
	}
	return b.ExecutableSchema.Exec(ctx)
}

// A panic of a shared run is a 500 for each, under its own id, and the next request is answered.
func TestPanicOfASharedRequest(t *testing.T) {
	t.Parallel()
	var schema *breaking
	gw, g, _ := newOpenGateway(t, nil, func(e *executor) {
		schema = &breaking{ExecutableSchema: e.exec, gate: make(chan struct{})}
		schema.broken.Store(true)
		e.exec = schema
	})
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			id := fmt.Sprintf("request-%d", i)
			got := gw.send(request{body: envelopeOf(t, queryJobs, nil), header: named(id, tokenA)})
			if got.status != http.StatusInternalServerError || got.code() != "INTERNAL_SERVER_ERROR" || got.header.Get(requestIDHeader) != id || strings.Contains(got.body, marker) {
				t.Errorf("%s: %d %s", id, got.status, got.body)
			}
		})
		until(t, func() bool { return g.flights.waiting() == i+1 })
	}
	close(schema.gate)
	all.Wait()
	failed := map[any]bool{}
	for _, line := range gw.log.With("request failed") {
		failed[line["request_id"]] = strings.Contains(fmt.Sprint(line["error"]), "flight_test.go") || strings.Contains(fmt.Sprint(line["error"]), "sharing_test.go")
	}
	for i := range 8 {
		if !failed[fmt.Sprintf("request-%d", i)] {
			t.Errorf("request-%d failed without a line that says where", i)
		}
	}
	schema.broken.Store(false)
	gw.wantFine(gw.post(queryJobs, nil))
}
