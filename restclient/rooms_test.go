package restclient

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"jobsgateway/internal/places"
)

// whose returns contexts of a caller with this token.
type whose struct{}

// namedToken finds the token that a test has put into a context.
func namedToken(ctx context.Context) (string, bool) {
	token, ok := ctx.Value(whose{}).(string)
	return token, ok
}

func of(ctx context.Context, token string) context.Context {
	return context.WithValue(ctx, whose{}, token)
}

// One token's calls hang. They take half of the places, over HTTP/1 and over HTTP/2, where all share one
// connection; the calls of others are answered. What waited ends with its context, and is not sent.
func TestShareOfCalls(t *testing.T) {
	for _, http2 := range []bool{false, true} {
		t.Run(fmt.Sprint("HTTP/2 ", http2), func(t *testing.T) {
			var hanging, multiplexed atomic.Int64
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				multiplexed.Store(int64(r.ProtoMajor))
				if r.Header.Get("Authorization") == "Bearer greedy" {
					hanging.Add(1)
					<-r.Context().Done()
					return
				}
				w.Header().Set("Content-Type", "application/json")
				_, _ = fmt.Fprint(w, `{"records":[]}`)
			}))
			server.EnableHTTP2 = http2
			server.StartTLS()
			t.Cleanup(server.Close)
			c := newClient(t, server.URL, func(cfg *Config) { cfg.Token, cfg.MaxConns = namedToken, 4 })
			c.transport.ForceAttemptHTTP2 = http2
			roots := x509.NewCertPool()
			roots.AddCert(server.Certificate())
			c.transport.TLSClientConfig = server.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
			c.transport.TLSClientConfig.RootCAs = roots
			ctx, leave := context.WithCancel(of(t.Context(), "greedy"))
			errs := make(chan error, 20)
			for i := range 20 {
				go func() {
					_, err := c.Jobs(ctx, JobsQuery{PerPage: 1 + i})
					errs <- err
				}()
			}
			until(t, func() bool { return hanging.Load() == 4 && c.Places().Running == 16 })
			for i := range 40 {
				if _, err := c.Jobs(of(t.Context(), fmt.Sprint("other", i)), JobsQuery{PerPage: 1}); err != nil {
					t.Fatal(err)
				}
			}
			if hanging.Load() != 4 || multiplexed.Load() != map[bool]int64{false: 1, true: 2}[http2] {
				t.Errorf("%d were sent, over HTTP/%d", hanging.Load(), multiplexed.Load())
			}
			leave()
			for range 20 {
				if e, ok := errors.AsType[*Error](<-errs); !ok || e.Kind != KindTimeout {
					t.Errorf("%v", e)
				}
			}
			until(t, func() bool { return c.Places() == places.State{Most: 8, Limit: 8} })
		})
	}
}

// crowded makes a client whose places are known to be few: one answer at once, which comes when it is let.
func crowded(t *testing.T) (c *Client, let chan struct{}) {
	t.Helper()
	let = make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		<-let
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprint(w, `{"records":[]}`)
	}))
	t.Cleanup(server.Close)
	c = newClient(t, server.URL, func(cfg *Config) { cfg.Token = namedToken })
	c.places = places.New(1)
	return c, let
}

// An operation for whose first call there is no place is refused, with all its calls, and nothing is sent. One
// that has begun is not, even if the call that it joins is another's that is refused.
func TestRefusedOperation(t *testing.T) {
	c, let := crowded(t)
	var under sync.WaitGroup
	begun := WithOperation(of(t.Context(), "a"))
	under.Go(func() {
		if _, err := c.Jobs(begun, JobsQuery{PerPage: 1}); err != nil {
			t.Error(err)
		}
	})
	until(t, func() bool { return c.Places().Used == 1 })
	refused := WithOperation(of(t.Context(), "a"))
	under.Go(func() {
		_, err := c.Jobs(refused, JobsQuery{PerPage: 2})
		if e, ok := errors.AsType[*Error](err); !ok || e.Kind != KindBusy || !e.Unsent || e.RetryAfter != time.Second {
			t.Errorf("of the one that is refused: %v", err)
		}
	})
	until(t, func() bool { return c.Places().Newcomers == 1 })
	under.Go(func() { // joins
		if _, err := c.Jobs(begun, JobsQuery{PerPage: 2}); err != nil {
			t.Errorf("of the one that has begun: %v", err)
		}
	})
	until(t, func() bool { return c.Places().Refused == 1 })
	if _, err := c.Jobs(refused, JobsQuery{PerPage: 3}); !isBusy(err) {
		t.Errorf("of its next call: %v", err)
	}
	close(let)
	under.Wait()
	if state := c.Places(); state.Used+state.Newcomers+state.Running != 0 {
		t.Errorf("left: %+v", state)
	}
}

// While nothing is sent, since nearly all fails, nobody waits for a place to be told so.
func TestNoPlaceWhileNothingIsSent(t *testing.T) {
	c, let := crowded(t)
	defer close(let)
	if _, err := c.places.Take(t.Context(), places.NewFlow("x")); err != nil {
		t.Fatal(err)
	}
	c.breaker.circuit.Open()
	_, err := c.Jobs(WithOperation(of(t.Context(), "a")), JobsQuery{PerPage: 1})
	if e, ok := errors.AsType[*Error](err); !ok || e.Kind != KindUnavailable || !e.Unsent {
		t.Error(err)
	}
	if state := c.Places(); state.Used != 1 || state.Refused != 0 {
		t.Errorf("%+v", state)
	}
}
