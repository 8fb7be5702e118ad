package gateway

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
)

// An error of whatever kind can be read by a page of an allowed origin: without these headers a browser hides it,
// and says that the origin is not allowed.
func TestErrorsCrossOrigins(t *testing.T) {
	t.Parallel()
	gw := startGateway(t, func(s *setup) {
		s.config.CORSOrigins, s.config.Upstream, s.config.BasePath = []string{origin}, busyUpstream{}, "/gw"
	})
	body := envelopeOf(t, queryJobs, nil)
	for _, tc := range []struct {
		status int
		r      request
	}{
		{http.StatusBadRequest, request{body: "{"}},
		{http.StatusBadRequest, request{body: envelopeOf(t, "{nope}", nil)}},
		{http.StatusBadRequest, request{method: http.MethodGet, path: "/gw/graphql?query="}},
		{http.StatusUnauthorized, request{body: body, header: http.Header{"Authorization": {"Basic x"}}}},
		{http.StatusNotFound, request{path: "/graphql", body: body}},
		{http.StatusNotFound, request{method: http.MethodGet, path: "/"}},
		{http.StatusMethodNotAllowed, request{method: http.MethodHead}},
		{http.StatusMethodNotAllowed, request{method: http.MethodPut, body: body}},
		{http.StatusMethodNotAllowed, request{path: "/gw/schema.graphql", body: body}},
		{http.StatusNotAcceptable, request{body: body, header: http.Header{"Accept": {"text/html"}}}},
		{http.StatusRequestEntityTooLarge, request{body: envelopeOf(t, queryJobs+strings.Repeat(" ", 70<<10), nil)}},
		{http.StatusRequestURITooLong, request{method: http.MethodGet, path: "/gw/graphql?query=" + strings.Repeat("a", 20<<10)}},
		{http.StatusUnsupportedMediaType, request{body: body, header: http.Header{"Content-Type": {"text/plain"}}}},
		{http.StatusServiceUnavailable, request{body: body}},
		{http.StatusOK, request{method: http.MethodGet, path: "/gw/schema.graphql"}},
	} {
		if tc.r.path == "" {
			tc.r.path = "/gw/graphql"
		}
		if tc.r.header == nil {
			tc.r.header = http.Header{}
		}
		tc.r.header.Set("Origin", origin)
		got := gw.send(tc.r)
		exposed := strings.ToLower(got.header.Get("Access-Control-Expose-Headers"))
		if got.status != tc.status || got.header.Get("Access-Control-Allow-Origin") != origin || exposed != "x-request-id, retry-after, www-authenticate" {
			t.Errorf("%s %s: %d, want %d: %v", tc.r.method, tc.r.path, got.status, tc.status, got.header)
		}
	}
}

// What a page is refused is one line for the operator, with the origin or the header, and advice. Nothing that is
// no origin or no header is in it.
func TestRefusedPagesAreLogged(t *testing.T) {
	t.Parallel()
	const message = "cross-origin request refused"
	for _, tc := range []struct {
		name    string
		origins []string
		header  http.Header // beside that of a preflight from a page of the allowed origin
		want    string      // of the line; empty for no line
	}{
		{"fine", []string{origin}, nil, ""},
		{"another origin", []string{origin}, http.Header{"Origin": {"https://evil.example:8443"}}, "https://evil.example:8443 <nil> --cors-origins names the origins that may call"},
		{"no origins", nil, nil, origin + " <nil> --cors-origins names the origins that may call"},
		{"a page from a file", []string{origin}, http.Header{"Origin": {"null"}}, "null <nil> --cors-origins names the origins that may call"},
		{"no origin at all", []string{origin}, http.Header{"Origin": {"https://a.example/?token=" + marker}}, "not an origin that a browser sends <nil> --cors-origins names the origins that may call"},
		{"a long one", []string{origin}, http.Header{"Origin": {"https://" + strings.Repeat("a", 300)}}, "not an origin that a browser sends <nil> --cors-origins names the origins that may call"},
		{"a password", []string{origin}, http.Header{"Origin": {"https://me:" + marker + "@a.example"}}, "not an origin that a browser sends <nil> --cors-origins names the origins that may call"},
		{"a header", []string{origin}, http.Header{"Access-Control-Request-Headers": {"authorization, X-Evil"}}, origin + " [x-evil] --cors-headers adds headers"},
		{"a header for all", []string{"*"}, http.Header{"Access-Control-Request-Headers": {"x-evil"}}, origin + " [x-evil] --cors-headers adds headers"},
		{"many headers", []string{origin}, http.Header{"Access-Control-Request-Headers": {strings.Repeat("x-evil,", 500) + marker + "\xff=1"}}, origin + " [" + strings.Repeat("x-evil ", 4) + "x-evil] --cors-headers adds headers"},
		{"a method", []string{origin}, http.Header{"Access-Control-Request-Method": {"DELETE"}}, origin + " <nil> the method, or the form of the preflight, is not allowed"},
		{"the playground's own page", []string{origin}, http.Header{"Origin": {"http://gateway.test"}}, ""},
		{"the same behind a proxy", nil, http.Header{"Origin": {"https://jobs.example"}, "Sec-Fetch-Site": {"same-origin"}}, ""},
	} {
		gw := startGateway(t, func(s *setup) { s.config.CORSOrigins = tc.origins })
		lines := "OPTIONS /graphql HTTP/1.1\r\nHost: gateway.test\r\nConnection: close\r\n"
		sent := preflight(origin).header
		maps.Copy(sent, tc.header)
		for name, values := range sent {
			lines += name + ": " + values[0] + "\r\n"
		}
		gw.sendBytes(lines + "\r\n")
		got := ""
		for _, line := range gw.log.With(message) {
			got += fmt.Sprint(line["origin"], " ", line["headers"], " ", line["hint"])
		}
		if got != tc.want || strings.Contains(gw.log.String(), marker) {
			t.Errorf("%s: %q, want %q:\n%s", tc.name, got, tc.want, gw.log.String())
		}
	}
}
