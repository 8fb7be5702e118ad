package gateway

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"jobsgateway/internal/emulator"
)

// explained is the header of a request that asks to explain.
func explained(more ...string) http.Header {
	header := http.Header{explainHeader: {"1"}}
	for i := 0; i < len(more); i += 2 {
		header.Set(more[i], more[i+1])
	}
	return header
}

// notTold is the cost of what is refused before it is reckoned.
const notTold = -1

// told reads extensions.explain of an answer; false if it has none.
func (a answer) told(t testing.TB) (e explanation, ok bool) {
	t.Helper()
	var members struct {
		Extensions map[string]json.RawMessage `json:"extensions"`
	}
	if err := json.Unmarshal([]byte(a.body), &members); err != nil {
		t.Fatalf("%v: %s", err, a.body)
	}
	text, ok := members.Extensions["explain"]
	if len(members.Extensions) > 1 || ok && json.Unmarshal(text, &e) != nil {
		t.Errorf("extensions of %s", a.body)
	}
	return e, ok
}

// switchedOn starts a gateway that explains.
func switchedOn(s *setup) { s.config.Explain = true }

// Each kind of answer tells what its operation took: the calls that the Jobs API got, and the cost that the
// limit is about.
func TestExplain(t *testing.T) {
	t.Parallel()
	limit := testLimits.Cost
	tooMuch := `{jobs(first: 500) {nodes {input {raw} dataset {jobs(first: 500) {nodes {id}}}}}}`
	for name, tc := range map[string]struct {
		query string
		token string
		calls int
		cost  int // notTold, or what is told
		data  bool
	}{
		"constant, when it is remembered": {`{__typename}`, "", 0, 0, true},
		"a page":                          {queryJobs, "", 1, 3, true},
		"equal fields":                    {`{a: jobs(first:2){nodes{id}} b: jobs(first:2){totalCount}}`, "", 1, 4, true},
		"datasets":                        {`{datasets(ids: ["10674", "10705"]) {latestJob {id}}}`, "", 2, 4, true},
		"a field that fails":              {queryJobs, "invalid", 1, 3, true},
		"an argument that is refused":     {`{jobs(first: 501) {totalCount}}`, "", 0, 1, true},
		"too much":                        {tooMuch, "", 0, 1 + 500*(1+1+5+1+1+500), false},
		"no GraphQL":                      {`{`, "", 0, notTold, false},
		"not valid":                       {`{nope}`, "", 0, notTold, false},
	} {
		gw := startGateway(t, switchedOn)
		for range 2 {
			before := gw.jobs.Total()
			header := explained()
			if tc.token != "" {
				header.Set("Authorization", "Bearer "+tc.token)
			}
			got := gw.send(request{body: envelopeOf(t, tc.query, nil), header: header})
			e, ok := got.told(t)
			if !ok || e.UpstreamCalls != tc.calls || gw.jobs.Total()-before != tc.calls || e.Shared || e.CostLimit != limit || (got.data != nil) != tc.data {
				t.Errorf("%s: %d calls, %s", name, gw.jobs.Total()-before, got.body)
			}
			if cost := e.Cost; tc.cost == notTold && cost != nil || tc.cost != notTold && (cost == nil || *cost != tc.cost) {
				t.Errorf("%s: want the cost %d: %s", name, tc.cost, got.body)
			}
			if waited := e.WaitedMs > 0; waited != (tc.calls > 0) {
				t.Errorf("%s: waited %v ms for %d calls", name, e.WaitedMs, tc.calls)
			}
		}
	}
}

// Nobody is told who has not asked for it by the header, or where it is switched off; the answer is the same byte
// for byte.
func TestExplainIsAskedFor(t *testing.T) {
	t.Parallel()
	for _, on := range []bool{true, false} {
		gw := startGateway(t, func(s *setup) { s.config.Explain = on })
		plain := gw.send(request{body: envelopeOf(t, queryJobs, nil)})
		gw.wantFine(plain)
		if plain.variesBy(explainHeader) != on {
			t.Errorf("switched on: %t, Vary is %q", on, plain.header.Values("Vary"))
		}
		for _, values := range [][]string{{"0"}, {"true"}, {""}, {"1", "1"}, {"1, 1"}} {
			if got := gw.send(request{body: envelopeOf(t, queryJobs, nil), header: http.Header{explainHeader: values}}); got.body != plain.body {
				t.Errorf("%q: %s", values, got.body)
			}
		}
		got := gw.send(request{body: envelopeOf(t, queryJobs, nil), header: explained()})
		_, ok := got.told(t)
		if ok != on || string(got.data) != string(plain.data) {
			t.Errorf("switched on: %t, %s", on, got.body)
		}
		byGet := request{method: http.MethodGet, path: "/graphql?query=" + url.QueryEscape(queryJobs), header: explained("Accept", "application/json")}
		if _, ok := gw.send(byGet).told(t); ok != on {
			t.Errorf("switched on: %t, by GET: %t", on, ok)
		}
		// What is no operation has nothing to explain.
		for _, r := range []request{{body: `{`}, {body: `{"query":"{__typename}"}`, header: http.Header{"Authorization": {"Basic x"}}}, {path: "/nothing"}} {
			if r.header == nil {
				r.header = http.Header{}
			}
			r.header.Set(explainHeader, "1")
			if got := gw.send(r); got.errors == nil || strings.Contains(got.body, `"explain"`) {
				t.Errorf("%s", got.body)
			}
		}
	}
}

// Requests that share an answer are told each for itself, if they ask: one made the call, the others made none.
func TestExplainShared(t *testing.T) {
	t.Parallel()
	for _, leaderAsks := range []bool{true, false} {
		upstream := &tokenTotals{gate: make(chan struct{})}
		gw, g, _ := newOpenGateway(t, upstream, nil)
		g.explain = true
		var all sync.WaitGroup
		for i := range 4 {
			asks := (i%2 == 0) == leaderAsks // the first makes the call
			header := named(fmt.Sprintf("request-%d", i), "token-7")
			if asks {
				header.Set(explainHeader, "1")
			}
			all.Go(func() {
				got := gw.send(request{body: envelopeOf(t, `{jobs(first: 0) {totalCount}}`, nil), header: header})
				e, ok := got.told(t)
				if ok != asks || string(got.data) != `{"jobs":{"totalCount":70}}` {
					t.Errorf("%d asks: %t: %s", i, asks, got.body)
				}
				calls := 0
				if i == 0 {
					calls = 1
				}
				if ok && (e.Shared != (i > 0) || e.UpstreamCalls != calls || e.WaitedMs <= 0 || e.Cost == nil || *e.Cost != 1) {
					t.Errorf("%d: %s", i, got.body)
				}
			})
			until(t, func() bool { return g.flights.waiting() == i+1 })
		}
		close(upstream.gate)
		all.Wait()
		if n := upstream.calls.Load(); n != 1 {
			t.Errorf("%d calls", n)
		}
	}
}

// Calls at the same time are waited for once: what was waited is never more than what the request took, however
// many calls there are.
func TestExplainParallelCalls(t *testing.T) {
	t.Parallel()
	gw := startGateway(t, switchedOn, func(s *setup) { s.jobs.Latency = 20e6 })
	ids := make([]string, 16)
	for i := range ids {
		ids[i] = fmt.Sprint(20_000 + i)
	}
	got := gw.send(request{body: envelopeOf(t, `query($ids: [ID!]!) {datasets(ids: $ids) {latestJob {id}}}`, map[string]any{"ids": ids}), header: explained()})
	gw.wantFine(got)
	e, _ := got.told(t)
	logged := gw.log.Await(t, "operation")
	took, _ := logged["duration_ms"].(float64)
	if logged["upstream_calls"] != float64(e.UpstreamCalls) {
		t.Errorf("the log has %v", logged)
	}
	if e.UpstreamCalls != len(ids) || gw.jobs.Total() != len(ids) || e.WaitedMs < 20 || e.WaitedMs > took {
		t.Errorf("the request took %v ms: %s", took, got.body)
	}
}

// Pages of other origins may ask to explain.
func TestExplainAcrossOrigins(t *testing.T) {
	t.Parallel()
	gw := startGateway(t, switchedOn, func(s *setup) { s.config.CORSOrigins, s.jobs = []string{origin}, emulator.Options{} })
	asked := preflight(origin)
	asked.header.Set("Access-Control-Request-Headers", "authorization,content-type,x-explain")
	if got := gw.send(asked); !strings.Contains(strings.ToLower(got.header.Get("Access-Control-Allow-Headers")), "x-explain") {
		t.Errorf("%d %v", got.status, got.header)
	}
}
