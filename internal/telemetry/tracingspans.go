package telemetry

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"jobsgateway/graph/live"
	"jobsgateway/internal/gateway"
	"jobsgateway/restclient"
)

// Observer is told of everything that metrics and traces tell of.
type Observer interface {
	gateway.Observer
	restclient.Observer
	live.Observer
}

// Traced is what spans say of this gateway.
type Traced struct {
	// Upstream is the base URL of the Jobs API. Its user info and its query are in no span.
	Upstream *url.URL
	// BasePath stands before /graphql.
	BasePath string
	// OperationNames puts the names that callers give their operations into spans.
	OperationNames bool
}

// Around returns an Observer that makes spans and tells next; next itself if t is nil. The contexts that next
// gets have the span in them.
//
// A request has a span, an operation one below it, and each attempt to call the Jobs API one below the
// operation that made it. They hold what the log holds or less: no token, no document, no argument, and of an
// error its code or kind.
// Source: the semantic conventions of OpenTelemetry for HTTP and for GraphQL.
func (t *Tracing) Around(next Observer, what Traced) Observer {
	if t == nil {
		return next
	}
	base := url.URL{Scheme: what.Upstream.Scheme, Host: what.Upstream.Host, Path: what.Upstream.Path}
	port, err := strconv.Atoi(base.Port())
	if err != nil {
		port = map[string]int{"http": 80, "https": 443}[base.Scheme]
	}
	o := &tracer{Observer: next, tracer: t.tracer, names: what.OperationNames, requests: map[string]request{}}
	for _, method := range methods {
		name := method
		if method == otherMethod {
			name = "HTTP"
		}
		o.requests[method] = request{name, []trace.SpanStartOption{
			trace.WithSpanKind(trace.SpanKindServer),
			trace.WithAttributes(semconv.HTTPRequestMethodKey.String(method), semconv.URLScheme("http")),
		}}
	}
	graphql := what.BasePath + "/graphql"
	o.graphql = []attribute.KeyValue{semconv.HTTPRoute(graphql), semconv.URLPath(graphql)}
	for route, template := range routeTemplates {
		o.attempts[route] = attempt{http.MethodGet + " " + template, []trace.SpanStartOption{
			trace.WithSpanKind(trace.SpanKindClient),
			trace.WithAttributes(
				semconv.HTTPRequestMethodGet, semconv.ServerAddress(base.Hostname()), semconv.ServerPort(port),
				// A job's id is what a caller wrote, and so is what a query has: neither is here.
				semconv.URLFull(strings.TrimSuffix(base.String(), "/")+template), semconv.URLTemplate(template),
			),
		}}
	}
	return o
}

// routeTemplates are the paths below the base URL of the Jobs API.
var routeTemplates = [...]string{restclient.RouteList: "/jobs", restclient.RouteJob: "/jobs/{job_id}"}

// methods are those that a span names; any other is otherMethod. Source: the semantic conventions.
var methods = []string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodConnect,
	http.MethodOptions, http.MethodTrace, http.MethodPatch, otherMethod,
}

const otherMethod = "_OTHER"

// Attributes of our own.
const (
	requestID     = attribute.Key("jobsgateway.request_id")
	errorCodes    = attribute.Key("jobsgateway.error.codes")
	shared        = attribute.Key("jobsgateway.shared")
	upstreamCalls = attribute.Key("jobsgateway.upstream_calls")
	joinedCalls   = attribute.Key("jobsgateway.upstream_calls_joined")
)

// tracer is the Observer that makes spans.
type tracer struct {
	Observer // who is told, too

	tracer   trace.Tracer
	names    bool
	requests map[string]request           // by method
	graphql  []attribute.KeyValue         // of a request for /graphql
	attempts [len(routeTemplates)]attempt // by restclient.Route
}

// request is what all requests of a method have in common.
type request struct {
	name  string
	start []trace.SpanStartOption
}

// attempt is what all attempts of a route have in common.
type attempt struct {
	name  string
	start []trace.SpanStartOption
}

// RequestStarts begins the request's span below the caller's, or a new trace. The traceparent is that of the
// span; it is empty for a request that is not recorded and whose caller says the same.
func (t *tracer) RequestStarts(ctx context.Context, r gateway.RequestStart) (context.Context, string) {
	caller := callerOf(r)
	if caller.IsValid() {
		ctx = trace.ContextWithRemoteSpanContext(ctx, caller)
	}
	kind := t.requests[methodOf(r.Method)]
	ctx, span := t.tracer.Start(ctx, kind.name, kind.start...)
	own := ""
	if span.IsRecording() || !caller.IsValid() || caller.IsSampled() {
		own = traceparentOf(span.SpanContext())
	}
	running, _ := t.Observer.RequestStarts(ctx, r)
	return running, own
}

// RequestEnds ends the request's span. A 5xx is an error.
func (t *tracer) RequestEnds(running context.Context, r gateway.RequestEnd) {
	t.Observer.RequestEnds(running, r)
	span := trace.SpanFromContext(running)
	if !span.IsRecording() {
		return
	}
	defer span.End()
	if id := gateway.RequestID(running); id != "" {
		span.SetAttributes(requestID.String(id))
	}
	if begun, ok := span.(sdktrace.ReadOnlySpan); ok && r.IsOperation {
		span.SetName(begun.Name() + " " + t.graphql[0].Value.AsString())
		span.SetAttributes(t.graphql...)
	}
	if r.Left { // no status was sent
		span.SetAttributes(semconv.ErrorTypeKey.String("client_closed"))
		return
	}
	span.SetAttributes(semconv.HTTPResponseStatusCode(r.Status))
	if r.Status >= http.StatusInternalServerError {
		fail(span, strconv.Itoa(r.Status), "")
	}
}

// OperationStarts begins the operation's span, whose type is not known yet.
func (t *tracer) OperationStarts(ctx context.Context) context.Context {
	if trace.SpanFromContext(ctx).IsRecording() {
		ctx, _ = t.tracer.Start(ctx, "GraphQL Operation", startOperation...) //nolint:spancheck // OperationEnds ends it
	}
	return t.Observer.OperationStarts(ctx)
}

var startOperation = []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindServer)}

// OperationEnds ends the operation's span, which is named by its type, and by its name only where names are
// wanted. It is an error if any part of the answer is.
func (t *tracer) OperationEnds(running context.Context, o gateway.OperationEnd) {
	t.Observer.OperationEnds(running, o)
	span := trace.SpanFromContext(running)
	if !span.IsRecording() {
		return
	}
	defer span.End()
	if o.Type != "" {
		span.SetAttributes(semconv.GraphQLOperationTypeKey.String(o.Type))
		span.SetName(o.Type)
	}
	if t.names && o.Name != "" {
		name := o.Name[:min(len(o.Name), maxName)]
		span.SetAttributes(semconv.GraphQLOperationName(name))
		span.SetName(o.Type + " " + name)
	}
	span.SetAttributes(upstreamCalls.Int(o.UpstreamCalls))
	if o.Shared {
		span.SetAttributes(shared.Bool(true))
	}
	if len(o.Codes) > 0 {
		names := make([]string, len(o.Codes))
		for i, code := range o.Codes {
			names[i] = string(code)
		}
		span.SetAttributes(errorCodes.StringSlice(names))
		fail(span, names[0], "")
	}
}

// maxName bounds an operation's name in a span, in bytes, as in the log.
const maxName = 128

// PollStarts begins the span of a poll, which is a trace of its own: it belongs to no request.
func (t *tracer) PollStarts(ctx context.Context) context.Context {
	ctx, _ = t.tracer.Start(ctx, "poll", startPoll...) //nolint:spancheck // PollEnds ends it
	return t.Observer.PollStarts(ctx)
}

var startPoll = []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindInternal), trace.WithNewRoot()}

// PollEnds ends the span of a poll. Of an error it has the kind.
func (t *tracer) PollEnds(running context.Context, p live.PollEnd) {
	t.Observer.PollEnds(running, p)
	span := trace.SpanFromContext(running)
	if !span.IsRecording() {
		return
	}
	defer span.End()
	span.SetAttributes(upstreamCalls.Int(p.Calls + p.Jobs))
	if p.Failed == nil {
		return
	}
	kind := other
	if failed, ok := restclient.AsError(p.Failed); ok {
		kind = failed.Kind.String()
	}
	fail(span, kind, "")
}

// AttemptStarts begins the span of an attempt, below that of the operation that it is made for. The Jobs API
// goes on below it.
func (t *tracer) AttemptStarts(
	ctx context.Context, route restclient.Route, number int,
) (running context.Context, traceparent string) {
	if trace.SpanContextFromContext(ctx).IsSampled() { // also where the operation has ended, and others wait
		var span trace.Span
		kind := t.attempts[route]
		ctx, span = t.tracer.Start(ctx, kind.name, kind.start...)
		if number > 1 {
			span.SetAttributes(semconv.HTTPRequestResendCount(number - 1))
		}
		traceparent = traceparentOf(span.SpanContext())
	}
	running, _ = t.Observer.AttemptStarts(ctx, route, number)
	return running, traceparent
}

// AttemptEnds ends the span of an attempt. Of an error it has the status, or else the kind.
func (t *tracer) AttemptEnds(running context.Context, a restclient.Attempt) {
	t.Observer.AttemptEnds(running, a)
	span := trace.SpanFromContext(running)
	if !span.IsRecording() {
		return
	}
	defer span.End()
	status := a.Status()
	if status != 0 {
		span.SetAttributes(semconv.HTTPResponseStatusCode(status))
	}
	if a.Failed == nil {
		return
	}
	kind := a.Failed.Kind.String()
	if status != 0 {
		fail(span, strconv.Itoa(status), kind)
	} else {
		fail(span, kind, kind)
	}
}

// CallJoined notes at an operation that it was given what a call of another has returned: such a call has no
// span here.
func (t *tracer) CallJoined(ctx context.Context, route restclient.Route) {
	t.Observer.CallJoined(ctx, route)
	if span := trace.SpanFromContext(ctx); span.IsRecording() {
		span.SetAttributes(joinedCalls.Bool(true))
	}
}

// fail makes a span an error of a type; in words for people, if they say more.
func fail(span trace.Span, errorType, words string) {
	span.SetAttributes(semconv.ErrorTypeKey.String(errorType))
	span.SetStatus(codes.Error, words)
}

// methodOf returns what a span names a method.
func methodOf(method string) string {
	if slices.Contains(methods, method) {
		return method
	}
	return otherMethod
}
