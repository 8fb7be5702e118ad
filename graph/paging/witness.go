package paging

import (
	"slices"

	"jobsgateway/restclient"
)

// maxUnreadable is how many windows without one readable record a page may cost.
const maxUnreadable = 3

// Two answers that begin with the same jobs at different places cannot both be true, unless the list has
// moved by just as many places and has kept its length. Over at most maxMoved places this may happen once
// (maxDoubts times is too often). Example: if [0, 5) and [5, 10) of a list of 100 show the same jobs, five
// would have to arrive and five others to leave between two calls. At [5, 10) and [6, 11) it may be one of
// each.
const (
	maxMoved  = 3
	maxDoubts = 2
)

// fewEquals is how many equals may stand in the same order twice by chance.
const fewEquals = 4

// witness compares the answers that one page costs. The zero value has seen none.
type witness struct {
	last   window // of those that are aligned
	doubts int
}

// compare compares an answer with the one before. Where two answers far apart begin with different jobs, what
// was doubted before was the list's moving. Aligned: it starts at a multiple of its size, so it comes
// from where it was asked for even if the API takes offsets as page numbers. Errors: *UntruthError when the
// answers cannot all be true.
func (h *witness) compare(order ordering, w window, aligned bool) error {
	if !aligned {
		return nil
	}
	last := h.last
	h.last = w
	switch apart := max(w.offset-last.offset, last.offset-w.offset); {
	case w.total != last.total || len(w.records) == 0 || len(last.records) == 0:
		return nil
	case sameStart(order, w, last):
		return h.noteApart(apart)
	case apart > maxMoved && beginsOtherwise(w, last):
		h.doubts = 0 // the API does not show the same for each offset; the list has moved
	}
	return nil
}

// beginsOtherwise reports whether two windows begin with different jobs.
func beginsOtherwise(a, b window) bool {
	x, y := a.records[0].Job, b.records[0].Job
	return x != nil && y != nil && x.ID() != y.ID()
}

// noteApart notes that the same jobs were shown so many places apart; 0 is no doubt. Errors: *UntruthError
// when they are too many.
func (h *witness) noteApart(apart int64) error {
	switch {
	case apart > maxMoved:
		h.doubts = maxDoubts
	case apart > 0:
		h.doubts++
	}
	if h.doubts >= maxDoubts {
		return &UntruthError{messageSame}
	}
	return nil
}

// repeated returns how many places before the first record behind a window the window shows that record, too.
// It returns 0 where the window does not show it, or where it is an equal of the last one and so may stand
// anywhere among them.
func repeated(order ordering, w, behind window) int64 {
	last := w.records[len(w.records)-1].Job
	if len(behind.records) == 0 || behind.records[0].Job == nil || last == nil {
		return 0
	}
	job := behind.records[0].Job
	if order.areTied(job, last) {
		return 0
	}
	i := slices.IndexFunc(w.records, func(record restclient.Record) bool {
		return record.Job != nil && record.Job.ID() == job.ID()
	})
	if i < 0 {
		return 0
	}
	return int64(len(w.records) - i)
}

// sameStart reports whether two windows begin with the same jobs in the same order: two or more of different
// times, or many.
func sameStart(order ordering, a, b window) bool {
	n := min(len(a.records), len(b.records))
	for i := range n {
		x, y := a.records[i].Job, b.records[i].Job
		if x == nil || y == nil || x.ID() != y.ID() {
			return false
		}
	}
	return n > fewEquals || n >= 2 && !order.areTied(a.records[0].Job, a.records[n-1].Job)
}
