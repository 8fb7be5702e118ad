package paging

import (
	"context"
	"log/slog"

	"jobsgateway/restclient"
)

// Ask asks the Jobs API for a window. Fresh: the answer must be of now, since the list has moved; otherwise
// it may be one that the same operation has had before.
type Ask func(ctx context.Context, q restclient.JobsQuery, fresh bool) (*restclient.JobsPage, error)

// Reader reads pages. It is safe for concurrent use if Ask is.
type Reader struct {
	Ask Ask
	// Offsets is what has been learned of the API, across operations.
	Offsets *Offsets
	// Ranges is what one operation has seen of the ends of ranges; nil for a memory of one page.
	Ranges *Ranges
	// Logger gets a warning when something is learned of offsets; nil for none.
	Logger *slog.Logger
	// Sought is told of each search that a page needed since its first window did not show its place, and how
	// many calls that took; nil for nobody.
	Sought func(calls int)
}

// Read returns the page of a plan. Errors: those of Ask, *DriftError, *UntruthError.
func (r Reader) Read(ctx context.Context, plan *Plan) (*Page, error) {
	d := &draft{plan: plan}
	if plan.Empty {
		return d.page(), nil
	}
	d.count = restclient.UnknownTotal
	list := fetcher{Reader: r, list: plan.List, most: restclient.MaxPerPage}
	reading := reading{fetcher: list, plan: plan, draft: d, within: plan.scanRange()}
	if err := reading.read(ctx); err != nil {
		return nil, err
	}
	return d.page(), nil
}

// CanAnnounce reports whether Read will ask for the plan's Opening first, so that it may be asked for
// together with others'. Where no cursor shows whether a window came from where it was asked for, that is so
// only if this is proven. The first window of a search may be known already.
func (r Reader) CanAnnounce(plan *Plan) bool {
	q, hasCursor := plan.Opening(), plan.scanRange().start != nil
	isOpening := r.Offsets.isProven(q.Offset, q.PerPage) || hasCursor && r.Offsets.isTrusted()
	return !plan.Empty && isOpening && plan.Times.isAll()
}

// reading is the reading of one page: which window is asked for next, and what is taken of it.
type reading struct {
	fetcher
	plan  *Plan
	draft *draft
	// within is what is left to be read: its start moves on from window to window.
	within scanRange
	large  largeGroup
	// endsOf is the length of the list of which the draft has the ends of the range.
	endsOf int64
}

// read fills the draft. Errors: as Reader.Read.
func (r *reading) read(ctx context.Context) error {
	plan, d := r.plan, r.draft
	switch start := r.within.start; {
	case !plan.Times.isAll():
		return r.readRange(ctx)
	case plan.isTally():
		return r.tally(ctx)
	case start != nil:
		p, err := r.placeNextTo(ctx, start, plan.Size)
		if err != nil {
			return err
		}
		d.low = p.placeOf(p.index)
		d.high, d.startShown, d.startEquals = d.low, p.index < len(p.records), equalsOf(start, plan.Backwards)
		return r.collect(ctx, p)
	case plan.Backwards:
		return r.readEnd(ctx)
	}
	w, err := r.at(ctx, plan.Offset, plan.Size)
	if err != nil {
		return err
	}
	d.low, d.high, d.startEquals.open = plan.Offset, plan.Offset, plan.Offset > 0
	return r.collect(ctx, placeAt(w, plan.Offset))
}

// placeNextTo returns the place next to an anchor, in a window with so many jobs beside it.
func (r *reading) placeNextTo(ctx context.Context, a *anchor, size int) (place, error) {
	s := search{fetcher: &r.fetcher, anchor: a, size: size, backwards: r.within.backwards, large: &r.large}
	return s.find(ctx)
}

// collect takes records from a place on, and from further windows, until the page is full, the list ends, or
// the scan meets its stop. If the API contradicts itself, what was read before is the page, with the fault
// beside it.
func (r *reading) collect(ctx context.Context, p place) error {
	d, backwards := r.draft, r.within.backwards
	for {
		past := d.take(r.within, p)
		switch {
		case past, d.isFull(), p.isLast(backwards) && (backwards || p.fault == nil):
			return r.finish(ctx, p, past)
		case p.fault != nil:
			return d.endWith(p.fault)
		case d.isBlind():
			return d.endWith(unreadableError(d.records))
		}
		d.noteIDs()
		next, err := r.resume(ctx, p)
		if isEnd := next.isLast(backwards) && next.fault == nil; err == nil && next.isAtEdge(backwards) && !isEnd {
			next, err = r.beyond(ctx, next.window)
		}
		if err != nil {
			return d.endWith(err)
		}
		if p = next; p.isAtEdge(backwards) {
			d.noteTotal(p.window)
			d.more, d.unsure = d.stopped, false // the total promises more than there is
			return r.finish(ctx, p, true)
		}
	}
}

// resume returns the place from which a page that is not full goes on behind a window, and makes the scan
// start there. It asks for what the page lacks, and for the unreadable records that are read again.
func (r *reading) resume(ctx context.Context, p place) (place, error) {
	d := r.draft
	last, unreadable := d.resumeFrom(r.within, p)
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
	return r.placeNextTo(ctx, last, size)
}

// beyond returns the place at the edge of a window in the window next to it: where the window has no readable
// record, or no record on the side of the place. As long as nothing of the page could be read, the next
// window is as large as can be.
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

// finish notes the equals beyond the page, whose last window is p. If only a total says that the list ends with
// the page, or nothing shows whether its range does, it looks beyond.
func (r *reading) finish(ctx context.Context, p place, past bool) error {
	d := r.draft
	if len(d.records) > 0 && !hasReadable(d.records) {
		d.fault, d.more = unreadableError(d.records), false
		return nil
	}
	d.noteEndEquals(r.within)
	if r.large.is { // the next page need not look for the whole group again
		d.startEquals.open, d.endEquals.open = true, true
	}
	if past || !d.unsure || r.plan.Unasked.Flags {
		return nil
	}
	return r.lookBeyond(ctx, p)
}
