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
	contentType string
	// begin comes at once, and silence where there was no event for heartbeat.
	begin, silence []byte
	// An event stands between next and end. Errors that end a stream, which has begun, stand between failed and
	// failedEnd, from behind the brace of their object on.
	next, end, failed, failedEnd []byte
	// complete comes behind all.
	complete []byte
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

// streamed answers a request that is a subscription, or whose caller accepts nothing but streams; false for any
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
	if g.observer != nil {
		ctx = g.observer.OperationStarts(ctx)
		defer func() { g.observer.OperationEnds(ctx, infoOf(ctx).log.end()) }()
	}
	out := &streamSender{streamFormat: format, w: w, control: http.NewResponseController(w)}
	_ = out.control.SetReadDeadline(time.Time{}) // that of requests would end the stream, not only its reading
	header := w.Header()
	header["Content-Type"] = []string{format.contentType}
	header["X-Accel-Buffering"] = []string{"no"}
	w.WriteHeader(http.StatusOK)
	out.send(format.begin)
	stream, err := g.subscribe(ctx, request, op)
	begun := err == nil
	if begun {
		defer stream.Close()
		if request.hash != "" {
			g.remember(request, infoOf(ctx).token, outcome{})
		}
		aged, cancel := context.WithTimeout(ctx, g.streamAge)
		defer cancel()
		err = out.sendAll(aged, stream)
	}
	entry := &infoOf(ctx).log
	switch {
	case ctx.Err() != nil || out.lost:
		entry.finish(0, nil)
		return
	case err == nil || errors.Is(err, io.EOF) || errors.Is(err, context.DeadlineExceeded):
		entry.finish(0, nil)
	default:
		failed := g.errorsOf(ctx, op, err)
		entry.finish(0, failed)
		if text := errorEvent(failed); begun {
			out.send(format.failed, text[1:], format.failedEnd)
		} else {
			out.send(format.next, text, format.end)
		}
	}
	out.send(format.complete)
}

// streamSender writes events to one client.
type streamSender struct {
	*streamFormat

	w       *responseWriter
	control *http.ResponseController
	lost    bool
}

// sendAll sends the events of a stream, and something where it is silent, until ctx or the stream ends, or the
// client is lost. Errors: those of live.Stream, and that of ctx.
func (s *streamSender) sendAll(ctx context.Context, stream *live.Stream) error {
	for !s.lost {
		silent, cancel := context.WithTimeout(ctx, heartbeat)
		text, err := stream.Next(silent)
		cancel()
		switch {
		case err == nil:
			s.send(s.next, text, s.end)
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, context.DeadlineExceeded):
			s.send(s.silence)
		default:
			return err
		}
	}
	return nil
}

// send writes parts of an event and sees that they are sent now. The client has to read them within readsNothing.
func (s *streamSender) send(parts ...[]byte) {
	_ = s.control.SetWriteDeadline(time.Now().Add(readsNothing))
	for _, part := range parts {
		if _, err := s.w.Write(part); err != nil {
			s.lost = true
			return
		}
	}
	if err := s.control.Flush(); err != nil {
		s.lost = true
	}
}
