package drain_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sync/errgroup"

	"jobsgateway/internal/drain"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what has to come.
const patience = time.Minute

// serve serves until the test ends, and returns the listener.
func serve(t *testing.T, handler http.HandlerFunc) *drain.Listener {
	t.Helper()
	tcp, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener := drain.Listen(tcp.(*net.TCPListener))
	server := &http.Server{Handler: handler, ConnState: listener.ConnState, ReadHeaderTimeout: patience}
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	t.Cleanup(func() {
		_ = server.Close()
		<-done
	})
	return listener
}

// caller is a client that sends its bytes as it likes.
type caller struct {
	net.Conn

	answers *bufio.Reader
}

// call connects.
func call(t *testing.T, listener net.Listener) *caller {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	return &caller{conn, bufio.NewReader(conn)}
}

// send sends some bytes.
func (c *caller) send(t *testing.T, text string) {
	t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		t.Error(err)
	}
}

// answer reads one answer, which has to be ok.
func (c *caller) answer(t *testing.T) {
	t.Helper()
	res, err := http.ReadResponse(c.answers, nil)
	if err != nil {
		t.Errorf("no answer: %v", err)
		return
	}
	defer res.Body.Close()
	if body, err := io.ReadAll(res.Body); err != nil || string(body) != "ok" {
		t.Errorf("%q %v", body, err)
	}
}

// ended fails the test unless the connection ends in order: a reset is none.
func (c *caller) ended(t *testing.T) {
	t.Helper()
	if rest, err := io.ReadAll(c.answers); err != nil || len(rest) > 0 {
		t.Errorf("%q %v", rest, err)
	}
}

const request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"

func ok(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") }

// Connections over which no request has begun end in order, kept ones and new ones, and none is cut off.
func TestIdle(t *testing.T) {
	listener := serve(t, ok)
	callers := []*caller{}
	for i := range 20 {
		c := call(t, listener)
		for range i % 3 {
			c.send(t, request)
			c.answer(t)
		}
		callers = append(callers, c)
	}
	if cut := listener.Drain(t.Context()); cut != 0 {
		t.Errorf("%d cut off", cut)
	}
	for _, c := range callers {
		c.ended(t)
	}
	if _, err := listener.Accept(); err == nil {
		t.Error("it accepts")
	}
}

// A request of which one byte has come, over a kept connection or a new one, is read to its end and answered,
// and so is one that was sent on a connection that had not been accepted.
func TestBegun(t *testing.T) {
	listener := serve(t, ok)
	kept, fresh := call(t, listener), call(t, listener)
	kept.send(t, request)
	kept.answer(t)
	kept.send(t, request[:1])
	fresh.send(t, request[:1])
	callers := []*caller{kept, fresh}
	for range 30 {
		c := call(t, listener)
		c.send(t, request[:1])
		callers = append(callers, c)
	}
	cut := make(chan int, 1)
	go func() { cut <- listener.Drain(t.Context()) }()
	for refused := false; !refused; { // from now on nothing is accepted
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", listener.Addr().String())
		if refused = err != nil; !refused {
			_ = conn.Close()
		}
	}
	for _, c := range callers {
		c.send(t, request[1:])
		c.answer(t)
		c.ended(t)
	}
	if n := <-cut; n != 0 {
		t.Errorf("%d cut off", n)
	}
}

// What has no end is cut off when the time is over, and counted; its handler is told. An answer that is in
// time is given, and the connection ends after it.
func TestCutOff(t *testing.T) {
	begun, release, told := make(chan struct{}), make(chan struct{}), make(chan struct{})
	listener := serve(t, func(w http.ResponseWriter, r *http.Request) {
		begun <- struct{}{}
		if r.URL.Path == "/long" {
			<-r.Context().Done()
			close(told)
			return
		}
		<-release
		ok(w, r)
	})
	long, short, half := call(t, listener), call(t, listener), call(t, listener)
	long.send(t, strings.Replace(request, "/", "/long", 1))
	short.send(t, request)
	half.send(t, "POST / HTTP/1.1\r\nHost: x\r\nContent-Le")
	<-begun
	<-begun
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var group errgroup.Group
	group.Go(func() error {
		if cut := listener.Drain(ctx); cut != 2 {
			return fmt.Errorf("%d cut off", cut)
		}
		return nil
	})
	close(release)
	short.answer(t)
	short.ended(t)
	cancel()
	<-told
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
}

// A connection that a caller leaves while it drains does not hold the end up, and one that pipelines gets the
// answers to what it has sent.
func TestCallersLeave(t *testing.T) {
	begun, release := make(chan struct{}, 3), make(chan struct{})
	listener := serve(t, func(w http.ResponseWriter, r *http.Request) {
		begun <- struct{}{}
		<-release
		ok(w, r)
	})
	leaver, pipeliner := call(t, listener), call(t, listener)
	leaver.send(t, request[:5])
	pipeliner.send(t, request+request)
	<-begun
	cut := make(chan int, 1)
	go func() { cut <- listener.Drain(t.Context()) }()
	_ = leaver.Close()
	close(release)
	pipeliner.answer(t)
	pipeliner.answer(t)
	pipeliner.ended(t)
	if n := <-cut; n != 0 {
		t.Errorf("%d cut off", n)
	}
}
