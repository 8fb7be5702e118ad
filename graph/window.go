package graph

import (
	"jobsgateway/restclient"
)

// window is a part of a list as one answer showed it: the records [offset, end).
type window struct {
	offset  int64
	records []restclient.Record
	total   int64 // of the list, as the answer tells it, or restclient.UnknownTotal
	more    bool  // the answer names a next page, which begins behind the window
	full    bool  // the answer has as many records as were asked for
	partial bool  // the list goes on in what was asked for, but an answer with all of it would be too large
	last    bool  // nothing stands behind the window, whatever its total says
	fault   error // why no more of the list can be read; nil when it can
}

// end is the place behind the last record.
func (w window) end() int64 { return w.offset + int64(len(w.records)) }

// evidence is what a window tells of the list behind it.
type evidence int

const (
	endsHere evidence = iota // nothing stands behind the window
	goesOn                   // something does
	mayGoOn                  // a full page: nothing tells that it is the last one but a total
)

// behind weighs what the answer tells of the list behind it. A total can be capped or late, so a next page counts for more, and
// a full page is not taken for the last one. An answer without records is the end, whatever its total promises.
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

// reachesEnd reports whether surely nothing stands behind the window.
func (w window) reachesEnd() bool { return w.behind() == endsHere }

// credibleTotal gives the total unless the answer itself contradicts it: by records beyond it, by a next page behind it, or by
// fewer records than it promises where nothing else keeps them back. Then it gives restclient.UnknownTotal.
func (w window) credibleTotal() int64 {
	if w.total < w.end() && len(w.records) > 0 || w.more && w.total <= w.end() || w.total > w.end() && w.reachesEnd() {
		return restclient.UnknownTotal
	}
	return w.total
}

// span is the part [low, high) of a list.
type span struct{ low, high int64 }

// shared is how many places two spans have in common.
func (s span) shared(o span) int64 { return max(0, min(s.high, o.high)-max(s.low, o.low)) }

// aligned gives a window that starts at a multiple of its own size, for an API that takes offsets as page numbers. It
// shows as much of need as can be, its first place always, and then as much of want as a size up to most allows. Of equally
// good windows it gives the smallest. Example: need [9, 12) and want [5, 20) of at most 16 make [8, 16).
func aligned(need, want span, most int) (offset int64, records int) {
	needed, wanted := int64(-1), int64(-1)
	for size := int64(1); size <= int64(most); size++ {
		start := need.low - need.low%size
		shown := span{start, start + size}
		n, w := shown.shared(need), shown.shared(want)
		if n > needed || n == needed && w > wanted {
			needed, wanted, offset, records = n, w, start, int(size)
		}
	}
	return offset, records
}
