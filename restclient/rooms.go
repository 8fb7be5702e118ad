package restclient

import (
	"context"
	"errors"
	"math/bits"
	"net/http"
	"sync"
	"time"

	"jobsgateway/internal/places"
)

// Each attempt takes a place, of which there are as many as connections: see package places for who gets one
// when not all can. Nothing is told of how much the Jobs API can do at once; the places find out by the time
// that its answers take, and an operation that has made no call is refused when that is reached (KindBusy).

// busyRetry is after how long an operation that was refused may be sent again. Source: an overload that ends
// is over within two seconds.
const busyRetry = time.Second

// An operation is what the calls of one operation have in common.
type operation struct {
	once sync.Once
	flow *places.Flow
}

type operationKey struct{}

// WithOperation returns a context for the calls of one operation of one token. The first of them is refused
// with KindBusy if there is no room for one more operation, and then all are. Under another context a call is
// never refused for that: it waits as long as the context lasts.
func WithOperation(ctx context.Context) context.Context {
	return context.WithValue(ctx, operationKey{}, &operation{})
}

// flowOf returns the flow of the operation that ctx belongs to.
func flowOf(ctx context.Context, token string) *places.Flow {
	op, ok := ctx.Value(operationKey{}).(*operation)
	if !ok {
		return places.NewRunning(token)
	}
	op.once.Do(func() { op.flow = places.NewFlow(token) })
	return op.flow
}

// Places returns how many calls are made and wait at this moment.
func (c *Client) Places() places.State { return c.places.State() }

// enter waits for the place of an attempt. While nothing is sent (breaker) there is nothing to wait for, and
// no place.
func (c *Client) enter(ctx context.Context, q call) (place places.Place, refused *Error) {
	if c.breaker.isOpen() {
		return place, nil
	}
	place, err := c.places.Take(ctx, flowOf(ctx, q.token))
	switch {
	case err == nil:
		return place, nil
	case errors.Is(err, places.ErrBusy):
		return place, unsent(KindBusy, busyRetry, "not asked: there is no room for one more operation")
	}
	const why = "not asked: the caller left, or its time was up, before it was its turn"
	return place, &Error{Kind: KindTimeout, Unsent: true, cause: &ended{why, err}}
}

// leave gives the place of an attempt back, with what it says of how much the API has to do. How long it took
// to make a connection says nothing of that, and neither does any time while this machine has too much to do.
func (c *Client) leave(place places.Place, q call, got *progress, failed *Error) {
	connected := got.connected.Load()
	done := places.Work{Kind: bits.Len(uint(q.records)), Ended: time.Now()}
	switch {
	case c.processors.areBusy(done.Ended):
	case failed == nil && connected > 0:
		done.Took, done.Time = places.TookTime, done.Ended.Sub(got.began)-time.Duration(connected)
	case failed != nil && failed.Status == http.StatusServiceUnavailable:
		done.Took = places.TookRefused
	}
	c.places.GiveAfter(place, done)
}

// isBusy reports whether err says that there was no room for an operation.
func isBusy(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Kind == KindBusy
}
