package graph

import (
	"slices"
	"time"

	"jobsgateway/restclient"
)

// anchor is a job by which a place is found again after the list has moved.
type anchor struct {
	id    string
	value time.Time // what the list is ordered by, with all digits
	// offset and total are the job's place and the list's length at that time: where to look first. Total can be
	// restclient.UnknownTotal.
	offset, total int64
	// before and after are the fingerprints of jobs with the same value that were seen on either side. Equals have no order of
	// their own, so only these lists tell which of them had their turn.
	before, after []uint32
	// openBefore and openAfter: others of the same value, which were not seen, may count as before or after.
	openBefore, openAfter bool
	// done: all of its equals had their turn, so what is sought is what stands beyond them. Never in a cursor.
	done bool
}

// passed are the ties that stand where a reading comes from.
func (a *anchor) passed(backwards bool) []uint32 {
	if backwards {
		return a.after
	}
	return a.before
}

// hadItsTurn reports whether a job with the anchor's value is the anchor itself, or was read before it.
func (a *anchor) hadItsTurn(id string, backwards bool) bool {
	return comparableID(id) == a.id || slices.Contains(a.passed(backwards), tieOf(id))
}

// isOpen reports whether more ties than those of passed may stand where a reading comes from.
func (a *anchor) isOpen(backwards bool) bool {
	if backwards {
		return a.openAfter
	}
	return a.openBefore
}

// isLarge reports whether the equals of the anchor are more than a window of so many records shows, or are not all known where the
// reading comes from: then its own place is what counts.
func (a *anchor) isLarge(most int, backwards bool) bool {
	known := len(a.before) + len(a.after) + 1
	return a.isOpen(backwards) || known > restclient.MaxPerPage || most < restclient.MaxPerPage && known >= most
}

// groupStart is the place where the first of the anchor's equals should be, as far as they are known.
func (a *anchor) groupStart() int64 { return max(0, a.offset-int64(len(a.before))) }

// groupEnd is the place behind the last of the anchor's equals, as far as they are known.
func (a *anchor) groupEnd() int64 { return a.offset + 1 + int64(len(a.after)) }

// mirrored is the anchor as the opposite order has it; nil of nil.
func (a *anchor) mirrored() *anchor {
	if a == nil {
		return nil
	}
	m := *a
	m.before, m.after = a.after, a.before
	m.openBefore, m.openAfter = a.openAfter, a.openBefore
	return &m
}

// equals are jobs of one value beyond an end of a page; of the zero value, of whatever value the page ends with.
type equals struct {
	value time.Time
	ties  []uint32
	// open: there may be more of them.
	open bool
}

// equalsOf gives an anchor and those of its equals that stand on a side of it, where a reading with that direction comes from.
func equalsOf(a *anchor, backwards bool) equals {
	return equals{
		value: a.value, ties: append([]uint32{tieOf(a.id)}, a.passed(backwards)...), open: a.isOpen(backwards),
	}
}

// anchorOf makes the anchor of the page's i-th record, which is readable, with its ties on the page and beyond its ends.
func (p *page) anchorOf(i int) anchor {
	order := ordering(p.plan.list.OrderBy)
	job := p.records[i].Job
	a := anchor{
		id: comparableID(job.ID()), value: order.valueOf(job),
		offset: min(p.places[i], maxCursorOffset), total: p.total,
	}
	if a.total >= maxCursorOffset {
		a.total = restclient.UnknownTotal
	}
	tied := func(record restclient.Record) bool {
		return record.Job == nil || order.sideOf(record.Job, &a) == sideTied
	}
	first, last := i, i
	for ; first > 0 && tied(p.records[first-1]); first-- {
		a.before = appendTie(a.before, p.records[first-1])
	}
	for ; last < len(p.records)-1 && tied(p.records[last+1]); last++ {
		a.after = appendTie(a.after, p.records[last+1])
	}
	before, behind := &p.from, &p.rest
	if p.plan.backwards {
		before, behind = behind, before
	}
	if first == 0 {
		a.before, a.openBefore = before.join(a.before, a.value)
	}
	if last == len(p.records)-1 {
		a.after, a.openAfter = behind.join(a.after, a.value)
	}
	// The nearest come first, so what is cut off is what is farthest away.
	if len(a.before) > maxTies {
		a.before, a.openBefore = a.before[:maxTies], true
	}
	if len(a.after) > maxTies {
		a.after, a.openAfter = a.after[:maxTies], true
	}
	return a
}

// join adds the equals to ties of a value, and says whether there may be more.
func (e *equals) join(ties []uint32, value time.Time) (all []uint32, open bool) {
	if !e.value.IsZero() && !e.value.Equal(value) {
		return ties, false
	}
	return append(ties, e.ties...), e.open
}

func appendTie(ties []uint32, record restclient.Record) []uint32 {
	if record.Job == nil {
		return ties
	}
	return append(ties, tieOf(record.Job.ID()))
}

// resume makes the anchor from which to go on behind a window, its last readable record in the direction of reading, and
// tells how many unreadable ones follow it; nil when none is readable.
func (p *page) resume(by reading, f found) (a *anchor, unreadable int) {
	w := f.window
	i, step := len(w.records)-1, -1
	if by.backwards {
		i, step = 0, 1
	}
	for ; i >= 0 && i < len(w.records); i += step {
		job := w.records[i].Job
		if job == nil {
			unreadable++
			continue
		}
		a = &anchor{id: comparableID(job.ID()), value: by.order.valueOf(job), offset: w.offset + int64(i), total: w.total}
		ties, open := p.passedTies(by, a)
		a.done = f.closed && by.start.value.Equal(a.value)
		if by.backwards {
			a.after, a.openAfter = ties, open
		} else {
			a.before, a.openBefore = ties, open
		}
		return a, unreadable
	}
	return nil, unreadable
}

// giveBack drops the unreadable records that were taken last, up to n: the next window shows them again.
func (p *page) giveBack(n int) {
	for ; n > 0 && len(p.records) > 0 && p.records[len(p.records)-1].Job == nil; n-- {
		p.records, p.places = p.records[:len(p.records)-1], p.places[:len(p.places)-1]
	}
}

// passedTies gives the fingerprints of what was read so far and shares the value of a, and whether more of them may stand where
// the reading comes from.
func (p *page) passedTies(by reading, a *anchor) (ties []uint32, open bool) {
	if s := by.start; s != nil && s.value.Equal(a.value) {
		ties = append(append(ties, tieOf(s.id)), s.passed(by.backwards)...)
		open = s.isOpen(by.backwards)
	}
	for _, record := range p.records {
		if record.Job != nil && by.order.sideOf(record.Job, a) == sideTied {
			ties = append(ties, tieOf(record.Job.ID()))
		}
	}
	slices.Sort(ties) // the start of a further window has told of the page's first ones already
	own := tieOf(a.id)
	ties = slices.DeleteFunc(slices.Compact(ties), func(tie uint32) bool { return tie == own })
	return ties, open
}
