package doctor

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"time"
)

// judgeTLS says what TLS is spoken and whether the certificate is good.
func judgeTLS(n network) []Finding {
	if n.tls.err != nil {
		return []Finding{judgeHandshake(net.JoinHostPort(n.host, n.port), n.tls)}
	}
	shown := n.tls.state.PeerCertificates[0]
	protocol := "HTTP/1.1"
	if n.tls.state.NegotiatedProtocol == "h2" {
		protocol = "HTTP/2"
	}
	found := []Finding{ofNetwork.ok(
		"TLS: %s, %s (%s); the certificate is for %s, signed by %s, valid from %s until %s.",
		tls.VersionName(n.tls.state.Version), protocol, rounded(n.tls.took), namesOf(shown), signerOf(shown),
		shown.NotBefore.UTC().Format(time.DateOnly), shown.NotAfter.UTC().Format(time.DateOnly))}
	if n.tls.wrongName != nil {
		found = append(found, ofNetwork.wrong("Use a name that the certificate is for in --upstream-url, or have "+
			"one made for this name.",
			"TLS: the certificate is not for %s.", n.host))
	}
	if validity, ok := judgeValidity(shown, n.now); ok {
		found = append(found, validity)
	}
	if n.tls.asksWho {
		found = append(found, ofNetwork.note("Nothing, if the API answers all the same. Else it has to do without.",
			"TLS: the API asks for a certificate of the client; the gateway has none."))
	}
	if n.tls.distrust != nil {
		found = append(found, judgeTrust(n.tls.state.PeerCertificates))
	}
	return found
}

// judgeHandshake says why there was no TLS at an address.
func judgeHandshake(at string, seen *handshake) Finding {
	if answered, ok := errors.AsType[tls.RecordHeaderError](seen.err); ok {
		if string(answered.RecordHeader[:]) == "HTTP/" {
			return ofNetwork.wrong("Begin --upstream-url with http://, or use the port that speaks TLS.",
				"TLS: %s answers in HTTP without TLS.", at)
		}
		return ofNetwork.wrong("Look whether the port is right.", "TLS: %s does not speak TLS.", at)
	}
	if alert, ok := errors.AsType[*net.OpError](seen.err); ok && alert.Op == "remote error" {
		return ofNetwork.wrong("Look at what the API asks for: the gateway speaks TLS 1.2 and 1.3, and has no "+
			"certificate of its own.",
			"TLS: %s refused the handshake: %s.", at, alert.Err)
	}
	if errors.Is(seen.err, context.DeadlineExceeded) {
		return ofNetwork.wrong("Look whether the port is right, and whether a firewall is in between that lets "+
			"connections through and nothing else.",
			"TLS: %s did not finish the handshake within %s.", at, rounded(seen.took))
	}
	return ofNetwork.wrong("Look whether the port is right, and what the API asks for: the gateway speaks TLS "+
		"1.2 and 1.3.",
		"TLS: the handshake with %s failed.", at)
}

// warnBefore is how long before its end a certificate is worth a note: two weeks, or a fifth of its life where
// that is shorter. Source: who renews by a program does so with a third of it left.
func warnBefore(certificate *x509.Certificate) time.Duration {
	const fortnight, share = 14 * 24 * time.Hour, 5
	return min(fortnight, certificate.NotAfter.Sub(certificate.NotBefore)/share)
}

// judgeValidity says that a certificate is not valid, or not for long; false if there is nothing to say.
func judgeValidity(certificate *x509.Certificate, now time.Time) (Finding, bool) {
	left := certificate.NotAfter.Sub(now)
	switch {
	case now.Before(certificate.NotBefore):
		return ofNetwork.wrong("Look at the clock of this machine first, then have the certificate made anew.",
			"TLS: the certificate is not valid yet, but from %s on.", moment(certificate.NotBefore)), true
	case left < 0:
		return ofNetwork.wrong("Have it renewed where the API is run. If it was, restart what serves it.",
			"TLS: the certificate has expired at %s.", moment(certificate.NotAfter)), true
	case left < warnBefore(certificate):
		return ofNetwork.note("Have it renewed where the API is run: from then on nothing works.",
			"TLS: the certificate ends soon, at %s, in %s.", moment(certificate.NotAfter), daysOrHours(left)), true
	}
	return Finding{}, false
}

// judgeTrust says why nobody here vouches for the certificates that were shown.
func judgeTrust(shown []*x509.Certificate) Finding {
	const do = "Trust who signed it: on Linux, put the CA's certificate into a file that SSL_CERT_FILE names."
	switch {
	case bytes.Equal(shown[0].RawIssuer, shown[0].RawSubject):
		return ofNetwork.wrong(do, "TLS: the certificate is signed by itself, and is not trusted here.")
	case len(shown) == 1:
		return ofNetwork.wrong("Let the API send the certificates in between, too, if it has any. "+do,
			"TLS: the certificate is signed by %s, who is not known here; the API sends no certificate in between.",
			signerOf(shown[0]))
	}
	return ofNetwork.wrong(do, "TLS: the certificates lead to %s, who is not known here.",
		signerOf(shown[len(shown)-1]))
}

// namesOf returns what a certificate is for.
func namesOf(certificate *x509.Certificate) string {
	const most = 4
	names := certificate.DNSNames
	for _, ip := range certificate.IPAddresses {
		names = append(names, ip.String())
	}
	if len(names) == 0 {
		return "no name"
	}
	return listed(names, most)
}

// signerOf returns who signed a certificate: a name, and whose it is.
func signerOf(certificate *x509.Certificate) string {
	name, organizations := certificate.Issuer.CommonName, certificate.Issuer.Organization
	switch {
	case len(organizations) > 0 && name != "":
		return fmt.Sprintf("%s (%s)", name, organizations[0])
	case len(organizations) > 0:
		return organizations[0]
	case name == "":
		return "somebody without a name"
	}
	return name
}

// moment returns a time to the second, in UTC.
func moment(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// daysOrHours returns a time as people count it, rounded down: 3 days, or 5 hours.
func daysOrHours(d time.Duration) string {
	const day = 24 * time.Hour
	if d >= 2*day {
		return fmt.Sprintf("%d days", d/day)
	}
	return fmt.Sprintf("%d hours", d/time.Hour)
}
