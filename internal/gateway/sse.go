package gateway

import (
	"bytes"
	"net/http"
	"slices"
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

const typeEvents = "text/event-stream"

var serverSentEvents = streamFormat{ //nolint:gochecknoglobals // a table
	transport:   TransportEvents,
	contentType: typeEvents + "; charset=utf-8",
	begin:       []byte(":\n\n"), // a comment
	silence:     []byte(":\n\n"),
	next:        []byte("event: next\ndata: "),
	end:         []byte("\n\n"),
	failed:      []byte("event: next\ndata: {"), // the protocol has no other event for that
	failedEnd:   []byte("\n\n"),
	complete:    []byte("event: complete\ndata:\n\n"),
}

// writeEvents writes the answer of a query, which is no stream, as one event and the end. The parts of the answer
// are not changed, since others may have it, too.
func (g *gateway) writeEvents(r *http.Request, out outcome) {
	info := infoOf(r.Context())
	info.log.finish(out.upstreamCalls, out.errors)
	w := &info.response
	serverSentEvents.setHeader(w.Header())
	w.WriteHeader(http.StatusOK)
	head, first := out.begin(info.explained)
	_, _ = w.Write(serverSentEvents.next) // a failed write means that the caller has left
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
	_, _ = w.Write(serverSentEvents.end)
	_, _ = w.Write(serverSentEvents.complete)
}
