package gateway

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"jobsgateway/internal/memory"
)

// serveGraphQL answers GraphQL over HTTP: one operation by POST or, if it is a query, by GET, and one JSON
// object back. Whatever is wrong with the request itself is said before the media type is: a caller who sends
// no GraphQL is told so in JSON, whatever it accepts.
// Source: https://graphql.github.io/graphql-over-http/draft/
func (g *gateway) serveGraphQL(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodOptions {
		w.Header().Set("Allow", allowedMethods)
		w.WriteHeader(http.StatusNoContent)
		return
	}
	if asksForSocket(r) {
		g.serveSocket(w, r)
		return
	}
	info := infoOf(r.Context())
	account := memory.Request{Memory: g.executor.memory, Owner: info.token}
	defer account.End()
	info.kept = &account
	request, mediaType, refused := g.understand(w, r, &account)
	if refused == nil && g.streamed(r, request, mediaType) {
		return
	}
	if refused != nil {
		g.writeRefusal(w, r, mediaType, refused)
		return
	}
	ctx := r.Context()
	if g.observer != nil {
		ctx = g.observer.OperationStarts(ctx)
		defer func() { g.observer.OperationEnds(ctx, info.log.end()) }()
	}
	var began time.Time // zero unless the request asks to explain
	if g.explain && asksToExplain(r.Header) {
		began = time.Now()
	}
	out, shared := g.perform(ctx, request, r.Method == http.MethodGet)
	if !began.IsZero() {
		info.explained = g.explainOutcome(out, shared, time.Since(began), request)
	}
	defer out.answer.hold(-1) // over HTTP/1, the only one served, a write that has returned is done with its bytes
	switch {
	case out.refused != nil:
		g.writeRefusal(w, r, cmp.Or(mediaType, typeResponse), out.refused)
	case mediaType == "":
		g.writeEvents(r, out)
	default:
		defer countCompression(w, r, &account, out.answer.size)()
		g.writeAnswer(w, r, mediaType, out)
	}
}

// perform returns the outcome of a request, whatever transport it has, and whether it is that of an equal one. Whoever
// gets it holds its answer. It notes for the log what is known so far.
func (g *gateway) perform(ctx context.Context, request envelope, get bool) (out outcome, shared bool) {
	info := infoOf(ctx)
	out, ok := g.executor.constant(request)
	if !ok {
		connOf(ctx).await()
		key := flightKey{info.token, request.query, request.operationName, request.variables, get}
		run := func(ctx context.Context) outcome { return g.executor.execute(ctx, request, get) }
		out, shared = g.flights.do(ctx, key, info.arrived.Add(g.timeout), run)
	}
	if request.hash != "" {
		g.remember(request, info.token, out)
	}
	info.log.called, info.log.shared, info.log.trusted = out.called, shared, request.trusted != nil
	if shared { // the calls were another's, and so is the id in the errors
		out.upstreamCalls, out.errors = 0, ofRequest(out.errors, info.id)
	}
	return out, shared
}

// understand returns what a request asks for, with its document, and the media type to answer in, which is empty
// if only a stream may be. Or it refuses the request.
func (g *gateway) understand(
	w http.ResponseWriter, r *http.Request, account *memory.Request,
) (request envelope, mediaType string, refused *refusal) {
	mediaType, acceptable := negotiate(r.Header["Accept"])
	request, refused = g.readRequest(w, r, account)
	switch {
	case refused != nil:
	case acceptable, g.executor.live != nil: // a subscription is told what it may accept
		if request, refused = g.name(r.Context(), request); refused == nil && g.executor.live == nil {
			refused = g.executor.refuseStream(r.Header["Accept"], request)
		}
	case streamOf(r.Header["Accept"]) != nil:
		refused = refuseLive()
	default:
		refused = refuseMediaType()
	}
	if refused != nil && !acceptable {
		mediaType = typeJSON
	}
	return request, mediaType, refused
}

// refuseMediaType refuses a request whose caller does not accept JSON.
func refuseMediaType() *refusal {
	return refuse(http.StatusNotAcceptable, codeNotAcceptable,
		"Accept application/graphql-response+json or application/json.")
}

// allowedMethods is the Allow header of /graphql.
const allowedMethods = "GET, POST, OPTIONS"

// readRequest reads the envelope from where the method puts it: the query string of a GET, the body of a
// POST. Other methods are refused with 405.
func (g *gateway) readRequest(
	w http.ResponseWriter, r *http.Request, account *memory.Request,
) (envelope, *refusal) {
	if int64(len(r.URL.RawQuery)) > maxQueryString {
		return envelope{}, refuse(http.StatusRequestURITooLong, codePayloadTooLarge,
			"The URL is too long; send the operation by POST.")
	}
	switch r.Method {
	case http.MethodGet:
		return readGet(r.URL.RawQuery)
	case http.MethodPost:
		if refused := checkContent(r.Header); refused != nil {
			return envelope{}, refused
		}
		return readPost(w, r, account, g.maxBody)
	}
	return envelope{}, refuseMethod(allowedMethods, "Send a GraphQL request by POST, or a query or a subscription by GET.")
}

// maxQueryString bounds the query string of a GET, in bytes. Source: what proxies and logs on the way
// commonly take.
const maxQueryString = 16 << 10
