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
	"cmp"
	"context"
	"errors"
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"jobsgateway/internal/memory"
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
	// ConnectTimeout bounds a dial, and the TLS handshake behind it; 0 means 2 s, since a lost SYN is sent again
	// after 1 s.
	ConnectTimeout time.Duration
	// MaxBody bounds the body of one answer, in bytes after decompression.
	MaxBody int64
	// MaxConns bounds the connections kept and open at once; make it at least the fan-out of an operation.
	MaxConns int
	// Attempts is how many a call may have at most; 0 means 3.
	Attempts int
	// Answered is told of each answer when its header has come; nil tells nobody. It may not touch the body.
	Answered func(res *http.Response)
	// Logger is told of the attempts that failed and are made again; nil tells nobody.
	Logger *slog.Logger
	// Observer is told of the calls; nil for none.
	Observer Observer
	// Account returns the account of the operation that ctx belongs to, which holds the bodies of its answers;
	// nil where there is none. Nil is for a client without operations: bodies are not limited then.
	Account func(ctx context.Context) *memory.Account
	// Scribble overwrites the memory of released pages that belong to no account, so that a test sees who still
	// reads them.
	Scribble bool
}

// Client calls the Jobs API. It is safe for concurrent use; Close it when done. Equal calls with one token
// that are under way at one time become one call, so what it returns is shared: read it, never change it.
type Client struct {
	base      string
	host      string         // of base, for the log
	hosts     *regexp.Regexp // matches what names it in a text: see hostIn
	token     TokenSource
	identity  func(ctx context.Context) Identity
	timeout   time.Duration
	connect   time.Duration // Config.ConnectTimeout
	maxBody   int64
	transport *http.Transport
	account   func(ctx context.Context) *memory.Account
	memory    *memory.Memory // of what belongs to no account
	unzippers sync.Pool      // of *gzip.Reader
	pages     calls[*JobsPage]
	jobs      calls[*Job]
	sizes     sizes
	retries   retries
	places    *places.Places
	// processors tell whether the time that a call takes is the Jobs API's.
	processors processors
	breaker    *breaker
	cooling    cooling
	attempts   int
	answered   func(res *http.Response)
	logger     *slog.Logger
	observer   Observer // nil for none
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
	connectTimeout     = 2 * time.Second
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
	cfg.Attempts = cmp.Or(cfg.Attempts, maxAttempts)
	cfg.ConnectTimeout = cmp.Or(cfg.ConnectTimeout, connectTimeout)
	conns := 2 * cfg.MaxConns
	c := &Client{
		base:     strings.TrimSuffix(cfg.BaseURL.String(), "/") + "/jobs",
		host:     cfg.BaseURL.Host,
		hosts:    hostIn(cfg.BaseURL),
		token:    cfg.Token,
		identity: cfg.Identity,
		timeout:  cfg.Timeout,
		connect:  cfg.ConnectTimeout,
		maxBody:  cfg.MaxBody,
		account:  cfg.Account,
		memory:   memory.New(math.MaxInt64, cfg.Scribble),
		places:   places.NewAdaptive(conns),
		breaker:  newBreaker(cfg.Observer),
		attempts: cfg.Attempts,
		answered: cfg.Answered,
		logger:   cfg.Logger,
		observer: cfg.Observer,
		transport: &http.Transport{
			// Proxy is not set: the token goes to the configured host and to nobody else.
			DialContext:            (&net.Dialer{Timeout: cfg.ConnectTimeout, KeepAlive: idleTimeout}).DialContext,
			TLSHandshakeTimeout:    cfg.ConnectTimeout,
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
	c.pages.Held, c.jobs.Held = heldBy[*JobsPage], heldBy[*Job]
	return c
}

// hostIn matches the host of an address in a text, with its port if it has one. A name without a dot, such as
// jobs, counts only with its port: it is a word, too.
func hostIn(base *url.URL) *regexp.Regexp {
	pattern := regexp.QuoteMeta(base.Host)
	if name := base.Hostname(); strings.ContainsAny(name, ".:") {
		pattern += "|" + regexp.QuoteMeta(name)
	} else if base.Port() == "" {
		pattern = `[^\s\S]` // nothing
	}
	return regexp.MustCompile("(?i)" + pattern)
}

// Close closes the idle connections. Calls under way end by themselves.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

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

// send sends one GET, under a traceparent of its own if it is given one, and returns the body of a 200 that
// says it is JSON. Its errors are of type *Error and may quote the token.
func (c *Client) send(ctx context.Context, q call, traceparent string, got *progress) ([]byte, error) {
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
	var id Identity
	if c.identity != nil {
		id = c.identity(ctx)
	}
	if traceparent != "" {
		id.Traceparent = traceparent
	}
	id.addTo(req.Header)
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
	if c.answered != nil {
		c.answered(res)
	}
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
	return c.readBody(ctx, c.accountOf(ctx, q.token), res, q.records)
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
