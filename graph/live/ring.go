package live

import (
	"time"

	"jobsgateway/restclient"
)

// Bounds of a ring, and of what one poll can tell. Source: a gap of a minute in a list in which 16 jobs change
// a second, with records of 4 KiB.
const (
	maxChanges     = 1000
	maxChangeBytes = 4 << 20
)

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
	// most bounds bytes; the last change is there however large it is.
	most int64
}

// head returns the number of the next change, which is how many there were.
func (r *ring) head() int64 { return r.first + int64(len(r.changes)) }

// add appends a change, and forgets the oldest of those that are beyond the bounds.
func (r *ring) add(c change) {
	r.changes = append(r.changes, c)
	r.bytes += int64(len(c.job.Raw()))
	for len(r.changes) > 1 && (len(r.changes) > maxChanges || r.bytes > r.most) {
		r.bytes -= int64(len(r.changes[0].job.Raw()))
		r.changes[0], r.changes = change{}, r.changes[1:]
		r.first++
	}
}

// from returns the changes from a number on; false if some are forgotten, or there never was such a number.
func (r *ring) from(number int64) (changes []change, ok bool) {
	if number < r.first || number > r.head() {
		return nil, false
	}
	return r.changes[number-r.first:], true
}
