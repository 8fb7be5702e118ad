package main

import (
	"encoding/json"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Callers of these tests. Their tokens may stand nowhere but in the requests to the Jobs API.
const (
	canaryA = "tokA-5f0c2b7e9d4146a8b3c1d2e3f4a5b6c7"
	canaryB = "tokB-0a1b2c3d4e5f60718293a4b5c6d7e8f9"
)

const oneCall = `{ jobs(first: 1) { nodes { id state } } }`

// badDay is a gateway with short times over a fakeAPI.
type badDay struct {
	runningGateway
	*fakeAPI
}

// attemptTime bounds an attempt of these gateways.
const attemptTime = 500 * time.Millisecond

func startBadDay(t *testing.T, script ...speak) badDay {
	t.Helper()
	api := startFakeAPI(t, script...)
	return badDay{startGateway(t, "--upstream-url", api.url, "--upstream-timeout="+attemptTime.String(), "--request-timeout=2s"), api}
}

// badReply is what a caller got, and when.
type badReply struct {
	code       string // of the first error; empty for data
	retryAfter float64
	text       string
	took       time.Duration
}

// decodeReply reads an answer; broken is true for one that is no JSON.
func decodeReply(text []byte) (answer struct {
	Data struct {
		Jobs *struct{} `json:"jobs"`
	} `json:"data"`
	Errors []struct {
		Path       []any          `json:"path"`
		Extensions map[string]any `json:"extensions"`
	} `json:"errors"`
	broken bool
},
) {
	answer.broken = json.Unmarshal(text, &answer) != nil
	return answer
}

// ask sends the query of one call, and checks what holds for every answer.
func (d badDay) ask(t *testing.T, token string) badReply {
	t.Helper()
	began := time.Now()
	status, text := postBody(t, d.runningGateway, bodyOf(t, oneCall, nil), "Authorization", "Bearer "+token)
	r := badReply{text: string(text), took: time.Since(began)}
	answer := decodeReply(text)
	if status != 200 || answer.broken {
		t.Fatalf("%d %s", status, text)
	}
	if len(answer.Errors) > 0 {
		e := answer.Errors[0]
		r.code, _ = e.Extensions["code"].(string)
		r.retryAfter, _ = e.Extensions["retryAfterSeconds"].(float64)
		if e.Extensions["requestId"] == nil || len(e.Path) == 0 || r.code == "" || answer.Data.Jobs != nil {
			t.Errorf("the error is %s", text)
		}
	} else if answer.Data.Jobs == nil {
		t.Errorf("no data and no error: %s", text)
	}
	for _, secret := range []string{leak, canaryA, canaryB, strings.TrimPrefix(d.url, "http://"), ".go:"} {
		if strings.Contains(r.text, secret) {
			t.Errorf("the answer has %s: %s", secret, text)
		}
	}
	return r
}

// wantCleanLog checks that the log has nothing that it may not have.
func (d badDay) wantCleanLog(t *testing.T) {
	t.Helper()
	for _, secret := range []string{leak, canaryA, canaryB, "Bearer", "order_by", "per_page"} {
		if strings.Contains(d.log.String(), secret) {
			t.Errorf("the log has %s:\n%s", secret, d.log)
		}
	}
}

// What one call comes to, whatever the Jobs API does to it, how many requests it costs, and that the next one
// is answered. The names are those of the fault catalogue.
func TestBadDays(t *testing.T) {
	t.Parallel()
	const (
		head        = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
		unavailable = "UPSTREAM_UNAVAILABLE"
		late        = "UPSTREAM_TIMEOUT"
		data        = ""
		limit       = 2200 * time.Millisecond // what the catalogue allows where it names a time
	)
	for name, tc := range map[string]struct {
		script   []speak
		code     string
		requests int
		within   time.Duration
	}{
		"A52 no answer":              {[]speak{hangs}, late, 1, limit},
		"A54 a head in drops":        {[]speak{drips("HTTP/1.1 200 OK\r\nX-", "x", 100*time.Millisecond)}, late, 1, limit},
		"A55 a body in drops":        {[]speak{drips(head+"Content-Length: 999\r\n\r\n", " ", 200*time.Millisecond)}, late, 1, limit},
		"A56 reset before a byte":    {[]speak{sends("", true)}, data, 2, 0},
		"A56 closed before a byte":   {[]speak{sends("", false)}, data, 2, 0},
		"A57 reset in the body":      {[]speak{sends(head+"Content-Length: 64\r\n\r\n"+emptyPage[:16], true)}, unavailable, 1, 0},
		"A58 an early end":           {[]speak{sends(head+"Content-Length: 1000\r\n\r\n"+strings.Repeat(" ", 500), false)}, unavailable, 1, 0},
		"A58 chunks without an end":  {[]speak{sends(head+"Transfer-Encoding: chunked\r\n\r\n5\r\n{\"rec\r\n", false)}, unavailable, 1, 0},
		"A59 500":                    {[]speak{withStatus(500)}, unavailable, 1, 0},
		"A60 502":                    {[]speak{withStatus(502)}, data, 2, 0},
		"A60 503":                    {[]speak{withStatus(503)}, data, 2, 0},
		"A60 502 and 503":            {[]speak{withStatus(502), withStatus(503)}, data, 3, 0},
		"A60 503, three times":       {[]speak{withStatus(503), withStatus(503), withStatus(503)}, unavailable, 3, 0},
		"A60 resets, three times":    {[]speak{sends("", true), sends("", true), sends("", true)}, unavailable, 3, 0},
		"A62 Retry-After 1":          {[]speak{withStatus(503, "Retry-After: 1")}, data, 2, limit},
		"A62 Retry-After 3600":       {[]speak{withStatus(503, "Retry-After: 3600")}, unavailable, 1, limit},
		"A62 Retry-After 2":          {[]speak{withStatus(503, "Retry-After: 2")}, unavailable, 1, limit}, // the deadline is in 2 s
		"A62 Retry-After -5":         {[]speak{withStatus(503, "Retry-After: -5")}, data, 2, limit},
		"A62 Retry-After 0":          {[]speak{withStatus(503, "Retry-After: 0")}, data, 2, limit},
		"A62 Retry-After in 2099":    {[]speak{withStatus(503, "Retry-After: Wed, 21 Oct 2099 07:28:00 GMT")}, unavailable, 1, limit},
		"A62 Retry-After abc":        {[]speak{withStatus(503, "Retry-After: abc")}, data, 2, limit},
		"A62 Retry-After, 14 digits": {[]speak{withStatus(503, "Retry-After: 99999999999999")}, unavailable, 1, limit},
		// The catalogue has a 504 among what is asked again. It is not: the request has taken the API's time
		// already, and would again.
		"A60 504": {[]speak{withStatus(504)}, unavailable, 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := startBadDay(t, tc.script...)
			got := d.ask(t, canaryA)
			requests := d.since(0)
			if got.code != tc.code || len(requests) != tc.requests {
				t.Errorf("%d requests: %s", len(requests), got.text)
			}
			if tc.within > 0 && got.took > tc.within {
				t.Errorf("answered after %v", got.took)
			}
			if strings.HasSuffix(name, "Retry-After 1") && requests[1].came.Sub(requests[0].came) < time.Second {
				t.Errorf("asked again after %v", requests[1].came.Sub(requests[0].came))
			}
			for _, r := range requests {
				if r.token != "Bearer "+canaryA {
					t.Errorf("asked as %q", r.token)
				}
			}
			d.wantFailureLines(t, tc.requests, tc.code)
			if again := d.ask(t, canaryA); again.code != "" {
				t.Errorf("the next call: %s", again.text)
			}
			d.wantCleanLog(t)
		})
	}
}

// wantFailureLines checks that the log has a line for each attempt that failed, with its number.
func (d badDay) wantFailureLines(t *testing.T, requests int, code string) {
	t.Helper()
	lines := d.log.With("upstream call failed")
	failed := requests
	if code == "" {
		failed--
	}
	if len(lines) != failed {
		t.Errorf("%d lines, %d attempts failed", len(lines), failed)
	}
	id := d.log.Await(t, "operation")["request_id"]
	for i, line := range lines {
		if line["level"] != "WARN" || line["attempt"] != float64(i+1) || line["kind"] == nil || line["request_id"] != id {
			t.Errorf("%v", line)
		}
	}
}

// A51, A53: where nobody listens, or nobody accepts, callers are told so soon, and the operator learns why.
func TestNoConnection(t *testing.T) {
	t.Parallel()
	t.Run("A51 refused", func(t *testing.T) {
		t.Parallel()
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		l.Close()
		d := badDay{startGateway(t, "--upstream-url", "http://"+l.Addr().String()), &fakeAPI{url: "http://" + l.Addr().String()}}
		_, _ = postBody(t, d.runningGateway, bodyOf(t, oneCall, nil), "traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
		got := d.ask(t, canaryA)
		if got.code != "UPSTREAM_UNAVAILABLE" || got.took > time.Second {
			t.Errorf("after %v: %s", got.took, got.text)
		}
		lines := d.log.With("upstream call failed")
		if len(lines) < 3 {
			t.Fatalf("%v", lines)
		}
		for i, line := range lines[:3] { // of the first call
			if text := fmt.Sprint(line["error"]); line["level"] != "WARN" || line["attempt"] != float64(i+1) || line["kind"] != "unavailable" ||
				line["trace_id"] != "4bf92f3577b34da6a3ce929d0e0e4736" || !strings.Contains(text, "connection refused by "+l.Addr().String()) {
				t.Errorf("%v", line)
			}
		}
		d.wantCleanLog(t)
	})
	t.Run("A53 never accepted", func(t *testing.T) {
		t.Parallel()
		address := fullBacklog(t)
		d := badDay{
			startGateway(t, "--upstream-url", "http://"+address, "--upstream-timeout="+attemptTime.String(), "--request-timeout=2s"),
			&fakeAPI{url: "http://" + address},
		}
		if got := d.ask(t, canaryA); got.code != "UPSTREAM_TIMEOUT" || got.took > 2200*time.Millisecond {
			t.Errorf("after %v: %s", got.took, got.text)
		}
		d.wantCleanLog(t)
	})
}

// fullBacklog is the address of a listener that accepts nobody and has no place left for who waits.
func fullBacklog(t *testing.T) string {
	t.Helper()
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(socket) })
	if err := syscall.Bind(socket, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(socket, 0); err != nil {
		t.Fatal(err)
	}
	bound, err := syscall.Getsockname(socket)
	if err != nil {
		t.Fatal(err)
	}
	address := fmt.Sprintf("127.0.0.1:%d", bound.(*syscall.SockaddrInet4).Port)
	for { // until one has to wait
		conn, err := net.DialTimeout("tcp", address, 200*time.Millisecond)
		if err != nil {
			return address
		}
		t.Cleanup(func() { conn.Close() })
	}
}

// A52: a caller's deadline closes the connection.
func TestHangingConnectionIsClosed(t *testing.T) {
	t.Parallel()
	d := startBadDay(t, hangs)
	if got := d.ask(t, canaryA); got.code != "UPSTREAM_TIMEOUT" {
		t.Error(got.text)
	}
	for deadline := time.Now().Add(patience); d.connections() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the connection is kept")
		}
	}
}

// A60: twenty calls that are answered when they are asked again wait for different times.
func TestWaitsDiffer(t *testing.T) {
	t.Parallel()
	d := startBadDay(t)
	gaps := map[int64]bool{}
	for range 20 {
		before := d.answer(nil, withStatus(503))
		if got := d.ask(t, canaryA); got.code != "" {
			t.Fatal(got.text)
		}
		requests := d.since(before)
		gaps[requests[1].came.Sub(requests[0].came).Milliseconds()] = true
	}
	if len(gaps) < 5 {
		t.Errorf("they wait for %v", gaps)
	}
}

// A61: an API that is down is hardly asked more than it is called, then hardly at all; callers are told at once
// and when to come back, and are served soon after the API is back.
func TestDeadAPI(t *testing.T) {
	t.Parallel()
	for name, together := range map[string]int{"one after the other": 1, "twenty at a time": 20} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := startBadDay(t)
			d.answer(withStatus(503))
			const calls = 200
			var mu sync.Mutex
			var refused []time.Duration
			var all sync.WaitGroup
			for i := range together {
				all.Go(func() {
					for range calls / together {
						got := d.ask(t, fmt.Sprintf("%s%02d", canaryA, i)) // else equal calls would be one
						if got.code != "UPSTREAM_UNAVAILABLE" {
							t.Error(got.text)
						}
						if !strings.Contains(got.text, `"upstreamStatus"`) {
							mu.Lock()
							refused = append(refused, got.took)
							mu.Unlock()
							if got.retryAfter != 1 {
								t.Errorf("come back after %v: %s", got.retryAfter, got.text)
							}
						}
					}
				})
			}
			all.Wait()
			if n := len(d.since(0)); n > calls*12/10+3 {
				t.Errorf("%d requests for %d calls", n, calls)
			}
			if len(refused) < calls/2 {
				t.Fatalf("only %d calls were refused", len(refused))
			}
			slices.Sort(refused)
			median := refused[len(refused)/2]
			t.Logf("%d requests for %d calls, %d of them refused after %v", len(d.since(0)), calls, len(refused), median)
			if median > attemptTime/2 { // about 1 ms on a quiet machine
				t.Errorf("refused after %v", median)
			}
			// Refused calls are no calls.
			operations := d.log.With("operation")
			if last := operations[len(operations)-1]; last["upstream_calls"] != 0.0 && together == 1 {
				t.Errorf("%v", last)
			}
			d.answer(nil)
			back := time.Now()
			for d.ask(t, canaryA).code != "" {
				if time.Since(back) > patience {
					t.Fatal("it does not come back")
				}
				time.Sleep(10 * time.Millisecond)
			}
			took := time.Since(back)
			t.Logf("back after %v", took)
			if took > 4*time.Second { // the delay is one second; a busy machine may take longer
				t.Errorf("back after %v", took)
			}
			d.wantCleanLog(t)
		})
	}
}

// The log of an outage is short: ten lines a second for one cause, and how many were left out.
func TestLogOfAnOutage(t *testing.T) {
	t.Parallel()
	d := startBadDay(t)
	d.answer(withStatus(500))
	began := time.Now()
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for range 25 {
				d.ask(t, fmt.Sprintf("%s%02d", canaryA, i)) // else equal calls would be one
			}
		})
	}
	all.Wait()
	told := d.log.Await(t, "lines left out")
	if told["level"] != "WARN" || told["of"] != "upstream call failed" || told["count"].(float64) < 1 || told["error"] == nil {
		t.Errorf("%v", told)
	}
	lines := map[bool]int{} // of calls that were made, and that were not
	for _, line := range d.log.With("upstream call failed") {
		if line["level"] == "WARN" {
			lines[strings.Contains(line["error"].(string), "not asked")]++
		}
	}
	most := 10 * (1 + int(time.Since(began)/time.Second))
	if lines[true] > most || lines[false] > most || lines[true] == 0 || lines[false] == 0 {
		t.Errorf("%v lines, at most %d of each", lines, most)
	}
	d.wantCleanLog(t)
}

// A63: a 429 is one token's affair. It is not sent until its time is over, and is told how long that is; others are
// served.
func TestRateLimitedToken(t *testing.T) {
	t.Parallel()
	d := startBadDay(t, withStatus(429, "Retry-After: 3"))
	limited := d.ask(t, canaryA)
	if limited.code != "UPSTREAM_RATE_LIMITED" || limited.retryAfter != 3 {
		t.Errorf("%s", limited.text)
	}
	began := time.Now()
	last := limited.retryAfter
	for {
		if got := d.ask(t, canaryB); got.code != "" {
			t.Fatalf("another token: %s", got.text)
		}
		got := d.ask(t, canaryA)
		if got.code == "" {
			break
		}
		if got.code != "UPSTREAM_RATE_LIMITED" || got.retryAfter < 1 || got.retryAfter > last {
			t.Fatalf("%s", got.text)
		}
		last = got.retryAfter
		if time.Since(began) > patience {
			t.Fatal("it is never over")
		}
		time.Sleep(50 * time.Millisecond)
	}
	if last != 1 {
		t.Errorf("the last said to wait for %v s", last)
	}
	var asA []time.Time
	for _, r := range d.since(0) {
		if r.token == "Bearer "+canaryA {
			asA = append(asA, r.came)
		}
	}
	if len(asA) != 2 || asA[1].Sub(asA[0]) < 3*time.Second {
		t.Errorf("asked at %v", asA)
	}
	d.wantCleanLog(t)
}

// A 429 that does not say how long holds for a second.
func TestRateLimitWithoutTime(t *testing.T) {
	t.Parallel()
	d := startBadDay(t, withStatus(429))
	for range 2 {
		if got := d.ask(t, canaryA); got.code != "UPSTREAM_RATE_LIMITED" || got.retryAfter != 1 {
			t.Errorf("%s", got.text)
		}
	}
	if n := len(d.since(0)); n != 1 {
		t.Errorf("%d requests", n)
	}
}
