package gateway

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"jobsgateway/graph"
	"jobsgateway/graph/direct"
	"jobsgateway/internal/document"
)

func TestRefusedDocuments(t *testing.T) {
	t.Parallel()
	const parse, validation, resolution = "GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", "OPERATION_RESOLUTION_FAILURE"
	gw := startGateway(t)
	discreet := startGateway(t, func(s *setup) { s.config.Introspection = false })
	for _, tc := range []struct {
		name, body, code string
		located          bool
	}{
		{"an open brace", `{"query":"{"}`, parse, true},
		{"a NUL", `{"query":"{__typename}\u0000"}`, parse, true},
		{"an open string", `{"query":"{a(b:\"}"}`, parse, true},
		{"no selection", `{"query":"{}"}`, parse, true},
		{"words", `{"query":"give me jobs"}`, parse, true},
		{"a schema", `{"query":"type Query{a:Int}"}`, parse, true},
		{"only a comment", `{"query":"# nothing"}`, validation, false},
		{"only a fragment", `{"query":"fragment F on Query{__typename}"}`, validation, false},
		{"an unknown field", `{"query":"{jbs{id}}"}`, validation, true},
		{"an unknown field of a job", `{"query":"{jobs{nodes{ids}}}"}`, validation, true},
		{"an unknown argument", `{"query":"{jobs(frst:1){totalCount}}"}`, validation, true},
		{"an unknown type", `{"query":"query($x:JobStat){__typename}"}`, validation, true},
		{"an unknown type condition", `{"query":"{jobs{nodes{... on Jobb{id}}}}"}`, validation, true},
		{"an unknown fragment", `{"query":"{...F}"}`, validation, true},
		{"an unused fragment", `{"query":"{__typename} fragment F on Query{__typename}"}`, validation, true},
		{"an unused variable", `{"query":"query($x:Int){__typename}"}`, validation, true},
		{"an unknown directive", `{"query":"{__typename @nope}"}`, validation, true},
		{"a directive of definitions", `{"query":"{__typename @key(fields:\"id\")}"}`, validation, true},
		{"a leaf with a selection", `{"query":"{jobs{totalCount{x}}}"}`, validation, true},
		{"an object without one", `{"query":"{jobs}"}`, validation, true},
		{"fields that do not merge", `{"query":"{a:jobs{totalCount} a:jobs(first:1){totalCount}}"}`, validation, true},
		{"a missing argument", `{"query":"{job{id}}"}`, validation, true},
		{"a type of the generator", `{"query":"{... on Entity{__typename}}"}`, validation, true},
		{"a mutation", `{"query":"mutation{x}"}`, validation, true},
		{"a subscription", `{"query":"subscription{x}"}`, validation, true},
		{"two anonymous operations", `{"query":"{__typename} {__typename}"}`, validation, true},
		{"two operations of one name", `{"query":"query A{__typename} query A{__typename}","operationName":"A"}`, validation, true},
		{"two operations and no name", `{"query":"query A{__typename} query B{__typename}"}`, resolution, false},
		{"an empty name for two", `{"query":"query A{__typename} query B{__typename}","operationName":""}`, resolution, false},
		{"another name", `{"query":"query A{__typename}","operationName":"B"}`, resolution, false},
		{"a name for none", `{"query":"{__typename}","operationName":"A"}`, resolution, false},
		{"another case", `{"query":"query A{__typename}","operationName":"a"}`, resolution, false},
	} {
		got := gw.send(request{body: tc.body})
		if got.status != http.StatusBadRequest || got.code() != tc.code || got.data != nil {
			t.Errorf("%s: %d %s", tc.name, got.status, got.body)
			continue
		}
		if located := len(got.errors[0].Locations) > 0 && got.errors[0].Locations[0].Line == 1; located != tc.located {
			t.Errorf("%s: locations %v in %s", tc.name, got.errors[0].Locations, got.body)
		}
		discreet.checkNames(tc.name, tc.body, discreet.send(request{body: tc.body}))
	}
	if n := gw.jobs.Total() + discreet.jobs.Total(); n != 0 {
		t.Errorf("%d upstream calls", n)
	}
}

// schemaOf reads the schema of a subgraph.
func schemaOf(t testing.TB) *ast.Schema {
	t.Helper()
	schema, err := graph.NewSchema(graph.Parts{Federation: true, Live: true})
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// documentsOf makes an empty cache of documents.
func documentsOf(t testing.TB, schema *ast.Schema) *documents {
	t.Helper()
	docs, err := newDocuments(schema, testLimits, true)
	if err != nil {
		t.Fatal(err)
	}
	return docs
}

// anyDocument allows every document.
func anyDocument(*ast.QueryDocument) *refusal { return nil }

// fieldNames are names that only the schema knows: an error that has one the document did not have gives it
// away.
var fieldNames = regexp.MustCompile(`\b(jobs|job|nodes|edges|datasets|pageInfo|totalCount|first|orderBy|JobState|JobFilter|Entity)\b`)

func (gw *testGateway) checkNames(name, body string, got answer) {
	gw.t.Helper()
	for _, e := range got.errors {
		if strings.Contains(e.Message, "Did you mean") {
			gw.t.Errorf("%s: a suggestion: %s", name, e.Message)
		}
		for _, word := range fieldNames.FindAllString(e.Message, -1) {
			if !strings.Contains(body, word) {
				gw.t.Errorf("%s: %q gives %q away", name, e.Message, word)
			}
		}
	}
}

// Ten errors are enough for anybody.
func TestErrorsAreCapped(t *testing.T) {
	t.Parallel()
	gw := startGateway(t)
	var b strings.Builder
	for i := range 19 {
		fmt.Fprintf(&b, "nope%d ", i)
	}
	got := gw.post("{"+b.String()+"}", nil)
	gw.wantRefused(got, http.StatusBadRequest, "GRAPHQL_VALIDATION_FAILED")
	if len(got.errors) != 10 || len(got.body) > 8<<10 {
		t.Errorf("%d errors in %d bytes", len(got.errors), len(got.body))
	}
}

func TestOperationSelection(t *testing.T) {
	t.Parallel()
	gw := startGateway(t)
	for _, body := range []string{
		`{"query":"query A{a:__typename} query B{b:__typename}","operationName":"B"}`,
		`{"query":"query B{b:__typename}"}`,
		`{"query":"query B{b:__typename}","operationName":null}`,
		`{"query":"query B{b:__typename}","operationName":""}`,
		`{"query":"query A($x:Int!){jobs(first:$x){totalCount}} query B{b:__typename}","operationName":"B"}`,
	} {
		if got := gw.send(request{body: body}); string(got.data) != `{"b":"Query"}` {
			t.Errorf("%s: %s", body, got.body)
		}
	}
}

// Deferred fragments are answered at once, with everything in them.
func TestDeferIsAnsweredInline(t *testing.T) {
	t.Parallel()
	gw := startGateway(t)
	plain := gw.post(`{jobs(first:2){nodes{id ...{state} ...F}} ...{dataset(id:"1"){id}}} fragment F on Job{type dataset{id ...{latestJob{id}}}}`, nil)
	gw.wantFine(plain)
	for _, doc := range []string{
		`{jobs(first:2){nodes{id ... @defer{state} ...F @defer(label:"x")}} ... @defer{dataset(id:"1"){id}}} fragment F on Job{type dataset{id ... @defer(if:true){latestJob{id}}}}`,
		`query($d:Boolean=true){jobs(first:2){nodes{id ... @defer(if:$d){state} ...F @defer}} ... @defer{dataset(id:"1"){id}}} fragment F on Job{type dataset{id ... @defer{latestJob{id}}}}`,
	} {
		for range 2 { // parsed, and remembered
			got := gw.send(request{
				body:   envelopeOf(t, doc, nil),
				header: http.Header{"Accept": {"multipart/mixed;deferSpec=20220824, application/json"}},
			})
			gw.wantFine(got)
			if string(got.data) != string(plain.data) {
				t.Errorf("%s\n got %s\nwant %s", doc, got.data, plain.data)
			}
		}
	}
	for _, doc := range []string{ // of introspection, which the library's executor answers
		`{__type(name:"Job"){... @defer{name} ...{kind ... @defer{name}}}}`,
		`{...F @defer} fragment F on Query{... on Query{__type(name:"Job"){kind ...{...{... @defer{name}}}}}}`,
	} {
		got := gw.post(doc, nil)
		gw.wantFine(got)
		if !strings.Contains(string(got.data), `"name":"Job"`) || !strings.Contains(string(got.data), `"kind":"OBJECT"`) {
			t.Errorf("%s\n got %s", doc, got.data)
		}
	}
	skipped := gw.post(`{jobs(first:1){nodes{id ... @defer @skip(if:true){state}}}}`, nil)
	gw.wantFine(skipped)
	if strings.Contains(skipped.body, "state") {
		t.Errorf("@skip was dropped with @defer: %s", skipped.body)
	}
}

func TestIntrospectionOff(t *testing.T) {
	t.Parallel()
	gw := startGateway(t, func(s *setup) { s.config.Introspection = false })
	for _, doc := range []string{
		`{__schema{types{name}}}`,
		`{x:__schema{queryType{name}}}`,
		`{__typename ...{... on Query{__type(name:"Job"){name}}}}`,
		`query{...F} fragment F on Query{__type(name:"Job"){name}}`,
		`query{...F} fragment F on Query{...G} fragment G on Query{__type(name:"Job"){name}}`,
		`query($s:Boolean=true){__schema @skip(if:$s){types{name}}}`,
		`{_service{sdl}}`,
		`{x:_service{__typename}}`,
		`query{...F} fragment F on Query{_service{sdl}}`,
	} {
		for range 2 { // parsed, and remembered
			gw.wantRefused(gw.post(doc, nil), http.StatusBadRequest, "INTROSPECTION_DISABLED")
		}
	}
	gw.wantFine(gw.post(queryType, nil))
	gw.wantFine(gw.post(`{jobs(first:1){__typename nodes{__typename}}}`, nil))
	gw.wantFine(gw.send(request{body: `{"query":"query A{__schema{types{name}}} query B{__typename}","operationName":"B"}`}))
}

// The cache answers as the parser does, keeps valid documents only, and nothing of a caller in them.
func TestDocumentCache(t *testing.T) {
	t.Parallel()
	docs := documentsOf(t, schemaOf(t))
	const valid = `query($n:Int){jobs(first:$n){...F @defer}} fragment F on JobConnection{totalCount}`
	first, refused := docs.load(valid, anyDocument)
	if refused != nil {
		t.Fatal(refused.errors)
	}
	second, _ := docs.load(valid, anyDocument)
	if first != second {
		t.Error("a valid document is not remembered")
	}
	if other, _ := docs.load(valid+" ", anyDocument); other == first {
		t.Error("another text is the same document")
	}
	for _, text := range []string{`{`, `{nope}`, `{` + strings.Repeat("__typename ", 30) + `}`, `fragment F on Job{id}`} {
		for range 2 {
			if doc, refused := docs.load(text, anyDocument); doc != nil || refused == nil {
				t.Errorf("%q was loaded", text)
			}
		}
		if _, remembered := docs.cache.GetIfPresent(text); remembered {
			t.Errorf("%q is remembered", text)
		}
	}
	no := badRequest("no")
	if doc, refused := docs.load(valid, func(*ast.QueryDocument) *refusal { return no }); refused != no || doc == nil {
		t.Error("a remembered document is not asked about again")
	}
}

// One remembered document serves many callers at once, each with variables of its own.
func TestCachedDocumentIsShared(t *testing.T) {
	t.Parallel()
	gw := startGateway(t)
	const doc = `query($n:Int!,$s:[JobState!]){jobs(first:$n,filter:{states:$s}){nodes{...F}}} fragment F on Job{id}`
	var callers sync.WaitGroup
	for i := range 8 {
		callers.Go(func() {
			for n := range 4 {
				body := envelopeOf(t, doc, map[string]any{"n": n + i%2, "s": []string{"COMPLETED"}})
				got := gw.send(request{body: body})
				if nodes := len(nodesOf(t, got.data)); nodes != n+i%2 {
					t.Errorf("%d nodes for first: %d: %s", nodes, n+i%2, got.body)
				}
			}
		})
	}
	callers.Wait()
}

// nodesOf are the nodes of {jobs{nodes}}.
func nodesOf(t testing.TB, data json.RawMessage) []json.RawMessage {
	t.Helper()
	var wire struct {
		Jobs struct {
			Nodes []json.RawMessage `json:"nodes"`
		} `json:"jobs"`
	}
	if err := json.Unmarshal(data, &wire); err != nil {
		t.Errorf("%v: %s", err, data)
	}
	return wire.Jobs.Nodes
}

// Remembered or not, with other variables or other spaces: an answer depends on what is asked alone.
func TestCacheAnswersEqually(t *testing.T) {
	t.Parallel()
	gw := startGateway(t)
	const doc = `query($n:Int){jobs(first:$n){nodes{id state durationSeconds raw input{raw}} totalCount}}`
	vars := map[string]any{"n": 3}
	first := gw.post(doc, vars)
	gw.wantFine(first)
	if other := gw.post(doc, map[string]any{"n": 1}); reflect.DeepEqual(other.data, first.data) {
		t.Error("variables are remembered")
	}
	var a, b any
	_ = json.Unmarshal(first.data, &a)
	_ = json.Unmarshal(gw.post(doc, vars).data, &b)
	_ = json.Unmarshal(gw.post(" "+doc, vars).data, &b)
	if !reflect.DeepEqual(dropDurations(a), dropDurations(b)) {
		t.Errorf("%v\n%v", a, b)
	}
}

// dropDurations takes out what the clock has a part in.
func dropDurations(v any) any {
	switch v := v.(type) {
	case map[string]any:
		delete(v, "durationSeconds")
		for _, inner := range v {
			dropDurations(inner)
		}
	case []any:
		for _, inner := range v {
			dropDurations(inner)
		}
	}
	return v
}

// The documents that are remembered amount to 2 MiB of text, whatever their number; each counts 256 bytes
// more, and 5 for each field that it has when its fragments are written out.
func TestRememberedDocuments(t *testing.T) {
	t.Parallel()
	const all = 2 << 20
	padded := func(length int) func(i int) string {
		return func(i int) string { return fmt.Sprintf("{a%06d:__typename}#%s", i, strings.Repeat(" ", length)) }
	}
	spread := func(i int) string {
		return fmt.Sprintf("query Q%06d{jobs{%s}}fragment F on JobConnection{%s}", i, strings.Repeat("...F ", 49), strings.Repeat("__typename ", 10))
	}
	for _, tc := range []struct {
		text   func(i int) string
		fields int
	}{{padded(0), 1}, {padded(50_000), 1}, {spread, 491}} {
		docs := documentsOf(t, schemaOf(t))
		each := len(tc.text(0)) + 256 + 5*tc.fields
		fitting := all / each
		for i := range 2 * fitting {
			if _, refused := docs.load(tc.text(i), anyDocument); refused != nil {
				t.Fatal(refused.errors)
			}
		}
		docs.cache.CleanUp()
		if n := docs.cache.EstimatedSize(); n > fitting || n < fitting*9/10 {
			t.Errorf("%d documents of %d bytes each are remembered, want %d", n, each, fitting)
		}
	}
}

// The cache of documents weighs the plans that a document may come to remember, not its text alone: fragments
// and conditions make much of little.
func TestWeightOfPlans(t *testing.T) {
	t.Parallel()
	schema := schemaOf(t)
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
		valid := document.New(doc, document.Measure(doc))
		planned := plannedDocument{Document: valid, plans: direct.NewPlans(schema, doc, valid.Conditions)}
		if got := planned.plannedFields(); got != want {
			t.Errorf("%s: %d fields, want %d", text, got, want)
		}
	}
}
