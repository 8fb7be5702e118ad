package gateway

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"time"

	"jobsgateway/graph/live"
	"jobsgateway/internal/accept"
)

// A subscription over HTTP is one response that goes on: by server-sent events (sse.go), or by multipart
// (multipart.go). Over a WebSocket see websocket.go.

const (
	// heartbeat is how long a stream is silent at most. Source: proxies commonly end connections that are silent
	// for 30 or 60 s.
	heartbeat = 10 * time.Second
	// readsNothing is how long a client may read nothing of what is sent to it.
	readsNothing = 30 * time.Second
)

// streamFormat is how a stream is written.
type streamFormat struct {
	transport   Transport
	contentType string
	// begin comes at once, and silence where there was no event for heartbeat.
	begin, silence []byte
	// An event stands between next and end. Errors that end a stream, which has begun, stand between failed and
	// failedEnd, from behind the brace of their object on.
	next, end, failed, failedEnd []byte
	// complete comes behind all.
	complete []byte
}

// setHeader sets the header of a response in the format.
func (f *streamFormat) setHeader(header http.Header) {
	header["Content-Type"] = []string{f.contentType}
	header["X-Accel-Buffering"] = []string{"no"}
}

// streamOf returns the format that Accept headers ask for by its name: of two, the one that is preferred, and else
// the one that is listed first. Nil for none: no wildcard means a stream.
func streamOf(headers []string) (chosen *streamFormat) {
	best := 0.0
	for _, list := range headers {
		for list != "" {
			var e accept.Element
			var ok bool
			if e, list, ok = accept.Parse(list); !ok || e.Q <= best {
				continue
			}
			switch {
			case e.Name == typeEvents:
				best, chosen = e.Q, &serverSentEvents
			case e.Name == typeMultipart && e.SubscriptionSpec == subscriptionSpec:
				best, chosen = e.Q, &multipartSubscription
			}
		}
	}
	return chosen
}

// streamed answers a request that is a subscription, or whose caller accepts neither JSON nor server-sent events;
// false for any other, which is not answered. MediaType is that of an answer in JSON; empty for none.
func (g *gateway) streamed(r *http.Request, request envelope, mediaType string) bool {
	is, refused := g.executor.isSubscription(request)
	switch {
	case is:
	case mediaType != "" || refused == nil && streamOf(r.Header["Accept"]) == &serverSentEvents:
		return false
	case refused == nil:
		refused = refuseMediaType()
	}
	info := infoOf(r.Context())
	info.log.trusted = request.trusted != nil
	w := &info.response // not the compressing one: it would hold events back
	var op preparedOperation
	if is {
		op, info.log.called, refused = g.executor.prepareInTurn(r.Context(), request, r.Method == http.MethodGet)
	}
	format := streamOf(r.Header["Accept"])
	if refused == nil && format == nil {
		refused = refuse(http.StatusNotAcceptable, codeNotAcceptable,
			"A subscription is answered by server-sent events (Accept: "+typeEvents+"), by multipart (Accept: "+
				typeMultipart+";subscriptionSpec="+subscriptionSpec+"), or over a WebSocket ("+socketProtocol+").")
	}
	if refused != nil {
		// With a status that says that there are no events.
		g.writeRefusal(w, r, cmp.Or(mediaType, typeResponse), refused)
		return true
	}
	g.stream(w, r, request, op, format)
	return true
}

// stream writes the events of a subscription until it ends, the client leaves or reads nothing, or the stream is as
// old as it may become.
func (g *gateway) stream(
	w *responseWriter, r *http.Request, request envelope, op preparedOperation, format *streamFormat,
) {
	ctx := r.Context()
	out := &streamSender{streamFormat: format, w: w, control: http.NewResponseController(w), patience: g.streamPatience}
	_ = out.control.SetReadDeadline(time.Time{}) // that of requests would end the stream, not only its reading
	format.setHeader(w.Header())
	w.WriteHeader(http.StatusOK)
	out.send(format.begin)
	stream, ends, failed := g.begin(ctx, request, op, format.transport)
	if failed != nil {
		out.send(format.next, errorEvent(failed), format.end, format.complete)
		return
	}
	defer stream.Close()
	aged, cancel := context.WithTimeout(ctx, g.streamAge)
	defer cancel()
	err := out.sendAll(aged, stream)
	why := out.endOf(ctx, aged, err)
	ends(why)
	switch why {
	case StreamFailed:
		failed = g.errorsOf(ctx, op, err)
		infoOf(ctx).log.finish(0, failed)
		out.send(format.failed, errorEvent(failed)[1:], format.failedEnd, format.complete)
	case StreamCompleted, StreamAged:
		out.send(format.complete)
	case StreamLeft, StreamUnread:
	}
}

// endOf returns why a stream has ended that came to an error. Ctx is the client's, and aged ends when the stream
// is as old as it may become: err does not say that, since a stream can end with the error of a call's deadline.
func (s *streamSender) endOf(ctx, aged context.Context, err error) StreamEnd {
	switch {
	case errors.Is(s.lost, os.ErrDeadlineExceeded):
		return StreamUnread
	case ctx.Err() != nil || s.lost != nil:
		return StreamLeft
	case aged.Err() != nil:
		return StreamAged
	case err == nil || errors.Is(err, io.EOF):
		return StreamCompleted
	}
	return StreamFailed
}

// streamSender writes events to one client.
type streamSender struct {
	*streamFormat

	w       *responseWriter
	control *http.ResponseController
	// patience is how long the client may read nothing.
	patience time.Duration
	sent     time.Time // when something was sent last
	lost     error     // why nothing more can be sent; nil as long as something can
}

// sendAll sends the events of a stream, and something where it is silent, until ctx or the stream ends, or the
// client is lost. Errors: those of live.Stream, and that of ctx.
func (s *streamSender) sendAll(ctx context.Context, stream *live.Stream) error {
	for s.lost == nil {
		if err := s.sendUntil(ctx, stream, s.sent.Add(heartbeat)); err != nil {
			return err
		}
		if s.lost == nil && time.Since(s.sent) >= heartbeat {
			s.send(s.silence)
		}
	}
	return nil
}

// sendUntil is sendAll until a time, and sends nothing where the stream is silent. One context serves all events
// until then, since making one costs more than finding the event.
func (s *streamSender) sendUntil(ctx context.Context, stream *live.Stream, until time.Time) error {
	silent, cancel := context.WithDeadline(ctx, until)
	defer cancel()
	for s.lost == nil {
		text, err := stream.Next(silent)
		switch {
		case err == nil:
			s.send(s.next, text, s.end)
		case silent.Err() != nil: // err does not say it: a stream can end with the error of a call's deadline
			return ctx.Err()
		default:
			return err
		}
	}
	return nil
}

// send writes parts of an event and sees that they are sent now. The client has to read them within its patience.
func (s *streamSender) send(parts ...[]byte) {
	s.sent = time.Now()
	_ = s.control.SetWriteDeadline(s.sent.Add(s.patience))
	for _, part := range parts {
		if _, err := s.w.Write(part); err != nil {
			s.lost = err
			return
		}
	}
	s.lost = s.control.Flush()
}
