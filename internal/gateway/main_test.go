package gateway

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"jobsgateway/graph/operation"
	"jobsgateway/graph/paging"
	"jobsgateway/internal/clienttest"
	"jobsgateway/internal/emulator"
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

// house is a running gateway with its upstream and a caller.
type house struct {
	t      testing.TB
	url    string
	jobs   *emulator.Emulator
	log    *logLines
	client *http.Client
}

// start serves a gateway over HTTP, in front of an emulator over HTTP, until the test ends.
func start(t testing.TB, change ...func(*setup)) *house {
	t.Helper()
	lines := &logLines{}
	lines.changed = sync.NewCond(&lines.mu)
	s := setup{
		config: Config{
			Pages:         paging.Limits{Default: 50, Max: 500},
			Calls:         operation.Limits{Calls: 50, Concurrency: 16},
			Limits:        testLimits,
			MaxBody:       64 << 10,
			Timeout:       10 * time.Second,
			Introspection: true,
			Federation:    true,
			Logger:        slog.New(slog.NewJSONHandler(lines, &slog.HandlerOptions{Level: slog.LevelDebug})),
		},
		jobs:    emulator.Options{Seed: 1, Jobs: 60, End: historyEnd, Now: func() time.Time { return historyEnd }},
		timeout: 5 * time.Second,
	}
	for _, f := range change {
		f(&s)
	}
	h := &house{t: t, log: lines, jobs: emulator.New(s.jobs)}
	if s.config.Upstream == nil {
		s.config.Upstream = clienttest.New(t, h.jobs, func(c *restclient.Config) {
			c.Token, c.Identity, c.Timeout = TokenFrom, Identity, s.timeout
		})
	}
	handler, err := New(s.config)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(handler)
	server.Listener = Listen(server.Listener)
	server.Config.ConnContext = ConnContext
	server.Config.MaxHeaderBytes = 32 << 10
	server.Config.ErrorLog = slog.NewLogLogger(s.config.Logger.Handler(), slog.LevelWarn)
	server.Start()
	t.Cleanup(server.Close)
	transport := &http.Transport{DisableCompression: true}
	t.Cleanup(transport.CloseIdleConnections)
	h.url, h.client = server.URL, &http.Client{Transport: transport}
	t.Cleanup(func() {
		text := lines.text()
		for _, secret := range []string{tokenA, tokenB, "Bearer "} {
			if strings.Contains(text, secret) {
				t.Errorf("the log holds %q:\n%s", secret, text)
			}
		}
	})
	return h
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

// do sends a request. Whatever the answer is, it must keep the promises that hold for all of them.
func (h *house) do(r request) answer {
	h.t.Helper()
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
	req, err := http.NewRequestWithContext(h.t.Context(), r.method, h.url+r.path, body)
	if err != nil {
		h.t.Fatal(err)
	}
	if r.method == http.MethodPost {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Accept", "application/graphql-response+json, application/json")
	if !r.anonymous {
		req.Header.Set("Authorization", "Bearer "+tokenA)
	}
	maps.Copy(req.Header, r.header)
	res, err := h.client.Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	return h.read(res)
}

// read takes an answer in and checks its form.
func (h *house) read(res *http.Response) answer {
	h.t.Helper()
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	a := answer{status: res.StatusCode, header: res.Header, body: string(body), closes: res.Close}
	for _, secret := range []string{tokenA, tokenB, "goroutine ", ".go:", "panic"} {
		if strings.Contains(a.body, secret) {
			h.t.Errorf("the answer holds %q: %s", secret, a.body)
		}
	}
	if a.header.Get("X-Content-Type-Options") != "nosniff" {
		h.t.Errorf("no nosniff on %d %s", a.status, a.body)
	}
	if !strings.Contains(a.header.Get("Content-Type"), "json") || a.header.Get("Content-Encoding") != "" || res.Request.Method == http.MethodHead {
		return a
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil {
		h.t.Fatalf("%v: %s", err, body)
	}
	a.data = members["data"]
	if list, hasErrors := members["errors"]; hasErrors {
		if err := json.Unmarshal(list, &a.errors); err != nil {
			h.t.Fatalf("%v: %s", err, body)
		}
	}
	for name := range members {
		if name != "data" && name != "errors" {
			h.t.Errorf("a member %q in %s", name, body)
		}
	}
	a.checkForm(h.t, members["errors"] != nil)
	return a
}

// checkForm checks what clients may rely on in any GraphQL answer.
func (a answer) checkForm(t testing.TB, hasErrors bool) {
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
func (h *house) post(query string, variables any) answer {
	h.t.Helper()
	return h.do(request{body: envelopeOf(h.t, query, variables)})
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

// raw sends bytes as they are over a connection of its own and reads one answer. It is for what no HTTP
// client sends.
func (h *house) raw(text string) answer {
	h.t.Helper()
	conn := h.dial()
	if _, err := io.WriteString(conn, text); err != nil {
		h.t.Fatal(err)
	}
	return h.receive(conn)
}

func (h *house) dial() net.Conn {
	h.t.Helper()
	conn, err := (&net.Dialer{}).DialContext(h.t.Context(), "tcp", strings.TrimPrefix(h.url, "http://"))
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { conn.Close() })
	return conn
}

// wantRefused checks that a request was refused as a whole, with one code, and that nobody was asked.
func (h *house) wantRefused(a answer, status int, code string) {
	h.t.Helper()
	if a.status != status || a.code() != code || a.data != nil {
		h.t.Errorf("got %d %s, want %d %s without data", a.status, a.body, status, code)
	}
	if n := h.jobs.Total(); n != 0 {
		h.t.Errorf("%d upstream calls", n)
	}
}

// wantFine checks that an operation ran without an error.
func (h *house) wantFine(a answer) {
	h.t.Helper()
	if a.status != http.StatusOK || len(a.errors) != 0 || len(a.data) == 0 {
		h.t.Errorf("got %d %s, want data", a.status, a.body)
	}
}

// logLines is a log that tests read, line by line.
type logLines struct {
	mu      sync.Mutex
	changed *sync.Cond
	lines   []string
}

// Write takes one line, which is how a slog handler writes.
func (l *logLines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, string(bytes.Clone(p)))
	l.changed.Broadcast()
	return len(p), nil
}

func (l *logLines) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines, "")
}

// with gives the lines that have this message so far.
func (l *logLines) with(message string) []map[string]any {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.find(message)
}

// find is with, under the lock.
func (l *logLines) find(message string) []map[string]any {
	var found []map[string]any
	for _, line := range l.lines {
		var members map[string]any
		if json.Unmarshal([]byte(line), &members) == nil && members["msg"] == message {
			found = append(found, members)
		}
	}
	return found
}

// await waits until a line with this message is there; the test's own deadline bounds it.
func (l *logLines) await(ctx context.Context, message string) map[string]any {
	stop := context.AfterFunc(ctx, l.changed.Broadcast)
	defer stop()
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		if found := l.find(message); len(found) > 0 || ctx.Err() != nil {
			return append(found, nil)[0]
		}
		l.changed.Wait()
	}
}

// receive reads one answer from a connection.
func (h *house) receive(conn net.Conn) answer {
	h.t.Helper()
	res, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: http.MethodPost})
	if err != nil {
		h.t.Fatal(err)
	}
	return h.read(res)
}
