package gateway

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// persisting makes a gateway remember so many bytes of automatic persisted queries.
func persisting(most int64) func(*setup) { return func(s *setup) { s.config.MaxPersisted = most } }

// sha256Of is the hash of a text, in hex.
func sha256Of(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// hashed is the extensions of a request that names its document by a hash.
func hashed(hash string) string {
	return `{"persistedQuery":{"version":1,"sha256Hash":"` + hash + `"}}`
}

// byHash is the body of a request with a hash, and with a query unless that is empty.
func byHash(t testing.TB, hash, query string) string {
	t.Helper()
	members := map[string]any{"extensions": json.RawMessage(hashed(hash))}
	if query != "" {
		members["query"] = query
	}
	body, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// getByHash is a GET of a hash, and of a query unless that is empty.
func getByHash(hash, query string) request {
	values := url.Values{"extensions": {hashed(hash)}}
	if query != "" {
		values.Set("query", query)
	}
	return request{method: http.MethodGet, path: "/graphql?" + values.Encode()}
}

// as sends a request with another token.
func as(token string, r request) request {
	r.header = http.Header{"Authorization": {"Bearer " + token}}
	return r
}

// wantMiss checks that an answer says, as the clients compare it, that a hash is not known.
func wantMiss(t testing.TB, a answer) {
	t.Helper()
	if a.status != http.StatusOK || a.code() != "PERSISTED_QUERY_NOT_FOUND" || a.data != nil || a.errors[0].Message != "PersistedQueryNotFound" {
		t.Errorf("got %d %s, want a miss", a.status, a.body)
	}
}

// A hash that is not known is sent again with its text, by POST or by GET, and is enough from then on, for
// every caller. What each gets is from the Jobs API under its own token.
func TestPersistedQueries(t *testing.T) {
	t.Parallel()
	gw := startGateway(t, persisting(1<<20))
	hash := sha256Of(queryJobs)
	post := request{body: byHash(t, hash, "")}
	wantMiss(t, gw.send(post))
	wantMiss(t, gw.send(getByHash(hash, "")))
	if n := gw.jobs.Total(); n != 0 {
		t.Errorf("%d calls for misses", n)
	}
	first := gw.send(getByHash(hash, queryJobs))
	gw.wantFine(first)
	for name, r := range map[string]request{
		"POST": post, "GET": getByHash(hash, ""), "both": {body: byHash(t, hash, queryJobs)}, "upper case": {body: byHash(t, strings.ToUpper(hash), "")},
		"another caller": as(tokenB, post), "the text": {body: envelopeOf(t, queryJobs, nil)},
	} {
		if got := gw.send(r); got.status != http.StatusOK || string(got.data) != string(first.data) {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	// A caller whom the API refuses is refused with a hash, too.
	if got := gw.send(as("invalid", post)); got.code() != "UNAUTHENTICATED" || strings.Contains(got.body, `"id"`) {
		t.Errorf("a token that is not valid got %s", got.body)
	}
	named := byHash(t, hash, "")
	if got := gw.send(request{body: named[:len(named)-1] + `,"variables":{"x":1},"operationName":"Nope"}`}); got.code() != "OPERATION_RESOLUTION_FAILURE" {
		t.Errorf("another operation: %s", got.body)
	}
}

// Variables and the name of an operation belong to the request, not to what is remembered.
func TestPersistedQueryWithVariables(t *testing.T) {
	t.Parallel()
	gw := startGateway(t, persisting(1<<20))
	const query = `query A($n:Int){jobs(first:$n){nodes{id}}} query B{__typename}`
	send := func(text, name string, n int) answer {
		members := map[string]any{"extensions": json.RawMessage(hashed(sha256Of(query))), "operationName": name, "variables": map[string]int{"n": n}}
		if text != "" {
			members["query"] = text
		}
		body, _ := json.Marshal(members)
		return gw.send(request{body: string(body)})
	}
	gw.wantFine(send(query, "A", 1))
	for n := range 4 {
		if got := send("", "A", n); strings.Count(got.body, `"id"`) != n {
			t.Errorf("first: %d gives %s", n, got.body)
		}
	}
	if got := send("", "B", 1); string(got.data) != `{"__typename":"Query"}` {
		t.Errorf("B gives %s", got.body)
	}
}

// What is wrong with a hash is said, and nothing of it is remembered.
func TestRefusedHashes(t *testing.T) {
	t.Parallel()
	gw := startGateway(t, persisting(1<<20))
	const bad, mismatch = "BAD_REQUEST", "PERSISTED_QUERY_HASH_MISMATCH"
	hash := sha256Of(queryType)
	for _, tc := range []struct{ name, query, persistedQuery, code string }{
		{"another text", queryType, `{"version":1,"sha256Hash":"` + sha256Of(queryJobs) + `"}`, mismatch},
		{"another white space", queryType + " ", `{"version":1,"sha256Hash":"` + hash + `"}`, mismatch},
		{"version 2", queryType, `{"version":2,"sha256Hash":"` + hash + `"}`, bad},
		{"version 2 alone", "", `{"version":2,"sha256Hash":"` + hash + `"}`, bad},
		{"version as a string", queryType, `{"version":"1","sha256Hash":"` + hash + `"}`, bad},
		{"no version", queryType, `{"sha256Hash":"` + hash + `"}`, bad},
		{"no hash", queryType, `{"version":1}`, bad},
		{"a null hash", queryType, `{"version":1,"sha256Hash":null}`, bad},
		{"an empty hash", queryType, `{"version":1,"sha256Hash":""}`, bad},
		{"a number as a hash", queryType, `{"version":1,"sha256Hash":7}`, bad},
		{"a short hash", queryType, `{"version":1,"sha256Hash":"` + hash[:63] + `"}`, bad},
		{"a long hash", "", `{"version":1,"sha256Hash":"` + hash + `0"}`, bad},
		{"32 KiB", "", `{"version":1,"sha256Hash":"` + strings.Repeat("a", 32<<10) + `"}`, bad},
		{"no hex", "", `{"version":1,"sha256Hash":"` + hash[:63] + `g"}`, bad},
		{"a prefix", "", `{"version":1,"sha256Hash":"sha256:` + hash[:57] + `"}`, bad},
		{"a string", queryType, `"` + marker + `"`, bad},
		{"a list", "", `[]`, bad},
		{"an empty object", "", `{}`, bad},
		{"a member twice", queryType, `{"version":1,"version":1,"sha256Hash":"` + hash + `"}`, bad},
	} {
		body := `{"extensions":{"persistedQuery":` + tc.persistedQuery + `}`
		values := url.Values{"extensions": {`{"persistedQuery":` + tc.persistedQuery + `}`}}
		if tc.query != "" {
			body += `,"query":"` + tc.query + `"`
			values.Set("query", tc.query)
		}
		for _, r := range []request{{body: body + "}"}, {method: http.MethodGet, path: "/graphql?" + values.Encode()}} {
			got := gw.send(r)
			if r.method == http.MethodGet && len(r.path) > maxQueryString {
				gw.wantRefused(got, http.StatusRequestURITooLong, "PAYLOAD_TOO_LARGE")
				continue
			}
			if got.status != http.StatusBadRequest || got.code() != tc.code || got.data != nil || strings.Contains(got.body, marker) {
				t.Errorf("%s: %d %s", tc.name, got.status, got.body)
			}
		}
	}
	wantMiss(t, gw.send(request{body: byHash(t, hash, "")}))
	// Members that are not known, as the one that urql sends, and null are fine.
	gw.wantFine(gw.send(request{body: `{"query":"{__typename}","extensions":{"persistedQuery":{"version":1,"miss":true,"sha256Hash":"` + hash + `"}}}`}))
	gw.wantFine(gw.send(request{body: `{"query":"{__typename}","extensions":{"persistedQuery":null,"x":1}}`}))
	gw.wantFine(gw.send(request{body: byHash(t, hash, "")}))
}

// Nothing is remembered of a document that did not run.
func TestRefusedTextsAreNotRemembered(t *testing.T) {
	t.Parallel()
	gw := startGateway(t, persisting(1<<20), func(s *setup) { s.config.Limits.Cost = 100 })
	for _, query := range []string{"{", "{nope}", "mutation{x}", `{jobs(first:500){nodes{id}}}`, `query A{__typename} query B{__typename}`, "{a:__typename " + strings.Repeat("b:__typename ", 3000) + "}"} {
		if got := gw.send(request{body: byHash(t, sha256Of(query), query)}); got.data != nil {
			t.Errorf("%.40s ran", query)
		}
		wantMiss(t, gw.send(request{body: byHash(t, sha256Of(query), "")}))
	}
	if got := gw.send(getByHash(sha256Of("mutation{x}"), "mutation{x}")); got.status != http.StatusMethodNotAllowed {
		t.Errorf("a mutation by GET: %d %s", got.status, got.body)
	}
}

// Without the setting a hash alone is answered as the clients compare it, and one beside a text is not looked at.
func TestPersistedQueriesOff(t *testing.T) {
	t.Parallel()
	gw := startGateway(t)
	for _, hash := range []string{sha256Of(queryType), "ab"} {
		for _, r := range []request{{body: byHash(t, hash, "")}, getByHash(hash, "")} {
			got := gw.send(r)
			if got.status != http.StatusOK || got.code() != "PERSISTED_QUERY_NOT_SUPPORTED" || got.errors[0].Message != "PersistedQueryNotSupported" {
				t.Errorf("got %d %s", got.status, got.body)
			}
		}
		gw.wantFine(gw.send(request{body: byHash(t, hash, queryType)}))
	}
	if got := gw.send(request{body: `{"documentId":"x"}`}); got.status != http.StatusBadRequest || got.code() != "PERSISTED_DOCUMENT_NOT_FOUND" {
		t.Errorf("a documentId: %d %s", got.status, got.body)
	}
	gw.wantFine(gw.send(request{body: `{"documentId":"x","query":"{__typename}"}`}))
}

// A text is parsed once, whether it is sent or named, and a named one that is as old as its hash needs no
// parsing either.
func TestPersistedQueriesAreParsedOnce(t *testing.T) {
	t.Parallel()
	gw, g, _ := newOpenGateway(t, nil, nil)
	g.persisted = newPersisted(1 << 20)
	gw.wantFine(gw.post(queryJobs, nil))
	parsed, _ := g.executor.documents.cache.GetIfPresent(queryJobs)
	for _, r := range []request{{body: byHash(t, sha256Of(queryJobs), queryJobs)}, {body: byHash(t, sha256Of(queryJobs), "")}} {
		gw.wantFine(gw.send(r))
		if now, _ := g.executor.documents.cache.GetIfPresent(queryJobs); now != parsed || parsed == nil {
			t.Error("parsed again")
		}
	}
}

// Equal operations are one also where one came by its hash and the other as a text.
func TestHashAndTextShareAnAnswer(t *testing.T) {
	t.Parallel()
	upstream := &tokenTotals{gate: make(chan struct{})}
	gw, g, _ := newOpenGateway(t, upstream, nil)
	g.persisted = newPersisted(1 << 20)
	const query = `{jobs{totalCount}}`
	hash, _ := hashOf(sha256Of(query))
	g.persisted.keep(hash, query, nobody)
	answers := make(chan answer)
	for _, body := range []string{byHash(t, sha256Of(query), ""), envelopeOf(t, query, nil), byHash(t, sha256Of(query), query)} {
		go func() { answers <- gw.send(as("token-6", request{body: body})) }()
	}
	until(t, func() bool {
		calls, callers := g.flights.group.Count()
		return calls == 1 && callers == 3
	})
	close(upstream.gate)
	for range 3 {
		if got := <-answers; string(got.data) != `{"jobs":{"totalCount":60}}` {
			t.Error(got.body)
		}
	}
	if n := upstream.calls.Load(); n != 1 {
		t.Errorf("%d calls", n)
	}
}
