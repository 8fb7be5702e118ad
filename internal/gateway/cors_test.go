package gateway

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

const origin = "https://app.example"

// strangers are origins that look like an allowed one.
var strangers = []string{
	"https://evil.example", "null", "https://app.example.evil.test", "https://evil-app.example", "http://app.example",
	"https://app.example:8443", "https://app.example.", "https://APP.example", "https://app.example/", "https://app.example, https://evil.example", "app.example", "*",
}

func preflight(from string) request {
	return request{method: http.MethodOptions, anonymous: true, header: http.Header{
		"Origin": {from}, "Access-Control-Request-Method": {"POST"}, "Access-Control-Request-Headers": {"authorization,content-type"},
	}}
}

// variesBy reports whether a cache has to tell answers apart by a header.
func (a answer) variesBy(name string) bool {
	for part := range strings.SplitSeq(strings.Join(a.header.Values("Vary"), ","), ",") {
		if strings.EqualFold(strings.TrimSpace(part), name) {
			return true
		}
	}
	return false
}

func TestCrossOrigin(t *testing.T) {
	t.Parallel()
	gw := startGateway(t, func(s *setup) { s.config.CORSOrigins = []string{origin, "https://other.example"} })
	call := func(from string) answer {
		return gw.send(request{body: envelopeOf(t, queryType, nil), header: http.Header{"Origin": {from}}})
	}
	ok := gw.send(preflight(origin))
	if ok.status != http.StatusNoContent || ok.body != "" || ok.header.Get("Access-Control-Allow-Origin") != origin ||
		ok.header.Get("Access-Control-Allow-Methods") != "POST" || ok.header.Get("Access-Control-Max-Age") != "600" {
		t.Errorf("%d %v", ok.status, ok.header)
	}
	if !strings.EqualFold(ok.header.Get("Access-Control-Allow-Headers"), "authorization,content-type") {
		t.Errorf("Access-Control-Allow-Headers is %q", ok.header.Get("Access-Control-Allow-Headers"))
	}
	called := call(origin)
	gw.wantFine(called)
	if called.header.Get("Access-Control-Allow-Origin") != origin || !strings.EqualFold(called.header.Get("Access-Control-Expose-Headers"), "X-Request-Id, Retry-After, WWW-Authenticate") {
		t.Errorf("%v", called.header)
	}
	for _, stranger := range strangers {
		for name, got := range map[string]answer{"preflight": gw.send(preflight(stranger)), "call": call(stranger)} {
			if allowed := got.header.Values("Access-Control-Allow-Origin"); len(allowed) > 0 {
				t.Errorf("%s of %s: allowed as %q", name, stranger, allowed)
			}
			if !got.variesBy("Origin") {
				t.Errorf("%s of %s: Vary is %q", name, stranger, got.header.Values("Vary"))
			}
		}
	}
	for _, got := range []answer{ok, called, call("https://other.example"), gw.post(queryType, nil), gw.send(request{body: "{"})} {
		if !got.variesBy("Origin") || !slices.Contains([]string{"", origin, "https://other.example"}, got.header.Get("Access-Control-Allow-Origin")) {
			t.Errorf("%v", got.header)
		}
		if got.header.Values("Access-Control-Allow-Credentials") != nil {
			t.Error("credentials are allowed")
		}
	}
	// A page can read why it was refused, too.
	refused := gw.send(request{body: envelopeOf(t, queryType, nil), header: http.Header{"Origin": {origin}, "Authorization": {"Basic x"}}})
	if refused.status != http.StatusUnauthorized || refused.header.Get("Access-Control-Allow-Origin") != origin {
		t.Errorf("%d %v", refused.status, refused.header)
	}
}

// A page of an allowed origin is told so even where a header or the method is not allowed, and what is: a browser
// then names the header. What libraries in pages add by themselves is allowed, and what the settings add.
func TestRefusedHeaders(t *testing.T) {
	t.Parallel()
	for _, origins := range [][]string{{origin}, {"*"}} {
		gw := startGateway(t, func(s *setup) {
			s.config.CORSOrigins, s.config.CORSHeaders = origins, []string{"X-Tenant", "x-flag"}
		})
		for _, tc := range []struct {
			method, headers string
			granted         bool
		}{
			{"POST", "authorization,content-type", true},
			{"POST", "authorization,baggage,content-type,sentry-trace,traceparent,x-requested-with", true},
			{"POST", "authorization,x-flag,x-tenant", true},
			{"GET", "authorization", true},
			{"POST", "authorization,x-evil", false},
			{"POST", "x-evil", false},
			{"DELETE", "authorization", false},
			{"PUT", "x-evil", false},
		} {
			r := preflight(origin)
			r.header["Access-Control-Request-Method"], r.header["Access-Control-Request-Headers"] = []string{tc.method}, []string{tc.headers}
			got := gw.send(r)
			allowed := strings.ToLower(got.header.Get("Access-Control-Allow-Headers"))
			if got.status != http.StatusNoContent || got.body != "" || got.header.Get("Access-Control-Allow-Origin") != origins[0] || !got.variesBy("Origin") {
				t.Errorf("%v: %d %v", tc, got.status, got.header)
			}
			grants := slices.Contains(strings.Split(got.header.Get("Access-Control-Allow-Methods"), ", "), tc.method) && !strings.Contains(allowed, "evil")
			for name := range strings.SplitSeq(tc.headers, ",") {
				grants = grants && strings.Contains(allowed, name)
			}
			if grants != tc.granted || tc.granted != (got.header.Get("Access-Control-Max-Age") != "") {
				t.Errorf("%v: %v", tc, got.header)
			}
		}
		stranger := preflight("https://evil.example")
		stranger.header["Access-Control-Request-Headers"] = []string{"x-evil"}
		if told := gw.send(stranger).header.Get("Access-Control-Allow-Origin"); (told != "") != (origins[0] == "*") {
			t.Errorf("%v: a stranger is told %q", origins, told)
		}
	}
}

// A preflight asks whether it may ask; it runs nothing, whatever it carries.
func TestPreflightNeverExecutes(t *testing.T) {
	t.Parallel()
	for _, origins := range [][]string{nil, {origin}, {"*"}} {
		gw := startGateway(t, func(s *setup) { s.config.CORSOrigins = origins })
		r := preflight(origin)
		r.path = "/graphql?query=" + url.QueryEscape(queryJobs)
		r.body = envelopeOf(t, queryJobs, nil)
		r.anonymous = false
		got := gw.send(r)
		if got.body != "" || gw.jobs.Total() != 0 || len(gw.log.With("operation")) != 0 {
			t.Errorf("%v: %d %s, %d upstream calls", origins, got.status, got.body, gw.jobs.Total())
		}
	}
}

func TestAnyOrigin(t *testing.T) {
	t.Parallel()
	gw := startGateway(t, func(s *setup) { s.config.CORSOrigins = []string{"*"} })
	for _, got := range []answer{
		gw.send(preflight("https://evil.example")),
		gw.send(request{body: envelopeOf(t, queryType, nil), header: http.Header{"Origin": {"https://evil.example"}, "Cookie": {"a=b"}}}),
	} {
		if got.header.Get("Access-Control-Allow-Origin") != "*" || got.header.Values("Access-Control-Allow-Credentials") != nil || !got.variesBy("Origin") {
			t.Errorf("%v", got.header)
		}
	}
}

func TestNoOrigins(t *testing.T) {
	t.Parallel()
	gw := startGateway(t)
	for _, from := range append(strangers, origin) {
		for _, got := range []answer{gw.send(preflight(from)), gw.send(request{body: envelopeOf(t, queryType, nil), header: http.Header{"Origin": {from}}})} {
			for name := range got.header {
				if strings.HasPrefix(name, "Access-Control-") {
					t.Errorf("%s: %s", from, name)
				}
			}
			if !got.variesBy("Origin") {
				t.Errorf("%s: Vary is %q", from, got.header.Values("Vary"))
			}
		}
	}
}

// What a page can send without a preflight has no authority and runs nothing that needs one.
func TestForgedRequests(t *testing.T) {
	t.Parallel()
	gw := startGateway(t)
	cookie := []string{"session=" + marker}
	for _, contentType := range []string{"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"} {
		got := gw.send(request{anonymous: true, body: envelopeOf(t, queryJobs, nil), header: http.Header{"Content-Type": {contentType}, "Cookie": cookie}})
		gw.wantRefused(got, http.StatusUnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE")
	}
	got := gw.send(request{method: http.MethodGet, anonymous: true, path: "/graphql?query=" + url.QueryEscape(queryJobs), header: http.Header{"Cookie": cookie}})
	if got.code() != "UNAUTHENTICATED" || gw.jobs.Total() != 0 {
		t.Errorf("%s, %d upstream calls", got.body, gw.jobs.Total())
	}
	with := gw.send(request{body: envelopeOf(t, `{jobs(first:1){totalCount}}`, nil), header: http.Header{"Cookie": cookie}})
	without := gw.send(request{body: envelopeOf(t, `{jobs(first:1){totalCount}}`, nil)})
	if with.body != without.body || with.header.Values("Set-Cookie") != nil {
		t.Errorf("a cookie changes the answer: %s and %s", with.body, without.body)
	}
	if strings.Contains(gw.log.String(), marker) {
		t.Error("the log holds a cookie")
	}
}
