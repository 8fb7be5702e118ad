package gateway

import (
	"context"
	"fmt"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"jobsgateway/graph"
)

// flightKey is an operation in full: whose it is and all that shapes its answer. Keys are compared as they are, never by a
// hash, since they decide whose data someone sees.
type flightKey struct {
	token                           string
	query, operationName, variables string
	// get: the operation came by GET, which runs queries alone.
	get bool
}

// flights lets equal operations that are under way at one time share one answer. Nothing is kept once it is answered.
// What is shared is only read by those who get it. The zero value is ready.
type flights struct {
	mu       sync.Mutex
	underWay map[flightKey]*flight
}

// asGoodAsEqual is how much later than its own deadline a request may be answered for the sake of sharing: requests of one
// burst reach the lock in another order than they arrived in. Source: a fiftieth of the time that is left to write an answer
// beyond its deadline.
const asGoodAsEqual = 100 * time.Millisecond

// flight is one operation under way.
type flight struct {
	deadline time.Time
	cancel   context.CancelFunc
	waiting  int           // who still wants the answer
	done     chan struct{} // made by the first who joins, closed when out is there
	out      outcome
	// panicked is what the operation ended with, if it did not return.
	panicked error
}

// do answers an operation, or joins an equal one that is under way and reports that it did. Run runs under a context that
// has the values of ctx and the deadline, but ends before it only when everybody who wants the answer has left.
//
// Nobody's answer is cut short by another's deadline: only an operation with an earlier one is joined, or with one as good
// as equal, and if its answer did not come in its time, the operation is run again. A joiner who has left is refused.
func (f *flights) do(
	ctx context.Context, key flightKey, deadline time.Time, run func(context.Context) outcome,
) (out outcome, shared bool) {
	for {
		f.mu.Lock()
		fl, ok := f.underWay[key]
		if !ok || fl.deadline.Sub(deadline) > asGoodAsEqual {
			return f.lead(ctx, key, deadline, run), false
		}
		if fl.done == nil {
			fl.done = make(chan struct{})
		}
		fl.waiting++
		f.mu.Unlock()
		select {
		case <-fl.done:
		case <-ctx.Done():
			if left(ctx, fl.done) {
				f.leave(key, fl)
				return outcome{refused: gaveUp()}, true
			}
		}
		if fl.panicked != nil {
			panic(fl.panicked)
		}
		if !fl.out.late {
			return fl.out, true
		}
	}
}

// gaveUp refuses a caller that has left, so nobody reads it.
func gaveUp() *refusal {
	return refuse(http.StatusServiceUnavailable, graph.CodeUpstreamTimeout, "The request was given up before its answer.")
}

// lead runs an operation itself. The caller holds the lock.
func (f *flights) lead(ctx context.Context, key flightKey, deadline time.Time, run func(context.Context) outcome) outcome {
	running, cancel := context.WithDeadline(context.WithoutCancel(ctx), deadline)
	defer cancel()
	fl := &flight{deadline: deadline, cancel: cancel, waiting: 1}
	if f.underWay == nil {
		f.underWay = map[flightKey]*flight{}
	}
	f.underWay[key] = fl
	f.mu.Unlock()
	stay := context.AfterFunc(ctx, func() {
		if left(ctx, running.Done()) {
			f.leave(key, fl)
		}
	})
	defer stay()
	defer func() {
		if value := recover(); value != nil {
			fl.panicked = fmt.Errorf("%v\n%s", value, debug.Stack())
			f.land(key, fl)
			panic(fl.panicked)
		}
	}()
	fl.out = run(running)
	fl.out.late = running.Err() != nil
	out := fl.out
	out.exclusive = f.land(key, fl)
	return out
}

// land gives the answer to those who joined, and reports whether there were none. From then on nobody joins.
func (f *flights) land(key flightKey, fl *flight) (exclusive bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.forget(key, fl)
	if fl.done == nil {
		return true
	}
	close(fl.done)
	return false
}

// leave ends the operation when nobody wants its answer any more.
func (f *flights) leave(key flightKey, fl *flight) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if fl.waiting--; fl.waiting == 0 {
		f.forget(key, fl) // whoever comes now runs an operation of their own
		fl.cancel()
	}
}

// forget takes a flight off the map, unless another has its key already. The caller holds the lock.
func (f *flights) forget(key flightKey, fl *flight) {
	if f.underWay[key] == fl {
		delete(f.underWay, key)
	}
}
