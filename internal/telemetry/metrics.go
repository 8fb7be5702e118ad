// Package telemetry is what an operator sees of the gateway beside its log. It is the only package that knows
// the libraries for it. The packages that do the work tell it what happens, by the Observer of each
// (restclient.Observer, gateway.Observer), and know nothing of it.
//
// Metrics counts what it is told and shows the sums to Prometheus: operations.go counts what callers ask,
// upstream.go what the Jobs API is asked, radar.go what it sends that the schema does not know. Every label
// has a closed set of values (series.go): no text of a caller or of the Jobs API ever becomes one.
package telemetry

import (
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// Metrics counts what happens in one gateway. It is a restclient.Observer and a gateway.Observer. Safe for
// concurrent use.
type Metrics struct {
	registry *prometheus.Registry
	codes    map[string]int // the index of a code in codeValues

	operations  *table[prometheus.Counter]  // by type, outcome and code
	durations   *table[prometheus.Observer] // by type and outcome
	errors      *table[prometheus.Counter]  // by code, of those that codeValues has behind none
	inFlight    prometheus.Gauge
	shed        prometheus.Counter
	coalesced   prometheus.Counter
	callsOfEach prometheus.Observer
	batches     prometheus.Observer
	searches    prometheus.Counter
	searchCalls prometheus.Counter

	attempts         *table[prometheus.Counter]  // by route, status and outcome
	attemptDurations *table[prometheus.Observer] // by route and status
	attemptsInFlight prometheus.Gauge
	retries          prometheus.Counter
	received         *table[prometheus.Counter] // by route
	calls            *table[prometheus.Counter] // by route and outcome
	callsRefused     *table[prometheus.Counter] // by reason
	callsCoalesced   *table[prometheus.Counter] // by route
	breaker          *table[prometheus.Gauge]   // by state
	breakerOpenings  prometheus.Counter

	drift *radar
}

// NewMetrics returns Metrics in which nothing has happened yet, with those of the Go runtime and of the
// process. Logger is told what the schema does not know.
func NewMetrics(logger *slog.Logger) *Metrics {
	r := registry{prometheus.NewRegistry()}
	r.MustRegister(collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), newBuildInfo())
	m := &Metrics{registry: r.Registry, codes: indices(codeValues())}
	m.makeOperations(r)
	m.makeUpstream(r)
	m.drift = newRadar(r, logger)
	return m
}

// Gauges are what is read at the moment of a scrape: figures that other packages keep for themselves. A new
// one is a field here and a row in Read.
type Gauges struct {
	// DocumentBytes is what the remembered documents weigh, see gateway.Gateway.
	DocumentBytes func() uint64
}

// Read makes the gauges part of the metrics. It is called once.
func (m *Metrics) Read(gauges Gauges) {
	for _, gauge := range []struct {
		name, help string
		read       func() float64
	}{
		{
			"jobsgateway_document_cache_bytes",
			"Weight of the remembered documents: their texts, and 5 bytes for each field that they can write.",
			func() float64 { return float64(gauges.DocumentBytes()) },
		},
	} {
		m.registry.MustRegister(
			prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: gauge.name, Help: gauge.help}, gauge.read))
	}
}
