package gateway

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// marker stands for what a caller would not like to see in a log or in somebody else's error report.
const marker = "hunter2-LEAK"

func TestEnvelope(t *testing.T) {
	t.Parallel()
	const fine = ""
	gw := startGateway(t)
	for _, tc := range []struct{ name, body, code string }{
		{"cut", `{"query":"{__typename}","variables":{"pw":"` + marker + `"`, "BAD_REQUEST"},
		{"words after it", `{"query":"{__typename}"} ` + marker, "BAD_REQUEST"},
		{"another one after it", `{"query":"{__typename}"}{"query":"{__typename}"}`, "BAD_REQUEST"},
		{"null", `null`, "BAD_REQUEST"},
		{"a string", `"` + marker + `"`, "BAD_REQUEST"},
		{"a number", `7`, "BAD_REQUEST"},
		{"an empty array", `[]`, "BAD_REQUEST"},
		{"a batch", `[{"query":"{__typename}"}]`, "BAD_REQUEST"},
		{"an empty body", ``, "BAD_REQUEST"},
		{"blanks", "  \n", "BAD_REQUEST"},
		{"no query", `{}`, "BAD_REQUEST"},
		{"a null query", `{"query":null}`, "BAD_REQUEST"},
		{"a number as a query", `{"query":1}`, "BAD_REQUEST"},
		{"a list as a query", `{"query":["` + marker + `"]}`, "BAD_REQUEST"},
		{"an empty query", `{"query":""}`, "BAD_REQUEST"},
		{"another case", `{"Query":"{__typename}"}`, "BAD_REQUEST"},
		{"a member twice", `{"query":"{__typename}","query":"{` + marker + `}"}`, "BAD_REQUEST"},
		{"a variable twice", `{"query":"{__typename}","variables":{"a":1,"a":2}}`, "BAD_REQUEST"},
		{"broken UTF-8", "{\"query\":\"{__typename} #\xff\"}", "BAD_REQUEST"},
		{"half a surrogate pair", `{"query":"{__typename} #\ud800"}`, "BAD_REQUEST"},
		{"a byte order mark", "\ufeff" + `{"query":"{__typename}"}`, "BAD_REQUEST"},
		{"variables as a string", `{"query":"{__typename}","variables":"` + marker + `"}`, "BAD_REQUEST"},
		{"variables as a number", `{"query":"{__typename}","variables":7}`, "BAD_REQUEST"},
		{"variables as a list", `{"query":"{__typename}","variables":[7]}`, "BAD_REQUEST"},
		{"operationName as an object", `{"query":"{__typename}","operationName":{"x":"` + marker + `"}}`, "BAD_REQUEST"},
		{"extensions as a string", `{"query":"{__typename}","extensions":"` + marker + `"}`, "BAD_REQUEST"},
		{"too deep", `{"query":"{__typename}","variables":{"a":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + `}}`, "BAD_REQUEST"},
		{"a documentId as a number", `{"documentId":7}`, "BAD_REQUEST"},
		{"an empty documentId", `{"documentId":""}`, "BAD_REQUEST"},
		{"a documentId", `{"documentId":"` + marker + `"}`, "PERSISTED_DOCUMENT_NOT_FOUND"},

		{"other members", `{"query":"{__typename}","x":1,"id":"` + marker + `"}`, fine},
		{"nulls", `{"query":"{__typename}","variables":null,"operationName":null,"extensions":null}`, fine},
		{"empty objects", `{"query":"{__typename}","variables":{},"extensions":{}}`, fine},
		{"variables of no declaration", `{"query":"{__typename}","variables":{"pw":"` + marker + `"}}`, fine},
		{"blanks around it", "\r\n\t {\"query\":\"{__typename}\"} \n", fine},
		{"escapes", `{"query":"\u007b__typename\u007d"}`, fine},
		{"a persisted query with its text", `{"query":"{__typename}","extensions":{"persistedQuery":{"version":1,"sha256Hash":"ab"}}}`, fine},
	} {
		got := gw.send(request{body: tc.body})
		switch {
		case tc.code == fine:
			gw.wantFine(got)
		case got.status != http.StatusBadRequest || got.code() != tc.code || got.data != nil:
			t.Errorf("%s: %d %s", tc.name, got.status, got.body)
		}
		if strings.Contains(got.body, marker) {
			t.Errorf("%s: the answer repeats the body: %s", tc.name, got.body)
		}
		if isBatch := strings.HasPrefix(tc.body, "["); isBatch != strings.Contains(got.body, "Batching is not supported") {
			t.Errorf("%s: %s", tc.name, got.body)
		}
	}
	if strings.Contains(gw.log.String(), marker) {
		t.Error("the log repeats a body")
	}
	if n := gw.jobs.Total(); n != 0 {
		t.Errorf("%d upstream calls", n)
	}
}

// What many readers of JSON let pass is named, by POST and by GET.
func TestStrictJSON(t *testing.T) {
	t.Parallel()
	gw := startGateway(t)
	for _, variables := range []string{`{"a":1,"a":2}`, "{\"a\":\"\xff\"}", `{"a":"\ud83d"}`} {
		for _, got := range []answer{
			gw.send(request{body: `{"query":"{__typename}","variables":` + variables + `}`}),
			gw.send(request{method: http.MethodGet, path: "/graphql?query={__typename}&variables=" + url.QueryEscape(variables)}),
		} {
			gw.wantRefused(got, http.StatusBadRequest, "BAD_REQUEST")
			if !strings.Contains(got.body, "UTF-8, each member once, no half of a surrogate pair") {
				t.Errorf("%q: %s", variables, got.body)
			}
		}
	}
}

// Numbers in variables keep their digits: no float stands between the caller and the upstream.
func TestVariablesKeepDigits(t *testing.T) {
	t.Parallel()
	request, refused := decodeEnvelope([]byte(`{"query":"q","variables":{"n":9007199254740993,"f":1e400}}`))
	if refused != nil {
		t.Fatal(refused.errors)
	}
	variables := request.readVariables()
	if n, ok := variables["n"].(interface{ String() string }); !ok || n.String() != "9007199254740993" {
		t.Errorf("n is %v", variables["n"])
	}
}

func TestContentTypes(t *testing.T) {
	t.Parallel()
	gw := startGateway(t)
	for _, tc := range []struct {
		name   string
		header http.Header
		body   string
		fine   bool
	}{
		{name: "text", header: http.Header{"Content-Type": {"text/plain"}}},
		{name: "a form", header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, body: "query=%7B__typename%7D"},
		{name: "a form with files", header: http.Header{"Content-Type": {"multipart/form-data; boundary=x"}}},
		{name: "a bare document", header: http.Header{"Content-Type": {"application/graphql"}}, body: queryType},
		{name: "a longer name", header: http.Header{"Content-Type": {"application/jsonx"}}},
		{name: "a suffix", header: http.Header{"Content-Type": {"application/graphql+json"}}},
		{name: "none", header: http.Header{"Content-Type": nil}},
		{name: "two", header: http.Header{"Content-Type": {"application/json", "text/plain"}}},
		{name: "garbage", header: http.Header{"Content-Type": {"application/json;;charset"}}},
		{name: "UTF-16", header: http.Header{"Content-Type": {"application/json; charset=utf-16"}}},
		{name: "an empty charset", header: http.Header{"Content-Type": {`application/json; charset=""`}}},
		{name: "upper case charset", header: http.Header{"Content-Type": {"application/json; charset=UTF-8"}}, fine: true},
		{name: "quoted charset", header: http.Header{"Content-Type": {`application/json; charset="utf-8"`}}, fine: true},
		{name: "upper case type", header: http.Header{"Content-Type": {"Application/JSON"}}, fine: true},
		{name: "a semicolon at the end", header: http.Header{"Content-Type": {"application/json;"}}, fine: true},
		{name: "a comma in quotes", header: http.Header{"Content-Type": {`application/json; profile="a,b"`}}, fine: true},
		{name: "a quote in quotes", header: http.Header{"Content-Type": {`application/json; profile="a\"; charset=utf-16"`}}, fine: true},
		{name: "an escaped charset", header: http.Header{"Content-Type": {`application/json; charset="utf\-8"`}}, fine: true},
		{name: "a list", header: http.Header{"Content-Type": {"application/json, text/plain"}}},
		{name: "a list of one type", header: http.Header{"Content-Type": {"application/json, application/json"}}},
		{name: "another parameter", header: http.Header{"Content-Type": {"application/json; profile=x"}}, fine: true},

		{name: "gzip", header: http.Header{"Content-Encoding": {"gzip"}}, body: "\x1f\x8b\x08\x00"},
		{name: "deflate", header: http.Header{"Content-Encoding": {"deflate"}}},
		{name: "brotli", header: http.Header{"Content-Encoding": {"br"}}},
		{name: "two encodings", header: http.Header{"Content-Encoding": {"identity, gzip"}}},
		{name: "two encoding lines", header: http.Header{"Content-Encoding": {"identity", "gzip"}}},
		{name: "identity", header: http.Header{"Content-Encoding": {"Identity"}}, fine: true},
	} {
		if tc.body == "" {
			tc.body = `{"query":"{__typename}"}`
		}
		got := gw.send(request{body: tc.body, header: tc.header})
		switch {
		case tc.fine:
			gw.wantFine(got)
		case got.status != http.StatusUnsupportedMediaType || got.code() != "UNSUPPORTED_MEDIA_TYPE" || got.data != nil:
			t.Errorf("%s: %d %s", tc.name, got.status, got.body)
		}
	}
	if n := gw.jobs.Total(); n != 0 {
		t.Errorf("%d upstream calls", n)
	}
}

func TestGet(t *testing.T) {
	t.Parallel()
	const fine = ""
	gw := startGateway(t)
	q := url.QueryEscape
	for _, tc := range []struct {
		name, query string
		status      int
		code        string
	}{
		{"a query", "query=" + q(queryType), 200, fine},
		{"all parameters", "query=" + q("query A($n:Int){jobs(first:$n){totalCount}} query B{__typename}") +
			"&operationName=A&variables=" + q(`{"n":1}`) + "&extensions=" + q(`{"a":1}`), 200, fine},
		{"empty parameters", "query=" + q(queryType) + "&operationName=&variables=&extensions=", 200, fine},
		{"unknown parameters", "query=" + q(queryType) + "&nope=1&nope=2", 200, fine},
		{"null variables", "query=" + q(queryType) + "&variables=null", 200, fine},

		{"nothing", "", 400, "BAD_REQUEST"},
		{"no query", "variables=" + q(`{"a":1}`), 400, "BAD_REQUEST"},
		{"an empty query", "query=", 400, "BAD_REQUEST"},
		{"query twice", "query=" + q(queryType) + "&query=" + q(queryType), 400, "BAD_REQUEST"},
		{"variables twice", "query=" + q(queryType) + "&variables={}&variables={}", 400, "BAD_REQUEST"},
		{"operationName twice", "query=" + q(queryType) + "&operationName=A&operationName=B", 400, "BAD_REQUEST"},
		{"extensions twice", "query=" + q(queryType) + "&extensions={}&extensions={}", 400, "BAD_REQUEST"},
		{"half an escape", "query=" + q(queryType) + "&x=%2", 400, "BAD_REQUEST"},
		{"an escape that is none", "query=" + q(queryType) + "&x=%zz", 400, "BAD_REQUEST"},
		{"a semicolon", "query=" + q(queryType) + ";x=1", 400, "BAD_REQUEST"},
		{"broken UTF-8", "query=" + q(queryType) + "%ff", 400, "BAD_REQUEST"},
		{"broken UTF-8 in variables", "query=" + q(queryType) + "&variables=" + q(`{"a":"`) + "%ff" + q(`"}`), 400, "BAD_REQUEST"},
		{"variables that are no JSON", "query=" + q(queryType) + "&variables=" + marker, 400, "BAD_REQUEST"},
		{"variables with a rest", "query=" + q(queryType) + "&variables=" + q(`{} x`), 400, "BAD_REQUEST"},
		{"variables as a list", "query=" + q(queryType) + "&variables=" + q(`[1]`), 400, "BAD_REQUEST"},
		{"extensions as a string", "query=" + q(queryType) + "&extensions=" + q(`"x"`), 400, "BAD_REQUEST"},
		{"a persisted query", "extensions=" + q(`{"persistedQuery":{"version":1,"sha256Hash":"ab"}}`), 200, "PERSISTED_QUERY_NOT_SUPPORTED"},
		{"a documentId", "documentId=sha256%3Aab", 400, "PERSISTED_DOCUMENT_NOT_FOUND"},
		{"documentId twice", "documentId=a&documentId=a", 400, "BAD_REQUEST"},
		{"an empty documentId", "documentId=", 400, "BAD_REQUEST"},
		{"a mutation", "query=" + q("mutation{any}"), 405, "METHOD_NOT_ALLOWED"},
		{"a named mutation", "query=" + q("query A{__typename} mutation B{any}") + "&operationName=B", 405, "METHOD_NOT_ALLOWED"},
		{"a subscription", "query=" + q("subscription{any}"), 405, "METHOD_NOT_ALLOWED"},
		{"two mutations", "query=" + q("mutation A{any} mutation B{any}"), 400, "GRAPHQL_VALIDATION_FAILED"},
	} {
		got := gw.send(request{method: http.MethodGet, path: "/graphql?" + tc.query})
		if got.status != tc.status || got.code() != tc.code || (got.data == nil) != (tc.code != fine) {
			t.Errorf("%s: %d %s", tc.name, got.status, got.body)
		}
		if tc.status == http.StatusMethodNotAllowed && got.header.Get("Allow") != http.MethodPost {
			t.Errorf("%s: Allow is %q", tc.name, got.header.Get("Allow"))
		}
		if strings.Contains(got.body, marker) {
			t.Errorf("%s: the answer repeats a parameter: %s", tc.name, got.body)
		}
	}
	if n := gw.jobs.Total(); n != 1 {
		t.Errorf("%d upstream calls, want that of one query", n)
	}
}
