package drain_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"testing"

	"jobsgateway/internal/drain"
)

// What the listener costs a request over a kept connection, next to one without it.
func BenchmarkKept(b *testing.B) {
	for name, through := range map[string]bool{"plain": false, "drain": true} {
		b.Run(name, func(b *testing.B) {
			tcp, err := (&net.ListenConfig{}).Listen(b.Context(), "tcp", "127.0.0.1:0")
			if err != nil {
				b.Fatal(err)
			}
			server, listener := &http.Server{Handler: http.HandlerFunc(ok), ReadHeaderTimeout: patience}, tcp
			if through {
				draining := drain.Listen(tcp.(*net.TCPListener))
				server.ConnState, listener = draining.ConnState, draining
			}
			go func() { _ = server.Serve(listener) }()
			defer server.Close()
			conn, err := (&net.Dialer{}).DialContext(b.Context(), "tcp", tcp.Addr().String())
			if err != nil {
				b.Fatal(err)
			}
			defer conn.Close()
			answers := bufio.NewReader(conn)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := io.WriteString(conn, request); err != nil {
					b.Fatal(err)
				}
				res, err := http.ReadResponse(answers, nil)
				if err != nil {
					b.Fatal(err)
				}
				_, _ = io.Copy(io.Discard, res.Body)
			}
		})
	}
}
