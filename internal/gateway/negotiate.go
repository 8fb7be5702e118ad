package gateway

import (
	"net/http"
	"strings"

	"jobsgateway/internal/accept"
)

// The media types of answers.
const (
	typeJSON     = "application/json"
	typeResponse = "application/graphql-response+json"
)

// negotiate returns the media type of an answer from the Accept headers of its request: the one that the
// client prefers by q, application/graphql-response+json of two equals. No header and any wildcard mean
// application/json, which every client reads. What else is listed, such as multipart/mixed, never matters to
// a query, nor do parameters but q: both types are always UTF-8. False when the client accepts neither.
// Source: GraphQL over HTTP, section 6; the audits of npm's graphql-http.
//
// Example: "application/json;q=0.9, application/graphql-response+json" is the second, "*/*" is
// application/json, and "text/html" is neither.
func negotiate(headers []string) (chosen string, ok bool) {
	json, response, asked := preference{}, preference{}, false
	for _, list := range headers {
		asked = asked || strings.Trim(list, " \t") != ""
		for list != "" {
			var e accept.Element
			e, list, ok = accept.Parse(list)
			if !ok {
				continue
			}
			switch e.Name {
			case typeJSON:
				json.consider(e.Q, 2)
			case typeResponse:
				response.consider(e.Q, 2)
			case "application/*":
				json.consider(e.Q, 1)
				response.consider(e.Q, 1)
			case "*/*":
				json.consider(e.Q, 0)
				response.consider(e.Q, 0)
			}
		}
	}
	switch {
	case !asked:
		return typeJSON, true
	case response.q > 0 && response.specific == 2 && response.q >= json.q:
		return typeResponse, true
	case json.q > 0:
		return typeJSON, true
	case response.q > 0:
		return typeResponse, true
	}
	return "", false
}

// mediaTypeOf returns the media type of an answer to a request that is refused whatever it accepts:
// application/json where it accepts neither type.
func mediaTypeOf(r *http.Request) string {
	if chosen, ok := negotiate(r.Header["Accept"]); ok {
		return chosen
	}
	return typeJSON
}

// preference is the q that the most specific range gives a media type. How specific a range is: 2 for the
// type itself, 1 for application/*, 0 for */*.
type preference struct {
	q        float64
	specific int
	seen     bool
}

// consider takes a range into account. Of two that are equally specific the better q counts.
func (p *preference) consider(q float64, specific int) {
	if !p.seen || specific > p.specific || specific == p.specific && q > p.q {
		*p = preference{q: q, specific: specific, seen: true}
	}
}

// checkContent refuses, with 415, a POST whose body is not said to be plain JSON in UTF-8. Browsers send such
// a Content-Type to other origins only after a preflight, which is what keeps other sites' forms out.
func checkContent(h http.Header) *refusal {
	const send = "Send the request as Content-Type: application/json."
	refuseType := func(message string) *refusal {
		return refuse(http.StatusUnsupportedMediaType, codeUnsupportedMediaType, message)
	}
	sent := h["Content-Type"]
	if len(sent) != 1 {
		return refuseType(send)
	}
	if sent[0] == typeJSON && h["Content-Encoding"] == nil {
		return nil // as nearly all clients send it
	}
	e, rest, ok := accept.Parse(sent[0])
	if !ok || e.Name != typeJSON || rest != "" {
		return refuseType(send)
	}
	if e.HasCharset && !strings.EqualFold(e.Charset, "utf-8") {
		return refuseType(send + " Its charset is utf-8.")
	}
	encoding := strings.Join(h["Content-Encoding"], ",")
	if encoding != "" && !strings.EqualFold(encoding, "identity") {
		return refuseType("Send the request without Content-Encoding.")
	}
	return nil
}
