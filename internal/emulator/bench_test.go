package emulator_test

import (
	"fmt"
	"net/http"
	"testing"

	"jobsgateway/internal/emulator"
)

// BenchmarkPage measures one page without a network: plain, filtered, and compressed.
func BenchmarkPage(b *testing.B) {
	e := emulator.New(emulator.Options{Seed: 1, End: end, Jobs: 10_000})
	for _, bench := range []struct{ name, query, accept string }{
		{"500", "", ""},
		{"50", "?per_page=50", ""},
		{"500/filtered", "?state=completed&type=materialize-view&tag=workflow_enqueued", ""},
		{"500/gzip", "", "gzip"},
	} {
		b.Run(bench.name, func(b *testing.B) {
			r, _ := http.NewRequestWithContext(b.Context(), http.MethodGet, "/jobs"+bench.query, nil)
			r.Header.Set("Authorization", "Bearer x")
			r.Header.Set("Accept-Encoding", bench.accept)
			w := &counter{header: http.Header{}}
			b.ReportAllocs()
			for b.Loop() {
				w.bytes = 0
				e.ServeHTTP(w, r)
			}
			b.SetBytes(int64(w.bytes))
		})
	}
}

// BenchmarkPageOverHTTP measures a 500-record page with a real client on the loopback.
func BenchmarkPageOverHTTP(b *testing.B) {
	c := newJobsAPI(b, emulator.Options{Seed: 1})
	r := c.request("/jobs")
	r.Header.Set("Accept-Encoding", "identity")
	b.ReportAllocs()
	for b.Loop() {
		_, body, err := c.do(r)
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(len(body)))
	}
}

// BenchmarkNew measures the making of the data.
func BenchmarkNew(b *testing.B) {
	for _, jobs := range []int{2000, 100_000} {
		b.Run(fmt.Sprint(jobs), func(b *testing.B) {
			for b.Loop() {
				emulator.New(emulator.Options{Seed: 1, End: end, Jobs: jobs})
			}
		})
	}
}

// counter is a response that only counts its bytes.
type counter struct {
	header http.Header
	bytes  int
}

func (c *counter) Header() http.Header { return c.header }
func (c *counter) WriteHeader(int)     {}

func (c *counter) Write(p []byte) (int, error) {
	c.bytes += len(p)
	return len(p), nil
}
