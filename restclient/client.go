// Package restclient speaks to the Jobs REST API and has never heard of GraphQL.
//
// A Client sends two requests, GET /jobs and GET /jobs/{job_id}, with the token of whoever the context belongs to, the names
// of their request, and nothing else of theirs. What comes back is checked once as JSON and stays bytes until it is read, so no
// digit of a number is ever lost. All failures are of type *Error.
package restclient

import (
	"context"
	"errors"
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
)

// TokenSource gives the bearer token of the caller that ctx belongs to; false when there is none.
type TokenSource func(ctx context.Context) (token string, ok bool)

// Identity is what a request is known by; any of it may be empty. Source: W3C Trace Context.
type Identity struct{ RequestID, Traceparent, Tracestate string }

// Config says where the Jobs API is and how long and how much may be waited for.
type Config struct {
	// BaseURL is the API's root; its path is kept, "/jobs" is appended.
	BaseURL *url.URL
	// Token is asked before every call; without a token nothing is sent.
	Token TokenSource
	// Identity gives the names of the request that ctx belongs to, so that both sides' logs meet. A call that several requests
	// share goes by the first's. Nil sends none.
	Identity func(ctx context.Context) Identity
	// Timeout bounds one call, from the dial to the last byte.
	Timeout time.Duration
	// MaxBody bounds the body of one answer, in bytes after decompression.
	MaxBody int64
	// MaxConns bounds the connections kept and open at once; make it at least the fan-out of an operation.
	MaxConns int
	// Scribble overwrites the memory of released pages, so that a test sees who reads them all the same.
	Scribble bool
}

// Client calls the Jobs API. It is safe for concurrent use; Close it when done. Equal calls that are under way at one time
// under one token are one call, so what it returns is shared: read it, never change it.
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
	// unsizedRecord and unsizedJob are how many bytes a record of the last page and the last job had, of those that came
	// without a length: what the next may have.
	unsizedRecord, unsizedJob atomic.Int64
}

// question is one call: who asks, what, and for how many records; 0 for one job.
type question struct {
	token, suffix string // no token when it is empty
	records       int
}

// Bounds of one call below the timeout of the whole. Source: an in-region TCP handshake takes milliseconds, and
// no documented answer of the Jobs API has a large header.
const (
	dialTimeout        = 2 * time.Second // a lost SYN is sent again after one
	tlsTimeout         = 2 * time.Second
	idleTimeout        = 30 * time.Second // below the usual 60 s of load balancers, so that they do not close first
	maxSilence         = 5 * time.Second  // of an HTTP/2 connection before it is pinged, and of the answer to the ping
	maxResponseHeaders = 64 << 10
	maxErrorBody       = 64 << 10
)

// New makes a Client. It opens no connection.
func New(cfg Config) *Client {
	return &Client{
		base:     strings.TrimSuffix(cfg.BaseURL.String(), "/") + "/jobs",
		host:     cfg.BaseURL.Host,
		token:    cfg.Token,
		identity: cfg.Identity,
		timeout:  cfg.Timeout,
		maxBody:  cfg.MaxBody,
		memory:   memory{scribble: cfg.Scribble},
		transport: &http.Transport{
			// No proxy: the token goes to the configured host and to nobody else.
			DialContext:            (&net.Dialer{Timeout: dialTimeout, KeepAlive: idleTimeout}).DialContext,
			TLSHandshakeTimeout:    tlsTimeout,
			ResponseHeaderTimeout:  cfg.Timeout,
			IdleConnTimeout:        idleTimeout,
			MaxIdleConns:           cfg.MaxConns,
			MaxIdleConnsPerHost:    cfg.MaxConns,
			MaxConnsPerHost:        2 * cfg.MaxConns,
			MaxResponseHeaderBytes: maxResponseHeaders,
			ForceAttemptHTTP2:      true,
			HTTP2: &http.HTTP2Config{
				SendPingTimeout: min(cfg.Timeout/3, maxSilence),
				PingTimeout:     min(cfg.Timeout/3, maxSilence),
			},
		},
	}
}

// Close drops the idle connections. Calls under way end by themselves.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// calls are those under way that return a T.
type calls[T any] = flight.Group[callKey, outcome[T]]

// callKey is a call in full: whose it is and what it asks.
type callKey struct{ token, suffix string }

// outcome is what a call returned.
type outcome[T any] struct {
	value T
	err   error
}

// shared makes a call, or joins an equal one of the same token that is under way, and decodes its body once for all who
// wait. Alone: nobody else has what it returns.
func shared[T any](
	ctx context.Context, c *Client, under *calls[T], q question, decode func([]byte, error) (T, error),
) (value T, alone bool, err error) {
	if q.token == "" {
		value, err = decode(nil, &Error{Kind: KindUnauthenticated, cause: errors.New("no token")})
		return value, false, err
	}
	got := under.Go(ctx, callKey{q.token, q.suffix}, c.timeout, func(ctx context.Context) (outcome[T], bool) {
		value, err := decode(c.get(ctx, q))
		return outcome[T]{value, err}, isTimeout(err)
	})
	if got.Left == nil {
		return got.Value.value, got.Alone && got.Value.err == nil, got.Value.err
	}
	why := "the caller left, or its time was up, before an answer"
	if ctx.Err() == nil {
		why = "no answer in the caller's time, which was shared with others' calls"
	}
	return value, false, &Error{Kind: KindTimeout, cause: &ended{why, got.Left}}
}

// isTimeout reports whether a call was given up for want of time, not by the Jobs API.
func isTimeout(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Kind == KindTimeout && e.Status == 0
}

// caller is the token of whoever ctx belongs to; empty when there is none.
func (c *Client) caller(ctx context.Context) string {
	if token, ok := c.token(ctx); ok {
		return token
	}
	return ""
}

// get sends one GET and returns the body of a 200 that claims to be JSON.
func (c *Client) get(ctx context.Context, q question) ([]byte, error) {
	body, err := c.send(ctx, q)
	if e, ok := errors.AsType[*Error](err); ok {
		e.forget(q.token)
	}
	return body, err
}

// send is get, but for an error that may still quote the token.
func (c *Client) send(ctx context.Context, q question) ([]byte, error) {
	var connected atomic.Bool
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }})
	req, err := http.NewRequestWithContext(traced, http.MethodGet, c.base+q.suffix, http.NoBody)
	if err != nil {
		return nil, &Error{Kind: KindInvalid, cause: err}
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
	// The transport is asked directly: an http.Client would follow redirects, and the token with them.
	res, err := c.transport.RoundTrip(req)
	if err != nil {
		at := phaseConnecting
		if connected.Load() {
			at = phaseWaiting
		}
		return nil, c.transportError(ctx, err, at)
	}
	defer res.Body.Close()
	if res.StatusCode == http.StatusSwitchingProtocols {
		// Its body is the bare connection, which no deadline ends.
		return nil, statusError(res.StatusCode, res.Header, nil, time.Now())
	}
	if res.StatusCode != http.StatusOK {
		return nil, statusError(res.StatusCode, res.Header, c.startOf(res), time.Now())
	}
	if contentType := res.Header.Get("Content-Type"); !isJSON(contentType) {
		mediaType := mediaTypeOf(contentType)
		if !harmlessType.MatchString(mediaType) {
			mediaType = "odd"
		}
		return nil, malformed("the content type is %s, not JSON%s", mediaType, mayBeWrong)
	}
	return c.read(ctx, res, q.records)
}

// addTo adds the names that there are.
func (id Identity) addTo(header http.Header) {
	if id.RequestID != "" {
		header["X-Request-Id"] = []string{id.RequestID}
	}
	if id.Traceparent != "" {
		header["Traceparent"] = []string{id.Traceparent}
	}
	if id.Tracestate != "" {
		header["Tracestate"] = []string{id.Tracestate}
	}
}

// mediaTypeOf gives the media type of a Content-Type without its parameters, whatever those are.
func mediaTypeOf(contentType string) string {
	contentType = strings.TrimSpace(contentType)
	if end := strings.IndexAny(contentType, ";, \t"); end >= 0 { // some write parameters without the semicolon
		contentType = contentType[:end]
	}
	return strings.ToLower(contentType)
}

// harmlessType is a media type that may be written into a log.
var harmlessType = regexp.MustCompile(`^[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,60}$`)

// isJSON reports whether an answer may be JSON by its Content-Type: JSON, a problem document, or nothing said.
func isJSON(contentType string) bool {
	switch mediaType := mediaTypeOf(contentType); mediaType {
	case "", "application/json", "text/json", "application/x-json":
		return true
	default:
		return strings.HasSuffix(mediaType, "+json")
	}
}
