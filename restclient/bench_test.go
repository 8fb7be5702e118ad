package restclient

import (
	"context"
	"encoding/json"
	"sync"
	"testing"

	"jobsgateway/internal/emulator"
)

// benchPage is what bench/ decodes, too: the newest 500 of 2,000 generated jobs.
func benchPage(b *testing.B) []byte {
	b.Helper()
	body := pageOf(b, emulator.Options{Seed: 1, End: historyEnd})
	b.SetBytes(int64(len(body)))
	return body
}

// BenchmarkDecodePage is one page as the client reads it, and the same work by the standard library in the
// same run: members that every job has as values, the others as bytes.
func BenchmarkDecodePage(b *testing.B) {
	b.Run("restclient", func(b *testing.B) {
		body := benchPage(b)
		b.ReportAllocs()
		for b.Loop() {
			p, err := decodePage(body, MaxPerPage)
			if err != nil || len(p.Records) != MaxPerPage {
				b.Fatal(err)
			}
		}
	})
	b.Run("encoding_json", func(b *testing.B) {
		body := benchPage(b)
		b.ReportAllocs()
		for b.Loop() {
			var p standardPage
			if err := json.Unmarshal(body, &p); err != nil || len(p.Records) != MaxPerPage {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkPageOverHTTP is a whole call: request, gzip, decoding.
func BenchmarkPageOverHTTP(b *testing.B) {
	u := newUpstream(b, emulator.Options{Seed: 1}, func(cfg *Config) { cfg.MaxBody = 32 << 20 })
	ctx, q := withToken(b.Context(), secret), JobsQuery{OrderBy: CreatedAtDesc, PerPage: MaxPerPage}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := u.Jobs(ctx, q); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkEqualCalls is 64 callers that ask for the same page at once. calls/op tells how many requests that
// costs; 1 is the least.
func BenchmarkEqualCalls(b *testing.B) {
	u := newUpstream(b, emulator.Options{Seed: 1, Jobs: 200})
	ctx, q := withToken(b.Context(), secret), JobsQuery{OrderBy: CreatedAtDesc, PerPage: 20}
	before := u.Total()
	for b.Loop() {
		var all sync.WaitGroup
		for range 64 {
			all.Go(func() {
				if _, err := u.Jobs(ctx, q); err != nil {
					b.Error(err)
				}
			})
		}
		all.Wait()
	}
	b.ReportMetric(float64(u.Total()-before)/float64(b.N), "calls/op")
}

type standardPage struct {
	Total   int64         `json:"total_records"`
	Records []standardJob `json:"records"`
}

// standardJob has the members of a record that Job knows.
type standardJob struct {
	ID             string          `json:"job_id"`
	State          string          `json:"state"`
	Type           string          `json:"type"`
	CreatedAt      string          `json:"created_at"`
	UpdatedAt      string          `json:"updated_at"`
	EndedAt        json.RawMessage `json:"ended_at"`
	Input          json.RawMessage `json:"input"`
	Result         json.RawMessage `json:"result"`
	Failures       json.RawMessage `json:"failures"`
	DataPlaneID    json.RawMessage `json:"data_plane_id"`
	RequestSource  json.RawMessage `json:"request_source"`
	Tags           json.RawMessage `json:"tags"`
	Executor       json.RawMessage `json:"executor"`
	IdempotencyKey json.RawMessage `json:"idempotency_key"`
}

// BenchmarkPolicy is what one attempt costs beside its request: whether it may be made, and what is noted of it.
func BenchmarkPolicy(b *testing.B) {
	c := newClient(b, "http://jobs.invalid")
	b.ReportAllocs()
	ctx := WithOperation(b.Context())
	for b.Loop() {
		pass(ctx, c)
	}
}

// The policy allocates nothing while all goes well.
func TestAllocationsOfPolicy(t *testing.T) {
	c := newClient(t, "http://jobs.invalid")
	ctx := WithOperation(t.Context())
	if got := testing.AllocsPerRun(1000, func() { pass(ctx, c) }); got != 0 {
		t.Errorf("%v allocations", got)
	}
}

// pass is an attempt of the policy that is answered.
func pass(ctx context.Context, c *Client) {
	q := call{token: secret, records: 20}
	held, place, _ := c.admit(ctx, q)
	c.retries.earn()
	c.breaker.record(held, nil)
	c.leave(place, q, &progress{}, nil)
}
