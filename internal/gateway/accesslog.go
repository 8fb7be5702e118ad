package gateway

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/vektah/gqlparser/v2/gqlerror"

	"jobsgateway/graph"
)

// logEntry is what the access log tells of an operation, filled in while it runs. It holds no token, no
// variable, and nothing of the document but the operation's name.
type logEntry struct {
	isOperation   bool
	called        calling
	upstreamCalls int
	shared        bool // answered by an equal operation that was under way
	trusted       bool // the document is listed
	streamed      bool // a subscription whose stream has begun
	refused       bool // not executed
	lacked        Lack // for want of this
	codes         []graph.Code
}

// finish notes what an operation came to: its calls, and each code once, in order of appearance.
func (e *logEntry) finish(upstreamCalls int, errors gqlerror.List) {
	e.isOperation = true
	e.upstreamCalls = upstreamCalls
	for _, err := range errors {
		if code, _ := err.Extensions["code"].(graph.Code); !slices.Contains(e.codes, code) {
			e.codes = append(e.codes, code)
		}
	}
}

// statusClientClosed is logged where the answer could not be written, since the caller had left. No caller
// sees it. Source: nginx, which made the number common.
const statusClientClosed = 499

// maxLoggedName bounds an operation's name in the log, in bytes.
const maxLoggedName = 128

// finalStatus is the status of a request's answer, for the log: statusClientClosed if it could not be written.
func (info *requestInfo) finalStatus(ctx context.Context) int {
	if info.response.failed || isLost(ctx) {
		return statusClientClosed
	}
	return info.response.status
}

// logAccess writes one line for each GraphQL operation, whatever came of it, and one at debug level for any
// other request. Status is its finalStatus.
func (g *gateway) logAccess(ctx context.Context, info *requestInfo, status int) {
	entry := &info.log
	level, message := slog.LevelDebug, "request"
	if entry.isOperation {
		level, message = slog.LevelInfo, "operation"
	}
	if !g.logger.Enabled(ctx, level) {
		return
	}
	// The logger itself would look up the line of code that it is called from, 1.5 % of a {__typename}.
	line := slog.NewRecord(time.Now(), level, message, 0)
	line.AddAttrs(
		slog.String("request_id", info.id),
		slog.Int("status", status),
		slog.Float64("duration_ms", float64(time.Since(info.arrived).Microseconds())/1000),
	)
	if info.trace.parent != "" {
		line.AddAttrs(slog.String("trace_id", info.trace.id()))
	}
	if !entry.isOperation {
		line.AddAttrs(slog.String("method", info.method), slog.String("path", info.path))
	} else {
		line.AddAttrs(
			slog.String("operation", entry.called.name[:min(len(entry.called.name), maxLoggedName)]),
			slog.Int("upstream_calls", entry.upstreamCalls),
		)
	}
	if entry.shared {
		line.AddAttrs(slog.Bool("shared", true))
	}
	if len(entry.codes) > 0 {
		line.AddAttrs(slog.Any("codes", entry.codes))
	}
	_ = g.logger.Handler().Handle(ctx, line) // nobody can be told that the log is broken
}
