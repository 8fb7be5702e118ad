package gateway

import (
	"bufio"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"jobsgateway/graph/operation"
	"jobsgateway/graph/paging"
	"jobsgateway/internal/clienttest"
	"jobsgateway/internal/emulator"
	"jobsgateway/internal/logtest"
	"jobsgateway/internal/memory"
	"jobsgateway/restclient"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The tokens of two callers. No answer and no log may ever hold either.
const (
	tokenA = "tokA-6f1d2c3b4a5968778695a4b3c2d1e0f1"
	tokenB = "tokB-0e1f2d3c4b5a69788796a5b4c3d2e1f0"
)

const (
	queryType = `{__typename}`
	queryJobs = `{jobs(first:2){nodes{id state}}}`
)

// historyEnd is where the generated jobs of these tests stop.
var historyEnd = time.Date(2026, 3, 12, 15, 30, 0, 0, time.UTC)

// setup is what a test may change before the gateway starts.
type setup struct {
	config  Config
	jobs    emulator.Options
	timeout time.Duration // of one upstream call
}

// testGateway is a running gateway with its upstream and a caller.
type testGateway struct {
	t      testing.TB
	url    string
	served *Gateway
	jobs   *emulator.Emulator
	log    *logtest.Buffer
	client *http.Client
}

// startGateway serves a gateway over HTTP, in front of an emulator over HTTP, until the test ends.
func startGateway(t testing.TB, change ...func(*setup)) *testGateway {
	t.Helper()
	log := &logtest.Buffer{}
	s := setup{
		config: Config{
			Pages:         paging.Limits{Default: 50, Max: 500},
			Calls:         operation.Limits{Calls: 50, Concurrency: 16},
			Limits:        testLimits,
			MaxBody:       64 << 10,
			Memory:        memory.New(1<<40, true),
			Timeout:       time.Minute, // which only a test that hangs can meet
			Introspection: true,
			Federation:    true,
			Logger:        log.Logger(),
		},
		jobs:    emulator.Options{Seed: 1, Jobs: 60, End: historyEnd, Now: func() time.Time { return historyEnd }},
		timeout: time.Minute,
	}
	for _, f := range change {
		f(&s)
	}
	gw := &testGateway{t: t, log: log, jobs: emulator.New(s.jobs)}
	if s.config.Upstream == nil {
		s.config.Upstream = clienttest.New(t, gw.jobs, func(c *restclient.Config) {
			c.Token, c.Identity, c.Timeout, c.Account = TokenFrom, Identity, s.timeout, operation.AccountOf
		})
	}
	t.Cleanup(func() { wantNothingHeld(t, s.config.Memory) })
	handler, err := New(s.config)
	if err != nil {
		t.Fatal(err)
	}
	gw.served = handler
	server := httptest.NewUnstartedServer(handler)
	server.Listener = Listen(server.Listener)
	server.Config.ConnContext = ConnContext
	server.Config.MaxHeaderBytes = 32 << 10
	server.Config.ErrorLog = slog.NewLogLogger(s.config.Logger.Handler(), slog.LevelWarn)
	server.Start()
	t.Cleanup(server.Close)
	transport := &http.Transport{DisableCompression: true}
	t.Cleanup(transport.CloseIdleConnections)
	gw.url, gw.client = server.URL, &http.Client{Transport: transport}
	t.Cleanup(func() {
		text := log.String()
		for _, secret := range []string{tokenA, tokenB, "Bearer "} {
			if strings.Contains(text, secret) {
				t.Errorf("the log holds %q:\n%s", secret, text)
			}
		}
	})
	return gw
}

// wantNothingHeld fails the test unless all memory is given back, as soon as what runs has ended.
func wantNothingHeld(t testing.TB, lent *memory.Memory) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		switch f := lent.Figures(); {
		case f.Held == 0 && f.Owners == 0 && f.Waiting == 0:
			return
		case time.Now().After(deadline):
			t.Errorf("memory is held in the end: %+v", f)
			return
		}
	}
}

var testLimits = Limits{Cost: 100_000, Depth: 15, Aliases: 30, RootFields: 20}

// request is a call of the gateway; what is left empty is that of a usual client.
type request struct {
	method, path, body string
	header             http.Header
	anonymous          bool
}

// answer is what the gateway said.
type answer struct {
	status int
	header http.Header
	body   string
	data   json.RawMessage // nil when there is no data member
	errors []problem
	closes bool // the connection is not used again
}

type problem struct {
	Message   string     `json:"message"`
	Path      []any      `json:"path"`
	Locations []location `json:"locations"`
	// Extensions are as a client reads them.
	Extensions map[string]any `json:"extensions"`
}

type location struct {
	Line   int `json:"line"`
	Column int `json:"column"`
}

// code is that of the first error; empty for none.
func (a answer) code() string {
	if len(a.errors) == 0 {
		return ""
	}
	code, _ := a.errors[0].Extensions["code"].(string)
	return code
}

// send sends a request. Whatever the answer is, it must keep the promises that hold for all of them.
func (gw *testGateway) send(r request) answer {
	gw.t.Helper()
	if r.method == "" {
		r.method = http.MethodPost
	}
	if r.path == "" {
		r.path = "/graphql"
	}
	var body io.Reader
	if r.body != "" {
		body = strings.NewReader(r.body)
	}
	req, err := http.NewRequestWithContext(gw.t.Context(), r.method, gw.url+r.path, body)
	if err != nil {
		gw.t.Fatal(err)
	}
	if r.method == http.MethodPost {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Accept", "application/graphql-response+json, application/json")
	if !r.anonymous {
		req.Header.Set("Authorization", "Bearer "+tokenA)
	}
	maps.Copy(req.Header, r.header)
	res, err := gw.client.Do(req)
	if err != nil {
		gw.t.Fatal(err)
	}
	return gw.read(res)
}

// read takes an answer in and checks its form.
func (gw *testGateway) read(res *http.Response) answer {
	gw.t.Helper()
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		gw.t.Fatal(err)
	}
	a := answer{status: res.StatusCode, header: res.Header, body: string(body), closes: res.Close}
	for _, secret := range []string{tokenA, tokenB, "goroutine ", ".go:", "panic"} {
		if strings.Contains(a.body, secret) {
			gw.t.Errorf("the answer holds %q: %s", secret, a.body)
		}
	}
	if a.header.Get("X-Content-Type-Options") != "nosniff" {
		gw.t.Errorf("no nosniff on %d %s", a.status, a.body)
	}
	if !strings.Contains(a.header.Get("Content-Type"), "json") || a.header.Get("Content-Encoding") != "" || res.Request.Method == http.MethodHead {
		return a
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil {
		gw.t.Fatalf("%v: %s", err, body)
	}
	a.data = members["data"]
	if list, hasErrors := members["errors"]; hasErrors {
		if err := json.Unmarshal(list, &a.errors); err != nil {
			gw.t.Fatalf("%v: %s", err, body)
		}
	}
	for name := range members {
		if name != "data" && name != "errors" && (name != "extensions" || res.Request.Header[explainHeader] == nil) {
			gw.t.Errorf("a member %q in %s", name, body)
		}
	}
	a.wantForm(gw.t, members["errors"] != nil)
	return a
}

// wantForm checks what clients may rely on in any GraphQL answer.
func (a answer) wantForm(t testing.TB, hasErrors bool) {
	t.Helper()
	if !strings.HasSuffix(a.header.Get("Content-Type"), "; charset=utf-8") {
		t.Errorf("Content-Type %q names no charset", a.header.Get("Content-Type"))
	}
	if a.header.Get("Cache-Control") != "private, no-store" {
		t.Errorf("Cache-Control %q", a.header.Get("Cache-Control"))
	}
	if hasErrors && len(a.errors) == 0 || a.data == nil && !hasErrors {
		t.Errorf("neither data nor errors, or no errors in errors: %s", a.body)
	}
	most := 100
	if a.data == nil {
		most = 10
	}
	if len(a.errors) > most {
		t.Errorf("%d errors", len(a.errors))
	}
	for _, e := range a.errors {
		code, _ := e.Extensions["code"].(string)
		if e.Message == "" || code == "" || strings.ToUpper(code) != code {
			t.Errorf("an error without a message or a code: %s", a.body)
		}
		if e.Extensions["requestId"] != a.header.Get("X-Request-Id") {
			t.Errorf("requestId %v, but the header says %q", e.Extensions["requestId"], a.header.Get("X-Request-Id"))
		}
		if a.data != nil && len(e.Path) == 0 {
			t.Errorf("an error of a field without a path: %s", a.body)
		}
		if a.data == nil && len(e.Path) != 0 {
			t.Errorf("an error of the whole request with a path: %s", a.body)
		}
	}
}

// post sends an operation with variables, which may be nil.
func (gw *testGateway) post(query string, variables any) answer {
	gw.t.Helper()
	return gw.send(request{body: envelopeOf(gw.t, query, variables)})
}

// envelopeOf is the body of a POST.
func envelopeOf(t testing.TB, query string, variables any) string {
	t.Helper()
	members := map[string]any{"query": query}
	if variables != nil {
		members["variables"] = variables
	}
	body, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// sendBytes sends bytes as they are over a connection of its own and reads one answer. It is for what no HTTP
// client sends.
func (gw *testGateway) sendBytes(text string) answer {
	gw.t.Helper()
	conn := gw.dial()
	if _, err := io.WriteString(conn, text); err != nil {
		gw.t.Fatal(err)
	}
	return gw.receive(conn)
}

func (gw *testGateway) dial() net.Conn {
	gw.t.Helper()
	conn, err := (&net.Dialer{}).DialContext(gw.t.Context(), "tcp", strings.TrimPrefix(gw.url, "http://"))
	if err != nil {
		gw.t.Fatal(err)
	}
	gw.t.Cleanup(func() { conn.Close() })
	return conn
}

// wantRefused checks that a request was refused as a whole, with one code, and that nobody was asked.
func (gw *testGateway) wantRefused(a answer, status int, code string) {
	gw.t.Helper()
	if a.status != status || a.code() != code || a.data != nil {
		gw.t.Errorf("got %d %s, want %d %s without data", a.status, a.body, status, code)
	}
	if n := gw.jobs.Total(); n != 0 {
		gw.t.Errorf("%d upstream calls", n)
	}
}

// wantFine checks that an operation ran without an error.
func (gw *testGateway) wantFine(a answer) {
	gw.t.Helper()
	if a.status != http.StatusOK || len(a.errors) != 0 || len(a.data) == 0 {
		gw.t.Errorf("got %d %s, want data", a.status, a.body)
	}
}

// receive reads one answer from a connection.
func (gw *testGateway) receive(conn net.Conn) answer {
	gw.t.Helper()
	res, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: http.MethodPost})
	if err != nil {
		gw.t.Fatal(err)
	}
	return gw.read(res)
}
