package places

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// neverEnds is for those who wait as long as it takes.
var neverEnds = context.Background()

// taker takes places of one token until it is told to stop, and gives none back.
type taker struct {
	mu   sync.Mutex
	held []Place
	stop context.CancelFunc
}

// takeAll starts so many that each want a place of a token, in a flow of their own.
func takeAll(p *Places, token string, wanted int) *taker {
	ctx, stop := context.WithCancel(neverEnds)
	k := &taker{stop: stop}
	for range wanted {
		go func() {
			place, err := p.Take(ctx, NewRunning(token))
			if err != nil {
				return
			}
			k.mu.Lock()
			defer k.mu.Unlock()
			k.held = append(k.held, place)
		}()
	}
	synctest.Wait()
	return k
}

// end gives all back.
func (k *taker) end(p *Places) {
	k.stop()
	synctest.Wait()
	for _, place := range k.held {
		p.Give(place)
	}
}

// The shares of tokens that each want all places, as docs/operations.md has them.
func TestShares(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ places, tokens, least, free int }{
		{8, 1, 4, 4}, {8, 2, 3, 2}, {256, 1, 128, 128}, {256, 2, 85, 85}, {256, 3, 64, 64}, {256, 20, 12, 12}, {1, 1, 1, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := New(tc.places)
			var takers []*taker
			for i := range tc.tokens {
				takers = append(takers, takeAll(p, fmt.Sprint("greedy", i), 4*tc.places))
			}
			// Those that came first have more until they give some back.
			for range 2 * tc.places {
				for _, k := range takers {
					if len(k.held) > 0 {
						place := k.held[0]
						k.held = k.held[1:]
						p.Give(place)
						synctest.Wait()
					}
				}
			}
			for _, k := range takers {
				if len(k.held) < tc.least || len(k.held) > tc.least+1 {
					t.Errorf("%+v: one holds %d", tc, len(k.held))
				}
			}
			if free := tc.places - p.State().Used; free > tc.free || free < tc.free-tc.tokens {
				t.Errorf("%+v: %d are free", tc, free)
			}
			for _, k := range takers {
				k.end(p)
			}
			if state := p.State(); state.Used+state.Running > 0 || len(p.holders) > 0 {
				t.Errorf("left: %+v, %d tokens", state, len(p.holders))
			}
		})
	}
}

// One token holds all that it may, and nothing of it ends. The others find places at once.
func TestHangingToken(t *testing.T) {
	t.Parallel()
	for _, adaptive := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			p := New(256)
			if adaptive {
				p = NewAdaptive(256)
			}
			greedy := takeAll(p, "greedy", 2560)
			began := time.Now()
			for i := range 100 {
				var others []Place
				for j := range 20 {
					place, err := p.Take(neverEnds, NewFlow(fmt.Sprint("other", i, j)))
					if err != nil {
						t.Fatal(err)
					}
					others = append(others, place)
				}
				for _, place := range others {
					p.Give(place)
				}
			}
			if waited := time.Since(began); waited > 0 || len(greedy.held) != 128 {
				t.Errorf("the others waited %v, and the greedy one holds %d", waited, len(greedy.held))
			}
			greedy.end(p)
		})
	}
}

// It is crowded, and one token holds all the places that are used then, and nothing of it ends. The others wait
// for a moment only, and so do the calls of operations that run.
func TestHangingTokenWhereItIsCrowded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := NewAdaptive(256)
		p.crowd.limit, p.crowd.notedAt, p.crowd.waitedAt = 4, time.Now(), time.Now()
		p.setLimit(4)
		greedy := takeAll(p, "greedy", 10)
		if len(greedy.held) != 4 {
			t.Fatalf("%d are held", len(greedy.held))
		}
		began := time.Now()
		place, err := p.Take(neverEnds, NewRunning("other"))
		if waited := time.Since(began); err != nil || waited > time.Second {
			t.Errorf("%v after %v", err, waited)
		}
		p.Give(place)
		greedy.end(p)
	})
}

// A newcomer waits for Patience, and is refused with all that wait with it; whoever runs waits on.
func TestPatience(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := New(1)
		place, _ := p.Take(neverEnds, NewFlow("a"))
		began := time.Now()
		flow, errs := NewFlow("b"), make(chan error)
		for range 3 {
			go func() {
				_, err := p.Take(neverEnds, flow)
				errs <- err
			}()
		}
		for range 3 {
			if err := <-errs; !errors.Is(err, ErrBusy) || time.Since(began) != Patience {
				t.Errorf("%v after %v", err, time.Since(began))
			}
		}
		if _, err := p.Take(neverEnds, flow); !errors.Is(err, ErrBusy) {
			t.Errorf("later: %v", err)
		}
		ctx, cancel := context.WithTimeout(neverEnds, time.Hour)
		defer cancel()
		if _, err := p.Take(ctx, NewRunning("b")); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("of those that run: %v", err)
		}
		p.Give(place)
		if state := p.State(); state != (State{Most: 1, Limit: 1, Refused: 1}) || len(p.holders) > 0 {
			t.Errorf("left: %+v", state)
		}
	})
}

// Of operations that wait, each has its turn: one call of a small one does not wait for the many of a large one,
// and the large one goes on.
func TestTurns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := New(8)
		blocked := takeAll(p, "x", 4)
		var mu sync.Mutex
		var order []string
		flows := map[string]*Flow{"a": NewRunning("x"), "b": NewRunning("x")}
		var open sync.WaitGroup
		take := func(who string) {
			open.Go(func() {
				place, _ := p.Take(neverEnds, flows[who])
				mu.Lock()
				order = append(order, who)
				mu.Unlock()
				time.Sleep(time.Second)
				p.Give(place)
			})
			synctest.Wait()
		}
		for range 4 {
			take("a") // the large one
		}
		take("b")
		rest := blocked.held[1:]
		p.Give(blocked.held[0])
		open.Wait()
		if got := strings.Join(order, ""); got != "abaaa" {
			t.Error(got)
		}
		for _, place := range rest {
			p.Give(place)
		}
	})
}

// While many are refused, those are served first that came last.
func TestNewestFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := New(1)
		var last atomic.Int64
		for i := range 2000 {
			go func() {
				began := time.Now()
				place, err := p.Take(neverEnds, NewFlow(fmt.Sprint("token", i%10)))
				if err != nil {
					return
				}
				last.Store(int64(time.Since(began)))
				time.Sleep(20 * time.Millisecond)
				p.Give(place)
			}()
			time.Sleep(2 * time.Millisecond)
		}
		if waited := time.Duration(last.Load()); waited > 10*time.Millisecond {
			t.Errorf("the last that was served had waited %v", waited)
		}
		time.Sleep(time.Second)
	})
}
