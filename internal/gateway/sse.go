package gateway

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
	contentType: typeEvents + "; charset=utf-8",
	begin:       []byte(":\n\n"), // a comment
	silence:     []byte(":\n\n"),
	next:        []byte("event: next\ndata: "),
	end:         []byte("\n\n"),
	failed:      []byte("event: next\ndata: {"), // the protocol has no other event for that
	failedEnd:   []byte("\n\n"),
	complete:    []byte("event: complete\ndata:\n\n"),
}
