package gateway

import (
	"bytes"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"jobsgateway/graph/live"
)

// theSocket waits for the one connection that is open.
func theSocket(t *testing.T, gw *testGateway) (s *socket) {
	t.Helper()
	gw.wantSockets(1)
	all := gw.served.gateway.sockets
	all.mu.Lock()
	defer all.mu.Unlock()
	for one := range all.all {
		s = one
	}
	return s
}

// greetedRaw opens a WebSocket whose client sends and reads frames itself.
func (gw *testGateway) greetedRaw(t *testing.T) *net.TCPConn {
	t.Helper()
	conn := gw.sendFrames(t, masked('\x81', `{"type":"connection_init","payload":{"Authorization":"Bearer `+tokenA+`"}}`))
	ack := make([]byte, len(socketAck)+2)
	if _, err := io.ReadFull(conn, ack); err != nil || !bytes.HasSuffix(ack, socketAck) {
		t.Fatalf("%q %v", ack, err)
	}
	return conn
}

// masked returns a frame as clients send it, with a mask of zeros.
func masked(first byte, payload string) string {
	if len(payload) < 126 {
		return string([]byte{first, 0x80 | byte(len(payload))}) + "\x00\x00\x00\x00" + payload
	}
	return string([]byte{first, 0xfe, byte(len(payload) >> 8), byte(len(payload))}) + "\x00\x00\x00\x00" + payload
}

func subscribing(id, query string) string {
	return masked('\x81', `{"id":`+strconv.Quote(id)+`,"type":"subscribe","payload":{"query":`+strconv.Quote(query)+`}}`)
}

func write(t *testing.T, conn net.Conn, frames string) {
	t.Helper()
	if _, err := io.WriteString(conn, frames); err != nil {
		t.Fatal(err)
	}
}

func wantBytes(t *testing.T, from io.Reader, want string) {
	t.Helper()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(from, got); err != nil || string(got) != want {
		t.Fatalf("%q %v, not %q", got, err, want)
	}
}

// While a message is sent that the client reads slowly, pings are read, and so is what comes behind them; the last one is
// answered then.
func TestSocketReadsOnWhileItSends(t *testing.T) {
	gw := startLive(t)
	conn := gw.greetedRaw(t)
	s := theSocket(t, gw)
	s.push.Lock() // as whoever sends a message has it
	write(t, conn, masked('\x89', "first")+masked('\x89', "")+subscribing("1", watchJob))
	for !strings.Contains(underWay(gw), "1") {
		time.Sleep(time.Millisecond)
	}
	s.push.Unlock()
	wantBytes(t, conn, "\x8a\x00")
	readUntil(t, conn, 1, "RUNNING\"}}}}")
	write(t, conn, masked('\x89', strings.Repeat("x", 125)))
	wantBytes(t, conn, "\x8a\x7d"+strings.Repeat("x", 125))
}

// readUntil reads until some texts have come so many times together.
func readUntil(t *testing.T, from io.Reader, times int, texts ...string) {
	t.Helper()
	var all strings.Builder
	for one := make([]byte, 1); times > 0; {
		if _, err := io.ReadFull(from, one); err != nil {
			t.Fatalf("%q %v", all.String(), err)
		}
		all.Write(one)
		for _, text := range texts {
			if strings.HasSuffix(all.String(), text) {
				times--
			}
		}
	}
}

// A client that reads a long message slowly is not taken for one that has left, though it says nothing meanwhile.
func TestSocketOfAClientThatReadsSlowly(t *testing.T) {
	const silence = 400 * time.Millisecond
	gw := startLive(t)
	gw.served.gateway.sockets.waits = socketTimes{init: time.Minute, message: time.Minute, beat: silence / 4, silence: silence}
	conn := gw.greetedRaw(t)
	s := theSocket(t, gw)
	if err := conn.SetReadBuffer(64 << 10); err != nil {
		t.Fatal(err)
	}
	const size = 16 << 20
	sent := make(chan error, 1)
	go func() {
		s.push.Lock()
		defer s.push.Unlock()
		sent <- s.push.Send(bytes.Repeat([]byte("x"), size))
	}()
	began := time.Now()
	for got := 0; got < size; {
		time.Sleep(silence / 100)
		n, err := io.ReadFull(conn, make([]byte, min(size-got, 100<<10)))
		if got += n; err != nil {
			t.Fatalf("%v after %d bytes", err, got)
		}
	}
	if err := <-sent; err != nil || s.lost.Load() || s.unread.Load() {
		t.Errorf("%v, lost %t, unread %t", err, s.lost.Load(), s.unread.Load())
	}
	if took := time.Since(began); took < silence {
		t.Errorf("read in %v: too fast to tell", took)
	}
}

// Behind a close frame nothing comes, also where it answers that of the client, which the library does by itself.
func TestSocketSendsNothingBehindAClose(t *testing.T) {
	const closing = "\x88\x02\x03\xe8"
	gw := startLive(t)
	conn := gw.greetedRaw(t)
	s := theSocket(t, gw)
	if _, err := (inTurn{s.below, s}).Write([]byte(closing)); err != nil {
		t.Fatal(err)
	}
	s.send(socketPong)
	s.pinged(t.Context(), nil)
	s.push.Lock()
	message := s.Next()
	s.push.Unlock()
	_ = s.below.Close()
	if rest, err := io.ReadAll(conn); err != nil || string(rest) != closing || message != nil {
		t.Errorf("%q %v %q", rest, err, message)
	}
}

// A client that asks for more than it may have, and reads nothing, is not listened to until it has read that.
func TestSocketOfAClientThatAsksTooMuch(t *testing.T) {
	const most, asked = 3, 40
	gw := startLive(t, func(c *live.Config) { c.Limits.StreamsPerToken = most })
	conn := gw.greetedRaw(t)
	s := theSocket(t, gw)
	s.push.Lock()
	for i := range asked {
		write(t, conn, subscribing(strconv.Itoa(i), `{ __typename }`))
	}
	running := func() int {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.running
	}
	for running() < mostAsking {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(20 * time.Millisecond) // for more, which there shall not be
	if n := running(); n != mostAsking {
		t.Errorf("%d run", n)
	}
	s.push.Unlock()
	readUntil(t, conn, asked, `"type":"error"`, `"type":"complete"`)
}

// A stream whose last message was sent has come to its end, also where the connection is closed before that is noted.
func TestSocketThatClosesBehindTheLastMessage(t *testing.T) {
	l := newHearer()
	gw := startLiveWith(t, heardBy(l))
	conn := gw.greetedRaw(t)
	s := theSocket(t, gw)
	write(t, conn, subscribing("1", watchJob))
	readUntil(t, conn, 1, "RUNNING\"}}}}")
	s.push.Lock()
	s.mu.Lock()
	op := s.underWay["1"]
	s.mu.Unlock()
	op.said, op.why = true, StreamCompleted
	_ = conn.Close()
	for hasEnded := false; !hasEnded; {
		s.mu.Lock()
		hasEnded = s.ended
		s.mu.Unlock()
	}
	s.push.Unlock()
	events := strings.Join(l.events(2), "\n")
	if !strings.Contains(events, "stream 2 ends: 0") || strings.Contains(events, "499") {
		t.Error(events)
	}
}

// Of a message there is nothing kept when it was sent.
func TestSocketKeepsNothingOfAMessage(t *testing.T) {
	gw := startLive(t)
	for i := range 90 {
		gw.jobs.Insert(liveRecord("00000000-0000-4000-8000-"+itoa(i), "failed", 2))
	}
	c := gw.greeted(t)
	s := theSocket(t, gw)
	c.subscribe("1", watchJob)
	c.next()
	c.subscribe("2", `{ jobs(first: 90) { nodes { id raw a: raw b: raw } } }`)
	c.next()
	c.next()
	s.push.Lock()
	defer s.push.Unlock()
	for _, part := range s.parts[:cap(s.parts)] {
		if part != nil {
			t.Errorf("%q", part)
		}
	}
	if cap(s.parts) > mostParts {
		t.Errorf("room for %d parts", cap(s.parts))
	}
}
