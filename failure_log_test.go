package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

// Each failed attempt of a call is a WARN line of its own, with the ids of the request and of its trace, the kind, the
// status, which attempt it was and the cause.
func TestLinesOfAttempts(t *testing.T) {
	t.Parallel()
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }))
	defer api.Close()
	gw := startGateway(t, "--upstream-url", api.URL)
	const trace = "0af7651916cd43dd8448eb211c80319c"
	replyTo(t, gw, `{jobs {totalCount}}`, "Authorization", "Bearer demo", "X-Request-Id", "an-id", "Traceparent", "00-"+trace+"-b7ad6b7169203331-01")
	gw.log.Await(t, "operation")
	lines := gw.log.With("upstream call failed")
	if len(lines) != 3 {
		t.Fatalf("%d lines: %v", len(lines), lines)
	}
	for i, line := range lines {
		if line["level"] != "WARN" || line["request_id"] != "an-id" || line["trace_id"] != trace || line["kind"] != "unavailable" ||
			line["status"] != 503.0 || line["attempt"] != float64(i+1) || line["error"] != "jobs api: unavailable (status 503)" {
			t.Errorf("%v", line)
		}
	}
}

// What makes a subscription fail is in the log as for a query: the cause, which the caller does not get, in one line as long as
// it lasts; for what only the caller can mend at debug level.
func TestLinesOfFailedPolls(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		subscription, name, level, hint string
		status                          int
		answer                          string
	}{
		{"jobsChanged { cursor }", "a wrong address", "WARN", "the address of the Jobs API may be wrong: see --upstream-url", 404, ""},
		{"jobsChanged { cursor }", "a token that is not accepted", "DEBUG", "", 401, ""},
		{"jobsChanged { cursor }", "an answer of people", "WARN", "", 200, "<html>"},
		{`jobUpdated(id: \"2a5b9ad7-dc8f-47bb-8e62-843a38f8054c\") { id }`, "an answer for one job", "WARN", "", 200, "<html>"},
	} {
		api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, c.answer)
		}))
		defer api.Close()
		gw := startGateway(t, "--upstream-url", api.URL, "--log-level=debug", "--live-outage=1s", "--poll-interval=100ms")
		_, line := subscribe(t, gw, `subscription { `+c.subscription+` }`)
		if got := line(); got != "event: next" {
			t.Errorf("%s: %q", c.name, got)
		}
		gw.log.Await(t, "operation")
		lines := gw.log.With("upstream call failed")
		if len(lines) != 1 {
			t.Errorf("%s: %d lines: %v", c.name, len(lines), lines)
			continue
		}
		id, _ := lines[0]["request_id"].(string)
		hint, _ := lines[0]["hint"].(string)
		if lines[0]["level"] != c.level || id == "" || hint != c.hint || lines[0]["kind"] == nil || lines[0]["error"] == nil {
			t.Errorf("%s: %v", c.name, lines[0])
		}
	}
}
