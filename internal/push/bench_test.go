package push

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
)

// benchConns is how many connections there are.
const benchConns = 1000

// BenchmarkPush tells many connections, whose clients are another process, of the same, and waits until the kernel has
// it. Beside it stand the system calls alone, and a goroutine for each connection. Numbers are for one message of 1 KiB.
func BenchmarkPush(b *testing.B) {
	text := make([]byte, 1<<10)
	for _, how := range []struct {
		name string
		tell func(servers []net.Conn) (all func(), end func())
	}{
		{"write", func(servers []net.Conn) (all, end func()) {
			return func() {
				for _, c := range servers {
					_, _ = c.Write(text)
				}
			}, func() {}
		}},
		{"push", func(servers []net.Conn) (all, end func()) { return pushed(servers, text) }},
		{"goroutines", func(servers []net.Conn) (all, end func()) {
			var told sync.WaitGroup
			due := make([]chan struct{}, len(servers))
			for i, c := range servers {
				due[i] = make(chan struct{})
				go func() {
					for range due[i] {
						_, _ = c.Write(text)
						told.Done()
					}
				}()
			}
			return func() {
					told.Add(len(servers))
					for _, c := range due {
						c <- struct{}{}
					}
					told.Wait()
				}, func() {
					for _, c := range due {
						close(c)
					}
				}
		}},
	} {
		b.Run(how.name, func(b *testing.B) {
			servers := crowd(b)
			all, end := how.tell(servers)
			b.ReportAllocs()
			began := worked(b)
			for b.Loop() {
				all()
			}
			b.ReportMetric(float64(worked(b)-began)/float64(b.N*benchConns), "cpu-ns/message")
			end()
		})
	}
}

// crowd returns the connections of clients that are another process.
func crowd(b *testing.B) []net.Conn {
	b.Helper()
	listener, err := (&net.ListenConfig{}).Listen(b.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer listener.Close()
	clients := exec.CommandContext(b.Context(), os.Args[0])
	clients.Env = []string{readsEnv + "=" + listener.Addr().String()}
	if err := clients.Start(); err != nil {
		b.Fatal(err)
	}
	servers := make([]net.Conn, benchConns)
	for i := range servers {
		if servers[i], err = listener.Accept(); err != nil {
			b.Fatal(err)
		}
	}
	b.Cleanup(func() {
		for _, c := range servers {
			_ = c.Close()
		}
		_ = clients.Wait()
	})
	return servers
}

// worked returns for how many nanoseconds the process has worked, user and system.
func worked(b *testing.B) int64 {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return used.Utime.Nano() + used.Stime.Nano()
}

// told is a source that says the same each time.
type told struct {
	conn  *Conn
	parts [1][]byte
	text  []byte
	due   bool
	said  bool
	done  *sync.WaitGroup // of what was said
}

func (s *told) Next() [][]byte {
	if s.due {
		s.due, s.said = false, true
		s.parts[0] = s.text
		return s.parts[:]
	}
	if s.said {
		s.said = false
		s.done.Done()
	}
	return nil
}

func (s *told) Lost(err error) { panic(fmt.Sprint("lost: ", err)) }

// pushed returns what tells all connections of a text.
func pushed(servers []net.Conn, text []byte) (all, end func()) {
	workers := NewWorkers(2)
	var done sync.WaitGroup
	sources := make([]*told, len(servers))
	for i, c := range servers {
		sources[i] = &told{text: text, done: &done}
		sources[i].conn = workers.Conn(c, patience, sources[i])
	}
	return func() {
		done.Add(len(sources))
		for _, s := range sources {
			s.due = true
			s.conn.Wake()
		}
		done.Wait()
	}, func() {}
}

// A message that the kernel takes costs no allocation.
func TestAllocationsOfAMessage(t *testing.T) {
	server, client := connect(t)
	go func() { _, _ = io.Copy(io.Discard, client) }()
	var done sync.WaitGroup
	s := &told{text: []byte("told"), done: &done}
	s.conn = NewWorkers(1).Conn(server, patience, s)
	own := newAttempt()
	if got := testing.AllocsPerRun(100, func() {
		done.Add(1)
		s.due = true
		s.conn.work(own)
	}); got != 0 {
		t.Errorf("%v allocations", got)
	}
}
