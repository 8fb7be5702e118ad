package gateway

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
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
	rec := recordOf(r.Context())
	op, refused := g.executor.prepare(request, func(op *ast.OperationDefinition) *refusal {
		rec.operation = op.Name // the document's, since operationName can be any text
		if r.Method == http.MethodGet && op.Operation != ast.Query {
			refused := refuse(http.StatusMethodNotAllowed, codeMethodNotAllowed, "Send a mutation or subscription by POST.")
			refused.allow = http.MethodPost
			return refused
		}
		return nil
	})
	if refused != nil {
		g.writeRefusal(w, r, mediaType, refused)
		return
	}
	g.writeResult(w, r, mediaType, g.executor.run(r.Context(), op))
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

// writeResult writes the answer of an operation that ran. The data are bytes already and are not read again.
func (g *gateway) writeResult(w http.ResponseWriter, r *http.Request, mediaType string, out result) {
	recordOf(r.Context()).finish(out.upstreamCalls, out.errors)
	head := []byte(`{"data":`)
	if len(out.errors) > 0 {
		// Errors first, as the specification recommends: they are seen even where a log cuts the answer.
		head = append(append([]byte(`{"errors":`), marshalErrors(out.errors)...), `,"data":`...)
	}
	w.Header().Set("Content-Type", mediaType+"; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(head)+len(out.data)+1))
	w.WriteHeader(http.StatusOK)
	// A failed write means that the caller has left; the access log tells.
	for _, part := range [][]byte{head, out.data, []byte(`}`)} {
		if _, err := w.Write(part); err != nil {
			return
		}
	}
}

// writeRefusal writes the errors of a request that was not executed, each with the request id and without data.
func (g *gateway) writeRefusal(w http.ResponseWriter, r *http.Request, mediaType string, refused *refusal) {
	for _, err := range refused.errors {
		err.Extensions["requestId"] = RequestID(r.Context())
	}
	recordOf(r.Context()).finish(0, refused.errors)
	status := refused.status
	if status == statusByMediaType {
		status = http.StatusOK
		if mediaType == typeResponse {
			status = http.StatusBadRequest
		}
	}
	if refused.allow != "" {
		w.Header().Set("Allow", refused.allow)
	}
	w.Header().Set("Content-Type", mediaType+"; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(append(append([]byte(`{"errors":`), marshalErrors(refused.errors)...), '}'))
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
