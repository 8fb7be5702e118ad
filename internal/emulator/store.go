package emulator

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// job is one record and what the filters and orders need of it. A job is never changed once it is stored;
// a move to another state stores a new one, so that bytes handed out stay valid without a lock.
type job struct {
	raw []byte
	// seq breaks ties: higher is newer.
	seq int64
	// id is the record's job_id in lower case; empty when there is none to read.
	id               string
	state, kind      string
	plane            string // lower case
	tags             []string
	dataset, company int64 // company 0: nobody's
	hasDataset       bool
	// created and updated are the order values; zero in a record fresh from read that lacks them.
	created, updated time.Time
	// born starts the window in which the job is listed but not found by id; zero means long ago.
	born time.Time
}

// order is the list of jobs, ascending by one time and then by seq. The descending order is its exact
// reverse.
type order struct {
	at   func(*job) time.Time
	jobs []*job
}

// compare orders two jobs by time and, at the same time, by age: the one that was stored first comes first.
func (o *order) compare(a, b *job) int {
	if c := o.at(a).Compare(o.at(b)); c != 0 {
		return c
	}
	return cmp.Compare(a.seq, b.seq)
}

// find returns the place of a job, or where it would be.
func (o *order) find(j *job) (int, bool) { return slices.BinarySearchFunc(o.jobs, j, o.compare) }

// insert adds a job. It costs a binary search and the shift of whatever is newer, which for arrivals is
// nothing.
func (o *order) insert(j *job) {
	i, _ := o.find(j)
	o.jobs = slices.Insert(o.jobs, i, j)
}

// remove drops a job, if it is there.
func (o *order) remove(j *job) {
	if i, ok := o.find(j); ok {
		o.jobs = slices.Delete(o.jobs, i, i+1)
	}
}

// tiesTurned returns a copy of the list in which jobs of the same time stand as they do in the descending
// order.
func (o *order) tiesTurned() []*job { return o.eachTie(slices.Reverse[[]*job]) }

// tiesShuffled returns a copy of the list in which jobs of the same time stand in an order that depends on
// the offset and per_page of the query or, for TiesDrawn, on nothing.
func (o *order) tiesShuffled(q *query) []*job {
	window := [2]uint64{uint64(q.offset), uint64(q.perPage)} //nolint:gosec // neither is negative
	if q.ties == TiesDrawn {
		window = [2]uint64{rand.Uint64(), rand.Uint64()}
	}
	return o.eachTie(func(equal []*job) {
		drawn := rand.New(rand.NewPCG(window[0], window[1]))
		drawn.Shuffle(len(equal), func(a, b int) { equal[a], equal[b] = equal[b], equal[a] })
	})
}

// eachTie returns a copy of the list in which each stretch of jobs of the same time was put into another
// order.
func (o *order) eachTie(reorder func(equal []*job)) []*job {
	jobs := slices.Clone(o.jobs)
	for start, i := 0, 1; i <= len(jobs); i++ {
		if i == len(jobs) || !o.at(jobs[i]).Equal(o.at(jobs[start])) {
			reorder(jobs[start:i])
			start = i
		}
	}
	return jobs
}

// newest returns the highest time, zero for an empty list.
func (o *order) newest() time.Time {
	if len(o.jobs) == 0 {
		return time.Time{}
	}
	return o.at(o.jobs[len(o.jobs)-1])
}

// store holds the jobs in both orders at all times, so that a page is a slice of one of them. Its methods are
// called with the emulator's lock held.
type store struct {
	created, updated order
	// byID holds one job for each id; of several with the same id, the oldest.
	byID map[string]*job
	// next is the seq of the next insertion.
	next int64
}

// newStore takes jobs whose order values and seqs are set; where ids repeat, the first one given is found.
func newStore(jobs []*job) *store {
	s := &store{
		created: order{at: func(j *job) time.Time { return j.created }, jobs: slices.Clone(jobs)},
		updated: order{at: func(j *job) time.Time { return j.updated }, jobs: slices.Clone(jobs)},
		byID:    make(map[string]*job, len(jobs)),
		next:    1,
	}
	slices.SortFunc(s.created.jobs, s.created.compare)
	slices.SortFunc(s.updated.jobs, s.updated.compare)
	for _, j := range jobs {
		s.next = max(s.next, j.seq+1)
		s.index(j)
	}
	return s
}

// index makes a job known by its id unless another job has that id already.
func (s *store) index(j *job) {
	if _, taken := s.byID[j.id]; !taken && j.id != "" {
		s.byID[j.id] = j
	}
}

// get finds a job by its id in either case, nil for none.
func (s *store) get(id string) *job { return s.byID[strings.ToLower(id)] }

// add stores a job read from outside as the newest there is.
func (s *store) add(j *job, now time.Time) {
	if j.created.IsZero() {
		j.created = s.created.newest()
	}
	if j.updated.IsZero() {
		j.updated = s.updated.newest()
	}
	j.born = now
	s.insert(j)
}

// insert stores a job whose order values are known and gives it the next place among equals.
func (s *store) insert(j *job) {
	j.seq = s.next
	s.next++
	s.created.insert(j)
	s.updated.insert(j)
	s.index(j)
}

// replace puts a job read from outside in the place of the one with this id; false when there is none.
func (s *store) replace(id string, j *job) bool {
	old := s.get(id)
	if old == nil {
		return false
	}
	if j.created.IsZero() {
		j.created = old.created
	}
	if j.updated.IsZero() {
		j.updated = old.updated
	}
	j.born = old.born
	s.swap(old, j)
	return true
}

// swap puts a job in the place of a stored one and keeps its seq.
func (s *store) swap(old, j *job) {
	j.seq = old.seq
	for _, o := range []*order{&s.created, &s.updated} {
		o.remove(old)
		o.insert(j)
	}
	if old.id != j.id {
		s.forget(old)
		s.index(j)
	} else if s.byID[j.id] == old {
		s.byID[j.id] = j
	}
}

// remove drops the job with this id; false when there is none.
func (s *store) remove(id string) bool {
	j := s.get(id)
	if j == nil {
		return false
	}
	s.created.remove(j)
	s.updated.remove(j)
	s.forget(j)
	return true
}

// forget drops a job from the index; the next oldest job of the same id, if any, takes its place there.
func (s *store) forget(j *job) {
	if s.byID[j.id] != j {
		return
	}
	delete(s.byID, j.id)
	for _, other := range s.created.jobs {
		if other.id == j.id && other != j {
			s.index(other)
			return
		}
	}
}

// page returns the records of one stretch and how many jobs match in all. Without a filter it costs the
// stretch alone, with one a look at every job. The bytes stay valid after the lock is released.
func (s *store) page(q *query) (records [][]byte, total int) {
	in := &s.created
	if q.updated {
		in = &s.updated
	}
	jobs := in.jobs
	switch {
	case q.ties != TiesInserted:
		jobs = in.tiesShuffled(q)
	case q.steadyTies && q.ascending:
		jobs = in.tiesTurned()
	}
	n := len(jobs)
	if q.everything() {
		// The window is known without looking; comparing this way round cannot overflow.
		size := min(q.perPage, max(0, n-min(q.offset, n)))
		records = make([][]byte, 0, size)
		for i := range size {
			records = append(records, jobs[place(q, q.offset+i, n)].raw)
		}
		return records, n
	}
	for i := range n {
		j := jobs[place(q, i, n)]
		if !q.matches(j) {
			continue
		}
		if total >= q.offset && len(records) < q.perPage {
			records = append(records, j.raw)
		}
		total++
	}
	return records, total
}

// place returns the index, in the ascending list of n, of the i-th job in the asked order.
func place(q *query, i, n int) int {
	if q.ascending {
		return i
	}
	return n - 1 - i
}
