package gateway

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"

	"jobsgateway/graph"
)

// recovered turns a panic outside the resolvers, which recover themselves, into a 500 and a line in the log
// with the stack. The caller is told the request's id and nothing of the cause.
func (g *gateway) recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() { //nolint:contextcheck // the request carries its context
			value := recover()
			if value == nil {
				return
			}
			if value == http.ErrAbortHandler { //nolint:errorlint // compared as net/http does
				panic(value)
			}
			g.writeRefusal(w, r, mediaTypeOf(r), g.refusePanic(r.Context(), value))
		}()
		next.ServeHTTP(w, r)
	})
}

// refusePanic writes a line with the stack of a panic, and returns what the caller is told.
func (g *gateway) refusePanic(ctx context.Context, value any) *refusal {
	WithIDs(g.logger).LogAttrs(ctx, slog.LevelError, "request failed",
		slog.String("error", fmt.Sprintf("panic: %v", value)),
		slog.String("stack", string(debug.Stack())))
	return refuse(http.StatusInternalServerError, graph.CodeInternal,
		"The gateway failed. Its operator finds the cause in the log, under the request id.")
}
