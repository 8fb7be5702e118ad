package paging

import (
	"context"
	"log/slog"
	"slices"

	"jobsgateway/restclient"
)

// Ask asks the Jobs API for a window. Fresh: the answer must be of now, since the list has moved; otherwise it may be one that the
// same operation has had before.
type Ask func(ctx context.Context, q restclient.JobsQuery, fresh bool) (*restclient.JobsPage, error)

// Reader reads pages. It is safe for concurrent use if Ask is.
type Reader struct {
	Ask Ask
	// Offsets is what has been learned of the API, across operations.
	Offsets *Offsets
	// Logger is told when something is learned of offsets; nil for nobody.
	Logger *slog.Logger
}

// Read returns the page of a plan. Errors: those of Ask, *DriftError, *UntruthError.
func (r Reader) Read(ctx context.Context, plan *Plan) (*Page, error) {
	d := &draft{plan: plan}
	if plan.Empty {
		return d.page(), nil
	}
	list := fetcher{Reader: r, list: plan.List, most: restclient.MaxPerPage}
	reading := reading{fetcher: list, plan: plan, draft: d, within: plan.scanRange()}
	if err := reading.read(ctx); err != nil {
		return nil, err
	}
	return d.page(), nil
}

// CanAnnounce reports whether Read will ask for the plan's Opening first, so that it may be asked for together with others'.
func (r Reader) CanAnnounce(plan *Plan) bool {
	q := plan.Opening()
	return !plan.Empty && r.Offsets.takes(q.Offset, q.PerPage)
}

// reading is the reading of one page: which window is asked for next, and what is taken of it.
type reading struct {
	fetcher
	plan  *Plan
	draft *draft
	// within is what is left to be read: its start moves on from window to window.
	within scanRange
	large  largeGroup
}

// read fills the draft. Errors: as Reader.Read.
func (r *reading) read(ctx context.Context) error {
	plan, d := r.plan, r.draft
	switch start := r.within.start; {
	case plan.isTally():
		return r.tally(ctx)
	case start != nil:
		p, err := r.next(ctx, start, plan.Size)
		if err != nil {
			return err
		}
		d.low = p.offset + int64(p.index)
		d.high, d.before, d.from = d.low, p.index < len(p.records), equalsOf(start, plan.Backwards)
		return r.collect(ctx, p)
	case plan.Backwards:
		return r.readEnd(ctx)
	}
	w, err := r.at(ctx, plan.Offset, plan.Size)
	if err != nil {
		return err
	}
	d.low, d.high, d.from.open = plan.Offset, plan.Offset, plan.Offset > 0
	return r.collect(ctx, placeAt(w, plan.Offset))
}

// next returns the place next to an anchor, in a window with so many jobs beside it.
func (r *reading) next(ctx context.Context, a *anchor, size int) (place, error) {
	s := search{fetcher: &r.fetcher, anchor: a, size: size, backwards: r.within.backwards, large: &r.large}
	return s.find(ctx)
}

// tally reads the numbers of a page, without its records.
func (r *reading) tally(ctx context.Context) error {
	plan, d := r.plan, r.draft
	start, size := r.within.start, int64(plan.Size)
	d.low = plan.Offset
	if plan.Unasked.Flags || start == nil {
		w, err := r.at(ctx, plan.tallyOpening().Offset, 1)
		if err != nil {
			return err
		}
		d.note(w)
		d.more, d.high = len(w.records) > 0, max(0, d.total)
		return nil
	}
	p, err := r.next(ctx, start, 1)
	if err != nil {
		return err
	}
	s := newScan(r.within, p)
	d.note(p.window)
	if plan.Backwards {
		d.low, d.high, d.before = s.position+1-size, s.position+1, p.index < len(p.records)
		d.more = d.low > 0
		return nil
	}
	d.low = s.position
	if d.more = d.low+size < d.total; d.more {
		return nil
	}
	w, err := r.at(ctx, d.low+size, 1)
	if err != nil {
		return err
	}
	d.note(w)
	d.more = len(w.records) > 0
	return nil
}

// readEnd reads the last jobs of a list: as the first page of the opposite order, for one call. It is not documented how equals
// stand in the opposite order, it may be as in this one. Where equals are met, the end is read in the list's own order, at
// the place that the total tells, unless the total is not true.
func (r *reading) readEnd(ctx context.Context) error {
	own, opposite := r.plan.List.OrderBy, r.plan.List.OrderBy.Reversed()
	r.list.OrderBy = opposite
	first, err := r.at(ctx, 0, r.plan.Opening().PerPage)
	if err != nil {
		return err
	}
	if total := first.credibleTotal(); r.plan.Size > 0 && r.order().hasTies(first) && total != restclient.UnknownTotal {
		r.list.OrderBy, r.witness = own, witness{}
		if done, err := r.readEndAt(ctx, total, first); done || err != nil {
			return err
		}
		r.list.OrderBy, r.witness = opposite, witness{}
	}
	r.draft.opposite = true
	r.within = scanRange{order: ordering(opposite), stop: r.plan.after.mirrored()}
	return r.collect(ctx, place{window: first})
}

// readEndAt reads the last jobs of a list, in its own order, before the place that its total tells; false when the list does
// not end there, or has moved meanwhile. Opposite is the end as the opposite order shows it.
func (r *reading) readEndAt(ctx context.Context, total int64, opposite window) (done bool, err error) {
	w, err := r.through(ctx, max(0, total-int64(r.plan.Size)), total)
	if err != nil || w.total != total || w.credibleTotal() == restclient.UnknownTotal {
		return false, err
	}
	p := placeAt(w, total)
	if ends, err := r.endsAt(ctx, p, opposite); !ends || err != nil {
		return false, err
	}
	r.draft.low, r.draft.high = total, total
	return true, r.collect(ctx, p)
}

// endsAt reports whether a list ends at a place: then as many equals stand before it as the opposite order begins with. If
// one of both does not show all of them, the record behind the place tells, for one call.
func (r *reading) endsAt(ctx context.Context, p place, opposite window) (bool, error) {
	order := r.order()
	begins, all := order.equalsFrom(opposite.records)
	backwards := slices.Clone(p.records[:p.index])
	slices.Reverse(backwards)
	ends, allHere := order.equalsFrom(backwards)
	switch {
	case begins == 0 || ends == 0 || !order.valueOf(backwards[0].Job).Equal(order.valueOf(opposite.records[0].Job)):
		return false, nil
	case (all || opposite.reachesEnd()) && (allHere || p.offset == 0):
		return begins == ends, nil
	}
	behind, err := r.at(ctx, p.offset+int64(p.index), 1)
	return err == nil && len(behind.records) == 0, err
}

// collect takes records from a place on, and from further windows, until the page is full, the list ends, or the scan meets
// its stop. If the API contradicts itself, what was read before is the page, with the fault beside it.
func (r *reading) collect(ctx context.Context, p place) error {
	d, backwards := r.draft, r.within.backwards
	for {
		past := d.take(r.within, p)
		switch {
		case past || d.isFull() || backwards && p.offset == 0 || !backwards && p.reachesEnd() && p.fault == nil:
			return r.finish(ctx, p, past)
		case p.fault != nil:
			return d.end(p.fault)
		case d.isBlind():
			return d.end(unreadableError(d.records))
		}
		d.remember()
		next, err := r.goOn(ctx, p)
		if err != nil {
			return d.end(err)
		}
		if p = next; !p.isAtEdge(backwards) {
			continue
		}
		if p, err = r.beyond(ctx, p.window); err != nil {
			return d.end(err)
		}
		if p.isAtEdge(backwards) {
			d.note(p.window)
			d.more, d.unsure = d.stopped, false // the total promises more than there is
			return r.finish(ctx, p, true)
		}
	}
}

// goOn returns the place from which a page that is not full goes on behind a window, and makes the scan start there.
func (r *reading) goOn(ctx context.Context, p place) (place, error) {
	d := r.draft
	last, unreadable := d.resume(r.within, p)
	size := max(1, r.plan.Size-len(d.records))
	switch {
	case unreadable > 0 && !hasReadable(d.records):
		size = r.most
	case unreadable > 0:
		size += unreadable + margin
	}
	if last == nil || unreadable > 0 && unreadable+margin >= r.most {
		return r.beyond(ctx, p.window) // no anchor is near enough to go on from
	}
	if d.passedOver {
		size += len(last.returned(r.within.backwards))
	}
	d.giveBack(unreadable)
	r.within.start = last
	return r.next(ctx, last, size)
}

// beyond returns the place at the edge of a window in the window next to it: where the window has no readable record, or no record
// on the side of the place. As long as nothing of the page could be read, the next window is as large as can be.
func (r *reading) beyond(ctx context.Context, w window) (place, error) {
	size := int64(max(margin, len(w.records)))
	switch {
	case r.heavy > 0 && !r.fits: // most likely the next record is too large, too
		size = 1
	case !hasReadable(r.draft.records):
		size = int64(r.most)
	}
	if r.within.backwards {
		next, err := r.through(ctx, max(0, w.offset-min(size, int64(r.most))), w.offset)
		return placeAt(next, w.offset), err
	}
	next, err := r.at(ctx, w.end(), int(size))
	return placeAt(next, w.end()), err
}

// finish finds out, for one call, whether the list goes on behind a full page whose total says that it does not, and notes the
// equals beyond the page.
func (r *reading) finish(ctx context.Context, p place, past bool) error {
	d := r.draft
	if len(d.records) > 0 && !hasReadable(d.records) {
		d.fault, d.more = unreadableError(d.records), false
		return nil
	}
	d.close(r.within)
	if r.large.is { // the next page need not look for the whole group again
		d.from.open, d.left.open = true, true
	}
	if past || !d.unsure || r.plan.Unasked.Flags {
		return nil
	}
	w, err := r.at(ctx, p.end(), 1)
	if err != nil {
		return err
	}
	if d.more = w.end() > p.end(); d.more {
		d.total = restclient.UnknownTotal // the total did not count that record
	}
	return nil
}
