package gateway

import "sync"

// bufferPool lends memory for answers. The zero value is ready; safe for concurrent use.
//
// BenchmarkOperations/500x15: 1.8 ms and 1.4 MB an operation with it, 3.0 ms and 4.0 MB without.
type bufferPool struct{ pool sync.Pool }

// maxPooledBuffer bounds what is kept of one answer for the next ones, in bytes; the collector takes larger
// ones. Source: four full pages with all fields.
const maxPooledBuffer = 2 << 20

// take returns an empty buffer, mostly with room for an answer.
func (p *bufferPool) take() []byte {
	if b, ok := p.pool.Get().(*[]byte); ok {
		return (*b)[:0]
	}
	return nil
}

// give takes the memory of an answer back that nobody reads any more. What is larger than the bound is left
// to the collector.
func (p *bufferPool) give(b []byte) {
	if cap(b) > 0 && cap(b) <= maxPooledBuffer {
		p.pool.Put(&b)
	}
}
