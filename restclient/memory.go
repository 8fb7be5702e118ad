package restclient

import (
	"bytes"
	"math/bits"
	"sync"
)

// memory lends the bytes that bodies are read into. A full page has half a megabyte, and most pages are read
// by one operation that soon ends. What is given back is lent again to anybody, so only the last reader may
// give it back.
//
// It lends powers of two, from 4 KiB to 4 MiB; more than that is made for one body and not kept. Finer steps
// waste less of each body but find a body of their own size less often: with eight steps a power, the peak of
// the memory was higher (1.4 times for pages of 700 kB, see docs/adr/0012).
type memory struct {
	pools [11]sync.Pool // of *[]byte; pools[i] has room for smallestLent << i bytes
	// scribble overwrites what is given back, so that a test sees who reads it all the same.
	scribble bool
}

const (
	smallestLent = 4 << 10 // bytes
	largestLent  = 4 << 20 // bytes
)

// poolOf returns the index of the pool whose bytes are the fewest that have room for n: 0 for 4 KiB or less,
// 1 for 4,097 bytes to 8 KiB.
func poolOf(n int) int { return bits.Len(uint(max(0, n-1) / smallestLent)) }

// take lends an empty slice with room for n bytes or more.
func (m *memory) take(n int) []byte {
	if n > largestLent {
		return make([]byte, 0, n)
	}
	pool := poolOf(n)
	if b, ok := m.pools[pool].Get().(*[]byte); ok {
		return (*b)[:0]
	}
	return make([]byte, 0, smallestLent<<pool)
}

// give takes back what was lent, grown or not.
func (m *memory) give(b []byte) {
	if m.scribble {
		copy(b[:cap(b)], bytes.Repeat([]byte{'#'}, cap(b)))
	}
	if cap(b) < smallestLent || cap(b) > largestLent {
		return
	}
	pool := poolOf(cap(b))
	if smallestLent<<pool > cap(b) { // grown to a size that is not lent: it has room for the next smaller one
		pool--
	}
	m.pools[pool].Put(&b)
}
