package restclient

import (
	"context"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// passage is a way to a server that may go silent: what was connected stays connected and carries nothing any
// more, as behind a router that has forgotten it. New connections pass. It is a net.Listener of the server.
type passage struct {
	arrivals chan net.Conn // at the server
	closed   sync.Once
	carriers sync.WaitGroup
	mu       sync.Mutex
	silent   []chan struct{} // of each connection, closed when it carries nothing
}

// dial connects to the server.
func (p *passage) dial(context.Context, string, string) (net.Conn, error) {
	client, near := net.Pipe()
	far, server := net.Pipe()
	silent := make(chan struct{})
	p.mu.Lock()
	defer p.mu.Unlock()
	p.silent = append(p.silent, silent)
	p.carriers.Go(func() { carry(far, near, silent) })
	p.carriers.Go(func() { carry(near, far, silent) })
	p.arrivals <- server
	return client, nil
}

func (p *passage) Accept() (net.Conn, error) {
	if conn, open := <-p.arrivals; open {
		return conn, nil
	}
	return nil, net.ErrClosed
}

func (p *passage) Close() error {
	p.closed.Do(func() { close(p.arrivals) })
	return nil
}

func (p *passage) Addr() net.Addr { return &net.TCPAddr{} }

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

// An HTTP/2 connection that goes silent is noticed by a ping within the time of one call, and the call that
// met it is made again; one call that takes long on a connection that answers pings is not disturbed.
func TestSilentConnection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, testSilentConnection)
}

func testSilentConnection(t *testing.T) {
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
	srv.Listener.Close()
	p := &passage{arrivals: make(chan net.Conn)}
	t.Cleanup(p.carriers.Wait)
	srv.Listener, srv.EnableHTTP2 = p, true
	srv.StartTLS()
	t.Cleanup(srv.Close)
	c := newClient(t, "https://example.com", func(cfg *Config) { cfg.Timeout = 6 * time.Second })
	c.transport.DialContext = p.dial
	roots := x509.NewCertPool()
	roots.AddCert(srv.Certificate())
	c.transport.TLSClientConfig = srv.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	c.transport.TLSClientConfig.RootCAs = roots
	ctx := withToken(t.Context(), secret)
	slow.Store(true)
	if _, err := c.Jobs(ctx, firstPage); err != nil {
		t.Fatalf("a slow answer: %v", err)
	}
	slow.Store(false)
	if n := p.hush(); n != 1 {
		t.Fatalf("%d connections", n)
	}
	if _, err := c.Jobs(ctx, firstPage); err != nil {
		t.Errorf("the silent connection is asked again and again: %v", err)
	}
	if n := p.hush(); n != 2 {
		t.Errorf("%d connections", n)
	}
}

// However long a call may take, a silent connection is given up after 10 seconds: 5 until it is pinged, 5 for
// the answer.
func TestSilenceOfLongCalls(t *testing.T) {
	t.Parallel()
	c := newClient(t, "http://jobs.invalid", func(cfg *Config) { cfg.Timeout = time.Hour })
	if http2 := c.transport.HTTP2; http2.SendPingTimeout != 5*time.Second || http2.PingTimeout != 5*time.Second {
		t.Errorf("pinged after %v, given up after %v more", http2.SendPingTimeout, http2.PingTimeout)
	}
}
