package push

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// patience is how long a client may read nothing where no test waits for that.
const patience = time.Minute

// connect returns both ends of a TCP connection.
func connect(t testing.TB) (server, client net.Conn) {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	if client, err = (&net.Dialer{}).DialContext(t.Context(), "tcp", listener.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if server, err = listener.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = server.Close(), client.Close() })
	return server, client
}

// queue is a source of messages, each in parts.
type queue struct {
	mu       sync.Mutex
	messages [][][]byte
	asked    atomic.Int64
	lost     chan error
}

func newQueue() *queue { return &queue{lost: make(chan error, 1)} }

func (q *queue) add(c *Conn, message ...[]byte) {
	q.mu.Lock()
	q.messages = append(q.messages, message)
	q.mu.Unlock()
	c.Wake()
}

func (q *queue) Next() [][]byte {
	q.asked.Add(1)
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.messages) == 0 {
		return nil
	}
	message := q.messages[0]
	q.messages = q.messages[1:]
	return message
}

func (q *queue) Lost(err error) { q.lost <- err }

// message is so many bytes that say which message they are of, in parts of any size.
func message(number, size int) (parts [][]byte) {
	text := bytes.Repeat(fmt.Appendf(nil, "%08d,", number), size/9+1)[:size]
	for len(text) > 0 {
		n := 1 + rand.IntN(len(text))
		parts = append(parts, bytes.Clone(text[:n]))
		text = text[n:]
	}
	return parts
}

// Messages arrive whole and in order, whatever their sizes, also over a connection that the kernel does not know,
// and to a client that reads slowly.
func TestMessagesArriveInOrder(t *testing.T) {
	for _, how := range []struct {
		name string
		conn func(testing.TB) (server, client net.Conn)
		slow bool
	}{
		{"fast", connect, false},
		{"slow", connect, true},
		{"unknown to the kernel", func(testing.TB) (net.Conn, net.Conn) { return net.Pipe() }, false},
	} {
		t.Run(how.name, func(t *testing.T) {
			server, client := how.conn(t)
			q := newQueue()
			c := NewWorkers(2).Conn(server, patience, q)
			var want bytes.Buffer
			for number, size := range []int{1, 10, 100, pieceSize - 1, pieceSize, pieceSize + 1, 3 << 20, 5, 9 * pieceSize} {
				parts := message(number, size)
				for _, part := range parts {
					want.Write(part)
				}
				q.add(c, parts...)
			}
			got := make([]byte, 0, want.Len())
			for piece := make([]byte, 256<<10); len(got) < want.Len(); {
				if how.slow {
					time.Sleep(time.Millisecond)
				}
				n, err := client.Read(piece)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, piece[:n]...)
			}
			if !bytes.Equal(got, want.Bytes()) {
				t.Error("the bytes are others")
			}
			c.Stop()
		})
	}
}

// What is sent in between comes between messages, and a message that was due meanwhile is not forgotten.
func TestSendComesBetweenMessages(t *testing.T) {
	server, client := connect(t)
	q := newQueue()
	c := NewWorkers(2).Conn(server, patience, q)
	const rounds, size = 200, 30_000
	sent := make(chan error, 1)
	go func() {
		for range rounds {
			c.Lock()
			err := c.Send(bytes.Repeat([]byte("s"), size/2), bytes.Repeat([]byte("s"), size/2))
			c.Unlock()
			if err != nil {
				sent <- err
				return
			}
		}
		sent <- nil
	}()
	go func() {
		for range rounds {
			q.add(c, bytes.Repeat([]byte("m"), size))
		}
	}()
	for range 2 * rounds {
		one := make([]byte, size)
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
	c.Stop()
}

// Clients that read nothing are lost after a while, and keep nobody waiting, even where they are more than the workers.
func TestClientsThatReadNothing(t *testing.T) {
	workers := NewWorkers(2)
	var stuck []*queue
	for range 6 {
		server, _ := connect(t)
		q := newQueue()
		c := workers.Conn(server, 300*time.Millisecond, q)
		q.add(c, make([]byte, 32<<20)) // more than the kernel keeps
		stuck = append(stuck, q)
	}
	server, client := connect(t)
	q := newQueue()
	c := workers.Conn(server, patience, q)
	for range 10 {
		q.add(c, []byte("told"))
		if _, err := io.ReadFull(client, make([]byte, len("told"))); err != nil {
			t.Fatal(err)
		}
	}
	for _, q := range stuck {
		if err := <-q.lost; !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(err)
		}
	}
}

// A client that has left is lost, and nothing is sent after that.
func TestClientThatHasLeft(t *testing.T) {
	server, client := connect(t)
	q := newQueue()
	c := NewWorkers(2).Conn(server, patience, q)
	_ = client.Close()
	for { // the first bytes have the network find out
		q.add(c, []byte("told"))
		select {
		case err := <-q.lost:
			if errors.Is(err, os.ErrDeadlineExceeded) {
				t.Error(err)
			}
			c.Lock()
			defer c.Unlock()
			if err := c.Send([]byte("told")); err == nil {
				t.Error("sent")
			}
			return
		case <-time.After(time.Millisecond):
		}
	}
}

// A connection that is stopped does not ask its source any more, though it is woken.
func TestStoppedConnAsksNobody(t *testing.T) {
	server, _ := connect(t)
	q := newQueue()
	workers := NewWorkers(1)
	c := workers.Conn(server, patience, q)
	c.Stop()
	q.add(c, []byte("told"))
	other, client := connect(t) // which is looked at after it
	first := newQueue()
	first.add(workers.Conn(other, patience, first), []byte("told"))
	if _, err := io.ReadFull(client, make([]byte, len("told"))); err != nil {
		t.Error(err)
	}
	if q.asked.Load() != 0 {
		t.Error("asked")
	}
}

// A message in parts, of which the kernel has taken some bytes, goes on behind these.
func TestBehind(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOf(rapid.SliceOf(rapid.Byte())).Draw(t, "parts")
		whole := bytes.Join(parts, nil)
		n := rapid.IntRange(0, len(whole)).Draw(t, "n")
		if got := bytes.Join(behind(parts, n), nil); !bytes.Equal(got, whole[n:]) {
			t.Errorf("%q, not %q", got, whole[n:])
		}
	})
}

// With nothing to do there is no worker.
func TestWorkersEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := NewWorkers(2)
		for range 3 {
			for range 5 {
				server, client := net.Pipe()
				q := newQueue()
				c := w.Conn(server, patience, q)
				q.add(c, []byte("told"))
				if _, err := io.ReadFull(client, make([]byte, len("told"))); err != nil {
					t.Error(err)
				}
				c.Stop()
				_, _ = server.Close(), client.Close()
			}
			synctest.Wait()
			if w.running != 0 || len(w.due) != 0 {
				t.Errorf("%d run, %d are due", w.running, len(w.due))
			}
		}
	})
}
