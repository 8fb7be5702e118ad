package gateway

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"pgregory.net/rapid"

	"jobsgateway/internal/document"
)

// repeat joins n texts made from their number.
func repeat(n int, text func(i int) string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(text(i))
		b.WriteByte(' ')
	}
	return b.String()
}

// nested is a valid document of exactly this depth, from 4 on.
func nested(depth int) string {
	open, leaf := `{dataset(id:"1"){`, "id"
	shut := "}}"
	for left := depth - 2; left > 0; left-- {
		if left == 1 {
			open, leaf = open+"latestJob{", "id"
		} else {
			open, left = open+"latestJob{dataset{", left-1
			shut += "}"
		}
		shut += "}"
	}
	return open + leaf + shut
}

// doubling is a chain of fragments, each of which spreads the next one twice.
func doubling(n int) string {
	return repeat(n, func(i int) string { return fmt.Sprintf("fragment f%d on Job{...f%d ...f%d}", i, i+1, i+1) }) +
		fmt.Sprintf("fragment f%d on Job{id}", n)
}

// documentShapes are documents at and beyond each limit. An empty code is a document that runs.
var documentShapes = []struct{ name, doc, code string }{
	{"too many tokens", "{" + repeat(2001, func(i int) string { return fmt.Sprintf("a%d", i) }) + "}", "GRAPHQL_PARSE_FAILED"},
	{"commas", "{" + strings.Repeat(",", 60<<10) + "__typename}", ""},
	{"one long comment", "{__typename}#" + strings.Repeat("x", 60<<10), ""},
	{"many comments", strings.Repeat("#\n", 3000) + "{__typename}", ""},
	{"one long string", `{job(id:"` + strings.Repeat("x", 60<<10) + `"){id}}`, "BAD_USER_INPUT"},
	{"brackets", `{jobs(first:` + strings.Repeat("[", 1900) + `){id}}`, "GRAPHQL_PARSE_FAILED"},

	{"depth 15", nested(15), ""},
	{"depth 16", nested(16), "MAX_DEPTH_LIMIT"},
	{"depth 300", nested(300), "MAX_DEPTH_LIMIT"},
	{"depth 3000", nested(3000), "GRAPHQL_PARSE_FAILED"},
	{"depth in a fragment", "{...F} fragment F on Query " + nested(16), "MAX_DEPTH_LIMIT"},
	{"depth below the schema", "{__schema{types{" + strings.Repeat("ofType{", 20) + "name" + strings.Repeat("}", 23), ""},
	{"depth below the schema, in fragments", "{__schema{types{...F}}} fragment F on __Type{" + strings.Repeat("ofType{", 10) + "...G" + strings.Repeat("}", 10) +
		"} fragment G on __Type{" + strings.Repeat("ofType{", 10) + "name" + strings.Repeat("}", 11), ""},
	{"depth below a field, in a fragment", "{...F} fragment F on Query{__schema{types{" + strings.Repeat("...on __Type{ofType{", 20) + "name" + strings.Repeat("}", 43), ""},
	{"circles of the schema, in fragments", "{__schema{types{...F}}} fragment F on __Type{fields{type{...G}}} fragment G on __Type{fields{type{...H}}} " +
		"fragment H on __Type{fields{name}}", "GRAPHQL_VALIDATION_FAILED"},
	{"circles of the schema", "{__schema{types{fields{type{fields{type{fields{name}}}}}}}}", "GRAPHQL_VALIDATION_FAILED"},

	{"30 aliases", "{jobs{" + repeat(30, func(i int) string { return fmt.Sprintf("a%d:totalCount", i) }) + "}}", ""},
	{"31 aliases", "{jobs{" + repeat(31, func(i int) string { return fmt.Sprintf("a%d:totalCount", i) }) + "}}", "MAX_ALIASES_LIMIT"},
	{"1000 aliases", "{" + repeat(600, func(i int) string { return fmt.Sprintf("a%d:__typename", i) }) + "}", "MAX_HEIGHT_LIMIT"},
	{"31 aliases of a root field", "{" + repeat(31, func(i int) string { return fmt.Sprintf("a%d:jobs{totalCount}", i) }) + "}", "MAX_ALIASES_LIMIT"},
	{"an alias of the same name", "{jobs{" + repeat(31, func(int) string { return "totalCount:totalCount" }) + "}}", ""},
	{"aliases in fragments", "{jobs{...F ...F}} fragment F on JobConnection{" +
		repeat(16, func(i int) string { return fmt.Sprintf("a%d:totalCount", i) }) + "}", "MAX_ALIASES_LIMIT"},

	{"a root field repeated", "{" + strings.Repeat("__typename ", 1900) + "}", "MAX_HEIGHT_LIMIT"},
	{"a leaf repeated", "{jobs{nodes{" + strings.Repeat("id ", 1900) + "}}}", "MAX_HEIGHT_LIMIT"},
	{"a leaf repeated 498 times", "{jobs{nodes{" + strings.Repeat("id ", 498) + "}}}", ""},
	{"a leaf repeated 499 times", "{jobs{nodes{" + strings.Repeat("id ", 499) + "}}}", "MAX_HEIGHT_LIMIT"},
	{"a leaf repeated in an unused fragment", "{__typename} fragment F on Job{" + strings.Repeat("id ", 1900) + "}", "MAX_HEIGHT_LIMIT"},

	{"doubling fragments", "{jobs{nodes{...f0}}} " + doubling(25), "MAX_HEIGHT_LIMIT"},
	{"doubling beyond any number", "{jobs{nodes{...f0}}} " + doubling(150), "MAX_HEIGHT_LIMIT"},
	{"a leaf repeated in a second fragment of a name", "{jobs{nodes{...F}}} fragment F on Job{id} fragment F on Job{" + strings.Repeat("id ", 1900) + "}", "MAX_HEIGHT_LIMIT"},
	{"doubling fragments, unused", "{__typename} " + doubling(25), "MAX_HEIGHT_LIMIT"},
	{"doubling fragments in another operation", "query A{__typename} query B{jobs{nodes{...f0}}} " + doubling(25), "MAX_HEIGHT_LIMIT"},
	{"doubling fragments without a field", "{jobs{nodes{...f0}}} " + strings.Replace(doubling(25), "{id}", "{...f26} fragment f26 on Job{...f25}", 1), "GRAPHQL_VALIDATION_FAILED"},

	{"a fragment in itself", "{...A} fragment A on Query{...A __typename}", "GRAPHQL_VALIDATION_FAILED"},
	{"two fragments in a circle", "{...A} fragment A on Query{...B} fragment B on Query{...A}", "GRAPHQL_VALIDATION_FAILED"},
	{"a circle with many spreads", "{...A} fragment A on Query{" + strings.Repeat("...B ", 400) + "} fragment B on Query{...C} fragment C on Query{...A}", "GRAPHQL_VALIDATION_FAILED"},
	{"an unused circle", "{__typename} fragment A on Query{...B __typename} fragment B on Query{...A}", "GRAPHQL_VALIDATION_FAILED"},

	{"900 directives", "{__typename " + strings.Repeat("@aa ", 900) + "}", "MAX_DIRECTIVES_LIMIT"},
	{"280 known directives", "{__typename " + strings.Repeat("@skip(if:false) ", 280) + "}", "MAX_DIRECTIVES_LIMIT"},
	{"50 directives", "{jobs{" + strings.Repeat("totalCount @skip(if:false) ", 50) + "}}", ""},
	{"51 directives", "{jobs{" + strings.Repeat("totalCount @skip(if:false) ", 51) + "}}", "MAX_DIRECTIVES_LIMIT"},
	{"directives on spreads", "{jobs{" + strings.Repeat("...F @skip(if:false) ", 26) + "}} fragment F on JobConnection{totalCount @skip(if:false)}", "MAX_DIRECTIVES_LIMIT"},
	{"directives on an operation", "query " + strings.Repeat("@aa ", 51) + "{__typename}", "MAX_DIRECTIVES_LIMIT"},
	{"directives on a variable", "query($x:Int " + strings.Repeat("@aa ", 51) + "){jobs(first:$x){totalCount}}", "MAX_DIRECTIVES_LIMIT"},
	{"directives on a fragment", "{...F} fragment F on Query " + strings.Repeat("@aa ", 51) + "{__typename}", "MAX_DIRECTIVES_LIMIT"},
	{"directives on an unused fragment", "{__typename} fragment F on Query " + strings.Repeat("@aa ", 51) + "{__typename}", "MAX_DIRECTIVES_LIMIT"},

	{"20 root fields", "{" + repeat(20, func(i int) string { return fmt.Sprintf(`a%d:dataset(id:"1"){id}`, i) }) + "}", ""},
	{"21 root fields", "{" + repeat(21, func(i int) string { return fmt.Sprintf(`a%d:jobs{totalCount}`, i) }) + "}", "MAX_ROOT_FIELDS_LIMIT"},
	{"6 fields of introspection", "{" + repeat(6, func(i int) string { return fmt.Sprintf(`a%d:__schema{queryType{name}}`, i) }) + "}", "MAX_ROOT_FIELDS_LIMIT"},
	{"root fields in fragments", "{...F ...F ...on Query{...F}} fragment F on Query{" + strings.Repeat("__typename ", 7) + "}", "MAX_ROOT_FIELDS_LIMIT"},
	{"many fields, but not at the root", "{jobs{" + strings.Repeat("totalCount ", 21) + "}}", ""},
}

func TestShapes(t *testing.T) {
	t.Parallel()
	gw := startGateway(t)
	for _, tc := range documentShapes {
		gw.jobs.Reset()
		got := gw.post(tc.doc, nil)
		if got.code() != tc.code {
			t.Errorf("%s: %d %.300s, want %q", tc.name, got.status, got.body, tc.code)
		}
		if tc.code != "" && (gw.jobs.Total() != 0 || len(got.body) > 8<<10) {
			t.Errorf("%s: %d upstream calls, %d bytes of refusal", tc.name, gw.jobs.Total(), len(got.body))
		}
	}
}

// The whole introspection query that GraphiQL and graphql-js send, all options on, nests below no limit of
// ours.
func TestFullIntrospection(t *testing.T) {
	t.Parallel()
	query, err := os.ReadFile("testdata/introspection.graphql")
	if err != nil {
		t.Fatal(err)
	}
	gw := startGateway(t)
	got := gw.send(request{body: envelopeOf(t, string(query), nil), anonymous: true})
	gw.wantFine(got)
	var wire struct {
		Schema struct {
			Types []json.RawMessage `json:"types"`
		} `json:"__schema"`
	}
	if err := json.Unmarshal(got.data, &wire); err != nil || len(wire.Schema.Types) < 20 {
		t.Errorf("%v: %d types", err, len(wire.Schema.Types))
	}
}

// parse reads a document that must be well-formed.
func parse(t rapid.TB, text string) *ast.QueryDocument {
	t.Helper()
	doc, err := parser.ParseQuery(&ast.Source{Input: text})
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// What a bomb costs is counted, not timed: one that is twice as long may cost about twice the memory, though
// it stands for a square of it, or for a power.
func TestMeasuringIsLinear(t *testing.T) {
	for _, bomb := range []struct {
		name string
		make func(n int) string
	}{
		{"doubling fragments", func(n int) string { return "{jobs{nodes{...f0}}} " + doubling(n) }},
		{"unused doubling fragments", func(n int) string { return "{__typename} " + doubling(n) }},
		{"repeated leaves", func(n int) string { return "{jobs{nodes{" + strings.Repeat("id ", 20*n) + "}}}" }},
		{"circles", func(n int) string {
			return "{...f0} " + repeat(n, func(i int) string {
				return fmt.Sprintf("fragment f%d on Query{...f%d ...f%d ...f0}", i, (i+1)%n, (i+2)%n)
			})
		}},
	} {
		cost := func(n int) float64 {
			doc := parse(t, bomb.make(n))
			return testing.AllocsPerRun(5, func() { _ = testLimits.check(doc, document.Measure(doc)) })
		}
		small, large := cost(20), cost(40)
		if large > 3*small+20 {
			t.Errorf("%s: %.0f allocations, and %.0f for twice the document", bomb.name, small, large)
		}
	}
}

// What has passed the shape check is validated within bounds, though validation is quadratic in places.
func TestValidationIsBounded(t *testing.T) {
	docs := documentsOf(t, schemaOf(t))
	for _, tc := range documentShapes {
		allocs := testing.AllocsPerRun(1, func() {
			docs.cache.Invalidate(tc.doc)
			_, _ = docs.load(tc.doc, anyDocument)
		})
		if allocs > 400_000 {
			t.Errorf("%s: %.0f allocations", tc.name, allocs)
		}
	}
}

// BenchmarkRefusal is what a bomb costs before it is refused.
func BenchmarkRefusal(b *testing.B) {
	docs := documentsOf(b, schemaOf(b))
	var dearest struct {
		name string
		took time.Duration
	}
	for _, tc := range documentShapes {
		if tc.code == "" || tc.code == "BAD_USER_INPUT" {
			continue // loaded, and remembered
		}
		b.Run(tc.name, func(b *testing.B) {
			for b.Loop() {
				if _, refused := docs.load(tc.doc, anyDocument); refused == nil {
					b.Fatal("not refused")
				}
			}
			if took := b.Elapsed() / time.Duration(b.N); took > dearest.took {
				dearest.name, dearest.took = tc.name, took
			}
		})
	}
	b.Logf("G10: the dearest refusal, of %s, takes %v", dearest.name, dearest.took)
}

// A limit of zero is a limit.
func TestLimitsAreLimits(t *testing.T) {
	t.Parallel()
	gw := startGateway(t, func(s *setup) { s.config.Limits = Limits{Cost: 5, Depth: 2, Aliases: 0, RootFields: 1} })
	gw.wantRefused(gw.post(`{a:__typename}`, nil), http.StatusBadRequest, "MAX_ALIASES_LIMIT")
	gw.wantRefused(gw.post(`{__typename __typename}`, nil), http.StatusBadRequest, "MAX_ROOT_FIELDS_LIMIT")
	gw.wantRefused(gw.post(`{jobs{nodes{id}}}`, nil), http.StatusBadRequest, "MAX_DEPTH_LIMIT")
	gw.wantFine(gw.post(`{jobs{totalCount}}`, nil))
}
