package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"jobsgateway/internal/emulator"
)

// authority signs certificates.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// sign makes a certificate of a name for hosts, from a time until another; signed by nobody it signs itself.
func sign(t *testing.T, by *authority, name string, from, until time.Time, hosts ...string) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	made := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name, Organization: []string{"Example \x1b[31m Ltd"}},
		NotBefore: from, NotAfter: until, IsCA: len(hosts) == 0, BasicConstraintsValid: true,
	}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			made.IPAddresses = append(made.IPAddresses, ip)
		} else {
			made.DNSNames = append(made.DNSNames, host)
		}
	}
	if by == nil {
		by = &authority{made, key}
	}
	der, err := x509.CreateCertificate(rand.Reader, made, by.certificate, &key.PublicKey, by.key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{parsed, key}
}

// secured serves an API over TLS, with a certificate and those of who signed it, and returns its URL.
func secured(t *testing.T, change func(*tls.Config), leaf *authority, chain ...*authority) string {
	t.Helper()
	shown := tls.Certificate{Certificate: [][]byte{leaf.certificate.Raw}, PrivateKey: leaf.key}
	for _, above := range chain {
		shown.Certificate = append(shown.Certificate, above.certificate.Raw)
	}
	server := httptest.NewUnstartedServer(emulator.New(emulator.Options{}))
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{shown}}
	if change != nil {
		change(server.TLS)
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.URL
}

// speaksFirst is the address of a server that says something to each who connects, as a mail server does.
func speaksFirst(t *testing.T, text string) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(conn, text)
			defer conn.Close()
		}
	}()
	return l.Addr().String()
}

// What is wrong with TLS is told, each fault for itself, and nothing is sent.
func TestDoctorTLS(t *testing.T) {
	t.Parallel()
	now := time.Now()
	day := func(n int) time.Time { return now.AddDate(0, 0, n) }
	ca := sign(t, nil, "Test CA", day(-400), day(400))
	middle := sign(t, ca, "Test between", day(-400), day(400))
	good := func(hosts ...string) *authority { return sign(t, middle, "leaf", day(-10), day(80), hosts...) }
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	other := speaksFirst(t, "220 mail.example ESMTP LEAK\r\n")
	plain := speaksFirst(t, "HTTP/1.1 400 Bad Request\r\n\r\n") // a server waits for a line, which a handshake need not have
	for name, tc := range map[string]struct {
		url   string
		parts []string
		not   string
	}{
		"a chain to nobody": {
			secured(t, nil, good("127.0.0.1"), middle), []string{
				"ok TLS: TLS 1.3, HTTP/1.1", "is for 127.0.0.1, signed by Test between (Example [31m Ltd), valid from " + day(-10).UTC().Format(time.DateOnly) + " until " + day(80).UTC().Format(time.DateOnly),
				"wrong TLS: the certificates lead to Test CA", "SSL_CERT_FILE",
			}, "not for",
		},
		"nothing in between":  {secured(t, nil, good("127.0.0.1")), []string{"wrong TLS: the certificate is signed by Test between", "sends no certificate in between"}, "expired"},
		"signed by itself":    {secured(t, nil, sign(t, nil, "self", day(-1), day(300), "127.0.0.1")), []string{"wrong TLS: the certificate is signed by itself"}, "soon"},
		"expired":             {secured(t, nil, sign(t, middle, "leaf", day(-90), day(-1), "127.0.0.1"), middle), []string{"wrong TLS: the certificate has expired at " + day(-1).UTC().Format(time.RFC3339), "renewed", "lead to Test CA"}, "not for"},
		"not valid yet":       {secured(t, nil, sign(t, middle, "leaf", day(1), day(90), "127.0.0.1"), middle), []string{"wrong TLS: the certificate is not valid yet", "clock"}, "expired"},
		"soon":                {secured(t, nil, sign(t, middle, "leaf", day(-80), day(10), "127.0.0.1"), middle), []string{"note TLS: the certificate ends soon", "in 9 days"}, "expired"},
		"another name":        {secured(t, nil, good("jobs.example", "www.jobs.example", "a.example", "b.example", "c.example"), middle), []string{"is for jobs.example, www.jobs.example, a.example, b.example and 1 more,", "wrong TLS: the certificate is not for 127.0.0.1"}, "expired"},
		"an old TLS":          {secured(t, func(c *tls.Config) { c.MaxVersion = tls.VersionTLS11 }, good("127.0.0.1")), []string{"wrong TLS: 127.0.0.1:", "refused the handshake: tls: protocol version not supported", "TLS 1.2 and 1.3"}, "signed"},
		"no TLS":              {"https://" + plain, []string{"answers in HTTP without TLS", "Begin --upstream-url with http://"}, "signed"},
		"another protocol":    {"https://" + other, []string{"does not speak TLS", "port"}, "signed"},
		"nobody who is there": {"https://" + silent.Addr().String(), []string{"did not finish the handshake within", "port"}, "signed"},
		"TLS where HTTP is":   {strings.Replace(secured(t, nil, good("127.0.0.1")), "https:", "http:", 1), []string{"answered 400", "begin it with https://"}, "TLS:"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			patience := "1m" // which only a test that hangs can meet
			if name == "nobody who is there" {
				patience = "1s"
			}
			got := examineWith(t, []string{"JOBSGW_DOCTOR_TOKEN=" + doctorToken}, "--upstream-url="+tc.url, "--upstream-timeout="+patience, "--request-timeout=2m")
			for _, part := range tc.parts {
				if !got.wrong || !strings.Contains(got.text, part) {
					t.Errorf("it does not say %q: %s", part, got.text)
				}
			}
			if strings.Contains(got.text, tc.not) || strings.Contains(got.text, "GET") != (name == "TLS where HTTP is") {
				t.Errorf("%s", got.text)
			}
		})
	}
}
