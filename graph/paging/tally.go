package paging

import (
	"context"

	"jobsgateway/restclient"
)

// isTally reports whether a page is asked for numbers alone: how many jobs there are, or whether more stand
// around it. One record shows these. A page between two cursors has to be read all the same.
func (p *Plan) isTally() bool {
	return p.Unasked.Records && (p.Unasked.Flags || p.scanRange().stop == nil)
}

// tallyOpening returns the first call of such a page: for the record behind the page, which is there if the
// list goes on, or for those next to its cursor; for any record if only the total is asked.
func (p *Plan) tallyOpening() restclient.JobsQuery {
	q := p.List
	q.PerPage = 1
	switch start := p.scanRange().start; {
	case p.Unasked.Flags:
	case start != nil:
		q.Offset, q.PerPage = start.windowBeside(1, restclient.MaxPerPage, p.Backwards)
	default:
		q.Offset = p.Offset + int64(p.Size)
	}
	return q
}

// tally reads the numbers of a page, without its records: its total, and whether more stands beyond it.
func (r *reading) tally(ctx context.Context) error {
	plan, d := r.plan, r.draft
	start, size := r.within.start, int64(plan.Size)
	d.low = plan.Offset
	if plan.Unasked.Flags || start == nil {
		w, err := r.at(ctx, plan.tallyOpening().Offset, 1)
		if err != nil {
			return err
		}
		d.noteTotal(w)
		d.more, d.high = len(w.records) > 0, max(0, d.total)
		return nil
	}
	p, err := r.placeNextTo(ctx, start, 1)
	if err != nil {
		return err
	}
	s := newScan(r.within, p)
	d.noteTotal(p.window)
	if plan.Backwards {
		d.low, d.high, d.startShown = s.edge()-size, s.edge(), p.index < len(p.records)
		d.more = d.low > 0
		return nil
	}
	d.low = s.edge()
	if d.more = d.low+size < d.total; d.more {
		return nil
	}
	w, err := r.at(ctx, d.low+size, 1)
	if err != nil {
		return err
	}
	d.noteTotal(w)
	d.more = len(w.records) > 0
	return nil
}
