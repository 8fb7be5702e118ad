package telemetry

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// registry makes metrics and keeps them.
type registry struct{ *prometheus.Registry }

// durationBuckets are the upper bounds of classic buckets, in seconds: from an answer out of memory to the
// default of --request-timeout.
var durationBuckets = [...]float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 15}

// A histogram is kept in both forms: in classic buckets, and in native ones, which a Prometheus that asks for
// them gets instead. Source of the bounds: Prometheus' guide to native histograms.
const (
	nativeFactor  = 1.1 // a bucket is at most so many times as wide as the one before
	nativeBuckets = 100 // more are merged, so that a histogram is bounded
	nativeReset   = time.Hour
)

// counter makes a counter without labels.
func (r registry) counter(name, help string) prometheus.Counter {
	c := prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	r.MustRegister(c)
	return c
}

// counters makes a counter with labels.
func (r registry) counters(name, help string, labels ...label) *table[prometheus.Counter] {
	v := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, names(labels))
	r.MustRegister(v)
	return newTable[prometheus.Counter](v, labels...)
}

// gauge makes a gauge without labels.
func (r registry) gauge(name, help string) prometheus.Gauge {
	g := prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: help})
	r.MustRegister(g)
	return g
}

// gauges makes a gauge with labels.
func (r registry) gauges(name, help string, labels ...label) *table[prometheus.Gauge] {
	v := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, names(labels))
	r.MustRegister(v)
	return newTable[prometheus.Gauge](v, labels...)
}

// histogram makes a histogram without labels.
func (r registry) histogram(name, help string, buckets []float64) prometheus.Observer {
	h := prometheus.NewHistogram(histogramOf(name, help, buckets))
	r.MustRegister(h)
	return h
}

// histograms makes a histogram with labels.
func (r registry) histograms(
	name, help string, buckets []float64, labels ...label,
) *table[prometheus.Observer] {
	v := prometheus.NewHistogramVec(histogramOf(name, help, buckets), names(labels))
	r.MustRegister(v)
	return newTable[prometheus.Observer](v, labels...)
}

// histogramOf describes a histogram.
func histogramOf(name, help string, buckets []float64) prometheus.HistogramOpts {
	return prometheus.HistogramOpts{
		Name: name, Help: help, Buckets: buckets, NativeHistogramBucketFactor: nativeFactor,
		NativeHistogramMaxBucketNumber: nativeBuckets, NativeHistogramMinResetDuration: nativeReset,
	}
}

// observeTime notes a duration in a histogram, with the id of the trace as its exemplar if ctx, that of what
// took so long, belongs to one that is recorded.
func observeTime(ctx context.Context, histogram prometheus.Observer, took time.Duration) {
	id := sampledTrace(ctx)
	if exemplary, ok := histogram.(prometheus.ExemplarObserver); ok && id != "" {
		exemplary.ObserveWithExemplar(took.Seconds(), prometheus.Labels{"trace_id": id})
		return
	}
	histogram.Observe(took.Seconds())
}
