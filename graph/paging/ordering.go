package paging

import (
	"slices"
	"time"

	"jobsgateway/restclient"
)

// side is where something stands relative to an anchor, in the order of its list.
type side int

const (
	sideBefore side = iota - 1
	sideTied        // the same time: an equal
	sideAfter
)

// ahead returns the side of an anchor that a scan in this direction goes to.
func ahead(backwards bool) side {
	if backwards {
		return sideBefore
	}
	return sideAfter
}

// ordering compares jobs as an order of the Jobs API does.
type ordering restclient.Order

// valueOf returns the time that the order goes by.
func (o ordering) valueOf(job *restclient.Job) time.Time {
	if o.isByCreation() {
		return job.CreatedAt().Time()
	}
	return job.UpdatedAt().Time()
}

// areTied reports whether two jobs have the same time.
func (o ordering) areTied(a, b *restclient.Job) bool { return o.valueOf(a).Equal(o.valueOf(b)) }

// compare returns the side of a time relative to another one.
func (o ordering) compare(value, other time.Time) side {
	s := side(value.Compare(other))
	if o.isDescending() {
		s = -s
	}
	return s
}

// sideOf returns where a job stands relative to an anchor, by its time alone.
func (o ordering) sideOf(job *restclient.Job, a *anchor) side {
	return o.compare(o.valueOf(job), a.value)
}

// isAnchor reports whether a record is the anchor and still has its time: under an UPDATED_AT order a job
// that has changed since stands elsewhere, and its old place is found by the time.
func (o ordering) isAnchor(record restclient.Record, a *anchor) bool {
	return record.Job != nil && comparableID(record.Job.ID()) == a.id && o.sideOf(record.Job, a) == sideTied
}

// find returns the index of the anchor in the window; -1 when it is not there.
func (o ordering) find(w window, a *anchor) int {
	return slices.IndexFunc(w.records, func(record restclient.Record) bool { return o.isAnchor(record, a) })
}

// hasTies reports whether neighbours in a window have the same time.
func (o ordering) hasTies(w window) bool {
	for i := 1; i < len(w.records); i++ {
		a, b := w.records[i-1].Job, w.records[i].Job
		if a != nil && b != nil && o.areTied(a, b) {
			return true
		}
	}
	return false
}

// agree reports whether two windows show the same job at the same place, by the first job of w that both can
// show. Jobs with equals do not count, since these can change places.
func (o ordering) agree(w, other window) bool {
	for i := 1; i+1 < len(w.records); i++ {
		k := w.placeOf(i) - other.offset
		if k < 0 || k >= int64(len(other.records)) || !o.isAlone(w.records[i-1:i+2]) {
			continue
		}
		job := other.records[k].Job
		return job != nil && job.ID() == w.records[i].Job.ID()
	}
	return false
}

// isAlone reports whether the middle one of three records is a job, and has another time than those next to it.
func (o ordering) isAlone(records []restclient.Record) bool {
	a, b, c := records[0].Job, records[1].Job, records[2].Job
	return a != nil && b != nil && c != nil && !o.areTied(a, b) && !o.areTied(b, c)
}

// equalsFrom counts the records from the first on that have its time. All is true when another time follows
// them.
func (o ordering) equalsFrom(records []restclient.Record) (n int, all bool) {
	for ; n < len(records) && records[n].Job != nil; n++ {
		if !o.areTied(records[n].Job, records[0].Job) {
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
		if !last.IsZero() && o.compare(value, last) == sideBefore {
			return false
		}
		last = value
	}
	return true
}

// misplaced returns the index at which the anchor stood, if the order of equals changes between calls: the
// list has the length that it had, an equal stands at that index, and the anchor is not in the window, or
// away from its known neighbours. Then only reading on by place comes to an end.
//
// Example: the anchor stood at place 4 of 10, between the equals B3 and B5. If the window [0, 10) shows it at
// index 9, and B3 and B5 at 3 and 5, index 4 is returned. If B5 stands at index 8, the neighbours have moved
// with it.
func (o ordering) misplaced(w window, a *anchor) (index int, ok bool) {
	i := int(a.offset - w.offset)
	if w.total != a.total || i < 0 || i >= len(w.records) {
		return 0, false
	}
	if job := w.records[i].Job; job == nil || o.sideOf(job, a) != sideTied {
		return 0, false
	}
	at := o.find(w, a)
	if at < 0 {
		return i, true
	}
	const near = 3 // records; some neighbours may have left
	neighbours := slices.Concat(a.before[:min(near, len(a.before))], a.after[:min(near, len(a.after))])
	shown := false
	for k, record := range w.records {
		if record.Job == nil || k == at || !slices.Contains(neighbours, tieOf(record.Job.ID())) {
			continue
		}
		if at-near <= k && k <= at+near {
			return 0, false
		}
		shown = true
	}
	return i, shown
}

// locate returns the index to go on at when the group of the anchor is larger than a window. It is the one
// behind the anchor, or the anchor's own when reading backwards. If the anchor is not in the window, it is
// the edge of its group from which the group is read again; those that the cursor lists are passed over. If
// that edge may be outside of the window, the verdict is where to look for it: placeLower or placeHigher.
//
// Examples: in A B1 B2 C, an anchor B9 that is gone is located at 1, and at 3 when reading backwards. A
// window of nothing but equals has neither edge: placeLower, and placeHigher when reading backwards.
func (o ordering) locate(w window, a *anchor, backwards bool) (index int, v verdict) {
	if i := o.find(w, a); i >= 0 {
		return behind(i, backwards), placeFound
	}
	readable := hasReadable(w.records)
	for i, record := range w.records {
		if record.Job == nil {
			continue
		}
		if s := o.sideOf(record.Job, a); s == sideBefore || backwards && s == sideTied {
			index = i + 1
		}
	}
	switch {
	case index == 0 && w.offset > 0 && (readable || len(w.records) == 0):
		return 0, placeLower
	case index == len(w.records) && !w.reachesEnd(), !readable && !w.reachesEnd():
		return 0, placeHigher
	}
	return index, placeFound
}
