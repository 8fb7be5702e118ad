package live

import (
	"time"

	"jobsgateway/internal/memory"
	"jobsgateway/restclient"
)

// Bounds of a ring, and of what one poll can tell. Source: a gap of a minute in a list in which 16 jobs change
// a second, with records of 4 KiB.
const (
	maxChanges     = 1000
	maxChangeBytes = 4 << 20
)

// besideRecord is what a job, or an event, takes beside the bytes of its records, as it is counted. A guess.
const besideRecord = 512

// change is a job as it was after a change.
type change struct {
	job *restclient.Job
	// before is a time of which all earlier changes were told before this one.
	before time.Time
}

// ring has the latest changes of a poll. They are numbered, from 0 on.
type ring struct {
	first   int64 // number of changes[0]
	changes []change
	bytes   int64
	// most bounds bytes; the last change is there however large it is, if there is memory for it.
	most int64
	// kept counts what is here.
	kept *memory.Account
}

// head returns the number of the next change, which is how many there were.
func (r *ring) head() int64 { return r.first + int64(len(r.changes)) }

// add appends a change, and forgets the oldest of those that are beyond the bounds, or for which there is no
// memory. False: there is none for the change itself, which is forgotten with all others.
func (r *ring) add(c change) bool {
	for !r.kept.TryCount(weightOf(c.job)) {
		if len(r.changes) == 0 {
			r.first++
			return false
		}
		r.forget()
	}
	r.changes = append(r.changes, c)
	r.bytes += int64(len(c.job.Raw()))
	r.trim()
	return true
}

// trim forgets what is beyond the bounds.
func (r *ring) trim() {
	for len(r.changes) > 1 && (len(r.changes) > maxChanges || r.bytes > r.most) {
		r.forget()
	}
}

// forget forgets the oldest change.
func (r *ring) forget() {
	job := r.changes[0].job
	r.bytes -= int64(len(job.Raw()))
	r.kept.Drop(weightOf(job))
	r.changes[0], r.changes = change{}, r.changes[1:]
	r.first++
}

// restart forgets all changes; the next one has a number.
func (r *ring) restart(number int64) {
	for len(r.changes) > 0 {
		r.forget()
	}
	r.first, r.changes = number, nil
}

// weightOf returns what a job counts that is kept.
func weightOf(job *restclient.Job) int64 { return int64(len(job.Raw())) + besideRecord }

// from returns the changes from a number on; false if some are forgotten, or there never was such a number.
func (r *ring) from(number int64) (changes []change, ok bool) {
	if number < r.first || number > r.head() {
		return nil, false
	}
	return r.changes[number-r.first:], true
}
