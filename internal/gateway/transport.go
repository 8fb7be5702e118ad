package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"strconv"

	"github.com/vektah/gqlparser/v2/gqlerror"
)

// serveGraphQL is GraphQL over HTTP: one operation by POST or, if it is a query, by GET, and one JSON object back.
// Source: https://graphql.github.io/graphql-over-http/draft/
func (g *gateway) serveGraphQL(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodOptions {
		w.Header().Set("Allow", allowedMethods)
		w.WriteHeader(http.StatusNoContent)
		return
	}
	mediaType, acceptable := negotiate(r.Header.Values("Accept"))
	request, refused := g.readRequest(w, r)
	switch {
	case refused != nil && !acceptable:
		g.writeRefusal(w, r, typeJSON, refused)
		return
	case refused != nil:
		g.writeRefusal(w, r, mediaType, refused)
		return
	case !acceptable:
		g.writeRefusal(w, r, typeJSON, refuse(http.StatusNotAcceptable, codeNotAcceptable,
			"Accept application/graphql-response+json or application/json."))
		return
	}
	s := scopeOf(r.Context())
	out, ok := g.executor.constant(request)
	shared := false
	if !ok {
		connOf(r.Context()).await()
		get := r.Method == http.MethodGet
		key := flightKey{s.token, request.query, request.operationName, request.variables, get}
		out, shared = g.flights.do(r.Context(), key, s.arrived.Add(g.timeout), func(ctx context.Context) outcome {
			return g.executor.execute(ctx, request, get)
		})
	}
	s.record.operation, s.record.shared = out.operation, shared
	if out.refused != nil {
		g.writeRefusal(w, r, mediaType, out.refused)
		return
	}
	if shared { // the calls were another's, and so is the id in the errors
		out.upstreamCalls, out.errors = 0, ofRequest(out.errors, s.id)
	}
	g.writeAnswer(w, r, mediaType, out)
	if out.exclusive { // and over HTTP/1, the only one served, a write that has returned is done with its bytes
		g.executor.giveBuffer(out.answer)
	}
}

// contentTypes are the Content-Type headers of the media types.
var contentTypes = map[string][]string{
	typeJSON:     {typeJSON + "; charset=utf-8"},
	typeResponse: {typeResponse + "; charset=utf-8"},
}

const allowedMethods = "GET, POST, OPTIONS"

// readRequest reads the envelope from wherever the method puts it.
func (g *gateway) readRequest(w http.ResponseWriter, r *http.Request) (envelope, *refusal) {
	if int64(len(r.URL.RawQuery)) > maxQueryString {
		return envelope{}, refuse(http.StatusRequestURITooLong, codePayloadTooLarge, "The URL is too long; send the operation by POST.")
	}
	switch r.Method {
	case http.MethodGet:
		return readGet(r.URL.RawQuery)
	case http.MethodPost:
		if refused := checkContent(r.Header); refused != nil {
			return envelope{}, refused
		}
		return readPost(w, r, g.maxBody)
	}
	refused := refuse(http.StatusMethodNotAllowed, codeMethodNotAllowed, "Send a GraphQL request by POST, or a query by GET.")
	refused.allow = allowedMethods
	return envelope{}, refused
}

// maxQueryString bounds a GET, in bytes: what proxies and logs on the way commonly take.
const maxQueryString = 16 << 10

// ofRequest copies errors, which others may share, and gives them the id of a request.
func ofRequest(list gqlerror.List, id string) gqlerror.List {
	var own gqlerror.List
	for _, err := range list {
		ownErr := *err
		ownErr.Extensions = maps.Clone(err.Extensions)
		ownErr.Extensions["requestId"] = id
		own = append(own, &ownErr)
	}
	return own
}

// writeAnswer writes the answer of an operation that ran. The data are bytes already and are not read again.
func (g *gateway) writeAnswer(w http.ResponseWriter, r *http.Request, mediaType string, out outcome) {
	scopeOf(r.Context()).record.finish(out.upstreamCalls, out.errors)
	var head []byte
	answer := out.answer
	if len(out.errors) > 0 {
		// Errors first, as the specification recommends: they are seen even where a log cuts the answer.
		head = append(append([]byte(`{"errors":`), marshalErrors(out.errors)...), `,"data":`...)
		answer = answer[len(dataPrefix):]
	}
	header := w.Header()
	header["Content-Type"] = contentTypes[mediaType]
	header["Content-Length"] = []string{strconv.Itoa(len(head) + len(answer))}
	w.WriteHeader(http.StatusOK)
	// A failed write means that the caller has left; statusWriter remembers it for the access log.
	for _, part := range [][]byte{head, answer} {
		if len(part) == 0 {
			continue
		}
		if _, err := w.Write(part); err != nil {
			return
		}
	}
}

// writeRefusal writes the errors of an operation that was not executed, each with the request id and without data.
func (g *gateway) writeRefusal(w http.ResponseWriter, r *http.Request, mediaType string, refused *refusal) {
	scopeOf(r.Context()).record.finish(0, refused.errors)
	writeErrors(w, r, mediaType, refused)
}

// writeErrors writes the errors of any request that is refused.
func writeErrors(w http.ResponseWriter, r *http.Request, mediaType string, refused *refusal) {
	list := ofRequest(refused.errors, scopeOf(r.Context()).id)
	status := refused.status
	if status == statusByMediaType {
		status = http.StatusOK
		if mediaType == typeResponse {
			status = http.StatusBadRequest
		}
	}
	body := append(append([]byte(`{"errors":`), marshalErrors(list)...), '}')
	header := w.Header()
	if refused.allow != "" {
		header.Set("Allow", refused.allow)
	}
	header["Content-Type"] = contentTypes[mediaType]
	header["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// marshalErrors writes errors for people, too: a `<` stays a `<`, since no browser ever takes this for a page.
func marshalErrors(list gqlerror.List) []byte {
	var buf bytes.Buffer
	encoder := json.NewEncoder(&buf)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(list); err != nil {
		return []byte(`[]`) // extensions hold strings and numbers only
	}
	return bytes.TrimSpace(buf.Bytes())
}
