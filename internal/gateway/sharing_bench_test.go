package gateway

import (
	"fmt"
	"sync/atomic"
	"testing"

	"jobsgateway/internal/clienttest"
)

// BenchmarkEqualOperations is what it saves to share the answer of equal operations under way: 64 clients ask for the same page of 20
// jobs, once in equal documents, and once in documents that a comment makes different, so that they share calls of the REST API alone.
func BenchmarkEqualOperations(b *testing.B) {
	const clients = 64
	handler := measuredHandler(b)
	for _, equal := range []bool{true, false} {
		b.Run(fmt.Sprintf("equal=%t", equal), func(b *testing.B) {
			var next atomic.Int64
			b.SetParallelism(clients / 2)
			b.RunParallel(func(pb *testing.PB) {
				query := measured[1].query
				if !equal {
					query = fmt.Sprintf("%s # %d", query, next.Add(1))
				}
				ask := clienttest.SenderOf(b, handler, query)
				for pb.Next() {
					ask()
				}
			})
		})
	}
}
