package gateway

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"jobsgateway/graph/live"
	"jobsgateway/internal/emulator"
)

// handshake is the request of a WebSocket, as browsers send it.
func handshake(change map[string]string) request {
	header := http.Header{
		"Connection": {"keep-alive, Upgrade"}, "Upgrade": {"WebSocket"}, "Sec-Websocket-Version": {"13"},
		"Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="}, "Sec-Websocket-Protocol": {"graphql-transport-ws"},
	}
	for name, value := range change {
		if header[name] = []string{value}; value == "" {
			header[name] = nil
		}
	}
	return request{method: http.MethodGet, header: header, anonymous: true}
}

// Requests that may not become a WebSocket are told why, before they have become one.
func TestSocketHandshakesThatAreRefused(t *testing.T) {
	gw := startLive(t)
	for name, c := range map[string]struct {
		change map[string]string
		status int
		code   string
	}{
		"old protocol":        {map[string]string{"Sec-Websocket-Protocol": "graphql-ws"}, http.StatusBadRequest, "BAD_REQUEST"},
		"parameter":           {map[string]string{"Sec-Websocket-Protocol": "graphql-transport-ws;q=1"}, http.StatusBadRequest, "BAD_REQUEST"},
		"no protocol":         {map[string]string{"Sec-Websocket-Protocol": ""}, http.StatusBadRequest, "BAD_REQUEST"},
		"no Upgrade":          {map[string]string{"Upgrade": ""}, http.StatusUpgradeRequired, "BAD_REQUEST"},
		"Connection is taken": {map[string]string{"Connection": "close"}, http.StatusUpgradeRequired, "BAD_REQUEST"},
		"version":             {map[string]string{"Sec-Websocket-Version": "8"}, http.StatusUpgradeRequired, "BAD_REQUEST"},
		"no key":              {map[string]string{"Sec-Websocket-Key": ""}, http.StatusBadRequest, "BAD_REQUEST"},
		"short key":           {map[string]string{"Sec-Websocket-Key": "AAAA"}, http.StatusBadRequest, "BAD_REQUEST"},
		"token":               {map[string]string{"Authorization": "Basic YTpi"}, http.StatusUnauthorized, "UNAUTHENTICATED"},
	} {
		if got := gw.send(handshake(c.change)); got.status != c.status || got.code() != c.code {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	got := gw.send(handshake(map[string]string{"Sec-Websocket-Version": "8"}))
	if got.header.Get("Sec-WebSocket-Version") != "13" {
		t.Error(got.header)
	}
	if got := gw.post(`{ __typename }`, nil); got.status != http.StatusOK {
		t.Error(got.body)
	}
	// Others use the header, too: what is no WebSocket is answered as ever.
	if got := gw.send(request{
		body: `{"query":"{__typename}"}`, header: http.Header{"Connection": {"Upgrade, HTTP2-Settings"}, "Upgrade": {"h2c"}},
	}); got.status != http.StatusOK {
		t.Error(got.body)
	}
}

// Without subscriptions there are no WebSockets, and the answer says so.
func TestSocketsAreOffWithSubscriptions(t *testing.T) {
	gw := startGateway(t)
	got := gw.send(handshake(nil))
	gw.wantRefused(got, http.StatusNotAcceptable, "NOT_ACCEPTABLE")
	if !strings.Contains(got.body, "Subscriptions are switched off") {
		t.Error(got.body)
	}
}

// Pages open WebSockets where they may call: from the gateway's own origin, and from those of CORS.
func TestSocketOrigins(t *testing.T) {
	const app, other = "https://app.example.com", "https://evil.example.com"
	for _, c := range []struct {
		allowed []string
		origin  string
		isOpen  bool
	}{
		{nil, "", true},
		{nil, app, false},
		{nil, "null", false},
		{nil, "own", true},
		{[]string{app}, app, true},
		{[]string{app}, "own", true},
		{[]string{app}, other, false},
		{[]string{app}, app + ".evil.example.com", false},
		{[]string{app}, "http://app.example.com", false},
		{[]string{"*"}, other, true},
		{[]string{"*"}, "null", true},
	} {
		gw := startLiveWith(t, func(s *setup) { s.config.CORSOrigins = c.allowed })
		origin := c.origin
		if origin == "own" {
			origin = gw.url
		}
		if c.isOpen {
			header := http.Header{}
			if origin != "" {
				header["Origin"] = []string{origin}
			}
			client := gw.socket(t, header)
			client.send(`{"type":"ping"}`)
			client.want(`{"type":"pong"}`)
			_ = client.conn.Close(websocket.StatusNormalClosure, "")
			continue
		}
		got := gw.send(handshake(map[string]string{"Origin": origin}))
		if got.status != http.StatusForbidden || got.code() != "FORBIDDEN" {
			t.Errorf("%v %s: %d %s", c.allowed, origin, got.status, got.body)
		}
		if text := gw.log.String(); strings.Count(text, "cross-origin request refused") != 1 || strings.Contains(text, `"msg":"operation"`) {
			t.Errorf("%v %s: the log is %s", c.allowed, origin, text)
		}
	}
}

// Each operation has a line in the log, with an id that is the connection's with a number.
func TestSocketOperationsAreLogged(t *testing.T) {
	gw := startLive(t)
	c := gw.socket(t, http.Header{"X-Request-Id": {"mine"}, "Authorization": {"Bearer " + tokenA}})
	c.send(`{"type":"connection_init"}`)
	c.next()
	c.subscribe("a", `query Named { jobs(first: 1) { nodes { id } } }`)
	c.next()
	c.next()
	c.subscribe("b", `{ unheardOf }`)
	if got := c.next(); !strings.Contains(got, `"requestId":"mine.2"`) {
		t.Error(got)
	}
	if err := c.conn.Close(websocket.StatusNormalClosure, ""); err != nil {
		t.Error(err)
	}
	gw.wantLineWith("mine.1", "Named")
	gw.wantLineWith("mine.2", "GRAPHQL_VALIDATION_FAILED")
}

// wantLineWith waits for a line of the log with all of the texts.
func (gw *testGateway) wantLineWith(texts ...string) {
	gw.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		for line := range strings.Lines(gw.log.String()) {
			found := true
			for _, text := range texts {
				found = found && strings.Contains(line, text)
			}
			if found {
				return
			}
		}
	}
	gw.t.Errorf("no line with %q in\n%s", texts, gw.log.String())
}

// What the client has completed is told no more, and its id may be used again at once, also while an event is
// written.
func TestSocketCompletedByTheClient(t *testing.T) {
	gw := startLive(t, func(c *live.Config) { c.Limits.StreamsPerToken = 100 })
	engine := gw.served.gateway.executor.live
	c := gw.greeted(t)
	for i := range 50 {
		c.subscribe("x", watchJob)
		if i%2 == 0 {
			gw.jobs.Replace(liveJob, liveRecord(liveJob, "running", 2+i))
		}
		c.send(`{"type":"complete","id":"x"}`)
	}
	c.subscribe("x", `{ job(id: "`+liveJob+`") { id } }`)
	const last = `{"id":"x","type":"next","payload":{"data":{"job":{"id":"` + liveJob + `"}}}}`
	for got := c.next(); got != last; got = c.next() {
		if !strings.HasPrefix(got, `{"id":"x","type":"next","payload":{"data":{"jobUpdated":`) {
			t.Fatal(got)
		}
	}
	c.want(`{"id":"x","type":"complete"}`)
	for deadline := time.Now().Add(10 * time.Second); engine.Figures().Streams > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%+v", engine.Figures())
		}
	}
}

// When the gateway stops, subscriptions get complete, queries their answers, and the connections 1001.
func TestSocketsLeave(t *testing.T) {
	gw := startLive(t)
	streaming, asking, idle := gw.greeted(t), gw.greeted(t), gw.greeted(t)
	streaming.subscribe("s", watchJob)
	streaming.next()
	gw.jobs.Script(emulator.Fault{Delay: 300 * time.Millisecond, Times: 1000})
	asking.subscribe("q", `{ jobs(first: 1) { nodes { id } } }`)
	for !strings.Contains(underWay(gw), "q") {
		time.Sleep(time.Millisecond)
	}
	gw.served.CloseSockets()
	streaming.want(`{"id":"s","type":"complete"}`)
	streaming.wantClosed(websocket.StatusGoingAway)
	idle.wantClosed(websocket.StatusGoingAway)
	asking.want(`{"id":"q","type":"next","payload":{"data":{"jobs":{"nodes":[{"id":"` + liveJob + `"}]}}}}`)
	asking.want(`{"id":"q","type":"complete"}`)
	asking.wantClosed(websocket.StatusGoingAway)
	if got := gw.send(handshake(nil)); got.status != http.StatusServiceUnavailable {
		t.Errorf("%d %s", got.status, got.body)
	}
}

// A connection that was just about to begin when the gateway stops is told to go, too.
func TestSocketLeavesBeforeItIsServed(t *testing.T) {
	gw := startLive(t)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, gw.url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	all := gw.served.gateway.sockets
	s, refused := all.open(gw.served.gateway, r)
	if refused != nil {
		t.Fatal(refused)
	}
	defer all.forget(s)
	gw.served.CloseSockets()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(takenOver{w, s}, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		s.serve(conn)
	}))
	defer server.Close()
	conn, _, err := websocket.Dial(t.Context(), server.URL, &websocket.DialOptions{HTTPClient: gw.client})
	if err != nil {
		t.Fatal(err)
	}
	(&ws{t, conn}).wantClosed(websocket.StatusGoingAway)
}

// underWay returns the ids of the operations that are under way.
func underWay(gw *testGateway) (ids string) {
	all := gw.served.gateway.sockets
	all.mu.Lock()
	defer all.mu.Unlock()
	for s := range all.all {
		s.mu.Lock()
		for id := range s.underWay {
			ids += id
		}
		s.mu.Unlock()
	}
	return ids
}

// Connections and their operations are bounded.
func TestSocketBounds(t *testing.T) {
	gw := startLive(t, func(c *live.Config) { c.Limits = live.Limits{Streams: 4, StreamsPerToken: 2, Polls: 10} })
	first, second := gw.greeted(t), gw.greeted(t)
	third := gw.socket(t, nil)
	third.send(`{"type":"connection_init","payload":{"Authorization":"Bearer ` + tokenA + `"}}`)
	third.wantClosed(websocket.StatusTryAgainLater)
	first.subscribe("1", watchJob)
	first.next()
	first.subscribe("2", watchJob)
	first.next()
	tellsLater := func(text string) bool {
		return strings.Contains(text, `"code":"SUBSCRIPTION_LIMIT_EXCEEDED"`) && strings.Contains(text, `"retryable":true`)
	}
	first.subscribe("3", `{ __typename }`)
	if got := first.next(); !strings.HasPrefix(got, `{"id":"3","type":"error"`) || !tellsLater(got) {
		t.Error(got)
	}
	second.subscribe("1", watchJob) // the token's streams are bounded, whatever the connection
	if got := second.next(); !strings.HasPrefix(got, `{"id":"1","type":"error"`) || !tellsLater(got) {
		t.Error(got)
	}
}

// Clients that say nothing, or read nothing, are closed.
func TestSocketSilence(t *testing.T) {
	const soon = 50 * time.Millisecond
	within := func(t *testing.T, waits socketTimes) *testGateway {
		t.Helper()
		gw := startLive(t, func(c *live.Config) { c.Limits.StreamsPerToken = 100 })
		gw.served.gateway.sockets.waits = waits
		return gw
	}
	t.Run("no init", func(t *testing.T) {
		gw := within(t, socketTimes{init: soon, message: time.Minute, beat: time.Minute, silence: time.Minute})
		gw.socket(t, nil).wantClosed(4408)
	})
	t.Run("half a message", func(t *testing.T) {
		gw := within(t, socketTimes{init: time.Minute, message: soon, beat: time.Minute, silence: time.Minute})
		conn := gw.sendFrames(t, "\x01\x88\x00\x00\x00\x00{\"type\":")
		answer := make([]byte, 4)
		if _, err := io.ReadFull(conn, answer); err != nil || answer[0] != '\x88' || int(answer[2])<<8|int(answer[3]) != 4400 {
			t.Errorf("%q %v", answer, err)
		}
	})
	t.Run("pings are answered", func(t *testing.T) {
		gw := within(t, socketTimes{init: time.Minute, message: time.Minute, beat: soon, silence: time.Minute})
		c := gw.greeted(t)
		for range 3 {
			c.want(`{"type":"ping"}`)
			c.send(`{"type":"pong"}`)
		}
	})
	t.Run("pings are not answered", func(t *testing.T) {
		gw := within(t, socketTimes{init: time.Minute, message: time.Minute, beat: soon, silence: 4 * soon})
		c := gw.socket(t, nil)
		for err := error(nil); err == nil; {
			_, err = c.read()
		}
		gw.wantSockets(0)
	})
	t.Run("nothing is read", func(t *testing.T) {
		gw := within(t, socketTimes{init: time.Minute, message: time.Minute, beat: time.Minute, silence: 4 * soon})
		for i := range 400 {
			gw.jobs.Insert(liveRecord("00000000-0000-4000-8000-"+itoa(i), "failed", 2))
		}
		c := gw.greeted(t)
		for i := range 90 {
			text := `{"id":"` + itoa(i) + `","type":"subscribe","payload":{"query":"{ jobs(first: 400) { nodes { id raw a: raw b: raw c: raw d: raw e: raw } } }"}}`
			_ = c.conn.Write(t.Context(), websocket.MessageText, []byte(text)) // it may be closed already
		}
		gw.wantSockets(0)
	})
}

func itoa(i int) string { return time.Unix(int64(i), 0).UTC().Format("060102150405") }

// wantSockets waits until so many are open.
func (gw *testGateway) wantSockets(n int) {
	gw.t.Helper()
	open := func() int {
		gw.served.gateway.sockets.mu.Lock()
		defer gw.served.gateway.sockets.mu.Unlock()
		return len(gw.served.gateway.sockets.all)
	}
	for deadline := time.Now().Add(time.Minute); open() != n; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			gw.t.Fatalf("%d are open", open())
		}
	}
}

// A connection that is cut while events are written leaves nothing behind.
func TestSocketIsCut(t *testing.T) {
	gw := startLive(t, func(c *live.Config) { c.Limits.StreamsPerToken = 100 })
	for range 20 {
		c := gw.greeted(t)
		c.subscribe("1", watchJob)
		c.subscribe("2", `subscription { jobsChanged { jobs { id raw } cursor } }`)
		gw.jobs.Replace(liveJob, liveRecord(liveJob, "running", 3))
		_ = c.conn.CloseNow()
	}
	gw.wantSockets(0)
}

// Frames that are none end the connection.
func TestSocketFrames(t *testing.T) {
	gw := startLive(t)
	for name, frame := range map[string]string{
		"not masked":       "\x81\x02{}",
		"unknown opcode":   "\x83\x80\x00\x00\x00\x00",
		"reserved bit":     "\xc1\x80\x00\x00\x00\x00",
		"long ping":        "\x89\xfe\x00\xff\x00\x00\x00\x00",
		"continues what":   "\x80\x80\x00\x00\x00\x00",
		"endless":          "\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00" + strings.Repeat("x", 1<<20),
		"negative":         "\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00",
		"end of the bytes": "\x81",
	} {
		t.Run(name, func(t *testing.T) {
			conn := gw.sendFrames(t, frame)
			_ = conn.CloseWrite()
			_, _ = io.Copy(io.Discard, conn) // it ends, with a close frame or without
		})
	}
	gw.wantSockets(0)
}

// What a client sends together with its handshake is read, too.
func TestSocketReadsWhatCameEarly(t *testing.T) {
	gw := startLive(t)
	conn := gw.dial()
	_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
	var text strings.Builder
	text.WriteString("GET /graphql HTTP/1.1\r\nHost: x\r\n")
	if err := handshake(nil).header.Write(&text); err != nil {
		t.Fatal(err)
	}
	early := `{"type":"ping","payload":{"a":"` + strings.Repeat("x", 3000) + `"}}`
	text.WriteString("\r\n\x81\xfe" + string([]byte{byte(len(early) >> 8), byte(len(early))}) + "\x00\x00\x00\x00" + early)
	if _, err := io.WriteString(conn, text.String()); err != nil {
		t.Fatal(err)
	}
	want := "\r\n\r\n\x81\x0f" + `{"type":"pong"}`
	answer := []byte{}
	for last := make([]byte, 1); !strings.HasSuffix(string(answer), want); answer = append(answer, last...) {
		if _, err := io.ReadFull(conn, last); err != nil {
			t.Fatalf("%q %v", answer, err)
		}
	}
}

// sendFrames opens a WebSocket and sends bytes as they are.
func (gw *testGateway) sendFrames(t *testing.T, frames string) *net.TCPConn {
	t.Helper()
	conn := gw.dial().(*net.TCPConn)
	_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, gw.url+"/graphql", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header = handshake(nil).header
	if err := req.Write(conn); err != nil {
		t.Fatal(err)
	}
	answer := []byte{}
	for last := make([]byte, 1); !strings.HasSuffix(string(answer), "\r\n\r\n"); answer = append(answer, last...) {
		if _, err := io.ReadFull(conn, last); err != nil {
			t.Fatalf("%q %v", answer, err)
		}
	}
	if !strings.HasPrefix(string(answer), "HTTP/1.1 101 ") {
		t.Fatalf("%q", answer)
	}
	_, _ = io.WriteString(conn, frames) // the gateway may close the connection before the last byte
	return conn
}
