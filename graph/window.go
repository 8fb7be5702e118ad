package graph

import (
	"slices"
	"strings"
	"time"

	"jobsgateway/restclient"
)

// window is a part of a list as one answer showed it: the records [offset, end).
type window struct {
	offset  int64
	records []restclient.Record
	total   int64 // of the list at that moment, or restclient.UnknownTotal
	// short: the answer has fewer records than were asked for.
	short bool
}

// end is the place behind the last record.
func (w window) end() int64 { return w.offset + int64(len(w.records)) }

// reachesEnd reports whether nothing stands behind the window.
func (w window) reachesEnd() bool {
	if w.total == restclient.UnknownTotal {
		return w.short
	}
	return w.end() >= w.total
}

// side is where something stands relative to an anchor, in the order of its list.
type side int

const (
	sideBefore side = iota - 1
	sideTied        // the same value
	sideAfter
)

// ordering compares jobs as an order of the API does.
type ordering restclient.Order

// valueOf is what the order goes by.
func (o ordering) valueOf(job *restclient.Job) time.Time {
	if strings.HasPrefix(string(o), "created_at") {
		return job.CreatedAt().Time()
	}
	return job.UpdatedAt().Time()
}

// sideOf tells where a job stands relative to an anchor by its value alone.
func (o ordering) sideOf(job *restclient.Job, a *anchor) side {
	s := side(o.valueOf(job).Compare(a.value))
	if strings.HasSuffix(string(o), "_desc") {
		s = -s
	}
	return s
}

// isAnchor reports whether a record is the anchor, still with the value that it had: under an UPDATED_AT order a job
// that has changed since stands elsewhere, and its old place is to be found by the value.
func (o ordering) isAnchor(record restclient.Record, a *anchor) bool {
	return record.Job != nil && comparableID(record.Job.ID()) == a.id && o.sideOf(record.Job, a) == sideTied
}

// find gives the index of the anchor in the window, -1 when it is not there.
func (o ordering) find(w window, a *anchor) int {
	return slices.IndexFunc(w.records, func(record restclient.Record) bool { return o.isAnchor(record, a) })
}

// hasTies reports whether neighbours in a window have the same value.
func (o ordering) hasTies(w window) bool {
	for i := 1; i < len(w.records); i++ {
		a, b := w.records[i-1].Job, w.records[i].Job
		if a != nil && b != nil && o.valueOf(a).Equal(o.valueOf(b)) {
			return true
		}
	}
	return false
}

// verdict is what a window tells about the place of an anchor.
type verdict int

const (
	placeFound  verdict = iota // it is at the index
	placeHigher                // it is behind the window, at a greater offset
	placeLower                 // it is before the window
)

// locate finds the place next to an anchor: with the anchor there, the index right behind it, or its own when reading
// backwards. Without it, the boundary between what stands before and after by value: its equals count as behind the
// boundary, or before it when reading backwards, so that whoever reads on meets all of them and can pass over those that
// had their turn. A boundary at an edge of the window is one only where the list itself ends.
func (o ordering) locate(w window, a *anchor, backwards bool) (index int, v verdict) {
	if i := o.find(w, a); i >= 0 {
		if backwards {
			return i, placeFound
		}
		return i + 1, placeFound
	}
	belongsBefore := func(job *restclient.Job) bool {
		s := o.sideOf(job, a)
		return s == sideBefore || backwards && s == sideTied
	}
	boundary, readable := 0, false
	for i, record := range w.records {
		if record.Job != nil {
			readable = true
			if belongsBefore(record.Job) {
				boundary = i + 1
			}
		}
	}
	switch {
	case boundary == 0 && w.offset > 0 && (readable || len(w.records) == 0):
		return 0, placeLower
	case boundary == len(w.records) && !w.reachesEnd(), !readable && !w.reachesEnd():
		return 0, placeHigher
	}
	return boundary, placeFound
}

// span is the part [low, high) of a list.
type span struct{ low, high int64 }

// shared is how many places two spans have in common.
func (s span) shared(o span) int64 { return max(0, min(s.high, o.high)-max(s.low, o.low)) }

// aligned gives a window that starts at a multiple of its own size, for an API that takes offsets as page numbers. It
// shows as much of need as can be, its first place always, and then as much of want as a size up to most allows.
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
