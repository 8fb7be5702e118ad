package emulator_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"jobsgateway/internal/emulator"
)

func TestAuthorization(t *testing.T) {
	t.Parallel()
	c := newJobsAPI(t, emulator.Records())
	for _, test := range []struct {
		given  []string
		status int
	}{
		{nil, 401},
		{[]string{""}, 401},
		{[]string{"Bearer"}, 401},
		{[]string{"Bearer "}, 401},
		{[]string{"Basic eDp5"}, 401},
		{[]string{"Bearer invalid"}, 401},
		{[]string{"Bearer forbidden"}, 403},
		{[]string{"Bearer a", "Bearer b"}, 401},
		{[]string{"Bearer a"}, 200},
		{[]string{"bearer a"}, 200},
	} {
		for _, path := range []string{"/jobs", "/jobs/00000000-0000-4000-8000-000000000000"} {
			r := c.request(path)
			r.Header["Authorization"] = test.given
			res, body, err := c.do(r)
			if err != nil {
				t.Fatal(err)
			}
			want := test.status
			if want == 200 && path != "/jobs" {
				want = 404
			}
			if res.StatusCode != want {
				t.Errorf("%s with %q: got %d %s, want %d", path, test.given, res.StatusCode, body, want)
			}
			if want == 401 && res.Header.Get("WWW-Authenticate") != "Bearer" {
				t.Errorf("%s with %q: no challenge", path, test.given)
			}
		}
	}
}

func TestOtherMethodsAreNotAllowed(t *testing.T) {
	t.Parallel()
	c := newJobsAPI(t, emulator.Records())
	for _, method := range []string{"POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"} {
		for path, want := range map[string]int{"/jobs": 405, "/jobs/x": 405, "/nql": 404} {
			r := c.request(path)
			r.Method = method
			res, _, err := c.do(r)
			if err != nil {
				t.Fatal(err)
			}
			if res.StatusCode != want {
				t.Errorf("%s %s: got %d, want %d", method, path, res.StatusCode, want)
			}
		}
	}
}

func TestErrorShapes(t *testing.T) {
	t.Parallel()
	const problem = `{"type":"https://docs.narrative.io/reference/errors/400","title":"Bad Request","status":400,` +
		`"detail":"per_page: 501 is more than 500","instance":"/jobs",`
	for _, test := range []struct {
		shape      emulator.ErrorShape
		mime, body string
	}{
		{emulator.ProblemLogID, "application/json", problem + `"logId":"10610000-0000-4000-8000-000000000001"}`},
		{emulator.ProblemLogUnderscoreID, "application/json", problem + `"log_id":"10610000-0000-4000-8000-000000000001","debug":null}`},
		{emulator.LegacyError, "application/json", `{"error":"Bad Request","error_description":"per_page: 501 is more than 500"}`},
		{emulator.EmptyError, "", ""},
		{emulator.HTMLError, "text/html; charset=utf-8", "<!DOCTYPE html>\n<html><head><title>400 Bad Request</title></head>\n" +
			"<body><h1>Bad Request</h1><p>per_page: 501 is more than 500</p></body></html>\n"},
	} {
		opts := emulator.Records()
		opts.Errors = test.shape
		c := newJobsAPI(t, opts)
		res, body, err := c.do(c.request("/jobs?per_page=501"))
		if err != nil {
			t.Fatal(err)
		}
		if res.StatusCode != 400 || res.Header.Get("Content-Type") != test.mime {
			t.Errorf("shape %d: %d %q", test.shape, res.StatusCode, res.Header.Get("Content-Type"))
		}
		if diff := cmp.Diff(test.body, body); diff != "" {
			t.Errorf("shape %d (-want +got):\n%s", test.shape, diff)
		}
	}
}

func TestGzip(t *testing.T) {
	t.Parallel()
	c := newJobsAPI(t, emulator.Options{Jobs: 20})
	c.client.Transport.(*http.Transport).DisableCompression = true
	_, plain := c.get("/jobs")
	for accept, zipped := range map[string]bool{
		"": false, "gzip": true, "br, GZIP;q=0.5": true, "*": true, "gzip;q=0": false, "*, gzip; q=0.0": false,
		"identity": false, "*;q=0": false, "x-gzip": true, "gzip, *;q=0": true,
	} {
		r := c.request("/jobs")
		r.Header["Accept-Encoding"] = []string{accept}
		res, body, err := c.do(r)
		if err != nil {
			t.Fatal(err)
		}
		if got := res.Header.Get("Content-Length"); got != strconv.Itoa(len(body)) {
			t.Errorf("%q: Content-Length %s for %d bytes", accept, got, len(body))
		}
		if (res.Header.Get("Content-Encoding") == "gzip") != zipped {
			t.Errorf("%q: Content-Encoding %q", accept, res.Header.Get("Content-Encoding"))
		}
		if zipped {
			body = gunzip(t, body)
		}
		if body != plain || res.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%q: %q with another body", accept, res.Header.Get("Content-Type"))
		}
	}

	r := c.request("/jobs?per_page=0")
	r.Header.Set("Accept-Encoding", "gzip")
	if res, _, err := c.do(r); err != nil || res.Header.Get("Content-Encoding") != "" {
		t.Errorf("a small body is compressed (%v)", err)
	}
}

func gunzip(t *testing.T, body string) string {
	t.Helper()
	z, err := gzip.NewReader(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestRequestLog(t *testing.T) {
	t.Parallel()
	now := &clock{now: end}
	opts := emulator.Records()
	opts.Now = now.Now
	c := newJobsAPI(t, opts)
	c.get("/jobs?state=failed&page=2&tag=a%3Db&limit=1")
	now.Advance(time.Second)
	c.token = "invalid"
	c.get("/jobs/a%2Fb")
	want := []emulator.Request{
		{Method: "GET", Path: "/jobs", RawQuery: "state=failed&page=2&tag=a%3Db&limit=1", Unknown: []string{"limit", "page"}, Time: end},
		{Method: "GET", Path: "/jobs/a%2Fb", Time: end.Add(time.Second)},
	}
	got := c.Requests()
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(emulator.Request{}, "Header")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got[1].Header.Get("Authorization") != "Bearer invalid" {
		t.Errorf("header: %v", got[1].Header)
	}
	got[0].Header.Set("Authorization", "changed")
	if c.Requests()[0].Header.Get("Authorization") != "Bearer any" {
		t.Error("the log hands out its own header")
	}
	if c.Reset(); len(c.Requests()) != 0 || c.Total() != 0 {
		t.Error("Reset leaves requests behind")
	}
}

func TestRequestLogIsBounded(t *testing.T) {
	t.Parallel()
	e := emulator.New(emulator.Records())
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "/nowhere", nil)
	const asked = emulator.MaxRequests + 5
	for range asked {
		e.ServeHTTP(discard{}, r)
	}
	if kept := len(e.Requests()); kept != emulator.MaxRequests || e.Total() != asked {
		t.Errorf("kept %d of %d", kept, e.Total())
	}
}

// discard is a response nobody reads.
type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) WriteHeader(int)             {}
