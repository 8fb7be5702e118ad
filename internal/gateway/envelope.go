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
	query         string // empty as long as the document is known by its name alone
	operationName string
	variables     string // a JSON object as it was sent; empty when there is none
	// documentID and hash are how the request names its document, as they were sent: the member documentId, and
	// sha256Hash of extensions.persistedQuery. Each is empty when it is not there.
	documentID, hash string
	// trusted is the listed document that the request names; nil for none, and until name has looked.
	trusted *trustedDocument
}

// wireEnvelope has the members of a request as JSON, before their types are checked. Other members are
// ignored.
type wireEnvelope struct{ Query, OperationName, Variables, Extensions, DocumentID jsontext.Value }

// extents are where the members of a request stand in its body, so that they are not copied.
type extents struct {
	Query         extent `json:"query"`
	OperationName extent `json:"operationName"`
	Variables     extent `json:"variables"`
	Extensions    extent `json:"extensions"`
	DocumentID    extent `json:"documentId"`
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
	if jsontext.Value(body).Kind() == '[' {
		return envelope{}, badRequest("Batching is not supported: send one operation a request.")
	}
	var at extents
	if err := jsonv2.Unmarshal(body, &at); err != nil || isNull(body) {
		return envelope{}, badRequest("The request body is not one JSON object" + strictly)
	}
	wire := wireEnvelope{
		at.Query.in(body), at.OperationName.in(body), at.Variables.in(body), at.Extensions.in(body),
		at.DocumentID.in(body),
	}
	return wire.check()
}

// readGet reads the parameters of a GET: query, operationName and documentId as text, variables and extensions
// as JSON. An empty parameter is none.
func readGet(rawQuery string) (envelope, *refusal) {
	params, err := url.ParseQuery(rawQuery)
	if err != nil {
		return envelope{}, badRequest("The query string is not well-formed.")
	}
	var wire wireEnvelope
	for name, target := range map[string]*jsontext.Value{
		"query": &wire.Query, "operationName": &wire.OperationName,
		"variables": &wire.Variables, "extensions": &wire.Extensions, "documentId": &wire.DocumentID,
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
	case !wire.is(wire.DocumentID, '"'):
		return out, badRequest("documentId must be a string.")
	case !wire.is(wire.Query, '"'):
		return out, badRequest(needsQuery)
	case !wire.is(wire.OperationName, '"'):
		return out, badRequest("operationName must be a string.")
	case !wire.is(wire.Variables, '{'):
		return out, badRequest("variables must be a JSON object, and no string that has one.")
	}
	// The values are known to be valid, so what remains cannot fail.
	read := func(value jsontext.Value) string {
		switch {
		case isNull(value):
			return ""
		case bytes.IndexByte(value, '\\') < 0:
			return string(value[1 : len(value)-1])
		}
		text, _ := jsontext.AppendUnquote(nil, value)
		return string(text)
	}
	out.query, out.operationName, out.documentID = read(wire.Query), read(wire.OperationName), read(wire.DocumentID)
	if !isNull(wire.Variables) {
		out.variables = string(wire.Variables)
	}
	var refused *refusal
	if out.hash, refused = readHash(wire.Extensions); refused != nil {
		return out, refused
	}
	if out.query == "" && out.documentID == "" && out.hash == "" {
		return out, badRequest(needsQuery)
	}
	return out, nil
}

// needsQuery is said of a request that neither has a document nor names one.
const needsQuery = "The request needs a query: a string with a GraphQL document."

// readHash reads the hash of extensions.persistedQuery, as it was sent. Without that member, or if it is null,
// there is none.
// Source: https://www.apollographql.com/docs/react/api/link/persisted-queries
func readHash(extensions jsontext.Value) (string, *refusal) {
	if isNull(extensions) {
		return "", nil
	}
	var known struct {
		PersistedQuery jsontext.Value `json:"persistedQuery"`
	}
	_ = jsonv2.Unmarshal(extensions, &known) // it is an object
	if isNull(known.PersistedQuery) {
		return "", nil
	}
	var named struct {
		Version jsontext.Value `json:"version"`
		Hash    string         `json:"sha256Hash"`
	}
	err := jsonv2.Unmarshal(known.PersistedQuery, &named)
	switch {
	case err != nil || named.Hash == "":
		return "", badRequest("extensions.persistedQuery must be an object with version, which is 1, and sha256Hash, " +
			"which is a string.")
	case string(named.Version) != "1":
		return "", badRequest("extensions.persistedQuery has a version that is not known here: send version 1, a number.")
	}
	return named.Hash, nil
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

// isNull reports whether a JSON value is absent or null.
func isNull(v []byte) bool {
	v = bytes.TrimSpace(v)
	return len(v) == 0 || string(v) == "null"
}
