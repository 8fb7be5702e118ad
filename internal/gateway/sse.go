package gateway

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"slices"
	"time"

	"jobsgateway/graph/live"
	"jobsgateway/internal/accept"
)

// Server-sent events, in the distinct connections mode of npm's graphql-sse: one response for one subscription.
// Source: https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md
//
// Example, without the pauses:
//
//	:
//
//	event: next
//	data: {"data":{"jobUpdated":{"state":"RUNNING"}}}
//
//	event: complete
//	data:

const (
	typeEvents = "text/event-stream"
	// heartbeat is how long a stream is silent at most. Source: proxies commonly end connections that are silent
	// for 30 or 60 s.
	heartbeat = 10 * time.Second
	// readsNothing is how long a client may read nothing of what is sent to it.
	readsNothing = 30 * time.Second
)

var (
	eventNext     = []byte("event: next\ndata: ")
	eventEnd      = []byte("\n\n")
	eventComplete = []byte("event: complete\ndata:\n\n")
	eventComment  = []byte(":\n\n")
)

// acceptsEvents reports whether a client asks for server-sent events by their name.
func acceptsEvents(headers []string) bool {
	for _, list := range headers {
		for list != "" {
			var e accept.Element
			var ok bool
			if e, list, ok = accept.Parse(list); ok && e.Name == typeEvents && e.Q > 0 {
				return true
			}
		}
	}
	return false
}

// streamed answers a request that is a subscription; false for any other, which is not answered. MediaType is that
// of an answer in JSON; empty for none.
func (g *gateway) streamed(r *http.Request, request envelope, mediaType string) bool {
	is, refused := g.executor.isSubscription(request)
	switch {
	case is:
	case mediaType != "" || refused == nil:
		return false
	}
	events := acceptsEvents(r.Header.Values("Accept"))
	info := infoOf(r.Context())
	info.log.trusted = request.trusted != nil
	w := &info.response // not the compressing one: it would hold events back
	var op preparedOperation
	if is {
		op, info.log.called, refused = g.executor.prepareInTurn(r.Context(), request, r.Method == http.MethodGet)
	}
	if refused == nil && !events {
		refused = refuse(http.StatusNotAcceptable, codeNotAcceptable,
			"A subscription is answered with server-sent events: send it with Accept: text/event-stream.")
	}
	if refused != nil {
		// With a status that says that there are no events.
		g.writeRefusal(w, r, cmp.Or(mediaType, typeResponse), refused)
		return true
	}
	g.streamEvents(w, r, request, op)
	return true
}

// writeEvents writes the answer of a query, which is no stream, as one event and the end. The parts of the answer
// are not changed, since others may have it, too.
func (g *gateway) writeEvents(r *http.Request, out outcome) {
	info := infoOf(r.Context())
	info.log.finish(out.upstreamCalls, out.errors)
	w := &info.response
	sendsEvents(w.Header())
	w.WriteHeader(http.StatusOK)
	head, first := headOf(r, out)
	_, _ = w.Write(eventNext) // a failed write means that the caller has left
	for _, part := range slices.Concat([][]byte{head, first}, out.answer.parts[1:]) {
		for len(part) > 0 && !w.failed {
			line, end := part, bytes.IndexAny(part, "\r\n")
			if end >= 0 {
				line = part[:end]
			}
			_, _ = w.Write(line)
			if part = part[len(line):]; len(part) > 0 {
				_, _ = w.Write([]byte{' '})
				part = part[1:]
			}
		}
	}
	_, _ = w.Write(eventEnd)
	_, _ = w.Write(eventComplete)
}

// sendsEvents sets the header of a response with events.
func sendsEvents(header http.Header) {
	header["Content-Type"] = []string{typeEvents + "; charset=utf-8"}
	header["X-Accel-Buffering"] = []string{"no"}
}

// streamEvents writes the events of a subscription until it ends, the client leaves or reads nothing, or the
// stream is as old as it may become.
func (g *gateway) streamEvents(w *responseWriter, r *http.Request, request envelope, op preparedOperation) {
	ctx := r.Context()
	out := &eventSender{w: w, control: http.NewResponseController(w), patience: g.streamPatience}
	_ = out.control.SetReadDeadline(time.Time{}) // that of requests would end the stream, not only its reading
	sendsEvents(w.Header())
	w.WriteHeader(http.StatusOK)
	out.send(eventComment)
	stream, ends, failed := g.begin(ctx, request, op, TransportEvents)
	if failed != nil {
		out.send(eventNext, errorEvent(failed), eventEnd, eventComplete)
		return
	}
	defer stream.Close()
	aged, cancel := context.WithTimeout(ctx, g.streamAge)
	defer cancel()
	err := out.sendAll(aged, stream)
	why := out.endOf(ctx, err)
	ends(why)
	switch why {
	case StreamFailed:
		failed = g.errorsOf(ctx, op, err)
		infoOf(ctx).log.finish(0, failed)
		out.send(eventNext, errorEvent(failed), eventEnd, eventComplete)
	case StreamCompleted, StreamAged:
		out.send(eventComplete)
	case StreamLeft, StreamUnread:
	}
}

// endOf returns why a stream has ended that came to an error. Ctx is the client's.
func (s *eventSender) endOf(ctx context.Context, err error) StreamEnd {
	switch {
	case errors.Is(s.failed, os.ErrDeadlineExceeded):
		return StreamUnread
	case ctx.Err() != nil || s.failed != nil:
		return StreamLeft
	case errors.Is(err, context.DeadlineExceeded):
		return StreamAged
	case err == nil || errors.Is(err, io.EOF):
		return StreamCompleted
	}
	return StreamFailed
}

// eventSender writes events to one client.
type eventSender struct {
	w       *responseWriter
	control *http.ResponseController
	// patience is how long the client may read nothing.
	patience time.Duration
	failed   error // why nothing more can be sent; nil as long as something can
}

// sendAll sends the events of a stream, and a comment where it is silent, until ctx or the stream ends, or the
// client is lost. Errors: those of live.Stream, and that of ctx.
func (s *eventSender) sendAll(ctx context.Context, stream *live.Stream) error {
	for s.failed == nil {
		silent, cancel := context.WithTimeout(ctx, heartbeat)
		text, err := stream.Next(silent)
		cancel()
		switch {
		case err == nil:
			s.send(eventNext, text, eventEnd)
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, context.DeadlineExceeded):
			s.send(eventComment)
		default:
			return err
		}
	}
	return nil
}

// send writes parts of an event and sees that they are sent now. The client has to read them within its patience.
func (s *eventSender) send(parts ...[]byte) {
	_ = s.control.SetWriteDeadline(time.Now().Add(s.patience))
	for _, part := range parts {
		if _, err := s.w.Write(part); err != nil {
			s.failed = err
			return
		}
	}
	s.failed = s.control.Flush()
}
