package paging

import "jobsgateway/restclient"

// judgeRange is judge for a page whose range ends before the list does.
func (d *draft) judgeRange(w window, s scan) {
	for ; s.has() && !d.more && !d.ended; s.step() {
		switch record := s.record(); {
		case record.Job == nil || s.alreadyReturned():
		case s.rangeSide(record) == sideAfter:
			d.ended = true
		default:
			d.more = s.isWithin(record)
		}
	}
	d.endRange()
	d.unsure = !d.more && !d.ended && !w.isLast(s.backwards)
}

// endRange drops, if the scan has met the end of the range, the unreadable records that were taken last. They
// have no time, and what has none counts as standing behind the cut.
func (d *draft) endRange() {
	if d.ended {
		d.giveBack(len(d.records))
	}
}

// finishRange makes a page one of a range. If the range ends with the list, and the total of the list is not
// true, the number of its jobs is not known.
func (d *draft) finishRange(p *Page) {
	_, end := d.plan.Times.cuts(ordering(d.plan.List.OrderBy))
	if end == nil && d.total == restclient.UnknownTotal && !d.plan.Empty {
		d.ends, d.count = ends{}, restclient.UnknownTotal
	}
	p.FromStart, p.Times, p.Total, p.ends = false, d.plan.Times, d.count, d.ends
	p.HasNextPage, p.HasPreviousPage = d.more, d.behind || d.passedOver
	if d.plan.Backwards {
		p.HasNextPage, p.HasPreviousPage = p.HasPreviousPage, p.HasNextPage
	}
}
