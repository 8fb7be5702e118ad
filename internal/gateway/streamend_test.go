package gateway

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"jobsgateway/graph/live"
)

// closing is a listener whose connections note that they are closed.
type closing struct {
	net.Listener

	heard *hearer
}

type closingConn struct {
	net.Conn

	heard *hearer
}

func (l closing) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	return closingConn{c, l.heard}, err
}

func (c closingConn) NetConn() net.Conn { return c.Conn }

func (c closingConn) Close() error {
	c.heard.notef("closed")
	return c.Conn.Close()
}

// What became of a stream is told before its connection is closed: who stops the gateway waits for that, and for nothing
// behind it.
func TestStreamsEndBeforeTheirConnections(t *testing.T) {
	l := newHearer()
	gw := startLiveWith(t, heardBy(l))
	server := httptest.NewUnstartedServer(gw.served)
	server.Listener = Listen(closing{server.Listener, l})
	server.Config.ConnContext = ConnContext
	server.Start()
	defer server.Close()
	for name, leave := range map[string]func(net.Conn) error{
		"is closed":      net.Conn.Close,
		"is half-closed": func(c net.Conn) error { return c.(*net.TCPConn).CloseWrite() },
		"is reset": func(c net.Conn) error {
			_ = c.(*net.TCPConn).SetLinger(0)
			return c.Close()
		},
	} {
		conn := dialTo(t, server.URL)
		write(t, conn, asking("HTTP/1.1", watchJob))
		readUntil(t, conn, 1, "RUNNING\"}}}\n\n\r\n") // a message that was not read to its end makes it 499
		if err := leave(conn); err != nil {
			t.Error(err)
		}
		events := l.events(1)
		for !slices.Contains(events, "closed") {
			time.Sleep(time.Millisecond)
			events = append(events, l.events(0)...)
		}
		text := strings.Join(events, "\n")
		want := fmt.Sprintf("stream 0 ends: %d\nrequest ends: 200, subscription  0\nclosed", StreamLeft)
		if !strings.HasSuffix(text, want) || strings.Count(text, "ends: ") != 3 {
			t.Fatalf("%s: %s", name, text)
		}
		gw.url = server.URL
		socket := gw.greetedRaw(t)
		_ = l.events(1) // of the handshake
		write(t, socket, subscribing("1", watchJob))
		readUntil(t, socket, 1, "RUNNING\"}}}}")
		if err := leave(socket); err != nil {
			t.Error(err)
		}
		events = l.events(1)
		for !slices.Contains(events, "closed") {
			time.Sleep(time.Millisecond)
			events = append(events, l.events(0)...)
		}
		text = strings.Join(events, "\n")
		want = fmt.Sprintf("stream 2 ends: %d\nrequest ends: 499, subscription  0\nclosed", StreamLeft)
		if !strings.HasSuffix(text, want) || strings.Count(text, "ends: ") != 3 {
			t.Fatalf("WebSocket %s: %s", name, text)
		}
	}
}

func dialTo(t *testing.T, url string) net.Conn {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// panicking is an observer that panics where an operation begins.
type panicking struct{ *hearer }

func (panicking) OperationStarts(context.Context) context.Context { panic("for a test") }

// A panic after the connection was taken over closes it.
func TestPanicWhereAStreamBegins(t *testing.T) {
	l := newHearer()
	gw := startLiveWith(t, func(s *setup) { s.config.Observer = panicking{l} })
	conn, _ := gw.speak(t, asking("HTTP/1.1", watchJob))
	if _, err := io.ReadAll(conn); err != nil {
		t.Error(err)
	}
	_ = l.events(1)
	gw.wantLineWith("for a test")
	if n := gw.served.gateway.executor.live.Figures().Streams; n != 0 {
		t.Errorf("%d streams", n)
	}
}

// A stream may be so short that it is over before it has begun.
func TestStreamThatIsOldAtOnce(t *testing.T) {
	gw := startLiveWith(t, func(s *setup) { s.config.StreamAge = 1 })
	for range 50 {
		events := gw.subscribe(t, watchJob, nil)
		events.want("complete", "")
	}
}

// Requests of all forms get the same stream.
func TestRequestsOfStreams(t *testing.T) {
	gw := startLive(t, func(c *live.Config) { c.Limits.StreamsPerToken = 100 })
	const begin = "Host: x\r\nAuthorization: Bearer " + tokenA + "\r\nAccept: text/event-stream\r\n"
	body := `{"query":"subscription { jobUpdated(id: \"` + liveJob + `\") { state } }"}`
	chunk := fmt.Sprintf("%x\r\n%s\r\n", len(body), body)
	const inURL = "/graphql?query=subscription%7BjobUpdated(id:%22" + liveJob + "%22)%7Bstate%7D%7D"
	for name, request := range map[string]string{
		"chunks":             "POST /graphql HTTP/1.1\r\n" + begin + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk + "0\r\n\r\n",
		"chunks and trailer": "POST /graphql HTTP/1.1\r\n" + begin + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\nTrailer: A\r\n\r\n" + chunk + "0\r\nA: b\r\n\r\n",
		"GET":                "GET " + inURL + " HTTP/1.1\r\n" + begin + "\r\n",
		"GET with a body":    "GET " + inURL + " HTTP/1.1\r\n" + begin + "Content-Length: 3\r\n\r\nabc",
		"GET with chunks":    "GET " + inURL + " HTTP/1.1\r\n" + begin + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
		"GET with half":      "GET " + inURL + " HTTP/1.1\r\n" + begin + "Content-Length: 300\r\n\r\nabc",
		"gzip":               "GET " + inURL + " HTTP/1.1\r\n" + begin + "Accept-Encoding: gzip\r\n\r\n",
		"closes":             "GET " + inURL + " HTTP/1.1\r\n" + begin + "Connection: close\r\n\r\n",
		"behind another":     "GET /schema.graphql HTTP/1.1\r\nHost: x\r\n\r\nGET " + inURL + " HTTP/1.1\r\n" + begin + "\r\n",
	} {
		conn, reader := gw.speak(t, request)
		res, err := http.ReadResponse(reader, nil)
		if err == nil && name == "behind another" {
			if _, err := io.Copy(io.Discard, res.Body); err != nil {
				t.Fatal(err)
			}
			res, err = http.ReadResponse(reader, nil)
		}
		if err != nil {
			t.Fatal(err)
		}
		const want = ":\n\nevent: next\ndata: {\"data\":{\"jobUpdated\":{\"state\":\"RUNNING\"}}}\n\n"
		if got := make([]byte, len(want)); !res.Close || len(res.TransferEncoding) != 1 || len(res.Header["Content-Encoding"]) != 0 {
			t.Errorf("%s: %+v", name, res)
		} else if _, err := io.ReadFull(res.Body, got); err != nil || string(got) != want {
			t.Errorf("%s: %q %v", name, got, err)
		}
		_ = conn.Close()
	}
	t.Run("a client that waits for 100", func(t *testing.T) {
		conn, _ := gw.speak(t, fmt.Sprintf("POST /graphql HTTP/1.1\r\n%sContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n", begin, len(body)))
		wantBytes(t, conn, "HTTP/1.1 100 Continue\r\n\r\n")
		write(t, conn, body)
		wantBytes(t, conn, "HTTP/1.1 200 OK\r\n")
		readUntil(t, conn, 1, "RUNNING")
	})
	if text := gw.log.String(); strings.Contains(text, "hijacked") {
		t.Error(text)
	}
}

// Queries that came before a stream over the same connection, and whose caller was looked for, leave it nothing.
func TestStreamBehindAQuery(t *testing.T) {
	gw := startLive(t)
	conn, reader := gw.speak(t, strings.ReplaceAll(asking("HTTP/1.1", `{ jobs(first: 1) { nodes { id } } }`), "text/event-stream", "application/json"))
	res, err := http.ReadResponse(reader, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		t.Fatal(err)
	}
	write(t, conn, asking("HTTP/1.1", watchJob))
	if res, err = http.ReadResponse(reader, nil); err != nil || res.StatusCode != http.StatusOK {
		t.Fatal(res, err)
	}
	readUntil(t, res.Body, 1, "RUNNING")
}
