package gateway

import (
	"context"

	"jobsgateway/internal/places"
)

// admitting returns what lets an operation make its first call, and with it run: at most so many at once, of
// which one token cannot take all (see package places). Whoever finds no place waits for a moment only. So
// bodies that drip, operations that ask the Jobs API nothing, and requests that wait for an equal operation
// take no place. Without a token nothing is asked, and so nothing taken.
func admitting(operations *places.Places) func(ctx context.Context) (leave func(), ok bool) {
	return func(ctx context.Context) (leave func(), ok bool) {
		token, known := TokenFrom(ctx)
		if !known {
			return nil, true
		}
		place, err := operations.Take(ctx, places.NewFlow(token))
		if err != nil {
			return nil, false
		}
		return func() { operations.Give(place) }, true
	}
}
