package memory

import (
	"math/bits"
	"runtime"
	"runtime/debug"
	"time"
)

// Sizes that are lent are powers of two, from Least on. Finer steps waste less of each body but find a body of
// their own size less often; see docs/adr/0012.
const (
	Least   = 4 << 10 // bytes
	shelves = 32
)

// shelf has what was given back, of one size. least is the fewest that lay on it since it was last trimmed:
// so many nobody has needed.
type shelf struct {
	all   [][]byte
	least int
}

// SizeOf returns the size that is lent for n bytes.
func SizeOf(n int) int { return Least << shelfOf(n) }

// shelfOf returns the shelf whose bytes are the fewest that have room for n: 0 for 4 KiB or less, 1 for 4,097
// bytes to 8 KiB.
func shelfOf(n int) int { return bits.Len(uint(max(0, n-1) / Least)) }

// lend returns a slice of a size that is counted already. The caller holds the lock, which is given up.
func (m *Memory) lend(size int) []byte {
	s := &m.shelves[shelfOf(size)]
	if last := len(s.all) - 1; last >= 0 {
		b := s.all[last]
		s.all[last] = nil
		s.all = s.all[:last]
		s.least = min(s.least, last)
		m.idle -= int64(size)
		m.makeRoom() // for what is counted with it
		m.mu.Unlock()
		return b[:0]
	}
	m.makeRoom()
	wait := m.excess() > collectAbove
	m.mu.Unlock()
	if wait {
		m.collect()
	}
	return make([]byte, 0, size)
}

// excess returns by how many bytes there are more than the total, with those that are not collected yet.
func (m *Memory) excess() int64 { return m.held + m.idle + m.dropped + m.droppedBefore - m.total }

// keep puts a slice that is no longer counted onto its shelf, if there is room: what is held and what is kept
// are never more than the total. The caller holds the lock.
func (m *Memory) keep(b []byte) {
	size := int64(cap(b))
	i := shelfOf(cap(b))
	if size != Least<<i || m.held+m.idle+size > m.total { // grown to a size that is not lent, or too much
		m.dropped += size
		return
	}
	s := &m.shelves[i]
	s.all = append(s.all, b[:0])
	m.idle += size
	m.trimLater()
}

// makeRoom drops what is kept, the largest first, until what is held fits beside it. The caller holds the lock.
func (m *Memory) makeRoom() {
	for i := shelves - 1; i >= 0 && m.held+m.idle > m.total; i-- {
		for len(m.shelves[i].all) > 0 && m.held+m.idle > m.total {
			m.dropFrom(i, 1)
		}
	}
}

// dropFrom drops the n slices of a shelf that were kept longest. The caller holds the lock.
func (m *Memory) dropFrom(i, n int) {
	s := &m.shelves[i]
	kept := copy(s.all, s.all[n:])
	clear(s.all[kept:])
	s.all = s.all[:kept]
	s.least = min(s.least, kept)
	m.idle -= int64(n) * (Least << i)
	m.dropped += int64(n) * (Least << i)
}

// trim drops what has not been needed since the last trim. The caller holds the lock.
func (m *Memory) trim() {
	for i := range m.shelves {
		s := &m.shelves[i]
		if s.least > 0 {
			m.dropFrom(i, s.least)
		}
		s.least = len(s.all)
	}
}

// What is kept is given back to the system when it was not needed for a while, down to a few megabytes.
const (
	trimAfter  = 5 * time.Second
	worthwhile = 8 << 20 // bytes
)

// trimLater sets a timer to trim, if there is much to trim. The caller holds the lock.
func (m *Memory) trimLater() {
	if m.trimming || m.idle < worthwhile {
		return
	}
	m.trimming = true
	time.AfterFunc(trimAfter, func() {
		m.mu.Lock()
		before := m.idle
		m.trim()
		freed := before - m.idle
		m.trimming = false
		m.trimLater()
		m.mu.Unlock()
		if freed >= worthwhile {
			debug.FreeOSMemory()
		}
	})
}

// collect waits for a collection, or for one that somebody else began to wait for.
func (m *Memory) collect() {
	m.collecting.Lock()
	defer m.collecting.Unlock()
	m.mu.Lock()
	before, needed := m.dropped+m.droppedBefore, m.excess() > 0
	m.mu.Unlock()
	if !needed { // it has been done meanwhile
		return
	}
	runtime.GC()
	m.mu.Lock()
	defer m.mu.Unlock()
	fromBefore := min(before, m.droppedBefore)
	m.droppedBefore -= fromBefore
	m.dropped = max(0, m.dropped-(before-fromBefore))
}
