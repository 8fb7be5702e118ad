package telemetry

import (
	"context"
	"slices"

	"jobsgateway/graph"
	"jobsgateway/internal/gateway"
)

// How an operation ended: the indices of outcomes.
const (
	outcomeOK = iota
	outcomeErrors
	outcomeRefused
	outcomeLeft
)

// The values of the labels of operations.
var (
	types    = [...]string{"query", "mutation", "subscription", "unknown"}
	outcomes = [...]string{
		outcomeOK: "ok", outcomeErrors: "errors", outcomeRefused: "refused", outcomeLeft: "left",
	}
	unlisted = [...]string{ // by gateway.Unlisted, from gateway.UnlistedText on
		gateway.UnlistedText - 1: "no_id", gateway.UnlistedID - 1: "unknown_id", gateway.UnlistedOther - 1: "other_text",
	}
	lacks = [...]string{ // by gateway.Lack, from gateway.LackPlaces on
		gateway.LackPlaces - 1: "places", gateway.LackCalls - 1: "calls", gateway.LackMemory - 1: "memory",
	}
)

// codeValues returns the values of the label code: none, every code of gateway.Codes in its order, and other.
func codeValues() []string {
	values := []string{"none"}
	for _, code := range gateway.Codes() {
		values = append(values, string(code))
	}
	return append(values, other)
}

// indices returns the index of each of these values.
func indices(values []string) map[string]int {
	byValue := make(map[string]int, len(values))
	for i, value := range values {
		byValue[value] = i
	}
	return byValue
}

// makeOperations makes the metrics of what callers ask.
func (m *Metrics) makeOperations(r registry) {
	byType, byOutcome := label{"type", types[:]}, label{"outcome", outcomes[:]}
	m.operations = r.counters("jobsgateway_operations_total",
		"Operations that were asked for, by type, by how they ended, and by the code of their first error.",
		byType, byOutcome, label{"code", codeValues()}).first([3]int{0, outcomeOK, 0})
	m.durations = r.histograms("jobsgateway_operation_duration_seconds",
		"Time from the arrival of an operation until its answer was written; not of a subscription that has begun.",
		durationBuckets[:], byType, byOutcome).first([3]int{0, outcomeOK})
	m.errors = r.counters("jobsgateway_operation_errors_total",
		"Operations that had an error, by its code; one with errors of several codes counts for each.",
		label{"code", codeValues()[1:]}).all()
	m.inFlight = r.gauge("jobsgateway_operations_in_flight",
		"Operations that have been read and are not answered yet.")
	m.shed = r.counters("jobsgateway_operations_shed_total",
		"Operations that were refused since as many were running as may (places), the Jobs API could answer no "+
			"more calls (calls), or there was no memory for them (memory).",
		label{"reason", lacks[:]}).all()
	m.unlisted = r.counters("jobsgateway_documents_unlisted_total",
		"Requests whose document is not listed, where documents are (--trusted-documents): require refuses them, "+
			"and log runs those that have a text.",
		label{"reason", unlisted[:]}).all()
	m.trusted = newNamed(r)
	m.coalesced = r.counter("jobsgateway_operations_coalesced_total",
		"Operations that were answered by an equal operation of the same token that was under way.")
	m.callsOfEach = r.histogram("jobsgateway_operation_upstream_calls",
		"Calls of the Jobs API that one executed operation has made.",
		[]float64{0, 1, 2, 3, 5, 10, 20, 50, 100, 200})
	m.batches = r.histogram("jobsgateway_loader_batch_keys",
		"Calls that a loader of one operation has sent together.", []float64{1, 2, 5, 10, 20, 50, 100, 200, 500})
	m.searches = r.counter("jobsgateway_page_searches_total",
		"Pages that did not stand where their cursor says, and were sought.")
	m.searchCalls = r.counter("jobsgateway_page_search_calls_total",
		"Calls that were made to seek pages.")
}

// RequestStarts does nothing.
func (m *Metrics) RequestStarts(
	ctx context.Context, _ gateway.RequestStart,
) (running context.Context, traceparent string) {
	return ctx, ""
}

// RequestEnds counts an operation, executed or refused.
func (m *Metrics) RequestEnds(running context.Context, r gateway.RequestEnd) {
	if !r.IsOperation {
		return
	}
	kind, outcome, code := typeOf(r.Type), outcomeOf(r), 0
	if len(r.Codes) > 0 {
		code = m.codeOf(r.Codes[0])
		for _, each := range r.Codes {
			m.errors.at(m.codeOf(each)-1, 0, 0).Inc()
		}
	}
	if r.Lacked != gateway.LackNothing {
		m.shed.at(int(r.Lacked-gateway.LackPlaces), 0, 0).Inc()
	}
	m.operations.at(kind, outcome, code).Inc()
	if r.Trusted {
		m.trusted.count(r.Name, outcome)
	}
	if r.Streamed { // its time is that of a stream, and its calls are those of polls
		return
	}
	observeTime(running, m.durations.at(kind, outcome, 0), r.Duration)
	switch {
	case r.Shared:
		m.coalesced.Inc()
	case !r.Refused:
		m.callsOfEach.Observe(float64(r.UpstreamCalls))
	}
}

// OperationStarts counts an operation that is under way.
func (m *Metrics) OperationStarts(ctx context.Context) context.Context {
	m.inFlight.Inc()
	return ctx
}

// OperationEnds counts it no longer.
func (m *Metrics) OperationEnds(context.Context, gateway.OperationEnd) { m.inFlight.Dec() }

// DocumentUnlisted counts it.
func (m *Metrics) DocumentUnlisted(_ context.Context, why gateway.Unlisted) {
	m.unlisted.at(int(why-gateway.UnlistedText), 0, 0).Inc()
}

// BatchSent counts the calls of a batch.
func (m *Metrics) BatchSent(_ context.Context, keys int) { m.batches.Observe(float64(keys)) }

// PageSought counts a search.
func (m *Metrics) PageSought(_ context.Context, calls int) {
	m.searches.Inc()
	m.searchCalls.Add(float64(calls))
}

// typeOf returns the index of an operation's type in types.
func typeOf(operationType string) int {
	if i := slices.Index(types[:], operationType); i >= 0 {
		return i
	}
	return len(types) - 1
}

// outcomeOf returns how a request ended. Whoever has left got nothing, whatever came of the operation.
func outcomeOf(r gateway.RequestEnd) int {
	switch {
	case r.Left:
		return outcomeLeft
	case r.Refused:
		return outcomeRefused
	case len(r.Codes) > 0:
		return outcomeErrors
	}
	return outcomeOK
}

// codeOf returns the index of a code among codeValues.
func (m *Metrics) codeOf(code graph.Code) int {
	if i, known := m.codes[string(code)]; known {
		return i
	}
	return len(m.codes) - 1
}

var _ gateway.Observer = (*Metrics)(nil)
