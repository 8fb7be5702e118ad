package gateway

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"jobsgateway/graph"
	"jobsgateway/internal/emulator"
	"jobsgateway/restclient"
)

// What an operation costs in the handler, upstream and client over HTTP on loopback left out of the client's side: one
// request at a time, no compression.
func BenchmarkOperations(b *testing.B) {
	upstream := httptest.NewServer(emulator.New(emulator.Options{Seed: 1}))
	defer upstream.Close()
	base, err := url.Parse(upstream.URL)
	if err != nil {
		b.Fatal(err)
	}
	client := restclient.New(restclient.Config{
		BaseURL: base, Token: TokenFrom, Timeout: time.Minute, MaxBody: 32 << 20, MaxConns: 64,
	})
	defer client.Close()
	handler, err := New(Config{
		Upstream: client, Pages: graph.PageLimits{Default: 50, Max: 500}, Calls: graph.CallLimits{Calls: 200, Concurrency: 64},
		Limits: Limits{Cost: 20000, Depth: 15, Aliases: 30, RootFields: 20}, MaxBody: 256 << 10, Timeout: time.Minute,
		Introspection: true, Federation: true, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		b.Fatal(err)
	}
	for _, operation := range []struct{ name, query string }{
		{"trivial", `{__typename}`},
		{"20x6", `{jobs(first:20){nodes{id state type executor createdAt updatedAt}}}`},
		{"500x3", `{jobs(first:500){nodes{id state createdAt}}}`},
		{"500x15", `{jobs(first:500){edges{cursor node{id state rawState isFinal type executor idempotencyKey createdAt updatedAt endedAt
			durationSeconds tags input{raw} result{raw} dataPlane{id}}}}}`},
		{"board", `{jobs(first:50){nodes{id dataset{jobs(first:3){nodes{id state}}}}}}`},
	} {
		body, err := json.Marshal(map[string]string{"query": operation.query})
		if err != nil {
			b.Fatal(err)
		}
		b.Run(operation.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "/graphql", strings.NewReader(string(body)))
				r.Header.Set("Content-Type", "application/json")
				r.Header.Set("Authorization", "Bearer bench")
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, r)
				if w.Code != http.StatusOK || strings.HasPrefix(w.Body.String(), `{"errors"`) {
					b.Fatal(w.Body)
				}
			}
		})
	}
}
