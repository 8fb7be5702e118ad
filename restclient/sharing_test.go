package restclient

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// gated is a Jobs API that answers when it is let, and counts.
type gated struct {
	*httptest.Server
	calls, left atomic.Int64
	gate        chan struct{}
}

func newGated(t *testing.T, status int) (*gated, *Client) {
	t.Helper()
	g := &gated{gate: make(chan struct{})}
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.calls.Add(1)
		select {
		case <-g.gate:
		case <-r.Context().Done():
			g.left.Add(1)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, `{"records":[],"total_records":%d}`, len(r.Header.Get("Authorization")))
	}))
	t.Cleanup(g.Close)
	base, err := url.Parse(g.URL)
	if err != nil {
		t.Fatal(err)
	}
	client := New(Config{BaseURL: base, Token: tokenOf, Timeout: time.Minute, MaxBody: 1 << 20, MaxConns: 64})
	t.Cleanup(client.Close)
	return g, client
}

// waiting is how many callers wait for calls of a client at this moment.
func waiting(c *Client) int {
	_, callers := c.pages.Count()
	return callers
}

// until waits for a condition that has to come true.
func until(t *testing.T, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !condition(); runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatal("it does not come true")
		}
	}
}

var aPage = JobsQuery{OrderBy: CreatedAtDesc, PerPage: 10}

// Equal calls under one token at one time are one call; under another token they are another.
func TestEqualCallsShare(t *testing.T) {
	t.Parallel()
	upstream, client := newGated(t, http.StatusOK)
	var all sync.WaitGroup
	for i := range 64 {
		token := []string{"one", "three"}[i%2]
		all.Go(func() {
			page, err := client.Jobs(withToken(t.Context(), token), aPage)
			if err != nil || page.Total != int64(len("Bearer ")+len(token)) {
				t.Errorf("%s: %+v, %v", token, page, err)
			}
		})
	}
	until(t, func() bool { return waiting(client) == 64 })
	close(upstream.gate)
	all.Wait()
	if n := upstream.calls.Load(); n != 2 {
		t.Errorf("%d calls for two tokens", n)
	}
	if _, err := client.Jobs(withToken(t.Context(), "one"), aPage); err != nil || upstream.calls.Load() != 3 {
		t.Errorf("%v: an answer was kept", err)
	}
}

// Who leaves does not take the others along; the last one ends the call, and who comes then makes another.
func TestLeavers(t *testing.T) {
	t.Parallel()
	upstream, client := newGated(t, http.StatusOK)
	leave := make([]context.CancelFunc, 2)
	errs := make(chan error, 2)
	for i := range leave {
		var ctx context.Context
		ctx, leave[i] = context.WithCancel(withToken(t.Context(), "one"))
		go func() {
			_, err := client.Jobs(ctx, aPage)
			errs <- err
		}()
	}
	until(t, func() bool { return waiting(client) == 2 && upstream.calls.Load() == 1 })
	leave[0]()
	wantKind(t, <-errs, KindTimeout)
	if waiting(client) != 1 || upstream.left.Load() != 0 {
		t.Errorf("%d wait, %d calls ended", waiting(client), upstream.left.Load())
	}
	leave[1]()
	wantKind(t, <-errs, KindTimeout)
	until(t, func() bool { return upstream.left.Load() == 1 })
	close(upstream.gate)
	if _, err := client.Jobs(withToken(t.Context(), "one"), aPage); err != nil || upstream.calls.Load() != 2 {
		t.Errorf("%v, %d calls", err, upstream.calls.Load())
	}
}

// A failure is shared by those who wait for it, and not remembered.
func TestFailuresAreNotKept(t *testing.T) {
	t.Parallel()
	upstream, client := newGated(t, http.StatusServiceUnavailable)
	once(client)
	close(upstream.gate)
	for i := range 3 {
		_, err := client.Jobs(withToken(t.Context(), "one"), aPage)
		wantKind(t, err, KindUnavailable)
		if n := upstream.calls.Load(); n != int64(i+1) {
			t.Errorf("%d calls after %d", n, i+1)
		}
	}
}

// What the Jobs API itself calls a time-out is its answer, for all who wait for it; only what ran out of time
// here is asked again by those who have time left.
func TestJoinersOfA408(t *testing.T) {
	t.Parallel()
	upstream, client := newGated(t, http.StatusRequestTimeout)
	errs := make(chan error, 2)
	for range 2 {
		go func() {
			_, err := client.Jobs(withToken(t.Context(), "one"), aPage)
			errs <- err
		}()
	}
	until(t, func() bool { return waiting(client) == 2 })
	close(upstream.gate)
	for range 2 {
		if e := wantKind(t, <-errs, KindTimeout); e.Status != http.StatusRequestTimeout || isOfCaller(e) {
			t.Errorf("%v is taken for a time-out of ours", e)
		}
	}
	if n := upstream.calls.Load(); n != 1 {
		t.Errorf("%d calls", n)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	if err := client.transportError(ctx, ctx.Err(), phaseWaiting); !isOfCaller(err) || isOfCaller(nil) || isOfCaller(&Error{Kind: KindUnavailable}) {
		t.Errorf("%v is not taken for a time-out", err)
	}
}
