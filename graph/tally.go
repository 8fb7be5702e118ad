package graph

import (
	"context"

	"jobsgateway/restclient"
)

// isTally reports whether a page is asked for nothing but numbers: how many jobs there are, or whether more stand around it. Then one
// record tells as much as all of them. A page that lies between two cursors has to be read all the same.
func (p *pagePlan) isTally() bool {
	stop := p.before
	if p.backwards {
		stop = p.after
	}
	return p.unasked.Records && (p.unasked.Flags || stop == nil)
}

// tallyOpening is the first question of such a page: for the record behind the page, which is there if the list goes on, or next to
// its cursor; for any record where nothing but the total is asked.
func (p *pagePlan) tallyOpening() restclient.JobsQuery {
	q := p.list
	q.PerPage = 1
	switch start := p.start(); {
	case p.unasked.Flags:
	case start != nil:
		q.Offset, q.PerPage = around(start, 1, restclient.MaxPerPage, p.backwards)
	default:
		q.Offset = p.offset + int64(p.size)
	}
	return q
}

// start is the cursor from which a page is read; nil for an end of the list.
func (p *pagePlan) start() *anchor {
	if p.backwards {
		return p.before
	}
	return p.after
}

// tally makes a page without its records. Errors: as read.
func (r *pageReader) tally(ctx context.Context, plan *pagePlan) (*page, error) {
	p := &page{plan: plan, low: plan.offset}
	start, size := plan.start(), int64(plan.size)
	if plan.unasked.Flags || start == nil {
		w, err := r.at(ctx, plan.tallyOpening().Offset, 1)
		if err != nil {
			return nil, err
		}
		p.note(w)
		p.more, p.high = len(w.records) > 0, max(0, p.total)
		return p, nil
	}
	f, err := r.next(ctx, start, 1, plan.backwards)
	if err != nil {
		return nil, err
	}
	by := reading{order: ordering(plan.list.OrderBy), backwards: plan.backwards, start: start}
	t := p.turns(by, f)
	p.note(f.window)
	if plan.backwards {
		p.low, p.high, p.before = t.place+1-size, t.place+1, f.index < len(f.records)
		p.more = p.low > 0
		return p, nil
	}
	p.low = t.place
	if p.more = p.low+size < p.total; p.more {
		return p, nil
	}
	w, err := r.at(ctx, p.low+size, 1)
	if err != nil {
		return nil, err
	}
	p.note(w)
	p.more = len(w.records) > 0
	return p, nil
}
