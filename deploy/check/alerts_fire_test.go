package check

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/prometheus/prometheus/storage"
)

// Three hours of samples, one every 30 seconds, the last of which are judged.
const (
	step    = 30 * time.Second
	samples = 360
	judged  = 2 * time.Hour // from here on
)

// healthy is a gateway with some traffic on a day on which nothing is wrong: its series, and how they go on.
// What callers do wrong, a retry now and then, and what drifted long ago are no reason for an alert.
var healthy = map[string]string{
	`up{}`: "1x360",
	`jobsgateway_operations_total{type="query",outcome="ok",code="none"}`:                      "0+300x360",
	`jobsgateway_operations_total{type="query",outcome="errors",code="UPSTREAM_TIMEOUT"}`:      "0+1x360",
	`jobsgateway_operations_total{type="query",outcome="refused",code="BAD_USER_INPUT"}`:       "0+200x360",
	`jobsgateway_operations_total{type="query",outcome="errors",code="INTERNAL_SERVER_ERROR"}`: "3x360",
	`jobsgateway_operation_duration_seconds_bucket{type="query",outcome="ok",le="0.1"}`:        "0+299x360",
	`jobsgateway_operation_duration_seconds_bucket{type="query",outcome="ok",le="5"}`:          "0+300x360",
	`jobsgateway_operation_duration_seconds_bucket{type="query",outcome="ok",le="+Inf"}`:       "0+300x360",
	`jobsgateway_upstream_breaker_state{state="closed"}`:                                       "1x360",
	`jobsgateway_upstream_breaker_state{state="open"}`:                                         "0x360",
	`jobsgateway_upstream_attempts_total{route="list",status="2xx",outcome="ok"}`:              "0+300x360",
	`jobsgateway_upstream_attempts_total{route="list",status="5xx",outcome="unavailable"}`:     "0+3x360",
	`jobsgateway_upstream_attempts_total{route="list",status="4xx",outcome="rate_limited"}`:    "7x360",
	`jobsgateway_upstream_calls_total{route="list",outcome="ok"}`:                              "0+300x360",
	`jobsgateway_upstream_retries_total{}`:                                                     "0+3x360",
	`jobsgateway_operations_shed_total{reason="places"}`:                                       "5x360",
	`jobsgateway_places_waiting{kind="operations"}`:                                            "1x360",
	`jobsgateway_places_waiting{kind="calls"}`:                                                 "0x244 12x12 0x102",
	`jobsgateway_memory_held_bytes{}`:                                                          "80000000x360",
	`jobsgateway_memory_limit_bytes{}`:                                                         "109051904x360",
	`jobsgateway_poll_age_seconds{}`:                                                           "2x250 40x5 2x105",
	`jobsgateway_drift_total{coordinate="Job.raw",sign="unknown"}`:                             "12x360",
	`jobsgateway_page_search_calls_total{}`:                                                    "0+10x360",
	`process_resident_memory_bytes{}`:                                                          "100000000x360",
	`go_gc_gomemlimit_bytes{}`:                                                                 "230000000x360",
	`process_open_fds{}`:                                                                       "300x360",
	`process_max_fds{}`:                                                                        "1024x360",
	`process_start_time_seconds{}`:                                                             "1x360",
}

// outages are what makes one alert fire: series in place of healthy ones, or beside them. An empty one is
// gone. All begin at 2 h, the sample 240.
var outages = map[string]map[string]string{
	"JobsGatewayDown":    {`up{}`: "1x239 0x120"},
	"JobsGatewayAllDown": {`up{}`: "1x239 0x120"},
	"JobsGatewayErrors": {
		`jobsgateway_operations_total{type="query",outcome="errors",code="UPSTREAM_UNAVAILABLE"}`: "0x239 0+40x120",
	},
	"JobsGatewayInternalErrors": {
		`jobsgateway_operations_total{type="unknown",outcome="refused",code="INTERNAL_SERVER_ERROR"}`: "_x240 1x119",
	},
	"JobsGatewaySlow": {
		`jobsgateway_operation_duration_seconds_bucket{type="query",outcome="ok",le="0.1"}`: "0+299x239 71461+250x120",
	},
	"JobsGatewayBreakerOpen": {`jobsgateway_upstream_breaker_state{state="closed"}`: "1x239 0x120"},
	"JobsGatewayUpstreamFailing": {
		`jobsgateway_upstream_attempts_total{route="job",status="none",outcome="timeout"}`: "0x239 0+50x120",
	},
	"JobsGatewayRetries": {`jobsgateway_upstream_retries_total{}`: "0+3x239 717+20x120"},
	"JobsGatewayRateLimited": {
		`jobsgateway_upstream_attempts_total{route="list",status="4xx",outcome="rate_limited"}`: "7x239 7+1x120",
	},
	"JobsGatewayShedding":     {`jobsgateway_operations_shed_total{reason="calls"}`: "5x239 5+3x120"},
	"JobsGatewayCallsWait":    {`jobsgateway_places_waiting{kind="calls"}`: "0x239 3x120"},
	"JobsGatewayMemoryBudget": {`jobsgateway_memory_held_bytes{}`: "80000000x239 95000000x120"},
	"JobsGatewayPollsLate":    {`jobsgateway_poll_age_seconds{}`: "2x239 125x120"},
	"JobsGatewayDrift":        {`jobsgateway_drift_total{coordinate="JobState.UNKNOWN",sign="unknown"}`: "_x240 1x119"},
	"JobsGatewayListMoves":    {`jobsgateway_page_search_calls_total{}`: "0+10x239 2390+200x120"},
	"JobsGatewayMemory":       {`process_resident_memory_bytes{}`: "100000000x239 225000000x120"},
	"JobsGatewayDescriptors":  {`process_open_fds{}`: "300x239 1000x120"},
	"JobsGatewayRestarts":     {`process_start_time_seconds{}`: "1x239 1+1x120"},
}

// An alert fires in the outage that it is for, once that has lasted as long as the alert says, and no alert
// fires on a healthy day.
func TestAlertsFire(t *testing.T) {
	rules := alerts(t)
	quiet := engineOver(t, healthy)
	for _, rule := range rules {
		if from := quiet.fires(t, rule); from != 0 {
			t.Errorf("%s fires on a healthy day, at %v", rule.Alert, from)
		}
		outage, ok := outages[rule.Alert]
		if !ok {
			t.Errorf("%s: no outage is known for it", rule.Alert)
			continue
		}
		series := maps.Clone(healthy)
		maps.Copy(series, outage)
		from := engineOver(t, series).fires(t, rule)
		// Rates and quantiles take a while until they show what has changed.
		if from == 0 || from < judged+time.Duration(rule.For) || from > judged+time.Duration(rule.For)+15*time.Minute {
			t.Errorf("%s fires %v after its outage has begun", rule.Alert, from-judged)
		}
	}
	if len(outages) != len(rules) {
		t.Errorf("%d outages for %d alerts", len(outages), len(rules))
	}
}

// engine answers queries over samples.
type engine struct {
	*promql.Engine

	samples storage.Queryable
}

// engineOver loads series of the job jobsgateway.
func engineOver(t *testing.T, series map[string]string) engine {
	t.Helper()
	var script strings.Builder
	fmt.Fprintf(&script, "load %v\n", step)
	for _, name := range slices.Sorted(maps.Keys(series)) {
		labelled := strings.Replace(strings.Replace(name, "{", `{job="jobsgateway",instance="a:8081",`, 1), ",}", "}", 1)
		fmt.Fprintf(&script, "  %s %s\n", labelled, series[name])
	}
	return engine{promqltest.NewTestEngine(t, false, 5*time.Minute, 1_000_000), promqltest.LoadedStorage(t, script.String())}
}

// fires returns when an alert fires first, from the beginning of the samples on; 0 if never.
func (e engine) fires(t *testing.T, rule rulefmt.Rule) time.Duration {
	t.Helper()
	var since time.Duration // when its expression has become true; 0 while it is not
	for at := judged - 10*step; at < samples*step; at += step {
		q, err := e.NewInstantQuery(t.Context(), e.samples, nil, rule.Expr, time.Unix(0, 0).Add(at))
		if err != nil {
			t.Fatal(err)
		}
		result := q.Exec(t.Context())
		vector, err := result.Vector()
		if err != nil {
			t.Fatalf("%s: %v", rule.Alert, err)
		}
		holds := len(vector) > 0
		q.Close()
		switch {
		case !holds:
			since = 0
			continue
		case since == 0:
			since = at
		}
		if at-since >= time.Duration(rule.For) {
			return at
		}
	}
	return 0
}
