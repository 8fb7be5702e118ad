package gateway

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
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

// streamed answers a request that is a subscription, or whose caller accepts nothing but events; false for any
// other, which is not answered. MediaType is that of an answer in JSON; empty for none.
func (g *gateway) streamed(r *http.Request, request envelope, mediaType string) bool {
	is, refused := g.executor.isSubscription(request)
	switch {
	case is:
	case mediaType != "":
		return false
	case refused == nil:
		refused = refuseMediaType()
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

// streamEvents writes the events of a subscription until it ends, the client leaves or reads nothing, or the
// stream is as old as it may become.
func (g *gateway) streamEvents(w *responseWriter, r *http.Request, request envelope, op preparedOperation) {
	ctx := r.Context()
	if g.observer != nil {
		ctx = g.observer.OperationStarts(ctx)
		defer func() { g.observer.OperationEnds(ctx, infoOf(ctx).log.end()) }()
	}
	out := &eventSender{w: w, control: http.NewResponseController(w)}
	_ = out.control.SetReadDeadline(time.Time{}) // that of requests would end the stream, not only its reading
	header := w.Header()
	header["Content-Type"] = []string{typeEvents + "; charset=utf-8"}
	header["X-Accel-Buffering"] = []string{"no"}
	w.WriteHeader(http.StatusOK)
	out.send(eventComment)
	stream, err := g.subscribe(ctx, request, op)
	isOld := false
	if err == nil {
		defer stream.Close()
		if request.hash != "" {
			g.remember(request, infoOf(ctx).token, outcome{})
		}
		aged, cancel := context.WithTimeout(ctx, g.streamAge)
		defer cancel()
		err = out.sendAll(aged, stream)
		isOld = aged.Err() != nil
	}
	entry := &infoOf(ctx).log
	switch {
	case ctx.Err() != nil || out.failed:
		entry.finish(0, nil)
		return
	case isOld || err == nil || errors.Is(err, io.EOF):
		entry.finish(0, nil)
	default:
		failed := g.errorsOf(ctx, op, err)
		entry.finish(0, failed)
		out.send(eventNext, errorEvent(failed), eventEnd)
	}
	out.send(eventComplete)
}

// eventSender writes events to one client.
type eventSender struct {
	w       *responseWriter
	control *http.ResponseController
	sent    time.Time // when something was sent last
	failed  bool
}

// sendAll sends the events of a stream, and a comment where it is silent, until ctx or the stream ends, or the
// client is lost. Errors: those of live.Stream, and that of ctx.
func (s *eventSender) sendAll(ctx context.Context, stream *live.Stream) error {
	for !s.failed {
		if err := s.sendUntil(ctx, stream, s.sent.Add(heartbeat)); err != nil {
			return err
		}
		if !s.failed && time.Since(s.sent) >= heartbeat {
			s.send(eventComment)
		}
	}
	return nil
}

// sendUntil is sendAll until a time, without comments. One context serves all events until then, since making one
// costs more than finding the event.
func (s *eventSender) sendUntil(ctx context.Context, stream *live.Stream, until time.Time) error {
	silent, cancel := context.WithDeadline(ctx, until)
	defer cancel()
	for !s.failed {
		text, err := stream.Next(silent)
		switch {
		case err == nil:
			s.send(eventNext, text, eventEnd)
		case silent.Err() != nil: // err does not say it: a stream can end with the error of a call's deadline
			return ctx.Err()
		default:
			return err
		}
	}
	return nil
}

// send writes parts of an event and sees that they are sent now. The client has to read them within readsNothing.
func (s *eventSender) send(parts ...[]byte) {
	s.sent = time.Now()
	_ = s.control.SetWriteDeadline(s.sent.Add(readsNothing))
	for _, part := range parts {
		if _, err := s.w.Write(part); err != nil {
			s.failed = true
			return
		}
	}
	if err := s.control.Flush(); err != nil {
		s.failed = true
	}
}
