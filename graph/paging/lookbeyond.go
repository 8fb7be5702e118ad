package paging

import (
	"context"

	"jobsgateway/restclient"
)

// lookBeyond finds out whether a job of the list, or of its range, stands beyond a page whose last window p does
// not show it. Where the ends of the range are known, they say that there is one. That there is none is looked
// at next to the last record that the window shows: for one call if the list does not move meanwhile. So it is
// right even if the window came from elsewhere than was asked for, and only seemed to end where the list does.
//
// Example: of 40 jobs, the window [27, 40) shows the anchor where it was expected, and twelve more. An API that
// rounds offsets gives [26, 39) and can show the anchor there, too, if one job has left and another one has come
// behind it. Nothing stands at place 40, but one job more behind the last one of the window.
func (r *reading) lookBeyond(ctx context.Context, p place) (err error) {
	d, edge := r.draft, p.end()
	if r.within.backwards {
		edge = p.offset - 1
	}
	isCounted := d.count != restclient.UnknownTotal && r.endsOf == p.total && !d.opposite
	if d.more = isCounted && d.ends.low <= edge && edge < d.ends.high; d.more {
		return nil
	}
	last, unreadable := d.resumeFrom(r.within, p)
	if isNumbered := r.plan.Times.isAll() && r.within.start == nil; last == nil || isNumbered {
		d.more, err = r.hasRangeAt(ctx, edge)
	} else {
		err = r.lookBehind(ctx, last, unreadable)
	}
	if d.more && !r.within.backwards && d.total <= edge {
		d.total = restclient.UnknownTotal // it did not count that job
	}
	return err
}

// lookBehind is lookBeyond by the last record that can be read of a window, which unreadable ones follow.
func (r *reading) lookBehind(ctx context.Context, last *anchor, unreadable int) error {
	d := r.draft
	r.within.start = last
	next, err := r.placeNextTo(ctx, last, unreadable+1)
	if err != nil {
		return err
	}
	if d.judge(next.window, newScan(r.within, next)); !d.unsure || !next.isAtEdge(r.within.backwards) {
		return nil
	}
	next, err = r.beyond(ctx, next.window)
	at := next.placeOf(next.index)
	if r.within.backwards {
		at--
	}
	d.more = err == nil && r.isRangeAt(next.window, at)
	return err
}
