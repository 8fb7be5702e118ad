package flight

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// result is what Do gave, or the panic that came out of it.
type result struct {
	Answer[int]
	panicked any
}

// group is a Group whose Do is asked.
type group struct{ Group[string, int] }

// ask runs Do in a goroutine and gives what it comes to.
func (f *group) ask(ctx context.Context, deadline time.Time, run Run[int]) <-chan result {
	done := make(chan result, 1)
	go func() {
		var r result
		defer func() {
			r.panicked = recover()
			done <- r
		}()
		r.Answer = f.Do(ctx, "key", deadline, nil, run)
	}()
	return done
}

// waiting is how many want an answer at this moment.
func (g *Group[K, V]) waiting() int {
	_, callers := g.Count()
	return callers
}

// count is how many calls are under way.
func (g *Group[K, V]) count() int {
	calls, _ := g.Count()
	return calls
}

// answering is a run that counts and answers its number after a while, or -1, late, when its time is over.
func answering(runs *atomic.Int64, after time.Duration) Run[int] {
	return func(ctx context.Context) (number int, late bool) {
		number = int(runs.Add(1))
		select {
		case <-time.After(after):
			return number, false
		case <-ctx.Done():
			return -1, true
		}
	}
}

// Equal operations are one, an answer that others have is nobody's alone, and nothing is kept.
func TestDoShare(t *testing.T) {
	t.Parallel()
	for _, joiners := range []int{0, 1, 5} {
		synctest.Test(t, func(t *testing.T) {
			var under group
			var runs atomic.Int64
			deadline := time.Now().Add(time.Minute)
			all := []<-chan result{}
			for i := range 1 + joiners {
				all = append(all, under.ask(t.Context(), deadline.Add(time.Duration(i)), answering(&runs, time.Second)))
				synctest.Wait()
			}
			if n := under.waiting(); n != 1+joiners {
				t.Errorf("%d wait", n)
			}
			for i, done := range all {
				got := <-done
				if got.Value != 1 || got.Joined != (i > 0) || got.Left != nil || got.panicked != nil {
					t.Errorf("%d of %d: %+v", i, joiners, got)
				}
			}
			if under.count() != 0 {
				t.Error("an answer was kept")
			}
			if got := <-under.ask(t.Context(), deadline, answering(&runs, 0)); got.Value != 2 || got.Joined {
				t.Errorf("later: %+v", got)
			}
		})
	}
}

// Whoever leaves, the first or one that joined, takes nobody along. The last one ends the run, and who comes then has one
// of their own, even while the first still winds up.
func TestDoLeft(t *testing.T) {
	t.Parallel()
	for _, order := range [][]int{{0, 1, 2}, {2, 1, 0}, {1, 0, 2}} {
		synctest.Test(t, func(t *testing.T) {
			var under group
			type valued struct{}
			began := make(chan context.Context, len(order))
			unwind, deadline := make(chan struct{}), time.Now().Add(time.Minute)
			stubborn := func(ctx context.Context) (int, bool) {
				began <- ctx
				<-ctx.Done()
				<-unwind
				return 9, false
			}
			leave, left := make([]context.CancelFunc, 3), make([]<-chan result, 3)
			for i := range leave {
				var ctx context.Context
				ctx, leave[i] = context.WithCancel(context.WithValue(t.Context(), valued{}, i))
				left[i] = under.ask(ctx, deadline, stubborn)
				synctest.Wait()
			}
			running := <-began
			if at, ok := running.Deadline(); !ok || !at.Equal(deadline) || running.Value(valued{}) != 0 {
				t.Errorf("the run has deadline %v and the values of %v", at, running.Value(valued{}))
			}
			for n, i := range order {
				if under.waiting() != 3-n || running.Err() != nil {
					t.Errorf("%v: %d wait, %v", order, under.waiting(), running.Err())
				}
				leave[i]()
				synctest.Wait()
			}
			if running.Err() == nil || under.count() != 0 {
				t.Errorf("%v: nobody waits, and it runs", order)
			}
			var runs atomic.Int64
			next := under.ask(t.Context(), deadline, answering(&runs, time.Second))
			synctest.Wait()
			close(unwind)
			synctest.Wait()
			if joined := under.ask(t.Context(), deadline, answering(&runs, time.Second)); (<-next).Joined || !(<-joined).Joined || runs.Load() != 1 {
				t.Errorf("%v: the one that wound up took its successor off", order)
			}
			for i, done := range left {
				if got := <-done; got.Joined != (i > 0) || i > 0 && (got.Value != 0 || got.Left == nil) || got.panicked != nil {
					t.Errorf("%d: %+v", i, got)
				}
			}
		})
	}
}

// Nobody's time is cut short by another's.
func TestDoDeadlines(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var under group
		var runs atomic.Int64
		run := answering(&runs, 7*time.Second)
		now := time.Now()
		ask := func(seconds int) <-chan result {
			defer synctest.Wait()
			return under.ask(t.Context(), now.Add(time.Duration(seconds)*time.Second), run)
		}
		long, short, joined, last := ask(30), ask(5), ask(5), ask(20)
		if runs.Load() != 2 {
			t.Fatalf("%d runs: 5 seconds left joined 30, or did not join 5", runs.Load())
		}
		if got := <-short; got.Value != -1 || got.Joined {
			t.Errorf("short: %+v", got)
		}
		if got := <-joined; got.Value != -1 || !got.Joined {
			t.Errorf("joined: %+v", got)
		}
		if got := <-long; got.Value != 1 || got.Joined {
			t.Errorf("long: %+v", got)
		}
		got := <-last
		if got.Value < 1 || time.Since(now) != 12*time.Second {
			t.Errorf("last: %+v after %v", got, time.Since(now))
		}
		if under.count() != 0 {
			t.Error("an answer was kept")
		}
	})
}

// Requests of one burst share, though one reaches the lock behind another that came a little later.
func TestDoBurst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var under group
		var runs atomic.Int64
		deadline := time.Now().Add(time.Minute)
		first := under.ask(t.Context(), deadline, answering(&runs, time.Second))
		synctest.Wait()
		equal := under.ask(t.Context(), deadline.Add(-slack), answering(&runs, time.Second))
		synctest.Wait()
		earlier := under.ask(t.Context(), deadline.Add(-slack-1), answering(&runs, time.Second))
		if got := <-earlier; got.Joined || got.Value != 2 {
			t.Errorf("earlier: %+v", got)
		}
		if got := <-equal; !got.Joined || got.Value != 1 {
			t.Errorf("equal: %+v", got)
		}
		if got := <-first; got.Joined || got.Value != 1 {
			t.Errorf("first: %+v", got)
		}
	})
}

// A panic is everybody's who waited, with its cause and where it was, and nobody's later.
func TestDoPanic(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var under group
		gate, deadline := make(chan struct{}), time.Now().Add(time.Minute)
		breaking := func(context.Context) (int, bool) {
			<-gate
			panic("boom")
		}
		all := []<-chan result{}
		for range 3 {
			all = append(all, under.ask(t.Context(), deadline, breaking))
			synctest.Wait()
		}
		close(gate)
		for i, done := range all {
			got := <-done
			if err, ok := got.panicked.(error); !ok || !strings.Contains(err.Error(), "boom") || !strings.Contains(err.Error(), "do_test.go") {
				t.Errorf("%d: %v", i, got.panicked)
			}
		}
		var runs atomic.Int64
		if got := <-under.ask(t.Context(), deadline, answering(&runs, 0)); got.panicked != nil || got.Value != 1 {
			t.Errorf("later: %+v", got)
		}
	})
}
