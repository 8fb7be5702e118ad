package graph

import (
	"context"
	"slices"

	"jobsgateway/restclient"
)

// read reads the page of a plan. Errors: those of the upstream, *budgetError, *driftError, *untruthError.
func (r *pageReader) read(ctx context.Context, plan *pagePlan) (*page, error) {
	r.list, r.most = plan.list, restclient.MaxPerPage
	if plan.isTally() {
		return r.tally(ctx, plan)
	}
	p := &page{plan: plan}
	by := reading{order: ordering(plan.list.OrderBy), start: plan.after, stop: plan.before}
	var f found
	var err error
	switch {
	case plan.backwards && plan.before == nil:
		return p, r.readEnd(ctx, p)
	case plan.backwards:
		by.backwards, by.start, by.stop = true, plan.before, plan.after
		f, err = r.next(ctx, by.start, plan.size, true)
	case plan.after != nil:
		f, err = r.next(ctx, by.start, plan.size, false)
	default:
		f.window, err = r.at(ctx, plan.offset, plan.size)
		f.index = min(int(plan.offset-f.offset), len(f.records))
		p.from.open = plan.offset > 0
	}
	if err != nil {
		return nil, err
	}
	p.low = f.offset + int64(f.index)
	if by.start == nil {
		p.low = plan.offset
	} else {
		p.from = equalsOf(by.start, by.backwards)
	}
	p.high, p.before = p.low, f.index < len(f.records)
	return p, r.collect(ctx, p, by, f)
}

// readEnd reads the last jobs of a list: as the opposite order's first page, for one call. The order of jobs with equal
// times is not documented, so it may be the same both ways; where such jobs are met, the end is read in the list's own
// order, at the place that the total tells, unless the total is not true.
func (r *pageReader) readEnd(ctx context.Context, p *page) error {
	opposite := p.plan.list.OrderBy.Reversed()
	r.list.OrderBy = opposite
	opening := p.plan.opening()
	first, err := r.at(ctx, 0, opening.PerPage)
	if err != nil {
		return err
	}
	if total := first.credibleTotal(); p.plan.size > 0 && ordering(opposite).hasTies(first) && total != restclient.UnknownTotal {
		r.list.OrderBy, r.witness = p.plan.list.OrderBy, witness{}
		if done, err := r.readEndAt(ctx, p, total, first); done || err != nil {
			return err
		}
		r.list.OrderBy, r.witness = opposite, witness{}
	}
	p.opposite = true
	return r.collect(ctx, p, reading{order: ordering(opposite), stop: p.plan.after.mirrored()}, found{window: first})
}

// readEndAt reads the last jobs of a list, in its own order, before the place that its total tells; false when the list does not
// end there, or has moved meanwhile. Opposite is what the opposite order shows of the end.
func (r *pageReader) readEndAt(ctx context.Context, p *page, total int64, opposite window) (done bool, err error) {
	w, err := r.through(ctx, max(0, total-int64(p.plan.size)), total)
	if err != nil || w.total != total || w.credibleTotal() == restclient.UnknownTotal {
		return false, err
	}
	index := min(int(total-w.offset), len(w.records))
	if ends, err := r.endsAt(ctx, w, index, opposite); !ends || err != nil {
		return false, err
	}
	p.low, p.high = total, total
	by := reading{order: ordering(r.list.OrderBy), backwards: true, stop: p.plan.after}
	return true, r.collect(ctx, p, by, found{window: w, index: index, turned: index})
}

// endsAt reports whether a list ends before an index of a window: then as many equals stand at its end as the opposite order begins
// with. Where one of both does not show all of them, the record behind tells, for one call.
func (r *pageReader) endsAt(ctx context.Context, w window, index int, opposite window) (bool, error) {
	order := ordering(r.list.OrderBy)
	begins, all := order.equalsFrom(opposite.records)
	backwards := slices.Clone(w.records[:index])
	slices.Reverse(backwards)
	ends, allHere := order.equalsFrom(backwards)
	switch {
	case begins == 0 || ends == 0 || order.sideOf(backwards[0].Job, &anchor{value: order.valueOf(opposite.records[0].Job)}) != sideTied:
		return false, nil
	case (all || opposite.reachesEnd()) && (allHere || w.offset == 0):
		return begins == ends, nil
	}
	behind, err := r.at(ctx, w.offset+int64(index), 1)
	return err == nil && len(behind.records) == 0, err
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

// collect takes records from a window, from its place on, and from further windows until the page is full, the list ends, or the
// reading meets its stop. What was read before the API contradicted itself is the page, with the fault beside it.
func (r *pageReader) collect(ctx context.Context, p *page, by reading, f found) error {
	for {
		past := p.take(by, f)
		switch {
		case past || p.isFull() || by.backwards && f.offset == 0 || !by.backwards && f.reachesEnd() && f.fault == nil:
			return r.finish(ctx, p, by, f, past)
		case f.fault != nil:
			return p.end(f.fault)
		case p.isBlind():
			return p.end(unreadableError(p.records))
		}
		p.remember()
		next, err := r.goOn(ctx, p, &by, f)
		if err != nil {
			return p.end(err)
		}
		if f = next; !f.isEmpty(by.backwards) {
			continue
		}
		if f, err = r.beyond(ctx, p, f.window, by.backwards); err != nil { // the place is at the window's end
			return p.end(err)
		}
		if f.isEmpty(by.backwards) {
			p.note(f.window)
			p.more, p.unsure = p.stopped, false // the total promises more than there is
			return r.finish(ctx, p, by, f, true)
		}
	}
}

// goOn gives the window from which a page that is not full goes on behind another, and makes the reading start there.
func (r *pageReader) goOn(ctx context.Context, p *page, by *reading, f found) (found, error) {
	last, unreadable := p.resume(*by, f)
	size := max(1, p.plan.size-len(p.records))
	switch {
	case unreadable > 0 && !hasReadable(p.records):
		size = r.most
	case unreadable > 0:
		size += unreadable + margin
	}
	if last == nil || unreadable > 0 && unreadable+margin >= r.most {
		return r.beyond(ctx, p, f.window, by.backwards) // no anchor is near enough to go on from
	}
	if p.passedOver {
		size += len(last.passed(by.backwards))
	}
	p.giveBack(unreadable)
	by.start = last
	return r.next(ctx, last, size, by.backwards)
}

// beyond gives the window next to another by its place alone: where that has no readable record, or no record on the side of the place.
// As long as nothing of the page could be read it is as large as can be.
func (r *pageReader) beyond(ctx context.Context, p *page, w window, backwards bool) (found, error) {
	size := int64(max(margin, len(w.records)))
	switch {
	case r.heavy > 0 && !r.fits: // most likely the next one is too large, too
		size = 1
	case !hasReadable(p.records):
		size = int64(r.most)
	}
	if !backwards {
		next, err := r.at(ctx, w.end(), int(size))
		index := min(int(w.end()-next.offset), len(next.records))
		return found{window: next, index: index, turned: index}, err
	}
	low := max(0, w.offset-min(size, int64(r.most)))
	next, err := r.through(ctx, low, w.offset)
	index := min(int(w.offset-next.offset), len(next.records))
	return found{window: next, index: index, turned: index}, err
}

// finish settles what the last window has left open: whether the list goes on behind a full page whose total says that it does
// not. One call tells.
func (r *pageReader) finish(ctx context.Context, p *page, by reading, f found, past bool) error {
	if len(p.records) > 0 && !hasReadable(p.records) {
		p.fault, p.more = unreadableError(p.records), false
		return nil
	}
	p.close(by, f)
	if r.large { // the next page need not look for the whole group again
		p.from.open, p.rest.open = true, true
	}
	if past || !p.unsure || p.plan.unasked.Flags {
		return nil
	}
	w, err := r.at(ctx, f.end(), 1)
	if err != nil {
		return err
	}
	if p.more = w.end() > f.end(); p.more {
		p.total = restclient.UnknownTotal // it told of none
	}
	return nil
}
