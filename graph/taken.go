package graph

import (
	"errors"
	"slices"

	"jobsgateway/graph/model"
	"jobsgateway/restclient"
)

// page is what a reading came to: records in the order of reading, each with its place in the list.
type page struct {
	plan    *pagePlan
	records []restclient.Record
	places  []int64
	// low and high bound the part of the list that was read: [low, high).
	low, high int64
	total     int64
	// lied: the totals that were told are not true.
	lied bool
	// from and rest are the equals where the reading came from, and those that it has left.
	from, rest equals
	// passedOver: some records were not taken, since they had their turn on an earlier page.
	passedOver bool
	// opposite: the page was read in the opposite order from its start.
	opposite bool
	// before: something stood at the place where the reading began, seen by a window.
	before bool
	// more: something stands beyond the last record, seen from where the reading came. Unsure: nothing but a total says that
	// nothing does. Stopped: the reading met its stop, or one of its equals.
	more, unsure, stopped bool
	// left is what the last window shows beyond the page.
	left turns
	// fault is why the page ends before the list does.
	fault error
	// blind counts the windows from which no readable record came yet.
	blind int
	// ids are those of the page's records, once it is made of several windows.
	ids map[string]bool
}

// isFull reports whether the page has what was asked for. A page without one readable record would have no cursor to
// go on with, so it goes on itself.
func (p *page) isFull() bool {
	return len(p.records) >= p.plan.size && (p.plan.size == 0 || hasReadable(p.records))
}

// note takes in the total of a window. One that was contradicted once is not believed any more.
func (p *page) note(w window) {
	if p.total = w.credibleTotal(); p.total != w.total {
		p.lied = true
	}
	if p.lied {
		p.total = restclient.UnknownTotal
	}
}

// take adds the records of a window from its place on, in the direction of reading, passing over those that had their turn. It
// reports whether the reading is past its stop.
func (p *page) take(by reading, f found) (past bool) {
	p.note(f.window)
	t := p.turns(by, f)
	if by.start != nil && len(p.records) == 0 {
		p.low, p.high = t.place, t.place
		if by.backwards {
			p.low, p.high = t.place+1, t.place+1
		}
	}
	room := min(len(f.records), p.plan.size)
	p.records, p.places = slices.Grow(p.records, room), slices.Grow(p.places, room)
	for ; t.has() && !p.isFull() && !past; t.step() {
		record := f.records[t.at]
		switch {
		case t.hadItsTurn(record):
			p.passedOver = p.passedOver || record.Job == nil || !p.ids[record.Job.ID()]
		case by.isPast(record):
			p.stopped, past = true, true
		case by.isBeyond(f.window, t.at):
			p.stopped, past = true, p.hasAllBefore(by)
		case p.has(record):
		default:
			if f.beside {
				t.place = f.offset + int64(t.at)
			}
			p.records, p.places = append(p.records, record), append(p.places, t.place)
			if t.place += t.direction; by.backwards {
				p.low = t.place + 1
			} else {
				p.high = t.place
			}
		}
	}
	if !hasReadable(p.records) {
		p.blind++
	}
	p.left = t
	p.judge(f.window, t)
	return past
}

// isBlind reports whether so many windows had no readable record that the list is given up.
func (p *page) isBlind() bool {
	return p.blind >= maxUnreadable && len(p.records) > 0 && !hasReadable(p.records)
}

// hasAllBefore reports whether no equal of the stop is left to be read that stood before it.
func (p *page) hasAllBefore(by reading) bool {
	if by.stop.isOpen(by.backwards) {
		return false
	}
	had := map[uint32]bool{}
	for _, record := range p.records {
		if record.Job != nil {
			had[tieOf(record.Job.ID())] = true
		}
	}
	for _, tie := range by.stop.passed(by.backwards) {
		if !had[tie] && (by.start == nil || !slices.Contains(by.start.passed(by.backwards), tie) && tie != tieOf(by.start.id)) {
			return false
		}
	}
	return true
}

// judge decides whether anything stands beyond the last record that was taken.
func (p *page) judge(w window, t turns) {
	p.more, p.unsure = p.stopped, false
	if t.by.backwards {
		p.more = p.more || p.low > 0
		return
	}
	for ; t.has() && !p.more; t.step() {
		p.more = !t.hadItsTurn(w.records[t.at])
	}
	if p.more {
		return
	}
	switch w.behind() {
	case goesOn:
		p.more = true
	case mayGoOn:
		p.more, p.unsure = w.total < w.end(), w.total != restclient.UnknownTotal
	case endsHere:
	}
}

// remember makes the page know its jobs by their ids, once it is made of several windows.
func (p *page) remember() {
	if p.ids == nil {
		p.ids = map[string]bool{}
		for _, record := range p.records {
			p.has(record)
		}
	}
}

// has reports whether the page has a job already: a list that moves while a page is read can show it again.
func (p *page) has(record restclient.Record) bool {
	if record.Job == nil || p.ids == nil {
		return false
	}
	if id := record.Job.ID(); !p.ids[id] {
		p.ids[id] = true
		return false
	}
	return true
}

// close notes which equals of the page's last record the last window shows beyond it.
func (p *page) close(by reading, f found) {
	last := len(p.records) - 1
	for last >= 0 && p.records[last].Job == nil {
		last--
	}
	if last < 0 {
		return
	}
	a := &anchor{value: by.order.valueOf(p.records[last].Job)}
	p.rest = equals{value: a.value, open: p.more}
	for t := p.left; t.has(); t.step() {
		record := f.records[t.at]
		if record.Job == nil || t.hadItsTurn(record) {
			continue
		}
		if by.order.sideOf(record.Job, a) != sideTied {
			p.rest.open = false
			break
		}
		p.rest.ties = append(p.rest.ties, tieOf(record.Job.ID()))
	}
	if by.stop != nil && by.stop.value.Equal(a.value) {
		stop := equalsOf(by.stop, !by.backwards)
		p.rest.ties, p.rest.open = append(p.rest.ties, stop.ties...), p.rest.open || stop.open
	}
}

// end ends a page before it is full: with what was read, and the fault beside it, if that is one of the list. Other errors are given back.
func (p *page) end(err error) error {
	untruth, ok := errors.AsType[*untruthError](err)
	if !ok || len(p.records) == 0 {
		return err
	}
	p.fault, p.more = untruth, false
	return nil
}

// connection makes the page of the answer.
func (p *page) connection() *model.JobConnection {
	c := &model.JobConnection{
		List: p.plan.list, FromStart: p.low == 0 && !p.plan.backwards && !p.passedOver,
		Records: p.records, Fault: p.fault, Total: p.total,
		HasNextPage: p.more, HasPreviousPage: p.passedOver || p.low > 0 && p.total != 0,
	}
	if p.plan.backwards {
		slices.Reverse(p.records)
		slices.Reverse(p.places)
		c.HasNextPage, c.HasPreviousPage = p.high < p.total || p.passedOver || p.before, p.more
	}
	if p.opposite {
		c.HasNextPage = false
		for i, place := range p.places { // counted from the end so far
			p.places[i] = max(0, p.total-1-place)
		}
	}
	if p.fault != nil && !hasReadable(p.records) {
		c.Records = nil // the fault tells of all of them
	}
	scope := p.plan.scope()
	c.AppendCursor = func(b []byte, i int) []byte { return cursor{scope: scope, anchor: p.anchorOf(i)}.append(b) }
	return c
}
