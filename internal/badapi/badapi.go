// Package badapi gives tests a Jobs API on bare TCP, which can break in every way that a connection or an answer
// can.
package badapi

import (
	"bufio"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"
)

// Leak stands in every answer that is no page, and may reach nobody.
const Leak = "LEAK-1c9d6a52"

// Speak answers one request by hand and reports whether the connection is kept. If not, its caller closes it.
type Speak func(conn net.Conn) (keep bool)

// API answers its requests by its script, one after the other, then with an empty page, and records them.
type API struct {
	URL string // without a slash at its end

	mu       sync.Mutex
	script   []Speak
	always   Speak // when the script is over; nil for a page
	requests []Request
	busy     int // requests that are being answered
	conns    map[net.Conn]bool
}

// Request is when a request came, and what it was.
type Request struct {
	Came   time.Time
	Token  string // the header Authorization
	Target string // path and query
}

// Start serves an API until the test ends.
func Start(t testing.TB, script ...Speak) *API {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	a := &API{URL: "http://" + l.Addr().String(), script: script, conns: map[net.Conn]bool{}}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			a.note(conn, true)
			ended := make(chan struct{})
			all.Go(func() {
				defer close(ended)
				defer a.note(conn, false)
				a.serve(conn)
			})
			all.Go(func() { // the test's end ends what hangs
				select {
				case <-ended:
				case <-t.Context().Done():
				}
				_ = conn.Close()
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		all.Wait()
	})
	return a
}

// serve answers the requests of one connection.
func (a *API) serve(conn net.Conn) {
	defer conn.Close()
	for in := bufio.NewReader(conn); ; {
		req, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		keep := a.next(req)(conn)
		a.mu.Lock()
		a.busy--
		a.mu.Unlock()
		if !keep {
			return
		}
	}
}

// note notes a connection, or that it is over.
func (a *API) note(conn net.Conn, open bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if open {
		a.conns[conn] = true
	} else {
		delete(a.conns, conn)
	}
}

// next records a request and returns what answers it.
func (a *API) next(req *http.Request) Speak {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.busy++
	a.requests = append(a.requests, Request{time.Now(), req.Header.Get("Authorization"), req.RequestURI})
	switch {
	case len(a.script) > 0:
		first := a.script[0]
		a.script = a.script[1:]
		return first
	case a.always != nil:
		return a.always
	}
	return Page(EmptyPage)
}

// Answer replaces what is said: always, when the script is over; nil for an empty page. It returns how many
// requests have come until then.
func (a *API) Answer(always Speak, script ...Speak) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.script, a.always = script, always
	return len(a.requests)
}

// Since returns the requests behind the first n.
func (a *API) Since(n int) []Request {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]Request{}, a.requests[n:]...)
}

// Open returns how many connections are open, and how many requests are being answered.
func (a *API) Open() (connections, requests int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.conns), a.busy
}

// Disconnect closes all connections.
func (a *API) Disconnect() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for conn := range a.conns {
		_ = conn.Close()
	}
}
