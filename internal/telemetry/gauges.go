package telemetry

import (
	"github.com/prometheus/client_golang/prometheus"

	"jobsgateway/graph/live"
	"jobsgateway/internal/memory"
	"jobsgateway/internal/places"
)

// Gauges are what is read at the moment of a scrape: figures that other packages keep for themselves. A new
// one is a field here and a row in Read.
type Gauges struct {
	// DocumentBytes is what the remembered documents weigh, see gateway.Gateway.
	DocumentBytes func() uint64
	// PersistedBytes is what the automatic persisted queries weigh, see gateway.Gateway.
	PersistedBytes func() uint64
	// TrustedDocuments is how many documents are listed.
	TrustedDocuments func() int
	// Memory is what is lent to operations and requests.
	Memory func() memory.Figures
	// Operations and Calls are the places of both.
	Operations, Calls func() places.State
	// Live is what polls and streams there are, and Told what they have told: see live.Engine.
	Live func() live.Figures
	Told func() (events, resyncs uint64)
}

// reading is a gauge whose value is asked for at each scrape.
type reading struct {
	name, help string
	labels     prometheus.Labels // nil for none
	read       func() float64
}

// Read makes the gauges part of the metrics. It is called once.
func (m *Metrics) Read(gauges Gauges) {
	figure := func(of func(memory.Figures) int64) func() float64 {
		return func() float64 { return float64(of(gauges.Memory())) }
	}
	readings := []reading{
		{
			name: "jobsgateway_document_cache_bytes",
			help: "Weight of the remembered documents: their texts, and 5 bytes for each field that they can write.",
			read: func() float64 { return float64(gauges.DocumentBytes()) },
		},
		{
			name: "jobsgateway_persisted_queries_bytes",
			help: "Weight of the automatic persisted queries that are remembered: their texts, and 352 bytes for each.",
			read: func() float64 { return float64(gauges.PersistedBytes()) },
		},
		{
			name: "jobsgateway_trusted_documents", help: "Documents that are listed (--trusted-documents).",
			read: func() float64 { return float64(gauges.TrustedDocuments()) },
		},
		{
			name: "jobsgateway_memory_limit_bytes", help: "The most that all operations and requests may hold together.",
			read: figure(func(f memory.Figures) int64 { return f.Total }),
		},
		{
			name: "jobsgateway_memory_held_bytes", help: "What operations and requests hold.",
			read: figure(func(f memory.Figures) int64 { return f.Held }),
		},
		{
			name: "jobsgateway_memory_idle_bytes", help: "What nobody holds and is kept to be lent again.",
			read: figure(func(f memory.Figures) int64 { return f.Idle }),
		},
		{
			name: "jobsgateway_memory_waiting", help: "How many wait for memory.",
			read: figure(func(f memory.Figures) int64 { return int64(f.Waiting) }),
		},
	}
	readings = append(readings, readingsOf("operations", gauges.Operations)...)
	readings = append(readings, readingsOf("calls", gauges.Calls)...)
	readings = append(readings, m.readLive(gauges)...)
	for _, gauge := range readings {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: gauge.name, Help: gauge.help, ConstLabels: gauge.labels,
		}, gauge.read))
	}
}

// readingsOf returns the gauges of the places of one kind.
func readingsOf(kind string, state func() places.State) []reading {
	labels := prometheus.Labels{"kind": kind}
	return []reading{
		{
			"jobsgateway_places_limit", "How many operations, or calls of the Jobs API, may be in progress now.",
			labels, func() float64 { return float64(state().Limit) },
		},
		{
			"jobsgateway_places_used", "How many are in progress.",
			labels, func() float64 { return float64(state().Used) },
		},
		{
			"jobsgateway_places_waiting", "How many wait until they may begin.",
			labels, func() float64 { return float64(state().Waiting) },
		},
	}
}
