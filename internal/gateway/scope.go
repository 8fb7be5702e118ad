package gateway

import (
	"context"
	"log/slog"
	"net/http"
	"regexp"
	"time"

	"github.com/google/uuid"

	"jobsgateway/restclient"
)

// scope is what is known of one request: who asks, under which id, since when, and what came of it. It holds the only
// copy of the token that outlives the header. One context value carries it all.
type scope struct {
	id      string
	trace   trace
	token   string // empty when the request has none
	arrived time.Time
	record  record
	status  statusWriter
	body    unreadBody // where it may be answered before its end
}

type scopeKey struct{}

// scopeOf finds the scope of a request; an empty one that nobody reads when there is none.
func scopeOf(ctx context.Context) *scope {
	if s, ok := ctx.Value(scopeKey{}).(*scope); ok {
		return s
	}
	return &scope{}
}

// RequestID is the id of the request that ctx belongs to, the caller's or one made here; empty outside a request.
func RequestID(ctx context.Context) string { return scopeOf(ctx).id }

// TokenFrom is the bearer token of the caller that ctx belongs to; false when the request had none.
func TokenFrom(ctx context.Context) (string, bool) {
	token := scopeOf(ctx).token
	return token, token != ""
}

// Identity is what upstream calls made for ctx are known by: the request's id, and the trace it belongs to, if any.
func Identity(ctx context.Context) restclient.Identity {
	s := scopeOf(ctx)
	return restclient.Identity{RequestID: s.id, Traceparent: s.trace.parent, Tracestate: s.trace.state}
}

const requestIDHeader = "X-Request-Id"

// acceptableID is what a caller may name a request: it is written into logs and headers as it is.
var acceptableID = regexp.MustCompile(`^[A-Za-z0-9._:-]{1,128}$`)

// identified adds the id of the request to each line that is written under a request's context.
type identified struct{ slog.Handler }

// Handle adds the id.
func (h identified) Handle(ctx context.Context, line slog.Record) error {
	if id := RequestID(ctx); id != "" {
		line.AddAttrs(slog.String("request_id", id))
	}
	return h.Handler.Handle(ctx, line)
}

// noSniff keeps browsers from guessing another content type.
var noSniff = []string{"nosniff"}

// scoped opens the scope of a request. It takes the caller's X-Request-Id, if it gives one that is fit for a log, or makes
// one, and sends it back.
func (g *gateway) scoped(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := &scope{id: r.Header.Get(requestIDHeader), trace: traceOf(r.Header), arrived: time.Now()}
		if !acceptableID.MatchString(s.id) {
			s.id = uuid.NewString()
		}
		s.status = statusWriter{ResponseWriter: w, status: http.StatusOK}
		header := w.Header()
		header[requestIDHeader] = []string{s.id}
		header["X-Content-Type-Options"] = noSniff
		r = r.WithContext(context.WithValue(r.Context(), scopeKey{}, s))
		s.watchBody(r, g.maxBody)
		next.ServeHTTP(&s.status, r)
		g.logAccess(r, s)
		if s.status.lingers {
			linger(w, r, s.body.ReadCloser)
		}
	})
}
