package paging

import (
	"strings"
	"time"

	"jobsgateway/restclient"
)

// TimeRange is a range of instants as a caller gave it: from From on, and before To; nil is absent.
type TimeRange struct{ From, To *time.Time }

// Range is the part of a list whose times are From or later, and earlier than To. A zero From or To leaves
// that end open; the zero Range is the whole list. It can be compared: equal instants are equal.
type Range struct{ From, To time.Time }

// isAll reports whether a range is the whole list.
func (r Range) isAll() bool { return r == Range{} }

// planRange returns the range that a caller asked for, by the time that an order goes by. Nothing: no instant
// is in it. Errors: *ArgumentError for a range of the other time, and for one that ends before it begins.
func planRange(orderBy restclient.Order, args Args) (times Range, nothing bool, err error) {
	name, given, other, otherGiven := "createdAt", args.CreatedAt, "updatedAt", args.UpdatedAt
	if !ordering(orderBy).isByCreation() {
		name, given, other, otherGiven = other, otherGiven, name, given
	}
	switch {
	case otherGiven != nil:
		return Range{}, false, argumentError("filter."+other,
			"A range of %s goes with the orders by %s; this list is ordered by %s.", other, other, name)
	case given == nil:
		return Range{}, false, nil
	}
	if given.From != nil {
		times.From = given.From.UTC()
	}
	if given.To != nil {
		times.To = given.To.UTC()
		nothing = !times.From.Before(times.To) // also where To is the first instant of all, which is zero
	}
	if nothing && times.To.Before(times.From) {
		return Range{}, false, argumentError("filter."+name,
			"The range in %s ends before it begins: from is included and to is not, so to has to be later.", name)
	}
	return times, nothing, nil
}

// text returns a range as a part of a fingerprint; empty for the whole list.
func (r Range) text() string {
	if r.isAll() {
		return ""
	}
	return "\x00" + r.From.Format(time.RFC3339Nano) + "\x00" + r.To.Format(time.RFC3339Nano)
}

// cuts returns the cuts at which a range begins and ends in an order; nil for an end that is open.
func (r Range) cuts(order ordering) (begins, ends *cut) {
	from, to := cutAt(order, r.From), cutAt(order, r.To)
	if order.isDescending() {
		return to, from
	}
	return from, to
}

// isByCreation reports whether an order goes by the time of creation.
func (o ordering) isByCreation() bool { return strings.HasPrefix(string(o), "created_at") }

// isDescending reports whether an order begins with the latest time.
func (o ordering) isDescending() bool { return strings.HasSuffix(string(o), "_desc") }

// cut is a place between two neighbours of a list: what stands before it has other times than what stands
// behind it. So equals never stand on both sides of it.
//
// Example: where the newest comes first, the cut at noon stands behind the jobs of noon and later, and before
// all that are earlier. Where the oldest comes first, it stands before the jobs of noon.
type cut struct {
	order ordering
	at    time.Time
}

// cutAt returns the cut at an instant; nil for none.
func cutAt(order ordering, at time.Time) *cut {
	if at.IsZero() {
		return nil
	}
	return &cut{order, at}
}

// isBehind reports whether the cut stands behind a job.
func (c *cut) isBehind(job *restclient.Job) bool {
	return c.order.valueOf(job).Before(c.at) != c.order.isDescending()
}

// in returns where a window shows the cut: the index of the last readable record before it (-1 for none), and
// that of the first one behind it (the number of records for none).
func (c *cut) in(w window) (before, behind int) {
	before, behind = -1, len(w.records)
	for i, record := range w.records {
		switch {
		case record.Job == nil:
		case c.isBehind(record.Job):
			before = i
		case behind == len(w.records):
			behind = i
		}
	}
	return before, behind
}

// placeIn returns the place of the cut, if the window shows it: behind the last readable record before it.
func (c *cut) placeIn(w window) (place int64, ok bool) {
	before, behind := c.in(w)
	begins := before >= 0 || w.offset == 0
	ends := behind < len(w.records) || w.reachesEnd()
	return w.placeOf(before + 1), begins && ends && (len(w.records) > 0 || w.offset == 0)
}
