package restclient

import (
	"bytes"
	"math/bits"
	"sync"
)

// memory lends the bytes that bodies are read into: a full page has half a megabyte, and most are read by one operation
// that soon ends. What is given back is lent again to anybody, so it may only be given back by the last who reads it.
type memory struct {
	pools [memoryClasses]sync.Pool
	// scribble overwrites what is given back, so that a test sees who reads it all the same.
	scribble bool
}

// Bodies are lent in sizes that differ by an eighth of a power of two, from 4 KiB to 4 MiB; larger ones are not kept.
const (
	smallestLent  = 4 << 10
	stepsPerPower = 8
	memoryClasses = 10*stepsPerPower + 1
)

// classOf gives the class whose size is the least that has room for n bytes, and that size.
func classOf(n int) (class, size int) {
	if n <= smallestLent {
		return 0, smallestLent
	}
	power := bits.Len(uint((n - 1) / smallestLent)) // 1 for up to twice the smallest
	base := smallestLent << (power - 1)
	step := base / stepsPerPower
	steps := (n - base + step - 1) / step
	return (power-1)*stepsPerPower + steps, base + steps*step
}

// take lends an empty slice with room for n bytes or more.
func (m *memory) take(n int) []byte {
	class, size := classOf(n)
	if class >= memoryClasses {
		return make([]byte, 0, n)
	}
	if b, ok := m.pools[class].Get().(*[]byte); ok {
		return (*b)[:0]
	}
	return make([]byte, 0, size)
}

// give takes back what was lent, grown or not.
func (m *memory) give(b []byte) {
	if m.scribble {
		copy(b[:cap(b)], bytes.Repeat([]byte{'#'}, cap(b)))
	}
	class, size := classOf(cap(b))
	if size > cap(b) { // grown to what is no size of ours: it has room for the next smaller one
		class--
	}
	if class >= 0 && class < memoryClasses {
		m.pools[class].Put(&b)
	}
}
