package restclient

import (
	"sync"
	"testing"

	"jobsgateway/internal/emulator"
)

// BenchmarkEqualCalls is 64 callers that ask for the same page at once. calls/op tells how many requests that
// costs; 1 is the least.
func BenchmarkEqualCalls(b *testing.B) {
	u := serve(b, emulator.Options{Seed: 1, Jobs: 200})
	ctx, q := as(b.Context(), secret), JobsQuery{OrderBy: CreatedAtDesc, PerPage: 20}
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
