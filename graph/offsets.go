package graph

import "sync/atomic"

// offsets remembers, for the life of the process, whether the API takes any offset, as it is documented to, or only
// multiples of the page size. It says nothing about any caller's data. Safe for concurrent use.
type offsets struct {
	proven atomic.Bool
	doubts atomic.Int32
}

// enoughDoubts is how often a window has to be elsewhere than asked, and right when aligned, before all are aligned: once
// may be a list that moved and moved back.
const enoughDoubts = 3

// takes reports whether a window may be asked for as it is, since what comes can be told from what was meant.
func (o *offsets) takes(offset int64, records int) bool {
	return o.isProven(offset, records) || o.doubts.Load() < enoughDoubts
}

// isProven reports whether a window surely comes from where it is asked for.
func (o *offsets) isProven(offset int64, records int) bool {
	return offset%int64(records) == 0 || o.proven.Load()
}

// prove notes that an offset between two pages was honoured.
func (o *offsets) prove() { o.proven.Store(true) }

// doubt notes that one was refused or ignored.
func (o *offsets) doubt(n int32) {
	o.proven.Store(false)
	o.doubts.Add(n)
}
