package gateway

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// envelope is a GraphQL request as it came over HTTP, read strictly. Two equal envelopes ask for the same.
type envelope struct {
	query         string
	operationName string
	variables     string // a JSON object as it was sent; empty when there is none
}

// wireEnvelope has the members of a request as JSON, before their types are checked. Other members are
// ignored.
type wireEnvelope struct{ Query, OperationName, Variables, Extensions jsontext.Value }

// extents are where the members of a request stand in its body, so that they are not copied.
type extents struct {
	Query         extent `json:"query"`
	OperationName extent `json:"operationName"`
	Variables     extent `json:"variables"`
	Extensions    extent `json:"extensions"`
}

// extent is where a value stands, in bytes: [from, to). Both are 0 for one that is absent.
type extent struct{ from, to int64 }

// UnmarshalJSONFrom notes where the next value stands.
func (x *extent) UnmarshalJSONFrom(decoder *jsontext.Decoder) error {
	value, err := decoder.ReadValue()
	if err != nil {
		return err
	}
	x.to = decoder.InputOffset()
	x.from = x.to - int64(len(value))
	return nil
}

// in returns the value that stands there in a body.
func (x *extent) in(body []byte) jsontext.Value { return body[x.from:x.to] }

// tooLarge refuses a body over the cap.
func tooLarge() *refusal {
	return refuse(http.StatusRequestEntityTooLarge, codePayloadTooLarge,
		"The request body is too large; send a shorter document, or variables instead of literals.")
}

// strictly says what has to be so for JSON to be read here. Readers that are less strict differ in what they
// make of the rest, and so could a proxy that checks requests and the gateway.
const strictly = ": UTF-8, each member once, no half of a surrogate pair, nothing nested deeper than 10,000."

// decodeEnvelope reads one JSON object and nothing after it: no member twice, no broken UTF-8, names exactly
// as they are spelled.
func decodeEnvelope(body []byte) (envelope, *refusal) {
	if trimmed := bytes.TrimLeft(body, " \t\r\n"); len(trimmed) > 0 && trimmed[0] == '[' {
		return envelope{}, badRequest("Batching is not supported: send one operation a request.")
	}
	var at extents
	if err := jsonv2.Unmarshal(body, &at); err != nil || isNull(body) {
		return envelope{}, badRequest("The request body is not one JSON object" + strictly)
	}
	wire := wireEnvelope{
		at.Query.in(body), at.OperationName.in(body), at.Variables.in(body), at.Extensions.in(body),
	}
	return wire.check()
}

// readGet reads the parameters of a GET: query and operationName as text, variables and extensions as JSON.
// An empty parameter is none.
func readGet(rawQuery string) (envelope, *refusal) {
	params, err := url.ParseQuery(rawQuery)
	if err != nil {
		return envelope{}, badRequest("The query string is not well-formed.")
	}
	var wire wireEnvelope
	for name, target := range map[string]*jsontext.Value{
		"query": &wire.Query, "operationName": &wire.OperationName,
		"variables": &wire.Variables, "extensions": &wire.Extensions,
	} {
		switch values := params[name]; {
		case len(values) > 1:
			return envelope{}, badRequest("The parameter " + name + " is given more than once.")
		case len(values) == 0 || values[0] == "":
		case target == &wire.Variables || target == &wire.Extensions:
			*target = jsontext.Value(values[0])
			if !target.IsValid() {
				return envelope{}, badRequest("The parameter " + name + " is not a JSON object" + strictly)
			}
		default:
			if *target, err = jsontext.AppendQuote(nil, values[0]); err != nil {
				return envelope{}, badRequest("The parameter " + name + " is not UTF-8.")
			}
		}
	}
	return wire.check()
}

// check makes sure that each member has its type, and reads them. A null member is an absent one.
func (wire wireEnvelope) check() (envelope, *refusal) {
	var out envelope
	switch {
	case !wire.is(wire.Extensions, '{'):
		return out, badRequest("extensions must be a JSON object.")
	case isNull(wire.Query) && wire.isPersisted():
		return out, refuse(statusByMediaType, codePersistedQuery,
			"Persisted queries are not supported: send the query.")
	case isNull(wire.Query) || wire.Query.Kind() != '"':
		return out, badRequest("The request needs a query: a string with a GraphQL document.")
	case !wire.is(wire.OperationName, '"'):
		return out, badRequest("operationName must be a string.")
	case !wire.is(wire.Variables, '{'):
		return out, badRequest("variables must be a JSON object, and no string that has one.")
	}
	// The values are known to be valid, so what remains cannot fail.
	_ = jsonv2.Unmarshal(wire.Query, &out.query)
	if !isNull(wire.OperationName) {
		_ = jsonv2.Unmarshal(wire.OperationName, &out.operationName)
	}
	if !isNull(wire.Variables) {
		out.variables = string(wire.Variables)
	}
	if out.query == "" {
		return out, badRequest("The request needs a query: a string with a GraphQL document.")
	}
	return out, nil
}

// readVariables returns the variables as Go values, with json.Number for numbers; nil when there are none.
func (e envelope) readVariables() map[string]any {
	if e.variables == "" {
		return nil
	}
	var variables map[string]any
	numbers := json.NewDecoder(strings.NewReader(e.variables))
	numbers.UseNumber()            // integers beyond 2^53 keep their digits
	_ = numbers.Decode(&variables) // check has seen that it is a JSON object
	return variables
}

// is reports whether an optional member is absent, null or of a kind.
func (wireEnvelope) is(v jsontext.Value, kind jsontext.Kind) bool {
	return isNull(v) || v.Kind() == kind
}

// isPersisted reports whether the request names its document by a hash, as Apollo's automatic persisted
// queries do.
func (wire wireEnvelope) isPersisted() bool {
	var extensions struct {
		PersistedQuery jsontext.Value `json:"persistedQuery"`
	}
	err := jsonv2.Unmarshal(wire.Extensions, &extensions) // of nothing an error
	return err == nil && !isNull(extensions.PersistedQuery)
}

// isNull reports whether a JSON value is absent or null.
func isNull(v []byte) bool {
	v = bytes.TrimSpace(v)
	return len(v) == 0 || string(v) == "null"
}
