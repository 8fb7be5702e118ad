package live

import (
	"math/rand/v2"
	"slices"
	"time"

	"jobsgateway/graph/paging"
	"jobsgateway/restclient"
)

// apply tells what a reading of the list has shown.
func (p *poll) apply(w work, r *reading, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ring.most = p.engine.ringBytes.Load()
	p.ring.trim()
	from := p.mark.from()
	before := p.mark.at
	p.mark.raise(r.seen, now)
	switch {
	case w.base:
		p.told.news(r.seen)
		p.based = true
		if len(r.seen) == 0 && !r.back.IsZero() {
			p.mark.at = earlier(now, r.back.Add(overlap)) // nothing is newer
		}
		switch {
		case r.reaches(p.mark.from()):
		case r.all:
			p.mark.floor = r.back
		default:
			p.lose(r, now)
		}
	case !r.reaches(from):
		p.told.news(r.seen)
		p.lose(r, now)
	default:
		p.tell(p.told.news(slices.Clone(r.seen[:r.countFrom(from)])), before)
	}
	if !p.again.IsZero() && !now.Before(p.again) {
		p.again = time.Time{}
		p.resync()
	}
	p.told.forget(p.mark.from())
	for _, s := range r.seen {
		if watched, ok := p.watches[restclient.JobID(s.id)]; ok {
			p.see(watched, s, true)
		}
	}
	p.pending = slices.DeleteFunc(p.pending, func(s *Stream) bool {
		events, ok := p.opening(s.wants, r, slices.Contains(w.waiting, s))
		if ok {
			s.feed.admit(s, s.wants.Since, events)
		}
		return ok
	})
	p.countTold(now)
}

// earlier returns the earlier of two times.
func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// lose notes that more has changed than could be read. From here on everything is remembered that has changed
// later than what was read last. What was written before, and shows only later, is covered by telling the
// streams a second time to read their lists.
func (p *poll) lose(r *reading, now time.Time) {
	if n := len(r.seen); n > 0 {
		p.mark.floor = r.seen[n-1].at.Add(time.Nanosecond)
	}
	p.resync()
	p.again = now.Add(overlap)
}

// countTold counts what is remembered. If there is no memory for it, all is forgotten, and the streams are told to
// read their lists again, now and when the list was read from the start.
func (p *poll) countTold(now time.Time) {
	weight := int64(len(p.told)) * besideVersion
	if more := weight - p.toldWeight; more > 0 && !p.ring.kept.TryCount(more) {
		p.resync()
		p.rebase()
		p.again = now
		return
	} else if more < 0 {
		p.ring.kept.Drop(-more)
	}
	p.toldWeight = weight
}

// besideVersion is what a version takes that is remembered. Source: measured, a map of ids as text.
const besideVersion = 160

// resync tells all streams to read their lists again. Cursors from before lead to the API from now on.
func (p *poll) resync() {
	p.epoch = rand.Uint64() //nolint:gosec // names no secret
	p.ring.restart(0)
	event := Event{Cursor: p.cursorAt(0), Resync: true}
	for _, f := range p.feeds {
		f.told = 0
		f.add(event)
	}
	p.unaskAll()
	p.rouse()
}

// cursorAt returns the cursor of the place before a change: one of the ring, the next one, or one of the latest
// reading, of which the ring has forgotten the first.
func (p *poll) cursorAt(number int64) string {
	since := paging.Since{Epoch: p.epoch, Number: number, At: p.mark.at}
	if i := number - p.ring.first; i < int64(len(p.ring.changes)) {
		since.At = p.ring.changes[max(0, i)].before // the same for all of one reading
	}
	return since.Text(p.list)
}
