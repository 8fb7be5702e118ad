package paging

import (
	"context"

	"jobsgateway/restclient"
)

// counts reports whether the ends of a range have to be known: for its total, or for flags without records.
func (p *Plan) counts() bool { return !p.Unasked.Total || p.isTally() && !p.Unasked.Flags }

// sought returns the cuts that are sought before a page without a cursor is read: where the page begins, and
// both if they are counted. Nil for others, and for ends that are open.
func (p *Plan) sought() (low, high *cut) {
	low, high = p.Times.cuts(ordering(p.List.OrderBy))
	if p.counts() {
		return low, high
	}
	if isRead := !p.isTally(); !isRead || p.Backwards {
		low = nil
	}
	if isRead := !p.isTally(); !isRead || !p.Backwards {
		high = nil
	}
	return low, high
}

// edges returns the cuts where a scan of the page's range begins and ends; nil where the range is open, and so
// is as long as the list.
func (p *Plan) edges() (near, far *cut) {
	near, far = p.Times.cuts(ordering(p.List.OrderBy))
	if p.Backwards {
		near, far = far, near
	}
	return near, far
}

// searches reports whether a page of a range without a cursor begins with a search.
func (p *Plan) searches() bool {
	low, high := p.sought()
	return low != nil || high != nil
}

// headSize returns how many records the first window of a search has: those of the page, too, where the range
// begins with the list.
func (p *Plan) headSize() int {
	low, _ := p.Times.cuts(ordering(p.List.OrderBy))
	if low != nil || p.Backwards || p.Unasked.Records {
		return probeSize
	}
	return int(min(max(probeSize, p.Offset+int64(p.beside())), restclient.MaxPerPage))
}

// beside returns how many records next to its start a page asks for: of a range one more, which shows whether
// the range goes on.
func (p *Plan) beside() int {
	switch {
	case p.isTally():
		return 1
	case p.Times.isAll() || p.Unasked.Flags:
		return p.Size
	}
	return min(p.Size+1, restclient.MaxPerPage)
}

// readRange fills the draft with a page of a range. Errors: as Reader.Read.
func (r *reading) readRange(ctx context.Context) error {
	plan := r.plan
	if start := r.within.start; start != nil {
		return r.readRangeNextTo(ctx, start)
	}
	found, err := r.findEnds(ctx, plan.headSize())
	switch {
	case err != nil:
		return err
	case plan.isTally() && !plan.counts():
		_, err = r.at(ctx, 0, 1) // nothing is asked; an error of the list is told all the same
		return err
	case plan.isTally() && r.draft.count != restclient.UnknownTotal:
		return r.tallyRange(ctx, found.low, found.high)
	case plan.Backwards && found.highCut == nil:
		return r.readEnd(ctx)
	case plan.Backwards:
		r.draft.low, r.draft.high = found.highCut.place, found.highCut.place
		return r.collect(ctx, placeAt(found.highCut.in, found.highCut.place))
	}
	return r.readRangeAt(ctx, found)
}

// readRangeNextTo reads a page next to a cursor. If the list has not moved, the cursor says where the range
// begins and ends; else the ends are sought again, if they are counted.
func (r *reading) readRangeNextTo(ctx context.Context, start *anchor) error {
	plan, d := r.plan, r.draft
	p, err := r.placeNextTo(ctx, start, plan.beside())
	if err != nil {
		return err
	}
	moved := p.placeOf(p.index) - start.expected(p.beside, plan.Backwards)
	switch stands := moved == 0 && p.total == start.total && r.order().find(p.window, start) >= 0; {
	case start.count > 0 && stands:
		d.ends = ends{start.offset - start.index, start.offset - start.index + start.count}
		d.count, r.endsOf = start.count, p.total
	case plan.counts():
		if err := r.findEndsAgain(ctx, start, moved); err != nil {
			return err
		}
	}
	d.low = p.placeOf(p.index)
	d.high, d.startEquals = d.low, equalsOf(start, plan.Backwards)
	if plan.isTally() && d.count != restclient.UnknownTotal {
		s := newScan(r.within, p)
		return r.tallyRange(ctx, s.edge(), s.edge())
	}
	if d.behind, err = r.standsBehind(ctx, p); err != nil {
		return err
	}
	return r.collect(ctx, p)
}

// readRangeAt reads a page without a cursor, forwards from an offset in the range. If the list moves between
// the search and the window of the page, the start is looked at again.
func (r *reading) readRangeAt(ctx context.Context, found foundEnds) error {
	plan, d := r.plan, r.draft
	var start int64
	var w window
	var err error
	for tries := 0; ; tries++ {
		start = found.low + plan.Offset
		var c *cut
		var seen, moved bool
		if found.lowCut != nil {
			c, w, seen = found.lowCut.cut, found.lowCut.in, plan.Offset == 0
		}
		if !seen {
			w, seen = r.atlas().windowAt(c, start, plan.Offset)
			// Among equals, only one window shows which of them the offset skips.
			seen = seen && (plan.Offset == 0 || w.end() >= start+int64(plan.Size) || w.reachesEnd())
		}
		if !seen {
			if w, err = r.at(ctx, start, plan.beside()); err != nil {
				return err
			}
			moved = found.lowCut != nil && r.atlas().hasMoved(r.order(), w)
		}
		if !moved || tries >= maxSettle {
			break
		}
		if found, err = r.findEnds(ctx, plan.headSize()); err != nil {
			return err
		}
	}
	d.low, d.high, d.startEquals.open = start, start, plan.Offset > 0
	if err := r.collect(ctx, placeAt(w, start)); err != nil || plan.Offset == 0 {
		return err
	}
	d.behind, err = r.hasAny(ctx, found.low)
	return err
}

// tallyRange notes the flags of a page of which no record is asked for, that begins at low when it is read
// forwards, and at high when it is read backwards. Where a total alone says that nothing follows, it looks.
func (r *reading) tallyRange(ctx context.Context, low, high int64) (err error) {
	plan, d := r.plan, r.draft
	size := int64(plan.Size)
	if plan.Backwards {
		d.more, d.behind = high-size > d.ends.low, high < d.ends.high
		return nil
	}
	low += plan.Offset
	d.more, d.behind = low+size < d.ends.high, min(low, d.ends.high) > d.ends.low
	if _, far := plan.edges(); far == nil && !d.more && !plan.Unasked.Flags {
		d.more, err = r.hasRangeAt(ctx, low+size)
	}
	return err
}

// hasAny reports whether a range that begins at a place has a job.
func (r *reading) hasAny(ctx context.Context, low int64) (bool, error) {
	switch d := r.draft; {
	case r.plan.Unasked.Flags, len(d.records) > 0:
		return len(d.records) > 0, nil
	case d.count != restclient.UnknownTotal:
		return d.count > 0, nil
	}
	return r.hasRangeAt(ctx, low)
}

// standsBehind reports whether a job of the range stands next to a place on the side from which the scan
// comes.
func (r *reading) standsBehind(ctx context.Context, p place) (bool, error) {
	if s := newScan(r.within, p); s.edge() != p.placeOf(p.index) {
		return true, nil // some of its equals were returned before
	}
	far, edge, isEdge := p.records[:p.index], p.offset-1, p.offset == 0
	if r.plan.Backwards {
		far, edge, isEdge = p.records[p.index:], p.end(), p.reachesEnd()
	}
	for k := range far {
		record := far[k]
		if !r.plan.Backwards {
			record = far[len(far)-1-k]
		}
		if record.Job != nil {
			return r.within.isWithin(record), nil
		}
	}
	near, _ := r.plan.edges()
	switch d := r.draft; {
	case isEdge, r.plan.Unasked.Flags:
		return false, nil
	case near != nil && d.count != restclient.UnknownTotal && r.endsOf == p.total:
		return d.ends.low <= edge && edge < d.ends.high, nil
	}
	return r.hasRangeAt(ctx, edge)
}

// hasRangeAt reports whether the record at a place is within the range, for one call.
func (r *reading) hasRangeAt(ctx context.Context, at int64) (bool, error) {
	w, err := r.at(ctx, at, 1)
	return r.isRangeAt(w, at), err
}

// isRangeAt reports whether a window shows a record of the range at a place. One that cannot be read is.
func (r *reading) isRangeAt(w window, at int64) bool {
	i := at - w.offset
	return i >= 0 && i < int64(len(w.records)) && r.within.rangeSide(w.records[i]) == sideTied
}
