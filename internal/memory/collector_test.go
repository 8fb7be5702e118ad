package memory

import (
	"math"
	"runtime"
	"runtime/debug"
	"testing"
)

// What is counted is not doubled; the rest is, as long as it is not large.
func TestPercentage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		heap, counted int64 // MiB
		percent       int
		limit         int64 // beside a total of 104 MiB
	}{
		{2, 0, 300, 118},
		{5, 0, 200, 121},
		{8, 0, 140, 124},
		{10, 0, 100, 126},
		{20, 0, 100, 144},
		{24, 0, 100, 152},
		{50, 40, 17, 126},
		{100, 90, 12, 126},
		{110, 90, 17, 144},
		{60, 20, 50, 176},
		{200, 0, 50, 416},
		{90, 100, 12, 116},
	} {
		if got := percentFor(c.heap*mebi, c.counted*mebi); got != c.percent {
			t.Errorf("%+v: %d %%", c, got)
		}
		if got := limitFor(104*mebi, max(0, c.heap-c.counted)*mebi, math.MaxInt64) / mebi; got != c.limit {
			t.Errorf("%+v: a limit of %d MiB", c, got)
		}
	}
	if got := limitFor(104*mebi, 10*mebi, 100*mebi); got != 100*mebi {
		t.Errorf("above the container's: %d", got)
	}
	if got := limitFor(math.MaxInt64, 10*mebi, math.MaxInt64); got != math.MaxInt64 {
		t.Errorf("without a total: %d", got)
	}
}

// The collector is told when it has run, and has its own figures back in the end. It is the process's, so
// nothing runs beside this test.
func TestSteering(t *testing.T) {
	before := debug.SetMemoryLimit(-1)
	m := New(50*mebi, false)
	m.Steer(before)
	if got := debug.SetMemoryLimit(-1); got < 50*mebi+leastRoom || got != m.told.limit {
		t.Errorf("a limit of %d", got)
	}
	account := accountOf(m, "a")
	b, err := account.Take(t.Context(), 16*mebi)
	if err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	for m.told.percentNow(m) == byItself { // it is told a moment later
		runtime.Gosched()
	}
	account.Give(b)
	m.Unsteer()
	if got := debug.SetMemoryLimit(-1); got != before {
		t.Errorf("a limit of %d, before it was %d", got, before)
	}
	if got := debug.SetGCPercent(byItself); got != byItself {
		t.Errorf("%d %%", got)
	}
}

// percentNow is the percentage that the collector was told last.
func (*collector) percentNow(m *Memory) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.told.percent
}
