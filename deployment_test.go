package main

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"jobsgateway/internal/emulator"
)

// The first line names the Jobs API, to which the tokens go, and nothing secret of its address.
func TestStartLine(t *testing.T) {
	t.Parallel()
	upstream := httptest.NewServer(emulator.New(emulator.Options{}))
	defer upstream.Close()
	gw := startGateway(t, "--upstream-url", upstream.URL+"/v2/")
	if line := gw.log.Await(t, "listening"); line["upstream"] != upstream.URL+"/v2" || line["base_path"] != "/" || line["level"] != "INFO" {
		t.Errorf("%v", line)
	}
	if line := startGateway(t, "--demo", "--base-path", "/jobs-gw").log.Await(t, "listening"); line["base_path"] != "/jobs-gw/" ||
		!strings.HasPrefix(line["upstream"].(string), "http://127.0.0.1:") {
		t.Errorf("%v", line)
	}
	secret := &url.URL{Scheme: "https", User: url.UserPassword("u", "hunter2"), Host: "a.b:1", Path: "/c", RawQuery: "hunter2", Fragment: "hunter2"}
	if name := upstreamName(secret); name != "https://a.b:1/c" {
		t.Error(name)
	}
}

// Below a base path are the endpoint, the schema, the page and all that the page names; the admin listener
// stays what it is.
func TestServedBelowAPath(t *testing.T) {
	t.Parallel()
	for _, setting := range []string{"/jobs-gw", "/jobs-gw/"} {
		gw := startGateway(t, "--demo", "--base-path", setting)
		below := runningGateway{public: gw.public + "/jobs-gw"}
		var data struct{ Jobs struct{ TotalCount int } }
		queryData(t, below, `{ jobs(first: 0) { totalCount } }`, nil, &data)
		if data.Jobs.TotalCount < demoJobs {
			t.Errorf("%d jobs", data.Jobs.TotalCount)
		}
		res := openURL(t, below.public) // which redirects
		if res.Request.URL.Path != "/jobs-gw/" || res.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d", res.Request.URL, res.StatusCode)
		}
		_, _, page := getURL(t, below.public+"/")
		names := regexp.MustCompile(`(?:href|src|data-schema|data-examples)="([^"]*)"`).FindAllStringSubmatch(page, -1)
		if len(names) < 13 {
			t.Errorf("the page names %d places", len(names))
		}
		for _, name := range names {
			to, err := res.Request.URL.Parse(name[1])
			if err != nil {
				t.Fatal(err)
			}
			if status, _, _ := getURL(t, to.String()); status != http.StatusOK {
				t.Errorf("%s: %d", to, status)
			}
		}
		for path, want := range map[string]int{"/": 404, "/graphql": 404, "/jobs-gw/healthz": 404} {
			if status, _, _ := getURL(t, gw.public+path); status != want {
				t.Errorf("%s: %d", path, status)
			}
		}
		if status, _, _ := getURL(t, gw.admin+"/readyz"); status != http.StatusOK {
			t.Errorf("readyz: %d", status)
		}
	}
}

// The page works below a path of which the gateway knows nothing, since a proxy takes it away.
func TestServedBehindAStrippingProxy(t *testing.T) {
	t.Parallel()
	gw := startGateway(t, "--demo")
	target, err := url.Parse(gw.public)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httptest.NewServer(http.StripPrefix("/jobs-gw", httputil.NewSingleHostReverseProxy(target)))
	defer proxy.Close()
	_, _, page := getURL(t, proxy.URL+"/jobs-gw/")
	for _, attribute := range []string{"src", "data-schema", "data-examples"} {
		name := regexp.MustCompile(` ` + attribute + `="([^"]*)"`).FindStringSubmatch(page)
		if name == nil {
			t.Fatalf("no %s", attribute)
		}
		if status, _, _ := getURL(t, proxy.URL+"/jobs-gw/"+name[1]); status != http.StatusOK {
			t.Errorf("%s: %d", name[1], status)
		}
	}
	var data map[string]any
	queryData(t, runningGateway{public: proxy.URL + "/jobs-gw"}, `{ __typename }`, nil, &data)
}

// Where the address of the Jobs API is wrong, the log says so at its usual level, and what the Jobs API or a
// caller does wrong is no reason to doubt it.
func TestWrongAddress(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		handler http.Handler
		warned  bool
		hint    bool
	}{
		"nothing there": {http.NotFoundHandler(), true, true},
		"a redirect":    {http.RedirectHandler("https://elsewhere.example/", http.StatusMovedPermanently), true, true},
		"out of order":  {answeringStatus(http.StatusInternalServerError), true, false},
		"unauthorized":  {answeringStatus(http.StatusUnauthorized), false, false},
		"forbidden":     {answeringStatus(http.StatusForbidden), false, false},
		"refused":       {answeringStatus(http.StatusBadRequest), false, false},
	} {
		upstream := httptest.NewServer(tc.handler)
		gw := startGateway(t, "--upstream-url", upstream.URL, "--log-level", "info")
		if got := replyTo(t, gw, `{a: jobs(first: 1) {totalCount} b: jobs(first: 2) {totalCount}}`); got.code() == "" {
			t.Errorf("%s: no error", name)
		}
		lines := gw.log.With("upstream call failed")
		upstream.Close()
		if !tc.warned {
			if len(lines) != 0 {
				t.Errorf("%s: %v", name, lines)
			}
			continue
		}
		if len(lines) != 1 || lines[0]["level"] != "WARN" || lines[0]["request_id"] != gw.log.Await(t, "operation")["request_id"] {
			t.Fatalf("%s: %v", name, lines)
		}
		if hint, _ := lines[0]["hint"].(string); strings.Contains(hint, "--upstream-url") != tc.hint {
			t.Errorf("%s: %v", name, lines)
		}
		if strings.Contains(gw.log.String(), "Bearer") {
			t.Errorf("%s: the log holds a token", name)
		}
	}
}

// answeringStatus answers everything with one status.
func answeringStatus(status int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
}
