package drain

import (
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// conn is a connection that knows whether a request has begun on it.
type conn struct {
	*net.TCPConn

	accepted time.Time

	mu     sync.Mutex
	busy   bool // a request has begun, and its answer has not ended
	ending bool // the reader is woken, to read a last time or see the end
	// taken is called when a connection is closed that net/http has handed over; nil for one that it still has.
	taken    func()
	deadline time.Time // the one for reading that the server has set last
}

// unwrap finds the connection within those that others have put around it; nil if there is none.
func unwrap(outer net.Conn) *conn {
	for {
		switch c := outer.(type) {
		case *conn:
			return c
		case interface{ NetConn() net.Conn }:
			outer = c.NetConn()
		default:
			return nil
		}
	}
}

// Read reads. Once the connection shall end, it returns what has come in by then, else the end.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.TCPConn.Read(p)
	c.mu.Lock()
	defer c.mu.Unlock()
	if n == 0 && c.ending && errors.Is(err, os.ErrDeadlineExceeded) {
		_ = c.TCPConn.SetReadDeadline(time.Time{})
		if n, err = readOrEnd(c.TCPConn, p); n == 0 {
			c.endLocked()
		}
	}
	if n > 0 {
		c.beginLocked()
	}
	return n, err
}

// SetReadDeadline sets the deadline, or remembers it as long as the connection is ending.
func (c *conn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deadline = t
	if c.ending {
		return nil
	}
	return c.TCPConn.SetReadDeadline(t)
}

// SetDeadline sets both deadlines.
func (c *conn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

// handOver says that net/http knows the connection no longer: what has begun on it, such as a WebSocket, ends when
// it is closed. Closed is called then.
func (c *conn) handOver(closed func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.beginLocked()
	c.taken = closed
}

// Close closes the connection.
func (c *conn) Close() error {
	c.mu.Lock()
	closed := c.taken
	c.mu.Unlock()
	err := c.TCPConn.Close()
	if closed != nil {
		closed()
	}
	return err
}

// begin says that a request has begun.
func (c *conn) begin() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.beginLocked()
}

// beginLocked is begin with the lock held. It gives the server's deadline back.
func (c *conn) beginLocked() {
	c.busy = true
	if c.ending {
		c.ending = false
		_ = c.TCPConn.SetReadDeadline(c.deadline) // a failure shows in the next read
	}
}

// rest says that an answer has ended. While the listener is draining, so does the connection.
func (c *conn) rest(draining *atomic.Bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.busy = false
	if draining.Load() {
		c.endLocked()
	}
}

// endSoon ends the connection unless a request has begun: at once, or when it has had the time for its first
// bytes.
func (c *conn) endSoon() {
	time.AfterFunc(time.Until(c.accepted.Add(firstBytes)), func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if !c.busy {
			c.endLocked()
		}
	})
}

// endLocked wakes the reader by a deadline in the past.
func (c *conn) endLocked() {
	c.ending = true
	_ = c.TCPConn.SetReadDeadline(time.Unix(1, 0)) // a failure means that it is closed
}

// cutOff closes the connection, and reports whether a request was under way.
func (c *conn) cutOff() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_ = c.TCPConn.Close() // whoever serves it closes it, too, when it has seen that
	return c.busy
}
