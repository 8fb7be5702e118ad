package restclient

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"jobsgateway/internal/badapi"
	"jobsgateway/internal/emulator"
)

// certificate makes one that signs itself, for these names and this time.
func certificate(t *testing.T, from, until time.Time, names ...string) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	made := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test \x1b[31m CA"},
		NotBefore: from, NotAfter: until, IsCA: true, BasicConstraintsValid: true,
	}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			made.IPAddresses = append(made.IPAddresses, ip)
			continue
		}
		made.DNSNames = append(made.DNSNames, name)
	}
	der, err := x509.CreateCertificate(rand.Reader, made, made, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

// secured starts a server with a certificate.
func secured(t *testing.T, shown tls.Certificate) string {
	t.Helper()
	srv := httptest.NewUnstartedServer(http.NotFoundHandler())
	srv.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	srv.TLS = &tls.Config{Certificates: []tls.Certificate{shown}}
	srv.StartTLS()
	t.Cleanup(srv.Close)
	return srv.URL
}

// causeOf asks for a page and gives what its failure tells the log, which is one short line without a word of
// the answer.
func causeOf(t *testing.T, c *Client) string {
	t.Helper()
	_, err := c.Jobs(withToken(t.Context(), secret), firstPage)
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v", err)
	}
	text := e.Error()
	if n := len([]rune(text)); n > 300 || strings.ContainsAny(text, "\n\x1b") || strings.Contains(text, "LEAK") || strings.Contains(text, secret) {
		t.Errorf("%d characters: %q", n, text)
	}
	return text
}

func TestCausesOfNoConnection(t *testing.T) {
	t.Parallel()
	now := time.Now()
	closed := badapi.Refusing(t)
	silent := listenRaw(t, func(conn net.Conn) { io.Copy(io.Discard, conn) })
	plain := listenRaw(t, func(conn net.Conn) {
		conn.Read(make([]byte, 1))
		io.WriteString(conn, "HTTP/1.1 400 Bad\r\nLEAK: "+secret+"\r\n\r\n")
	})
	other := listenRaw(t, func(conn net.Conn) {
		conn.Read(make([]byte, 1))
		io.WriteString(conn, "LEAK\x00\x01\x02")
	})
	stranger, _ := certificate(t, now.Add(-time.Hour), now.Add(time.Hour), "jobs.example", "127.0.0.1")
	expired, knowsExpired := certificate(t, now.Add(-48*time.Hour), now.Add(-24*time.Hour), "127.0.0.1")
	renamed, knowsRenamed := certificate(t, now.Add(-time.Hour), now.Add(time.Hour), "a.example", "b.example", "c.example", "d.example")
	for name, test := range map[string]struct {
		address string
		trusts  *x509.CertPool
		change  func(*Config)
		want    []string
	}{
		"refused":         {"http://" + closed, nil, nil, []string{"unavailable", "connection refused by " + closed}},
		"no TLS, HTTP":    {"https://" + plain, nil, nil, []string{"unavailable", plain, "does not speak TLS", "http://"}},
		"no TLS":          {"https://" + other, nil, nil, []string{"unavailable", other, "does not speak TLS"}},
		"no handshake":    {"https://" + silent, nil, hasty, []string{"timeout", "no connection to " + silent + " within 1s"}},
		"a stranger":      {secured(t, stranger), nil, nil, []string{"unavailable", "127.0.0.1", "signed by nobody known", "for jobs.example, 127.0.0.1, from Test", now.Add(time.Hour).UTC().Format(time.DateOnly)}},
		"expired":         {secured(t, expired), knowsExpired, nil, []string{"127.0.0.1", "has expired", now.Add(-24 * time.Hour).UTC().Format(time.DateOnly)}},
		"another name":    {secured(t, renamed), knowsRenamed, nil, []string{"127.0.0.1", "another name", "a.example, b.example, c.example and more"}},
		"an odd protocol": {"ftp://127.0.0.1", nil, nil, []string{"unavailable", "unsupported protocol scheme"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, test.address, func(cfg *Config) {
				if test.change != nil {
					test.change(cfg)
				}
			})
			c.transport.TLSClientConfig = &tls.Config{RootCAs: test.trusts}
			got := causeOf(t, c)
			for _, want := range test.want {
				if !strings.Contains(got, want) {
					t.Errorf("%q is not in %q", want, got)
				}
			}
		})
	}
}

// What the resolver and the dialer say, which no test can make them say at will.
func TestCausesByType(t *testing.T) {
	t.Parallel()
	c := newClient(t, "https://jobs.example:8443", func(cfg *Config) { cfg.Timeout, cfg.ConnectTimeout = 5*time.Second, 0 })
	at := &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 8443}
	dial := func(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Addr: at, Err: err} }
	late, cancel := context.WithDeadline(t.Context(), historyEnd)
	defer cancel()
	for want, err := range map[string]error{
		"there is no host named jobs.example in DNS":                            &net.DNSError{Name: "jobs.example", IsNotFound: true},
		"DNS did not say in time where jobs.example is":                         &net.DNSError{Name: "jobs.example", IsTimeout: true},
		"DNS failed to say where jobs.example is":                               &net.DNSError{Name: "jobs.example", Err: "LEAK"},
		"no connection to jobs.example:8443 (192.0.2.1:8443) within 2s":         dial(late.Err()),
		"no connection to jobs.example:8443 (192.0.2.1:8443): no route to host": dial(os.NewSyscallError("connect", syscall.EHOSTUNREACH)),
		"no connection to jobs.example:8443 (192.0.2.1:8443)":                   dial(errors.New("LEAK")),
		"jobs.example:8443 refused the TLS handshake: tls: handshake failure":   tls.AlertError(40),
		"the certificate of jobs.example:8443 cannot be believed":               &tls.CertificateVerificationError{Err: errors.New("LEAK")},
		"no TLS handshake with jobs.example:8443 within 2s":                     errors.New("net/http: TLS handshake timeout"),
		"malformed HTTP response":                                               errors.New(`malformed HTTP response "LEAK"`),
	} {
		if got := c.describe(err, phaseWaiting); strings.TrimSpace(got) != want {
			t.Errorf("%v: %q, want %q", err, got, want)
		}
	}
	for at, want := range map[phase]string{
		phaseConnecting: "no connection to jobs.example:8443 within 5s",
		phaseWaiting:    "jobs.example:8443 took the request and did not begin to answer within 5s",
		phaseReading:    "the body of the answer did not end within 5s",
	} {
		e := c.transportError(late, errors.New("LEAK"), at)
		if e.Kind != KindTimeout || !strings.Contains(e.Error(), want) || !errors.Is(e, context.DeadlineExceeded) {
			t.Errorf("%v, want %q", e, want)
		}
	}
}

// A time-out tells how far the call had come; what is no answer is told in words of ours.
func TestCausesOfAnswers(t *testing.T) {
	t.Parallel()
	hold := func(head string) func(net.Conn) {
		return func(conn net.Conn) {
			io.WriteString(conn, head)
			conn.Read(make([]byte, 1)) // until the client has left
		}
	}
	const head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n"
	for name, test := range map[string]struct {
		speak func(net.Conn)
		hasty bool
		want  string
	}{
		"no answer":         {hold(""), true, "took the request and did not begin to answer within 1s"},
		"half an answer":    {hold(head + "{"), true, "the body of the answer did not end within 1s"},
		"closed at once":    {sending(""), false, "the connection was closed before an answer"},
		"closed in between": {sending(head + "{LEAK"), false, "the connection was closed in the middle of the answer"},
		"no HTTP":           {sending("LEAK" + secret + "\r\n\r\n"), false, "malformed HTTP response"},
		"an odd status":     {sending("HTTP/1.1 LEAK\r\n\r\n"), false, "malformed HTTP status code"},
		"an odd header":     {sending("HTTP/1.1 200 OK\r\nLEAK\r\n\r\n"), false, "a header that is not HTTP"},
		"an odd length":     {sending("HTTP/1.1 200 OK\r\nContent-Length: LEAK\r\n\r\n"), false, "Content-Length"},
		"an odd coding":     {sending("HTTP/1.1 200 OK\r\nTransfer-Encoding: LEAK\r\n\r\n"), false, "transfer encoding"},
		"odd chunks":        {sending("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nLEAK\r\n"), false, "chunk"},
		"endless headers":   {sending("HTTP/1.1 200 OK\r\nX: " + strings.Repeat("LEAK", 64<<10) + "\r\n\r\n"), false, "headers exceeded 65536 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, listen(t, test.speak), func(cfg *Config) {
				if test.hasty {
					hasty(cfg)
				}
			})
			if got := causeOf(t, c); !strings.Contains(got, test.want) {
				t.Errorf("%q is not in %q", test.want, got)
			}
		})
	}
}

// A status is told, and where it can mean that the address is wrong, that is told, too.
func TestCausesOfStatuses(t *testing.T) {
	t.Parallel()
	u := newUpstream(t, emulator.Records())
	once(u.Client)
	const hint = "the base address may be wrong"
	for want, f := range map[string]emulator.Fault{
		"status 503":                          {Status: 503},
		": there is no list of jobs; " + hint: {Status: 404},
		"(status 301): it redirects to https://www.jobs.example; " + hint:   {Status: 301, Location: "https://www.jobs.example/LEAK?LEAK#LEAK"},
		"(status 302): it redirects to http://jobs.example:8080; " + hint:   {Status: 302, Location: "http://LEAK:LEAK@jobs.example:8080"},
		"(status 307): it redirects to https://[2001:db8::1]:8443; " + hint: {Status: 307, Location: "https://[2001:db8::1]:8443/LEAK"},
		"(status 308): it redirects to www.jobs.example; " + hint:           {Status: 308, Location: "//www.jobs.example/LEAK"},
		"(status 303): it redirects to another path; " + hint:               {Status: 303, Location: "/LEAK"},
		"(status 300): it redirects to no address; " + hint:                 {Status: 300},
		"(status 301): it redirects elsewhere; " + hint:                     {Status: 301, Location: "https://LEAK%20<b>/"},
		"(status 302): it redirects elsewhere; " + hint:                     {Status: 302, Location: "javascript://LEAK"},
		"the content type is text/html, not JSON; " + hint:                  {Body: []byte("<html>LEAK"), ContentType: "text/html; charset=LEAK"},
		"the content type is odd, not JSON; " + hint:                        {Body: []byte("LEAK"), ContentType: "LEAK or LEAK"},
		"the content encoding was not asked for":                            encoded("br", []byte("LEAK")),
		"the body is not what gzip makes":                                   encoded("gzip", []byte("LEAK")),
		"body is not JSON at byte 13 of 21":                                 {Body: []byte(`{"records": [LEAK]}  `)},
		"body goes on behind its value at byte 15 of 19":                    {Body: []byte(`{"records":[]} LEAK`)},
		"the body of 1048577 bytes is over the cap of 1048576":              {Huge: bodyCap + 1},
		"the body is over the cap of 1048576 bytes":                         {Huge: bodyCap + 1, NoLength: true},
	} {
		u.Script(f)
		if got := causeOf(t, u.Client); !strings.Contains(got, want) {
			t.Errorf("%q is not in %q", want, got)
		}
	}
	u.Script(emulator.Fault{Status: 404}, emulator.Fault{Status: 301, Location: "https://www.jobs.example/LEAK"})
	for _, want := range []string{"jobs api: not found (status 404) log id ", "jobs api: invalid (status 301): it redirects to https://www.jobs.example; " + hint} {
		if _, err := u.Job(withToken(t.Context(), secret), anID); err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "list") {
			t.Errorf("one job: %v", err)
		}
	}
}
