package gateway

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"runtime/debug"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

type requestIDKey struct{}

const requestIDHeader = "X-Request-Id"

// acceptableID is what a caller may name a request: it is written into logs and headers as it is.
var acceptableID = regexp.MustCompile(`^[A-Za-z0-9._:-]{1,128}$`)

// RequestID is the id of the request that ctx belongs to, the caller's or one made here; empty outside a request.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// requestID takes the caller's X-Request-Id, if it gives one that is fit for a log, or makes one, and sends it back.
func requestID(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get(requestIDHeader)
		if !acceptableID.MatchString(id) {
			id = uuid.NewString()
		}
		w.Header().Set(requestIDHeader, id)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), requestIDKey{}, id)))
	})
}

type recordKey struct{}

// record is what the access log tells of an operation, filled in while it runs. It holds no token, no variable, and
// nothing of the document but the operation's name.
type record struct {
	isOperation   bool
	operation     string
	upstreamCalls int
	codes         []string
}

// recordOf finds the record of a request; one that nobody reads when there is none.
func recordOf(ctx context.Context) *record {
	if rec, ok := ctx.Value(recordKey{}).(*record); ok {
		return rec
	}
	return &record{}
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

// statusClientClosed is logged when the caller left before the answer; nginx made the number common.
const statusClientClosed = 499

// maxLoggedName bounds an operation's name in the log, in bytes.
const maxLoggedName = 128

// accessLog writes one line for each GraphQL operation, whatever came of it, and one at debug level for anything else.
func (g *gateway) accessLog(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		rec := &record{}
		status := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(status, r.WithContext(context.WithValue(r.Context(), recordKey{}, rec)))
		if r.Context().Err() != nil {
			status.status = statusClientClosed
		}
		attrs := []slog.Attr{
			slog.String("request_id", RequestID(r.Context())),
			slog.Int("status", status.status),
			slog.Float64("duration_ms", float64(time.Since(start).Microseconds())/1000),
		}
		if !rec.isOperation {
			attrs = append(attrs, slog.String("method", r.Method), slog.String("path", r.URL.Path))
			g.logger.LogAttrs(r.Context(), slog.LevelDebug, "request", attrs...)
			return
		}
		attrs = append(attrs,
			slog.String("operation", rec.operation[:min(len(rec.operation), maxLoggedName)]),
			slog.Int("upstream_calls", rec.upstreamCalls),
		)
		if len(rec.codes) > 0 {
			attrs = append(attrs, slog.Any("codes", rec.codes))
		}
		g.logger.LogAttrs(r.Context(), slog.LevelInfo, "operation", attrs...)
	})
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
			g.logger.LogAttrs(r.Context(), slog.LevelError, "request failed", slog.String("request_id", RequestID(r.Context())),
				slog.String("error", fmt.Sprintf("panic: %v", value)), slog.String("stack", string(debug.Stack())))
			g.writeRefusal(w, r, typeJSON, refuse(http.StatusInternalServerError, "INTERNAL_SERVER_ERROR",
				"The gateway failed. Its operator finds the cause in the log, under the request id."))
		}()
		next.ServeHTTP(w, r)
	})
}

// statusWriter remembers the status of an answer.
type statusWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader notes the final status; 1xx are not final.
func (w *statusWriter) WriteHeader(status int) {
	if status >= http.StatusOK {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
