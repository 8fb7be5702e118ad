//go:build unix

package telemetry

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"syscall"
	"testing"
	"time"

	"jobsgateway/internal/clienttest"
)

// BenchmarkOperationsTraced is what an operation costs with metrics, and with traces of none, of a tenth and
// of all requests beside them. What the traces cost where they are sent is in it, and the collector of the
// benchmark, too.
func BenchmarkOperationsTraced(b *testing.B) {
	for _, operation := range measured {
		for _, sampled := range []string{"off", "0", "0.1", "1"} {
			ask := clienttest.SenderOf(b, tracedHandler(b, sampled), operation.query)
			b.Run(operation.name+"/"+sampled, func(b *testing.B) {
				b.ReportAllocs()
				begun := processorTime(b)
				for b.Loop() {
					ask()
				}
				b.ReportMetric(float64(processorTime(b)-begun)/float64(b.N), "cpu-ns/op")
			})
		}
	}
}

// processorTime returns how long the process has used a processor: other things that the machine has to do
// are not in it, and what sends the spans is.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// BenchmarkTracing is all that spans are told of one page of jobs, beside the metrics.
func BenchmarkTracing(b *testing.B) {
	for _, sampled := range []string{"off", "0", "0.1", "1"} {
		b.Run(sampled, func(b *testing.B) {
			observer := tracedObserver(b, sampled)
			b.ReportAllocs()
			begun := processorTime(b)
			for b.Loop() {
				countPage(b.Context(), observer)
			}
			b.ReportMetric(float64(processorTime(b)-begun)/float64(b.N), "cpu-ns/op")
		})
	}
}

// What an operation may allocate more with traces: if they are off, nothing; if its request is not recorded,
// so much as to know that and to tell the Jobs API.
func TestTracingAllocations(t *testing.T) {
	if raceEnabled {
		return // the race detector allocates, too
	}
	for _, operation := range measured[:2] {
		allocations := map[string]float64{}
		for _, sampled := range []string{"off", "0", "1"} {
			ask := clienttest.SenderOf(t, tracedHandler(t, sampled), operation.query)
			ask()
			allocations[sampled] = testing.AllocsPerRun(100, ask)
		}
		t.Logf("%s: %v", operation.name, allocations)
		if more := allocations["0"] - allocations["off"]; more > 12 {
			t.Errorf("%s: %.0f allocations more where nothing is recorded", operation.name, more)
		}
		if more := allocations["1"] - allocations["off"]; more > 90 {
			t.Errorf("%s: %.0f allocations more where all is recorded", operation.name, more)
		}
	}
	metrics := NewMetrics(slog.New(slog.DiscardHandler))
	var off *Tracing
	if off.Around(metrics, Traced{}) != Observer(metrics) {
		t.Error("without traces something stands between the gateway and its metrics")
	}
}

// tracedHandler is the measuredHandler with the tracedObserver.
func tracedHandler(t testing.TB, sampled string) http.Handler {
	t.Helper()
	return measuredHandler(t, tracedObserver(t, sampled))
}

// tracedObserver returns metrics and, unless sampled is off, around them traces of that share of the
// requests, sent to a collector that takes everything.
func tracedObserver(t testing.TB, sampled string) Observer {
	t.Helper()
	metrics := NewMetrics(slog.New(slog.DiscardHandler))
	if sampled == "off" {
		return metrics
	}
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
	}))
	t.Cleanup(collector.Close)
	cfg, _, err := ReadTracing([]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT=" + collector.URL,
		"OTEL_TRACES_SAMPLER=parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG=" + sampled,
	})
	if err != nil {
		t.Fatal(err)
	}
	tracing := NewTracing(cfg, slog.New(slog.DiscardHandler))
	t.Cleanup(func() { tracing.Close(t.Context()) })
	return tracing.Around(metrics, Traced{Upstream: &url.URL{Scheme: "https", Host: "jobs.example.com"}})
}
