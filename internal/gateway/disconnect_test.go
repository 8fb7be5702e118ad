package gateway

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"jobsgateway/internal/emulator"
)

// holdUpstream scripts upstream calls that are answered when the channel that it gives is closed. The contexts of the
// calls come over the other.
func (gw *testGateway) holdUpstream(calls int) (begun <-chan context.Context, release chan struct{}) {
	contexts, release := make(chan context.Context, calls), make(chan struct{})
	for range calls {
		gw.jobs.Script(emulator.Fault{Match: func(r *http.Request) bool {
			contexts <- r.Context()
			<-release
			return true
		}})
	}
	return contexts, release
}

// closeWriting closes the sending side of a connection.
func closeWriting(t *testing.T, conn net.Conn) {
	t.Helper()
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
}

// bytesOfPost is a raw POST with a token.
func bytesOfPost(query string) string {
	body := fmt.Sprintf(`{"query":%q}`, query)
	return fmt.Sprintf("POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s",
		tokenA, len(body), body)
}

// Who closes its sending side after the request gets its answer, however long that takes, and the bytes that
// were sent ahead are part of it.
func TestHalfClosedConnections(t *testing.T) {
	t.Parallel()
	const query = `{jobs(first:1){totalCount}}`
	for name, ahead := range map[string]int{"at once": 0, "after one byte": 1, "after four bytes": 4} {
		for _, version := range []string{"HTTP/1.1", "HTTP/1.0"} {
			gw := startGateway(t)
			begun, release := gw.holdUpstream(1)
			conn := gw.dial()
			if _, err := io.WriteString(conn, strings.Replace(bytesOfPost(query), "HTTP/1.1", version, 1)); err != nil {
				t.Fatal(err)
			}
			closeWriting(t, conn)
			call := await(t, begun)
			conn = readAhead(t, conn, ahead)
			if call.Err() != nil {
				t.Errorf("%s, %s: the upstream call was given up", name, version)
			}
			close(release)
			got := gw.receive(conn)
			gw.wantFine(got)
			if string(got.data) != `{"jobs":{"totalCount":60}}` {
				t.Errorf("%s, %s: %s", name, version, got.body)
			}
			if line := gw.log.Await(t, "operation"); line["status"] != 200.0 || line["codes"] != nil {
				t.Errorf("%s, %s: %v", name, version, line)
			}
			if rest, err := io.ReadAll(conn); err != nil || len(rest) != 0 {
				t.Errorf("%s, %s: after the answer: %q %v", name, version, rest, err)
			}
		}
	}
}

// Who joined an equal operation and closes its sending side gets its answer, too, and so does who asked
// first.
func TestHalfClosedJoiners(t *testing.T) {
	t.Parallel()
	gw, g, _ := newOpenGateway(t, nil, nil)
	_, release := gw.holdUpstream(1)
	conns := make([]net.Conn, 3)
	for i := range conns {
		conns[i] = gw.dial()
		if _, err := io.WriteString(conns[i], bytesOfPost(`{jobs(first:1){nodes{__typename}}}`)); err != nil {
			t.Fatal(err)
		}
		until(t, func() bool { return g.flights.waiting() == i+1 })
	}
	for i, conn := range conns {
		closeWriting(t, conn)
		conns[i] = readAhead(t, conn, 3)
	}
	close(release)
	for _, conn := range conns {
		if got := gw.receive(conn); got.status != http.StatusOK || string(got.data) != `{"jobs":{"nodes":[{"__typename":"Job"}]}}` {
			t.Errorf("%d %s", got.status, got.body)
		}
	}
	if n := gw.jobs.Total(); n != 1 {
		t.Errorf("%d calls", n)
	}
}

// Nothing is sent ahead of an answer that has begun, and nothing of it twice.
func TestSendingAhead(t *testing.T) {
	t.Parallel()
	here, there := net.Pipe()
	defer here.Close()
	received := make(chan string)
	go func() {
		all, _ := io.ReadAll(there)
		received <- string(all)
	}()
	c := &conn{Conn: here, begun: true}
	send := func(text string) {
		if n, err := c.Write([]byte(text)); n != len(text) || err != nil {
			t.Errorf("%q: %d %v", text, n, err)
		}
	}
	for range 3 {
		if !c.sendAhead() {
			t.Error("lost before a request")
		}
	}
	c.await()
	for range 20 {
		if !c.sendAhead() {
			t.Error("lost while waiting")
		}
	}
	send("HTTP/1.1 200 OK")
	if !c.sendAhead() {
		t.Error("lost while answering")
	}
	send("\r\nbody\r\n")
	c.await()
	c.sendAhead()
	send("HTTP/1.0 404")
	c.await()
	c.sendAhead()
	if n, err := c.Write([]byte("FTP")); n != 0 || !errors.Is(err, errAnswerStart) {
		t.Errorf("%d %v", n, err)
	}
	_ = here.Close()
	if got, want := await(t, received), "HTTP/1.1 200 OK\r\nbody\r\nHTTP/1.0 404H"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	c.await()
	if c.sendAhead() || !c.lost {
		t.Error("a closed connection is not lost")
	}
}

// Who neither leaves nor says more is waited for until the answer is there.
func TestLeftInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		here, there := net.Pipe()
		defer here.Close()
		go func() { _, _ = io.Copy(io.Discard, there) }()
		c := &conn{Conn: here}
		done, gone := make(chan struct{}), make(chan bool, 1)
		go func() { gone <- left(ConnContext(context.Background(), c), done) }()
		time.Sleep(time.Hour)
		synctest.Wait()
		if len(gone) != 0 || c.ahead != len(answerStart) {
			t.Errorf("given up: %d, %d bytes ahead", len(gone), c.ahead)
		}
		close(done)
		if <-gone {
			t.Error("lost")
		}
		done, c = make(chan struct{}), &conn{Conn: here}
		go func() { gone <- left(ConnContext(context.Background(), c), done) }()
		time.Sleep(time.Millisecond)
		close(done)
		if <-gone || c.ahead != 1 {
			t.Errorf("lost, or %d bytes ahead", c.ahead)
		}
	})
}

// readAhead waits until so many bytes of an answer have been sent ahead, and gives a connection that has them
// to read still.
func readAhead(t *testing.T, conn net.Conn, bytes int) net.Conn {
	t.Helper()
	first := make([]byte, bytes)
	if _, err := io.ReadFull(conn, first); err != nil || string(first) != "HTTP/1."[:bytes] {
		t.Fatalf("%q %v", first, err)
	}
	return &prefixed{conn, first}
}

// prefixed is a connection of which some bytes have been read already.
type prefixed struct {
	net.Conn

	first []byte
}

func (c *prefixed) Read(p []byte) (int, error) {
	if len(c.first) > 0 {
		n := copy(p, c.first)
		c.first = c.first[n:]
		return n, nil
	}
	return c.Conn.Read(p)
}

// Requests that were sent in a row before the sending side was closed are all answered, in their order.
func TestHalfClosedPipeline(t *testing.T) {
	t.Parallel()
	for _, parts := range []int{1, 3} {
		gw := startGateway(t)
		queries := []string{`{a:jobs(first:1){totalCount}}`, queryType, `{c:jobs(first:0){totalCount}}`}
		begun, release := gw.holdUpstream(2)
		conn := gw.dial()
		var all string
		for _, query := range queries {
			all += bytesOfPost(query)
		}
		for part := range parts { // in one packet, and in several
			size := (len(all) + parts - 1) / parts
			if _, err := io.WriteString(conn, all[part*size:min(len(all), (part+1)*size)]); err != nil {
				t.Fatal(err)
			}
		}
		closeWriting(t, conn)
		await(t, begun)
		if parts == 1 { // a byte of the next request that comes behind the first one hides the end from net/http
			conn = readAhead(t, conn, 2)
		}
		close(release)
		reader := bufio.NewReader(conn)
		for i, want := range []string{`{"a":{"totalCount":60}}`, `{"__typename":"Query"}`, `{"c":{"totalCount":60}}`} {
			res, err := http.ReadResponse(reader, &http.Request{Method: http.MethodPost})
			if err != nil {
				t.Fatalf("%d: %v", i, err)
			}
			if got := gw.read(res); string(got.data) != want {
				t.Errorf("%d: %s", i, got.body)
			}
		}
		if rest, err := io.ReadAll(reader); err != nil || len(rest) != 0 {
			t.Errorf("after the answers: %q %v", rest, err)
		}
	}
}

// Who leaves ends its upstream calls, in whichever way it leaves, also after it had closed its sending side
// only.
func TestLeaving(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(*net.TCPConn) error{
		"closed": (*net.TCPConn).Close,
		"reset": func(c *net.TCPConn) error {
			if err := c.SetLinger(0); err != nil {
				return err
			}
			return c.Close()
		},
		"half, then all": func(c *net.TCPConn) error {
			if err := c.CloseWrite(); err != nil {
				return err
			}
			if _, err := io.ReadFull(c, make([]byte, 2)); err != nil { // it is being looked for
				return err
			}
			return c.Close()
		},
	} {
		gw := startGateway(t)
		begun := gw.holdUpstreamForEver()
		conn := gw.dial()
		if _, err := io.WriteString(conn, bytesOfPost("query Gone"+queryJobs)); err != nil {
			t.Fatal(err)
		}
		call := await(t, begun)
		if err := leave(conn.(*net.TCPConn)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		await(t, call.Done())
		if line := gw.log.Await(t, "operation"); line["status"] != 499.0 || line["operation"] != "Gone" {
			t.Errorf("%s: %v", name, line)
		}
	}
}

// A connection on which bytes were sent ahead is used again for nothing else, and one on which none were is
// kept.
func TestKeptConnections(t *testing.T) {
	t.Parallel()
	gw := startGateway(t)
	conn := gw.dial()
	reader := bufio.NewReader(conn)
	for i := range 5 {
		if _, err := io.WriteString(conn, bytesOfPost(fmt.Sprintf(`{a%d:jobs(first:1){totalCount}}`, i))); err != nil {
			t.Fatal(err)
		}
		res, err := http.ReadResponse(reader, &http.Request{Method: http.MethodPost})
		if err != nil {
			t.Fatal(err)
		}
		gw.wantFine(gw.read(res))
	}
	// The last one closes its side and still has its answer.
	if _, err := io.WriteString(conn, bytesOfPost(`{z:jobs(first:1){totalCount}}`)); err != nil {
		t.Fatal(err)
	}
	closeWriting(t, conn)
	rest, err := io.ReadAll(reader)
	if err != nil || !strings.HasPrefix(string(rest), "HTTP/1.1 200 OK\r\n") || !strings.HasSuffix(string(rest), `{"data":{"z":{"totalCount":60}}}`) {
		t.Errorf("%s %v", rest, err)
	}
}

// An answer that was read to its end is never logged as one that could not be written, and one that was not
// is.
func TestClosedAfterTheAnswer(t *testing.T) {
	t.Parallel()
	gw := startGateway(t, func(s *setup) { s.jobs.Jobs = 500 })
	const query = `query Large{jobs(first:500){nodes{id raw}}}`
	for range 20 {
		conn := gw.dial()
		if _, err := io.WriteString(conn, bytesOfPost(query)); err != nil {
			t.Fatal(err)
		}
		res, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: http.MethodPost})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, res.Body); err != nil {
			t.Fatal(err)
		}
		_ = conn.Close()
	}
	until(t, func() bool { return len(gw.log.With("operation")) == 20 })
	for _, line := range gw.log.With("operation") {
		if line["status"] != 200.0 {
			t.Errorf("%v", line)
		}
	}
	// Who goes while the bytes come has not got them.
	var body strings.Builder
	for i := range 12 {
		fmt.Fprintf(&body, " a%d:jobs(first:500){nodes{raw}}", i)
	}
	conn := gw.dial()
	if _, err := io.WriteString(conn, bytesOfPost("query Cut{"+body.String()+"}")); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(conn, make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
	until(t, func() bool { return len(gw.log.With("operation")) == 21 })
	if line := gw.log.With("operation")[20]; line["operation"] != "Cut" || line["status"] != 499.0 {
		t.Errorf("%v", line)
	}
}
