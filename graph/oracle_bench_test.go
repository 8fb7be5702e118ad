package graph

import (
	"context"
	"testing"

	"jobsgateway/internal/emulator"
	"jobsgateway/restclient"
)

// BenchmarkExecutors is what an operation on a page of 500 jobs costs without HTTP and parsing: written by graph/direct, and by
// gqlgen's executor for the whole schema.
func BenchmarkExecutors(b *testing.B) {
	client := newClient(b, emulator.New(emulator.Options{Seed: 1}))
	b.Cleanup(client.Close)
	page, err := client.Jobs(b.Context(), restclient.JobsQuery{OrderBy: restclient.CreatedAtDesc, PerPage: restclient.MaxPerPage})
	if err != nil {
		b.Fatal(err)
	}
	same := stub{jobs: func(context.Context, restclient.JobsQuery) (*restclient.JobsPage, error) {
		shown := *page
		return &shown, nil
	}}
	for name, query := range map[string]string{
		"500x3": `{ jobs(first: 500) { nodes { id state createdAt } } }`,
		"500x15": `{ jobs(first: 500) { edges { cursor node { id state rawState isFinal type executor idempotencyKey createdAt updatedAt endedAt
			durationSeconds tags input { raw } result { raw } dataPlane { id } } } } }`,
	} {
		for executor, stock := range map[string]bool{"direct": false, "gqlgen": true} {
			b.Run(name+"/"+executor, func(b *testing.B) {
				r := newRig(b, same)
				r.stock = stock
				b.ReportAllocs()
				for b.Loop() {
					if out := r.ask(query, ""); len(out.errors) > 0 {
						b.Fatal(out.wire)
					}
				}
			})
		}
	}
}
