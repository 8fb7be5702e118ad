package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/netip"
	"net/url"
	"sync"
	"time"
)

// maxAddresses bounds how many addresses of a name are tried.
const maxAddresses = 8

// network is what was seen on the way to the Jobs API, up to the first thing that does not work.
type network struct {
	scheme, host, port string
	now                time.Time
	name               lookup
	dials              []dial
	tls                *handshake // nil without TLS, or without a connection
}

// lookup is what DNS said; nothing for a host that is an address.
type lookup struct {
	addresses []netip.Addr
	more      int // addresses that were not tried
	took      time.Duration
	err       error
}

// dial is what became of a connection to one address.
type dial struct {
	to   netip.AddrPort
	took time.Duration
	err  error
	conn net.Conn
}

// handshake is what TLS showed.
type handshake struct {
	state tls.ConnectionState
	took  time.Duration
	err   error // of the handshake itself
	// wrongName and distrust are why the certificate is not for the host, and why nobody here vouches for it;
	// validity is looked at apart from them.
	wrongName, distrust error
	// asksWho: the server asks for a certificate of the client. Whether it insists shows later, if at all.
	asksWho bool
}

// look goes to the Jobs API at base as far as it can without sending a request. Each step may take timeout.
func look(ctx context.Context, base *url.URL, timeout time.Duration) network {
	seen := network{scheme: base.Scheme, host: base.Hostname(), port: base.Port(), now: time.Now()}
	if seen.port == "" {
		seen.port = map[string]string{"http": "80", "https": "443"}[base.Scheme]
	}
	seen.name = lookUp(ctx, seen.host, timeout)
	if seen.name.err != nil {
		return seen
	}
	seen.dials = dialAll(ctx, seen.name.addresses, seen.port, timeout)
	var conn net.Conn
	for _, d := range seen.dials {
		if d.conn != nil {
			defer d.conn.Close()
			conn = d.conn
		}
	}
	if conn != nil && seen.scheme == "https" {
		seen.tls = shake(ctx, conn, seen.host, timeout)
	}
	return seen
}

// lookUp asks DNS for the addresses of a host.
func lookUp(ctx context.Context, host string, timeout time.Duration) lookup {
	if address, err := netip.ParseAddr(host); err == nil {
		return lookup{addresses: []netip.Addr{address}}
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	began := time.Now()
	addresses, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	found := lookup{took: time.Since(began), err: err}
	for _, address := range addresses {
		if len(found.addresses) == maxAddresses {
			found.more++
			continue
		}
		found.addresses = append(found.addresses, address.Unmap())
	}
	return found
}

// dialAll opens a connection to each address, all at once. The caller closes them.
func dialAll(ctx context.Context, addresses []netip.Addr, port string, timeout time.Duration) []dial {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	dials := make([]dial, len(addresses))
	var all sync.WaitGroup
	for i, address := range addresses {
		all.Go(func() {
			began := time.Now()
			to := net.JoinHostPort(address.String(), port)
			conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", to)
			parsed, _ := netip.ParseAddrPort(to)
			dials[i] = dial{parsed, time.Since(began), err, conn}
		})
	}
	all.Wait()
	return dials
}

// shake does a TLS handshake over a connection and looks at the certificate that is shown. Nothing is sent
// over it: the certificate need not be good.
func shake(ctx context.Context, conn net.Conn, host string, timeout time.Duration) *handshake {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	seen := &handshake{}
	client := tls.Client(conn, &tls.Config{
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			seen.asksWho = true
			return &tls.Certificate{}, nil // none, which is what the gateway answers
		},
		ServerName: host, NextProtos: []string{"h2", "http/1.1"}, MinVersion: tls.VersionTLS12,
		InsecureSkipVerify: true, //nolint:gosec // it is verified below, point by point
	})
	began := time.Now()
	seen.err = client.HandshakeContext(ctx)
	seen.took = time.Since(began)
	if seen.err != nil {
		return seen
	}
	seen.state = client.ConnectionState()
	shown := seen.state.PeerCertificates
	seen.wrongName = shown[0].VerifyHostname(host)
	between := x509.NewCertPool()
	for _, certificate := range shown[1:] {
		between.AddCert(certificate)
	}
	_, seen.distrust = shown[0].Verify(x509.VerifyOptions{
		Intermediates: between,
		// A moment at which it is valid, since that is looked at apart. What signed it may be younger.
		CurrentTime: within(shown[0], time.Now()),
	})
	return seen
}

// within returns now, or the nearest moment at which a certificate is valid.
func within(certificate *x509.Certificate, now time.Time) time.Time {
	switch {
	case now.Before(certificate.NotBefore):
		return certificate.NotBefore
	case now.After(certificate.NotAfter):
		return certificate.NotAfter
	}
	return now
}

// works reports whether the gateway would send a request on the way that was seen.
func (n network) works() bool {
	connected := false
	for _, d := range n.dials {
		connected = connected || d.err == nil
	}
	return connected && (n.scheme != "https" || n.tls.isGood(n.now))
}

// isGood reports whether the gateway would take the certificate.
func (h *handshake) isGood(now time.Time) bool {
	if h == nil || h.err != nil || h.wrongName != nil || h.distrust != nil {
		return false
	}
	shown := h.state.PeerCertificates[0]
	return !now.Before(shown.NotBefore) && !now.After(shown.NotAfter)
}
