package operation

import (
	"sync"
	"time"
)

// waits measures for how long at least one of several things that overlap has been under way. Safe for
// concurrent use; the zero value has measured nothing.
//
// Example: one from 0 to 3 s and another from 2 to 5 s are 5 s.
type waits struct {
	mu       sync.Mutex
	underWay int
	since    time.Time     // when there was the first of those that are under way
	before   time.Duration // all that has ended before
}

// begin notes that one more is under way.
func (w *waits) begin() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.underWay++; w.underWay == 1 {
		w.since = time.Now()
	}
}

// end notes that one is not any more.
func (w *waits) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.underWay--; w.underWay == 0 {
		w.before += time.Since(w.since)
	}
}

// total returns the time up to now.
func (w *waits) total() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.underWay > 0 {
		return w.before + time.Since(w.since)
	}
	return w.before
}
