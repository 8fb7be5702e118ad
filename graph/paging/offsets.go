package paging

import (
	"sync/atomic"
	"time"
)

// Offsets remembers whether the Jobs API takes any offset, as it is documented to, or only multiples of the
// page size. It holds nothing of any caller's data. Safe for concurrent use; the zero value has learned
// nothing.
type Offsets struct {
	proven atomic.Bool
	worked atomic.Bool // an odd offset has most likely been honoured, and not been refused
	doubts atomic.Int32
	until  atomic.Int64 // Unix time in nanoseconds after which one odd offset is tried again
}

// enoughDoubts is how often a window has to come from elsewhere than asked, and to be right when aligned,
// before all windows are aligned. Fewer times may be a list that moved and moved back.
const enoughDoubts = 3

// alignedFor is how long all windows are aligned before one is asked for at an odd offset again.
const alignedFor = 5 * time.Minute

// takes reports whether a window at this offset may be asked for without aligning it. If all windows are
// aligned and the time for that is over, it is true for one caller, who has to ask for the window.
func (o *Offsets) takes(offset int64, records int) bool {
	if o.isProven(offset, records) || o.isTrusted() {
		return true
	}
	until := o.until.Load()
	// When the time is over one caller tries; the others align their windows until its answer is known.
	now := time.Now()
	return now.UnixNano() > until && o.until.CompareAndSwap(until, now.Add(alignedFor).UnixNano())
}

// isTrusted reports whether windows are not aligned for now.
func (o *Offsets) isTrusted() bool { return o.doubts.Load() < enoughDoubts }

// isProven reports whether it is certain that a window comes from where it is asked for: its offset is a
// multiple of its size, or the API is known to honour odd offsets.
func (o *Offsets) isProven(offset int64, records int) bool {
	return offset%int64(records) == 0 || o.proven.Load()
}

// trust notes that a window shows an anchor where it was expected, so that doubts are forgotten. It is no
// proof: on a list that has moved, an API that rounds offsets can show the anchor there by chance.
func (o *Offsets) trust(offset int64, records int) {
	if !o.isProven(offset, records) {
		o.doubts.Store(0)
		o.worked.Store(true)
	}
}

// prove notes that a window came from where it was asked for.
func (o *Offsets) prove(offset int64, records int) {
	if !o.isProven(offset, records) {
		o.trust(offset, records)
		o.proven.Store(true)
	}
}

// doubt notes that a window came from elsewhere. It reports whether all windows are aligned from now on.
func (o *Offsets) doubt() (learned bool) { return o.learn(1) }

// refuse notes that one window was refused and another one given. The offset was the reason unless the
// refused window reaches much farther: an API may also refuse what is too far from the start. If an odd
// offset was honoured before, one refusal counts as one doubt. It reports whether all windows are aligned
// from now on.
func (o *Offsets) refuse(refused, given span) (learned bool) {
	switch {
	case refused.high-given.high > refused.length()/2:
		return false
	case o.worked.Load():
		return o.learn(1)
	}
	return o.learn(enoughDoubts)
}

// learn adds doubts, and reports whether they have become enough.
func (o *Offsets) learn(doubts int32) (learned bool) {
	o.proven.Store(false)
	o.worked.Store(false)
	all := o.doubts.Add(doubts)
	if all >= enoughDoubts {
		o.until.Store(time.Now().Add(alignedFor).UnixNano())
	}
	return all >= enoughDoubts && all-doubts < enoughDoubts
}
