package gateway

import (
	"context"
	"time"

	"jobsgateway/graph"
	"jobsgateway/graph/operation"
)

// Observer is told of the requests of a gateway and of their operations, for metrics and traces. It is called
// by many goroutines at once, and requests wait until it returns. A context that a method returns is the one
// that it was given, or one made of it. A gateway without an Observer does nothing for one.
type Observer interface {
	// RequestStarts comes before anything of a request is read. The request is served under the context that
	// is returned. A traceparent that is not empty stands in place of the caller's, in the log and in calls.
	RequestStarts(ctx context.Context, r RequestStart) (running context.Context, traceparent string)
	// RequestEnds comes when the answer has been written, or could not be; running is what RequestStarts
	// returned.
	RequestEnds(running context.Context, r RequestEnd)
	// OperationStarts comes when an operation has been read from its request, before its document is looked
	// at. It runs under the context that is returned. Requests that have no operation to read, such as
	// one with a token that is not understood, are told of by RequestEnds alone.
	OperationStarts(ctx context.Context) (running context.Context)
	// OperationEnds comes when its answer is made and written, or it has panicked; running is what
	// OperationStarts returned.
	OperationEnds(running context.Context, o OperationEnd)

	// StreamStarts comes when the stream of a subscription has begun, which is no operation in progress: that ends
	// by then. StreamEnds comes once for each.
	StreamStarts(transport Transport)
	StreamEnds(transport Transport, why StreamEnd)

	// DocumentUnlisted comes for each request whose document is not listed where documents are: it is refused, or
	// would be.
	DocumentUnlisted(ctx context.Context, why Unlisted)

	// FieldUnreadable comes for each field of an answer that has an error, since what the Jobs API sent for it,
	// or for an element of it, is not as the schema has it. Coordinate is its place there: JobFailure.occurredAt.
	FieldUnreadable(ctx context.Context, coordinate string)

	operation.Observer
}

// RequestStart is what is known of a request when it comes.
type RequestStart struct {
	Method string // as the caller wrote it: any text
	// Traceparent and Tracestate are the caller's, well-formed; both empty if it sent none that is.
	Traceparent, Tracestate string
}

// RequestEnd is what a request came to.
type RequestEnd struct {
	OperationEnd

	// IsOperation is false for a request of another path than /graphql, and for a preflight.
	IsOperation bool
	// Status is the HTTP status; 499 if the answer could not be written, as Left says.
	Status int
	Left   bool
	// Duration is the time from its arrival until the answer was written.
	Duration time.Duration
}

// OperationEnd is what an operation came to.
type OperationEnd struct {
	// Type is query, mutation or subscription; empty if the document could not be read so far.
	Type string
	// Name is the operation's in its document, any name of GraphQL; empty for none.
	Name string
	// Refused: the request was not executed; Codes say why.
	Refused bool
	// Lacked is what it was refused for want of.
	Lacked Lack
	// Shared: it was answered by an equal operation that was under way.
	Shared bool
	// Trusted: its document is listed, so Name is one of a closed set.
	Trusted bool
	// Streamed: it is a subscription whose stream has begun, so its time is that of the stream.
	Streamed bool
	// UpstreamCalls is how many calls it has made.
	UpstreamCalls int
	// Codes are those of its errors, each once, in order of appearance; none if all went well.
	Codes []graph.Code
}

// Lack is what there was too little of for an operation that was refused with REQUEST_CONCURRENCY_LIMITED.
type Lack int

// What may be lacking.
const (
	LackNothing Lack = iota // it was not refused for that
	LackPlaces              // as many operations run as may
	LackCalls               // the Jobs API can answer no more calls
	LackMemory              // all bytes are held, or the token's share of them
)

// end returns what the operation came to, as far as it is known.
func (e *logEntry) end() OperationEnd {
	return OperationEnd{
		Type: e.called.operationType, Name: e.called.name, Refused: e.refused, Lacked: e.lacked,
		Shared: e.shared, Trusted: e.trusted, Streamed: e.streamed, UpstreamCalls: e.upstreamCalls, Codes: e.codes,
	}
}

// requestStarts tells the observer of a request, if there is one, and returns the context to serve it under.
func (g *gateway) requestStarts(ctx context.Context, method string) context.Context {
	if g.observer == nil {
		return ctx
	}
	info := infoOf(ctx)
	running, traceparent := g.observer.RequestStarts(ctx, RequestStart{
		Method: method, Traceparent: info.trace.parent, Tracestate: info.trace.state,
	})
	if traceparent != "" {
		info.trace.parent = traceparent
	}
	return running
}

// requestEnds tells the observer what a request came to, if there is one. Status is its finalStatus.
func (g *gateway) requestEnds(ctx context.Context, status int) {
	if g.observer == nil {
		return
	}
	info := infoOf(ctx)
	g.observer.RequestEnds(ctx, RequestEnd{
		OperationEnd: info.log.end(), IsOperation: info.log.isOperation,
		Status: status, Left: status == statusClientClosed, Duration: time.Since(info.arrived),
	})
}
