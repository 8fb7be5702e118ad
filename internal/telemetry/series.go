package telemetry

import (
	"sync/atomic"
)

// label is a label with the closed set of its values, which is one of the tables of this package.
type label struct {
	name   string
	values []string
}

// vector is what the library has of series that differ by labels.
type vector[S any] interface{ WithLabelValues(values ...string) S }

// table has the series of a metric by the numbers of their labels' values, so that no text is looked up where
// something is counted. A series comes to be when it is first asked for. Safe for concurrent use.
type table[S any] struct {
	from   vector[S]
	labels []label
	series []atomic.Pointer[S]
}

// newTable makes a table of a vector whose labels are these.
func newTable[S any](from vector[S], labels ...label) *table[S] {
	size := 1
	for _, l := range labels {
		size *= len(l.values)
	}
	return &table[S]{from, labels, make([]atomic.Pointer[S], size)}
}

// at returns the series of a value of each label, by their indices. A third label there is not has the index
// 0, and so has a second.
func (t *table[S]) at(first, second, third int) S {
	index, values := 0, [...]int{first, second, third}
	for i, l := range t.labels {
		index = index*len(l.values) + values[i]
	}
	if known := t.series[index].Load(); known != nil {
		return *known
	}
	texts := make([]string, len(t.labels))
	for i, l := range t.labels {
		texts[i] = l.values[values[i]]
	}
	made := t.from.WithLabelValues(texts...)
	t.series[index].Store(&made)
	return made
}

// first makes the series of what is usual, so that a metric is there before anything has happened, and a rate
// can be taken of what happens first.
func (t *table[S]) first(indices [3]int) *table[S] {
	t.at(indices[0], indices[1], indices[2])
	return t
}

// all makes the series of a table with one label, all of which are usual.
func (t *table[S]) all() *table[S] {
	for i := range t.labels[0].values {
		t.at(i, 0, 0)
	}
	return t
}

// names returns the names of labels.
func names(labels []label) []string {
	all := make([]string, len(labels))
	for i, l := range labels {
		all[i] = l.name
	}
	return all
}
