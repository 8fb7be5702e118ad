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
	// opposite: the page was read in the opposite order from its start.
	opposite bool
	// before: something stood at the place where the reading began, seen by a window.
	before bool
	// more: something stands beyond the last record, seen from where the reading came.
	more bool
}

// read reads the page of a plan. Errors: those of the upstream, *budgetError, *driftError.
func (r *pageReader) read(ctx context.Context, plan *pagePlan) (*page, error) {
	p := &page{plan: plan}
	r.list, r.most = plan.list, restclient.MaxPerPage
	by := reading{order: ordering(plan.list.OrderBy), start: plan.after, stop: plan.before}
	var w window
	var index int
	var err error
	switch {
	case plan.backwards && plan.before == nil:
		return p, r.readEnd(ctx, p)
	case plan.backwards:
		by.backwards, by.start, by.stop = true, plan.before, plan.after
		w, index, err = r.next(ctx, by.start, plan.size, true)
	case plan.after != nil:
		w, index, err = r.next(ctx, by.start, plan.size, false)
	default:
		w, err = r.at(ctx, plan.offset, plan.size)
		index = min(int(plan.offset-w.offset), len(w.records))
	}
	if err != nil {
		return nil, err
	}
	p.low = w.offset + int64(index)
	if by.start == nil {
		p.low = plan.offset
	}
	p.high, p.before = p.low, index < len(w.records)
	return p, r.collect(ctx, p, by, w, index)
}

// readEnd reads the last jobs of a list: as the opposite order's first page, for one call. The order of jobs with equal
// times is not documented, so it may be the same both ways; where such jobs are met, the end is read in the list's own
// order, at the place that the total tells.
func (r *pageReader) readEnd(ctx context.Context, p *page) error {
	opposite := p.plan.list.OrderBy.Reversed()
	r.list.OrderBy = opposite
	opening := p.plan.opening()
	w, err := r.at(ctx, 0, opening.PerPage)
	if err != nil {
		return err
	}
	if p.plan.size == 0 || !ordering(opposite).hasTies(w) || w.total == restclient.UnknownTotal {
		p.opposite = true
		return r.collect(ctx, p, reading{order: ordering(opposite), stop: p.plan.after.mirrored()}, w, 0)
	}
	r.list.OrderBy = p.plan.list.OrderBy
	for total := w.total; ; total = w.total {
		low := max(0, total-int64(p.plan.size))
		if w, err = r.through(ctx, low, total); err != nil {
			return err
		}
		if w.total == total {
			p.low, p.high = total, total
			index := min(int(total-w.offset), len(w.records))
			return r.collect(ctx, p, reading{order: ordering(r.list.OrderBy), backwards: true, stop: p.plan.after}, w, index)
		}
	}
}

// through gives the window that ends a part [low, high) of the list: of several, the last, where an answer has not all.
func (r *pageReader) through(ctx context.Context, low, high int64) (window, error) {
	w, err := r.at(ctx, low, int(high-low))
	for err == nil && w.end() < high && w.end() < w.total {
		end := w.end()
		if w, err = r.at(ctx, end, int(high-end)); err == nil && w.end() <= end {
			break // the total promises more than there is
		}
	}
	return w, err
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
		if stopped || p.isFull() || by.backwards && w.offset == 0 || !by.backwards && w.reachesEnd() {
			return nil
		}
		last, unreadable := p.resume(by, w)
		size := max(1, p.plan.size-len(p.records))
		if unreadable > 0 {
			size += unreadable + margin
		}
		var err error
		if last == nil || unreadable+margin >= r.most { // no anchor is near enough to go on from
			w, index, err = r.beyond(ctx, w, by.backwards)
		} else {
			if p.passedOver {
				size += len(last.passed(by.backwards))
			}
			p.giveBack(unreadable)
			by.start = last
			w, index, err = r.next(ctx, last, size, by.backwards)
		}
		if err != nil {
			return err
		}
		if !by.backwards && index >= len(w.records) || by.backwards && index == 0 {
			p.more = false // the total promises more than there is
			return nil
		}
	}
}

// beyond gives the window next to one that has no readable record, by its place alone.
func (r *pageReader) beyond(ctx context.Context, w window, backwards bool) (window, int, error) {
	if !backwards {
		next, err := r.at(ctx, w.end(), max(margin, len(w.records)))
		return next, min(int(w.end()-next.offset), len(next.records)), err
	}
	low := max(0, w.offset-max(margin, int64(len(w.records))))
	next, err := r.at(ctx, low, int(w.offset-low))
	return next, min(int(w.offset-next.offset), len(next.records)), err
}

// isFull reports whether the page has what was asked for. A page without one readable record would have no cursor to
// go on with, so it goes on itself.
func (p *page) isFull() bool {
	readable := func(record restclient.Record) bool { return record.Job != nil }
	return len(p.records) >= p.plan.size && (p.plan.size == 0 || slices.ContainsFunc(p.records, readable))
}

// take adds the records of a window from index on, in the direction of reading, passing over those that had their turn.
// It reports whether the reading met its stop.
func (p *page) take(by reading, w window, index int) (stopped bool) {
	p.total = w.total
	p.records, p.places = slices.Grow(p.records, len(w.records)), slices.Grow(p.places, len(w.records))
	for !p.isFull() {
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

// connection makes the page of the answer.
func (p *page) connection() *model.JobConnection {
	c := &model.JobConnection{
		List: p.plan.list, FromStart: p.low == 0 && !p.plan.backwards && !p.passedOver,
		Records: p.records, Total: p.total, HasNextPage: p.more, HasPreviousPage: p.low > 0 && p.total != 0,
	}
	if p.plan.backwards {
		slices.Reverse(p.records)
		slices.Reverse(p.places)
		c.HasNextPage, c.HasPreviousPage = p.high < p.total || p.total == restclient.UnknownTotal && p.before, p.more
	}
	if p.opposite {
		c.HasNextPage = false
		for i, place := range p.places { // counted from the end so far
			p.places[i] = max(0, p.total-1-place)
		}
	}
	scope := p.plan.scope()
	c.AppendCursor = func(b []byte, i int) []byte { return cursor{scope: scope, anchor: p.anchorOf(i)}.append(b) }
	return c
}
