package graph

import (
	"sync/atomic"
	"time"
)

// offsets remembers for a while whether the API takes any offset, as it is documented to, or only multiples of the page size.
// It says nothing about any caller's data. Safe for concurrent use; the zero value has learned nothing.
type offsets struct {
	proven atomic.Bool
	doubts atomic.Int32
	until  atomic.Int64 // in nanoseconds of Unix time: when what doubts have taught is doubted itself
}

// enoughDoubts is how often a window has to be elsewhere than asked, and right when aligned, before all are aligned: once
// may be a list that moved and moved back.
const enoughDoubts = 3

// alignedFor is how long all windows are aligned before one is asked for at an odd offset again.
const alignedFor = 5 * time.Minute

// takes reports whether a window may be asked for as it is, since what comes can be told from what was meant.
func (o *offsets) takes(offset int64, records int) bool {
	if o.isProven(offset, records) || o.doubts.Load() < enoughDoubts {
		return true
	}
	until := o.until.Load()
	// Of those who come when the time is over, one tries; the others go on as before until it has told.
	return time.Now().UnixNano() > until && o.until.CompareAndSwap(until, time.Now().Add(alignedFor).UnixNano())
}

// isProven reports whether a window surely comes from where it is asked for.
func (o *offsets) isProven(offset int64, records int) bool {
	return offset%int64(records) == 0 || o.proven.Load()
}

// prove notes that a window stood where it was asked for, which tells something if that was between two pages.
func (o *offsets) prove(offset int64, records int) {
	if !o.isProven(offset, records) {
		o.doubts.Store(0)
		o.proven.Store(true)
	}
}

// doubt notes that a window was elsewhere than it was asked for. It reports whether from now on all windows are aligned.
func (o *offsets) doubt() (learned bool) { return o.learn(1) }

// refuse notes that one window was refused and another given. It was the offset unless the refused one reaches much farther: an
// API may refuse what is too far from the start, too. Where an odd offset was honoured before, one refusal is a doubt like others.
// It reports whether from now on all windows are aligned.
func (o *offsets) refuse(refused, given span) (learned bool) {
	switch {
	case refused.high-given.high > (refused.high-refused.low)/2:
		return false
	case o.proven.Load():
		return o.learn(1)
	}
	return o.learn(enoughDoubts)
}

func (o *offsets) learn(doubts int32) (learned bool) {
	o.proven.Store(false)
	all := o.doubts.Add(doubts)
	if all >= enoughDoubts {
		o.until.Store(time.Now().Add(alignedFor).UnixNano())
	}
	return all >= enoughDoubts && all-doubts < enoughDoubts
}
