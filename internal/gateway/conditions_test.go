package gateway

import (
	"net/http"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"jobsgateway/graph"
	"jobsgateway/graph/direct"
)

// A null passes validation in place of a default, but @skip and @include cannot be decided by it: the executor would panic,
// in a goroutine of its own where there are several root fields.
func TestNullConditions(t *testing.T) {
	t.Parallel()
	h := start(t)
	for _, query := range []string{
		`query($x: Boolean = true){ jobs(first:0){totalCount} _service { sdl @skip(if:$x) } }`,
		`query($x: Boolean = true){ jobs(first:0){totalCount} _service @skip(if:$x) { sdl } }`,
		`query($x: Boolean = true){ __typename @include(if:$x) }`,
		`query($x: Boolean = true){ jobs(first:1) { nodes { ...F } } } fragment F on Job { id ... @skip(if:$x) { type } }`,
	} {
		got := h.do(request{body: envelopeOf(t, query, map[string]any{"x": nil}), anonymous: true})
		if got.status != http.StatusBadRequest || got.code() != "BAD_USER_INPUT" || got.errors[0].Extensions["argument"] != "$x" {
			t.Errorf("%s: %d %s", query, got.status, got.body)
		}
		for _, given := range []map[string]any{nil, {"x": false}, {"x": true}} {
			if got := h.do(request{body: envelopeOf(t, query, given)}); got.status != http.StatusOK {
				t.Errorf("%s with %v: %d %s", query, given, got.status, got.body)
			}
		}
	}
}

// The cache of documents weighs the plans that a document may come to remember, not its text alone: fragments and conditions
// make much of little.
func TestWeightOfPlans(t *testing.T) {
	t.Parallel()
	schema, err := graph.NewSchema(true)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]int{
		`{__typename}`:                          1,
		`{a:jobs{nodes{id}} b:jobs{nodes{id}}}`: 6,
		`{a:jobs{nodes{...F}} b:jobs{nodes{...F}}} fragment F on Job{id type}`:   8,
		`query($a:Boolean!){jobs{nodes{id @skip(if:$a)}}}`:                       2 * 3,
		`query A($a:Boolean!){jobs{nodes{id @skip(if:$a)}}} query B{__typename}`: 2 * 2 * 3,
		`query($a:Boolean!,$b:Boolean!,$c:Boolean!,$d:Boolean!,$e:Boolean!){a:__typename@skip(if:$a)@include(if:$b)
			b:__typename@skip(if:$c)@include(if:$d) c:__typename@skip(if:$e)}`: 16 * 3,
	} {
		doc, err := parser.ParseQuery(&ast.Source{Input: text})
		if err != nil {
			t.Fatal(err)
		}
		if got := direct.NewDocument(schema, doc).PlannedFields(); got != want {
			t.Errorf("%s: %d fields, want %d", text, got, want)
		}
	}
}
