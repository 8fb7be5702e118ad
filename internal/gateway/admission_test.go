package gateway

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"iter"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"jobsgateway/graph/operation"
	"jobsgateway/internal/clienttest"
	"jobsgateway/internal/emulator"
	"jobsgateway/internal/memory"
	"jobsgateway/internal/places"
	"jobsgateway/restclient"
)

// An operation of another finds no place. It is told so, in both media types, and asks nothing.
func TestNoRoom(t *testing.T) {
	upstream := &tokenTotals{gate: make(chan struct{})}
	operations := places.New(1)
	gw := startGateway(t, func(s *setup) { s.config.Upstream, s.config.Operations = upstream, operations })
	first := gw.start(named("first", "token-1"), `{jobs{totalCount}}`)
	until(t, func() bool { return upstream.calls.Load() == 1 })

	for _, accept := range []string{typeJSON, typeResponse} {
		header := named("second", "token-2")
		header.Set("Accept", accept)
		a := gw.send(request{body: envelopeOf(t, `query Late {jobs{totalCount}}`, nil), header: header})
		if a.status != http.StatusServiceUnavailable || a.code() != "REQUEST_CONCURRENCY_LIMITED" || a.data != nil {
			t.Fatalf("%d %s", a.status, a.body)
		}
		extensions := a.errors[0].Extensions
		if a.header.Get("Retry-After") != "1" || extensions["retryable"] != true || extensions["retryAfterSeconds"] != 1.0 {
			t.Errorf("Retry-After %q, %v", a.header.Get("Retry-After"), extensions)
		}
		if got := a.header.Get("Content-Type"); !strings.HasPrefix(got, accept) {
			t.Errorf("Content-Type %q for %s", got, accept)
		}
	}
	if calls, state := upstream.calls.Load(), operations.State(); calls != 1 || state.Refused != 2 || state.Used != 1 {
		t.Errorf("%d calls, %+v", calls, state)
	}

	// What asks the Jobs API nothing takes no place, and neither does who waits for an equal operation.
	for _, query := range []string{
		`{__typename}`, `{__schema{queryType{name}}}`, `{_service{sdl}}`, `{dataset(id:"1"){id}}`,
		`query($yes: Boolean = true) {__typename jobs @skip(if: $yes) {totalCount}}`,
	} {
		gw.wantFine(gw.send(request{body: envelopeOf(t, query, nil), header: named("nothing", "token-2")}))
	}
	joined := gw.start(named("joined", "token-1"), `{jobs{totalCount}}`)
	close(upstream.gate)
	for _, reply := range []<-chan answer{first, joined} {
		gw.wantFine(<-reply)
	}
	gw.wantFine(gw.send(request{body: envelopeOf(t, `{jobs{totalCount}}`, nil), header: named("third", "token-2")}))
	if state := operations.State(); state.Used+state.Newcomers != 0 || state.Refused != 2 {
		t.Errorf("%+v is left", state)
	}
	for _, line := range gw.log.With("operation") {
		if line["request_id"] == "second" && (line["status"] != 503.0 || line["operation"] != "Late" || line["upstream_calls"] != 0.0) {
			t.Errorf("%v", line)
		}
	}
}

// start sends an operation, whose answer comes later.
func (gw *testGateway) start(header http.Header, query string) <-chan answer {
	reply := make(chan answer, 1)
	go func() { reply <- gw.send(request{body: envelopeOf(gw.t, query, nil), header: header}) }()
	return reply
}

// busyUpstream says that there is no room for an operation, or panics.
type busyUpstream struct{ panics bool }

func (u busyUpstream) Jobs(context.Context, restclient.JobsQuery) (*restclient.JobsPage, error) {
	if u.panics {
		panic("in a call")
	}
	return nil, &restclient.Error{Kind: restclient.KindBusy, Unsent: true}
}

func (u busyUpstream) Job(ctx context.Context, _ restclient.JobID) (*restclient.Job, error) {
	_, err := u.Jobs(ctx, restclient.JobsQuery{})
	return nil, err
}

// The client's own refusal is one of the whole operation, too, whatever fields it has.
func TestNoRoomForCalls(t *testing.T) {
	gw := startGateway(t, func(s *setup) { s.config.Upstream = busyUpstream{} })
	a := gw.post(`{__typename a: jobs{totalCount} job(id:"00000000-0000-4000-8000-000000000000"){id}}`, nil)
	gw.wantRefused(a, http.StatusServiceUnavailable, "REQUEST_CONCURRENCY_LIMITED")
	for _, line := range gw.log.With("upstream call failed") {
		if line["level"] != "DEBUG" {
			t.Errorf("warned: %v", line)
		}
	}
}

// Whoever watches is told what there was too little of for an operation that was refused.
func TestWhatIsLacking(t *testing.T) {
	t.Parallel()
	full := places.New(1)
	if _, err := full.Take(t.Context(), places.NewFlow("another")); err != nil {
		t.Fatal(err)
	}
	heavy := clienttest.New(t, heavy(60_000), func(c *restclient.Config) { c.Token, c.Account = TokenFrom, operation.AccountOf })
	for lacking, lack := range map[string]func(*Config){
		"places": func(c *Config) { c.Operations = full },
		"calls":  func(c *Config) { c.Upstream = busyUpstream{} },
		"memory": func(c *Config) { c.Upstream, c.Memory, c.MaxOperation = heavy, memory.New(2<<20, true), noLimit },
	} {
		t.Run(lacking, func(t *testing.T) {
			t.Parallel()
			watching := newHearer()
			gw := startGateway(t, heardBy(watching), func(s *setup) { lack(&s.config) })
			gw.wantRefused(gw.post(`{jobs(first:50){nodes{raw}}}`, nil), http.StatusServiceUnavailable, "REQUEST_CONCURRENCY_LIMITED")
			want := "request ends: 503, query  0 refused " + lacking + " REQUEST_CONCURRENCY_LIMITED"
			if heard := watching.events(1); !slices.Contains(heard, want) {
				t.Errorf("%q is not told: %q", want, heard)
			}
		})
	}
}

// A place is given back, whatever becomes of its operation.
func TestPlacesAfterPanics(t *testing.T) {
	operations := places.New(1)
	gw := startGateway(t, func(s *setup) { s.config.Upstream, s.config.Operations = busyUpstream{panics: true}, operations })
	for i := range 3 {
		if a := gw.post(`{jobs{totalCount}}`, nil); a.code() != "INTERNAL_SERVER_ERROR" {
			t.Errorf("time %d: %d %s", i, a.status, a.body)
		}
	}
	if used := operations.State().Used; used != 0 {
		t.Errorf("%d places are held", used)
	}
}

// A81: callers whose bodies come in drops take no place, so all others are answered.
func TestSlowBodiesTakeNoPlace(t *testing.T) {
	operations := places.New(64)
	gw := startGateway(t, func(s *setup) { s.config.Operations = operations })
	body := envelopeOf(t, queryJobs, nil)
	var slow []io.Writer
	for range 80 {
		conn := gw.dial()
		_, _ = fmt.Fprintf(conn, "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n", tokenB, len(body))
		slow = append(slow, conn)
	}
	for i := range len(body) - 1 {
		for _, conn := range slow {
			_, _ = io.WriteString(conn, body[i:i+1])
		}
		gw.wantFine(gw.post(`{jobs(first:`+strconv.Itoa(i+1)+`){nodes{id}}}`, nil))
		if used := operations.State().Used; used != 0 {
			t.Fatalf("%d places are held", used)
		}
	}
	for _, conn := range slow { // and they are answered in the end
		_, _ = io.WriteString(conn, body[len(body)-1:])
	}
	for _, conn := range slow {
		res, err := http.ReadResponse(bufio.NewReader(conn.(io.Reader)), nil)
		if err != nil {
			t.Fatal(err)
		}
		gw.wantFine(gw.read(&http.Response{StatusCode: res.StatusCode, Header: res.Header, Body: res.Body, Request: &http.Request{}}))
	}
}

// The calls of one token hang, as many as it can make. The others are answered meanwhile.
func TestHangingToken(t *testing.T) {
	for _, greedy := range []int{4, 40} {
		t.Run(fmt.Sprint(greedy, " operations"), func(t *testing.T) {
			jobs := emulator.New(emulator.Options{Seed: 1})
			var hanging atomic.Int64
			client := clienttest.New(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Authorization") == "Bearer "+tokenB {
					hanging.Add(1)
					<-r.Context().Done()
					return
				}
				jobs.ServeHTTP(w, r)
			}), func(c *restclient.Config) { c.Token, c.MaxConns = TokenFrom, 128 })
			gw := startGateway(t, func(s *setup) {
				s.config.Upstream, s.config.Operations = client, places.New(1024)
				s.config.Calls = operation.Limits{Calls: 200, Concurrency: 64}
			})
			ctx, leave := context.WithCancel(t.Context())
			var callers sync.WaitGroup
			for i := range greedy {
				ids := strings.Trim(fmt.Sprint(slices.Collect(seq(100*i+1, 64))), "[]")
				body := envelopeOf(t, `{datasets(ids:[`+ids+`]){jobs(first:1){nodes{id}}}}`, nil)
				r, _ := http.NewRequestWithContext(ctx, http.MethodPost, gw.url+"/graphql", strings.NewReader(body))
				r.Header = named(fmt.Sprint("greedy-", i), tokenB)
				r.Header.Set("Content-Type", "application/json")
				callers.Go(func() {
					if res, err := gw.client.Do(r); err == nil {
						_ = res.Body.Close()
						t.Errorf("%d for what hangs", res.StatusCode)
					}
				})
			}
			until(t, func() bool { return hanging.Load() == 128 && client.Places().Running > 0 })
			if a := gw.send(request{body: envelopeOf(t, queryJobs, nil), anonymous: true}); a.code() != "UNAUTHENTICATED" {
				t.Errorf("without a token: %d %s", a.status, a.body)
			}
			for i := range 60 {
				query := fmt.Sprintf(`{jobs(first:%d){nodes{id dataset{jobs(first:1){nodes{id}}}}}}`, 1+i/20)
				gw.wantFine(gw.send(request{body: envelopeOf(t, query, nil), header: named("other", fmt.Sprint("token-of-another-", i%20))}))
			}
			if state := client.Places(); state.Used != 128 || state.Refused != 0 || hanging.Load() != 128 {
				t.Errorf("%+v, %d hang", state, hanging.Load())
			}
			leave()
			callers.Wait()
			until(t, func() bool { return client.Places().Used == 0 })
		})
	}
}

// seq returns so many numbers from one on.
func seq(from, count int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range count {
			if !yield(from + i) {
				return
			}
		}
	}
}
