package restclient

import (
	"context"
	"net/http"
	"time"

	"jobsgateway/internal/places"

	"github.com/failsafe-go/failsafe-go/circuitbreaker"
)

// Observer is told of the calls of a Client, as they happen: for metrics and traces. It is called by many
// goroutines at once, and calls wait until it returns. It may not change what it is given, and not keep an
// Error. A Client without an Observer does nothing for one.
type Observer interface {
	// AttemptStarts comes before an attempt is sent; number is which of its call it is, from 1, so that
	// every number above 1 is a retry. The attempt runs under the context that is returned: ctx, or one made
	// of it. A traceparent that is not empty is sent in place of that of Identity.
	AttemptStarts(ctx context.Context, route Route, number int) (running context.Context, traceparent string)
	// AttemptEnds comes when its answer is there, or it has failed; running is what AttemptStarts returned.
	AttemptEnds(running context.Context, a Attempt)
	// CallEnds comes when a call has been made, with all its attempts, and its answer was read; failed is
	// nil if it could be. Failed.Unsent: nothing was sent, since the API or this token is not asked for a
	// while. Calls without a token are not told of.
	CallEnds(ctx context.Context, route Route, failed *Error)
	// CallJoined comes when a caller was given what an equal call of another caller has returned.
	CallJoined(ctx context.Context, route Route)
	// BreakerChanged comes when the Jobs API is no longer asked, tried again, or asked as usual. The first
	// state is BreakerClosed, of which nothing is told.
	BreakerChanged(state BreakerState)
	// Drifted comes for each drift of an answer that was read.
	Drifted(ctx context.Context, d Drift)
}

// Route is which of the requests that a Client makes a call is.
type Route int

// The routes. Upstream: GET /jobs, GET /jobs/{job_id}.
const (
	RouteList Route = iota
	RouteJob
)

// Attempt is what came of one request.
type Attempt struct {
	Route  Route
	Number int // which of its call, from 1
	// Failed is why there is no body; nil if there is one.
	Failed   *Error
	Duration time.Duration
	Bytes    int // of the body, as it was before compression; 0 if it failed
}

// Status returns the HTTP status of the answer; 0 when there was none.
func (a Attempt) Status() int {
	if a.Failed != nil {
		return a.Failed.Status
	}
	return http.StatusOK
}

// BreakerState is whether the Jobs API is asked.
type BreakerState int

// The states of the breaker.
const (
	BreakerClosed   BreakerState = iota // it is asked
	BreakerOpen                         // it is not asked, since nearly all calls fail
	BreakerHalfOpen                     // one call at a time tries it
)

// breakerStates has the state for each of the library's.
var breakerStates = map[circuitbreaker.State]BreakerState{
	circuitbreaker.ClosedState:   BreakerClosed,
	circuitbreaker.OpenState:     BreakerOpen,
	circuitbreaker.HalfOpenState: BreakerHalfOpen,
}

// route returns which of the routes a call is.
func (q call) route() Route {
	if q.records == 0 {
		return RouteJob
	}
	return RouteList
}

// observed sends one GET and tells the observer of it, if there is one. Errors: as send.
func (c *Client) observed(ctx context.Context, q call, number int, place places.Place) ([]byte, *Error) {
	if c.observer == nil {
		return c.attempt(ctx, q, number, "", place)
	}
	begun := time.Now()
	running, traceparent := c.observer.AttemptStarts(ctx, q.route(), number)
	body, failed := c.attempt(running, q, number, traceparent, place)
	c.observer.AttemptEnds(running, Attempt{
		Route: q.route(), Number: number, Failed: failed, Duration: time.Since(begun), Bytes: len(body),
	})
	return body, failed
}
