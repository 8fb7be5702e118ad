package gateway

import (
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// rawPost is a POST of query with header lines as they stand, each with its line end.
func rawPost(lines, query string) string {
	body := `{"query":` + quote(query) + `}`
	return "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n" +
		"Accept: application/graphql-response+json\r\n" + lines + "Content-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
}

func TestNoToken(t *testing.T) {
	t.Parallel()
	gw := startGateway(t)
	gw.wantFine(gw.send(request{body: envelopeOf(t, queryType, nil), anonymous: true}))
	got := gw.send(request{body: envelopeOf(t, queryJobs, nil), anonymous: true})
	if got.status != http.StatusOK || got.code() != "UNAUTHENTICATED" || string(got.data) != `{"jobs":null}` {
		t.Errorf("%d %s", got.status, got.body)
	}
	if n := gw.jobs.Total(); n != 0 {
		t.Errorf("%d upstream calls", n)
	}
}

// TestAuthorization sends header lines over a bare connection, where no client mends or refuses them.
func TestAuthorization(t *testing.T) {
	t.Parallel()
	gw := startGateway(t)
	for _, tc := range []struct {
		name, lines string
		bad         badHeader // 0: it is fine
	}{
		{"a token", "Authorization: Bearer " + tokenA + "\r\n", 0},
		{"lower case", "authorization: bearer " + tokenA + "\r\n", 0},
		{"upper case", "AUTHORIZATION: BEARER " + tokenA + "\r\n", 0},
		{"blanks around the value", "Authorization: \t Bearer " + tokenA + " \t\r\n", 0},
		{"all characters", "Authorization: Bearer aZ09-._~+/==\r\n", 0},
		{"a fold that stands for one blank", "Authorization: Bearer\r\n " + tokenA + "\r\n", 0},
		{"the longest", "Authorization: Bearer " + strings.Repeat("a", 8192) + "\r\n", 0},

		{"one too long", "Authorization: Bearer " + strings.Repeat("a", 8193) + "\r\n", longToken},
		{"empty", "Authorization:\r\n", emptyHeader},
		{"another scheme", "Authorization: Basic dXNlcjpwdw==\r\n", otherScheme},
		{"a made-up scheme", "Authorization: Token " + tokenA + "\r\n", otherScheme},
		{"the scheme alone", "Authorization: Bearer\r\n", noToken},
		{"the scheme and a blank", "Authorization: Bearer \r\n", noToken},
		{"the token alone", "Authorization: " + tokenA + "\r\n", noScheme},
		{"two blanks", "Authorization: Bearer  " + tokenA + "\r\n", blankInToken},
		{"a tab", "Authorization: Bearer\t" + tokenA + "\r\n", noScheme},
		{"a blank inside", "Authorization: Bearer tok A\r\n", blankInToken},
		{"a tab inside", "Authorization: Bearer tok\tA\r\n", noTokensChar},
		{"a high byte", "Authorization: Bearer tok\x80A\r\n", noTokensChar},
		{"an umlaut", "Authorization: Bearer tok\xc3\xa9A\r\n", noTokensChar},
		{"a comma", "Authorization: Bearer tok,A\r\n", noTokensChar},
		{"a quote", "Authorization: Bearer \"tokA\"\r\n", noTokensChar},
		{"an equals sign inside", "Authorization: Bearer tok=A\r\n", noTokensChar},
		{"only equals signs", "Authorization: Bearer ==\r\n", noTokensChar},
		{"two in one line", "Authorization: Bearer " + tokenA + ", Bearer " + tokenB + "\r\n", blankInToken},
		{"two lines", "Authorization: Bearer " + tokenA + "\r\nAuthorization: Bearer " + tokenB + "\r\n", severalHeaders},
		{"twice the same", "Authorization: Bearer " + tokenA + "\r\nauthorization: Bearer " + tokenA + "\r\n", severalHeaders},
		{"an empty line first", "Authorization: \r\n" + "Authorization: Bearer " + tokenA + "\r\n", severalHeaders},
		{"a fold inside", "Authorization: Bearer tok\r\n A\r\n", blankInToken},
		{"the word twice", "Authorization: Bearer bearer " + tokenA + "\r\n", twiceBearer},
		{"what a page makes of an object", "Authorization: Bearer [object Object]\r\n", blankInToken},
	} {
		gw.jobs.Reset()
		got := gw.sendBytes(rawPost(tc.lines, queryJobs))
		if tc.bad == 0 {
			gw.wantFine(got)
			continue
		}
		if got.status != http.StatusUnauthorized || got.code() != "UNAUTHENTICATED" || got.data != nil || gw.jobs.Total() != 0 {
			t.Errorf("%s: %d %s, %d upstream calls", tc.name, got.status, got.body, gw.jobs.Total())
		}
		if got.errors[0].Message != headerSentences[tc.bad] {
			t.Errorf("%s: %s, want %s", tc.name, got.body, headerSentences[tc.bad])
		}
		if got.header.Get("Www-Authenticate") != tc.bad.challenge() || got.header.Get("Content-Type") != "application/graphql-response+json; charset=utf-8" {
			t.Errorf("%s: %v", tc.name, got.header)
		}
	}
}

// A 401 has the media type that is asked for, as every other answer, and a challenge as RFC 6750 has it: with a code
// only where somebody has tried a token.
func TestUnauthorizedAnswers(t *testing.T) {
	t.Parallel()
	gw := startGateway(t)
	for accept, want := range map[string]string{
		"application/graphql-response+json":                         "application/graphql-response+json; charset=utf-8",
		"application/graphql-response+json, application/json;q=0.9": "application/graphql-response+json; charset=utf-8",
		"application/json": "application/json; charset=utf-8",
		"*/*":              "application/json; charset=utf-8",
		"text/html":        "application/json; charset=utf-8", // said all the same
	} {
		for header, challenge := range map[string]string{
			"Basic dXNlcjpwdw==": `Bearer realm="jobs"`,
			"Bearer":             `Bearer realm="jobs", error="invalid_token", error_description="The Authorization header has no token behind Bearer: send Authorization: Bearer, one blank and the token."`,
		} {
			got := gw.send(request{body: envelopeOf(t, queryJobs, nil), header: http.Header{"Accept": {accept}, "Authorization": {header}}})
			if got.status != http.StatusUnauthorized || got.header.Get("Content-Type") != want || got.header.Get("Www-Authenticate") != challenge {
				t.Errorf("%s with %s: %d %v", accept, header, got.status, got.header)
			}
		}
	}
}

// Bytes that no header value may have, and headers beyond the cap, end at the server, before any handler.
func TestHeadersBeyondHTTP(t *testing.T) {
	t.Parallel()
	gw := startGateway(t)
	for lines, status := range map[string]int{
		"Authorization: Bearer tok\x00A\r\n":                            400,
		"Authorization : Bearer tok\r\n":                                400,
		"Authorization: Bearer " + strings.Repeat("a", 40<<10) + "\r\n": 431,
	} {
		conn := gw.dial()
		// The server may close in the middle of what is written; its answer is there all the same.
		_, _ = conn.Write([]byte(rawPost(lines, queryJobs)))
		line := make([]byte, len("HTTP/1.1 000"))
		if _, err := conn.Read(line); err != nil || !strings.HasSuffix(string(line), strconv.Itoa(status)) {
			t.Errorf("%.40q: %q %v, want %d", lines, line, err, status)
		}
	}
	if n := gw.jobs.Total(); n != 0 {
		t.Errorf("%d upstream calls", n)
	}
}

// The Authorization header is the only authority: what looks like a token elsewhere is none, and stays out of
// the log.
func TestTokenElsewhere(t *testing.T) {
	t.Parallel()
	gw := startGateway(t)
	const query = `query($authorization:String){jobs(first:1){nodes{id}} a:jobs(after:$authorization,first:1){totalCount}}`
	for name, r := range map[string]request{
		"in the URL":        {path: "/graphql?access_token=" + tokenA, body: envelopeOf(t, queryJobs, nil)},
		"in a cookie":       {header: http.Header{"Cookie": {"token=" + tokenA + "; Authorization=Bearer " + tokenA}}, body: envelopeOf(t, queryJobs, nil)},
		"in extensions":     {body: `{"query":` + quote(queryJobs) + `,"extensions":{"token":"` + tokenA + `","headers":{"Authorization":"Bearer ` + tokenA + `"}}}`},
		"in a variable":     {body: envelopeOf(t, query, map[string]any{"authorization": tokenA})},
		"in another header": {header: http.Header{"X-Authorization": {"Bearer " + tokenA}, "Proxy-Authorization": {"Bearer " + tokenA}, "X-Api-Key": {tokenA}}, body: envelopeOf(t, queryJobs, nil)},
		"in the user":       {header: http.Header{"X-Forwarded-User": {tokenA}}, body: envelopeOf(t, queryJobs, nil)},
	} {
		r.anonymous = true
		got := gw.send(r)
		codes := []any{}
		for _, e := range got.errors {
			codes = append(codes, e.Extensions["code"])
		}
		if got.status != http.StatusOK || !slices.Contains(codes, any("UNAUTHENTICATED")) {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	if n := gw.jobs.Total(); n != 0 {
		t.Errorf("%d upstream calls", n)
	}
}

// Nothing of the caller's reaches the upstream but the token and the names of the request.
func TestOutboundHeaders(t *testing.T) {
	t.Parallel()
	gw := startGateway(t)
	lines := "Authorization: Bearer " + tokenA + "\r\nCookie: a=" + marker + "\r\nX-Company-Id: 7\r\nX-Forwarded-For: 10.0.0.1\r\n" +
		"Forwarded: for=10.0.0.1\r\nReferer: https://app.example/" + marker + "\r\nOrigin: https://app.example\r\n" +
		"Proxy-Authorization: Basic x\r\nX-Api-Key: " + marker + "\r\nRange: bytes=0-1\r\nIf-None-Match: \"x\"\r\n" +
		"Accept-Language: de\r\nTraceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n" +
		"X-Request-Id: mine\r\nUser-Agent: " + marker + "\r\nConnection: authorization, x-a\r\nX-A: " + marker + "\r\n"
	gw.wantFine(gw.sendBytes(rawPost(lines, queryJobs)))
	requests := gw.jobs.Requests()
	if len(requests) != 1 {
		t.Fatalf("%d upstream calls", len(requests))
	}
	for name, values := range requests[0].Header {
		if !slices.Contains([]string{"Accept", "Accept-Encoding", "Authorization", "Traceparent", "User-Agent", "X-Request-Id"}, name) || len(values) != 1 ||
			strings.Contains(values[0], marker) {
			t.Errorf("the upstream was sent %s: %q", name, values)
		}
	}
	if got := requests[0].Header.Get("Authorization"); got != "Bearer "+tokenA {
		t.Errorf("the upstream was sent %q", got)
	}
	if strings.Contains(requests[0].RawQuery+requests[0].Path, marker) {
		t.Errorf("%s?%s", requests[0].Path, requests[0].RawQuery)
	}
}

// Two callers at once get their own data: a remembered document or an equal question carries no token over.
func TestTokensStayApart(t *testing.T) {
	t.Parallel()
	gw := startGateway(t, func(s *setup) { s.jobs.Tokens = map[string]int64{tokenA: 1, tokenB: 2} })
	totals := map[string]string{}
	for _, token := range []string{tokenA, tokenB, tokenA, tokenB} {
		got := gw.send(request{body: envelopeOf(t, `{jobs(first:0){totalCount}}`, nil), header: http.Header{"Authorization": {"Bearer " + token}}})
		gw.wantFine(got)
		if earlier, seen := totals[token]; seen && earlier != string(got.data) {
			t.Errorf("%s, then %s", earlier, got.data)
		}
		totals[token] = string(got.data)
	}
	if totals[tokenA] == totals[tokenB] {
		t.Errorf("both callers see %s", totals[tokenA])
	}
	for i, r := range gw.jobs.Requests() {
		if want := "Bearer " + []string{tokenA, tokenB}[i%2]; r.Header.Get("Authorization") != want {
			t.Errorf("call %d went out under another token", i)
		}
	}
}

// The grammar of a token is that of RFC 6750.
func TestGrammarOfTokens(t *testing.T) {
	t.Parallel()
	grammar := regexp.MustCompile(`^[A-Za-z0-9._~+/-]+=*$`)
	check := func(text string) {
		if got, want := isB64token(text), grammar.MatchString(text); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
	check("")
	for first := range 256 {
		check(string([]byte{byte(first)}))
		for second := range 256 {
			check(string([]byte{byte(first), byte(second)}))
			check(string([]byte{'a', byte(first), byte(second), '='}))
		}
	}
}
