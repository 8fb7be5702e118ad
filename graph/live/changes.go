package live

import (
	"slices"
	"strings"
	"time"

	"jobsgateway/graph/paging"
	"jobsgateway/restclient"
)

// Bounds of one event. A single job is told however large it is.
const (
	maxEventJobs  = 100
	maxEventBytes = 256 << 10 // of records
)

// joinChanges has a new stream join the poll. It waits for a reading if the ring does not have what it missed.
func (p *poll) joinChanges(c Changes) *Stream {
	p.mu.Lock()
	defer p.mu.Unlock()
	shape := form{statesKey(c.States), c.Form.Key}
	f, ok := p.feeds[shape]
	if !ok {
		f = &feed{write: c.Form.Write, states: c.States, kept: p.ring.kept, told: p.ring.head(), shape: shape}
		p.feeds[shape] = f
	}
	f.members++
	s := &Stream{feed: f, wants: &c, leave: p.leaveChanges}
	if events, known := p.known(&c); known {
		s.wants = nil
		f.admit(s, c.Since, events)
		return s
	}
	p.pending = append(p.pending, s)
	if !p.listing {
		p.rouse()
	}
	return s
}

// leaveChanges takes a stream off the poll.
func (p *poll) leaveChanges(s *Stream) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pending = slices.DeleteFunc(p.pending, func(other *Stream) bool { return other == s })
	if s.feed.members--; s.feed.members == 0 && p.feeds[s.feed.shape] == s.feed {
		delete(p.feeds, s.feed.shape)
	}
}

// statesKey spells a set of states; states have no comma.
func statesKey(states []restclient.State) string {
	words := make([]string, 0, len(states))
	for _, state := range states {
		words = append(words, string(state))
	}
	slices.Sort(words)
	return strings.Join(slices.Compact(words), ",")
}

// known returns the first events of a stream, if they can be told without a reading. The caller holds the lock.
func (p *poll) known(c *Changes) (events []Event, ok bool) {
	switch {
	case !p.listing || !p.based:
		return nil, false
	case c.Since == nil:
		return []Event{{Cursor: p.cursorAt(p.ring.head())}}, true
	}
	return p.replay(c)
}

// replay returns what the ring has for a stream that goes on; false if it does not reach back that far.
func (p *poll) replay(c *Changes) (events []Event, ok bool) {
	if c.Since.Epoch != p.epoch {
		return nil, false
	}
	missed, ok := p.ring.from(c.Since.Number)
	if !ok {
		return nil, false
	}
	jobs := make([]*restclient.Job, len(missed))
	for i, m := range missed {
		jobs[i] = m.job
	}
	return p.inEvents(c.States, jobs, func(told int) string { return p.cursorAt(c.Since.Number + int64(told)) }), true
}

// opening returns the first events of a stream that has waited for a reading: what the ring has, or what the
// reading shows, or that the list has to be read again. False for a stream that needs the next reading, since
// this one was not made for it.
func (p *poll) opening(c *Changes, r *reading, isForIt bool) (events []Event, ok bool) {
	if events, ok := p.known(c); ok || !isForIt {
		return events, ok
	}
	head := p.cursorAt(p.ring.head())
	at := lessOverlap(c.Since.At)
	n := r.countFrom(at)
	resync := []Event{{Cursor: head, Resync: true}}
	if !r.reaches(at) || n > maxChanges {
		return resync, true
	}
	var jobs []*restclient.Job
	var bytes int64
	for _, s := range slices.Backward(r.seen[:n]) {
		if bytes += int64(len(s.job.Raw())); bytes > maxChangeBytes {
			return resync, true
		}
		jobs = append(jobs, copyOf(s.job))
	}
	return p.inEvents(c.States, jobs, func(told int) string {
		if told == len(jobs) {
			return head
		}
		return paging.Since{At: c.Since.At}.Text(p.list) // the rest may be told again
	}), true
}

// inEvents puts changed jobs into as few events as the bounds allow: those in one of the states. The last one is
// there in any case. Cursor returns the cursor behind so many of the jobs.
func (p *poll) inEvents(states []restclient.State, jobs []*restclient.Job, cursor func(told int) string) []Event {
	var events []Event
	for told := 0; ; {
		n := eventLength(jobs[told:])
		event := Event{Jobs: inStates(jobs[told:told+n], states)}
		told += n
		if len(event.Jobs) > 0 || told == len(jobs) {
			event.Cursor = cursor(told)
			events = append(events, event)
		}
		if told == len(jobs) {
			return events
		}
	}
}

// eventLength returns how many of the jobs fit into one event.
func eventLength(jobs []*restclient.Job) int {
	bytes := 0
	for i, job := range jobs {
		if bytes += len(job.Raw()); i == maxEventJobs || i > 0 && bytes > maxEventBytes {
			return i
		}
	}
	return len(jobs)
}

// inStates returns the jobs that are in one of the states; all if there are none.
func inStates(jobs []*restclient.Job, states []restclient.State) []*restclient.Job {
	if len(states) == 0 {
		return jobs
	}
	var kept []*restclient.Job
	for _, job := range jobs {
		if slices.Contains(states, job.State()) {
			kept = append(kept, job)
		}
	}
	return kept
}

// tell tells all streams what has changed: found, in order, of which everything before a time was told already.
// The caller holds the lock.
func (p *poll) tell(found []sight, before time.Time) {
	var bytes int64
	for _, s := range found {
		bytes += int64(len(s.job.Raw()))
	}
	switch {
	case len(found) == 0:
		return
	case len(p.feeds) == 0: // the list is read for single jobs
		p.ring.restart(p.ring.head() + int64(len(found)))
		return
	case len(found) > maxChanges || bytes > maxChangeBytes:
		p.resync()
		return
	}
	jobs := make([]*restclient.Job, len(found))
	for i, s := range found {
		jobs[i] = copyOf(s.job)
	}
	base := p.ring.head()
	for _, job := range jobs {
		if !p.ring.add(change{job, before}) {
			p.resync()
			return
		}
	}
	for told := 0; told < len(jobs); {
		n := eventLength(jobs[told:])
		p.tellFeeds(jobs[told:told+n], base+int64(told+n))
		told += n
	}
}

// tellFeeds tells the feeds of jobs that have changed; head is the number of the next change. A feed whose
// cursors have not moved for half a ring is told where it is.
func (p *poll) tellFeeds(jobs []*restclient.Job, head int64) {
	cursor := p.cursorAt(head)
	for _, f := range p.feeds {
		event := Event{Jobs: inStates(jobs, f.states), Cursor: cursor}
		if len(event.Jobs) > 0 || head-f.told > maxChanges/2 {
			f.told = head
			f.add(event)
		}
	}
}
