// Package restclient calls the Jobs REST API. It knows nothing of GraphQL.
//
// A Client sends two requests, GET /jobs (Client.Jobs) and GET /jobs/{job_id} (Client.Job). Of its caller it
// sends the bearer token and the ids of the request, and nothing else. An answer is checked once to be JSON
// and stays bytes; a record's members are read when somebody asks for them, so no digit of a number is lost.
// All errors of a Client are of type *Error.
//
// jobs.go and job.go have the two calls and what they return, client.go and body.go how a call is made and
// its body read, decode.go how the body becomes records. errors.go has the errors; status.go and cause.go
// make them of an answer's status and of what the network does. retry.go, breaker.go and cooling.go decide
// whether a call is made again, or at all. sizes.go remembers which pages were too large.
package restclient

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"jobsgateway/internal/flight"
	"jobsgateway/internal/places"
)

// TokenSource returns the bearer token of the caller that ctx belongs to; false when there is none.
type TokenSource func(ctx context.Context) (token string, ok bool)

// Identity has the ids that a request is known by in logs; any of them may be empty. Source: W3C Trace
// Context.
type Identity struct{ RequestID, Traceparent, Tracestate string }

// Config says where the Jobs API is and how long and how much may be waited for.
type Config struct {
	// BaseURL is the API's root; its path is kept, "/jobs" is appended.
	BaseURL *url.URL
	// Token is asked before every call; without a token nothing is sent.
	Token TokenSource
	// Identity returns the ids of the request that ctx belongs to, so that the logs of both sides can be
	// matched. A call that several requests share has the ids of the first. Nil sends none.
	Identity func(ctx context.Context) Identity
	// Timeout bounds one attempt of a call, from the dial to the last byte. A call may have several, until the
	// deadline of its caller's context; without one, Timeout bounds the call, too.
	Timeout time.Duration
	// MaxBody bounds the body of one answer, in bytes after decompression.
	MaxBody int64
	// MaxConns bounds the connections kept and open at once; make it at least the fan-out of an operation.
	MaxConns int
	// Logger is told of the attempts that failed and are made again; nil tells nobody.
	Logger *slog.Logger
	// Scribble overwrites the memory of released pages, so that a test sees who still reads them.
	Scribble bool
}

// Client calls the Jobs API. It is safe for concurrent use; Close it when done. Equal calls with one token
// that are under way at one time become one call, so what it returns is shared: read it, never change it.
type Client struct {
	base      string
	host      string // of base, for the log
	token     TokenSource
	identity  func(ctx context.Context) Identity
	timeout   time.Duration
	maxBody   int64
	transport *http.Transport
	memory    memory
	unzippers sync.Pool // of *gzip.Reader
	pages     calls[*JobsPage]
	jobs      calls[*Job]
	sizes     sizes
	retries   retries
	places    *places.Places
	breaker   *breaker
	cooling   cooling
	logger    *slog.Logger
	// unsizedRecord is how many bytes a record had in the last page that came without a Content-Length,
	// unsizedJob how many the last such job had: see expectedLength.
	unsizedRecord, unsizedJob atomic.Int64
}

// call is what is asked for by a GET.
type call struct {
	token   string // of the caller; empty for none
	suffix  string // of the URL, behind /jobs
	records int    // asked for; 0 for one job
}

// Bounds of the parts of one attempt; Config.Timeout bounds the whole. Source: in one region a TCP handshake
// takes milliseconds, and no documented answer of the Jobs API has a large header.
const (
	dialTimeout        = 2 * time.Second // a lost SYN is sent again after 1 s
	tlsTimeout         = 2 * time.Second
	idleTimeout        = 30 * time.Second // load balancers usually close after 60 s: they must not be first
	maxSilence         = 5 * time.Second  // of an HTTP/2 connection until it is pinged, and then of its answer
	maxResponseHeaders = 64 << 10         // bytes
	maxErrorBody       = 64 << 10         // bytes
)

// New returns a Client. It opens no connection.
func New(cfg Config) *Client {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	conns := 2 * cfg.MaxConns
	return &Client{
		base:     strings.TrimSuffix(cfg.BaseURL.String(), "/") + "/jobs",
		host:     cfg.BaseURL.Host,
		token:    cfg.Token,
		identity: cfg.Identity,
		timeout:  cfg.Timeout,
		maxBody:  cfg.MaxBody,
		memory:   memory{scribble: cfg.Scribble},
		places:   places.NewAdaptive(conns),
		breaker:  newBreaker(),
		logger:   cfg.Logger,
		transport: &http.Transport{
			// Proxy is not set: the token goes to the configured host and to nobody else.
			DialContext:            (&net.Dialer{Timeout: dialTimeout, KeepAlive: idleTimeout}).DialContext,
			TLSHandshakeTimeout:    tlsTimeout,
			IdleConnTimeout:        idleTimeout,
			MaxIdleConns:           cfg.MaxConns,
			MaxIdleConnsPerHost:    cfg.MaxConns,
			MaxConnsPerHost:        conns,
			MaxResponseHeaderBytes: maxResponseHeaders,
			ForceAttemptHTTP2:      true,
			HTTP2: &http.HTTP2Config{
				SendPingTimeout: min(cfg.Timeout/3, maxSilence),
				PingTimeout:     min(cfg.Timeout/3, maxSilence),
			},
		},
	}
}

// Close closes the idle connections. Calls under way end by themselves.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// calls are the calls under way that return a T, by their whole call: its token and what it asks.
type calls[T any] = flight.Group[call, outcome[T]]

// outcome is what a call returned.
type outcome[T any] struct {
	value T
	err   error
}

// shared makes a call, or joins an equal one that is under way, and returns what decode makes of its body or
// error. The body is decoded once for all who wait. Alone is true if nobody else has the value.
func shared[T any](
	ctx context.Context, c *Client, under *calls[T], q call, decode func([]byte, error) (T, error),
) (value T, alone bool, err error) {
	if q.token == "" {
		value, err = decode(nil, unsent(KindUnauthenticated, 0, "no token"))
		return value, false, err
	}
	deadline, _ := ctx.Deadline()
	var got flight.Answer[outcome[T]]
	for {
		got = under.Go(ctx, q, c.timeout, func(ctx context.Context) (outcome[T], bool) {
			value, err := decode(c.get(ctx, q, deadline))
			return outcome[T]{value, err}, isTimeout(err)
		})
		if !got.Joined || got.Left != nil || !isBusy(got.Value.err) || !c.places.Runs(flowOf(ctx, q.token)) {
			break
		}
		// It was the other's operation that there was no room for; this one has begun.
	}
	if got.Left == nil {
		return got.Value.value, got.Alone && got.Value.err == nil, got.Value.err
	}
	why := "the caller left, or its time was up, before an answer"
	if ctx.Err() == nil {
		why = "no answer in the caller's time, which was shared with others' calls"
	}
	return value, false, &Error{Kind: KindTimeout, cause: &ended{why, got.Left}}
}

// isTimeout reports whether err says that the time ran out here, and not at the Jobs API, which answers 408.
func isTimeout(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Kind == KindTimeout && e.Status == 0
}

// tokenOf returns the token of the caller that ctx belongs to; empty when there is none.
func (c *Client) tokenOf(ctx context.Context) string {
	if token, ok := c.token(ctx); ok {
		return token
	}
	return ""
}

// progress is how far an attempt has got: how long after it began it had a connection, in nanoseconds and 0
// before that, and whether it has the first byte of an answer.
type progress struct {
	began     time.Time
	connected atomic.Int64
	answered  atomic.Bool
	trace     httptrace.ClientTrace
}

// send sends one GET and returns the body of a 200 that says it is JSON. Its errors are of type *Error and may
// quote the token.
func (c *Client) send(ctx context.Context, q call, got *progress) ([]byte, error) {
	got.began = time.Now()
	got.trace.GotConn = func(httptrace.GotConnInfo) { got.connected.Store(int64(max(1, time.Since(got.began)))) }
	got.trace.GotFirstResponseByte = func() { got.answered.Store(true) }
	traced := httptrace.WithClientTrace(ctx, &got.trace)
	req, err := http.NewRequestWithContext(traced, http.MethodGet, c.base+q.suffix, http.NoBody)
	if err != nil { // err quotes the URL
		return nil, &Error{Kind: KindInvalid, cause: errors.New("the address of the call is no URL")}
	}
	req.Header = http.Header{
		"Accept":          {"application/json"},
		"Accept-Encoding": {"gzip"},
		"Authorization":   {"Bearer " + q.token},
		"User-Agent":      {"jobsgateway"},
	}
	if c.identity != nil {
		c.identity(ctx).addTo(req.Header)
	}
	// Not by an http.Client, which would follow redirects and take the token along.
	res, err := c.transport.RoundTrip(req)
	if err != nil {
		at := phaseConnecting
		if got.connected.Load() > 0 {
			at = phaseWaiting
		}
		e := c.transportError(ctx, err, at)
		e.mendable = !got.answered.Load() && e.Kind == KindUnavailable && mendableConnection(err)
		return nil, e
	}
	defer res.Body.Close()
	if res.StatusCode == http.StatusSwitchingProtocols {
		// The body would be the bare connection, which no deadline ends.
		return nil, statusError(res.StatusCode, res.Header, nil, time.Now())
	}
	if res.StatusCode != http.StatusOK {
		return nil, statusError(res.StatusCode, res.Header, c.readStart(res), time.Now())
	}
	if contentType := res.Header.Get("Content-Type"); !isJSON(contentType) {
		mediaType := mediaTypeOf(contentType)
		if !harmlessType.MatchString(mediaType) {
			mediaType = "odd"
		}
		return nil, malformed("the content type is %s, not JSON%s", mediaType, mayBeWrong)
	}
	return c.readBody(ctx, res, q.records)
}

// addTo adds the ids that there are to a request's header.
func (id Identity) addTo(header http.Header) {
	for _, field := range [...][2]string{
		{"X-Request-Id", id.RequestID}, {"Traceparent", id.Traceparent}, {"Tracestate", id.Tracestate},
	} {
		if name, value := field[0], field[1]; value != "" {
			header[name] = []string{value}
		}
	}
}

// mediaTypeOf returns the media type of a Content-Type in lower case, without parameters: "application/json"
// for "Application/JSON; charset=utf-8".
func mediaTypeOf(contentType string) string {
	contentType = strings.TrimSpace(contentType)
	if end := strings.IndexAny(contentType, ";, \t"); end >= 0 { // some servers omit the semicolon
		contentType = contentType[:end]
	}
	return strings.ToLower(contentType)
}

// harmlessType matches a media type that may be written into a log.
var harmlessType = regexp.MustCompile(`^[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,60}$`)

// isJSON reports whether an answer with this Content-Type may be JSON: JSON, a problem document, or none
// given.
func isJSON(contentType string) bool {
	switch mediaType := mediaTypeOf(contentType); mediaType {
	case "", "application/json", "text/json", "application/x-json":
		return true
	default:
		return strings.HasSuffix(mediaType, "+json")
	}
}
