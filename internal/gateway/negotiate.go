package gateway

import (
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// The media types of answers.
const (
	typeJSON     = "application/json"
	typeResponse = "application/graphql-response+json"
)

// negotiate chooses the media type of the answer to a query from the Accept headers: the one that the client prefers
// by q, application/graphql-response+json of two equals. No header and any wildcard mean application/json, which
// every client reads. What else is listed, such as multipart/mixed, never matters to a query. False when the client
// accepts neither. Source: GraphQL over HTTP, section 6; the audits of npm's graphql-http.
func negotiate(accept []string) (mediaType string, ok bool) {
	header := strings.Join(accept, ",")
	if strings.TrimSpace(header) == "" {
		return typeJSON, true
	}
	json, response := preference{}, preference{}
	for part := range strings.SplitSeq(header, ",") {
		name, q, ok := parseRange(part)
		if !ok {
			continue
		}
		switch name {
		case typeJSON:
			json.consider(q, 2)
		case typeResponse:
			response.consider(q, 2)
		case "application/*":
			json.consider(q, 1)
			response.consider(q, 1)
		case "*/*":
			json.consider(q, 0)
			response.consider(q, 0)
		}
	}
	switch {
	case response.q > 0 && response.specific == 2 && response.q >= json.q:
		return typeResponse, true
	case json.q > 0:
		return typeJSON, true
	case response.q > 0:
		return typeResponse, true
	}
	return "", false
}

// preference is the q that the most specific range gives a media type.
type preference struct {
	q        float64
	specific int
	seen     bool
}

func (p *preference) consider(q float64, specific int) {
	if !p.seen || specific > p.specific || specific == p.specific && q > p.q {
		*p = preference{q: q, specific: specific, seen: true}
	}
}

// parseRange reads one element of Accept. Parameters other than q are ignored: both types are always UTF-8.
func parseRange(part string) (name string, q float64, ok bool) {
	name, params, err := mime.ParseMediaType(part)
	if err != nil {
		return "", 0, false
	}
	q = 1
	if text, given := params["q"]; given {
		if q, err = strconv.ParseFloat(text, 64); err != nil || !(q >= 0 && q <= 1) { // NaN is no q
			return "", 0, false
		}
	}
	return name, q, true
}

// checkContent refuses a POST whose body is not plain JSON in UTF-8.
func checkContent(h http.Header) *refusal {
	const send = "Send the request as Content-Type: application/json."
	mediaType, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil || mediaType != typeJSON || len(h.Values("Content-Type")) > 1 {
		return refuse(http.StatusUnsupportedMediaType, codeUnsupportedMediaType, send)
	}
	if charset, given := params["charset"]; given && !strings.EqualFold(charset, "utf-8") {
		return refuse(http.StatusUnsupportedMediaType, codeUnsupportedMediaType, send+" Its charset is utf-8.")
	}
	if encoding := strings.Join(h.Values("Content-Encoding"), ","); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return refuse(http.StatusUnsupportedMediaType, codeUnsupportedMediaType, "Send the request without Content-Encoding.")
	}
	return nil
}
