// Package telemetry is what an operator sees of the gateway beside its log. It is the only package that knows
// the libraries for it. The packages that do the work tell it what happens, by the Observer of each
// (restclient.Observer, gateway.Observer), and know nothing of it.
//
// Metrics counts what it is told and shows the sums to Prometheus: operations.go counts what callers ask, upstream.go
// what the Jobs API is asked, live.go what is told to subscribers, radar.go what the Jobs API sends that the schema does
// not know; gauges.go has what is read at a scrape. Every label has a closed set of values (series.go): no text of a
// caller or of the Jobs API ever becomes one.
package telemetry

import (
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// Metrics counts what happens in one gateway. It is a restclient.Observer, a gateway.Observer and a
// live.Observer. Safe for
// concurrent use.
type Metrics struct {
	registry *prometheus.Registry
	codes    map[string]int // the index of a code in codeValues

	operations  *table[prometheus.Counter]  // by type, outcome and code
	durations   *table[prometheus.Observer] // by type and outcome
	errors      *table[prometheus.Counter]  // by code, of those that codeValues has behind none
	inFlight    prometheus.Gauge
	shed        *table[prometheus.Counter] // by reason
	coalesced   prometheus.Counter
	unlisted    *table[prometheus.Counter] // by reason
	trusted     *named
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

	streams       *table[prometheus.Gauge]    // by transport
	streamsEnded  *table[prometheus.Counter]  // by reason
	polls         *table[prometheus.Counter]  // by what came of them
	pollDurations *table[prometheus.Observer] // by what came of them

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
	m.makeLive(r)
	m.drift = newRadar(r, logger)
	return m
}
