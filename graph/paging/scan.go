package paging

import (
	"slices"

	"jobsgateway/restclient"
)

// scanRange is the direction of a scan, with an optional start and stop anchor, both exclusive.
type scanRange struct {
	order       ordering
	backwards   bool
	start, stop *anchor
	// times is the part of the list that is read.
	times Range
}

// rangeSide returns where a record stands relative to the range, in the direction of reading: sideBefore where
// the scan has not come to the range, sideAfter where it is past it, and sideTied within it. A record that
// cannot be read has no time and counts as within.
func (r scanRange) rangeSide(record restclient.Record) side {
	if r.times.isAll() || record.Job == nil {
		return sideTied
	}
	s, at := sideTied, r.order.valueOf(record.Job)
	switch {
	case !r.times.To.IsZero() && !at.Before(r.times.To):
		s = sideAfter
	case at.Before(r.times.From):
		s = sideBefore
	}
	if r.order.isDescending() != r.backwards {
		s = -s
	}
	return s
}

// isWithin reports whether a record can be read and is within the range.
func (r scanRange) isWithin(record restclient.Record) bool {
	return record.Job != nil && r.rangeSide(record) == sideTied
}

// isPastStop reports whether a record stands behind all equals of the stop.
func (r scanRange) isPastStop(record restclient.Record) bool {
	return r.stop != nil && record.Job != nil && r.order.sideOf(record.Job, r.stop) == ahead(r.backwards)
}

// isStop reports whether the record at an index of a window is the stop, or an equal of it that stood on its
// far side. Equals that the stop does not list count by where the window shows them. Example: the stop B2
// lists B1 before it and B3 after it. In A B3 B1 B2 B4 C, read forwards, the stop and what is beyond it are
// B3, B2 and B4.
func (r scanRange) isStop(w window, i int) bool {
	job := w.records[i].Job
	if r.stop == nil || job == nil || r.order.sideOf(job, r.stop) != sideTied {
		return false
	}
	if r.stop.alreadyReturned(job.ID(), !r.backwards) {
		return true
	}
	if slices.Contains(r.stop.returned(r.backwards), tieOf(job.ID())) {
		return false
	}
	at := r.order.find(w, r.stop)
	return at >= 0 && (i > at) != r.backwards
}

// scan goes over the records of a window from a place on, in the direction of its range, and finds out which
// of them were returned on an earlier page.
type scan struct {
	scanRange
	from place
	at   int
	// end is the index where the records end: their number, or -1 when reading backwards.
	end int
	// position is where the next record that is taken counts as standing in the list: equals count in the
	// order in which they are read, those that were returned before as the first ones.
	position  int64
	direction int64
	// inGroup: the record may be one of the start's equals.
	inGroup bool
}

// newScan begins a scan at a place.
func newScan(r scanRange, p place) scan {
	s := scan{scanRange: r, from: p, at: p.index, end: len(p.records), direction: 1, inGroup: r.start != nil}
	if r.backwards {
		s.at, s.end, s.direction = p.index-1, -1, -1
	}
	s.position = p.placeOf(s.at)
	// Those returned before count as standing first.
	for ahead := s; !p.beside && ahead.has() && ahead.inGroup; ahead.step() {
		if ahead.alreadyReturned() {
			s.position += s.direction
		}
	}
	return s
}

// edge returns the place between what the scan has read and what it reads next.
func (s *scan) edge() int64 {
	if s.backwards {
		return s.position + 1
	}
	return s.position
}

// has reports whether there is a record at s.at.
func (s *scan) has() bool { return s.at*int(s.direction) < s.end*int(s.direction) }

// step goes on to the next record.
func (s *scan) step() { s.at += int(s.direction) }

// record returns the record at s.at.
func (s *scan) record() restclient.Record { return s.from.records[s.at] }

// alreadyReturned reports whether the record is the start of the range, or an equal of it that was on an
// earlier page.
func (s *scan) alreadyReturned() bool {
	if !s.inGroup {
		return false
	}
	job := s.record().Job
	if job == nil {
		return (s.at < s.from.returned) != s.backwards
	}
	if s.order.sideOf(job, s.start) != sideTied {
		s.inGroup = false
		return false
	}
	return s.start.alreadyReturned(job.ID(), s.backwards)
}
