package gateway

import (
	"context"
	"net/http"
	"time"

	"jobsgateway/graph"
	"jobsgateway/internal/flight"
)

// flightKey is an operation in full: whose it is and all that shapes its answer.
type flightKey struct {
	token                           string
	query, operationName, variables string
	// get: the operation came by GET, which runs queries alone.
	get bool
}

// flights lets equal operations that are under way at one time share one answer. The zero value is ready.
type flights struct {
	group flight.Group[flightKey, outcome]
}

// do answers an operation by run, or joins an equal one that is under way, and reports whether it joined. Run
// answers by deadline with what it has. Whoever gets an answer holds it. Somebody who joined and has left is refused, which nobody reads.
func (f *flights) do(
	ctx context.Context, key flightKey, deadline time.Time, run func(context.Context) outcome,
) (out outcome, joined bool) {
	answer := f.group.Do(ctx, key, deadline, left, func(ctx context.Context) (outcome, bool) {
		out := run(ctx)
		out.late = ctx.Err() != nil
		return out, out.late
	})
	if answer.Left != nil {
		return outcome{refused: refuse(http.StatusServiceUnavailable, graph.CodeUpstreamTimeout,
			"The request was given up before its answer.")}, true
	}
	return answer.Value, answer.Joined
}
