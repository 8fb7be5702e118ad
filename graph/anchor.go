package graph

import (
	"slices"
	"time"

	"jobsgateway/restclient"
)

// anchor is a job by which a place is found again after the list has moved.
type anchor struct {
	id    string
	value time.Time // what the list is ordered by, with all digits
	// offset and total are the job's place and the list's length at that time: where to look first. Total can be
	// restclient.UnknownTotal.
	offset, total int64
	// before and after are the fingerprints of jobs with the same value that were seen on either side. Their order is
	// not documented, so if the anchor itself is gone, only they tell which of its equals had their turn.
	before, after []uint32
}

// resume makes the anchor from which to go on behind a window, its last readable record in the direction of reading, and
// tells how many unreadable ones follow it; nil when none is readable.
func (p *page) resume(by reading, w window) (a *anchor, unreadable int) {
	i, step := len(w.records)-1, -1
	if by.backwards {
		i, step = 0, 1
	}
	for ; i >= 0 && i < len(w.records); i += step {
		job := w.records[i].Job
		if job == nil {
			unreadable++
			continue
		}
		a = &anchor{id: comparableID(job.ID()), value: by.order.valueOf(job), offset: w.offset + int64(i), total: w.total}
		if passed := p.passedTies(by, a); by.backwards {
			a.after = passed
		} else {
			a.before = passed
		}
		return a, unreadable
	}
	return nil, unreadable
}

// giveBack drops the unreadable records that were taken last, up to n: the next window shows them again.
func (p *page) giveBack(n int) {
	for ; n > 0 && len(p.records) > 0 && p.records[len(p.records)-1].Job == nil; n-- {
		p.records, p.places = p.records[:len(p.records)-1], p.places[:len(p.places)-1]
	}
}

// passedTies gives the fingerprints of what was read so far and shares the value of a.
func (p *page) passedTies(by reading, a *anchor) []uint32 {
	var ties []uint32
	if s := by.start; s != nil && s.value.Equal(a.value) {
		ties = append(append(ties, tieOf(s.id)), s.passed(by.backwards)...)
	}
	for _, record := range p.records {
		if record.Job != nil && by.order.sideOf(record.Job, a) == sideTied {
			ties = append(ties, tieOf(record.Job.ID()))
		}
	}
	slices.Sort(ties) // the start of a further window has told of the page's first ones already
	return slices.Compact(ties)
}

// anchorOf makes the anchor of the page's i-th record, which is readable, with its ties on the page and beyond its ends.
func (p *page) anchorOf(i int) anchor {
	order := ordering(p.plan.list.OrderBy)
	job := p.records[i].Job
	a := anchor{
		id: comparableID(job.ID()), value: order.valueOf(job),
		offset: min(p.places[i], maxCursorOffset), total: p.total,
	}
	if a.total >= maxCursorOffset {
		a.total = restclient.UnknownTotal
	}
	tied := func(record restclient.Record) bool {
		return record.Job == nil || order.sideOf(record.Job, &a) == sideTied
	}
	first, last := i, i
	for ; first > 0 && tied(p.records[first-1]); first-- {
		a.before = appendTie(a.before, p.records[first-1])
	}
	for ; last < len(p.records)-1 && tied(p.records[last+1]); last++ {
		a.after = appendTie(a.after, p.records[last+1])
	}
	if start := p.plan.after; first == 0 && start != nil && start.value.Equal(a.value) {
		a.before = append(append(a.before, tieOf(start.id)), start.before...)
	}
	if end := p.plan.before; last == len(p.records)-1 && end != nil && end.value.Equal(a.value) {
		a.after = append(append(a.after, tieOf(end.id)), end.after...)
	}
	// The nearest come first, so what is cut off is what is farthest away.
	a.before, a.after = a.before[:min(len(a.before), maxTies)], a.after[:min(len(a.after), maxTies)]
	return a
}

func appendTie(ties []uint32, record restclient.Record) []uint32 {
	if record.Job == nil {
		return ties
	}
	return append(ties, tieOf(record.Job.ID()))
}

// passed are the ties that stand where a reading comes from.
func (a *anchor) passed(backwards bool) []uint32 {
	if backwards {
		return a.after
	}
	return a.before
}

// mirrored is the anchor as the opposite order has it; nil of nil.
func (a *anchor) mirrored() *anchor {
	if a == nil {
		return nil
	}
	m := *a
	m.before, m.after = a.after, a.before
	return &m
}
