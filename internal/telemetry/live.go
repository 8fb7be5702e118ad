package telemetry

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"

	"jobsgateway/graph/live"
	"jobsgateway/internal/gateway"
	"jobsgateway/restclient"
)

// The values of the labels of streams.
var (
	transports = [...]string{
		gateway.TransportEvents: "sse", gateway.TransportMultipart: "multipart", gateway.TransportSocket: "websocket",
	}
	ends = [...]string{
		gateway.StreamCompleted: "completed", gateway.StreamAged: "aged", gateway.StreamLeft: "left",
		gateway.StreamUnread: "unread", gateway.StreamFailed: "failed",
	}
)

// makeLive makes the metrics of subscriptions.
func (m *Metrics) makeLive(r registry) {
	m.streams = r.gauges("jobsgateway_streams", "Subscriptions that are open.", label{"transport", transports[:]}).all()
	m.streamsEnded = r.counters("jobsgateway_streams_ended_total",
		"Subscriptions that have ended: all was told (completed), as old as they may become (aged), the client left "+
			"(left), or read nothing (unread), or with an error (failed).",
		label{"reason", ends[:]}).all()
	m.polls = r.counters("jobsgateway_polls_total",
		"Times that a poll has asked the Jobs API for changes, by what came of it.", label{"outcome", kinds[:]}).
		first([3]int{})
	m.pollDurations = r.histograms("jobsgateway_poll_duration_seconds",
		"Time that a poll takes to ask the Jobs API for changes, and to note them.",
		durationBuckets[:], label{"outcome", kinds[:]}).first([3]int{})
}

// StreamStarts counts a stream that is open.
func (m *Metrics) StreamStarts(transport gateway.Transport) { m.streams.at(int(transport), 0, 0).Inc() }

// StreamEnds counts it as ended.
func (m *Metrics) StreamEnds(transport gateway.Transport, why gateway.StreamEnd) {
	m.streams.at(int(transport), 0, 0).Dec()
	m.streamsEnded.at(int(why), 0, 0).Inc()
}

// PollStarts does nothing.
func (m *Metrics) PollStarts(ctx context.Context) context.Context { return ctx }

// PollEnds counts a reading.
func (m *Metrics) PollEnds(running context.Context, p live.PollEnd) {
	outcome := 0
	if p.Failed != nil {
		outcome = int(kindOther)
		if failed, ok := restclient.AsError(p.Failed); ok {
			outcome = kindOf(failed)
		}
	}
	m.polls.at(outcome, 0, 0).Inc()
	observeTime(running, m.pollDurations.at(outcome, 0, 0), p.Duration)
}

// readLive makes the counters of what was told, and returns what is asked of the polls at a scrape.
func (m *Metrics) readLive(gauges Gauges) []reading {
	m.counts("jobsgateway_stream_events_total", "Events that were given to subscribers, each once for each of them.",
		func() uint64 { events, _ := gauges.Told(); return events })
	m.counts("jobsgateway_stream_resyncs_total",
		"Events that told a subscriber to read the list again, since changes may have been missed.",
		func() uint64 { _, resyncs := gauges.Told(); return resyncs })
	return []reading{
		{
			name: "jobsgateway_polls", help: "Polls that are running: one for each token and filter that is watched.",
			read: func() float64 { return float64(gauges.Live().Polls) },
		},
		{
			name: "jobsgateway_poll_age_seconds",
			help: "For how long the poll that waits longest has had no answer of the Jobs API; 0 without polls.",
			read: func() float64 { return gauges.Live().Age.Seconds() },
		},
		{
			name: "jobsgateway_stream_kept_bytes",
			help: "What is kept for subscribers between polls, a part of what is held.",
			read: func() float64 { return float64(gauges.Live().Kept) },
		},
	}
}

// counts makes a counter that is read at each scrape.
func (m *Metrics) counts(name, help string, read func() uint64) {
	m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help},
		func() float64 { return float64(read()) }))
}

var _ live.Observer = (*Metrics)(nil)
