package gateway

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// speak opens a connection to the gateway and sends text over it.
func (gw *testGateway) speak(t *testing.T, text string) (net.Conn, *bufio.Reader) {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(gw.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	return conn, bufio.NewReader(conn)
}

// asking is a request for a stream of events, as it is sent.
func asking(version, query string) string {
	body := `{"query":` + strconv.Quote(query) + `}`
	return "POST /graphql " + version + "\r\nHost: x\r\nAuthorization: Bearer " + tokenA +
		"\r\nAccept: text/event-stream\r\nContent-Type: application/json\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
}

// A response that goes on is one of HTTP/1.1 in chunks: its end can be told from a cut. A client of HTTP/1.0 gets the
// same without chunks. Both have the headers of any answer.
func TestStreamsAsHTTP(t *testing.T) {
	const events = ":\n\n" + `event: next
data: {"data":{"jobUpdated":{"state":"RUNNING"}}}

event: next
data: {"data":{"jobUpdated":{"state":"FAILED"}}}

event: complete
data:

`
	for version, coding := range map[string][]string{"HTTP/1.1": {"chunked"}, "HTTP/1.0": nil} {
		gw := startLive(t)
		conn, reader := gw.speak(t, asking(version, watchJob))
		res, err := http.ReadResponse(reader, nil)
		if err != nil {
			t.Fatal(err)
		}
		if res.Proto != version || res.StatusCode != http.StatusOK || strings.Join(res.TransferEncoding, "") != strings.Join(coding, "") || !res.Close {
			t.Errorf("%s %s, %q, closes %t", res.Proto, res.Status, res.TransferEncoding, res.Close)
		}
		for name, want := range map[string]string{
			"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff",
			"X-Accel-Buffering": "no", "Content-Length": "",
		} {
			if got := res.Header.Get(name); got != want {
				t.Errorf("%s: %q, not %q", name, got, want)
			}
		}
		if _, err := http.ParseTime(res.Header.Get("Date")); err != nil || res.Header.Get(requestIDHeader) == "" {
			t.Errorf("%v", res.Header)
		}
		until := strings.Index(events, "event: next\ndata: {\"data\":{\"jobUpdated\":{\"state\":\"FAILED\"")
		begin := make([]byte, until)
		if _, err := io.ReadFull(res.Body, begin); err != nil || string(begin) != events[:until] {
			t.Fatalf("%v: %q", err, begin)
		}
		gw.jobs.Replace(liveJob, liveRecord(liveJob, "failed", 2))
		if rest, err := io.ReadAll(res.Body); err != nil || string(rest) != events[until:] {
			t.Errorf("%v: %q", err, rest)
		}
		if _, err := conn.Read(make([]byte, 1)); err != io.EOF { //nolint:errorlint // what net.Conn returns
			t.Errorf("the connection goes on: %v", err)
		}
	}
}

// What a client sends behind its request is passed over, and one that does not stop is not listened to for ever.
func TestClientThatGoesOnSending(t *testing.T) {
	gw := startLive(t)
	conn, reader := gw.speak(t, asking("HTTP/1.1", watchJob)+"GET /schema.graphql HTTP/1.1\r\nHost: x\r\n\r\n")
	res, err := http.ReadResponse(reader, nil)
	if err != nil {
		t.Fatal(err)
	}
	events := &sse{t, res, bufio.NewScanner(res.Body), func() {}}
	events.want("next", `{"data":{"jobUpdated":{"state":"RUNNING"}}}`)
	gw.jobs.Replace(liveJob, liveRecord(liveJob, "pending", 2))
	events.want("next", `{"data":{"jobUpdated":{"state":"PENDING"}}}`)
	for err == nil {
		_, err = conn.Write(make([]byte, 1000))
	}
	if timeout, ok := err.(net.Error); ok && timeout.Timeout() { //nolint:errorlint // what net.Conn returns
		t.Error("it may go on sending")
	}
}
