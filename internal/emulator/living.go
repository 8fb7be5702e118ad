package emulator

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"
)

const (
	// arrivalEvery would be the mean time between two new jobs, were it not for longestPause, which makes it 2 s.
	arrivalEvery = 5 * time.Second
	// longestPause is the most that there is between two new jobs. Source: who subscribes in the demonstration is
	// told of something within 5 s, and the gateway asks every 2 s, with a jitter of a tenth.
	longestPause = 2500 * time.Millisecond
	// maxSteps bounds what one request catches up on, arrivals and moves together. After a long silence the
	// data lag behind the clock for a few requests; nothing is left out.
	maxSteps = 10_000
)

// appointment is a stored job and the moment at which its record changes next.
type appointment struct {
	due   time.Time
	job   *job
	draft *draft
}

// compare orders appointments by their moments, and equal ones by age, so that the order of events, and with
// it every tie, is the same on each run.
func (a appointment) compare(b appointment) int {
	return cmp.Or(a.due.Compare(b.due), cmp.Compare(a.draft.number, b.draft.number))
}

// living moves a store through time. Events are applied one by one in the order of their moments, whenever a
// request happens to ask, so the data at a moment do not depend on who asked before.
type living struct {
	gen     *generator
	random  *rand.Rand
	number  int           // of the job that arrives next
	arrival time.Time     // its moment
	last    time.Time     // created_at of the job before
	agenda  []appointment // earliest first
}

// newLiving starts at the end of history with the jobs that had not finished there.
func newLiving(gen *generator, unfinished []appointment) *living {
	l := &living{
		gen: gen, random: gen.stream(streamLiving), agenda: unfinished,
		number: gen.opts.Jobs + 1, arrival: gen.opts.End, last: gen.opts.End,
	}
	slices.SortFunc(l.agenda, appointment.compare)
	l.nextArrival()
	return l
}

// nextArrival draws when the next job comes. Arrivals have a stream of their own: they would come at the same
// moments if jobs looked different.
func (l *living) nextArrival() {
	l.arrival = l.arrival.Add(min(longestPause, time.Duration(l.random.ExpFloat64()*float64(arrivalEvery))))
}

// schedule notes when a job changes next.
func (l *living) schedule(a appointment) {
	i, _ := slices.BinarySearchFunc(l.agenda, a, appointment.compare)
	l.agenda = slices.Insert(l.agenda, i, a)
}

// due reports whether anything has happened by now that the store does not show.
func (l *living) due(now time.Time) bool {
	return !l.arrival.After(now) || len(l.agenda) > 0 && !l.agenda[0].due.After(now)
}

// advance applies what has happened by now, at most maxSteps events of it.
func (l *living) advance(s *store, now time.Time) {
	for steps := 0; steps < maxSteps && l.due(now); steps++ {
		if len(l.agenda) > 0 && !l.agenda[0].due.After(l.arrival) {
			l.move(s)
		} else {
			l.arrive(s)
		}
	}
}

// arrive adds the next job; in a full list it only lets its moment pass.
func (l *living) arrive(s *store) {
	if len(s.created.jobs) < MaxJobs {
		// A coarse fraction may fall before the previous job; arrivals never go back.
		created := grain(l.random, l.arrival)
		if created.Before(l.last) {
			created = l.last
		}
		l.last = created
		d := l.gen.draft(l.number, created)
		j, next := d.record(created, l.gen.opts)
		s.insert(j)
		l.schedule(appointment{due: next, job: j, draft: d})
	}
	l.number++
	l.nextArrival()
}

// move brings the job whose moment is first into its next state, unless it was removed or replaced meanwhile.
func (l *living) move(s *store) {
	a := l.agenda[0]
	l.agenda = slices.Delete(l.agenda, 0, 1)
	if s.byID[a.job.id] != a.job {
		return
	}
	j, next := a.draft.record(a.due, l.gen.opts)
	s.swap(a.job, j)
	if !next.IsZero() {
		l.schedule(appointment{due: next, job: j, draft: a.draft})
	}
}
