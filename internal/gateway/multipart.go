package gateway

// Multipart subscriptions, as Apollo's HttpLink and routers read them: one response, whose parts are events. A part
// is there for a client when the line of the next one has begun, so each part ends with that.
// Source: https://www.apollographql.com/docs/graphos/routing/operations/subscriptions/multipart-protocol
//
// Example, without the pauses; the empty object is a heartbeat, and the last one an error that ends the stream:
//
//	--graphql
//	Content-Type: application/json
//
//	{}
//	--graphql
//	Content-Type: application/json
//
//	{"payload":{"data":{"jobUpdated":{"state":"RUNNING"}}}}
//	--graphql
//	Content-Type: application/json
//
//	{"payload":null,"errors":[{"message":"No token.","extensions":{"code":"UNAUTHENTICATED"}}]}
//	--graphql--

const (
	typeMultipart = "multipart/mixed"
	// subscriptionSpec is the version of the protocol, a parameter of the media type. Multipart without it means
	// @defer.
	subscriptionSpec = "1.0"

	partLine = "\r\n--graphql"
	partHead = "\r\nContent-Type: " + typeJSON + "\r\n\r\n"
)

var multipartSubscription = streamFormat{ //nolint:gochecknoglobals // a table
	contentType: typeMultipart + `;boundary="graphql";subscriptionSpec=` + subscriptionSpec,
	begin:       []byte(partLine + partHead + "{}" + partLine),
	silence:     []byte(partHead + "{}" + partLine),
	next:        []byte(partHead + `{"payload":`),
	end:         []byte("}" + partLine),
	failed:      []byte(partHead + `{"payload":null,`),
	failedEnd:   []byte(partLine),
	complete:    []byte("--\r\n"),
}
