package push

import (
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	// slowSize is how many bytes a slow client has to read within its patience.
	slowSize = 256 << 10
	// turnMessages is how many messages of one connection are sent before others have their turn.
	turnMessages = 16
)

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
	due      atomic.Bool // a worker will look at it
	again    atomic.Bool // one shall as soon as it is unlocked
	waits    atomic.Bool // until the client reads
	stopped  atomic.Bool

	// turn is held by who sends, until the whole message is sent.
	turn sync.Mutex
	// lost is why nothing more can be sent; guarded by turn.
	lost error
}

// Conn makes a Conn of a connection. Its client may read nothing of what is sent to it for as long as its patience.
func (w *Workers) Conn(conn net.Conn, patience time.Duration, source Source) *Conn {
	return &Conn{workers: w, conn: conn, raw: rawOf(conn), patience: patience, source: source}
}

// Wake has the source asked for its next message soon. It never waits.
func (c *Conn) Wake() {
	if !c.due.Swap(true) {
		c.workers.add(c)
	}
}

// Waits reports whether a message is being sent that the client does not read as fast as it comes.
func (c *Conn) Waits() bool { return c.waits.Load() }

// Lock waits until no message is being sent, and lets none be begun until Unlock.
func (c *Conn) Lock() { c.turn.Lock() }

// Unlock undoes Lock.
func (c *Conn) Unlock() {
	c.turn.Unlock()
	if c.again.Swap(false) {
		c.Wake()
	}
}

// Send sends a message, in parts, and waits for that. The caller has locked the connection, and does not use parts any
// more. Errors: those of the connection, of this message or of one before.
func (c *Conn) Send(parts ...[]byte) error {
	if c.lost == nil {
		own := c.workers.attempts.Get().(*attempt)
		left, err := c.sendNow(own, parts)
		c.workers.attempts.Put(own)
		if err == nil && len(left) > 0 {
			err = c.sendSlowly(left)
		}
		c.lost = err
	}
	return c.lost
}

// Stop lets nothing more be sent, and returns when nothing is being sent any more. The source is not asked again. The
// connection stays open.
func (c *Conn) Stop() {
	c.stopped.Store(true)
	_ = c.conn.SetWriteDeadline(time.Unix(1, 0)) // who waits for the client ends; a failure means that it is closed
	c.turn.Lock()
	defer c.turn.Unlock()
	if c.lost == nil {
		c.lost = net.ErrClosed
	}
}

// work sends what the source has, but not too much at a time.
func (c *Conn) work(own *attempt) {
	c.due.Store(false) // who wakes it from here on has it looked at once more
	if !c.turn.TryLock() {
		c.again.Store(true)
		if !c.turn.TryLock() {
			return // whoever has it locked sees that when it unlocks it
		}
	}
	c.again.Store(false)
	if left := c.sendTurn(own); len(left) > 0 {
		go c.sendRest(left)
		return
	}
	c.Unlock()
}

// sendTurn sends messages of the source until there is none, or others have their turn. It returns what is left of one
// that the client does not read.
func (c *Conn) sendTurn(own *attempt) (left [][]byte) {
	for range turnMessages {
		if c.lost != nil {
			return nil
		}
		parts := c.source.Next()
		if parts == nil {
			return nil
		}
		left, err := c.sendNow(own, parts)
		if err != nil {
			c.lose(err)
			return nil
		}
		if len(left) > 0 {
			return left
		}
	}
	c.again.Store(true)
	return nil
}

// sendNow sends of a message what the kernel takes now, and returns what is left; of a connection that the kernel
// does not know, all.
func (c *Conn) sendNow(own *attempt, parts [][]byte) (left [][]byte, err error) {
	if c.raw == nil {
		return parts, nil
	}
	left, err = own.send(c.raw, parts)
	return left, c.cause(err)
}

// sendRest sends what is left of a message to a slow client, and has a worker go on. Its caller has locked c.
func (c *Conn) sendRest(left [][]byte) {
	defer c.Unlock()
	if err := c.sendSlowly(left); err != nil {
		c.lose(err)
		return
	}
	c.again.Store(true)
}

// cause returns why something could not be sent: the deadline that Stop sets does not mean that the client has not read.
func (c *Conn) cause(err error) error {
	if err != nil && c.stopped.Load() {
		return net.ErrClosed
	}
	return err
}

// lose ends the sending.
func (c *Conn) lose(err error) {
	c.lost = err
	c.source.Lost(err)
}

// sendSlowly sends what is left of a message, and waits for a client that reads slowly.
func (c *Conn) sendSlowly(left [][]byte) error {
	c.waits.Store(true)
	defer c.waits.Store(false)
	for left = behind(left, 0); len(left) > 0; {
		_ = c.conn.SetWriteDeadline(time.Now().Add(c.patience)) // a failure shows when it is written to
		for sent := 0; sent < slowSize && len(left) > 0; {
			if c.stopped.Load() { // whose deadline may have been overwritten
				return net.ErrClosed
			}
			n, err := c.sendSome(left)
			if err != nil {
				return c.cause(err)
			}
			sent += n
			left = behind(left, n)
		}
	}
	return c.conn.SetWriteDeadline(time.Time{}) // it would end what is sent later
}

// sendSome waits until something of a message can be sent, and returns how many bytes were.
func (c *Conn) sendSome(left [][]byte) (n int, err error) {
	if c.raw == nil {
		return c.conn.Write(left[0][:min(len(left[0]), slowSize)])
	}
	return c.workers.sendSome(c.raw, left)
}
