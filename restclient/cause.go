package restclient

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strings"
	"syscall"
	"time"
)

// phase is how far a call has got.
type phase int

const (
	phaseConnecting phase = iota // there is no connection yet: it is being made, or all are in use
	phaseWaiting                 // the request is on its way, and nothing of an answer has come
	phaseReading                 // the header of the answer has come
)

// transportError returns the Error of a failure below HTTP: KindTimeout for a deadline, KindUnavailable for
// anything else, with a sentence on what it was. err itself is not kept, since it may quote the answer; the
// error of ctx is. For example "connection refused by jobs.example.com (10.0.0.7:443)", or "the connection was
// closed before an answer".
func (c *Client) transportError(ctx context.Context, err error, at phase) *Error {
	if ctx.Err() != nil {
		return &Error{Kind: KindTimeout, cause: &ended{c.outOfTime(at), ctx.Err()}}
	}
	kind := KindUnavailable
	if netErr, ok := errors.AsType[net.Error](err); ok && netErr.Timeout() {
		kind = KindTimeout
	}
	return &Error{Kind: kind, cause: errors.New(c.describe(err, at))}
}

// ended is the cause of a call that ended with its context: words for the log, and the error of the context.
type ended struct {
	words string
	by    error
}

func (e *ended) Error() string { return e.words }
func (e *ended) Unwrap() error { return e.by }

// outOfTime returns what a call that has got so far had no time for.
func (c *Client) outOfTime(at phase) string {
	format := [...]string{
		phaseConnecting: "no connection to %[1]s within %[2]v: it was still being made, or all were in use",
		phaseWaiting:    "%s took the request and did not begin to answer within %v",
		phaseReading:    "the body of the answer did not end within %[2]v",
	}[at]
	return fmt.Sprintf(format, c.host, c.timeout)
}

// describe returns what a failure was, for a log. Known errors are recognised by their types. Of the text of
// others only what stands before the first quotation mark is used: behind it they quote the answer.
// A reset connection is a net.Error as well, so timeouts are looked for last.
func (c *Client) describe(err error, at phase) string {
	if text := c.describeConnecting(err); text != "" {
		return text
	}
	var malformed textproto.ProtocolError
	switch {
	case errors.As(err, &malformed):
		return "the answer has a header that is not HTTP"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "the connection was reset " + at.when()
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the connection was closed " + at.when()
	}
	if netErr, ok := errors.AsType[net.Error](err); ok && netErr.Timeout() {
		return c.outOfTime(at)
	}
	text, _, _ := strings.Cut(err.Error(), `"`)
	return text
}

// when returns a phrase for the time of a failure: "before an answer".
func (p phase) when() string {
	return [...]string{
		phaseConnecting: "while it was made",
		phaseWaiting:    "before an answer",
		phaseReading:    "in the middle of the answer",
	}[p]
}

// describeConnecting returns why there is no connection, for an operator who has to find out whether the
// address, DNS, the network or a certificate is wrong; empty for any other failure.
func (c *Client) describeConnecting(err error) string {
	if name, ok := errors.AsType[*net.DNSError](err); ok {
		switch {
		case name.IsNotFound:
			return fmt.Sprintf("there is no host named %s in DNS", name.Name)
		case name.IsTimeout:
			return fmt.Sprintf("DNS did not say in time where %s is", name.Name)
		}
		return fmt.Sprintf("DNS failed to say where %s is", name.Name)
	}
	if answered, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		if string(answered.RecordHeader[:]) == "HTTP/" {
			return c.host + " does not speak TLS: it answered in HTTP, " +
				"so the base address may have to begin with http://"
		}
		return c.host + " does not speak TLS"
	}
	if shown, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return c.describeCertificate(shown)
	}
	if alert, ok := errors.AsType[tls.AlertError](err); ok {
		return c.host + " refused the TLS handshake: " + alert.Error()
	}
	if strings.Contains(err.Error(), "TLS handshake timeout") {
		return fmt.Sprintf("no TLS handshake with %s within %v", c.host, c.connect)
	}
	dial, ok := errors.AsType[*net.OpError](err)
	if !ok || dial.Op != "dial" {
		return ""
	}
	to := c.host
	if dial.Addr != nil && dial.Addr.String() != c.host {
		to += " (" + dial.Addr.String() + ")"
	}
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused by " + to
	case dial.Timeout():
		return fmt.Sprintf("no connection to %s within %v", to, c.connect)
	}
	if code, ok := errors.AsType[syscall.Errno](err); ok {
		return "no connection to " + to + ": " + code.Error()
	}
	return "no connection to " + to
}

// mendableConnection reports whether a connection that failed before an answer may work in a moment. A name
// that is not in DNS, a certificate that is refused, and a server that does not speak TLS or HTTP will be the
// same then.
func mendableConnection(err error) bool {
	if name, ok := errors.AsType[*net.DNSError](err); ok {
		return !name.IsNotFound
	}
	var (
		noTLS     tls.RecordHeaderError
		distrust  *tls.CertificateVerificationError
		alert     tls.AlertError
		malformed textproto.ProtocolError
	)
	return !errors.As(err, &noTLS) && !errors.As(err, &distrust) && !errors.As(err, &alert) &&
		!errors.As(err, &malformed)
}

// describeCertificate returns which certificate was refused, and why.
func (c *Client) describeCertificate(e *tls.CertificateVerificationError) string {
	if len(e.UnverifiedCertificates) == 0 {
		return "the certificate of " + c.host + " cannot be believed"
	}
	shown := e.UnverifiedCertificates[0]
	const most = 3 // names
	names := shown.DNSNames
	for _, ip := range shown.IPAddresses {
		names = append(names, ip.String())
	}
	if len(names) == 0 {
		names = []string{shown.Subject.CommonName}
	}
	more := ""
	if len(names) > most {
		names, more = names[:most], " and more"
	}
	return fmt.Sprintf("the certificate of %s %s; it is for %s%s, from %s, valid from %s until %s",
		c.host, distrust(e.Err), strings.Join(names, ", "), more, shown.Issuer.CommonName,
		shown.NotBefore.UTC().Format(time.DateOnly), shown.NotAfter.UTC().Format(time.DateOnly))
}

// distrust returns why a certificate was refused.
func distrust(err error) string {
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return "is for another name"
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return "is signed by nobody known here"
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && invalid.Reason == x509.Expired {
		return "has expired, or is not valid yet"
	}
	return "cannot be believed"
}
