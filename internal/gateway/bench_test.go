package gateway

import (
	"log/slog"
	"net/http"
	"testing"
	"time"

	"jobsgateway/graph/operation"
	"jobsgateway/graph/paging"
	"jobsgateway/internal/clienttest"
	"jobsgateway/internal/emulator"
	"jobsgateway/internal/places"
	"jobsgateway/restclient"
)

// measured are the operations that figures are given for.
var measured = []struct{ name, query string }{
	{"trivial", `{__typename}`},
	{"20x6", `{jobs(first:20){nodes{id state type executor createdAt updatedAt}}}`},
	{"500x3", `{jobs(first:500){nodes{id state createdAt}}}`},
	{"500x15", `{jobs(first:500){edges{cursor node{id state rawState isFinal type executor idempotencyKey createdAt updatedAt endedAt
		durationSeconds tags input{raw} result{raw} dataPlane{id}}}}}`},
	{"board", `{jobs(first:50,offset:50){nodes{id dataset{jobs(first:3){nodes{id state}}}}}}`},
}

// BenchmarkOperations is what an operation costs in the handler: one request at a time, without compression,
// the upstream's answers ready over HTTP on loopback, the client left out.
func BenchmarkOperations(b *testing.B) {
	handler := measuredHandler(b)
	for _, operation := range measured {
		ask := clienttest.SenderOf(b, handler, operation.query)
		b.Run(operation.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				ask()
			}
		})
	}
}

// Budgets of allocations, of everything from the handler to the upstream's answer and back. They are a third
// above what is measured.
func TestAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates, too")
	}
	handler := measuredHandler(t)
	budgets := map[string]float64{"trivial": 52, "20x6": 390, "500x3": 390, "500x15": 2550, "board": 4600}
	for _, operation := range measured {
		ask := clienttest.SenderOf(t, handler, operation.query)
		ask()
		if got := testing.AllocsPerRun(20, ask); got > budgets[operation.name] {
			t.Errorf("%s: %.0f allocations, at most %.0f", operation.name, got, budgets[operation.name])
		} else {
			t.Logf("%s: %.0f allocations", operation.name, got)
		}
	}
}

// measuredHandler makes a gateway over an upstream whose answers are ready after the first time.
func measuredHandler(t testing.TB) http.Handler {
	t.Helper()
	_, handler := measuredGateway(t)
	return handler
}

// measuredGateway is measuredHandler with what stands behind the handler.
func measuredGateway(t testing.TB) (*gateway, http.Handler) {
	t.Helper()
	// Memory is given back as the program does it: its costs are measured.
	client := clienttest.New(t, clienttest.Replaying(emulator.New(emulator.Options{Seed: 1})), func(c *restclient.Config) {
		c.Token, c.MaxBody, c.Scribble, c.Account = TokenFrom, 32<<20, false, operation.AccountOf
	})
	cfg := Config{
		Upstream: client, Pages: paging.Limits{Default: 50, Max: 500}, Calls: operation.Limits{Calls: 200, Concurrency: 64},
		Limits: Limits{Cost: 20000, Depth: 15, Aliases: 30, RootFields: 20}, MaxBody: 256 << 10, Timeout: time.Minute,
		Introspection: true, Federation: true, Logger: slog.New(slog.NewJSONHandler(clienttest.Forgetful{}, nil)), Operations: places.New(1024),
	}
	g, err := newGateway(cfg)
	if err != nil {
		t.Fatal(err)
	}
	handler, err := g.routes(cfg, "")
	if err != nil {
		t.Fatal(err)
	}
	return g, handler
}
