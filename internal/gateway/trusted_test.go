package gateway

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"jobsgateway/internal/trusted"
)

// The documents of these tests, as a frontend's build lists them.
const (
	listedOne   = "query One {__typename}"
	listedJobs  = "query Jobs($n: Int) {jobs(first: $n) {nodes {id}}} query Count {jobs {totalCount}}"
	relaysID    = "5f4dcc3b5aa765d61d8327deb882cf99"
	codegensID  = "8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4"
	inspectsIDs = "{__schema {queryType {name}}}"
)

// listed is the list of these tests. The id of codegen is no hash of its text.
var listed = []trusted.Document{
	{ID: relaysID, Text: listedOne, Place: "relay.json"},
	{ID: codegensID, Text: listedJobs, Place: "codegen.json"},
	{ID: trusted.Prefix + sha256Of(queryJobs), Text: queryJobs, Place: "jobs.graphql"},
}

// trusting starts a gateway with the list, in a mode.
func trusting(t testing.TB, mode Trust, list []trusted.Document, change ...func(*setup)) *testGateway {
	t.Helper()
	gw := startGateway(t, append(change, func(s *setup) { s.config.Trust, s.config.MaxPersisted = mode, 1<<20 })...)
	if err := gw.served.Trust(list); err != nil {
		t.Fatal(err)
	}
	return gw
}

// asked is a request by its members, as a POST and as a GET.
func asked(t testing.TB, members map[string]any) (post, get request) {
	t.Helper()
	body, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	values := url.Values{}
	for name, value := range members {
		if text, ok := value.(string); ok {
			values.Set(name, text)
			continue
		}
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		values.Set(name, string(text))
	}
	return request{body: string(body)}, request{method: http.MethodGet, path: "/graphql?" + values.Encode()}
}

const (
	runs       = ""
	isRequired = "PERSISTED_DOCUMENT_REQUIRED"
	isNotFound = "PERSISTED_DOCUMENT_NOT_FOUND"
	isOther    = "PERSISTED_DOCUMENT_MISMATCH"
)

// persistedQuery is the extensions of a request with a hash.
func persistedQuery(hash string) map[string]any {
	return map[string]any{"persistedQuery": map[string]any{"version": 1, "sha256Hash": hash}}
}

// ways are how a document can be named, and what comes of it where a listed one is required. Reason is what
// is counted; 0 if it is listed.
var ways = []struct {
	name    string
	members map[string]any
	code    string
	why     Unlisted
}{
	{"Relay's id", map[string]any{"documentId": relaysID}, runs, ListedDocument},
	{"codegen's id", map[string]any{"documentId": codegensID, "operationName": "Jobs", "variables": map[string]any{"n": 1}}, runs, ListedDocument},
	{"a prefixed id", map[string]any{"documentId": "sha256:" + sha256Of(queryJobs)}, runs, ListedDocument},
	{"the hash of a listed text", map[string]any{"documentId": "sha256:" + sha256Of(listedOne)}, runs, ListedDocument},
	{"an automatic one", map[string]any{"extensions": persistedQuery(sha256Of(queryJobs))}, runs, ListedDocument},
	{"an automatic one with an id", map[string]any{"extensions": persistedQuery(relaysID)}, runs, ListedDocument},
	{"an automatic one with its text", map[string]any{"extensions": persistedQuery(sha256Of(queryJobs)), "query": queryJobs}, runs, ListedDocument},
	{"the text beside its id", map[string]any{"documentId": relaysID, "query": listedOne}, runs, ListedDocument},
	{"an empty text", map[string]any{"documentId": relaysID, "query": ""}, runs, ListedDocument},
	{"both names", map[string]any{"documentId": relaysID, "extensions": persistedQuery(sha256Of(listedOne))}, runs, ListedDocument},

	{"a text", map[string]any{"query": queryType}, isRequired, UnlistedText},
	{"a listed text without its id", map[string]any{"query": listedOne}, isRequired, UnlistedText},
	{"introspection", map[string]any{"query": inspectsIDs}, isRequired, UnlistedText},
	{"what is no GraphQL", map[string]any{"query": "{" + marker}, isRequired, UnlistedText},
	{"another id", map[string]any{"documentId": marker}, isNotFound, UnlistedID},
	{"an id in capitals", map[string]any{"documentId": strings.ToUpper(relaysID)}, isNotFound, UnlistedID},
	{"a prefix before an id that is no hash", map[string]any{"documentId": "sha256:" + codegensID}, isNotFound, UnlistedID},
	{"an id with a blank", map[string]any{"documentId": relaysID + " "}, isNotFound, UnlistedID},
	{"a long id", map[string]any{"documentId": strings.Repeat("a", 10_000)}, isNotFound, UnlistedID},
	{"another hash", map[string]any{"extensions": persistedQuery(sha256Of(queryType))}, isNotFound, UnlistedID},
	{"another hash with its text", map[string]any{"extensions": persistedQuery(sha256Of(queryType)), "query": queryType}, isNotFound, UnlistedID},
	{"another text beside an id", map[string]any{"documentId": relaysID, "query": queryType}, isOther, UnlistedOther},
	{"another white space", map[string]any{"documentId": relaysID, "query": listedOne + " "}, isOther, UnlistedOther},
	{"another listed text", map[string]any{"documentId": relaysID, "query": queryJobs}, isOther, UnlistedOther},
	{"another listed hash", map[string]any{"documentId": relaysID, "extensions": persistedQuery(sha256Of(queryJobs))}, isOther, UnlistedOther},
	{"another text beside a hash", map[string]any{"extensions": persistedQuery(sha256Of(queryJobs)), "query": queryType}, isOther, UnlistedOther},
}

// Where listed documents are required, nothing else runs, is parsed or is remembered.
func TestTrustRequired(t *testing.T) {
	t.Parallel()
	l := newHearer()
	gw := trusting(t, TrustRequire, listed, heardBy(l))
	for _, way := range ways {
		post, get := asked(t, way.members)
		for _, r := range []request{post, get} {
			before := gw.jobs.Total()
			got := gw.send(r)
			events := l.events(1)
			if counted := slices.Contains(events, fmt.Sprintf("unlisted %d", way.why)); counted != (way.why != ListedDocument) {
				t.Errorf("%s: counted %v: %q", way.name, counted, events)
			}
			switch {
			case way.code == runs:
				gw.wantFine(got)
			case got.status != http.StatusBadRequest || got.code() != way.code || got.data != nil || gw.jobs.Total() != before:
				t.Errorf("%s: %d %s", way.name, got.status, got.body)
			case strings.Contains(got.body, marker) || strings.Contains(gw.log.String(), marker):
				t.Errorf("%s: what was sent is repeated: %s", way.name, got.body)
			}
		}
	}
	if n := gw.served.DocumentBytes() + gw.served.PersistedBytes(); n != 0 {
		t.Errorf("%d bytes are remembered beside the list", n)
	}
	if len(gw.log.With("document not listed")) > 0 {
		t.Error("a refusal has a line beside that of its operation")
	}
	if got := gw.post(inspectsIDs, nil); !strings.Contains(got.body, "Only listed documents run here, and no introspection: send the documentId of one.") {
		t.Errorf("the playground shows %s", got.body)
	}
}

// Where what is not listed is only logged, every request is answered as without a list if it has a text, and
// counted with the reason for which it would be refused.
func TestTrustLogged(t *testing.T) {
	t.Parallel()
	l := newHearer()
	gw := trusting(t, TrustLog, listed, heardBy(l))
	logged := 0
	for _, way := range ways {
		post, get := asked(t, way.members)
		for _, r := range []request{post, get} {
			got := gw.send(r)
			events := l.events(1)
			counted := slices.Contains(events, fmt.Sprintf("unlisted %d", way.why))
			if counted != (way.why != ListedDocument) {
				t.Errorf("%s: counted %v: %q", way.name, counted, events)
			}
			if counted {
				logged++
			}
			query, _ := way.members["query"].(string)
			_, hash := way.members["extensions"]
			switch {
			case way.code == runs || query != "" && !strings.Contains(query, marker) && way.name != "another text beside a hash":
				gw.wantFine(got)
			case query == "" && !hash && (got.status != http.StatusBadRequest || got.code() != isNotFound):
				t.Errorf("%s: %d %s", way.name, got.status, got.body)
			case got.data != nil && query == "" && !hash:
				t.Errorf("%s: ran: %s", way.name, got.body)
			}
		}
	}
	lines := gw.log.With("document not listed")
	if len(lines) != logged || strings.Contains(gw.log.String(), marker) {
		t.Fatalf("%d lines of %d:\n%s", len(lines), logged, gw.log.String())
	}
	if lines[0]["level"] != "WARN" || lines[0]["document"] != "sha256:"+sha256Of(queryType) || lines[0]["request_id"] == nil {
		t.Errorf("%v", lines[0])
	}
	// Automatic persisted queries go on.
	wantMiss(t, gw.send(request{body: byHash(t, sha256Of("{a:__typename}"), "")}))
}

// The name of an operation says that its document is listed where it is.
func TestTrustedOperationsAreTold(t *testing.T) {
	t.Parallel()
	ends := make(chan RequestEnd, 10)
	gw := trusting(t, TrustLog, listed, func(s *setup) { s.config.Observer = &endings{newHearer(), ends} })
	gw.send(request{body: `{"documentId":"` + relaysID + `"}`})
	gw.send(request{body: `{"query":"query Own {__typename}"}`})
	if first, second := <-ends, <-ends; !first.Trusted || first.Name != "One" || second.Trusted || second.Name != "Own" {
		t.Errorf("%+v %+v", first, second)
	}
}

// endings is an observer that hands on what requests ended with.
type endings struct {
	*hearer

	ends chan RequestEnd
}

func (e *endings) RequestEnds(_ context.Context, r RequestEnd) { e.ends <- r }

// A listed document is parsed when it is listed, and by no request.
func TestTrustedDocumentsAreParsedOnce(t *testing.T) {
	t.Parallel()
	gw := trusting(t, TrustRequire, listed)
	for range 3 {
		gw.wantFine(gw.send(request{body: `{"documentId":"` + relaysID + `"}`}))
	}
	set := gw.served.gateway.trusted.Load()
	if gw.served.DocumentBytes() != 0 {
		t.Error("a request has parsed a listed document")
	}
	if err := gw.served.Trust(listed[:1]); err != nil {
		t.Fatal(err)
	}
	if again := gw.served.gateway.trusted.Load(); again.byID[relaysID] != set.byID[relaysID] || len(again.byID) != 1 {
		t.Error("parsed again")
	}
}

// A list is replaced as a whole, while requests run; one with a fault is not taken.
func TestTrustAgain(t *testing.T) {
	t.Parallel()
	gw := trusting(t, TrustRequire, listed)
	one, jobs := request{body: `{"documentId":"` + relaysID + `"}`}, request{body: `{"documentId":"sha256:` + sha256Of(queryJobs) + `"}`}
	if err := gw.served.Trust([]trusted.Document{listed[0], {ID: "x", Text: "{nope}", Place: "x.json"}}); err == nil {
		t.Error("a document that is not valid is listed")
	}
	gw.wantFine(gw.send(jobs))
	if n := gw.served.TrustedDocuments(); n != 3 {
		t.Errorf("%d documents", n)
	}
	var asking sync.WaitGroup
	for range 4 {
		asking.Go(func() {
			for range 50 {
				gw.wantFine(gw.send(one))
				if got := gw.send(jobs); got.data == nil && got.code() != isNotFound {
					t.Error(got.body)
				}
			}
		})
	}
	for i := range 100 {
		if err := gw.served.Trust(listed[:1+2*(i%2)]); err != nil {
			t.Error(err)
		}
	}
	asking.Wait()
	if err := gw.served.Trust(listed[:1]); err != nil {
		t.Fatal(err)
	}
	if got := gw.send(jobs); got.code() != isNotFound {
		t.Errorf("what is listed no more: %s", got.body)
	}
}

// What is wrong with a list is said with the place of each document.
func TestTrustErrors(t *testing.T) {
	t.Parallel()
	gw := startGateway(t, func(s *setup) { s.config.Introspection = false })
	list := func(texts ...string) (list []trusted.Document) {
		for i, text := range texts {
			list = append(list, trusted.Document{ID: fmt.Sprint(i), Text: text, Place: fmt.Sprintf("p.json, \"%d\"", i)})
		}
		return list
	}
	for name, tc := range map[string]struct {
		list []trusted.Document
		want string
	}{
		"no GraphQL":    {list("{__typename}", "{\n x("), `p.json, "1": 2:4: Expected`},
		"a field":       {list("{jbs {totalCount}}"), `p.json, "0": 1:2: Cannot query field "jbs" on type "Query".`},
		"a fragment":    {list("fragment F on Query {__typename}"), `p.json, "0": The document has no operation.`},
		"nothing":       {list(""), `p.json, "0": `},
		"too deep":      {list("{" + strings.Repeat("jobs{nodes{dataset{", 10) + "id" + strings.Repeat("}}}", 10) + "}"), `p.json, "0": 1:1: The operation has more than 15 levels`},
		"two":           {list("{a}", "{__typename}", "{b}"), "\n" + `p.json, "2": 1:2: `},
		"a mutation":    {list("mutation {x}"), `p.json, "0": `},
		"many mistakes": {list("{a b c d e f}"), `"a" on type "Query".; 1:4: `},
	} {
		err := gw.served.Trust(tc.list)
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
	}
	wrong := make([]string, 100)
	for i := range wrong {
		wrong[i] = fmt.Sprintf("{f%d}", i)
	}
	if err := gw.served.Trust(list(wrong...)); strings.Count(err.Error(), "\n") != maxListedErrors-1 {
		t.Errorf("%v", err)
	}
	large := make([]string, 20)
	for i := range large {
		large[i] = fmt.Sprintf("{__typename} # %d %s", i, strings.Repeat("x", 200<<10))
	}
	if err := gw.served.Trust(list(large...)); err == nil || !strings.Contains(err.Error(), `p.json, "10": the documents up to here weigh more than 2 MiB`) {
		t.Errorf("%v", err)
	}
}

// Where the limits are lifted, a listed document is free of those that can be set, and of no others.
func TestLiftedLimits(t *testing.T) {
	t.Parallel()
	aliased := func(n int) string {
		var fields strings.Builder
		for i := range n {
			fmt.Fprintf(&fields, "a%d: __typename ", i)
		}
		return "{" + fields.String() + "}"
	}
	list := []trusted.Document{
		{ID: "costly", Text: "query($n: Int) {jobs(first: $n) {nodes {id}}}"},
		{ID: "deep", Text: "{jobs {nodes {dataset {jobs {nodes {id}}}}}}"},
		{ID: "aliases", Text: aliased(10)},
		{ID: "roots", Text: "{x: __typename, y: jobStateCounts {state} jobs {totalCount}}"},
	}
	limits := func(s *setup) { s.config.Limits = Limits{Cost: 3, Depth: 3, Aliases: 2, RootFields: 2} }
	gw := trusting(t, TrustRequire, list, limits, func(s *setup) { s.config.LiftTrusted, s.config.Explain = true, true })
	for _, listed := range list {
		got := gw.send(request{body: `{"documentId":"` + listed.ID + `","variables":{"n":5}}`})
		gw.wantFine(got)
	}
	explained := gw.send(request{body: `{"documentId":"costly","variables":{"n":5}}`, header: http.Header{explainHeader: {"1"}}})
	if !strings.Contains(explained.body, `"cost":6}`) {
		t.Errorf("explained as %s", explained.body)
	}
	if err := gw.served.Trust([]trusted.Document{{ID: "all", Text: aliased(501), Place: "all.json"}}); err == nil || !strings.Contains(err.Error(), "more than 500 fields") {
		t.Error(err)
	}
	// Others hold, such as that of a page.
	if got := gw.send(request{body: `{"documentId":"costly","variables":{"n":501}}`}); got.code() != "BAD_USER_INPUT" {
		t.Error(got.body)
	}

	held := trusting(t, TrustRequire, list[:1], limits)
	if got := held.send(request{body: `{"documentId":"costly","variables":{"n":5}}`}); got.code() != "COMPLEXITY_LIMIT_EXCEEDED" {
		t.Error(got.body)
	}
	if err := held.served.Trust(list); err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Error(err)
	}
}

// A listed document that asks for the schema is answered as any other: only where introspection is on.
func TestListedIntrospection(t *testing.T) {
	t.Parallel()
	for _, on := range []bool{true, false} {
		gw := trusting(t, TrustRequire, []trusted.Document{{ID: "x", Text: inspectsIDs}}, func(s *setup) { s.config.Introspection = on })
		if got := gw.send(request{body: `{"documentId":"x"}`}); (got.code() == "INTROSPECTION_DISABLED") == on || (got.data != nil) != on {
			t.Errorf("introspection %v: %s", on, got.body)
		}
	}
}

// FuzzTrustRequired: whatever a request has, what is returned to run is a listed text, by one of its names.
func FuzzTrustRequired(f *testing.F) {
	gw := trusting(f, TrustRequire, listed)
	texts := map[string]bool{}
	for _, document := range listed {
		texts[document.Text] = true
	}
	for _, way := range ways {
		body, err := json.Marshal(way.members)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(body))
	}
	f.Fuzz(func(t *testing.T, body string) {
		request, refused := decodeEnvelope([]byte(body))
		if refused != nil {
			return
		}
		named, refused := gw.served.gateway.name(t.Context(), request)
		switch {
		case refused == nil && (named.trusted == nil || !texts[named.query] || named.query != named.trusted.text || named.hash != ""):
			t.Errorf("%s runs %q", body, named.query)
		case refused == nil && request.query != "" && request.query != named.query:
			t.Errorf("%s sent another text than runs: %q", body, named.query)
		case refused != nil && refused.status != http.StatusBadRequest:
			t.Errorf("%s is refused with %d", body, refused.status)
		}
	})
}
