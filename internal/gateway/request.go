package gateway

import (
	"context"
	"encoding/binary"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"regexp"
	"time"

	"github.com/google/uuid"

	"jobsgateway/internal/memory"
	"jobsgateway/restclient"
)

// requestInfo is what is known of one HTTP request: who asks, under which id, since when, and what came of
// it. It holds the only copy of the token that outlives the header. One value of the context carries it all;
// one goroutine writes it.
type requestInfo struct {
	id           string
	trace        trace
	token        string // empty when the request has none
	method, path string
	arrived      time.Time
	log          logEntry
	// explained is a member of the answer, with a comma behind; nil unless the caller asked for it.
	explained []byte
	response  responseWriter
	body      watchedBody // where it may be answered before its end
	// goesOn: the request ends when its stream does, by endRequest.
	goesOn bool
	// kept is what is counted for the body of an operation; nil for what is no operation.
	kept *memory.Request
}

type requestInfoKey struct{}

// infoOf returns what is known of the request that ctx belongs to. Outside of a request that is an empty one,
// which nobody reads.
func infoOf(ctx context.Context) *requestInfo {
	if info, ok := ctx.Value(requestInfoKey{}).(*requestInfo); ok {
		return info
	}
	return &requestInfo{}
}

// RequestID returns the id of the request that ctx belongs to, the caller's or one made here; empty outside a
// request.
func RequestID(ctx context.Context) string { return infoOf(ctx).id }

// TokenFrom returns the bearer token of the caller that ctx belongs to; false when the request had none.
func TokenFrom(ctx context.Context) (string, bool) {
	token := infoOf(ctx).token
	return token, token != ""
}

// AsToken returns a context for calls with a token that belong to no request: those of subscriptions, which many
// share. They have an id of their own.
func AsToken(ctx context.Context, token string) context.Context {
	info := &requestInfo{id: newID(), token: token, arrived: time.Now()}
	return context.WithValue(ctx, requestInfoKey{}, info)
}

// Identity returns what upstream calls made for ctx are known by: the request's id, and the trace it belongs
// to, if any.
func Identity(ctx context.Context) restclient.Identity {
	info := infoOf(ctx)
	return restclient.Identity{
		RequestID: info.id, Traceparent: info.trace.parent, Tracestate: info.trace.state,
	}
}

// newID returns a random UUID. An id is no secret, so it does without the system call of crypto/rand, 0.8 % of a
// {__typename}.
func newID() string {
	var id uuid.UUID
	binary.NativeEndian.PutUint64(id[:8], rand.Uint64()) //nolint:gosec // no secret
	binary.NativeEndian.PutUint64(id[8:], rand.Uint64()) //nolint:gosec // no secret
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80      // version 4 and its variant. Source: RFC 9562, section 5.4
	return id.String()
}

const requestIDHeader = "X-Request-Id"

// acceptableID is what a caller may name a request: it is written into logs and headers as it is. Another id
// is replaced.
var acceptableID = regexp.MustCompile(`^[A-Za-z0-9._:-]{1,128}$`)

// WithIDs returns a logger whose lines under a request's context have the id of the request, and of its trace
// if there is one.
func WithIDs(logger *slog.Logger) *slog.Logger { return slog.New(idLogger{logger.Handler()}) }

// idLogger is the handler of WithIDs.
type idLogger struct{ slog.Handler }

// Handle adds the ids.
func (h idLogger) Handle(ctx context.Context, line slog.Record) error {
	info := infoOf(ctx)
	if info.id != "" {
		line.AddAttrs(slog.String("request_id", info.id))
	}
	if info.trace.parent != "" {
		line.AddAttrs(slog.String("trace_id", info.trace.id()))
	}
	return h.Handler.Handle(ctx, line)
}

// noSniff keeps browsers from guessing another content type.
var noSniff = []string{"nosniff"}

// withInfo gives each request its requestInfo. It takes the caller's X-Request-Id, if that is fit for a log,
// else makes a random one, and sends it back. What comes after the answer is done here, too: the line in the
// log, and reading on where the caller is still sending.
func (g *gateway) withInfo(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		info := &requestInfo{
			id: r.Header.Get(requestIDHeader), trace: traceOf(r.Header), method: r.Method, path: r.URL.Path, arrived: time.Now(),
		}
		if !acceptableID.MatchString(info.id) {
			info.id = newID()
		}
		info.response = responseWriter{ResponseWriter: w, status: http.StatusOK, draining: g.draining}
		header := w.Header()
		header[requestIDHeader] = []string{info.id}
		header["X-Content-Type-Options"] = noSniff
		ctx := g.requestStarts(context.WithValue(r.Context(), requestInfoKey{}, info), r.Method)
		r = r.WithContext(ctx)
		info.watchBody(r, g.maxBody)
		next.ServeHTTP(&info.response, r)
		if !info.goesOn {
			g.endRequest(ctx, info, info.finalStatus(ctx))
		}
		if info.response.lingers {
			linger(w, r, info.body.ReadCloser)
		}
		if info.goesOn || info.response.status == http.StatusSwitchingProtocols {
			// The connection that goes on holds nothing of the request.
			info.response.ResponseWriter, info.response.unread, info.body.ReadCloser = nil, nil, nil
		}
	})
}

// endRequest writes the line of the log, and tells the observer. Status is the request's finalStatus.
func (g *gateway) endRequest(ctx context.Context, info *requestInfo, status int) {
	g.logAccess(ctx, info, status)
	g.requestEnds(ctx, status)
}
