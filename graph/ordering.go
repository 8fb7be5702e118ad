package graph

import (
	"slices"
	"strings"
	"time"

	"jobsgateway/restclient"
)

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

// equalsFrom counts how many records from the first on have its value, and tells whether another follows them.
func (o ordering) equalsFrom(records []restclient.Record) (n int, all bool) {
	for ; n < len(records); n++ {
		job := records[n].Job
		if job == nil {
			return n, false
		}
		if !o.valueOf(job).Equal(o.valueOf(records[0].Job)) {
			return n, true
		}
	}
	return n, false
}

// isSorted reports whether the readable records of a window stand in the order.
func (o ordering) isSorted(w window) bool {
	var last time.Time
	for _, record := range w.records {
		if record.Job == nil {
			continue
		}
		value := o.valueOf(record.Job)
		if !last.IsZero() && side(value.Compare(last)) == o.sideBefore() {
			return false
		}
		last = value
	}
	return true
}

// sideBefore is how a value compares with one that stands behind it.
func (o ordering) sideBefore() side {
	if strings.HasSuffix(string(o), "_desc") {
		return sideAfter
	}
	return sideBefore
}

// group is what a window shows of the jobs that share an anchor's value: its equals, and the anchor itself.
type group struct {
	// first and end bound them in the window: they are among the records [first, end), or would stand there.
	first, end int
	// left and right: the window shows that none stand before first, and none from end on.
	left, right bool
	// anchor is the index of the anchor; -1 when the window does not show it.
	anchor int
	// verdict tells where else to look when the window shows no more than one side of the place.
	verdict verdict
}

// whole reports whether the window shows all of the group.
func (g group) whole() bool { return g.left && g.right }

// verdict is what a window tells about a place.
type verdict int

const (
	placeFound  verdict = iota // it is in the window
	placeHigher                // it is behind the window, at a greater offset
	placeLower                 // it is before the window
	placeCut                   // the window shows some of the group, and an end of it cuts the group
)

// groupOf finds an anchor's group in a window. The window is looked through from the side where the place is expected to be: its
// start, or its end when reading backwards; on a list that has not moved three records tell.
func (o ordering) groupOf(w window, a *anchor, backwards bool) group {
	g, lastBefore, firstAfter := o.scan(w.records, a, backwards)
	n := len(w.records)
	g.left, g.right = lastBefore >= 0 || w.offset == 0, firstAfter < n || w.reachesEnd()
	switch {
	case g.first >= 0 && !g.whole():
		g.verdict = placeCut
	case g.first >= 0:
	case !g.left && (firstAfter < n || n == 0):
		g.verdict = placeLower
	case !g.right:
		g.verdict = placeHigher
	default: // where the group would be
		g.left, g.right = true, true
		g.first, g.end = lastBefore+1, lastBefore+1
	}
	return g
}

// scan finds the anchor's equals among records, and the nearest readable ones on either side: -1, or how many records there are, where
// there is none.
func (o ordering) scan(records []restclient.Record, a *anchor, backwards bool) (g group, lastBefore, firstAfter int) {
	g = group{first: -1, anchor: -1}
	lastBefore, firstAfter = -1, len(records)
	far := sideAfter
	if backwards {
		far = sideBefore
	}
	for k := range records {
		i := k
		if backwards {
			i = len(records) - 1 - k
		}
		if records[i].Job == nil {
			continue
		}
		s := o.sideOf(records[i].Job, a)
		switch s {
		case sideBefore:
			lastBefore = max(lastBefore, i)
		case sideAfter:
			firstAfter = min(firstAfter, i)
		case sideTied:
			g = g.with(i)
			if g.anchor < 0 && o.isAnchor(records[i], a) {
				g.anchor = i
			}
		}
		if s == far {
			break
		}
	}
	return g, lastBefore, firstAfter
}

// with is the group with the record at an index.
func (g group) with(i int) group {
	if g.first < 0 {
		g.first, g.end = i, i+1
	}
	g.first, g.end = min(g.first, i), max(g.end, i+1)
	return g
}

// isBlurred reports whether an end of the group is not seen since the records beyond it, of n in the window, cannot be read.
func (g group) isBlurred(n int) bool {
	return g.first > 0 && !g.left || g.end < n && !g.right
}

// beyond is the group as it matters where all of it had its turn: only the end that is read from has to be seen.
func (g group) beyond(a *anchor, backwards bool) group {
	if !a.done || g.verdict != placeCut {
		return g
	}
	switch {
	case backwards && g.left, !backwards && g.right:
		g.verdict = placeFound
	case backwards:
		g.verdict = placeLower
	default:
		g.verdict = placeHigher
	}
	return g
}

// unsteady gives the index of the place where an anchor stood, if the list is as long as it was and yet shows the anchor elsewhere among
// its equals than beside its neighbours, or not at all: then the order of equals is not steady, and reading on by place is what comes
// to an end.
func (o ordering) unsteady(w window, a *anchor) (index int, ok bool) {
	i := int(a.offset - w.offset)
	if w.total != a.total || i < 0 || i >= len(w.records) || w.records[i].Job == nil || o.sideOf(w.records[i].Job, a) != sideTied {
		return 0, false
	}
	at := o.find(w, a)
	if at < 0 {
		return i, true
	}
	const near = 3 // some neighbours may have left
	known := slices.Concat(a.before[:min(near, len(a.before))], a.after[:min(near, len(a.after))])
	shown := false
	for k, record := range w.records {
		if record.Job == nil || k == at || !slices.Contains(known, tieOf(record.Job.ID())) {
			continue
		}
		if at-near <= k && k <= at+near {
			return 0, false
		}
		shown = true
	}
	if !shown {
		return 0, false
	}
	return i, true
}

// locate finds the place next to an anchor where its group is larger than a window, or of no known extent: with the anchor there,
// the index right behind it, or its own when reading backwards. Without it, the boundary between what stands before and after by
// value: its equals count as behind the boundary, or before it when reading backwards, so that whoever reads on meets all of them
// and can pass over those that had their turn. A boundary at an edge of the window is one only where the list itself ends.
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
