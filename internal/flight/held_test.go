package flight

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// holdings are values and how many hold each, counted from the first time that it is told of.
type holdings struct {
	mu   sync.Mutex
	by   map[*int]int
	told map[*int]bool
	gone map[*int]bool
}

// held is the Held of a Group.
func (h *holdings) held(t *rapid.T) func(*int, int) {
	return func(value *int, by int) {
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.gone[value] {
			t.Errorf("a value is held by %d more when nobody holds it any more", by)
		}
		h.told[value] = true
		h.by[value] += by
		h.gone[value] = h.by[value] == 0
	}
}

// comer is a caller: when it comes, when it leaves, and what it does with a call that it makes itself.
type comer struct {
	comes, leaves, takes time.Duration
	panics, late         bool
	// slow: that it has left is known when the answer is there, and not before.
	slow bool
}

// Whoever comes and leaves in whatever order, and however a call ends: each value is held by those who are
// given it, for as long as they have it, and by nobody in the end.
func TestHeld(t *testing.T) {
	t.Parallel()
	millis := func(most int) *rapid.Generator[time.Duration] {
		return rapid.Map(rapid.IntRange(0, most), func(n int) time.Duration { return time.Duration(n) * 10 * time.Millisecond })
	}
	comers := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) comer {
		return comer{
			millis(5).Draw(t, "comes"), millis(9).Draw(t, "leaves"), millis(6).Draw(t, "takes"),
			rapid.IntRange(0, 5).Draw(t, "panics") == 0, rapid.IntRange(0, 3).Draw(t, "late") == 0,
			rapid.Bool().Draw(t, "slow"),
		}
	}), 1, 6)
	rapid.Check(t, func(rt *rapid.T) {
		all, waits := comers.Draw(rt, "comers"), rapid.Bool().Draw(rt, "do")
		synctest.Test(t, func(*testing.T) {
			h := &holdings{by: map[*int]int{}, told: map[*int]bool{}, gone: map[*int]bool{}}
			group := &Group[string, *int]{Held: h.held(rt)}
			var made []*int
			var wait sync.WaitGroup
			for _, c := range all {
				wait.Go(func() {
					defer func() { _ = recover() }()
					time.Sleep(c.comes)
					ctx, cancel := context.WithTimeout(context.Background(), c.leaves)
					defer cancel()
					run := func(ctx context.Context) (*int, bool) {
						select { // a call by Do answers when it has to
						case <-time.After(c.takes):
						case <-ctx.Done():
						}
						if c.panics {
							panic("LEAK")
						}
						value := new(int)
						h.mu.Lock()
						made = append(made, value)
						h.mu.Unlock()
						return value, c.late
					}
					var got Answer[*int]
					if waits {
						hasLeft := func(_ context.Context, done <-chan struct{}) bool {
							if c.slow {
								<-done
							}
							return true
						}
						got = group.Do(ctx, "key", time.Now().Add(200*time.Millisecond), hasLeft, run)
					} else {
						got = group.Go(ctx, "key", 150*time.Millisecond, run)
					}
					if got.Left != nil {
						return
					}
					h.mu.Lock()
					if h.by[got.Value] < 1 || h.gone[got.Value] {
						rt.Errorf("somebody has a value that %d hold", h.by[got.Value])
					}
					h.mu.Unlock()
					time.Sleep(c.takes)
					group.Held(got.Value, -1)
				})
			}
			wait.Wait()
			synctest.Wait()
			for _, value := range made {
				if h.by[value] != 0 || !h.told[value] {
					rt.Errorf("a value is held by %d in the end, told %v", h.by[value], h.told[value])
				}
			}
		})
	})
}
