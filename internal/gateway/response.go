package gateway

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"strconv"

	"github.com/vektah/gqlparser/v2/gqlerror"
)

// contentTypes are the Content-Type headers of the media types.
var contentTypes = map[string][]string{
	typeJSON:     {typeJSON + "; charset=utf-8"},
	typeResponse: {typeResponse + "; charset=utf-8"},
}

// ofRequest returns copies of errors with the id of a request. The errors themselves may be shared with other
// requests.
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

// begin returns what the answer of an operation that ran begins with, and then what stands in place of its first
// part: errors and extensions come before the data. Head is empty where there are none.
func (out outcome) begin(extensions []byte) (head, first []byte) {
	first = out.answer.parts[0]
	if len(out.errors) > 0 || extensions != nil {
		head = append(startOfAnswer(out.errors, extensions), dataPrefix[1:]...)
		first = first[len(dataPrefix):]
	}
	return head, first
}

// writeAnswer writes the answer of an operation that ran, with 200. The data are bytes already and are not
// read again.
func (g *gateway) writeAnswer(w http.ResponseWriter, r *http.Request, mediaType string, out outcome) {
	infoOf(r.Context()).log.finish(out.upstreamCalls, out.errors)
	head, first := out.begin(infoOf(r.Context()).explained)
	size := out.answer.size - len(out.answer.parts[0]) + len(first) + len(head)
	header := w.Header()
	header["Content-Type"] = contentTypes[mediaType]
	header["Content-Length"] = []string{strconv.Itoa(size)}
	if _, whole := w.(*responseWriter); whole { // not one that compresses
		connOf(r.Context()).expect(size)
	}
	w.WriteHeader(http.StatusOK)
	// A failed write means that the caller has left; responseWriter remembers it for the access log.
	if len(head) > 0 {
		if _, err := w.Write(head); err != nil {
			return
		}
	}
	if _, err := w.Write(first); err != nil {
		return
	}
	for _, part := range out.answer.parts[1:] {
		if _, err := w.Write(part); err != nil {
			return
		}
	}
}

// writeRefusal writes the errors of an operation that was not executed, and notes them for the access log.
func (g *gateway) writeRefusal(w http.ResponseWriter, r *http.Request, mediaType string, refused *refusal) {
	infoOf(r.Context()).noteRefusal(refused)
	writeErrors(w, r, mediaType, refused)
}

// noteRefusal notes for the log that an operation is not executed.
func (info *requestInfo) noteRefusal(refused *refusal) {
	info.log.refused, info.log.lacked = true, refused.lacked
	info.log.finish(0, refused.errors)
}

// writeErrors writes an answer of errors alone, each with the request's id. Its status is the refusal's, or
// else what the media type asks for: 400 for application/graphql-response+json, 200 for application/json.
func writeErrors(w http.ResponseWriter, r *http.Request, mediaType string, refused *refusal) {
	list := ofRequest(refused.errors, infoOf(r.Context()).id)
	status := refused.status
	if status == statusByMediaType {
		status = http.StatusOK
		if mediaType == typeResponse {
			status = http.StatusBadRequest
		}
	}
	body := startOfAnswer(list, infoOf(r.Context()).explained)
	body[len(body)-1] = '}' // for the last comma
	header := w.Header()
	if refused.allow != "" {
		header.Set("Allow", refused.allow)
	}
	if refused.retryAfter > 0 {
		header.Set("Retry-After", strconv.Itoa(refused.retryAfter))
	}
	header["Content-Type"] = contentTypes[mediaType]
	header["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// startOfAnswer returns what an answer begins with, each member with a comma behind: the errors, if there are
// any, and then what its extensions are. Errors come first, as the specification recommends: they are seen even
// where a log cuts the answer.
func startOfAnswer(list gqlerror.List, extensions []byte) []byte {
	start := []byte{'{'}
	if len(list) > 0 {
		start = append(append(append(start, `"errors":`...), marshalErrors(list)...), ',')
	}
	return append(start, extensions...)
}

// marshalErrors returns errors as a JSON list. A `<` stays a `<`: people read them, and no browser takes this
// for a page.
func marshalErrors(list gqlerror.List) []byte {
	var buf bytes.Buffer
	encoder := json.NewEncoder(&buf)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(list); err != nil {
		return []byte(`[]`) // extensions hold strings and numbers only
	}
	return bytes.TrimSpace(buf.Bytes())
}
