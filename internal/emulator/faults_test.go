package emulator_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"jobsgateway/internal/emulator"
)

// apiOfOneJob has a list that fits into a packet, and its ordinary answer.
func apiOfOneJob(t testing.TB) (c *jobsAPI, ordinary string) {
	t.Helper()
	c = newJobsAPI(t, emulator.Records(recordsOf(`{"job_id":"a"}`)...))
	_, ordinary = c.get("/jobs")
	c.Reset()
	return c, ordinary
}

func TestScriptedAnswers(t *testing.T) {
	t.Parallel()
	c, ordinary := apiOfOneJob(t)
	for name, test := range map[string]struct {
		fault                  emulator.Fault
		status                 int
		mime, body, header, is string
	}{
		"nothing at all":   {fault: emulator.Fault{}, status: 200, mime: "application/json", body: ordinary},
		"status alone":     {fault: emulator.Fault{Status: 503}, status: 503, mime: "application/json", body: `"title":"Service Unavailable"`},
		"no body":          {fault: emulator.Fault{Status: 502, Body: []byte{}}, status: 502},
		"no content":       {fault: emulator.Fault{Status: 204}, status: 204},
		"given body":       {fault: emulator.Fault{Body: []byte("null")}, status: 200, mime: "application/json", body: "null"},
		"page of a proxy":  {fault: emulator.Fault{Status: 502, Body: []byte("<p>"), ContentType: "text/html"}, status: 502, mime: "text/html", body: "<p>"},
		"header":           {fault: emulator.Fault{Status: 429, Header: http.Header{"retry-after": {"7"}}}, status: 429, mime: "application/json", body: `"status":429`, header: "Retry-After", is: "7"},
		"ordinary, header": {fault: emulator.Fault{Header: http.Header{"X-Odd": {"1"}}}, status: 200, mime: "application/json", body: ordinary, header: "X-Odd", is: "1"},
		"redirect":         {fault: emulator.Fault{Location: "https://example.com/"}, status: 302, header: "Location", is: "https://example.com/"},
		"other redirect":   {fault: emulator.Fault{Status: 308, Location: "/jobs"}, status: 308, header: "Location", is: "/jobs"},
		"chunked":          {fault: emulator.Fault{NoLength: true}, status: 200, mime: "application/json", body: ordinary},
		"drip":             {fault: emulator.Fault{Drip: time.Microsecond, Piece: 5}, status: 200, mime: "application/json", body: ordinary},
		"delay":            {fault: emulator.Fault{Delay: time.Millisecond}, status: 200, mime: "application/json", body: ordinary},
	} {
		c.Script(test.fault)
		res, body, err := c.do(c.request("/jobs"))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if res.StatusCode != test.status || res.Header.Get("Content-Type") != test.mime || !strings.Contains(body, test.body) || test.body == "" && body != "" {
			t.Errorf("%s: got %d %q %q", name, res.StatusCode, res.Header.Get("Content-Type"), body)
		}
		if test.header != "" && res.Header.Get(test.header) != test.is {
			t.Errorf("%s: %s is %q", name, test.header, res.Header.Get(test.header))
		}
		if test.fault.NoLength != (res.ContentLength < 0) {
			t.Errorf("%s: Content-Length %d", name, res.ContentLength)
		}
	}
	if status, body := c.get("/jobs"); status != 200 || body != ordinary {
		t.Errorf("after the script: %d %s", status, body)
	}
}

func TestBrokenConnections(t *testing.T) {
	t.Parallel()
	big := newJobsAPI(t, emulator.Options{Jobs: 200})
	short, _ := apiOfOneJob(t)
	for name, test := range map[string]struct {
		fault emulator.Fault
		want  error
		head  bool // the caller sees a status
		bytes int
	}{
		"reset at once":         {emulator.Fault{Cut: emulator.CutReset}, syscall.ECONNRESET, false, 0},
		"reset, own status":     {emulator.Fault{Status: 500, Cut: emulator.CutReset}, syscall.ECONNRESET, false, 0},
		"closed in the body":    {emulator.Fault{Cut: emulator.CutClose, After: 20}, io.ErrUnexpectedEOF, true, 20},
		"closed halfway":        {emulator.Fault{Body: []byte("0123456789"), Cut: emulator.CutClose}, io.ErrUnexpectedEOF, true, 5},
		"closed in a chunk":     {emulator.Fault{Cut: emulator.CutClose, After: 20, NoLength: true}, io.ErrUnexpectedEOF, true, 20},
		"closed while dripping": {emulator.Fault{Cut: emulator.CutClose, After: 20, Drip: time.Microsecond, Piece: 7}, io.ErrUnexpectedEOF, true, 20},
		"reset in the body":     {emulator.Fault{Cut: emulator.CutResetBody, After: 20}, syscall.ECONNRESET, true, -1},
		"reset in a huge body":  {emulator.Fault{Huge: 1 << 20, Cut: emulator.CutResetBody, After: 1 << 19}, syscall.ECONNRESET, true, -1},
	} {
		for size, c := range map[string]*jobsAPI{"small": short, "big": big} {
			// On a connection used before, the transport would take the reset for a stale one and ask again.
			c.client.Transport = &http.Transport{DisableKeepAlives: true, DisableCompression: true}
			c.Script(test.fault)
			res, body, err := c.do(c.request("/jobs"))
			if !errors.Is(err, test.want) {
				t.Errorf("%s, %s: got %v, want %v", name, size, err, test.want)
			}
			if (res != nil) != test.head || test.bytes >= 0 && len(body) != test.bytes {
				t.Errorf("%s, %s: response %v with %d bytes", name, size, res != nil, len(body))
			}
		}
	}
}

func TestGeneratedBodies(t *testing.T) {
	t.Parallel()
	c, _ := apiOfOneJob(t)
	for _, n := range []int64{1, 22, 23, 24, 1000, 5 << 20} {
		for _, f := range []emulator.Fault{{Huge: n}, {Huge: n, NoLength: true}, {Bomb: n}} {
			c.Script(f)
			res, body, err := c.do(c.request("/jobs")) // the transport inflates
			if err != nil || int64(len(body)) != n {
				t.Errorf("%+v: %d bytes, %v", f, len(body), err)
			}
			if n >= 24 && !json.Valid([]byte(body)) {
				t.Errorf("%+v: no JSON", f)
			}
			if sized := f.Huge > 0 && !f.NoLength; sized != (res.ContentLength == n) || !sized && res.ContentLength != -1 {
				t.Errorf("%+v: Content-Length %d", f, res.ContentLength)
			}
		}
	}

	const inflated = 8 << 20
	c.Script(emulator.Fault{Bomb: inflated})
	r := c.request("/jobs")
	r.Header.Set("Accept-Encoding", "identity")
	res, body, err := c.do(r)
	if err != nil || res.Header.Get("Content-Encoding") != "gzip" || len(body) > inflated/500 {
		t.Fatalf("bomb: %d bytes on the wire, %v", len(body), err)
	}
	if n := len(gunzip(t, body)); n != inflated {
		t.Errorf("bomb: inflates to %d bytes", n)
	}
}

func TestScriptOrderAndMatching(t *testing.T) {
	t.Parallel()
	c, _ := apiOfOneJob(t)
	statuses := func(paths ...string) (got []int) {
		for _, p := range paths {
			status, _ := c.get(p)
			got = append(got, status)
		}
		return got
	}
	check := func(what string, got []int, want ...int) {
		t.Helper()
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%s: got %v, want %v", what, got, want)
				return
			}
		}
	}
	failing := func(r *http.Request) bool { return strings.Contains(r.URL.RawQuery, "state=failed") }
	c.Script(emulator.Fault{Status: 500}, emulator.Fault{Status: 502, Times: 2}, emulator.Fault{Status: 429, Match: failing})
	check("in turn", statuses("/jobs", "/jobs", "/jobs", "/jobs", "/jobs?state=failed", "/jobs?state=failed"), 500, 502, 502, 200, 429, 200)
	if c.Scripted() != 0 {
		t.Errorf("%d faults are left", c.Scripted())
	}
	c.Script(emulator.Fault{Status: 503, Match: failing, Times: emulator.Forever})
	c.Script(emulator.Fault{Status: 500})
	check("for ever", statuses("/jobs?state=failed", "/jobs?state=failed", "/jobs", "/jobs", "/jobs?state=failed"), 503, 503, 500, 200, 503)
	if c.Scripted() != 1 {
		t.Errorf("%d faults are left, want the lasting one", c.Scripted())
	}
	c.Unscript()
	check("after Unscript", statuses("/jobs?state=failed"), 200)
	c.token = ""
	c.Script(emulator.Fault{Status: 500})
	check("ahead of the token", statuses("/jobs", "/jobs"), 500, 401)
	if c.Total() != 14 {
		t.Errorf("%d requests in the log", c.Total())
	}
}

// All waits end when the caller leaves; the hours here would outlive the test.
func TestWaitsEndWithTheCaller(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]emulator.Fault{
		"delay": {Delay: time.Hour}, "drip": {Drip: time.Hour, NoLength: true}, "drip and cut": {Drip: time.Hour, Cut: emulator.CutClose, After: 9},
	} {
		e := emulator.New(emulator.Records())
		e.Script(fault)
		leaveWhileWaiting(t, name, e)
	}
	opts := emulator.Records()
	opts.Latency = time.Hour
	leaveWhileWaiting(t, "latency", emulator.New(opts))
}

// leaveWhileWaiting sends a request, goes away while it waits, and returns when the handler has.
func leaveWhileWaiting(t *testing.T, name string, e *emulator.Emulator) {
	t.Helper()
	entered, left := make(chan struct{}), make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(left)
		close(entered)
		e.ServeHTTP(w, r)
	}))
	defer srv.Close()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-entered
		cancel()
	}()
	r, _ := http.NewRequestWithContext(ctx, http.MethodGet, srv.URL+"/jobs", nil)
	res, err := srv.Client().Do(r)
	if err == nil {
		_, err = io.ReadAll(res.Body)
		res.Body.Close()
	}
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%s: got %v", name, err)
	}
	<-left
}

// Latency is a lower bound on every answer.
func TestLatency(t *testing.T) {
	t.Parallel()
	opts := emulator.Records()
	opts.Latency = 5 * time.Millisecond
	c := newJobsAPI(t, opts)
	began := time.Now()
	c.get("/jobs")
	if took := time.Since(began); took < opts.Latency {
		t.Errorf("answered after %v", took)
	}
}
