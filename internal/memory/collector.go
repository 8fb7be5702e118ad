package memory

import (
	"math"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"weak"
)

// The garbage collector lets a heap grow to twice of what it found in use. What is lent here shall not be
// doubled: it is counted, used again, and mostly is no garbage. With 90 MiB lent, the process would come to
// 200 MiB. So the collector is told, after each collection, the percentage (debug.SetGCPercent) by which only
// the rest is doubled, and a limit (debug.SetMemoryLimit), near which it returns free memory to the system
// before it takes more: the total, and the rest with room for garbage. Both follow the rest, so that the
// collector does not work for ever because of something that it cannot free, such as ten thousand connections.

const (
	// leastRoom is how much garbage there may be at least, in bytes. By itself the collector works whenever a
	// small process has 4 MiB, which is a hundred times a second under load (GODEBUG=gctrace=1).
	leastRoom = 12 << 20
	// doubled is up to how many bytes the rest may be doubled by garbage; of what is beyond it, half may be added.
	doubled = 24 << 20
	// step is the least change of the limit, in bytes.
	step = 4 << 20
	// byItself is the percentage of a collector that is told nothing.
	byItself = 100
	// leastPercent is the percentage where the rest would have less.
	leastPercent = 12
)

// percentages are what the collector is told, and from which percentage of percentFor on.
var percentages = [...]struct {
	from    int64
	percent int
}{{300, 300}, {200, 200}, {140, 140}, {70, byItself}, {50, 50}, {35, 35}, {25, 25}, {17, 17}}

// collector is what the garbage collector was told.
type collector struct {
	// most and before are the limit and the percentage that it had before; most is 0 if it is not steered.
	most    int64
	before  int
	limit   int64
	percent int
}

// Steer tells the collector of this Memory from now on, whatever GOGC says. Its limit will not be above most. It
// is for one Memory of a process.
func (m *Memory) Steer(most int64) {
	m.mu.Lock()
	m.told = collector{most: most, limit: most, percent: byItself, before: debug.SetGCPercent(byItself)}
	m.mu.Unlock()
	m.tell()
}

// Unsteer has the collector as it was before Steer.
func (m *Memory) Unsteer() {
	m.mu.Lock()
	defer m.mu.Unlock()
	debug.SetMemoryLimit(m.told.most)
	debug.SetGCPercent(m.told.before)
	m.told = collector{}
}

// watch has collected called after each collection, as long as the Memory is in use.
func (m *Memory) watch() {
	mark := new([16]*byte) // is found unused by the next collection; with pointers, so that it lies alone
	runtime.AddCleanup(mark, func(of weak.Pointer[Memory]) {
		if m := of.Value(); m != nil {
			m.collected()
			m.watch()
		}
	}, weak.Make(m))
}

// collected is called after a collection: what was dropped before it is gone.
func (m *Memory) collected() {
	m.mu.Lock()
	m.droppedBefore, m.dropped = m.dropped, 0
	m.mu.Unlock()
	m.tell()
}

// tell tells the collector what follows from what is in use now, if it is steered.
func (m *Memory) tell() {
	inUse := [...]metrics.Sample{
		{Name: "/gc/heap/live:bytes"},
		{Name: "/memory/classes/heap/stacks:bytes"},
		{Name: "/memory/classes/metadata/other:bytes"},
		{Name: "/memory/classes/other:bytes"},
		{Name: "/memory/classes/metadata/mspan/inuse:bytes"},
		{Name: "/memory/classes/profiling/buckets:bytes"},
	}
	metrics.Read(inUse[:])
	heap, rest := int64(inUse[0].Value.Uint64()), int64(0) //nolint:gosec // of one process
	for _, sample := range inUse {
		rest += int64(sample.Value.Uint64()) //nolint:gosec // of one process
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	before, counted := m.told, m.held+m.idle
	if before.most == 0 {
		return
	}
	m.told.percent = percentFor(heap, counted)
	limit := limitFor(m.total, max(0, rest-counted), before.most)
	if limit == before.most || limit-before.limit >= step || before.limit-limit >= step {
		m.told.limit = limit
	}
	if m.told.percent != before.percent {
		debug.SetGCPercent(m.told.percent)
	}
	if m.told.limit != before.limit {
		debug.SetMemoryLimit(m.told.limit)
	}
}

// roomFor returns how much garbage there may be beside a rest that is in use.
//
// Example: 12 MiB beside 8, 20 beside 20, and 32 beside 40.
func roomFor(rest int64) int64 {
	if rest > doubled {
		return doubled + (rest-doubled)/2
	}
	return max(rest, leastRoom)
}

// limitFor returns the limit for a total that is counted and a rest that is not: room for both, and for
// garbage; never above most.
//
// Example: beside a total of 104 MiB 20 MiB are in use. The limit is 144 MiB.
func limitFor(total, rest, most int64) int64 {
	if total > math.MaxInt64/4 {
		return most
	}
	return min(total+rest+roomFor(rest), most)
}

// percentFor returns by how many percent a heap in use may grow, so that what is counted of it is not doubled.
// There are few such percentages, so that they seldom change. The most is 300: the collector takes a heap to be
// 4 MiB at least.
//
// Example: of 100 MiB in use 80 are counted. The other 20 may be doubled: 20 %, and 17 is the next lower one. Of
// 5 MiB none are counted: 12 may be added, 240 %, so 200.
func percentFor(heap, counted int64) int {
	percent := byItself * roomFor(heap-counted) / max(heap, 1)
	for _, p := range percentages {
		if percent >= p.from {
			return p.percent
		}
	}
	return leastPercent
}
