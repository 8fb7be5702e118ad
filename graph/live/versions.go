package live

import (
	"slices"
	"strings"
	"time"

	"jobsgateway/restclient"
)

// overlap is by how much a job may appear in the list later than its updated_at says, because its transaction
// took a while, or its server's clock is late. So each poll reads a list back to that much before the latest
// change. A guess: far longer than it takes to write one record.
const overlap = 5 * time.Second

// version is one state of a job. A job that changes twice at one instant has two, by the hash of its record.
type version struct {
	at   time.Time
	hash uint64
}

// sight is a job as a poll has seen it.
type sight struct {
	id  string
	job *restclient.Job
	version
}

// versions are those that were told, or were there when the watching began, of the jobs that the next poll
// may see again.
type versions map[string]version

// news returns what is not remembered of what was seen, and remembers it: in the order of change; of changes at
// one instant first what stands further behind in the list. Seen is in the order of the list.
func (m versions) news(seen []sight) []sight {
	var found []sight
	for _, s := range slices.Backward(seen) {
		if known, ok := m[s.id]; !ok || known != s.version {
			m[s.id] = s.version
			found = append(found, s)
		}
	}
	slices.SortStableFunc(found, func(a, b sight) int { return a.at.Compare(b.at) })
	return found
}

// forget forgets what is so old that no poll sees it any more.
func (m versions) forget(before time.Time) {
	for id, v := range m {
		if v.at.Before(before) {
			delete(m, id)
		}
	}
}

// watermark is how far the changes of a list are known.
type watermark struct {
	// at is the time of the latest change that was seen, but for those that are later than this machine's clock: a
	// record from the future may not hide those of the present. It is that clock's where no other was seen. Zero
	// for an empty list.
	at time.Time
	// floor is from when on everything is remembered, if that is later than an overlap before at.
	floor time.Time
}

// raise moves the watermark up to what was seen.
func (w *watermark) raise(seen []sight, now time.Time) {
	for _, s := range seen {
		if s.at.After(w.at) && !s.at.After(now) {
			w.at = s.at
		}
	}
	if w.at.IsZero() && len(seen) > 0 {
		w.at = now
	}
}

// from returns the time back to which the next poll reads; zero for the whole list.
func (w *watermark) from() time.Time {
	from := lessOverlap(w.at)
	if w.floor.After(from) {
		return w.floor
	}
	return from
}

// lessOverlap returns a time an overlap earlier; zero stays zero.
func lessOverlap(at time.Time) time.Time {
	if at.IsZero() {
		return at
	}
	return at.Add(-overlap)
}

// idOf returns what a job's id is compared by: UUIDs come in upper and lower case.
func idOf(job *restclient.Job) string { return strings.ToLower(job.ID()) }
