// Package push sends messages over many connections by few goroutines.
//
// A goroutine for each connection costs its stack, and all that it needs to wait for an event, a heartbeat and an end at
// the same time. Here a connection has none (conn.go): who has something for it wakes it, and one of a few workers asks
// its source for the message and hands that to the kernel, which mostly takes it at once. Only for a client that
// reads too slowly there is a goroutine, until the client has read what was left of the message.
//
// Example: 10,000 clients watch a list on a machine with two cores. A change wakes all connections; two workers
// send 10,000 messages and end. A client that has lost its network costs one goroutine, until its time is over.
package push

import "sync"

// Workers send for connections. Safe for concurrent use. While there is nothing to do, there is none of them.
type Workers struct {
	most     int
	attempts sync.Pool // of *attempt

	mu      sync.Mutex
	due     []*Conn // that one of them shall look at
	running int
}

// NewWorkers returns workers, of which at most so many run at a time.
func NewWorkers(most int) *Workers {
	return &Workers{most: most, attempts: sync.Pool{New: func() any { return newAttempt() }}}
}

// add has a worker look at a connection.
func (w *Workers) add(c *Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.due = append(w.due, c)
	if w.running < w.most {
		w.running++
		go w.run()
	}
}

// run looks at connections until none is due.
func (w *Workers) run() {
	own := w.attempts.Get().(*attempt)
	defer w.attempts.Put(own)
	for c := w.next(); c != nil; c = w.next() {
		c.work(own)
	}
}

// next returns the connection that has waited longest; nil for a worker that shall end.
func (w *Workers) next() *Conn {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.due) == 0 {
		w.running--
		w.due = nil // many may have been due
		return nil
	}
	c := w.due[0]
	w.due[0], w.due = nil, w.due[1:]
	return c
}
