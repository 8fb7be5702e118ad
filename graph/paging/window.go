package paging

import (
	"slices"

	"jobsgateway/restclient"
)

// window is a part of a list as the Jobs API showed it: the records [offset, end).
type window struct {
	offset  int64
	records []restclient.Record
	total   int64 // length of the list by the answer, or restclient.UnknownTotal
	more    bool  // the answer names a next page that begins behind the window
	full    bool  // as many records came as were asked for
	partial bool  // what was asked for goes on behind the window: it is too large for one answer
	proven  bool  // it came from where it was asked for, whatever the API does with offsets
	parts   bool  // it is of several answers, whose offsets are others than its own
	last    bool  // nothing stands behind the window, whatever its total says
	fault   error // why no more of the list can be read; nil when it can
}

// end returns the place behind the last record.
func (w window) end() int64 { return w.placeOf(len(w.records)) }

// placeOf returns the place in the list of the record at index i.
func (w window) placeOf(i int) int64 { return w.offset + int64(i) }

// evidence is what a window shows of the list behind it.
type evidence int

const (
	endsHere evidence = iota // nothing stands behind the window
	goesOn                   // something stands behind the window
	mayGoOn                  // the window is full, and nothing but a total can say whether it is the last one
)

// behind returns what the answer shows of the list behind it. A total can be capped or late, so a next page
// counts for more, and a full page is not taken for the last one. An answer without records is the end,
// whatever its total says.
func (w window) behind() evidence {
	switch {
	case len(w.records) == 0 || w.last:
		return endsHere
	case w.more || w.partial || w.total > w.end():
		return goesOn
	case w.full:
		return mayGoOn
	}
	return endsHere
}

// reachesEnd reports whether it is certain that nothing stands behind the window.
func (w window) reachesEnd() bool { return w.behind() == endsHere }

// isLast reports whether it is certain that nothing stands beyond the window, in the direction of reading.
func (w window) isLast(backwards bool) bool {
	if backwards {
		return w.offset == 0
	}
	return w.reachesEnd()
}

// credibleTotal returns the total, or restclient.UnknownTotal if the answer contradicts it: by records beyond
// it, by a next page beyond it, or by fewer records than it promises although nothing else keeps them back.
// Examples: the window [100, 130) contradicts a total of 120, and one of 130 if a next page is named. An
// empty window at 100 contradicts a total of 120.
func (w window) credibleTotal() int64 {
	tooSmall := w.total < w.end() && len(w.records) > 0 || w.total == w.end() && w.more
	if tooSmall || w.total > w.end() && w.reachesEnd() {
		return restclient.UnknownTotal
	}
	return w.total
}

// beginsWith reports whether a record is the first of the window.
func (w window) beginsWith(record restclient.Record) bool {
	return len(w.records) > 0 && w.records[0].Job != nil && w.records[0].Job.ID() == record.Job.ID()
}

// isReadable reports whether a record has a job.
func isReadable(record restclient.Record) bool { return record.Job != nil }

// lastReadable returns the index of the last record that can be read; -1 when there is none.
func lastReadable(records []restclient.Record) int {
	i := len(records) - 1
	for i >= 0 && !isReadable(records[i]) {
		i--
	}
	return i
}

// hasReadable reports whether one of the records can be read.
func hasReadable(records []restclient.Record) bool { return slices.ContainsFunc(records, isReadable) }
