package restclient

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/failsafe-go/failsafe-go/circuitbreaker"
)

// When the Jobs API is not asked for a while. A window much longer than an outage would not show it: behind
// 10 s of good answers, an outage of 2 s is a sixth of the window.
const (
	breakerWindow = 2 * time.Second
	breakerCalls  = 20          // in the window, before it is judged
	breakerRate   = 0.8         // of them failed: half of them would cost the other half its answers
	breakerDelay  = time.Second // until it is tried again, and between two tries
)

// breaker stops the calls to an API of which nearly all fail, and tries from time to time whether it is back.
// The window and the states are failsafe-go's circuit breaker; era is ours. It is safe for concurrent use.
type breaker struct {
	circuit circuitbreaker.CircuitBreaker[any]
	now     atomic.Pointer[era]
	last    atomic.Pointer[Error] // the last failure that counted
	mu      sync.Mutex            // for retry

	observer Observer // nil for none
	retrying atomic.Bool
	telling  sync.Mutex
	told     circuitbreaker.State // what the observer knows; guarded by telling
}

// era is a time in which the breaker is in one state. Attempts carry the era that they began in: what began
// before an outage and runs out of time behind it says nothing of the API as it is now.
type era struct {
	state circuitbreaker.State
	tried atomic.Int64 // when the last try began, in Unix nanoseconds; half-open only
}

// newBreaker returns a breaker that lets everything through, and tells the observer of its states, if there
// is one.
func newBreaker(observer Observer) *breaker {
	b := &breaker{observer: observer, told: circuitbreaker.ClosedState}
	b.now.Store(&era{state: circuitbreaker.ClosedState})
	b.circuit = circuitbreaker.NewBuilder[any]().
		WithFailureRateThreshold(breakerRate, breakerCalls, breakerWindow).
		WithDelay(breakerDelay).
		WithSuccessThreshold(1).
		OnStateChanged(func(e circuitbreaker.StateChangedEvent) {
			b.now.Store(&era{state: e.NewState})
			if !b.retrying.Load() {
				b.tell()
			}
		}).
		Build()
	return b
}

// acquire returns the era of an attempt that may be made, which record needs; or nil and how long to wait.
func (b *breaker) acquire() (held *era, wait time.Duration) {
	if b.circuit.TryAcquirePermit() {
		return b.begin(), 0
	}
	if wait = b.circuit.RemainingDelay(); wait > 0 {
		return nil, wait
	}
	if held = b.now.Load(); held.state == circuitbreaker.HalfOpenState {
		if wait = breakerDelay - time.Since(time.Unix(0, held.tried.Load())); wait > 0 {
			return nil, wait
		}
		b.retry(held) // the last try hangs, and the API may be back in the meantime
	}
	if b.circuit.TryAcquirePermit() {
		return b.begin(), 0
	}
	return nil, breakerDelay
}

// isOpen reports whether nothing is sent, as far as is known without asking for a permit.
func (b *breaker) isOpen() bool { return b.now.Load().state == circuitbreaker.OpenState }

// begin notes an attempt.
func (b *breaker) begin() *era {
	held := b.now.Load()
	if held.state == circuitbreaker.HalfOpenState {
		held.tried.Store(time.Now().UnixNano())
	}
	return held
}

// record notes what came of an attempt; failed is nil for an answer.
func (b *breaker) record(held *era, failed *Error) {
	switch healthOf(failed) {
	case healthy:
		b.circuit.RecordSuccess()
	case ailing:
		b.last.Store(failed)
		if held == b.now.Load() {
			b.circuit.RecordFailure()
		}
	case unknown:
		b.retry(held)
	}
}

// retry lets another try be made in place of one of this era, which came to nothing. It does nothing while no
// tries are made. The library has no other way to give a permit back without a result.
func (b *breaker) retry(held *era) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if held.state == circuitbreaker.HalfOpenState && held == b.now.Load() {
		b.retrying.Store(true) // the open circuit in between is none
		b.circuit.Open()
		b.circuit.HalfOpen()
		b.retrying.Store(false)
		b.tell()
	}
}

// tell tells the observer of the state, if that is another than it knows.
func (b *breaker) tell() {
	if b.observer == nil {
		return
	}
	b.telling.Lock() // so that what is told last is true
	defer b.telling.Unlock()
	if state := b.now.Load().state; state != b.told {
		b.told = state
		b.observer.BreakerChanged(breakerStates[state])
	}
}

// why returns a phrase for the log: why nothing is sent.
func (b *breaker) why() string {
	const why = "nearly all calls fail"
	if last := b.last.Load(); last != nil {
		return why + ", the last one: " + last.Error()
	}
	return why
}

// health is what an attempt says of the Jobs API.
type health int

const (
	healthy health = iota // it answers, whatever it says of this one request
	ailing                // it cannot be reached, does not answer in time, or says that it fails
	unknown               // the caller left before it could answer, or nothing was sent
)

// healthOf returns what the outcome of an attempt says of the API: nil is an answer. A 4xx, and with it a 408
// and a 429, is one caller's affair and no sign of an outage.
func healthOf(failed *Error) health {
	switch {
	case failed == nil || failed.Status != 0 && failed.Status < http.StatusInternalServerError:
		return healthy
	case failed.Kind == KindTimeout && errors.Is(failed, context.Canceled), failed.Kind == KindInvalid:
		return unknown
	case failed.Kind == KindTimeout, failed.Kind == KindUnavailable:
		return ailing
	}
	return healthy
}
