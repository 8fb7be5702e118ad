package graph

import (
	"errors"
	"fmt"
	"slices"

	"jobsgateway/restclient"
)

// driftError is a list that moves faster than a place in it can be found.
type driftError struct{}

func (*driftError) Error() string {
	return "The list changes faster than the place of the cursor can be found; try again, or start without a cursor."
}

// untruthError is a list in which no place can be found, since what the API says of it cannot be true.
type untruthError struct{ message string }

func (e *untruthError) Error() string { return e.message }

// maxUnreadable is how many windows are read for a page without one readable record.
const maxUnreadable = 3

// witness compares the answers that a page costs. The zero value has heard none.
type witness struct {
	heard  bool
	last   window // of those that are aligned
	doubts int
}

// Two answers that begin with the same jobs at different places cannot both be true, unless the list has moved by just that much and
// is as long as it was. Over few places this may happen once, over more it does not.
const (
	maxMoved  = 3
	maxDoubts = 2
)

// hear takes in one answer; aligned: it starts at a multiple of its size, so it stands where it was asked for even if the API takes
// offsets as page numbers. Errors: *untruthError when the answers cannot all be true.
func (h *witness) hear(order ordering, w window, aligned bool) error {
	if !aligned {
		return nil
	}
	last, heard := h.last, h.heard
	h.last, h.heard = w, true
	if heard && w.total == last.total && sameStart(order, w, last) {
		return h.doubt(max(w.offset-last.offset, last.offset-w.offset))
	}
	return nil
}

// doubt notes that the same jobs were shown so many places apart.
func (h *witness) doubt(apart int64) error {
	switch {
	case apart > maxMoved:
		h.doubts = maxDoubts
	case apart > 0:
		h.doubts++
	}
	if h.doubts >= maxDoubts {
		return &untruthError{messageSame}
	}
	return nil
}

const messageSame = "The Jobs API shows the same jobs for each offset, so no more of this list can be read."

// repeated gives how many places before the record that an answer shows behind a window the window shows it, too; 0 where it does
// not, or where the record may stand in any order among equals.
func repeated(order ordering, w, behind window) int64 {
	last := w.records[len(w.records)-1].Job
	if len(behind.records) == 0 || behind.records[0].Job == nil || last == nil {
		return 0
	}
	job := behind.records[0].Job
	if order.valueOf(job).Equal(order.valueOf(last)) {
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

// fewEquals is how many equals may by chance stand in the same order twice.
const fewEquals = 4

// sameStart reports whether two windows begin with the same jobs in the same order: two or more, of different times or many.
func sameStart(order ordering, a, b window) bool {
	n := min(len(a.records), len(b.records))
	for i := range n {
		x, y := a.records[i].Job, b.records[i].Job
		if x == nil || y == nil || x.ID() != y.ID() {
			return false
		}
	}
	return n > fewEquals || n >= 2 && !order.valueOf(a.records[0].Job).Equal(order.valueOf(a.records[n-1].Job))
}

// hasReadable reports whether one of the records can be read.
func hasReadable(records []restclient.Record) bool {
	for _, record := range records {
		if record.Job != nil {
			return true
		}
	}
	return false
}

// unreadableError tells of records of which none can be read, with the most frequent reason.
func unreadableError(records []restclient.Record) *untruthError {
	counts := map[string]int{}
	most := ""
	for _, record := range records {
		reason := "cannot be read"
		if e, ok := errors.AsType[*restclient.Error](record.Err); ok && e.Lacks != "" {
			reason = e.Lacks
		}
		if counts[reason]++; most == "" || counts[reason] > counts[most] {
			most = reason
		}
	}
	return &untruthError{fmt.Sprintf("The list of the Jobs API cannot be read: %d of %d records %s.", counts[most], len(records), most)}
}
