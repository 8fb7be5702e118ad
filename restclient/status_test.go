package restclient

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"jobsgateway/internal/emulator"
)

func TestKindOfEachStatus(t *testing.T) {
	t.Parallel()
	u := newUpstream(t, emulator.Records())
	once(u.Client)
	for status, want := range map[int]Kind{
		201: KindInvalid, 202: KindInvalid, 203: KindInvalid, 204: KindInvalid, 205: KindInvalid, 206: KindInvalid, 299: KindInvalid,
		300: KindInvalid, 301: KindInvalid, 304: KindInvalid, 399: KindInvalid,
		400: KindInvalid, 401: KindUnauthenticated, 402: KindInvalid, 403: KindForbidden, 404: KindNotFound, 405: KindInvalid,
		406: KindInvalid, 407: KindInvalid, 408: KindTimeout, 409: KindInvalid, 410: KindInvalid, 418: KindInvalid,
		421: KindUnavailable, 422: KindInvalid, 425: KindUnavailable, 429: KindRateLimited, 451: KindInvalid, 499: KindInvalid,
		500: KindUnavailable, 501: KindUnavailable, 502: KindUnavailable, 503: KindUnavailable, 504: KindUnavailable,
		520: KindUnavailable, 599: KindUnavailable, 999: KindUnavailable,
	} {
		u.Script(emulator.Fault{Status: status, Times: 2})
		token := fmt.Sprint(secret, status) // a 429 cools one token down
		_, err := u.Job(withToken(t.Context(), token), anID)
		if e := wantKind(t, err, want); e.Status != status {
			t.Errorf("one job: got status %d, want %d", e.Status, status)
		}
		if want == KindNotFound {
			want = KindInvalid // a list cannot be missing: the address is wrong
		}
		_, err = u.Jobs(withToken(t.Context(), token+"list"), firstPage)
		if e := wantKind(t, err, want); e.Status != status {
			t.Errorf("list: got status %d, want %d", e.Status, status)
		}
	}
}

// What the emulator refuses by itself, in each of its error shapes.
func TestErrorShapes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		shape  emulator.ErrorShape
		logID  bool
		detail string
	}{
		{"problem with logId", emulator.ProblemLogID, true, "per_page: 501 is more than 500"},
		{"problem with log_id", emulator.ProblemLogUnderscoreID, true, "per_page: 501 is more than 500"},
		{"legacy", emulator.LegacyError, false, "per_page: 501 is more than 500"},
		{"no body", emulator.EmptyError, false, ""},
		{"HTML", emulator.HTMLError, false, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			opts := emulator.Records()
			opts.Errors = test.shape
			u := newUpstream(t, opts)
			_, err := u.Jobs(withToken(t.Context(), secret), JobsQuery{OrderBy: CreatedAtDesc, PerPage: 501})
			e := wantKind(t, err, KindInvalid)
			if e.Detail != test.detail || (e.LogID != "") != test.logID {
				t.Errorf("got detail %q and log id %q", e.Detail, e.LogID)
			}
			if e.LogID != "" && !strings.Contains(e.Error(), e.LogID) {
				t.Errorf("the log id is not in the log: %v", e)
			}
			for token, want := range map[string]Kind{"invalid": KindUnauthenticated, "forbidden": KindForbidden} {
				_, err := u.Jobs(withToken(t.Context(), token), firstPage)
				if e := wantKind(t, err, want); e.Detail != "" || (e.LogID != "") != test.logID {
					t.Errorf("%s: got detail %q and log id %q", token, e.Detail, e.LogID)
				}
			}
		})
	}
}

// Of an error's body 64 KiB are read, and one that is longer says nothing.
func TestLongErrors(t *testing.T) {
	t.Parallel()
	u := newUpstream(t, emulator.Records())
	const most, frame = 64 << 10, `{"detail":"d","pad":""}`
	for length, want := range map[int]string{most: "d", most + 1: ""} {
		body := strings.Replace(frame, `""`, `"`+strings.Repeat("x", length-len(frame))+`"`, 1)
		u.Script(emulator.Fault{Status: http.StatusBadRequest, Body: []byte(body), ContentType: "application/json"})
		_, err := u.Jobs(withToken(t.Context(), secret), firstPage)
		if e := wantKind(t, err, KindInvalid); e.Detail != want {
			t.Errorf("%d bytes: %q, want %q", len(body), e.Detail, want)
		}
	}
}

func TestDetailAndLogID(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ä", 301)
	for _, test := range []struct{ name, mime, body, detail, logID string }{
		{"detail before title", "", `{"title":"t","detail":"d","logId":"x-1"}`, "d", "x-1"},
		{"title when there is no detail", "", `{"type":null,"title":"t","detail":null,"log_id":"x.2"}`, "t", "x.2"},
		{"title when the detail is empty", "", `{"title":"t","detail":""}`, "t", ""},
		{"description before the bare word", "", `{"error":"Bad","error_description":"d"}`, "d", ""},
		{"the bare word", "", `{"error":"Bad"}`, "Bad", ""},
		{"message", "", `{"message":"m"}`, "m", ""},
		{"problem document", "application/problem+json; charset=utf-8", `{"detail":"d"}`, "d", ""},
		{"both spellings", "", `{"logId":"a","log_id":"b"}`, "", "a"},
		{"the second spelling when the first is none", "", `{"logId":"<a>","log_id":"b"}`, "", "b"},
		{"a log id of odd characters", "", `{"logId":"a b"}`, "", ""},
		{"a log id with a line", "", `{"logId":"a\nlevel=error"}`, "", ""},
		{"a log id of letters that only look right", "", `{"logId":"аbc"}`, "", ""},
		{"a log id that is too long", "", `{"logId":"` + strings.Repeat("a", 129) + `"}`, "", ""},
		{"the longest log id", "", `{"logId":"` + strings.Repeat("a", 128) + `"}`, "", strings.Repeat("a", 128)},
		{"a log id that is a number", "", `{"logId":7}`, "", ""},
		{"300 characters", "", `{"detail":"` + long[2:] + `"}`, long[2:], ""},
		{"301 characters", "", `{"detail":"` + long + `"}`, long[:2*299] + "…", ""},
		{"control characters", "", `{"detail":"\u0000a\tb\r\nc\u001b[31m\u007f\u0085d\n"}`, "a b  c [31m  d", ""},
		{"a message in an error", "", `{"error":{"code":400,"message":"m"},"title":"t"}`, "m", ""},
		{"a detail in an error", "", `{"error":{"detail":"d","message":"m"}}`, "d", ""},
		{"the first of several errors", "", `{"errors":[{"message":"m"},{"message":"n"}],"title":"t"}`, "m", ""},
		{"the first of several errors, with its detail", "", `{"errors":[{"title":"t","detail":"d"}]}`, "d", ""},
		{"errors that are words", "", `{"errors":["w","v"]}`, "w", ""},
		{"errors that are none", "", `{"errors":[],"error":{},"title":"t"}`, "t", ""},
		{"description before a message in an error", "", `{"error":{"message":"m"},"error_description":"d"}`, "d", ""},
		{"message before title", "", `{"title":"t","message":"m"}`, "m", ""},
		{"less than", "", `{"detail":"per_page < 501 and > 0","title":"t"}`, "per_page < 501 and > 0", ""},
		{"less than, close", "", `{"detail":"0<per_page<501"}`, "0<per_page<501", ""},
		{"a placeholder", "", `{"detail":"expected <uuid> or <dataset-id>, got <7>"}`, "expected <uuid> or <dataset-id>, got <7>", ""},
		{"generics", "", `{"detail":"cannot read List<String> from Map<String, Long>"}`, "cannot read List<String> from Map<String, Long>", ""},
		{"an arrow", "", `{"detail":"a <- b -> c <= d"}`, "a <- b -> c <= d", ""},
		{"a page", "", `{"detail":"<!DOCTYPE html><html>no","title":"t"}`, "t", ""},
		{"a rule", "", `{"detail":"502<hr/>nginx","title":"t"}`, "t", ""},
		{"a picture", "", `{"detail":"<img src=x onerror=y>","title":"t"}`, "t", ""},
		{"odd parameters of the type", "application/json; =", `{"detail":"d"}`, "d", ""},
		{"HTML in a member", "", `{"detail":"<h1>no</h1>","title":"t"}`, "t", ""},
		{"HTML in every member", "", `{"detail":"<h1>","title":"</h1>"}`, "", ""},
		{"a detail that is an object", "", `{"detail":{"message":"m"},"title":"t"}`, "t", ""},
		{"no type", "-", `{"detail":"d","logId":"a"}`, "d", "a"},
		{"HTML body", "text/html", `<html>LEAK-1</html>`, "", ""},
		{"JSON that says it is HTML", "text/html", `{"detail":"d","logId":"a"}`, "", ""},
		{"plain text", "text/plain", `LEAK-2`, "", ""},
		{"HTML that says it is JSON", "", `<html>LEAK-3</html>`, "", ""},
		{"an array", "", `[{"detail":"d"}]`, "", ""},
		{"a string", "", `"LEAK-4"`, "", ""},
		{"cut", "", `{"detail":"d"`, "", ""},
		{"two documents", "", `{"detail":"d"}{"detail":"e"}`, "", ""},
		{"no UTF-8", "", "{\"title\":\"t\",\"detail\":\"a\xff\"}", "", ""},
	} {
		mime := test.mime
		if mime == "" {
			mime = "application/json"
		}
		mime = strings.TrimPrefix(mime, "-")
		e := statusError(400, http.Header{"Content-Type": {mime}}, []byte(test.body), historyEnd)
		e.forget("")
		if test.name == "no UTF-8" {
			if !utf8.ValidString(e.Detail) {
				t.Errorf("%s: got %q", test.name, e.Detail)
			}
			continue
		}
		if e.Detail != test.detail || e.LogID != test.logID {
			t.Errorf("%s: got detail %q and log id %q, want %q and %q", test.name, e.Detail, e.LogID, test.detail, test.logID)
		}
		if strings.Contains(e.Error(), "LEAK") {
			t.Errorf("%s: the body is in the log: %v", test.name, e)
		}
		for _, status := range []int{401, 403, 404, 429, 500} {
			e := statusError(status, http.Header{"Content-Type": {mime}}, []byte(test.body), historyEnd)
			if e.Detail != "" {
				t.Errorf("%s: status %d carries the detail %q", test.name, status, e.Detail)
			}
		}
	}
}

// An error page without an end costs no more than its start.
func TestHugeErrorBody(t *testing.T) {
	t.Parallel()
	u := newUpstream(t, emulator.Records())
	once(u.Client)
	for _, f := range []emulator.Fault{{Status: 503, Huge: 64 << 30}, {Status: 503, Bomb: 64 << 30}, {Status: 503, Huge: 64 << 30, NoLength: true}} {
		u.Script(f)
		_, err := u.Jobs(withToken(t.Context(), secret), firstPage)
		wantKind(t, err, KindUnavailable)
	}
	if u.Scripted() != 0 {
		t.Errorf("%d faults were not met", u.Scripted())
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]time.Duration{
		"":                              0,
		"0":                             0,
		"1":                             time.Second,
		"30":                            30 * time.Second,
		"86400":                         24 * time.Hour,
		"86401":                         24 * time.Hour,
		"-5":                            0,
		"-99999999999999999999999":      0,
		"1.5":                           0,
		"abc":                           0,
		"30 s":                          0,
		"99999999999999":                24 * time.Hour,
		"99999999999999999999999999999": 24 * time.Hour,
		"Thu, 12 Mar 2026 15:30:07 GMT": 7 * time.Second,
		"Thu, 12 Mar 2026 15:30:00 GMT": 0,
		"Thu, 12 Mar 2026 15:29:59 GMT": 0,
		"Fri, 13 Mar 2026 15:30:00 GMT": 24 * time.Hour,
		"Wed, 21 Oct 2099 07:28:00 GMT": 24 * time.Hour,
		"Thu, 32 Mar 2026 15:30:07 GMT": 0,
	} {
		if got := retryAfter(value, historyEnd); got != want {
			t.Errorf("%q: got %v, want %v", value, got, want)
		}
		for status, said := range map[int]bool{408: true, 421: true, 429: true, 500: true, 503: true, 400: false, 401: false, 403: false, 404: false, 301: false} {
			e := statusError(status, http.Header{"Retry-After": {value}}, nil, historyEnd)
			if said && e.RetryAfter != want || !said && e.RetryAfter != 0 {
				t.Errorf("%q with status %d: got %v", value, status, e.RetryAfter)
			}
		}
	}
	u := newUpstream(t, emulator.Records())
	u.Script(emulator.Fault{Status: 429, Header: http.Header{"Retry-After": {"30"}}})
	_, err := u.Jobs(withToken(t.Context(), secret), firstPage)
	if e := wantKind(t, err, KindRateLimited); e.RetryAfter != 30*time.Second {
		t.Errorf("got %v, want 30s", e.RetryAfter)
	}
}

// A redirect would take the token to wherever the answer says.
func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	u, other := newUpstream(t, emulator.Records()), newUpstream(t, emulator.Records())
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, location := range []string{
			other.url + "/jobs", "//" + strings.TrimPrefix(other.url, "http://") + "/jobs", "/elsewhere", u.url + "/jobs", "://",
			"http://evil.invalid/" + secret,
		} {
			for _, body := range []string{"", `{"records":[]}`} {
				u.Reset()
				u.Script(emulator.Fault{Status: status, Location: location, Body: []byte(body)})
				_, err := u.Jobs(withToken(t.Context(), secret), firstPage)
				if e := wantKind(t, err, KindInvalid); e.Status != status {
					t.Errorf("%d to %s: got status %d", status, location, e.Status)
				}
				if u.Total() != 1 {
					t.Errorf("%d to %s: %d requests", status, location, u.Total())
				}
			}
		}
	}
	if n := other.conns.Load(); n != 0 {
		t.Errorf("the second listener saw %d connections", n)
	}
}

// A caller may be told what the upstream said, and the upstream may have said what it was told.
func TestUpstreamThatQuotesTheToken(t *testing.T) {
	t.Parallel()
	u := newUpstream(t, emulator.Records())
	for _, body := range []string{
		`{"detail":"the token ` + secret + ` may not ask this"}`, `{"logId":"` + secret + `"}`, `{"error_description":"Bearer ` + secret + `"}`,
	} {
		u.Script(emulator.Fault{Status: 400, Body: []byte(body)})
		_, err := u.Jobs(withToken(t.Context(), secret), firstPage)
		wantKind(t, err, KindInvalid)
	}
	for _, answer := range []string{
		secret + "\r\n\r\n", "HTTP/1.1 " + secret + "\r\n\r\n", "HTTP/1.1 200 OK\r\n" + secret + "\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: " + secret + "\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: " + secret + "\r\n\r\n",
	} {
		c := newClient(t, listen(t, sending(answer)))
		_, err := c.Jobs(withToken(t.Context(), secret), firstPage)
		wantKind(t, err, KindUnavailable)
	}
}
