package graph

import "jobsgateway/restclient"

// turns goes over the records of a window from its place on, in the direction of reading, and tells which of them had their turn.
type turns struct {
	by reading
	f  found
	at int
	// end is the index where the records end: their number, or -1 when reading backwards.
	end int
	// place is where the next record that is taken counts as standing: equals count in the order in which they are read.
	place     int64
	direction int64
	// inGroup: the record may be one of the start's equals.
	inGroup bool
}

// turns begins at the place of a window.
func (p *page) turns(by reading, f found) turns {
	t := turns{by: by, f: f, at: f.index, end: len(f.records), direction: 1, inGroup: by.start != nil}
	if by.backwards {
		t.at, t.end, t.direction = f.index-1, -1, -1
	}
	t.place = f.offset + int64(t.at)
	for ahead := t; !f.beside && ahead.has() && ahead.inGroup; ahead.step() { // those that had their turn come first
		if ahead.hadItsTurn(f.records[ahead.at]) {
			t.place += t.direction
		}
	}
	return t
}

func (t *turns) has() bool { return t.at*int(t.direction) < t.end*int(t.direction) }

func (t *turns) step() { t.at += int(t.direction) }

// hadItsTurn reports whether the record at t.at is the start of the reading, or one of its equals that was read before.
func (t *turns) hadItsTurn(record restclient.Record) bool {
	if !t.inGroup {
		return false
	}
	if record.Job == nil {
		return !t.by.backwards && t.at < t.f.turned || t.by.backwards && t.at >= t.f.turned
	}
	if t.by.order.sideOf(record.Job, t.by.start) != sideTied {
		t.inGroup = false
		return false
	}
	return t.by.start.hadItsTurn(record.Job.ID(), t.by.backwards)
}
