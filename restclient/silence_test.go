package restclient

import (
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// passage is a way to a server that may go silent: what was connected stays connected and carries nothing any
// more, as behind a router that has forgotten it. New connections pass.
type passage struct {
	net.Listener
	mu     sync.Mutex
	silent []chan struct{} // of each connection, closed when it carries nothing
}

func newPassage(t *testing.T, to string) *passage {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &passage{Listener: l}
	var all sync.WaitGroup
	t.Cleanup(func() { l.Close(); all.Wait() })
	all.Go(func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", to)
			if err != nil {
				t.Error(err)
				near.Close()
				return
			}
			silent := make(chan struct{})
			p.mu.Lock()
			p.silent = append(p.silent, silent)
			p.mu.Unlock()
			all.Go(func() { carry(far, near, silent) })
			all.Go(func() { carry(near, far, silent) })
		}
	})
	return p
}

// carry passes bytes on, and drops them once the passage is silent.
func carry(to, from net.Conn, silent <-chan struct{}) {
	defer to.Close()
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		select {
		case <-silent:
		default:
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
	}
}

// hush makes the connections that there are silent, and says how many there ever were.
func (p *passage) hush() (connections int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, silent := range p.silent {
		select {
		case <-silent:
		default:
			close(silent)
		}
	}
	return len(p.silent)
}

// An HTTP/2 connection that goes silent is noticed by a ping within the time of one call, so it fails few
// calls; one call that takes long on a connection that answers pings is not disturbed.
func TestSilentConnection(t *testing.T) {
	t.Parallel()
	var slow atomic.Bool
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != 2 {
			t.Errorf("asked by %s", r.Proto)
		}
		if slow.Load() {
			select {
			case <-time.After(4500 * time.Millisecond): // beyond both silences
			case <-r.Context().Done():
			}
		}
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"records":[]}`)
	}))
	srv.EnableHTTP2 = true
	srv.StartTLS()
	t.Cleanup(srv.Close)
	p := newPassage(t, srv.Listener.Addr().String())
	c := connect(t, "https://"+p.Addr().String(), func(cfg *Config) { cfg.Timeout = 6 * time.Second })
	roots := x509.NewCertPool()
	roots.AddCert(srv.Certificate())
	c.transport.TLSClientConfig = srv.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	c.transport.TLSClientConfig.RootCAs = roots
	ctx := as(t.Context(), secret)
	slow.Store(true)
	if _, err := c.Jobs(ctx, first); err != nil {
		t.Fatalf("a slow answer: %v", err)
	}
	slow.Store(false)
	if n := p.hush(); n != 1 {
		t.Fatalf("%d connections", n)
	}
	failed := 0
	for {
		_, err := c.Jobs(ctx, first)
		if err == nil {
			break
		}
		if failed++; failed > 2 {
			t.Fatalf("the silent connection is asked again and again: %v", err)
		}
	}
	if n := p.hush(); n != 2 || failed == 0 {
		t.Errorf("%d connections, %d failed calls", n, failed)
	}
}

// However long a call may take, a silent connection is given up after 10 seconds: 5 until it is pinged, 5 for
// the answer.
func TestSilenceOfLongCalls(t *testing.T) {
	t.Parallel()
	c := connect(t, "http://jobs.invalid", func(cfg *Config) { cfg.Timeout = time.Hour })
	if http2 := c.transport.HTTP2; http2.SendPingTimeout != 5*time.Second || http2.PingTimeout != 5*time.Second {
		t.Errorf("pinged after %v, given up after %v more", http2.SendPingTimeout, http2.PingTimeout)
	}
}
