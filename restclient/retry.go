package restclient

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync/atomic"
	"time"

	"jobsgateway/internal/places"
)

// A call is made of attempts. What one policy for all calls of a Client does when they fail:
//
//   - An attempt is made again, by a random wait later, if that can mend its failure and cannot do harm: no
//     connection, a connection that broke before a byte of the answer, a 502 and a 503. Not again: a time-out
//     and a 504, which cost the API and the caller their time already, a 429, and a body that has begun.
//   - No more attempts are made again in vain than a tenth of the calls (retries), so that an API that is down
//     is not asked three times as much.
//   - An API of which nearly all fails is not asked for a while (breaker).
//   - A token that was told to slow down is not sent for a while (cooling).
const (
	maxAttempts  = 3
	firstBackoff = 100 * time.Millisecond // the first wait is shorter than that, the second than twice as much
	leastAttempt = 100 * time.Millisecond // an attempt with less time would only become a time-out
)

// get makes a call by at most maxAttempts attempts and returns the body of a 200 that says it is JSON, and which
// attempt had it. Between two of them it waits, as long as ctx lasts and never beyond deadline; a zero deadline
// is that of ctx. Its errors do not hold the token.
func (c *Client) get(ctx context.Context, q call, deadline time.Time) (body []byte, attempt int, err error) {
	if deadline.IsZero() {
		deadline, _ = ctx.Deadline()
	}
	var failed *Error
	for attempt = 1; ; attempt++ {
		held, place, refused := c.admit(ctx, q)
		switch {
		case refused == nil:
		case failed != nil: // why the call was not answered says more than why it may not be asked again
			c.retries.giveBack()
			return nil, attempt, failed
		default:
			return nil, 0, refused
		}
		if attempt == 1 {
			c.retries.earn()
		}
		body, failed = c.observed(ctx, q, attempt, place)
		c.breaker.record(held, failed)
		if attempt > 1 && healthOf(failed) == healthy {
			c.retries.giveBack() // it was worth it
		}
		if failed == nil {
			return body, attempt, nil
		}
		if failed.Kind == KindRateLimited {
			failed.RetryAfter = c.cooling.start(q.token, failed.RetryAfter, time.Now())
		}
		wait, again := pauseAfter(failed, time.Until(deadline))
		if !again || attempt >= c.attempts || ctx.Err() != nil || !c.retries.spend() {
			return nil, attempt, failed
		}
		c.logger.LogAttrs(ctx, slog.LevelWarn, "upstream call failed",
			append(failed.LogAttrs(), slog.String("retry_in", wait.Round(time.Millisecond).String()))...)
		if !sleep(ctx, wait) {
			c.retries.giveBack()
			return nil, attempt, failed
		}
	}
}

// admit waits until an attempt may be made: held is for breaker.record, place for leave. If it may not, the
// error has the time after which it may, if that is known.
func (c *Client) admit(ctx context.Context, q call) (held *era, place places.Place, refused *Error) {
	if wait := c.cooling.left(q.token, time.Now); wait > 0 {
		return nil, place, unsent(KindRateLimited, wait, "not asked: the Jobs API wants this token to wait")
	}
	place, refused = c.enter(ctx, q)
	if refused != nil {
		return nil, place, refused
	}
	held, wait := c.breaker.acquire()
	if held == nil {
		c.places.Give(place)
		return nil, place, unsent(KindUnavailable, wait, "not asked: "+c.breaker.why())
	}
	return held, place, nil
}

// attempt sends one GET in a place, which is given back. It may last for Config.Timeout; number is which of
// the call it is, and a traceparent that is not empty stands in place of that of Config.Identity.
func (c *Client) attempt(
	ctx context.Context, q call, number int, traceparent string, place places.Place,
) (_ []byte, failed *Error) {
	var got progress
	defer func() { c.leave(place, q, &got, failed) }() // also in a panic, which is raised in all callers
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	body, err := c.send(ctx, q, traceparent, &got)
	if err == nil {
		return body, nil
	}
	e, _ := AsError(err)
	e.Detail = c.hosts.ReplaceAllLiteralString(e.Detail, "[host]")
	e.forget(q.token)
	e.Attempt = number
	e.mendable = e.mendable && ctx.Err() == nil
	return nil, e
}

// pauseAfter returns how long to wait until the next attempt; false if there is none: another would not mend
// the failure, it was the last one, or the wait does not fit into the time that is left. A Retry-After is
// waited for, and a random time more, so that not all come at once.
func pauseAfter(failed *Error, left time.Duration) (wait time.Duration, again bool) {
	if !failed.mendable || failed.Attempt >= maxAttempts {
		return 0, false
	}
	wait = failed.RetryAfter + rand.N(firstBackoff<<(failed.Attempt-1))
	return wait, wait+leastAttempt <= left
}

// mendableStatus reports whether the same request may be answered in a moment. A 504 is none of these: its
// request has taken its time already.
func mendableStatus(status int) bool {
	return status == http.StatusBadGateway || status == http.StatusServiceUnavailable
}

// sleep waits; false if ctx ends before.
func sleep(ctx context.Context, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// retries is the budget of attempts that are made again: one for every ten calls, and three to begin with. One
// that is answered costs nothing. So n calls to an API that is down are never more than 1.1 n + 3 requests. The
// zero value is ready.
type retries struct {
	spent atomic.Int64 // in tenths of an attempt, from 0 to retriesFloor
}

const (
	retryPrice   = 10             // what one costs, in calls that earn it
	retriesFloor = 3 * retryPrice // what can be spent at once
)

// earn counts a call.
func (r *retries) earn() { r.change(-1) }

// giveBack undoes a spend, of an attempt that was answered or not made.
func (r *retries) giveBack() { r.change(-retryPrice) }

// spend takes one attempt from the budget; false if there is none.
func (r *retries) spend() bool { return r.change(retryPrice) }

// change adds to what is spent, which never gets below 0; false if it would get above the floor.
func (r *retries) change(by int64) bool {
	for {
		spent := r.spent.Load()
		next := max(0, spent+by)
		if next > retriesFloor {
			return false
		}
		if next == spent || r.spent.CompareAndSwap(spent, next) {
			return true
		}
	}
}
