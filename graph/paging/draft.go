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
	// startEquals are the equals of the page's first record that were read before it, and endEquals those of
	// its last one that were not taken. Both in the direction of reading.
	startEquals, endEquals equals
	// passedOver: some records were not taken, since they were returned on an earlier page.
	passedOver bool
	// opposite: the page was read in the opposite order from its start.
	opposite bool
	// startShown: a window has shown a record at the place where the scan began.
	startShown bool
	// more: something stands beyond the last record, in the direction of reading. Unsure: only a total says
	// that nothing does. Stopped: the scan has met its stop, or an equal of it.
	more, unsure, stopped bool
	// ended: the scan has met a record past the range.
	ended bool
	// behind: a job of the range stands on the far side of the place where the scan began.
	behind bool
	// ends are those of the range, where they are known; count is how many jobs it has.
	ends  ends
	count int64
	// rest is what the last window shows beyond the page.
	rest scan
	// fault is why the page ends before the list does.
	fault error
	// blind counts the windows after which the page had no readable record.
	blind int
	// ids are those of the page's records, once it is made of several windows.
	ids map[string]bool
}

// isFull reports whether the page has as many records as were asked for. A page without a readable record
// would have no cursor to go on with, so it is not full.
func (d *draft) isFull() bool {
	return len(d.records) >= d.plan.Size && (d.plan.Size == 0 || hasReadable(d.records))
}

// isBlind reports whether so many windows had no readable record that the list is given up.
func (d *draft) isBlind() bool {
	return d.blind >= maxUnreadable && len(d.records) > 0 && !hasReadable(d.records)
}

// noteTotal takes the total of a window. Once a window has contradicted its own, the total stays unknown.
func (d *draft) noteTotal(w window) {
	d.total = w.credibleTotal()
	if d.contradicted = d.contradicted || d.total != w.total; d.contradicted {
		d.total = restclient.UnknownTotal
	}
}

// take adds the records of a window from a place on, until the page is full. It passes over those that were
// returned on an earlier page. It returns true when the scan has come past its stop.
//
// Example: a page of 2 after B1 is taken from A B2 B1 B3 C, from index 1 on. B2 is taken, B1 is passed over,
// B3 is taken. B2 counts as standing at place 2 and B3 at 3, wherever the window shows them: B1 was returned
// before.
func (d *draft) take(r scanRange, p place) (past bool) {
	d.noteTotal(p.window)
	s := newScan(r, p)
	if d.plan.scanRange().start != nil && len(d.records) == 0 {
		d.low, d.high = s.edge(), s.edge()
	}
	room := min(len(p.records), d.plan.Size)
	d.records, d.places = slices.Grow(d.records, room), slices.Grow(d.places, room)
	ranged := !r.times.isAll()
	for ; s.has() && !d.isFull() && !past; s.step() {
		record := s.record()
		switch {
		case s.alreadyReturned():
			// On a page without a start it was read for this page, behind its stop.
			isOwn := d.plan.scanRange().start == nil || record.Job != nil && d.ids[record.Job.ID()]
			d.passedOver = d.passedOver || !isOwn
		case ranged && r.rangeSide(record) != sideTied: // before the range, it has come since the place was found
			d.ended = r.rangeSide(record) == sideAfter
			past = d.ended
		case r.isPastStop(record):
			d.stopped, past = true, true
		case r.isStop(p.window, s.at):
			d.stopped, past = true, p.beside && r.order.isAnchor(record, r.stop) || d.hasAllBeforeStop(r)
		case d.noteID(record):
		default:
			d.add(&s)
		}
	}
	d.endRange()
	if !hasReadable(d.records) {
		d.blind++
	}
	d.rest = s
	d.judge(p.window, s)
	return past || d.ended
}

// add adds the record that a scan is at.
func (d *draft) add(s *scan) {
	if s.from.beside {
		s.position = s.from.placeOf(s.at)
	}
	d.records, d.places = append(d.records, s.record()), append(d.places, s.position)
	s.position += s.direction
	if s.backwards {
		d.low = s.edge()
	} else {
		d.high = s.edge()
	}
}

// hasAllBeforeStop reports whether every equal that the stop lists as standing before it is on the page or
// was returned before the page. Then the page ends at the stop. Otherwise the window may show the stop before
// them.
//
// Example: before B3, which lists B1 and B2. The window A B3 B2 B1 C shows the stop at index 1. The page has
// A alone then, so the scan goes on: it takes B2 and B1, and ends at C, which is past the stop.
func (d *draft) hasAllBeforeStop(r scanRange) bool {
	had, _ := d.returnedWith(r, r.stop)
	had = append(had, tieOf(r.stop.id))
	isMissing := func(tie uint32) bool { return !slices.Contains(had, tie) }
	return !r.stop.isOpen(r.backwards) && !slices.ContainsFunc(r.stop.returned(r.backwards), isMissing)
}

// judge decides whether anything stands beyond the last record that was taken, and how sure that is.
//
// Examples, for a full page of 20: a window of 21 records has one more. 20 records and a next page, or a
// total of 30, have more. 20 records and a total of 20 have no more, but unsure: the total may be capped. 20
// records and no total have more, since nothing says otherwise. 19 records have no more.
//
// Where a range ends before the list does, only a job of it that the window shows is more, and only a job past
// it is the end. Otherwise that is unsure.
func (d *draft) judge(w window, s scan) {
	d.more, d.unsure = d.stopped, false
	if _, far := d.plan.edges(); far != nil {
		d.judgeRange(w, s)
		return
	}
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

// noteID notes a job of the page, and reports whether the page had it already: a list that moves while a page
// is read can show it again. It notes nothing as long as the page is made of one window.
func (d *draft) noteID(record restclient.Record) (again bool) {
	if record.Job == nil || d.ids == nil {
		return false
	}
	id := record.Job.ID()
	again = d.ids[id]
	d.ids[id] = true
	return again
}

// noteIDs notes all jobs of the page, when a second window is asked for.
func (d *draft) noteIDs() {
	if d.ids == nil {
		d.ids = map[string]bool{}
		for _, record := range d.records {
			d.noteID(record)
		}
	}
}

// resumeFrom returns the anchor to go on from behind a place's window: its last readable record in the
// direction of reading; nil when none is readable. Unreadable is the number of unreadable records behind it.
func (d *draft) resumeFrom(r scanRange, p place) (a *anchor, unreadable int) {
	for k := range p.records {
		i := len(p.records) - 1 - k
		if r.backwards {
			i = k
		}
		job := p.records[i].Job
		if job == nil {
			continue
		}
		a = &anchor{
			id: comparableID(job.ID()), value: r.order.valueOf(job), offset: p.placeOf(i), total: p.total, proven: p.proven,
		}
		a.exhausted = p.alone && r.start.value.Equal(a.value)
		ties, open := d.returnedWith(r, a)
		if r.backwards {
			a.after, a.openAfter = ties, open
		} else {
			a.before, a.openBefore = ties, open
		}
		return a, k
	}
	return nil, len(p.records)
}

// returnedWith returns the fingerprints of the anchor's equals that were returned so far, each once and
// without the anchor's own, and whether there may be more: those that stood before a numbered page count as
// returned.
func (d *draft) returnedWith(r scanRange, a *anchor) (ties []uint32, open bool) {
	if first := slices.IndexFunc(d.records, isReadable); r.start == nil && d.startEquals.open {
		open = first < 0 || r.order.sideOf(d.records[first].Job, a) == sideTied
	}
	if r.start != nil && r.start.value.Equal(a.value) {
		known := equalsOf(r.start, r.backwards)
		ties, open = known.ties, known.open
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

// endWith ends a page before it is full. If the error is one of the list and something was read, it becomes
// the page's fault; otherwise it is returned.
func (d *draft) endWith(err error) error {
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
		Fault:     d.fault, Total: d.total, length: d.total, before: d.startEquals, after: d.endEquals,
		HasNextPage: d.more, HasPreviousPage: d.passedOver || d.low > 0 && d.total != 0,
	}
	if d.plan.Backwards {
		slices.Reverse(p.Records)
		slices.Reverse(p.places)
		p.before, p.after = p.after, p.before
		p.HasNextPage, p.HasPreviousPage = d.high < d.total || d.passedOver || d.startShown, d.more
	}
	if !d.plan.Times.isAll() {
		d.finishRange(p)
	}
	if d.opposite {
		p.HasNextPage = false
		for i, place := range p.places { // counted from the end of the list so far
			p.places[i] = max(0, d.total-1-place)
		}
	}
	if d.fault != nil && !hasReadable(p.Records) {
		p.Records = nil // the fault counts all of them
	}
	return p
}
