package telemetry

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

const (
	scrapeTimeout = 5 * time.Second // Prometheus itself gives up after 10 s
	maxScrapes    = 4               // at one time; more are answered with 503
)

// Handler serves the metrics: as OpenMetrics with exemplars, as protocol buffers with native histograms, or
// as Prometheus' text, whichever the caller prefers. Answers are not compressed.
func (m *Metrics) Handler() http.Handler {
	scrape := promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		EnableOpenMetrics: true, DisableCompression: true, MaxRequestsInFlight: maxScrapes, Timeout: scrapeTimeout,
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		scrape.ServeHTTP(w, r)
	})
}
