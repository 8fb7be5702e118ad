package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
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
	log := newLog()
	server := newServer(http.NotFoundHandler(), 0, slog.New(slog.NewJSONHandler(log, nil)))
	server.ErrorLog.Printf("http: invalid Content-Length of %q", "LEAK")
	if lines := log.lines(`net/http: http: invalid Content-Length of "…"`); len(lines) != 1 || lines[0]["level"] != "WARN" {
		t.Errorf("%s", log)
	}
}

// In the built program every line on stderr is a line of the log, whatever the Jobs API sends, and holds nothing of it.
func TestUnsolicitedAnswers(t *testing.T) {
	t.Parallel()
	api, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer api.Close()
	answered, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		conn, err := api.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		if _, err := http.ReadRequest(bufio.NewReader(conn)); err != nil {
			return
		}
		const body = `{"total_records":0,"records":[]}`
		_, _ = fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
		<-answered
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nX-Secret: LEAK\r\n\r\n")
		_, _ = io.Copy(io.Discard, conn) // until the client has had enough
	}()
	gw, stop := launch(t, build(t), "--upstream-url=http://"+api.Addr().String())
	var data struct{ Jobs struct{ TotalCount int } }
	post(t, gw, `{ jobs(first: 0) { totalCount } }`, nil, &data)
	close(answered)
	line := gw.log.await(t, "net/http: the Jobs API sent an answer that nobody asked for; its connection was closed")
	if line["level"] != "WARN" {
		t.Errorf("%v", line)
	}
	<-ended
	stop()
	for text := range strings.Lines(gw.log.String()) {
		if !json.Valid([]byte(text)) || strings.Contains(text, "LEAK") {
			t.Errorf("a line %q", text)
		}
	}
}
