package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"
)

// speak answers one request by hand and reports whether the connection is kept.
type speak func(conn net.Conn) (keep bool)

// leak stands in every answer of the fakeAPI that is no page, and may reach nobody.
const leak = "LEAK-1c9d6a52"

// fakeAPI is a Jobs API on bare TCP. It answers its requests by its script, one after the other, then with an
// empty page, and records them.
type fakeAPI struct {
	url string

	mu       sync.Mutex
	script   []speak
	always   speak // when the script is over; nil for a page
	requests []fakeRequest
	open     int // connections
}

// fakeRequest is when a request came and with which header Authorization.
type fakeRequest struct {
	came  time.Time
	token string
}

func startFakeAPI(t *testing.T, script ...speak) *fakeAPI {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	api := &fakeAPI{url: "http://" + l.Addr().String(), script: script}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			stop := make(chan struct{})
			all.Go(func() {
				defer close(stop)
				api.serve(conn)
			})
			all.Go(func() { // the test's end ends what hangs
				select {
				case <-stop:
				case <-t.Context().Done():
				}
				conn.Close()
			})
		}
	})
	t.Cleanup(func() { l.Close(); all.Wait() })
	return api
}

// serve answers the requests of one connection.
func (a *fakeAPI) serve(conn net.Conn) {
	a.count(1)
	defer a.count(-1)
	defer conn.Close()
	for in := bufio.NewReader(conn); ; {
		req, err := http.ReadRequest(in)
		if err != nil || !a.next(req.Header.Get("Authorization"))(conn) {
			return
		}
	}
}

func (a *fakeAPI) count(by int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.open += by
}

// next records a request and returns what answers it.
func (a *fakeAPI) next(token string) speak {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.requests = append(a.requests, fakeRequest{time.Now(), token})
	switch {
	case len(a.script) > 0:
		first := a.script[0]
		a.script = a.script[1:]
		return first
	case a.always != nil:
		return a.always
	}
	return aPage
}

// answer replaces what is said, and returns how many requests have come until then.
func (a *fakeAPI) answer(always speak, script ...speak) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.script, a.always = script, always
	return len(a.requests)
}

// since are the requests behind the first n.
func (a *fakeAPI) since(n int) []fakeRequest {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]fakeRequest{}, a.requests[n:]...)
}

// connections is how many are open.
func (a *fakeAPI) connections() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.open
}

const emptyPage = `{"records":[],"total_records":0}`

// aPage is an answer.
func aPage(conn net.Conn) bool {
	_, err := fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(emptyPage), emptyPage)
	return err == nil
}

// withStatus is an answer with a status and more lines of header.
func withStatus(status int, header ...string) speak {
	return func(conn net.Conn) bool {
		body := "<html><pre>" + leak + " at jobs.go:7</pre></html>"
		lines := "Content-Type: text/html\r\n"
		for _, line := range header {
			lines += line + "\r\n"
		}
		_, err := fmt.Fprintf(conn, "HTTP/1.1 %d %s\r\n%sContent-Length: %d\r\n\r\n%s", status, leak, lines, len(body), body)
		return err == nil
	}
}

// sends writes a text and closes the connection, or resets it.
func sends(text string, reset bool) speak {
	return func(conn net.Conn) bool {
		_, _ = io.WriteString(conn, text)
		if reset {
			_ = conn.(*net.TCPConn).SetLinger(0)
		}
		return false
	}
}

// drips sends a text, and then one byte each time, until the caller leaves.
func drips(head, drop string, each time.Duration) speak {
	return func(conn net.Conn) bool {
		_, err := io.WriteString(conn, head)
		for tick := time.NewTicker(each); err == nil; <-tick.C {
			_, err = io.WriteString(conn, drop)
		}
		return false
	}
}

// hangs says nothing until the caller leaves.
func hangs(conn net.Conn) bool {
	_, _ = conn.Read(make([]byte, 1))
	return false
}
