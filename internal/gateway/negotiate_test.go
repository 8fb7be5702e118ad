package gateway

import (
	"net/http"
	"slices"
	"testing"
)

// The media types that negotiate can choose; no media type is a 406.
const (
	asJSON     = typeJSON
	asResponse = typeResponse
	asNothing  = ""
)

// acceptCases are Accept headers, one element a header line, and what a query is answered as.
var acceptCases = []struct {
	name   string
	accept []string
	want   string
}{
	{"no header", nil, asJSON},
	{"empty header", []string{""}, asJSON},
	{"any type", []string{"*/*"}, asJSON},
	{"any application type", []string{"application/*"}, asJSON},
	{"json", []string{"application/json"}, asJSON},
	{"response", []string{"application/graphql-response+json"}, asResponse},
	{"both", []string{"application/graphql-response+json, application/json"}, asResponse},
	{"both, the other way round", []string{"application/json, application/graphql-response+json"}, asResponse},
	{"a page", []string{"text/html"}, asNothing},
	{"response ruled out", []string{"application/graphql-response+json;q=0, application/json"}, asJSON},
	{"both ruled out", []string{"application/graphql-response+json;q=0, application/json;q=0"}, asNothing},

	{"a tie by q", []string{"application/json;q=0.5, application/graphql-response+json;q=0.5"}, asResponse},
	{"json preferred", []string{"application/json, application/graphql-response+json;q=0.9"}, asJSON},
	{"response preferred", []string{"application/json;q=0.9, application/graphql-response+json"}, asResponse},
	{"json ruled out beside a wildcard", []string{"application/json;q=0, */*"}, asResponse},
	{"response ruled out beside a wildcard", []string{"*/*, application/graphql-response+json;q=0"}, asJSON},
	{"all ruled out by a wildcard", []string{"*/*;q=0"}, asNothing},
	{"the specific range wins over a better wildcard", []string{"application/json;q=0.1, */*;q=0.9"}, asJSON},
	{"the narrower wildcard wins", []string{"application/*;q=0, */*"}, asNothing},
	{"a response below the wildcard", []string{"*/*;q=0.5, application/graphql-response+json;q=0.1"}, asJSON},
	{"a response equal to the wildcard", []string{"*/*;q=0.5, application/graphql-response+json;q=0.5"}, asResponse},
	{"the better of two equal ranges", []string{"application/json;q=0, application/json;q=1"}, asJSON},
	{"the better of two equal ranges, first", []string{"application/json;q=1, application/json;q=0"}, asJSON},
	{"two lines", []string{"application/json;q=0.1", "application/graphql-response+json"}, asResponse},
	{"two lines, one of them a page", []string{"text/html", "application/json"}, asJSON},
	{"upper case", []string{"Application/JSON"}, asJSON},
	{"other parameters", []string{"application/json; charset=utf-8; indent=2"}, asJSON},
	{"a comma in quotes", []string{`application/json;profile="a,b"`}, asJSON},
	{"a comma in quotes, of the other type", []string{`application/graphql-response+json;profile="a,b", application/json;q=0.5`}, asResponse},
	{"a comma and a quote in quotes", []string{`application/json;profile="a\",b";q=0.5, application/graphql-response+json;q=0.4`}, asJSON},
	{"a backslash before the end of quotes", []string{`application/json;profile="a\\", application/graphql-response+json;q=0.4`}, asJSON},
	{"a weight in quotes is no weight", []string{`application/json;x="q=0,;q=0", application/graphql-response+json;q=0.4`}, asJSON},
	{"a type in quotes is no type", []string{`text/html;x="a, application/json"`}, asNothing},
	{"quotes that do not end", []string{`text/html;x="a, application/json`}, asNothing},
	{"quotes that do not end, and another line", []string{`text/html;x="a`, "application/json"}, asJSON},
	{"a weight between parameters", []string{"application/json;a=1;q=0.1;b=2, application/graphql-response+json;q=0.2"}, asResponse},
	{"a parameter twice", []string{"application/json;a=1;a=2"}, asJSON},
	{"a parameter that is empty", []string{"application/json;;q=0.5;"}, asJSON},
	{"a parameter without a value", []string{"application/json;a, application/graphql-response+json;q=0.1"}, asResponse},
	{"an empty parameter in quotes", []string{`application/json;a=""`}, asJSON},
	{"an upper case q", []string{"application/json;Q=0.1, application/graphql-response+json;q=0.2"}, asResponse},
	{"a q of three digits", []string{"application/json;q=0.123, application/graphql-response+json;q=0.122"}, asJSON},
	{"a q of more digits", []string{"application/json;q=0.33333, application/graphql-response+json;q=0.33332"}, asJSON},
	{"a q without a nought", []string{"application/json;q=.2, application/graphql-response+json;q=.1"}, asJSON},
	{"a q with a point alone", []string{"application/json;q=1., application/graphql-response+json;q=0."}, asJSON},
	{"a q in quotes", []string{`application/json;q="0.2", application/graphql-response+json;q=0.1`}, asJSON},
	{"a q with an exponent is ignored", []string{"application/json;q=1e-1"}, asNothing},
	{"a hexadecimal q is ignored", []string{"application/json;q=0x1p-2"}, asNothing},
	{"an empty q is ignored", []string{"application/json;q="}, asNothing},
	{"a q of a point is ignored", []string{"application/json;q=."}, asNothing},
	{"a q of signs is ignored", []string{"application/json;q=+0.5"}, asNothing},
	{"tabs", []string{"\tapplication/json\t;\tq=0.5\t"}, asJSON},
	{"empty elements", []string{", ,application/json,, "}, asJSON},
	{"three lines, the best in the middle", []string{"application/json;q=0.1", "application/graphql-response+json;q=0.9", "*/*;q=0.5"}, asResponse},
	{"a line that is empty beside another", []string{"", "text/html"}, asNothing},
	{"an empty line beside another", []string{"text/html", ""}, asNothing},
	{"no type, with a comma in quotes", []string{`garbage;x="a, application/json"`}, asNothing},
	{"no type, with quotes in quotes", []string{`garbage;x="\", application/json;q=", application/graphql-response+json`}, asResponse},
	{"Java's own client", []string{"text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2"}, asJSON},
	{"blanks", []string{"  application/json ;  q=1.0 , text/html"}, asJSON},

	{"no range at all", []string{"garbage"}, asNothing},
	{"nothing but commas", []string{",,,"}, asNothing},
	{"a lonely star", []string{"*"}, asNothing},
	{"a q above 1 is ignored", []string{"application/json;q=2"}, asNothing},
	{"a negative q is ignored", []string{"application/json;q=-1"}, asNothing},
	{"a q that is no number is ignored", []string{"application/json;q=NaN"}, asNothing},
	{"a q that is no number shadows nothing", []string{"application/json;q=NaN, application/json"}, asJSON},
	{"two q are ignored", []string{"application/json;q=1;q=0, application/graphql-response+json"}, asResponse},
	{"two q are ignored, whichever comes last", []string{"application/json;q=0;q=1"}, asNothing},
	{"garbage beside a good range", []string{"/, ;;;, application/json"}, asJSON},

	{"Apollo Client", []string{"application/graphql-response+json, application/json;q=0.9"}, asResponse},
	{"Apollo Client with @defer", []string{"multipart/mixed;deferSpec=20220824,application/graphql-response+json,application/json;q=0.9"}, asResponse},
	{"urql", []string{"application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed"}, asResponse},
	{"Hive Gateway", []string{"application/graphql-response+json, application/json, multipart/mixed"}, asResponse},
	{"GraphiQL", []string{"application/json, multipart/mixed"}, asJSON},
	{"graphql-request", []string{"application/graphql-response+json, application/json"}, asResponse},
	{"a browser", []string{"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"}, asJSON},
	{"only streams", []string{"text/event-stream, multipart/mixed"}, asNothing},
}

func TestNegotiate(t *testing.T) {
	t.Parallel()
	for _, tc := range acceptCases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, ok := negotiate(tc.accept)
			if got != tc.want || ok != (tc.want != asNothing) {
				t.Errorf("negotiate(%q) = %q, %v, want %q", tc.accept, got, ok, tc.want)
			}
		})
	}
}

// A query is answered with one JSON object of the negotiated type, whatever streams a client lists beside it.
func TestAcceptOverHTTP(t *testing.T) {
	t.Parallel()
	gw := startGateway(t)
	for _, tc := range acceptCases {
		if slices.Contains(tc.accept, "") {
			continue // net/http sends it as it is, but has nothing to tell from no header
		}
		got := gw.send(request{body: `{"query":"{__typename}"}`, header: http.Header{"Accept": tc.accept}})
		if tc.want == asNothing {
			gw.wantRefused(got, http.StatusNotAcceptable, "NOT_ACCEPTABLE")
			if ct := got.header.Get("Content-Type"); ct != "application/json; charset=utf-8" {
				t.Errorf("%s: a 406 is %q", tc.name, ct)
			}
			continue
		}
		gw.wantFine(got)
		if ct := got.header.Get("Content-Type"); ct != tc.want+"; charset=utf-8" {
			t.Errorf("%s: answered as %q", tc.name, ct)
		}
	}
}

// The errors of a well-formed request have the status that the media type asks for; other faults keep theirs.
func TestStatusByMediaType(t *testing.T) {
	t.Parallel()
	gw := startGateway(t)
	for _, tc := range []struct {
		body         string
		json, graphQ int
	}{
		{`{"query":"{"}`, 200, 400},
		{`{"query":"{nope}"}`, 200, 400},
		{`{"query":"query($x:Int!){jobs(first:$x){totalCount}}"}`, 200, 400},
		{`{"query":"query A{__typename} query B{__typename}"}`, 200, 400},
		{`{"query":7}`, 400, 400},
		{`{"query":"{jobs(first:-1){totalCount}}"}`, 200, 200}, // a field refuses it while the operation runs
	} {
		for accept, want := range map[string]int{typeJSON: tc.json, typeResponse: tc.graphQ} {
			if got := gw.send(request{body: tc.body, header: http.Header{"Accept": {accept}}}); got.status != want {
				t.Errorf("%s as %s: %d, want %d", tc.body, accept, got.status, want)
			}
		}
	}
}

// Who accepts no type of ours still reads why a request is none.
func TestRefusalThatNobodyAccepts(t *testing.T) {
	t.Parallel()
	gw := startGateway(t)
	got := gw.send(request{body: `{}`, header: http.Header{"Accept": {"text/html"}}})
	gw.wantRefused(got, http.StatusBadRequest, "BAD_REQUEST")
	if ct := got.header.Get("Content-Type"); ct != "application/json; charset=utf-8" {
		t.Errorf("answered as %q", ct)
	}
}
