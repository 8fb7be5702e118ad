package telemetry

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// A scrape that takes too long ends with 503, and so does one that comes when four are being made.
func TestScrapesAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m, release := newMetrics(), make(chan struct{})
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "slow", Help: "Waits."}, func() float64 {
			<-release
			return 1
		}))
		handler := m.Handler()
		status := func() int {
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
			return w.Code
		}
		var all sync.WaitGroup
		began := time.Now()
		for range maxScrapes {
			all.Go(func() {
				if got, took := status(), time.Since(began); got != http.StatusServiceUnavailable || took != scrapeTimeout {
					t.Errorf("%d after %v", got, took)
				}
			})
		}
		synctest.Wait()
		if got := status(); got != http.StatusServiceUnavailable || time.Since(began) != 0 {
			t.Errorf("one more: %d after %v", got, time.Since(began))
		}
		all.Wait()
		close(release)
		synctest.Wait()
		if got := status(); got != http.StatusOK {
			t.Errorf("then: %d", got)
		}
	})
}
