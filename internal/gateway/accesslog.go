package gateway

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"slices"
	"time"

	"github.com/vektah/gqlparser/v2/gqlerror"
)

// record is what the access log tells of an operation, filled in while it runs. It holds no token, no variable, and
// nothing of the document but the operation's name.
type record struct {
	isOperation   bool
	operation     string
	upstreamCalls int
	shared        bool // answered by an equal operation that was under way
	codes         []string
}

// finish notes what an operation came to: its calls and each code once, in order of appearance.
func (rec *record) finish(upstreamCalls int, errors gqlerror.List) {
	rec.isOperation = true
	rec.upstreamCalls = upstreamCalls
	for _, err := range errors {
		if code := fmt.Sprint(err.Extensions["code"]); !slices.Contains(rec.codes, code) {
			rec.codes = append(rec.codes, code)
		}
	}
}

// statusClientClosed is logged where the answer could not be written, since the caller had left; nginx made the number
// common.
const statusClientClosed = 499

// maxLoggedName bounds an operation's name in the log, in bytes.
const maxLoggedName = 128

// logAccess writes one line for each GraphQL operation, whatever came of it, and one at debug level for anything else.
func (g *gateway) logAccess(r *http.Request, s *scope) {
	level, message := slog.LevelInfo, "operation"
	if !s.record.isOperation {
		level, message = slog.LevelDebug, "request"
	}
	ctx := r.Context()
	if !g.logger.Enabled(ctx, level) {
		return
	}
	status := s.status.status
	if s.status.failed || isLost(ctx) {
		status = statusClientClosed
	}
	var room [8]slog.Attr
	attrs := append(room[:0],
		slog.String("request_id", s.id),
		slog.Int("status", status),
		slog.Float64("duration_ms", float64(time.Since(s.arrived).Microseconds())/1000),
	)
	if s.trace.parent != "" {
		attrs = append(attrs, slog.String("trace_id", s.trace.id()))
	}
	if s.record.isOperation {
		attrs = append(attrs,
			slog.String("operation", s.record.operation[:min(len(s.record.operation), maxLoggedName)]),
			slog.Int("upstream_calls", s.record.upstreamCalls),
		)
		if s.record.shared {
			attrs = append(attrs, slog.Bool("shared", true))
		}
		if len(s.record.codes) > 0 {
			attrs = append(attrs, slog.Any("codes", s.record.codes))
		}
	} else {
		attrs = append(attrs, slog.String("method", r.Method), slog.String("path", r.URL.Path))
	}
	// Not by the logger itself, which would look up where it is called from.
	line := slog.NewRecord(time.Now(), level, message, 0)
	line.AddAttrs(attrs...)
	_ = g.logger.Handler().Handle(ctx, line) // nobody can be told that the log is broken
}

// recovered turns a panic outside the resolvers, which recover themselves, into a 500 and a line in the log.
func (g *gateway) recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() { //nolint:contextcheck // what is written carries the request, and the request its context
			value := recover()
			if value == nil {
				return
			}
			if value == http.ErrAbortHandler { //nolint:errorlint // net/http's own sign, compared as it compares
				panic(value)
			}
			g.logger.LogAttrs(r.Context(), slog.LevelError, "request failed", slog.String("request_id", scopeOf(r.Context()).id),
				slog.String("error", fmt.Sprintf("panic: %v", value)), slog.String("stack", string(debug.Stack())))
			g.writeRefusal(w, r, typeJSON, refuse(http.StatusInternalServerError, "INTERNAL_SERVER_ERROR",
				"The gateway failed. Its operator finds the cause in the log, under the request id."))
		}()
		next.ServeHTTP(w, r)
	})
}
