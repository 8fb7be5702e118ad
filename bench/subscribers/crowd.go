package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

const (
	document = `subscription {jobsChanged {jobs {id state type executor createdAt updatedAt} cursor resync}}`
	// endOfEvent is in each event once, near its end.
	endOfEvent = `"resync":`
	readSize   = 4096
	// joinAtOnce is how many subscribers begin at the same time: more than that overflow the queue of the listener.
	joinAtOnce = 64
)

// crowd is all subscribers. They read what comes, and count the events in it.
type crowd struct {
	n      int
	events atomic.Int64
	// failed is why somebody was not served to the end.
	failed  atomic.Pointer[error]
	changed chan struct{} // gets one when a round of events is complete, or somebody has failed

	mu      sync.Mutex
	members []net.Conn
}

func newCrowd(n int) *crowd { return &crowd{n: n, changed: make(chan struct{}, 1)} }

// join has all subscribe by a transport.
func (c *crowd) join(ctx context.Context, address, transport string) error {
	var joining sync.WaitGroup
	rooms := make(chan struct{}, joinAtOnce)
	for range c.n {
		rooms <- struct{}{}
		joining.Go(func() {
			defer func() { <-rooms }()
			if err := c.add(ctx, address, transport); err != nil {
				c.fail(err)
			}
		})
	}
	joining.Wait()
	return c.failure()
}

// add begins one subscription and returns when its first event is there.
func (c *crowd) add(ctx context.Context, address, transport string) error {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	c.mu.Lock()
	c.members = append(c.members, conn)
	c.mu.Unlock()
	text := eventsRequest(address)
	if transport == "ws" {
		if err := upgrade(conn, address); err != nil {
			return err
		}
		text = webSocketMessages()
	}
	if _, err := conn.Write(text); err != nil {
		return err
	}
	first := make(chan struct{})
	go c.read(conn, first, transport)
	select {
	case <-first:
		return nil
	case <-time.After(deliverLimit):
		return errors.New("no first event")
	}
}

// read counts the events of a connection until it is closed.
func (c *crowd) read(conn net.Conn, first chan struct{}, transport string) {
	buffer := make([]byte, readSize)
	kept := 0 // bytes of the end of what was read before, in which an event's end may have begun
	for begun := false; ; {
		n, err := conn.Read(buffer[kept:])
		text := buffer[:kept+n]
		if found := bytes.Count(text, []byte(endOfEvent)); found > 0 {
			if !begun {
				begun = true
				close(first)
			}
			if all := c.events.Add(int64(found)); all%int64(c.n) < int64(found) {
				c.tell()
			}
		}
		if transport == "ws" {
			answerPing(conn, text)
		}
		if err != nil {
			if !begun {
				close(first)
			}
			if !errors.Is(err, net.ErrClosed) {
				c.fail(fmt.Errorf("a subscriber has lost its connection: %w; the last it read: %.300q", err, text))
			}
			return
		}
		kept = copy(buffer, text[max(0, len(text)-len(endOfEvent)+1):])
	}
}

// await waits until each subscriber has got n events in all.
func (c *crowd) await(ctx context.Context, n int) error {
	limit := time.After(deliverLimit)
	for c.events.Load() < int64(c.n*n) {
		select {
		case <-c.changed:
		case <-limit:
			return fmt.Errorf("%d events of %d after %v", c.events.Load(), c.n*n, deliverLimit)
		case <-ctx.Done():
			return ctx.Err()
		}
		if err := c.failure(); err != nil {
			return err
		}
	}
	return nil
}

func (c *crowd) tell() {
	select {
	case c.changed <- struct{}{}:
	default:
	}
}

func (c *crowd) fail(err error) {
	c.failed.CompareAndSwap(nil, &err)
	c.tell()
}

func (c *crowd) failure() error {
	if err := c.failed.Load(); err != nil {
		return *err
	}
	return nil
}

// leave closes all connections.
func (c *crowd) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range c.members {
		_ = conn.Close()
	}
}
