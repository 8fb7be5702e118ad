package live

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"jobsgateway/restclient"
)

// tokenKey is where the context of a reading has its token in this test.
type tokenKey struct{}

// hangsFor is a world that does not answer one token.
type hangsFor struct {
	*world

	token string
}

func (w hangsFor) Jobs(ctx context.Context, q restclient.JobsQuery) (*restclient.JobsPage, error) {
	if ctx.Value(tokenKey{}) == w.token {
		<-ctx.Done()
		return nil, &restclient.Error{Kind: restclient.KindTimeout}
	}
	return w.world.Jobs(ctx, q)
}

// A token whose polls all hang holds up nobody else's.
func TestPollsThatHangHoldUpNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		e := over(hangsFor{w, "greedy"}, func(c *Config) {
			c.As = func(ctx context.Context, token string) context.Context {
				return context.WithValue(ctx, tokenKey{}, token)
			}
			c.Limits.Polls = 1000
		})
		defer e.Close()
		for n := range 4 * maxReadings {
			s, err := e.Changes("greedy", Changes{Filter: restclient.Filter(fmt.Sprintf("type=%d", n)), Form: plainForm("plain")})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
		}
		time.Sleep(time.Second)
		began := time.Now()
		s := begin(t, e, Changes{})
		defer s.Close()
		next(t, s)
		running(w, 1, 2)
		next(t, s)
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("a change was told after %v", took)
		}
	})
}

// A stream of a list that no job can be in is polled as any other: else whoever makes up tokens could hold all
// streams that there are, without one call that says so.
func TestStreamOfNothingEndsWithItsToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		e := over(w)
		defer e.Close()
		s := begin(t, e, Changes{States: []restclient.State{}})
		defer s.Close()
		next(t, s)
		running(w, 1, 2)
		silent(t, s, 10*time.Second)
		refused := &restclient.Error{Kind: restclient.KindUnauthenticated}
		w.set(func() { w.fails = refused })
		if _, err := s.Next(t.Context()); !errors.Is(err, refused) {
			t.Errorf("it ends with %v", err)
		}
		madeUp := begin(t, e, Changes{States: []restclient.State{}})
		defer madeUp.Close()
		if _, err := madeUp.Next(t.Context()); !errors.Is(err, refused) {
			t.Errorf("a made-up token: %v", err)
		}
	})
}
