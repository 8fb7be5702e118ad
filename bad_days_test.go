package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"jobsgateway/internal/badapi"
)

// Callers of these tests. Their tokens may stand nowhere but in the requests to the Jobs API.
const (
	canaryA = "tokA-5f0c2b7e9d4146a8b3c1d2e3f4a5b6c7"
	canaryB = "tokB-0a1b2c3d4e5f60718293a4b5c6d7e8f9"
)

const oneCall = `{ jobs(first: 1) { nodes { id state } } }`

// badDay is a gateway over a Jobs API that breaks. Its sizes are those of profile T of the catalogue of faults.
type badDay struct {
	runningGateway
	*badapi.API
}

// startBadDay starts a gateway whose time for an operation only a test that hangs can meet.
func startBadDay(t *testing.T, script ...badapi.Speak) badDay {
	t.Helper()
	return startDay(t, script)
}

// startHastyDay starts one for tests of which a call has to run out of time: anything else has to come to its end
// before that, on a slow machine, too.
func startHastyDay(t *testing.T, script ...badapi.Speak) badDay {
	t.Helper()
	return startDay(t, script, "--upstream-timeout=3s", "--request-timeout=6s")
}

func startDay(t *testing.T, script []badapi.Speak, flags ...string) badDay {
	t.Helper()
	api := badapi.Start(t, script...)
	return badDay{startGateway(t, append(flags, "--upstream-url", api.URL, "--max-upstream-body=1MiB")...), api}
}

// badReply is what a caller got, and after how long.
type badReply struct {
	code       string // of the first error; empty for data
	retryAfter float64
	text       string
	took       time.Duration
}

// badError is an error of an answer.
type badError struct {
	Message    string         `json:"message"`
	Path       []any          `json:"path"`
	Extensions map[string]any `json:"extensions"`
}

// secrets are what no answer and no line of the log may have. The last two are the caller's to know.
func (d badDay) secrets() []string {
	return []string{badapi.Leak, "LEAK", canaryA, canaryB, "Bearer"}
}

// inside matches what tells how the program is built, or where the Jobs API is.
var inside = regexp.MustCompile(`127\.0\.0\.1|localhost|goroutine |\.go:|panic|\*?(?:url|net|json|gzip|restclient|rawjson)\.\w+|jobs api:|0x[0-9a-f]{6}`)

// query sends a query and checks what holds for every answer (PC3 and PC4 of the catalogue): the form of the
// whole and of each error, and that nothing of the Jobs API's faults or of the program is in it.
func (d badDay) query(t *testing.T, token, query string) (text string, errors []badError, took time.Duration) {
	t.Helper()
	began := time.Now()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.public+"/graphql", strings.NewReader(bodyOf(t, query, nil)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = http.Header{
		"Content-Type": {"application/json"}, "Authorization": {"Bearer " + token},
		"Accept": {"application/graphql-response+json, application/json"},
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	took, text = time.Since(began), string(body)
	var answer struct {
		Data   map[string]json.RawMessage `json:"data"`
		Errors []badError                 `json:"errors"`
	}
	if res.StatusCode != http.StatusOK || !utf8.Valid(body) || json.Unmarshal(body, &answer) != nil || answer.Data == nil {
		t.Fatalf("%d %s", res.StatusCode, text)
	}
	if kind := res.Header.Get("Content-Type"); kind != "application/graphql-response+json; charset=utf-8" || res.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("the header is %v", res.Header)
	}
	head := fmt.Sprint(res.Header)
	for _, secret := range d.secrets() {
		if strings.Contains(text, secret) || strings.Contains(head, secret) {
			t.Errorf("the answer has %s: %s %s", secret, head, text)
		}
	}
	if found := inside.FindString(head + text); found != "" {
		t.Errorf("the answer has %q: %s %s", found, head, text)
	}
	for _, e := range answer.Errors {
		if code, _ := e.Extensions["code"].(string); e.Extensions["requestId"] != res.Header.Get("X-Request-Id") || len(e.Path) == 0 || code == "" || e.Message == "" {
			t.Errorf("an error is %+v", e)
		}
	}
	return text, answer.Errors, took
}

// ask sends the query of one call: it comes to data without an error, or to null with one.
func (d badDay) ask(t *testing.T, token string) badReply {
	t.Helper()
	text, errors, took := d.query(t, token, oneCall)
	r := badReply{text: text, took: took}
	if len(errors) > 0 {
		r.code, _ = errors[0].Extensions["code"].(string)
		r.retryAfter, _ = errors[0].Extensions["retryAfterSeconds"].(float64)
	}
	if null := strings.Contains(text, `"jobs":null`); null != (len(errors) == 1) || len(errors) > 1 {
		t.Errorf("data and errors do not fit: %s", text)
	}
	return r
}

// wantCleanLog checks that the log has nothing that it may not have.
func (d badDay) wantCleanLog(t *testing.T) {
	t.Helper()
	for _, secret := range append(d.secrets(), "order_by", "per_page", ".go:") {
		if strings.Contains(d.log.String(), secret) {
			t.Errorf("the log has %s:\n%s", secret, d.log)
		}
	}
}

// wantOver checks that a case has left nothing (PC1, PC2, PC3 and PC5 of the catalogue): no request and no
// connection but a kept one at the Jobs API, a healthy next call, and one line of the log for each operation,
// with its codes. That no goroutine is left is what TestMain looks at, when all gateways have ended.
func (d badDay) wantOver(t *testing.T, codes ...string) {
	t.Helper()
	d.Answer(nil)
	if again := d.ask(t, canaryB); again.code != "" {
		t.Errorf("the next call: %s", again.text)
	}
	d.untilQuiet(t, 1)
	codes = append(codes, "")
	got := []string{}
	for _, line := range d.linesOf(t, len(codes)) {
		code := ""
		if line["codes"] != nil {
			code = fmt.Sprint(line["codes"].([]any)...)
		}
		if line["request_id"] == nil || line["status"] != 200.0 {
			t.Errorf("a line %v", line)
		}
		got = append(got, code)
	}
	if !slices.Equal(got, codes) {
		t.Errorf("the operations' lines have the codes %q, want %q", got, codes)
	}
	d.wantCleanLog(t)
}

// linesOf returns the lines of all operations, as soon as there are so many.
func (d badDay) linesOf(t *testing.T, operations int) []map[string]any {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		if lines := d.log.With("operation"); len(lines) >= operations {
			return lines
		}
		if time.Now().After(deadline) {
			t.Fatalf("less than %d lines:\n%s", operations, d.log)
		}
	}
}

// untilQuiet waits until the Jobs API answers no request and has no more connections than so many.
func (d badDay) untilQuiet(t *testing.T, most int) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		connections, requests := d.Open()
		if connections <= most && requests == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d connections and %d requests are left", connections, requests)
		}
	}
}

// outOfTime is the code of a call that has.
const outOfTime = "UPSTREAM_TIMEOUT"

// What one call comes to, whatever the Jobs API does to it, how many requests it costs, and that the next one
// is answered. The names are those of the catalogue of faults.
func TestBadDays(t *testing.T) {
	t.Parallel()
	for _, fault := range badapi.Faults() {
		t.Run(fault.Name, func(t *testing.T) {
			t.Parallel()
			start := startBadDay
			if fault.Code == outOfTime {
				start = startHastyDay
			}
			d := start(t, fault.Speak)
			got := d.ask(t, canaryA)
			requests := d.Since(0)
			if got.code != fault.Code || len(requests) != fault.Requests {
				t.Errorf("%d requests: %s", len(requests), got.text)
			}
			for _, r := range requests {
				if r.Token != "Bearer "+canaryA {
					t.Errorf("asked as %q", r.Token)
				}
			}
			d.wantFailureLines(t, fault.Requests, fault.Code, fault.Usual)
			d.wantOver(t, fault.Code)
		})
	}
}

// What becomes of a call that is made again more than once, or later.
func TestAttempts(t *testing.T) {
	t.Parallel()
	reset := badapi.Sends("", true)
	again := func(retryAfter string) badapi.Speak { return badapi.Status(503, "Retry-After: "+retryAfter) }
	for name, tc := range map[string]struct {
		script   []badapi.Speak
		code     string
		requests int
		least    time.Duration // between two requests
	}{
		"A60 502 and 503":            {[]badapi.Speak{badapi.Status(502), badapi.Status(503)}, "", 3, 0},
		"A60 503, three times":       {[]badapi.Speak{badapi.Status(503), badapi.Status(503), badapi.Status(503)}, "UPSTREAM_UNAVAILABLE", 3, 0},
		"A60 resets, three times":    {[]badapi.Speak{reset, reset, reset}, "UPSTREAM_UNAVAILABLE", 3, 0},
		"A60 503 and 500":            {[]badapi.Speak{badapi.Status(503), badapi.Status(500)}, "UPSTREAM_UNAVAILABLE", 2, 0},
		"A60 503 and no answer":      {[]badapi.Speak{badapi.Status(503), badapi.Hangs}, outOfTime, 2, 0},
		"A62 Retry-After 1":          {[]badapi.Speak{again("1")}, "", 2, time.Second},
		"A62 Retry-After 3600":       {[]badapi.Speak{again("3600")}, "UPSTREAM_UNAVAILABLE", 1, 0},
		"A62 Retry-After 120":        {[]badapi.Speak{again("120")}, "UPSTREAM_UNAVAILABLE", 1, 0}, // the deadline is in 2 min
		"A62 Retry-After -5":         {[]badapi.Speak{again("-5")}, "", 2, 0},
		"A62 Retry-After 0":          {[]badapi.Speak{again("0")}, "", 2, 0},
		"A62 Retry-After in 2099":    {[]badapi.Speak{again("Wed, 21 Oct 2099 07:28:00 GMT")}, "UPSTREAM_UNAVAILABLE", 1, 0},
		"A62 Retry-After in 1999":    {[]badapi.Speak{again("Wed, 20 Oct 1999 07:28:00 GMT")}, "", 2, 0},
		"A62 Retry-After abc":        {[]badapi.Speak{again("abc")}, "", 2, 0},
		"A62 Retry-After 1e9":        {[]badapi.Speak{again("1e9")}, "", 2, 0},
		"A62 Retry-After, 14 digits": {[]badapi.Speak{again("99999999999999")}, "UPSTREAM_UNAVAILABLE", 1, 0},
		"A62 Retry-After, 25 digits": {[]badapi.Speak{again("9999999999999999999999999")}, "UPSTREAM_UNAVAILABLE", 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := startBadDay
			if tc.code == outOfTime {
				start = startHastyDay
			}
			d := start(t, tc.script...)
			got := d.ask(t, canaryA)
			requests := d.Since(0)
			if got.code != tc.code || len(requests) != tc.requests {
				t.Fatalf("%d requests: %s", len(requests), got.text)
			}
			if tc.least > 0 && requests[1].Came.Sub(requests[0].Came) < tc.least {
				t.Errorf("asked again after %v", requests[1].Came.Sub(requests[0].Came))
			}
			d.wantFailureLines(t, tc.requests, tc.code, false)
			d.wantOver(t, tc.code)
		})
	}
}

// wantFailureLines checks that the log has a line for each attempt that failed, with its number: a warning
// unless it is a usual one, which only the caller can mend.
func (d badDay) wantFailureLines(t *testing.T, requests int, code string, usual bool) {
	t.Helper()
	level := map[bool]string{false: "WARN", true: "DEBUG"}[usual]
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
		if line["level"] != level || line["attempt"] != float64(i+1) || line["kind"] == nil || line["request_id"] != id {
			t.Errorf("%v", line)
		}
	}
}

// A71, A72: an answer without an end is read no further than the largest size, and its connection is closed. The
// page is asked for in parts, down to one job; then it is the caller's error.
func TestAnswersWithoutEnd(t *testing.T) {
	t.Parallel()
	for name, speak := range badapi.TooLarge() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := startBadDay(t)
			d.Answer(speak)
			text, errors, _ := d.query(t, canaryA, oneCall)
			if len(errors) != 1 || errors[0].Extensions["code"] != "UPSTREAM_BAD_RESPONSE" {
				t.Error(text)
			}
			requests := len(d.Since(0))
			if requests > 3 {
				t.Errorf("%d requests", requests)
			}
			d.untilQuiet(t, 0)
			d.wantOver(t, "UPSTREAM_BAD_RESPONSE")
		})
	}
}
