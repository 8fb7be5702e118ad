// Package flight lets equal calls that are under way at one time share one answer. Nothing is kept once it is
// answered, so a failure is not remembered either.
//
// Each caller has a deadline of its own, and nobody is told that another's ran out. With 5 s for everybody: A
// calls at 0 s, B calls the same at 2 s and joins. If the answer comes at 3 s, both have it. If none has come
// at 5 s, A is told so, and B, who has 2 s left, makes the next call, which others may join again.
//
// A Group serves in one of two ways. Go gives each call a goroutine, so that a caller can leave at its own
// deadline. Do runs the call in the goroutine of its first caller, which saves the switch to another, and a
// stack that grows again: it is for calls that answer at their deadline with what they have by then.
package flight

import (
	"context"
	"fmt"
	"math"
	"runtime/debug"
	"sync"
	"time"
)

// slack is the least time that is worth a call of one's own. Somebody with less left takes the end of a
// joined call for its own. By Do somebody whose deadline is at most so much earlier may join, since requests
// of one burst reach the lock in another order than they came in. A response may be written until 5 s behind
// the deadline.
const slack = 100 * time.Millisecond

// Group holds the calls under way. Calls with equal keys are equal: keys are compared as they are, never by a
// hash, since they decide whose data somebody sees. An answer that is shared is only read by those who get
// it. The zero Group is ready.
type Group[K comparable, V any] struct {
	// Held, if it is set, is told of who holds a value: by is how many callers are given it when its call has
	// ended, and then -1 for each of them that left without it, or asks again. Callers who were given it have to
	// count themselves. A value that nobody is given is held by 0.
	Held func(value V, by int)

	mu       sync.Mutex
	underWay map[K]*call[V]
}

// Answer is what a caller gets.
type Answer[V any] struct {
	Value V
	// Joined is true if another caller's call made the value.
	Joined bool
	// Left is why the caller has no value: the error of its ctx, or context.DeadlineExceeded for its own
	// deadline, which it met while it waited for a call of another. Nil if it has one.
	Left error
}

// Run makes a call under ctx, which has the values of its first caller's context and ends when nobody waits
// any more, or at its deadline. Late means that the value is only the want of time: a joined caller with time
// left asks again.
type Run[V any] func(ctx context.Context) (value V, late bool)

// HasLeft reports, once the ctx of a caller has ended, whether the caller has left: it waits until that is
// known, or until done is closed, which means that the answer is there. Nil: a caller has left when its ctx
// has ended.
type HasLeft func(ctx context.Context, done <-chan struct{}) bool

// call is one call under way.
type call[V any] struct {
	deadline time.Time
	cancel   context.CancelFunc
	callers  int // who wait for it
	// away: the first caller does not want the answer of Do any more, and gets it all the same. ended: callers
	// were told of as holders of the value.
	away, ended bool
	done        chan struct{}
	// The following are written before done is closed, and only read behind it. panicked is what the call
	// ended with if it did not return.
	value    V
	late     bool
	panicked error
}

// Go makes the call of this key, or joins it. A caller leaves when its ctx ends; without a deadline in ctx,
// timeout after it came. A call may last until the deadline of its first caller, but at least for timeout: it
// outlives any single caller, and ends with the last. A joined caller whose call ran late asks again if it
// came less than timeout ago. A panic of the call is raised in each caller, with the stack where it was.
func (g *Group[K, V]) Go(ctx context.Context, key K, timeout time.Duration, run Run[V]) Answer[V] {
	came := time.Now()
	limit, bounded := ctx.Deadline()
	var own <-chan time.Time // not needed by a first caller: its call has the same deadline
	for {
		until := time.Now().Add(timeout)
		if bounded && limit.After(until) {
			until = limit.Add(slack) // so that it is the caller that ends first
		}
		c, running := g.join(ctx, key, until, anyDeadline)
		if running != nil {
			go func() {
				widen(0)
				g.finish(running, key, c, run)
			}()
		}
		if running == nil && own == nil && !bounded {
			timer := time.NewTimer(time.Until(came.Add(timeout)))
			defer timer.Stop()
			own = timer.C
		}
		answer := g.wait(ctx, key, c, own, nil)
		answer.Joined = running == nil
		again := answer.Joined && answer.Left == nil && c.late && ctx.Err() == nil
		if !again || time.Since(came) >= timeout-slack {
			return answer
		}
		g.held(c, -1)
	}
}

// Do makes the call of this key, which ends at deadline, or joins one that ends no later. The first caller
// runs the call and stays until it has returned, also when only others still want it. The others leave by
// hasLeft. A panic is raised as by Go.
func (g *Group[K, V]) Do(
	ctx context.Context, key K, deadline time.Time, hasLeft HasLeft, run Run[V],
) Answer[V] {
	for {
		c, running := g.join(ctx, key, deadline, slack)
		if running != nil {
			stay := context.AfterFunc(ctx, func() {
				if hasLeft == nil || hasLeft(ctx, c.done) {
					g.turnAway(key, c)
				}
			})
			defer stay()
			g.finish(running, key, c, run)
			return c.answer()
		}
		answer := g.wait(ctx, key, c, nil, hasLeft)
		answer.Joined = true
		if answer.Left != nil || !c.late || time.Until(deadline) <= slack {
			return answer
		}
		g.held(c, -1)
	}
}

// stackRoom is how deep the frames of a call get, in bytes: a request is sent, and its answer read.
const stackRoom = 5 << 10

// widen gives this goroutine a stack with stackRoom at once: 8 KiB. A new one has 2 KiB, and each doubling later
// copies all frames that are there, in the midst of a call. The compiler leaves out an array that nothing is
// written to; so one byte is written, at any place below stackRoom.
//
//go:noinline
func widen(at int) byte {
	var room [stackRoom]byte
	room[at] = 1
	return room[at/2]
}

// Count returns how many calls are under way, and how many callers wait for them.
func (g *Group[K, V]) Count() (calls, callers int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, c := range g.underWay {
		callers += c.callers
	}
	return len(g.underWay), callers
}

// anyDeadline lets a caller join whose deadline is before that of the call: it can leave on its own.
const anyDeadline = time.Duration(math.MaxInt64)

// join returns the call of this key that ends by deadline or at most so much later, or makes one that ends by
// it: then running is the context to run it under, and nil otherwise.
func (g *Group[K, V]) join(
	ctx context.Context, key K, deadline time.Time, later time.Duration,
) (c *call[V], running context.Context) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if c = g.underWay[key]; c != nil && c.deadline.Sub(deadline) <= later {
		c.callers++
		return c, nil
	}
	c = &call[V]{deadline: deadline, callers: 1, done: make(chan struct{})}
	ctx = context.WithoutCancel(ctx)
	running, c.cancel = context.WithDeadline(ctx, deadline) //nolint:gosec // finish calls it
	if g.underWay == nil {
		g.underWay = map[K]*call[V]{}
	}
	g.underWay[key] = c
	return c, running
}

// finish runs a call to its end. From then on nobody joins it.
func (g *Group[K, V]) finish(ctx context.Context, key K, c *call[V], run Run[V]) {
	defer c.cancel()
	defer close(c.done)
	defer func() {
		if value := recover(); value != nil {
			c.panicked = fmt.Errorf("%v\n%s", value, debug.Stack())
		}
		g.mu.Lock()
		defer g.mu.Unlock()
		g.forget(key, c)
		c.ended = true
		holders := c.callers
		if c.away {
			holders++
		}
		g.held(c, holders)
	}()
	c.value, c.late = run(ctx)
}

// wait returns the answer of a call, or why the caller left it: ctx ended, or own fired.
func (g *Group[K, V]) wait(
	ctx context.Context, key K, c *call[V], own <-chan time.Time, hasLeft HasLeft,
) Answer[V] {
	select {
	case <-c.done:
	case <-ctx.Done():
		if hasLeft == nil || hasLeft(ctx, c.done) {
			g.leave(key, c)
			return Answer[V]{Left: ctx.Err()}
		}
	case <-own:
		g.leave(key, c)
		return Answer[V]{Left: context.DeadlineExceeded}
	}
	return c.answer()
}

// held tells who holds the value of a call that has ended. One that panicked has none.
func (g *Group[K, V]) held(c *call[V], by int) {
	if g.Held != nil && c.panicked == nil {
		g.Held(c.value, by)
	}
}

// turnAway takes the first caller of Do off its call, which ends if nobody else waits for it.
func (g *Group[K, V]) turnAway(key K, c *call[V]) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !c.ended {
		c.away = true
		g.takeOff(key, c)
	}
}

// leave takes one caller off a call, and ends the call when nobody waits for it any more. If it has ended, the
// caller does not hold its value.
func (g *Group[K, V]) leave(key K, c *call[V]) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if c.ended {
		g.held(c, -1)
		return
	}
	g.takeOff(key, c)
}

// takeOff takes one caller off a call that has not ended. The caller holds the lock.
func (g *Group[K, V]) takeOff(key K, c *call[V]) {
	if c.callers--; c.callers == 0 {
		g.forget(key, c) // whoever comes now makes a call of their own
		c.cancel()
	}
}

// forget takes a call off the map, unless another has its key already. The caller holds the lock.
func (g *Group[K, V]) forget(key K, c *call[V]) {
	if g.underWay[key] == c {
		delete(g.underWay, key)
	}
}

// answer returns what a call that is done ended with, or raises its panic.
func (c *call[V]) answer() Answer[V] {
	if c.panicked != nil {
		panic(c.panicked)
	}
	return Answer[V]{Value: c.value}
}
