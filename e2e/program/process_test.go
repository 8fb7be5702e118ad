//go:build e2e

package program_test

import (
	"bufio"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"jobsgateway/e2e/program"
)

// processCases are what may happen to a process from outside, and how it has to end. What they have in common
// is in TestProcess.
var processCases = []struct {
	name  string
	flags []string
	// holds: the Jobs API answers when the case says so.
	holds bool
	// deafCollector: traces are sent to somebody who does not answer.
	deafCollector bool
	// happen brings it about, up to the signal that ends the process.
	happen func(*scene)
	// within is how long the process may run on after happen.
	within time.Duration
	// goal is its number in docs/reliability.md; empty for none.
	goal string
	// code is the exit code, cutOff what the log's last line says; -1 if there is no such line.
	code, cutOff int
}{
	{name: "nothing is connected", happen: (*scene).terminate, within: delay + time.Second},
	{name: "all connections are idle", happen: idleConnections, within: delay + time.Second, goal: "G17"},
	{name: "a collector that does not answer", deafCollector: true, happen: idleConnections, within: delay + time.Second},
	{name: "no delay", flags: []string{"--drain-delay=0s"}, happen: idleConnections, within: time.Second},
	{name: "an interrupt", happen: func(s *scene) { s.signal(os.Interrupt) }, within: delay + time.Second},
	{name: "half a body", happen: func(s *scene) { s.leaveHalf(http.MethodPost, `{"qu`) }, within: limit, cutOff: 1},
	{name: "half a header", happen: func(s *scene) { s.leaveHalf("PO", "") }, within: limit},
	{
		name: "a caller that does not read", flags: []string{"--max-cost=1000000"}, holds: true,
		happen: deafCaller, within: limit, cutOff: 1,
	},
	{name: "an operation that ends in time", holds: true, happen: operationInTime, within: limit},
	{name: "an operation that takes too long", holds: true, happen: operationTooLong, within: limit, cutOff: 1},
	{name: "a second signal", holds: true, happen: secondSignal, within: time.Second, code: 143, cutOff: -1},
	{name: "a hang-up", happen: hangUp, within: delay + time.Second},
	{
		name:   "a hang-up with trusted documents",
		flags:  []string{"--trusted-documents=log", "--trusted-documents-path=testdata/documents"},
		happen: hangUpToRead, within: delay + time.Second,
	},
	{name: "a log that nobody reads any more", happen: deadLog, within: delay + time.Second, cutOff: -1},
	{name: "a log that nobody reads for a while", happen: pausedLog, within: delay + time.Second},
	// Longer delays, so that a machine with other things to do is not too slow for the callers.
	{name: "callers who watch readyz", flags: []string{"--drain-delay=3s"}, happen: watchfulCallers, within: 6 * time.Second, goal: "G16"},
	{name: "callers on idle connections", flags: []string{"--drain-delay=6s"}, happen: callersOnIdleConnections, within: limit},
}

const (
	delay = time.Second      // --drain-delay by default
	limit = 10 * time.Second // what an orchestrator grants
	slack = 8 * time.Second  // for a machine that has other things to do, beside each of these
	// patience is how long a test waits for what has to come.
	patience = 3 * time.Minute
)

// scene is a gateway over a Jobs API, and what has been asked of it.
type scene struct {
	*testing.T

	gw      *program.Program
	api     *program.Upstream
	token   string        // it may be nowhere but in the calls of the Jobs API
	held    chan struct{} // gets something for each request that the Jobs API holds
	release chan struct{} // ends the holding when it is closed
	asked   atomic.Int64  // whole requests
	stopped time.Time     // when the last signal was sent
}

// A process ends as its signal asks for, whatever its callers and its log's reader do, and then: no token in
// the log or on stdout, only lines of the log, one for each request, and no call of the Jobs API left open.
func TestProcess(t *testing.T) {
	t.Parallel()
	for _, tc := range processCases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := &scene{T: t, token: "tokA-" + rand.Text(), held: make(chan struct{}, 100), release: make(chan struct{})}
			hold := func(*http.Request) {}
			if tc.holds {
				hold = func(r *http.Request) {
					s.held <- struct{}{}
					select {
					case <-s.release:
					case <-r.Context().Done():
					}
				}
			}
			s.api = program.StartUpstream(t, hold)
			environ := []string{"JOBSGW_UPSTREAM_TIMEOUT=1m", "JOBSGW_REQUEST_TIMEOUT=1m"} // longer than any case
			if tc.deafCollector {
				deaf, err := net.Listen("tcp", "127.0.0.1:0") // nobody accepts what the system does
				if err != nil {
					t.Fatal(err)
				}
				defer deaf.Close()
				environ = append(environ, "OTEL_EXPORTER_OTLP_ENDPOINT=http://"+deaf.Addr().String())
			}
			s.gw = program.StartWith(t, environ, append(tc.flags, "--upstream-url="+s.api.URL)...)
			tc.happen(s)
			if code := s.gw.ExitCode(t, tc.within+slack); code != tc.code {
				t.Errorf("exit code %d, want %d", code, tc.code)
			}
			if tc.goal != "" && !t.Failed() {
				t.Logf("%s: %s: none of %d requests is lost; the process ends %v after TERM",
					tc.goal, tc.name, s.asked.Load(), time.Since(s.stopped))
			}
			s.checkLog(tc.cutOff)
		})
	}
}

// checkLog looks at what the process has left.
func (s *scene) checkLog(cutOff int) {
	s.Helper()
	log, lines := s.gw.Log.String(), 0
	for text := range strings.Lines(log) {
		var line struct {
			Message string `json:"msg"`
		}
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			s.Errorf("a line %q", text)
		}
		if line.Message == "operation" {
			lines++
		}
	}
	if strings.Contains(log+s.gw.Stdout.String(), s.token) {
		s.Error("the log has the token")
	}
	for deadline := time.Now().Add(patience); s.api.Open() > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.Fatalf("%d calls of the Jobs API are open", s.api.Open())
		}
	}
	if cutOff < 0 {
		return
	}
	if asked := int(s.asked.Load()); lines != asked {
		s.Errorf("%d lines for %d requests", lines, asked)
	}
	if stopped := s.gw.Log.With("stopped"); len(stopped) != 1 || stopped[0]["cut_off"] != float64(cutOff) {
		s.Errorf("the end is logged as %v, want cut_off %d", stopped, cutOff)
	}
}

// terminate sends TERM.
func (s *scene) terminate() { s.signal(syscall.SIGTERM) }

// signal sends a signal to the gateway.
func (s *scene) signal(signal os.Signal) {
	s.Helper()
	s.stopped = time.Now()
	s.gw.Signal(s.T, signal)
}

// untilHeld waits until the Jobs API holds a call.
func (s *scene) untilHeld() {
	s.Helper()
	select {
	case <-s.held:
	case <-time.After(patience):
		s.Fatal("the Jobs API was not asked")
	}
}

// caller is a client with one connection.
type caller struct {
	*scene
	net.Conn

	answers *bufio.Reader
}

// call connects.
func (s *scene) call() *caller {
	s.Helper()
	conn, err := (&net.Dialer{}).DialContext(s.Context(), "tcp", strings.TrimPrefix(s.gw.Public, "http://"))
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	return &caller{s, conn, bufio.NewReader(conn)}
}

// head is the header of a POST with a body of n bytes.
func (s *scene) head(n int) string {
	return fmt.Sprintf("POST /graphql HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\n"+
		"Content-Length: %d\r\n\r\n", s.token, n)
}

// ask sends a query.
func (c *caller) ask(query string) {
	body, _ := json.Marshal(map[string]string{"query": query})
	if _, err := io.WriteString(c, c.head(len(body))+string(body)); err != nil {
		c.Errorf("sending: %v", err)
	}
	c.asked.Add(1)
}

// answer reads one answer, which has to be data, and returns whether it is the last one of its connection.
func (c *caller) answer() (last bool) {
	res, err := http.ReadResponse(c.answers, nil)
	if err != nil {
		c.Errorf("a request is lost: %v", err)
		return true
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK || !strings.HasPrefix(string(body), `{"data":{`) {
		c.Errorf("%d %s %v", res.StatusCode, body, err)
	}
	return res.Close
}

// ended fails the test unless the connection ends in order.
func (c *caller) ended() {
	if rest, err := io.ReadAll(c.answers); err != nil || len(rest) > 0 {
		c.Errorf("the connection ends with %q %v", rest, err)
	}
}
