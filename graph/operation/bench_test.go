package operation

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"jobsgateway/internal/clienttest"
	"jobsgateway/internal/emulator"
	"jobsgateway/restclient"
)

// What recordsPerCall says: how many records of a page cost the gateway as much as a call of its own. It is the time of a call for one
// record, divided by the time of a record in a large page. The server repeats bytes, so that its own work does not count.
func BenchmarkPriceOfACall(b *testing.B) {
	answers := map[string][]byte{}
	var mu sync.Mutex
	emulated := emulator.New(emulator.Options{Jobs: 1000})
	api := clienttest.New(b, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		answer, ok := answers[r.URL.RawQuery]
		if !ok {
			recorder := httptest.NewRecorder()
			r.Header.Del("Accept-Encoding")
			emulated.ServeHTTP(recorder, r)
			answer = recorder.Body.Bytes()
			answers[r.URL.RawQuery] = answer
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(answer)
	}))
	ask := func(b *testing.B, q restclient.JobsQuery) {
		b.Helper()
		page, err := api.Jobs(b.Context(), q)
		if err != nil {
			b.Fatal(err)
		}
		page.Release()
	}
	b.Run("calls", func(b *testing.B) {
		for b.Loop() {
			for i := range 20 {
				ask(b, restclient.JobsQuery{OrderBy: newest.OrderBy, Offset: int64(i), PerPage: 1})
			}
		}
		b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(20*b.N), "µs/call")
	})
	for _, size := range []int{250, 500} {
		b.Run(fmt.Sprintf("records=%d", size), func(b *testing.B) {
			for b.Loop() {
				ask(b, restclient.JobsQuery{OrderBy: newest.OrderBy, PerPage: size})
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/1000/float64(size*b.N), "µs/record")
		})
	}
}
