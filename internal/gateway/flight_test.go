package gateway

import (
	"context"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// aKey is an operation of somebody.
var aKey = flightKey{token: "t", query: "q", operationName: "o", variables: "v"}

// result is what flights.do gave, or the panic that came out of it.
type result struct {
	outcome
	shared   bool
	panicked any
}

// ask runs do in a goroutine and gives what it comes to.
func (f *flights) ask(ctx context.Context, key flightKey, deadline time.Time, run func(context.Context) outcome) <-chan result {
	done := make(chan result, 1)
	go func() {
		var r result
		defer func() {
			r.panicked = recover()
			done <- r
		}()
		r.outcome, r.shared = f.do(ctx, key, deadline, run)
	}()
	return done
}

// waiting is how many want an answer at this moment.
func (f *flights) waiting() (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, fl := range f.underWay {
		n += fl.waiting
	}
	return n
}

// until waits for a condition that has to come true.
func until(t testing.TB, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !condition(); runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatal("it does not come true")
		}
	}
}

// answering is a run that counts and answers its number after a while, or nothing when its time is over.
func answering(runs *atomic.Int64, after time.Duration) func(context.Context) outcome {
	return func(ctx context.Context) outcome {
		number := byte(runs.Add(1))
		select {
		case <-time.After(after):
		case <-ctx.Done():
			number = 0
		}
		return outcome{answer: []byte{number}, upstreamCalls: 1}
	}
}

// Equal operations are one, an answer that others have is nobody's alone, and nothing is kept.
func TestFlightsShare(t *testing.T) {
	t.Parallel()
	for _, joiners := range []int{0, 1, 5} {
		synctest.Test(t, func(t *testing.T) {
			var under flights
			var runs atomic.Int64
			deadline := time.Now().Add(time.Minute)
			all := []<-chan result{}
			for i := range 1 + joiners {
				all = append(all, under.ask(t.Context(), aKey, deadline.Add(time.Duration(i)), answering(&runs, time.Second)))
				synctest.Wait()
			}
			if n := under.waiting(); n != 1+joiners {
				t.Errorf("%d wait", n)
			}
			for i, done := range all {
				got := <-done
				if got.answer[0] != 1 || got.shared != (i > 0) || got.late || got.panicked != nil || got.exclusive != (joiners == 0) {
					t.Errorf("%d of %d: %+v", i, joiners, got)
				}
			}
			if len(under.underWay) != 0 {
				t.Error("an answer was kept")
			}
			if got := <-under.ask(t.Context(), aKey, deadline, answering(&runs, 0)); got.answer[0] != 2 || got.shared || !got.exclusive {
				t.Errorf("later: %+v", got)
			}
		})
	}
}

// Whatever shapes an answer keeps operations apart.
func TestFlightsApart(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*flightKey){
		"token":            func(k *flightKey) { k.token = "u" },
		"no token":         func(k *flightKey) { k.token = "" },
		"query":            func(k *flightKey) { k.query = "q " },
		"operation":        func(k *flightKey) { k.operationName = "" },
		"variables":        func(k *flightKey) { k.variables = "v " },
		"method":           func(k *flightKey) { k.get = true },
		"parts that shift": func(k *flightKey) { k.token, k.query = "tq", "" },
	} {
		synctest.Test(t, func(t *testing.T) {
			var under flights
			var runs atomic.Int64
			other := aKey
			change(&other)
			first := under.ask(t.Context(), aKey, time.Now().Add(time.Minute), answering(&runs, time.Second))
			synctest.Wait()
			second := under.ask(t.Context(), other, time.Now().Add(time.Minute), answering(&runs, time.Second))
			if a, b := <-first, <-second; a.answer[0] != 1 || b.answer[0] != 2 || a.shared || b.shared {
				t.Errorf("%s: %+v, %+v", name, a, b)
			}
		})
	}
}

// Whoever leaves, the first or one that joined, takes nobody along. The last one ends the run, and who comes then has one
// of their own, even while the first still winds up.
func TestFlightsLeft(t *testing.T) {
	t.Parallel()
	for _, order := range [][]int{{0, 1, 2}, {2, 1, 0}, {1, 0, 2}} {
		synctest.Test(t, func(t *testing.T) {
			var under flights
			type valued struct{}
			began := make(chan context.Context, len(order))
			unwind, deadline := make(chan struct{}), time.Now().Add(time.Minute)
			stubborn := func(ctx context.Context) outcome {
				began <- ctx
				<-ctx.Done()
				<-unwind
				return outcome{answer: []byte{9}}
			}
			leave, left := make([]context.CancelFunc, 3), make([]<-chan result, 3)
			for i := range leave {
				var ctx context.Context
				ctx, leave[i] = context.WithCancel(context.WithValue(t.Context(), valued{}, i))
				left[i] = under.ask(ctx, aKey, deadline, stubborn)
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
			if running.Err() == nil || len(under.underWay) != 0 {
				t.Errorf("%v: nobody waits, and it runs", order)
			}
			var runs atomic.Int64
			next := under.ask(t.Context(), aKey, deadline, answering(&runs, time.Second))
			synctest.Wait()
			close(unwind)
			synctest.Wait()
			if joined := under.ask(t.Context(), aKey, deadline, answering(&runs, time.Second)); (<-next).shared || !(<-joined).shared || runs.Load() != 1 {
				t.Errorf("%v: the one that wound up took its successor off", order)
			}
			for i, done := range left {
				if got := <-done; got.shared != (i > 0) || i > 0 && got.answer != nil || got.panicked != nil {
					t.Errorf("%d: %+v", i, got)
				}
			}
		})
	}
}

// Nobody's time is cut short by another's.
func TestFlightsDeadlines(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var under flights
		var runs atomic.Int64
		run := answering(&runs, 7*time.Second)
		now := time.Now()
		ask := func(seconds int) <-chan result {
			defer synctest.Wait()
			return under.ask(t.Context(), aKey, now.Add(time.Duration(seconds)*time.Second), run)
		}
		long, short, joined, last := ask(30), ask(5), ask(5), ask(20)
		if runs.Load() != 2 {
			t.Fatalf("%d runs: 5 seconds left joined 30, or did not join 5", runs.Load())
		}
		if got := <-short; !got.late || got.shared || got.answer[0] != 0 {
			t.Errorf("short: %+v", got)
		}
		if got := <-joined; !got.late || got.answer[0] != 0 {
			t.Errorf("joined: %+v", got)
		}
		if got := <-long; got.answer[0] != 1 || got.late || got.shared || !got.exclusive {
			t.Errorf("long: %+v", got)
		}
		got := <-last
		if got.answer[0] == 0 || got.late || time.Since(now) != 12*time.Second {
			t.Errorf("last: %+v after %v", got, time.Since(now))
		}
		if len(under.underWay) != 0 {
			t.Error("an answer was kept")
		}
	})
}

// A panic is everybody's who waited, with its cause and where it was, and nobody's later.
func TestFlightsPanic(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var under flights
		gate, deadline := make(chan struct{}), time.Now().Add(time.Minute)
		breaking := func(context.Context) outcome {
			<-gate
			panic(marker)
		}
		all := []<-chan result{}
		for range 3 {
			all = append(all, under.ask(t.Context(), aKey, deadline, breaking))
			synctest.Wait()
		}
		close(gate)
		for i, done := range all {
			got := <-done
			if err, ok := got.panicked.(error); !ok || !strings.Contains(err.Error(), marker) || !strings.Contains(err.Error(), "flight_test.go") {
				t.Errorf("%d: %v", i, got.panicked)
			}
		}
		var runs atomic.Int64
		if got := <-under.ask(t.Context(), aKey, deadline, answering(&runs, 0)); got.panicked != nil || got.answer[0] != 1 {
			t.Errorf("later: %+v", got)
		}
	})
}
