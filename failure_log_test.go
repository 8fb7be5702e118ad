package main

import (
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
