package gateway

import (
	"cmp"
	"net/http"
	"time"

	"jobsgateway/internal/accept"
)

// A subscription over HTTP is one response that goes on (streamresponse.go): by server-sent events (sse.go), or by
// multipart (multipart.go). Over a WebSocket see websocket.go.

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
	g.stream(r, request, op, format)
	return true
}
