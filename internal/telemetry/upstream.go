package telemetry

import (
	"context"
	"net/http"

	"jobsgateway/restclient"
)

// The values of the labels of calls.
var (
	routes   = [...]string{restclient.RouteList: "list", restclient.RouteJob: "job"}
	statuses = [...]string{"none", "1xx", "2xx", "3xx", "4xx", "5xx", other}
	kinds    = [...]string{
		0:                              "ok",
		restclient.KindInvalid:         "invalid",
		restclient.KindUnauthenticated: "unauthenticated",
		restclient.KindForbidden:       "forbidden",
		restclient.KindNotFound:        "not_found",
		restclient.KindRateLimited:     "rate_limited",
		restclient.KindUnavailable:     "unavailable",
		restclient.KindTimeout:         "timeout",
		restclient.KindMalformed:       "malformed",
		restclient.KindNoMemory:        "no_memory",
		restclient.KindBusy:            "busy",
		kindOther:                      other,
	}
	reasons = [...]string{reasonBreaker: "breaker", reasonCooling: "cooling", reasonBusy: "busy"}
	states  = [...]string{
		restclient.BreakerClosed: "closed", restclient.BreakerOpen: "open", restclient.BreakerHalfOpen: "half_open",
	}
)

// Why a call was not sent: the indices of reasons.
const (
	reasonBreaker = iota // nearly all calls fail
	reasonCooling        // its token was told to slow down
	reasonBusy           // there was no room for it in time
)

// kindOther is the index in kinds of a kind that has no word there.
const kindOther = restclient.KindNoMemory + 1

// makeUpstream makes the metrics of what the Jobs API is asked.
func (m *Metrics) makeUpstream(r registry) {
	byRoute, byStatus := label{"route", routes[:]}, label{"status", statuses[:]}
	byKind := label{"outcome", kinds[:]}
	list, fine := int(restclient.RouteList), statusOf(http.StatusOK)
	m.attempts = r.counters("jobsgateway_upstream_attempts_total",
		"Requests to the Jobs API, by the class of their status and by what came of them.",
		byRoute, byStatus, byKind).first([3]int{list, fine})
	m.attemptDurations = r.histograms("jobsgateway_upstream_attempt_duration_seconds",
		"Time from the sending of a request to the Jobs API until its whole answer was read.",
		durationBuckets[:], byRoute, byStatus).first([3]int{list, fine})
	m.attemptsInFlight = r.gauge("jobsgateway_upstream_attempts_in_flight",
		"Requests to the Jobs API that are not answered yet.")
	m.retries = r.counter("jobsgateway_upstream_retries_total",
		"Requests to the Jobs API that were made again, after another of the same call had failed.")
	m.received = r.counters("jobsgateway_upstream_received_bytes_total",
		"Bytes of the Jobs API's answers, after decompression.", byRoute).all()
	m.calls = r.counters("jobsgateway_upstream_calls_total",
		"Calls of the Jobs API with all their attempts, by what came of them when the answer was read.",
		byRoute, byKind).first([3]int{list})
	m.callsRefused = r.counters("jobsgateway_upstream_calls_refused_total",
		"Calls that were not sent: nearly all fail (breaker), the token was told to slow down (cooling), or "+
			"there was no room in time (busy).",
		label{"reason", reasons[:]}).all()
	m.callsCoalesced = r.counters("jobsgateway_upstream_calls_coalesced_total",
		"Calls that were answered by an equal call of the same token that was under way.", byRoute).all()
	m.breaker = r.gauges("jobsgateway_upstream_breaker_state",
		"1 for the state of the circuit breaker, 0 for the others.", label{"state", states[:]}).all()
	m.breakerOpenings = r.counter("jobsgateway_upstream_breaker_openings_total",
		"How often the circuit breaker has opened.")
	m.breaker.at(int(restclient.BreakerClosed), 0, 0).Set(1)
}

// AttemptStarts counts a request that is under way.
func (m *Metrics) AttemptStarts(
	ctx context.Context, _ restclient.Route, number int,
) (running context.Context, traceparent string) {
	m.attemptsInFlight.Inc()
	if number > 1 {
		m.retries.Inc()
	}
	return ctx, ""
}

// AttemptEnds counts what came of it.
func (m *Metrics) AttemptEnds(running context.Context, a restclient.Attempt) {
	m.attemptsInFlight.Dec()
	route, status := int(a.Route), statusOf(a.Status())
	m.attempts.at(route, status, kindOf(a.Failed)).Inc()
	observeTime(running, m.attemptDurations.at(route, status, 0), a.Duration)
	m.received.at(route, 0, 0).Add(float64(a.Bytes))
}

// CallEnds counts a call.
func (m *Metrics) CallEnds(_ context.Context, route restclient.Route, failed *restclient.Error) {
	if failed == nil || !failed.Unsent {
		m.calls.at(int(route), kindOf(failed), 0).Inc()
		return
	}
	m.callsRefused.at(reasonOf(failed.Kind), 0, 0).Inc()
}

// reasonOf returns why a call was not sent, by the kind of its error.
func reasonOf(kind restclient.Kind) int {
	if kind == restclient.KindUnavailable {
		return reasonBreaker
	}
	if kind == restclient.KindRateLimited {
		return reasonCooling
	}
	return reasonBusy
}

// CallJoined counts a call that was spared.
func (m *Metrics) CallJoined(_ context.Context, route restclient.Route) {
	m.callsCoalesced.at(int(route), 0, 0).Inc()
}

// BreakerChanged notes the state of the breaker.
func (m *Metrics) BreakerChanged(state restclient.BreakerState) {
	for i := range states {
		is := 0.0
		if i == int(state) {
			is = 1
		}
		m.breaker.at(i, 0, 0).Set(is)
	}
	if state == restclient.BreakerOpen {
		m.breakerOpenings.Inc()
	}
}

// kindOf returns the index of what came of a request in kinds; failed is nil for an
// answer.
func kindOf(failed *restclient.Error) int {
	if failed == nil {
		return 0
	}
	return int(min(failed.Kind, kindOther))
}

// statusOf returns the index of a status' class in statuses: 3 for 301, 0 for none.
func statusOf(status int) int {
	const wide = 100 // a class has so many numbers
	if status > 0 && status < wide {
		return len(statuses) - 1
	}
	return min(status/wide, len(statuses)-1)
}

var _ restclient.Observer = (*Metrics)(nil)
