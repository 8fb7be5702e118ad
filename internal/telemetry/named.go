package telemetry

import (
	"sync"

	"github.com/prometheus/client_golang/prometheus"
)

// named counts the operations of trusted documents by their names, which come from the operator's files and
// from no caller. Safe for concurrent use.
type named struct {
	counts *prometheus.CounterVec

	mu    sync.RWMutex
	known map[string][]prometheus.Counter // by name and outcome
}

// maxNames bounds the names that have series of their own, over all lists that there have been. What comes
// beyond is counted as other, and so is an operation without a name.
const maxNames = 500

// newNamed makes the metric, in which nothing has happened yet.
func newNamed(r registry) *named {
	counts := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "jobsgateway_trusted_operations_total",
		Help: "Operations of listed documents (--trusted-documents), by their names in the document and by how they ended.",
	}, []string{"operation", "outcome"})
	r.MustRegister(counts)
	n := &named{counts: counts, known: map[string][]prometheus.Counter{}}
	n.add(other)
	return n
}

// count counts an operation.
func (n *named) count(name string, outcome int) {
	if name == "" {
		name = other
	}
	n.mu.RLock()
	series := n.known[name]
	n.mu.RUnlock()
	if series == nil {
		series = n.add(name)
	}
	series[outcome].Inc()
}

// add makes the series of a name, or returns those of other names where there are too many.
func (n *named) add(name string) []prometheus.Counter {
	n.mu.Lock()
	defer n.mu.Unlock()
	series := n.known[name]
	switch {
	case series != nil:
		return series
	case len(n.known) > maxNames:
		return n.known[other]
	}
	for _, outcome := range outcomes {
		series = append(series, n.counts.WithLabelValues(name, outcome))
	}
	n.known[name] = series
	return series
}
