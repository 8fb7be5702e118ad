package telemetry

import (
	"context"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"jobsgateway/graph/operation"
	"jobsgateway/graph/paging"
	"jobsgateway/internal/clienttest"
	"jobsgateway/internal/emulator"
	"jobsgateway/internal/gateway"
	"jobsgateway/restclient"
)

// measured are some of the operations of BenchmarkOperations in internal/gateway, with budgets of
// allocations: a third above what is measured there without metrics.
var measured = []struct {
	name, query string
	allocations float64
}{
	{"trivial", `{__typename}`, 53},
	{"20x6", `{jobs(first:20){nodes{id state type executor createdAt updatedAt}}}`, 390},
	{"500x3", `{jobs(first:500){nodes{id state createdAt}}}`, 390},
}

// BenchmarkOperations is what an operation costs in the handler, without metrics and with them, in one run.
func BenchmarkOperations(b *testing.B) {
	without, with := measuredHandler(b, nil), measuredHandler(b, NewMetrics(slog.New(slog.DiscardHandler)))
	for _, operation := range measured {
		for name, handler := range map[string]http.Handler{"off": without, "on": with} {
			ask := clienttest.SenderOf(b, handler, operation.query)
			b.Run(operation.name+"/"+name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					ask()
				}
			})
		}
	}
}

// Metrics keep the budgets of allocations that an operation has without them.
func TestAllocations(t *testing.T) {
	if raceEnabled {
		return // the race detector allocates, too
	}
	handler := measuredHandler(t, NewMetrics(slog.New(slog.DiscardHandler)))
	for _, operation := range measured {
		ask := clienttest.SenderOf(t, handler, operation.query)
		ask()
		if got := testing.AllocsPerRun(20, ask); got > operation.allocations {
			t.Errorf("%s: %.0f allocations, at most %.0f", operation.name, got, operation.allocations)
		} else {
			t.Logf("%s: %.0f allocations", operation.name, got)
		}
	}
}

// measuredHandler makes a gateway over an upstream whose answers are ready after the first time; a nil
// observer is none.
func measuredHandler(t testing.TB, observer Observer) http.Handler {
	t.Helper()
	cfg := gateway.Config{
		Pages: paging.Limits{Default: 50, Max: 500}, Calls: operation.Limits{Calls: 200, Concurrency: 64},
		Limits: gateway.Limits{Cost: 20000, Depth: 15, Aliases: 30, RootFields: 20}, MaxBody: 256 << 10, Timeout: time.Minute,
		Logger: slog.New(slog.NewJSONHandler(clienttest.Forgetful{}, nil)),
	}
	cfg.Upstream = clienttest.New(t, clienttest.Replaying(emulator.New(emulator.Options{Seed: 1})), func(c *restclient.Config) {
		c.Token, c.MaxBody, c.Scribble = gateway.TokenFrom, 32<<20, false
		c.Observer = observer
	})
	cfg.Observer = observer
	handler, err := gateway.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return handler
}

// BenchmarkCounting is all that Metrics are told of one page of jobs: one request, one operation, one call of
// one attempt.
func BenchmarkCounting(b *testing.B) {
	m := NewMetrics(slog.New(slog.DiscardHandler))
	b.ReportAllocs()
	for b.Loop() {
		countPage(b.Context(), m)
	}
}

// countPage tells an observer of a page of jobs that was read without trouble.
func countPage(ctx context.Context, m Observer) {
	ctx, _ = m.RequestStarts(ctx, gateway.RequestStart{Method: http.MethodPost})
	running := m.OperationStarts(ctx)
	m.BatchSent(running, 1)
	attempt, _ := m.AttemptStarts(running, restclient.RouteList, 1)
	m.AttemptEnds(attempt, restclient.Attempt{Route: restclient.RouteList, Number: 1, Duration: 20 * time.Millisecond, Bytes: 30_000})
	m.CallEnds(running, restclient.RouteList, nil)
	done := gateway.OperationEnd{Type: "query", UpstreamCalls: 1}
	m.OperationEnds(running, done)
	m.RequestEnds(ctx, gateway.RequestEnd{OperationEnd: done, IsOperation: true, Status: http.StatusOK, Duration: 21 * time.Millisecond})
}
