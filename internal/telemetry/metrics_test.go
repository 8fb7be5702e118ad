package telemetry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"go.uber.org/goleak"

	"jobsgateway/graph"
	"jobsgateway/graph/live"
	"jobsgateway/internal/gateway"
	"jobsgateway/restclient"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newMetrics makes Metrics that tell nobody.
func newMetrics() *Metrics { return NewMetrics(slog.New(slog.DiscardHandler)) }

// value reads a series as Prometheus' text has it; empty for none.
func value(t *testing.T, m *Metrics, series string) string {
	t.Helper()
	for line := range strings.Lines(scrape(t, m, "")) {
		if name, number, _ := strings.Cut(strings.TrimSpace(line), " "); name == series {
			return number
		}
	}
	return ""
}

// scrape reads the metrics in a form.
func scrape(t *testing.T, m *Metrics, accept string) string {
	t.Helper()
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil)
	r.Header.Set("Accept", accept)
	r.Header.Set("Accept-Encoding", "gzip, zstd")
	m.Handler().ServeHTTP(w, r)
	if w.Code != http.StatusOK || w.Header().Get("Content-Encoding") != "" || w.Header().Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %v", w.Code, w.Header())
	}
	return w.Body.String()
}

// Names and helps keep the rules of Prometheus.
func TestNamesOfMetrics(t *testing.T) {
	t.Parallel()
	m := newMetrics()
	readAll(m)
	everything(t.Context(), m, 1000)
	families, err := m.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	problems, err := promlint.NewWithMetricFamilies(families).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("%v %v", problems, err)
	}
}

// Each event is one of a series.
func TestCounts(t *testing.T) {
	t.Parallel()
	m, ctx := newMetrics(), t.Context()
	end := func(o gateway.OperationEnd, left bool) {
		m.RequestEnds(ctx, gateway.RequestEnd{OperationEnd: o, IsOperation: true, Left: left, Duration: 3e6})
	}
	end(gateway.OperationEnd{Type: "query", UpstreamCalls: 3}, false)
	end(gateway.OperationEnd{Type: "query", Shared: true}, false)
	end(gateway.OperationEnd{Type: "query", Codes: []graph.Code{"UPSTREAM_TIMEOUT", "FORBIDDEN"}, UpstreamCalls: 200}, false)
	end(gateway.OperationEnd{Type: "mutation", Refused: true, Codes: []graph.Code{"METHOD_NOT_ALLOWED"}}, false)
	end(gateway.OperationEnd{Refused: true, Lacked: gateway.LackCalls, Codes: []graph.Code{"REQUEST_CONCURRENCY_LIMITED"}}, false)
	end(gateway.OperationEnd{Refused: true, Lacked: gateway.LackMemory, Codes: []graph.Code{"REQUEST_CONCURRENCY_LIMITED"}}, true)
	end(gateway.OperationEnd{Refused: true, Codes: []graph.Code{"OF_TOMORROW"}}, false)
	end(gateway.OperationEnd{Type: "query", Codes: []graph.Code{"UPSTREAM_TIMEOUT"}}, true)
	m.RequestEnds(ctx, gateway.RequestEnd{Status: 404}) // no operation
	end(gateway.OperationEnd{Type: "subscription", Streamed: true}, true)
	end(gateway.OperationEnd{Type: "subscription", Codes: []graph.Code{"UNAUTHENTICATED"}}, false)
	m.StreamStarts(gateway.TransportEvents)
	m.StreamStarts(gateway.TransportEvents)
	m.StreamStarts(gateway.TransportSocket)
	m.StreamEnds(gateway.TransportEvents, gateway.StreamUnread)
	m.PollEnds(m.PollStarts(ctx), live.PollEnd{Duration: time.Second})
	m.PollEnds(ctx, live.PollEnd{Failed: &restclient.Error{Kind: restclient.KindRateLimited}})
	m.PollEnds(ctx, live.PollEnd{Failed: errors.New("odd")})
	m.OperationStarts(ctx)
	m.OperationStarts(ctx)
	m.OperationEnds(ctx, gateway.OperationEnd{})
	m.BatchSent(ctx, 20)
	m.PageSought(ctx, 3)
	m.DocumentUnlisted(ctx, gateway.UnlistedOther)
	end(gateway.OperationEnd{Type: "query", Name: "Listed", Trusted: true, Shared: true}, true)
	end(gateway.OperationEnd{Type: "query", Trusted: true, Shared: true}, true)
	m.AttemptStarts(ctx, restclient.RouteList, 1)
	m.AttemptStarts(ctx, restclient.RouteList, 2)
	m.AttemptEnds(ctx, restclient.Attempt{Bytes: 10})
	m.AttemptEnds(ctx, restclient.Attempt{Route: restclient.RouteJob, Failed: &restclient.Error{Kind: restclient.KindNotFound, Status: 404}})
	m.AttemptStarts(ctx, restclient.RouteJob, 1)
	m.CallEnds(ctx, restclient.RouteJob, &restclient.Error{Kind: restclient.KindMalformed})
	m.CallEnds(ctx, restclient.RouteJob, &restclient.Error{Kind: restclient.KindUnavailable, Unsent: true})
	m.CallEnds(ctx, restclient.RouteJob, &restclient.Error{Kind: restclient.KindRateLimited, Unsent: true})
	m.CallJoined(ctx, restclient.RouteJob)
	m.BreakerChanged(restclient.BreakerOpen)
	m.BreakerChanged(restclient.BreakerHalfOpen)
	for series, want := range map[string]string{
		`operations_total{code="none",outcome="ok",type="query"}`:                       "2",
		`operations_total{code="UPSTREAM_TIMEOUT",outcome="errors",type="query"}`:       "1",
		`operations_total{code="METHOD_NOT_ALLOWED",outcome="refused",type="mutation"}`: "1",
		`operations_total{code="OF_TOMORROW",outcome="refused",type="unknown"}`:         "",
		`operations_total{code="UPSTREAM_TIMEOUT",outcome="left",type="query"}`:         "1",
		`operation_errors_total{code="UPSTREAM_TIMEOUT"}`:                               "2",
		`operations_total{code="none",outcome="left",type="subscription"}`:              "1",
		`operation_duration_seconds_count{outcome="left",type="subscription"}`:          "",
		`operation_duration_seconds_count{outcome="errors",type="subscription"}`:        "1",
		`streams{transport="sse"}`:                                                 "1",
		`streams{transport="websocket"}`:                                           "1",
		`streams{transport="multipart"}`:                                           "0",
		`streams_ended_total{reason="unread"}`:                                     "1",
		`polls_total{outcome="ok"}`:                                                "1",
		`polls_total{outcome="rate_limited"}`:                                      "1",
		`polls_total{outcome="other"}`:                                             "1",
		`poll_duration_seconds_count{outcome="ok"}`:                                "1",
		`operation_errors_total{code="FORBIDDEN"}`:                                 "1",
		`operation_errors_total{code="BAD_USER_INPUT"}`:                            "0",
		`operation_errors_total{code="none"}`:                                      "",
		`operation_duration_seconds_count{outcome="ok",type="query"}`:              "2",
		`operation_duration_seconds_bucket{outcome="ok",type="query",le="0.0025"}`: "0",
		`operation_duration_seconds_bucket{outcome="ok",type="query",le="0.005"}`:  "2",
		`operations_shed_total{reason="places"}`:                                   "0",
		`operations_shed_total{reason="calls"}`:                                    "1",
		`operations_shed_total{reason="memory"}`:                                   "1",
		`operations_coalesced_total`:                                               "3",
		`documents_unlisted_total{reason="no_id"}`:                                 "0",
		`documents_unlisted_total{reason="other_text"}`:                            "1",
		`trusted_operations_total{operation="Listed",outcome="left"}`:              "1",
		`trusted_operations_total{operation="other",outcome="left"}`:               "1",
		`trusted_operations_total{operation="other",outcome="ok"}`:                 "0",
		`operations_in_flight`:                                                     "1",
		`operation_upstream_calls_sum`:                                             "203",
		`operation_upstream_calls_count`:                                           "4",
		`loader_batch_keys_sum`:                                                    "20",
		`page_searches_total`:                                                      "1",
		`page_search_calls_total`:                                                  "3",
		`upstream_attempts_total{outcome="ok",route="list",status="2xx"}`:          "1",
		`upstream_attempts_total{outcome="not_found",route="job",status="4xx"}`:    "1",
		`upstream_attempt_duration_seconds_count{route="job",status="4xx"}`:        "1",
		`upstream_attempts_in_flight`:                                              "1",
		`upstream_retries_total`:                                                   "1",
		`upstream_received_bytes_total{route="list"}`:                              "10",
		`upstream_calls_total{outcome="malformed",route="job"}`:                    "1",
		`upstream_calls_total{outcome="unavailable",route="job"}`:                  "",
		`upstream_calls_refused_total{reason="breaker"}`:                           "1",
		`upstream_calls_refused_total{reason="cooling"}`:                           "1",
		`upstream_calls_coalesced_total{route="job"}`:                              "1",
		`upstream_breaker_state{state="half_open"}`:                                "1",
		`upstream_breaker_state{state="open"}`:                                     "0",
		`upstream_breaker_state{state="closed"}`:                                   "0",
		`upstream_breaker_openings_total`:                                          "1",
	} {
		if got := value(t, m, "jobsgateway_"+series); got != want {
			t.Errorf("%s: %q, want %q", series, got, want)
		}
	}
}

// The labels have the words that the other packages have.
func TestWordsOfLabels(t *testing.T) {
	t.Parallel()
	for kind := 1; kind < int(kindOther); kind++ {
		if name := strings.ReplaceAll(restclient.Kind(kind).String(), " ", "_"); name != kinds[kind] {
			t.Errorf("%s for %s", kinds[kind], name)
		}
	}
	if name := kindOther.String(); !strings.HasPrefix(name, "kind ") {
		t.Errorf("no label for %s", name)
	}
	for status, want := range map[int]string{0: "none", 7: "other", 101: "1xx", 200: "2xx", 599: "5xx", 600: "other", 999: "other"} {
		if got := statuses[statusOf(status)]; got != want {
			t.Errorf("%d is %s", status, got)
		}
	}
}

// Every form has the metrics, and the protocol buffers have native histograms.
func TestForms(t *testing.T) {
	t.Parallel()
	m := newMetrics()
	countPage(t.Context(), m)
	for accept, end := range map[string]string{"": "\n", "text/plain": "\n", "application/openmetrics-text; version=1.0.0": "# EOF\n"} {
		if text := scrape(t, m, accept); !strings.HasSuffix(text, end) || !strings.Contains(text, "jobsgateway_operations_in_flight 0") {
			t.Errorf("%q: %.300s", accept, text)
		}
	}
	families, err := m.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	native := 0
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			if histogram := metric.GetHistogram(); histogram != nil && strings.HasPrefix(family.GetName(), "jobsgateway_") {
				native++
				if histogram.Schema == nil || len(histogram.GetBucket()) == 0 {
					t.Errorf("%s lacks a form", family.GetName())
				}
			}
		}
	}
	if native != 5 {
		t.Errorf("%d histograms", native)
	}
}

// everything tells Metrics of so many events at random, with every value that an event can have, and with some
// that it cannot.
func everything(ctx context.Context, m *Metrics, events int) {
	codes := append(gateway.Codes(), "OF_TOMORROW", "secret-code")
	for i := range events {
		var failed *restclient.Error
		if kind := rand.IntN(len(kinds)); kind > 0 {
			failed = &restclient.Error{Kind: restclient.Kind(kind), Status: rand.IntN(1100), Unsent: rand.IntN(5) == 0}
		}
		route := restclient.Route(rand.IntN(len(routes)))
		attempt, _ := m.AttemptStarts(ctx, route, 1+rand.IntN(3))
		m.AttemptEnds(attempt, restclient.Attempt{Route: route, Failed: failed})
		m.CallEnds(ctx, route, failed)
		m.CallJoined(ctx, route)
		m.BreakerChanged(restclient.BreakerState(rand.IntN(len(states))))
		m.Drifted(ctx, restclient.Drift{
			Sign: restclient.Sign(rand.IntN(8)), Member: restclient.Member(rand.IntN(14)), Count: 1, Spelling: fmt.Sprint("secret-", i),
		})
		m.FieldUnreadable(ctx, []string{"Job.raw", "JobFailure.message", "Secret.field"}[rand.IntN(2)])
		o := gateway.OperationEnd{
			Type: []string{"", "query", "mutation", "subscription", "secret"}[rand.IntN(5)], Name: "secret",
			Refused: rand.IntN(2) == 0, Lacked: gateway.Lack(rand.IntN(1 + len(lacks))), Shared: rand.IntN(2) == 0, UpstreamCalls: rand.IntN(300),
		}
		if rand.IntN(2) == 0 {
			o.Codes = []graph.Code{codes[rand.IntN(len(codes))]}
		}
		ctx, _ := m.RequestStarts(ctx, gateway.RequestStart{Method: "secret"})
		m.OperationEnds(m.OperationStarts(ctx), o)
		m.RequestEnds(ctx, gateway.RequestEnd{OperationEnd: o, IsOperation: rand.IntN(3) > 0, Left: rand.IntN(5) == 0})
		m.DocumentUnlisted(ctx, gateway.Unlisted(1+rand.IntN(len(unlisted))))
		m.BatchSent(ctx, rand.IntN(500))
		m.PageSought(ctx, rand.IntN(64))
	}
}

// However much happens, there are no more series than the labels have values, and none has a word of an event.
func TestClosedSeries(t *testing.T) {
	t.Parallel()
	m := newMetrics()
	everything(t.Context(), m, 20_000)
	text := scrape(t, m, "")
	series := 0
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "jobsgateway_") {
			series++
		}
	}
	// 4 types and 4 outcomes, each with 30 codes and a histogram; 2 routes with 7 statuses and 9 outcomes, each route and
	// status with a histogram.
	const histogram = len(durationBuckets) + 3
	if most := 4*4*(32+histogram) + 2*7*(9+histogram) + 200; series > most {
		t.Errorf("%d series, at most %d", series, most)
	}
	t.Logf("%d series", series)
	if strings.Contains(text, "secret") || strings.Contains(text, "TOMORROW") {
		t.Error("a word of an event is there")
	}
}
