package restclient

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"jobsgateway/internal/emulator"
)

// listener is an Observer that notes what it is told, each event a line. It gives every attempt a traceparent.
type listener struct {
	mu    sync.Mutex
	heard []string
}

type attemptKey struct{}

const ownParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

func (l *listener) notef(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.heard = append(l.heard, fmt.Sprintf(format, args...))
}

// events are what it was told so far, and it forgets them.
func (l *listener) events() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer func() { l.heard = nil }()
	return slices.Clone(l.heard)
}

var routeNames = [...]string{RouteList: "list", RouteJob: "job"}

func (l *listener) AttemptStarts(ctx context.Context, route Route, number int) (context.Context, string) {
	l.notef("%s attempt %d", routeNames[route], number)
	return context.WithValue(ctx, attemptKey{}, number), ownParent
}

func (l *listener) AttemptEnds(running context.Context, a Attempt) {
	if running.Value(attemptKey{}) != a.Number || a.Duration <= 0 || (a.Failed == nil) != (a.Bytes > 0) {
		l.notef("another context, no duration, or bytes of nothing: %+v", a)
	}
	l.notef("%s attempt %d: %d %s", routeNames[a.Route], a.Number, a.Status(), kindName(a.Failed))
}

func (l *listener) CallEnds(_ context.Context, route Route, failed *Error) {
	if failed != nil && failed.Unsent {
		l.notef("%s call not sent: %s", routeNames[route], kindName(failed))
		return
	}
	l.notef("%s call: %s", routeNames[route], kindName(failed))
}

func (l *listener) CallJoined(_ context.Context, route Route) {
	l.notef("%s call joined", routeNames[route])
}

func (l *listener) BreakerChanged(state BreakerState) {
	l.notef("breaker %s", [...]string{BreakerClosed: "closed", BreakerOpen: "open", BreakerHalfOpen: "half-open"}[state])
}

func (l *listener) Drifted(_ context.Context, d Drift) {
	l.notef("drift %d %s %d %q", d.Sign, d.Member, d.Count, d.Word())
}

// kindName is the kind of a failure, or ok.
func kindName(failed *Error) string {
	if failed == nil {
		return "ok"
	}
	return failed.Kind.String()
}

// observed makes a client of an address and what listens to it.
func observed(t *testing.T, address string) (*Client, *listener) {
	t.Helper()
	l := &listener{}
	return newClient(t, address, func(c *Config) { c.Observer = l }), l
}

// An observer is told of each attempt and each call: how they begin, and what came of them.
func TestObservedCalls(t *testing.T) {
	t.Parallel()
	ok := status(200)
	for name, test := range map[string]struct {
		script []scripted
		want   []string
	}{
		"an answer": {[]scripted{ok}, []string{"list attempt 1", "list attempt 1: 200 ok", "list call: ok"}},
		"a refusal": {[]scripted{status(400)}, []string{"list attempt 1", "list attempt 1: 400 invalid", "list call: invalid"}},
		"a 503, and again": {[]scripted{status(503), ok}, []string{
			"list attempt 1", "list attempt 1: 503 unavailable", "list attempt 2", "list attempt 2: 200 ok", "list call: ok",
		}},
		"no connection": {[]scripted{reset, reset, reset}, []string{
			"list attempt 1", "list attempt 1: 0 unavailable", "list attempt 2", "list attempt 2: 0 unavailable",
			"list attempt 3", "list attempt 3: 0 unavailable", "list call: unavailable",
		}},
		"no list": {[]scripted{status(404)}, []string{"list attempt 1", "list attempt 1: 404 not found", "list call: invalid"}},
	} {
		c, l := observed(t, newRecorder(t, test.script...).url)
		_, _ = c.Jobs(withToken(t.Context(), secret), firstPage)
		if diff := cmp.Diff(test.want, l.events()); diff != "" {
			t.Errorf("%s (-want +told):\n%s", name, diff)
		}
	}
	// Of one job, whose record cannot be read, although its attempt went well.
	c, l := observed(t, newRecorder(t, ok).url)
	_, _ = c.Job(withToken(t.Context(), secret), anID)
	want := []string{
		"job attempt 1", "job attempt 1: 200 ok", fmt.Sprintf("drift %d job_id 1 %q", UnknownMember, "records"),
		fmt.Sprintf("drift %d job_id 1 %q", UnknownMember, "total_records"), fmt.Sprintf("drift %d job_id 1 %q", LeftOutRecord, ""),
		"job call: malformed",
	}
	if diff := cmp.Diff(want, l.events()); diff != "" {
		t.Errorf("(-want +told):\n%s", diff)
	}
	// Without a token there is no call.
	if _, _ = c.Jobs(t.Context(), firstPage); len(l.events()) != 0 {
		t.Error("told of no call")
	}
	// What is not sent to a token that has to wait.
	c, l = observed(t, newRecorder(t, status(429, "60")).url)
	for range 2 {
		_, _ = c.Jobs(withToken(t.Context(), secret), firstPage)
	}
	want = []string{"list attempt 1", "list attempt 1: 429 rate limited", "list call: rate limited", "list call not sent: rate limited"}
	if diff := cmp.Diff(want, l.events()); diff != "" {
		t.Errorf("(-want +told):\n%s", diff)
	}
}

// The traceparent of the attempt is sent in place of that of the request, and nothing else of Identity is changed.
func TestTraceparentOfAttempt(t *testing.T) {
	t.Parallel()
	sent := make(chan http.Header, 1)
	api := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { sent <- r.Header }))
	defer api.Close()
	for _, identity := range []func(context.Context) Identity{nil, func(context.Context) Identity {
		return Identity{RequestID: "id", Traceparent: "00-1-2-00", Tracestate: "a=b"}
	}} {
		c := newClient(t, api.URL, func(c *Config) { c.Observer, c.Identity = &listener{}, identity })
		_, _ = c.Jobs(withToken(t.Context(), secret), firstPage)
		header := <-sent
		if header.Get("Traceparent") != ownParent || identity != nil && (header.Get("Tracestate") != "a=b" || header.Get("X-Request-Id") != "id") {
			t.Errorf("%v", header)
		}
	}
}

// Whoever joins a call is told of once, and the call once.
func TestObservedSharing(t *testing.T) {
	t.Parallel()
	l, came, release := &listener{}, make(chan struct{}, 1), make(chan struct{})
	api := emulator.New(emulator.Options{Jobs: 3})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		came <- struct{}{}
		<-release
		api.ServeHTTP(w, r)
	}))
	defer server.Close()
	c := newClient(t, server.URL, func(c *Config) { c.Observer = l })
	var all sync.WaitGroup
	ask := func() { _, _ = c.Jobs(withToken(t.Context(), secret), firstPage) }
	all.Go(ask)
	<-came
	for range 2 {
		all.Go(ask)
	}
	for _, callers := c.pages.Count(); callers < 3; _, callers = c.pages.Count() {
		time.Sleep(time.Millisecond)
	}
	close(release)
	all.Wait()
	heard := l.events()
	slices.Sort(heard)
	want := []string{"list attempt 1", "list attempt 1: 200 ok", "list call joined", "list call joined", "list call: ok"}
	if diff := cmp.Diff(want, heard); diff != "" {
		t.Errorf("(-want +told):\n%s", diff)
	}
}

// An observer is told of each state of the breaker once, and not of the steps that a try which came to nothing takes.
func TestObservedBreaker(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &listener{}
		b := newBreaker(l)
		fail(b, breakerCalls)
		time.Sleep(breakerDelay)
		held, _ := b.acquire()
		b.record(held, &Error{Kind: KindInvalid}) // says nothing of the API
		held, _ = b.acquire()
		time.Sleep(breakerDelay) // the try hangs, so another is made
		other, _ := b.acquire()
		b.record(other, &Error{Kind: KindUnavailable})
		b.record(held, &Error{Kind: KindUnavailable})
		time.Sleep(breakerDelay)
		held, _ = b.acquire()
		b.record(held, nil)
		want := []string{"breaker open", "breaker half-open", "breaker open", "breaker half-open", "breaker closed"}
		if diff := cmp.Diff(want, l.events()); diff != "" {
			t.Errorf("(-want +told):\n%s", diff)
		}
	})
}
