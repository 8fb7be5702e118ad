package restclient

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"
)

// flightKey is a call in full: whose it is and what it asks. Keys are compared as they are, never by a hash, since they
// decide whose data someone sees.
type flightKey struct{ token, suffix string }

// flights lets equal calls that are under way at one time share one answer. Nothing is kept once it is answered, so a
// failure is not remembered either. What is shared is only read by those who get it. The zero value is ready.
type flights[T any] struct {
	mu       sync.Mutex
	underWay map[flightKey]*flight[T]
}

// flight is one call under way and how many wait for it.
type flight[T any] struct {
	waiting int
	joined  bool // by a second caller or more
	cancel  context.CancelFunc
	done    chan struct{} // closed when value and err are there
	value   T
	err     error
	// panicked is what the call ended with, if it did not return.
	panicked error
}

// asGoodAsEqual is the part of the timeout within which two deadlines count as one: a caller that joined so soon after the first
// has no time left for a call of its own when the first is given up.
const asGoodAsEqual = 50

// do joins the call of this key, or makes it. A call outlives any single caller, but not the last one, and not timeout. Each
// caller leaves when its own ctx ends, or timeout after it came, with KindTimeout. Nobody is told of another's time-out: who
// joined a call that came to one, and has time left, makes or joins the next. Alone: nobody else has been given the answer,
// or will be.
func (f *flights[T]) do(
	ctx context.Context, key flightKey, timeout time.Duration, call func(context.Context) (T, error),
) (answer T, alone bool, err error) {
	fl, joined := f.board(ctx, key, timeout, call)
	if !joined {
		answer, err = f.wait(ctx, key, fl, nil) // the call has the same deadline
		return answer, err == nil && !fl.joined, err
	}
	deadline := time.Now().Add(timeout)
	own := time.NewTimer(timeout)
	defer own.Stop()
	for {
		answer, err = f.wait(ctx, key, fl, own.C)
		if !joined || !isTimeout(err) || ctx.Err() != nil || time.Until(deadline) <= timeout/asGoodAsEqual {
			return answer, err == nil && !fl.joined, err // nobody joins what is done
		}
		fl, joined = f.board(ctx, key, timeout, call)
	}
}

// board joins the call of this key, or starts it.
func (f *flights[T]) board(
	ctx context.Context, key flightKey, timeout time.Duration, call func(context.Context) (T, error),
) (fl *flight[T], joined bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	fl, joined = f.underWay[key]
	if !joined {
		callCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout) //nolint:gosec // run calls it, or the last to leave
		fl = &flight[T]{cancel: cancel, done: make(chan struct{})}
		if f.underWay == nil {
			f.underWay = map[flightKey]*flight[T]{}
		}
		f.underWay[key] = fl
		go f.run(callCtx, key, fl, call)
	}
	fl.joined = fl.joined || joined
	fl.waiting++
	return fl, joined
}

// wait gives what a call ends with, or leaves it when ctx or the caller's own time ends.
func (f *flights[T]) wait(ctx context.Context, key flightKey, fl *flight[T], own <-chan time.Time) (answer T, err error) {
	select {
	case <-fl.done:
		if fl.panicked != nil {
			panic(fl.panicked)
		}
		return fl.value, fl.err
	case <-ctx.Done():
		err = &ended{"the caller left, or its time was up, before an answer", ctx.Err()}
	case <-own:
		err = &ended{"no answer in the caller's time, which was shared with others' calls", context.DeadlineExceeded}
	}
	f.leave(key, fl)
	return answer, &Error{Kind: KindTimeout, cause: err}
}

// isTimeout reports whether a call was given up for want of time, not by the Jobs API.
func isTimeout(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Kind == KindTimeout && e.Status == 0
}

// run makes the call. A panic is raised again where somebody waits and can catch it, with the stack that it had here.
func (f *flights[T]) run(ctx context.Context, key flightKey, fl *flight[T], call func(context.Context) (T, error)) {
	defer fl.cancel()
	defer close(fl.done)
	defer func() {
		if value := recover(); value != nil {
			fl.panicked = fmt.Errorf("%v\n%s", value, debug.Stack())
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		f.forget(key, fl)
	}()
	fl.value, fl.err = call(ctx)
}

// leave ends the call when nobody waits for it any more.
func (f *flights[T]) leave(key flightKey, fl *flight[T]) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if fl.waiting--; fl.waiting == 0 {
		f.forget(key, fl) // whoever comes now makes a call of their own
		fl.cancel()
	}
}

// forget takes a flight off the map, unless another has its key already. The caller holds the lock.
func (f *flights[T]) forget(key flightKey, fl *flight[T]) {
	if f.underWay[key] == fl {
		delete(f.underWay, key)
	}
}
