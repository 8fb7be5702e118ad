package gateway

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// Whoever takes gzip and zstd alike gets gzip, which every client can read; who prefers zstd, or takes it alone,
// gets zstd.
func TestCompressionIsNegotiated(t *testing.T) {
	t.Parallel()
	gw := startGateway(t)
	readers := map[string]func(io.Reader) (io.Reader, error){
		"":     func(r io.Reader) (io.Reader, error) { return r, nil },
		"gzip": func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) },
		"zstd": func(r io.Reader) (io.Reader, error) { return zstd.NewReader(r) },
	}
	query := envelopeOf(t, `{jobs(first:50){nodes{id state createdAt raw}}}`, nil)
	for accept, want := range map[string]string{
		"gzip":                                   "gzip",
		"gzip, zstd":                             "gzip",
		"zstd, gzip":                             "gzip",
		"gzip, deflate, br, zstd":                "gzip", // browsers, and nearly every client that can read zstd
		"zstd;q=0.8, gzip;q=0.8":                 "gzip",
		"zstd;q=0.5, gzip;q=0.9":                 "gzip",
		"zstd":                                   "zstd",
		"zstd, br":                               "zstd",
		"gzip;q=0.5, zstd":                       "zstd",
		"gzip;q=0, zstd":                         "zstd",
		"zstd;q=0, gzip":                         "gzip",
		"br":                                     "",
		"identity":                               "",
		"gzip;q=0, zstd;q=0":                     "",
		"deflate, gzip;q=1.0, zstd;q=1.0, *;q=0": "gzip",
	} {
		got := gw.send(request{body: query, header: http.Header{"Accept-Encoding": {accept}}})
		if got.header.Get("Content-Encoding") != want || !got.variesBy("Accept-Encoding") {
			t.Errorf("%s: %q, want %q; Vary %q", accept, got.header.Get("Content-Encoding"), want, got.header.Values("Vary"))
			continue
		}
		reader, err := readers[want](strings.NewReader(got.body))
		if err != nil {
			t.Fatal(accept, err)
		}
		if text, err := io.ReadAll(reader); err != nil || !json.Valid(text) {
			t.Errorf("%s: %.80q %v", accept, text, err)
		}
	}
}

// BenchmarkCompression is what compressing an answer costs, in time and in bytes that are sent. The answers are
// ready.
func BenchmarkCompression(b *testing.B) {
	handler := measuredHandler(b)
	compress, err := compression()
	if err != nil {
		b.Fatal(err)
	}
	for _, operation := range measured {
		if operation.name == "trivial" {
			continue // shorter than what is compressed
		}
		answered := httptest.NewRecorder()
		asked := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "/graphql", strings.NewReader(envelopeOf(b, operation.query, nil)))
		asked.Header.Set("Content-Type", "application/json")
		asked.Header.Set("Authorization", "Bearer bench")
		handler.ServeHTTP(answered, asked)
		ready := compress(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write(answered.Body.Bytes())
		}))
		for _, accept := range []string{"identity", "gzip", "zstd"} {
			b.Run(operation.name+"/"+accept, func(b *testing.B) {
				sent := 0
				r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/", nil)
				r.Header.Set("Accept-Encoding", accept)
				for b.Loop() {
					w := httptest.NewRecorder()
					ready(w, r)
					sent = w.Body.Len()
				}
				b.ReportMetric(float64(sent), "bytes")
			})
		}
	}
}
