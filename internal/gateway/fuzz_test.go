package gateway

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"jobsgateway/graph"
	"jobsgateway/internal/document"
)

// FuzzEnvelope holds what is accepted against encoding/json, and what is refused against the promise that
// nothing of it is repeated.
func FuzzEnvelope(f *testing.F) {
	for _, seed := range []string{
		`{"query":"{__typename}"}`, `{"query":"q","operationName":"A","variables":{"a":[1,null,{"b":1e400}]},"extensions":{}}`,
		`null`, `[]`, `[{"query":"q"}]`, `{"query":1}`, `{"query":"q"} x`, `{"query":"q","query":"r"}`, `{"Query":"q"}`, `{"query":"\ud800"}`,
		`{"query":null,"extensions":{"persistedQuery":{}}}`, `{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"ab"}}}`, `{"documentId":"a"}`, `{"query":"q","variables":"x"}`, "\ufeff{}", "{\"query\":\"\xff\"}", ` { "query" : "\u0071" } `,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		got, refused := decodeEnvelope([]byte(body))
		if refused != nil {
			if len(refused.errors) != 1 || refused.errors[0].Extensions["code"] == nil {
				t.Errorf("refused with %v", refused.errors)
			}
			return
		}
		// A map, since encoding/json would take another case of a name for a struct's member.
		var members map[string]any
		if err := json.Unmarshal([]byte(body), &members); err != nil && !isRange(err) {
			t.Fatalf("%q was accepted, and encoding/json says %v", body, err)
		}
		if query, _ := members["query"].(string); got.query != query {
			t.Errorf("query %q, encoding/json says %q", got.query, query)
		}
		if id, _ := members["documentId"].(string); got.documentID != id {
			t.Errorf("documentId %q, encoding/json says %q", got.documentID, id)
		}
		extensions, _ := members["extensions"].(map[string]any)
		persistedQuery, _ := extensions["persistedQuery"].(map[string]any)
		if hash, _ := persistedQuery["sha256Hash"].(string); got.hash != hash || hash != "" && persistedQuery["version"] != 1.0 {
			t.Errorf("hash %q, encoding/json says %v", got.hash, persistedQuery)
		}
		if got.query == "" && got.documentID == "" && got.hash == "" {
			t.Error("no document")
		}
		if name, _ := members["operationName"].(string); got.operationName != name {
			t.Errorf("operationName %q, encoding/json says %q", got.operationName, name)
		}
		given := got.readVariables()
		if variables, _ := members["variables"].(map[string]any); len(given) != len(variables) {
			t.Errorf("%d variables, encoding/json says %d", len(given), len(variables))
		}
	})
}

// isRange reports whether encoding/json failed for want of a float64 that large, which the envelope does not
// need.
func isRange(err error) bool {
	var e *json.UnmarshalTypeError
	return errors.As(err, &e) && strings.HasPrefix(e.Value, "number")
}

// FuzzGet reads any query string without a panic, and never two parameters as one.
func FuzzGet(f *testing.F) {
	for _, seed := range []string{"query=%7B__typename%7D", "query=q&query=r", "query=q&variables={}", "query=%2", "query=q&variables=%7B%22a%22%3A1%7D", "query=%ff", ";", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, rawQuery string) {
		got, refused := readGet(rawQuery)
		named := got.query != "" || got.documentID != "" || got.hash != ""
		if refused == nil && !named {
			t.Errorf("%q: no document, and not refused", rawQuery)
		}
		if got.query != "" && strings.Count(rawQuery, "query=") == 0 && !strings.Contains(rawQuery, "%") {
			t.Errorf("%q was read as %q", rawQuery, got.query)
		}
	})
}

// FuzzShape takes a document the whole way to its execution. Whatever passes the shape check is within its
// limits with all fragments spread, and validates and is reckoned without a panic.
func FuzzShape(f *testing.F) {
	schema := schemaOf(f)
	prices := newPrices(schema)
	for _, tc := range documentShapes {
		if len(tc.doc) < 4<<10 {
			f.Add(tc.doc, `{}`)
		}
	}
	for variables, doc := range map[string]string{
		`{"n":3}`:                            `query($n:Int=4){jobs(first:$n){...F @defer}} fragment F on JobConnection{nodes{id}}`,
		`{"f":{"states":["RUNNING"]}}`:       `query($f:JobFilter){jobs(filter:$f){nodes{id}}}`,
		`{"r":[{"__typename":"Job"}]}`:       `query($r:[_Any!]!){_entities(representations:$r){... on Job{id}}}`,
		`{"i":["1",null,[],{}],"s":{"a":1}}`: `query($i:[ID!]!,$s:[JobState!]=[RUNNING]){datasets(ids:$i){jobs(filter:{states:$s}){totalCount}}}`,
	} {
		f.Add(doc, variables)
	}
	f.Fuzz(func(t *testing.T, text, variables string) {
		doc, err := document.Parse(text, maxTokens)
		if err != nil {
			return
		}
		size := document.Measure(doc)
		if testLimits.check(doc, size) != nil {
			return
		}
		if list := document.NewValidator(schema, true).Validate(doc, maxErrors); len(list) > 0 {
			return
		}
		_ = document.New(doc, size)
		for _, op := range doc.Operations {
			var plain document.Shape
			plainShape(doc, op.SelectionSet, 1, &plain)
			if plain.Fields > maxFields || plain.Directives > maxDirectives || plain.Aliases > testLimits.Aliases || plain.Roots > testLimits.RootFields {
				t.Errorf("a valid document of the shape %+v: %s", plain, text)
			}
		}
		decoder := json.NewDecoder(strings.NewReader(variables))
		decoder.UseNumber()
		given := map[string]any{}
		_ = decoder.Decode(&given)
		for _, op := range doc.Operations {
			values, misfit := document.NewVariables(schema, true, graph.Scalars()).Read(op, given)
			switch {
			case misfit == nil:
				_, _ = costing{prices, values, 50}.check(doc, op, 0)
			case misfit.Position == nil || !strings.HasPrefix(misfit.Message, misfit.Place+" "):
				t.Errorf("refused with %v", misfit)
			}
		}
	})
}

// FuzzBearer accepts exactly one header, and only what may go out as it came in.
func FuzzBearer(f *testing.F) {
	for _, seed := range []string{"Bearer abc", "bearer abc==", "Bearer  abc", "Bearer a b", "Basic abc", "Bearer", "Bearer \x80", "Bearer a\r\nX: y", "", "Bearer a,b"} {
		f.Add(seed, "")
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, first, second string) {
		if token, bad := parseBearer([]string{first, second}); bad == 0 || token != "" {
			t.Errorf("two headers gave %q", token)
		}
		token, bad := parseBearer([]string{first})
		if bad != 0 {
			if token != "" || headerSentences[bad] == "" || strings.ContainsAny(headerSentences[bad], "\"\\") {
				t.Errorf("%q was refused with %q and %+v", first, token, bad)
			}
			return
		}
		if len(first) != len("Bearer ")+len(token) || !strings.HasSuffix(first, " "+token) || token == "" || len(token) > maxToken {
			t.Errorf("%q gave %q", first, token)
		}
		for _, r := range token {
			if !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~+/=", r) {
				t.Errorf("%q gave %q", first, token)
			}
		}
	})
}

// FuzzNegotiate never chooses a type that the header does not name, and never panics over one.
func FuzzNegotiate(f *testing.F) {
	for _, tc := range acceptCases {
		f.Add(strings.Join(tc.accept, ","))
	}
	f.Fuzz(func(t *testing.T, accept string) {
		got, ok := negotiate([]string{accept})
		lower := strings.ToLower(accept)
		switch {
		case ok != (got != ""):
			t.Errorf("%q: %q, %v", accept, got, ok)
		case !ok || strings.TrimSpace(accept) == "" || strings.Contains(lower, "*"):
		case !strings.Contains(lower, got):
			t.Errorf("%q: %q", accept, got)
		}
		_ = checkContent(http.Header{"Content-Type": {accept}, "Content-Encoding": {accept}})
	})
}
