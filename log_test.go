package main

import (
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"jobsgateway/internal/logtest"
)

// What net/http says keeps to one line, and to itself what it quotes.
func TestCleanMessage(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]string{
		"http: Accept error: accept tcp [::]:80: too many open files; retrying in 5ms":       "net/http: http: Accept error: accept tcp [::]:80: too many open files; retrying in 5ms",
		`Unsolicited response received on idle HTTP channel starting with "LEAK"; err=<nil>`: "net/http: the Jobs API sent an answer that nobody asked for; its connection was closed",
		`malformed HTTP response "LE\"AK" and more`:                                          `net/http: malformed HTTP response "…" and more`,
		`http2: Transport encoding header "authorization" = "Bearer LEAK"`:                   `net/http: http2: Transport encoding header "…" = "…"`,
		`an end is missing "LEAK`:                          `net/http: an end is missing "…"`,
		"http: panic serving 1.2.3.4:5: LEAK\ngoroutine 7": "net/http: http: panic serving 1.2.3.4:5: … goroutine 7",
		"a\tb\x00c\n":             "net/http: a b c ",
		strings.Repeat("ä", 2000): "net/http: " + strings.Repeat("ä", 1000),
	} {
		if got := cleanMessage(message); got != want {
			t.Errorf("%q becomes %q, want %q", message, got, want)
		}
	}
}

// The server's own messages go the same way, at the level of a warning.
func TestServerMessages(t *testing.T) {
	t.Parallel()
	log := &logtest.Buffer{}
	server := newServer(http.NotFoundHandler(), 0, slog.New(slog.NewJSONHandler(log, nil)))
	server.ErrorLog.Printf("http: invalid Content-Length of %q", "LEAK")
	if lines := log.With(`net/http: http: invalid Content-Length of "…"`); len(lines) != 1 || lines[0]["level"] != "WARN" {
		t.Errorf("%s", log)
	}
}
