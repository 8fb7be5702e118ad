package graph

import (
	"context"
	"slices"

	"jobsgateway/graph/model"
	"jobsgateway/restclient"
)

// page is what a reading came to: records in the order of reading, each with its place in the list.
type page struct {
	plan    *pagePlan
	records []restclient.Record
	places  []int64
	// low and high bound the part of the list that was read: [low, high).
	low, high int64
	total     int64
	// passedOver: some records were not taken, since they had their turn on an earlier page.
	passedOver bool
	// more: something stands beyond the last record, seen from where the reading came.
	more bool
}

// read reads the page of a plan. Errors: those of the upstream, *budgetError, *driftError.
func (r *pageReader) read(ctx context.Context, plan *pagePlan) (*page, error) {
	p := &page{plan: plan}
	start, stop, backwards := plan.after, plan.before, false
	r.list, r.most = plan.list, restclient.MaxPerPage
	switch {
	case plan.backwards && plan.before == nil:
		// The opposite order's first page; connection turns it round.
		r.list.OrderBy = r.list.OrderBy.Reversed()
		start, stop = nil, plan.after.mirrored()
	case plan.backwards:
		start, stop, backwards = plan.before, plan.after, true
	}
	var w window
	var index int
	var err error
	if start == nil {
		w, err = r.at(ctx, plan.offset, plan.size)
		index = min(int(plan.offset-w.offset), len(w.records))
	} else {
		w, index, err = r.next(ctx, start, plan.size, backwards)
	}
	if err != nil {
		return nil, err
	}
	p.low = w.offset + int64(index)
	if start == nil {
		p.low = plan.offset
	}
	p.high = p.low
	return p, r.collect(ctx, p, reading{ordering(r.list.OrderBy), backwards, start, stop}, w, index)
}

// reading is a direction, what the reading starts next to, and what it stops at; either may be nil.
type reading struct {
	order       ordering
	backwards   bool
	start, stop *anchor
}

// collect takes records from a window, from index on, and from further windows until the page is full, the list ends,
// or the reading meets its stop.
func (r *pageReader) collect(ctx context.Context, p *page, by reading, w window, index int) error {
	for {
		stopped := p.take(by, w, index)
		if stopped || len(p.records) == p.plan.size || by.backwards && w.offset == 0 || !by.backwards && w.reachesEnd() {
			return nil
		}
		last := p.resume(by, w)
		if last == nil {
			return nil // nothing in the window can be read, so there is nothing to go on from
		}
		var err error
		size := p.plan.size - len(p.records)
		if p.passedOver {
			size += len(last.passed(by.backwards))
		}
		if w, index, err = r.next(ctx, last, size, by.backwards); err != nil {
			return err
		}
		by.start = last
		if !by.backwards && index >= len(w.records) || by.backwards && index == 0 {
			p.more = false // the total promises more than there is
			return nil
		}
	}
}

// take adds the records of a window from index on, in the direction of reading, passing over those that had their turn.
// It reports whether the reading met its stop.
func (p *page) take(by reading, w window, index int) (stopped bool) {
	p.total = w.total
	for len(p.records) < p.plan.size {
		i := index
		if by.backwards {
			i--
		}
		if i < 0 || i >= len(w.records) {
			break
		}
		record, place := w.records[i], w.offset+int64(i)
		if by.isBeyond(record) {
			p.more = true
			return true
		}
		if by.backwards {
			index, p.low = i, place
		} else {
			index, p.high = i+1, place+1
		}
		if by.hadItsTurn(record) {
			p.passedOver = true
			continue
		}
		p.records, p.places = append(p.records, record), append(p.places, place)
	}
	if by.backwards {
		p.more = p.low > 0
	} else {
		p.more = p.high < w.total || w.total == restclient.UnknownTotal && (index < len(w.records) || !w.short)
	}
	return false
}

// hadItsTurn reports whether a record shares the start's value and stood on its far side.
func (by reading) hadItsTurn(record restclient.Record) bool {
	if by.start == nil || record.Job == nil || by.order.sideOf(record.Job, by.start) != sideTied {
		return false
	}
	return by.order.isAnchor(record, by.start) || slices.Contains(by.start.passed(by.backwards), tieOf(record.Job.ID()))
}

// isBeyond reports whether a record is the stop, or stands on its far side.
func (by reading) isBeyond(record restclient.Record) bool {
	if by.stop == nil || record.Job == nil {
		return false
	}
	far, passed := sideAfter, by.stop.after
	if by.backwards {
		far, passed = sideBefore, by.stop.before
	}
	side := by.order.sideOf(record.Job, by.stop)
	return side == far ||
		side == sideTied && (by.order.isAnchor(record, by.stop) || slices.Contains(passed, tieOf(record.Job.ID())))
}

// resume makes the anchor from which to go on behind a window: its last readable record in the direction of reading;
// nil when there is none. Unreadable records behind it are given back, since the next window shows them again.
func (p *page) resume(by reading, w window) *anchor {
	i := len(w.records) - 1
	step := -1
	if by.backwards {
		i, step = 0, 1
	}
	for ; i >= 0 && i < len(w.records); i += step {
		job := w.records[i].Job
		if job == nil {
			if n := len(p.places); n > 0 && p.places[n-1] == w.offset+int64(i) {
				p.records, p.places = p.records[:n-1], p.places[:n-1]
			}
			continue
		}
		a := &anchor{id: comparableID(job.ID()), value: by.order.valueOf(job), offset: w.offset + int64(i), total: w.total}
		passed := p.passedTies(by, a)
		if by.backwards {
			a.after = passed
		} else {
			a.before = passed
		}
		return a
	}
	return nil
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
	return ties
}

// connection makes the page of the answer. Errors: KindMalformed when the API does not give the total that reading from
// the end needs.
func (p *page) connection() (*model.JobConnection, error) {
	c := &model.JobConnection{
		Records: p.records, Total: p.total, HasNextPage: p.more, HasPreviousPage: p.low > 0 && p.total != 0,
	}
	if p.plan.backwards {
		slices.Reverse(p.records)
		slices.Reverse(p.places)
		c.HasNextPage, c.HasPreviousPage = p.high < p.total, p.more
		if p.plan.before == nil {
			if p.total == restclient.UnknownTotal {
				return nil, &restclient.Error{Kind: restclient.KindMalformed}
			}
			for i, place := range p.places { // counted from the end so far
				p.places[i] = max(0, p.total-1-place)
			}
			c.HasNextPage = false
		}
	}
	c.Cursor = func(i int) string { return cursor{scope: p.plan.scope(), anchor: p.anchorOf(i)}.encode() }
	return c, nil
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
