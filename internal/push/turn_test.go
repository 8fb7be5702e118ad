package push

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"
)

// A source that always has a message leaves others their turn, also where there is one worker.
func TestOneConnectionDoesNotKeepTheWorker(t *testing.T) {
	workers := NewWorkers(1)
	endless, reader := connect(t)
	go func() { _, _ = io.Copy(io.Discard, reader) }()
	always := &forever{lost: make(chan error, 1)}
	first := workers.Conn(endless, patience, always)
	first.Wake()
	server, client := connect(t)
	q := newQueue()
	q.add(workers.Conn(server, patience, q), []byte("told"))
	if _, err := io.ReadFull(client, make([]byte, len("told"))); err != nil {
		t.Error(err)
	}
	first.Stop()
}

// forever is a source that always has something to say.
type forever struct{ lost chan error }

func (*forever) Next() [][]byte { return [][]byte{[]byte("said again")} }

func (f *forever) Lost(err error) { f.lost <- err }

// However often a connection is used while it is due, workers look at it once or twice.
func TestConnectionIsDueOnce(t *testing.T) {
	workers := NewWorkers(0) // so that nobody looks
	server, client := connect(t)
	go func() { _, _ = io.Copy(io.Discard, client) }()
	c := workers.Conn(server, patience, newQueue())
	c.Wake()
	for range 100 {
		c.Lock()
		if err := c.Send([]byte("pong")); err != nil {
			t.Error(err)
		}
		c.Wake()
		c.Unlock()
	}
	if n := len(workers.due); n > 2 {
		t.Errorf("it is due %d times", n)
	}
}

// A message that is sent in between goes to the kernel as a whole, in however many parts it is.
func TestSendIsOneWrite(t *testing.T) {
	server, _ := connect(t)
	counted := &counting{Conn: server}
	c := NewWorkers(1).Conn(counted, patience, newQueue())
	c.Lock()
	defer c.Unlock()
	if err := c.Send(message(1, 1000)...); err != nil {
		t.Error(err)
	}
	if counted.deadlines != 0 || counted.writes != 0 {
		t.Errorf("%d deadlines, %d writes that may wait", counted.deadlines, counted.writes)
	}
}

// counting is a connection that counts what may make a sender wait.
type counting struct {
	net.Conn

	deadlines, writes int
}

func (c *counting) SyscallConn() (syscall.RawConn, error) {
	return c.Conn.(syscall.Conn).SyscallConn()
}

func (c *counting) SetWriteDeadline(at time.Time) error {
	c.deadlines++
	return c.Conn.SetWriteDeadline(at)
}

func (c *counting) Write(p []byte) (int, error) {
	c.writes++
	return c.Conn.Write(p)
}

// A client that reads a little now and then does not get a new deadline with each part of a message.
func TestClientThatReadsALittle(t *testing.T) {
	server, client := connect(t)
	if err := server.(*net.TCPConn).SetWriteBuffer(8 << 10); err != nil {
		t.Fatal(err)
	}
	q := newQueue()
	c := NewWorkers(1).Conn(server, 500*time.Millisecond, q)
	parts := make([][]byte, 4000)
	for i := range parts {
		parts[i] = make([]byte, 4000)
	}
	q.add(c, parts...)
	end := make(chan struct{})
	reading := make(chan struct{})
	go func() {
		defer close(reading)
		for a := make([]byte, 4000); ; {
			select {
			case <-end:
				return
			case <-time.After(50 * time.Millisecond):
				_, _ = client.Read(a)
			}
		}
	}()
	if err := <-q.lost; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error(err)
	}
	close(end)
	<-reading
}

// Who stops a connection does not wait for a client that reads nothing, and it is not said of the client that it does not.
func TestStopDoesNotWait(t *testing.T) {
	server, _ := connect(t)
	q := newQueue()
	c := NewWorkers(1).Conn(server, patience, q)
	q.add(c, make([]byte, 32<<20))
	for !c.Waits() {
		time.Sleep(time.Millisecond)
	}
	c.Stop()
	if err := <-q.lost; !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
	if c.Waits() {
		t.Error("it waits")
	}
}

// Messages of a source and messages in between arrive whole, also where the client reads slowly.
func TestSlowClientGetsWholeMessages(t *testing.T) {
	server, client := connect(t)
	q := newQueue()
	c := NewWorkers(2).Conn(server, patience, q)
	const rounds, size = 10, 1 << 20
	for range rounds {
		q.add(c, bytes.Repeat([]byte("m"), size/2), nil, bytes.Repeat([]byte("m"), size/2), nil)
	}
	sent := make(chan error, 1)
	go func() {
		var failed error
		for range rounds {
			c.Lock()
			failed = errors.Join(failed, c.Send(bytes.Repeat([]byte("s"), size/2), nil, bytes.Repeat([]byte("s"), size/2), nil))
			c.Unlock()
		}
		sent <- failed
	}()
	for range 2 * rounds {
		one := make([]byte, size)
		time.Sleep(5 * time.Millisecond)
		if _, err := io.ReadFull(client, one); err != nil {
			t.Fatal(err)
		}
		if bytes.Count(one, one[:1]) != size {
			t.Fatal("one message stands in another")
		}
	}
	if err := <-sent; err != nil {
		t.Error(err)
	}
}
