package gateway

import (
	"context"

	"github.com/vektah/gqlparser/v2/gqlerror"

	"jobsgateway/graph/live"
)

// Transport is what the events of a subscription are sent in.
type Transport int

// The transports.
const (
	TransportEvents    Transport = iota // server-sent events
	TransportMultipart                  // multipart subscriptions
	TransportSocket                     // WebSocket
)

// StreamEnd is why a stream ended.
type StreamEnd int

// Why streams end.
const (
	StreamCompleted StreamEnd = iota // there is nothing more to tell, or the gateway stops
	StreamAged                       // it was as old as it may become
	StreamLeft                       // the client has left
	StreamUnread                     // the client read nothing of what was sent to it
	StreamFailed                     // with an error
)

// begin begins the stream of a prepared subscription, or returns why it cannot be begun. The operation ends with
// that. Who gets the stream closes it, and calls ends once.
func (g *gateway) begin(
	ctx context.Context, request envelope, op preparedOperation, transport Transport,
) (stream *live.Stream, ends func(why StreamEnd), failed gqlerror.List) {
	entry := &infoOf(ctx).log
	running := ctx
	if g.observer != nil {
		running = g.observer.OperationStarts(ctx)
		defer func() { g.observer.OperationEnds(running, entry.end()) }()
	}
	release, err := g.held.hold(infoOf(ctx).token, op, request.sizeOfVariables())
	if err == nil {
		if stream, err = g.subscribe(running, request, op); err != nil {
			release()
		}
	}
	if err != nil {
		failed = g.errorsOf(running, op, err)
		entry.finish(0, failed)
		return nil, nil, failed
	}
	entry.finish(0, nil)
	entry.streamed = true
	if kept := infoOf(ctx).kept; kept != nil {
		kept.End() // the stream holds no more of it than is counted by now
	}
	if request.hash != "" {
		g.remember(request, infoOf(ctx).token, outcome{})
	}
	if g.observer == nil {
		return stream, func(StreamEnd) { release() }, nil
	}
	g.observer.StreamStarts(transport)
	return stream, func(why StreamEnd) {
		release()
		g.observer.StreamEnds(transport, why)
	}, nil
}
