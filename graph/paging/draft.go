package paging

import (
	"errors"
	"slices"

	"jobsgateway/restclient"
)

// draft is a page while it is read: records in the order of reading, each with its place in the list.
type draft struct {
	plan    *Plan
	records []restclient.Record
	places  []int64
	// low and high bound the part [low, high) of the list that was read.
	low, high int64
	total     int64
	// contradicted: a window contradicted its own total, so no total of the list is believed any more.
	contradicted bool
	// from and left are the equals where the scan came from, and those that it has not taken.
	from, left equals
	// passedOver: some records were not taken, since they were returned on an earlier page.
	passedOver bool
	// opposite: the page was read in the opposite order from its start.
	opposite bool
	// before: a window has shown a record at the place where the scan began.
	before bool
	// more: something stands beyond the last record, in the direction of reading. Unsure: only a total says that nothing
	// does. Stopped: the scan has met its stop, or an equal of it.
	more, unsure, stopped bool
	// rest is what the last window shows beyond the page.
	rest scan
	// fault is why the page ends before the list does.
	fault error
	// blind counts the windows after which the page had no readable record.
	blind int
	// ids are those of the page's records, once it is made of several windows.
	ids map[string]bool
}

// isFull reports whether the page has as many records as were asked for. A page without a readable record would have no cursor
// to go on with, so it is not full.
func (d *draft) isFull() bool {
	return len(d.records) >= d.plan.Size && (d.plan.Size == 0 || hasReadable(d.records))
}

// isBlind reports whether so many windows had no readable record that the list is given up.
func (d *draft) isBlind() bool {
	return d.blind >= maxUnreadable && len(d.records) > 0 && !hasReadable(d.records)
}

// note takes the total of a window, unless it was contradicted.
func (d *draft) note(w window) {
	if d.total = w.credibleTotal(); d.total != w.total {
		d.contradicted = true
	}
	if d.contradicted {
		d.total = restclient.UnknownTotal
	}
}

// take adds the records of a window from a place on, until the page is full. It passes over those that were returned on an
// earlier page. It returns true when the scan has come past its stop.
func (d *draft) take(r scanRange, p place) (past bool) {
	d.note(p.window)
	s := newScan(r, p)
	if r.start != nil && len(d.records) == 0 {
		d.low, d.high = s.position, s.position
		if r.backwards {
			d.low, d.high = s.position+1, s.position+1
		}
	}
	room := min(len(p.records), d.plan.Size)
	d.records, d.places = slices.Grow(d.records, room), slices.Grow(d.places, room)
	for ; s.has() && !d.isFull() && !past; s.step() {
		record := s.record()
		switch {
		case s.alreadyReturned():
			d.passedOver = d.passedOver || d.plan.start() != nil && (record.Job == nil || !d.ids[record.Job.ID()])
		case r.isPastStop(record):
			d.stopped, past = true, true
		case r.isStop(p.window, s.at):
			d.stopped, past = true, p.beside && r.order.isAnchor(record, r.stop) || d.hasAllBeforeStop(r)
		case d.has(record):
		default:
			if p.beside {
				s.position = p.offset + int64(s.at)
			}
			d.records, d.places = append(d.records, record), append(d.places, s.position)
			if s.position += s.direction; r.backwards {
				d.low = s.position + 1
			} else {
				d.high = s.position
			}
		}
	}
	if !hasReadable(d.records) {
		d.blind++
	}
	d.rest = s
	d.judge(p.window, s)
	return past
}

// hasAllBeforeStop reports whether the page has every equal of the stop that was listed as standing before it.
func (d *draft) hasAllBeforeStop(r scanRange) bool {
	if r.stop.isOpen(r.backwards) {
		return false
	}
	had := map[uint32]bool{}
	for _, record := range d.records {
		if record.Job != nil {
			had[tieOf(record.Job.ID())] = true
		}
	}
	for _, tie := range r.stop.returned(r.backwards) {
		if !had[tie] && (r.start == nil || !slices.Contains(r.start.returned(r.backwards), tie) && tie != tieOf(r.start.id)) {
			return false
		}
	}
	return true
}

// judge decides whether anything stands beyond the last record that was taken.
func (d *draft) judge(w window, s scan) {
	d.more, d.unsure = d.stopped, false
	if s.backwards {
		d.more = d.more || d.low > 0
		return
	}
	for ; s.has() && !d.more; s.step() {
		d.more = !s.alreadyReturned()
	}
	if d.more {
		return
	}
	switch w.behind() {
	case goesOn:
		d.more = true
	case mayGoOn:
		d.more, d.unsure = w.total < w.end(), w.total != restclient.UnknownTotal
	case endsHere:
	}
}

// has reports whether the page has a job already: a list that moves while a page is read can show it again. It knows so only after
// remember.
func (d *draft) has(record restclient.Record) bool {
	if record.Job == nil || d.ids == nil {
		return false
	}
	if id := record.Job.ID(); !d.ids[id] {
		d.ids[id] = true
		return false
	}
	return true
}

// remember notes the ids of the page's jobs, once it is made of several windows.
func (d *draft) remember() {
	if d.ids == nil {
		d.ids = map[string]bool{}
		for _, record := range d.records {
			d.has(record)
		}
	}
}

// resume returns the anchor to go on from behind a place's window: its last readable record in the direction of reading; nil when
// none is readable. Unreadable is the number of unreadable records behind it.
func (d *draft) resume(r scanRange, p place) (a *anchor, unreadable int) {
	i, step := len(p.records)-1, -1
	if r.backwards {
		i, step = 0, 1
	}
	for ; i >= 0 && i < len(p.records); i += step {
		job := p.records[i].Job
		if job == nil {
			unreadable++
			continue
		}
		a = &anchor{id: comparableID(job.ID()), value: r.order.valueOf(job), offset: p.offset + int64(i), total: p.total}
		ties, open := d.returnedWith(r, a)
		a.exhausted = p.alone && r.start.value.Equal(a.value)
		if r.backwards {
			a.after, a.openAfter = ties, open
		} else {
			a.before, a.openBefore = ties, open
		}
		return a, unreadable
	}
	return nil, unreadable
}

// returnedWith returns the fingerprints of the anchor's equals that were returned so far, and whether there may be more.
func (d *draft) returnedWith(r scanRange, a *anchor) (ties []uint32, open bool) {
	if s := r.start; s != nil && s.value.Equal(a.value) {
		ties = append(append(ties, tieOf(s.id)), s.returned(r.backwards)...)
		open = s.isOpen(r.backwards)
	}
	for _, record := range d.records {
		if record.Job != nil && r.order.sideOf(record.Job, a) == sideTied {
			ties = append(ties, tieOf(record.Job.ID()))
		}
	}
	slices.Sort(ties) // the start of a further window lists the page's first ones already
	own := tieOf(a.id)
	ties = slices.DeleteFunc(slices.Compact(ties), func(tie uint32) bool { return tie == own })
	return ties, open
}

// giveBack drops the unreadable records that were taken last, n at most: the next window shows them again.
func (d *draft) giveBack(n int) {
	for ; n > 0 && len(d.records) > 0 && d.records[len(d.records)-1].Job == nil; n-- {
		d.records, d.places = d.records[:len(d.records)-1], d.places[:len(d.places)-1]
	}
}

// close notes which equals of the page's last record the last window shows beyond it.
func (d *draft) close(r scanRange) {
	last := len(d.records) - 1
	for last >= 0 && d.records[last].Job == nil {
		last--
	}
	if last < 0 {
		return
	}
	a := &anchor{value: r.order.valueOf(d.records[last].Job)}
	d.left = equals{value: a.value, open: d.more}
	for s := d.rest; s.has(); s.step() {
		job := s.record().Job
		if job == nil || s.alreadyReturned() {
			continue
		}
		if r.order.sideOf(job, a) != sideTied {
			d.left.open = false
			break
		}
		d.left.ties = append(d.left.ties, tieOf(job.ID()))
	}
	if r.stop != nil && r.stop.value.Equal(a.value) {
		stop := equalsOf(r.stop, !r.backwards)
		d.left.ties, d.left.open = append(d.left.ties, stop.ties...), d.left.open || stop.open
	}
}

// end ends a page before it is full. If the error is one of the list and something was read, it becomes the page's fault; otherwise
// it is returned.
func (d *draft) end(err error) error {
	untruth, ok := errors.AsType[*UntruthError](err)
	if !ok || len(d.records) == 0 {
		return err
	}
	d.fault, d.more = untruth, false
	return nil
}

// page returns the finished page, in the order of the list.
func (d *draft) page() *Page {
	p := &Page{
		List: d.plan.List, Records: d.records, places: d.places,
		FromStart: d.low == 0 && !d.plan.Backwards && !d.passedOver,
		Fault:     d.fault, Total: d.total, before: d.from, behind: d.left,
		HasNextPage: d.more, HasPreviousPage: d.passedOver || d.low > 0 && d.total != 0,
	}
	if d.plan.Backwards {
		slices.Reverse(p.Records)
		slices.Reverse(p.places)
		p.before, p.behind = d.left, d.from
		p.HasNextPage, p.HasPreviousPage = d.high < d.total || d.passedOver || d.before, d.more
	}
	if d.opposite {
		p.HasNextPage = false
		for i, place := range p.places { // counted from the end of the list so far
			p.places[i] = max(0, d.total-1-place)
		}
	}
	if d.fault != nil && !hasReadable(p.Records) {
		p.Records = nil // the fault tells of all of them
	}
	return p
}
