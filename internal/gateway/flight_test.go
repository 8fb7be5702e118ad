package gateway

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
)

// ask runs an operation in a goroutine and gives what it comes to.
func (f *flights) ask(ctx context.Context, key flightKey, deadline time.Time, run func(context.Context) outcome) <-chan outcome {
	done := make(chan outcome, 1)
	go func() {
		out, _ := f.do(ctx, key, deadline, run)
		done <- out
	}()
	return done
}

// waiting is how many want an answer at this moment.
func (f *flights) waiting() int {
	_, callers := f.group.Count()
	return callers
}

// underWay is how many operations are under way.
func (f *flights) underWay() int {
	calls, _ := f.group.Count()
	return calls
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

// aKey is an operation of somebody.
var aKey = flightKey{token: "t", query: "q", operationName: "o", variables: "v"}

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
			runs := 0
			run := func(context.Context) outcome {
				runs++
				time.Sleep(time.Second)
				return outcome{}
			}
			other := aKey
			change(&other)
			first := under.ask(t.Context(), aKey, time.Now().Add(time.Minute), run)
			synctest.Wait()
			second := under.ask(t.Context(), other, time.Now().Add(time.Minute), run)
			<-first
			<-second
			if runs != 2 {
				t.Errorf("%s: %d runs", name, runs)
			}
		})
	}
}
