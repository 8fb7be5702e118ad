// Package drain ends the connections of an HTTP server without losing a request.
//
// net/http's Shutdown would lose some and wait for nothing. It closes a connection that it takes for idle
// even if a request has just come in over it, it resets those that wait to be accepted, and it waits five
// seconds for a connection over which nothing has come yet. Here the connection itself knows whether a
// request has begun: from the first byte that is read until net/http says that it is idle again.
package drain

import (
	"context"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// lastAccepts is how long connections are still taken after Drain was called: those that wait already, and
	// a closed listener would reset.
	lastAccepts = 50 * time.Millisecond
	// firstBytes is how long a new connection may take to send something: whoever has just connected is about
	// to.
	firstBytes = 500 * time.Millisecond
	// lastWords is how long the handlers of connections that were cut off may take to end: they write into the
	// log what became of their requests.
	lastWords = 250 * time.Millisecond
)

// Listener is a TCP listener that Drain ends. Give its ConnState to the server that serves on it.
type Listener struct {
	*net.TCPListener

	draining atomic.Bool
	closed   chan struct{} // closed when nothing more is accepted
	closing  sync.Once
	left     chan struct{} // gets something when a connection has ended

	mu    sync.Mutex
	conns map[*conn]struct{}
}

// Listen makes the connections of a listener ones that can be ended.
func Listen(listener *net.TCPListener) *Listener {
	return &Listener{
		TCPListener: listener,
		closed:      make(chan struct{}),
		left:        make(chan struct{}, 1),
		conns:       map[*conn]struct{}{},
	}
}

// Accept waits for the next connection. Errors: net.ErrClosed when Drain has taken the last one.
func (l *Listener) Accept() (net.Conn, error) {
	tcp, err := l.AcceptTCP()
	if err != nil {
		if l.draining.Load() && os.IsTimeout(err) {
			_ = l.Close()
			return nil, net.ErrClosed
		}
		return nil, err
	}
	c := &conn{TCPConn: tcp, accepted: time.Now()}
	l.mu.Lock()
	l.conns[c] = struct{}{}
	l.mu.Unlock()
	if l.draining.Load() {
		c.endSoon()
	}
	return c, nil
}

// Close stops accepting at once. The connections stay.
func (l *Listener) Close() error {
	err := net.ErrClosed
	l.closing.Do(func() {
		err = l.TCPListener.Close()
		close(l.closed)
	})
	return err
}

// ConnState is the http.Server's function of this name.
func (l *Listener) ConnState(outer net.Conn, state http.ConnState) {
	c := unwrap(outer)
	if c == nil {
		return
	}
	switch state {
	case http.StateActive:
		c.begin()
	case http.StateIdle:
		c.rest(&l.draining)
	case http.StateHijacked:
		c.handOver(func() { l.forget(c) })
	case http.StateClosed:
		l.forget(c)
	case http.StateNew:
	}
}

// forget takes a connection that has ended off those that are open.
func (l *Listener) forget(c *conn) {
	l.mu.Lock()
	delete(l.conns, c)
	l.mu.Unlock()
	select {
	case l.left <- struct{}{}:
	default:
	}
}

// Drain ends all connections, and returns how many it had to cut off while a request was under way. It takes
// what waits to be accepted and nothing after that. A connection over which no request has begun is closed at
// once, a new one after half a second. The others are closed after their answer; when ctx ends, those that
// are left are cut off. A connection that net/http has handed over, such as a WebSocket, is waited for until it is
// closed. Drain is called once, while a server serves or after it has failed.
func (l *Listener) Drain(ctx context.Context) (cut int) {
	l.draining.Store(true)
	_ = l.SetDeadline(time.Now().Add(lastAccepts)) // a failure means that it is closed
	select {
	case <-l.closed:
	case <-ctx.Done():
		_ = l.Close()
	}
	for _, c := range l.all() {
		c.endSoon()
	}
	if l.wait(ctx) {
		return 0
	}
	for _, c := range l.all() {
		if c.cutOff() {
			cut++
		}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWords)
	defer cancel()
	l.wait(ctx)
	return cut
}

// wait returns true when no connection is left, false when ctx ends before that.
func (l *Listener) wait(ctx context.Context) bool {
	for len(l.all()) > 0 {
		select {
		case <-l.left:
		case <-ctx.Done():
			return len(l.all()) == 0
		}
	}
	return true
}

// all returns the connections that are open.
func (l *Listener) all() []*conn {
	l.mu.Lock()
	defer l.mu.Unlock()
	conns := make([]*conn, 0, len(l.conns))
	for c := range l.conns {
		conns = append(conns, c)
	}
	return conns
}
