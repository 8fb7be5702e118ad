package telemetry

import (
	"crypto/tls"
	"crypto/x509"
	"os"
)

// tlsFiles is whom to trust at the collector, and who we are to it; zero for what the system trusts and
// nobody.
type tlsFiles struct {
	roots *x509.CertPool
	own   []tls.Certificate
}

// tlsFiles reads the files that the variables name. One that cannot be read is a fault: spans would be sent
// to nobody, or to somebody who is not known.
func (e *otelEnv) tlsFiles() tlsFiles {
	var files tlsFiles
	name := e.exporter("CERTIFICATE")
	if path := e.values[name]; path != "" {
		text, err := os.ReadFile(path) //nolint:gosec // the operator says which
		files.roots = x509.NewCertPool()
		if err != nil || !files.roots.AppendCertsFromPEM(text) {
			e.fail(name, "it is no file of PEM certificates that can be read")
		}
	}
	name = e.exporter("CLIENT_CERTIFICATE")
	keyName := e.exporter("CLIENT_KEY")
	certificate, key := e.values[name], e.values[keyName]
	if certificate == "" && key == "" {
		return files
	}
	own, err := tls.LoadX509KeyPair(certificate, key)
	if err != nil {
		e.fail(name, "it and "+keyName+" are no PEM files of a certificate and its key that can be read")
	}
	files.own = []tls.Certificate{own}
	return files
}
