package gateway

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"time"
)

// A caller that closes its side of a connection after its request still waits for the answer; one that has
// left does not. What comes in says the same in both cases: the end. What goes out tells them apart, since
// the network answers bytes for a connection that is gone with a reset. So when net/http has seen the end,
// the first bytes of the answer, which are the same for every answer, are sent ahead one by one, with waits
// between them in which a reset can come back.

// answerStart is what every answer of net/http begins with, to a request of HTTP/1.1 or 1.0.
const answerStart = "HTTP/1."

// aheadWaits are the waits between the bytes that are sent ahead. The first ones see a caller in the same
// building leave at once. All together they are 7 s: more than a reset takes from anywhere, and half of the
// default of --request-timeout.
var aheadWaits = [len(answerStart) - 1]time.Duration{
	10 * time.Millisecond, 40 * time.Millisecond, 150 * time.Millisecond, 800 * time.Millisecond,
	2 * time.Second, 4 * time.Second,
}

// errAnswerStart says that net/http's answer does not begin with the bytes that were sent ahead: a fault
// here, or a change of net/http.
var errAnswerStart = errors.New("the answer does not begin as what was sent ahead")

// conn is a connection that can tell whether its caller is still there. net/http reads from it as from any
// other.
type conn struct {
	net.Conn

	mu    sync.Mutex
	begun bool // the answer has begun, so nothing can be sent ahead of it any more
	ahead int  // bytes of it that were sent ahead
	lost  bool // the caller has left

	// See expect; only the goroutine that writes an answer has to do with it.
	body   int        // bytes of it, from expect until the first write
	start  *[]byte    // the first write, as long as it is held back; nil otherwise
	starts *sync.Pool // of such
}

// connKey is the key of a request's connection in its context.
type connKey struct{}

// Listen makes the connections of a listener tell whether their caller is still there. ConnContext belongs to
// it.
func Listen(listener net.Listener) net.Listener {
	return connListener{listener, &sync.Pool{New: func() any { return new([]byte) }}}
}

// connListener is a listener whose connections are conns.
type connListener struct {
	net.Listener

	starts *sync.Pool
}

// Accept waits for the next connection.
func (l connListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &conn{Conn: c, begun: true, starts: l.starts}, nil
}

// ConnContext is the http.Server's function of this name.
func ConnContext(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

// connOf finds the connection of a request; nil under a server that does not listen by Listen.
func connOf(ctx context.Context) *conn {
	c, _ := ctx.Value(connKey{}).(*conn)
	return c
}

// Write writes p, but for the bytes of it that were sent ahead. Errors: errAnswerStart, and those of the
// network.
func (c *conn) Write(p []byte) (int, error) {
	c.mu.Lock()
	sent := c.ahead
	c.begun, c.ahead = true, 0
	c.mu.Unlock()
	if sent > 0 && !strings.HasPrefix(string(p[:min(len(p), sent)]), answerStart[:sent]) {
		return 0, errAnswerStart
	}
	n, err := c.writeStart(p[sent:])
	return sent + n, err
}

// NetConn returns the connection below, as that of crypto/tls does.
func (c *conn) NetConn() net.Conn { return c.Conn }

// CloseWrite ends what is sent, and leaves what comes in open. net/http uses it, too.
func (c *conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}

// await says that a request has been read and its answer has not begun: from now on bytes of it may be sent
// ahead.
func (c *conn) await() {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.begun = false
}

// isLost reports whether the caller of a request is known to have left.
func isLost(ctx context.Context) bool {
	c := connOf(ctx)
	if c == nil {
		return ctx.Err() != nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lost
}

// sendAhead sends the next byte of the answer, unless it has begun or all of its start was sent. It returns
// false when the caller has left.
func (c *conn) sendAhead() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.begun || c.ahead == len(answerStart) {
		return true
	}
	if _, err := c.Conn.Write([]byte{answerStart[c.ahead]}); err != nil {
		c.lost = true
		return false
	}
	c.ahead++
	return true
}

// left waits, after the context of a request has ended, until it is known whether the caller has left. It
// returns true when it has, false when done is closed before that. Outside of a server that listens by
// Listen, the end of a context means that the caller has left.
func left(ctx context.Context, done <-chan struct{}) bool {
	c := connOf(ctx)
	if c == nil {
		return true
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for i := 0; c.sendAhead(); i++ {
		if i == len(aheadWaits) {
			<-done
			return false
		}
		timer.Reset(aheadWaits[i])
		select {
		case <-done:
			return false
		case <-timer.C:
		}
	}
	return true
}
