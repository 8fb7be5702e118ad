package push

import (
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// slowSize is how many bytes a slow client has to read within its patience.
const slowSize = 256 << 10

// Source has what is sent over one connection. Its methods are called by one goroutine at a time, and may not wait.
type Source interface {
	// Next returns the next message in parts, which are only read, and only until Next is called again, or Lost; nil
	// if there is none now. Who has one later calls Conn.Wake.
	Next() [][]byte
	// Lost says that a message could not be sent: with os.ErrDeadlineExceeded, since the client has not read for too
	// long. Nothing is sent after it.
	Lost(err error)
}

// Conn is a connection that whole messages are sent over: those of its source, and others in between. Safe for
// concurrent use.
type Conn struct {
	workers  *Workers
	conn     net.Conn
	raw      syscall.RawConn // of conn; nil if it has none: then each message is sent as to a slow client
	patience time.Duration
	source   Source
	due      atomic.Bool // the source may have something

	// turn is held by who sends, until the whole message is sent.
	turn sync.Mutex
	// lost is why nothing more can be sent; guarded by turn.
	lost error
}

// Conn makes a Conn of a connection. Its client may read nothing of what is sent to it for as long as its patience.
func (w *Workers) Conn(conn net.Conn, patience time.Duration, source Source) *Conn {
	return &Conn{workers: w, conn: conn, raw: rawOf(conn), patience: patience, source: source}
}

// rawOf returns what the kernel knows a connection by, which may be inside others; nil for none.
func rawOf(conn net.Conn) syscall.RawConn {
	for {
		switch c := conn.(type) {
		case syscall.Conn:
			raw, _ := c.SyscallConn() // nil with an error
			return raw
		case interface{ NetConn() net.Conn }:
			conn = c.NetConn()
		default:
			return nil
		}
	}
}

// Wake has the source asked for its next message soon. It never waits.
func (c *Conn) Wake() {
	if !c.due.Swap(true) {
		c.workers.add(c)
	}
}

// Lock waits until no message is being sent, and lets none be begun until Unlock.
func (c *Conn) Lock() { c.turn.Lock() }

// Unlock undoes Lock.
func (c *Conn) Unlock() {
	c.turn.Unlock()
	if c.due.Load() { // whoever was to look has found it locked
		c.workers.add(c)
	}
}

// Send sends a message, in parts, and waits for that. The caller has locked the connection. Errors: those of the
// connection, of this message or of one before.
func (c *Conn) Send(parts ...[]byte) error {
	if c.lost == nil {
		c.lost = c.sendSlowly(parts)
	}
	return c.lost
}

// Close closes the connection, and returns when nothing is being sent any more. The source is not asked again.
// Errors: those of net.Conn.
func (c *Conn) Close() error {
	err := c.conn.Close()
	c.turn.Lock()
	defer c.turn.Unlock()
	if c.lost == nil {
		c.lost = net.ErrClosed
	}
	return err
}

// work sends what the source has.
func (c *Conn) work(own *attempt) {
	if !c.turn.TryLock() {
		return // who has it will see that c is due
	}
	for c.due.Store(false); c.lost == nil; {
		parts := c.source.Next()
		if parts == nil {
			break
		}
		left, err := own.send(c.raw, parts)
		if err != nil {
			c.lose(err)
			break
		}
		if len(left) > 0 {
			go c.sendRest(left)
			return
		}
	}
	c.Unlock()
}

// sendRest sends what is left of a message to a slow client, and lets a worker go on. Its caller has locked c.
func (c *Conn) sendRest(left [][]byte) {
	defer c.Unlock()
	if err := c.sendSlowly(left); err != nil {
		c.lose(err)
		return
	}
	c.due.Store(true)
}

// lose ends the sending.
func (c *Conn) lose(err error) {
	c.lost = err
	c.source.Lost(err)
}

// sendSlowly sends parts of a message, and waits for a client that reads slowly.
func (c *Conn) sendSlowly(parts [][]byte) error {
	for _, part := range parts {
		for len(part) > 0 {
			n := min(len(part), slowSize)
			_ = c.conn.SetWriteDeadline(time.Now().Add(c.patience)) // a failure shows when it is written to
			if _, err := c.conn.Write(part[:n]); err != nil {
				return err
			}
			part = part[n:]
		}
	}
	return c.conn.SetWriteDeadline(time.Time{}) // it would end what is sent later
}
