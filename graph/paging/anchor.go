package paging

import (
	"slices"
	"time"

	"jobsgateway/restclient"
)

// anchor is the job that a cursor names: by it a place is found again after the list has moved.
type anchor struct {
	id    string    // shortened by comparableID
	value time.Time // the time that the list is ordered by, with all its digits
	// offset and total are the job's place and the length of the list when the cursor was made: where a
	// search begins. Total can be restclient.UnknownTotal.
	offset, total int64
	// index and count are, in a range whose ends were known then, how many of its jobs stood before the anchor
	// and how many it had; count is 0 if the ends were not known.
	index, count int64
	// before and after are the fingerprints (tieOf) of jobs with the same time that stood on either side, the
	// nearest first. Such equals have no order of their own, so only these lists say which of them were
	// returned already.
	before, after []uint32
	// openBefore and openAfter: there may be more equals on that side than are listed.
	openBefore, openAfter bool
	// proven: a window that came from where it was asked for has shown the anchor at its place, for the page that
	// is read. Never in a cursor.
	proven bool
	// exhausted: all of its equals were returned, so the place sought is the one beyond them. Never in a
	// cursor.
	exhausted bool
}

// returned lists the equals that were returned before the anchor, by a scan in this direction.
func (a *anchor) returned(backwards bool) []uint32 {
	if backwards {
		return a.after
	}
	return a.before
}

// alreadyReturned reports whether a job with the anchor's time is the anchor, or was returned before it.
func (a *anchor) alreadyReturned(id string, backwards bool) bool {
	return comparableID(id) == a.id || slices.Contains(a.returned(backwards), tieOf(id))
}

// lists reports whether the anchor lists a job as one of its equals, on either side.
func (a *anchor) lists(id string) bool {
	tie := tieOf(id)
	return slices.Contains(a.before, tie) || slices.Contains(a.after, tie)
}

// isOpen reports whether more equals may have been returned than the list of returned has.
func (a *anchor) isOpen(backwards bool) bool {
	if backwards {
		return a.openAfter
	}
	return a.openBefore
}

// isLarge reports whether a window of most records cannot show all equals of the anchor, or those that were
// returned are not all known. Then the place of the anchor itself counts, not that of its group.
func (a *anchor) isLarge(most int, backwards bool) bool {
	known, isCapped := len(a.before)+len(a.after)+1, most < restclient.MaxPerPage
	return a.isOpen(backwards) || known > restclient.MaxPerPage || isCapped && known >= most
}

// groupStart returns the place where the first of the known equals should stand.
func (a *anchor) groupStart() int64 { return max(0, a.offset-int64(len(a.before))) }

// groupEnd returns the place behind the one where the last of the known equals should stand.
func (a *anchor) groupEnd() int64 { return a.offset + 1 + int64(len(a.after)) }

// mirrored returns the anchor as the opposite order has it; nil for nil.
func (a *anchor) mirrored() *anchor {
	if a == nil {
		return nil
	}
	m := *a
	m.before, m.after = a.after, a.before
	m.openBefore, m.openAfter = a.openAfter, a.openBefore
	return &m
}

// windowBeside returns the window of size jobs next to the anchor. It has the known equals of the anchor too,
// and one record on their far side, which shows that these are all. It has no more than most records, so a
// page of 499 or 500 behind an anchor costs a second call.
//
// Examples: 20 jobs behind the anchor at place 7, with one equal at 6, are the window [5, 28): the record at
// 5 is on the far side. 20 jobs before the anchor at place 30, without equals, are [10, 32). If the group is
// large, equals do not count: the window has the anchor and one record beyond it.
func (a *anchor) windowBeside(size, most int, backwards bool) (offset int64, records int) {
	beside := int64(max(1, size)) // an empty page has to see, too, whether equals stand there
	start, end := a.groupStart()-1, a.groupEnd()+1
	switch {
	case a.exhausted:
		start, end = a.offset, a.offset+1
	case a.isLarge(most, backwards):
		start, end = a.offset-1, a.offset+2
	}
	if backwards {
		low := a.offset - beside
		if !a.exhausted && len(a.before) > 0 {
			low = min(low, start)
		}
		low = max(0, low, end-int64(most))
		return low, int(end - low)
	}
	high := a.offset + 1 + beside
	if !a.exhausted && len(a.after) > 0 {
		high = max(high, end)
	}
	low := max(0, start)
	return low, int(min(high-low, int64(most)))
}

// equals are the jobs of one time beyond an end of a page. The zero value is for a page that ends with the
// list; a value without a time is for whatever time the page ends with.
type equals struct {
	value time.Time
	ties  []uint32 // fingerprints, the nearest first
	open  bool     // there may be more of them
}

// equalsOf returns an anchor with those of its equals that a scan in this direction has returned.
func equalsOf(a *anchor, backwards bool) equals {
	ties := append([]uint32{tieOf(a.id)}, a.returned(backwards)...)
	return equals{value: a.value, ties: ties, open: a.isOpen(backwards)}
}

// join appends the equals to ties, if these have the same time, and reports whether there may be more of
// them.
func (e *equals) join(ties []uint32, value time.Time) (all []uint32, open bool) {
	if !e.value.IsZero() && !e.value.Equal(value) {
		return ties, false
	}
	return append(ties, e.ties...), e.open
}
