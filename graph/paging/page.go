package paging

import (
	"slices"
	"sync/atomic"

	"jobsgateway/restclient"
)

// Page is a page of a list.
type Page struct {
	// List is the list that the page is of: its filter and its order.
	List restclient.JobsQuery
	// Records are the page's, in the list's order, those that cannot be read included.
	Records []restclient.Record
	// Times is the part of the list that the page is of.
	Times Range
	// Total is how many jobs the list has, or its part, or restclient.UnknownTotal.
	Total int64
	// HasNextPage and HasPreviousPage report whether jobs follow and precede.
	HasNextPage, HasPreviousPage bool
	// FromStart: the first record is the first of the whole list.
	FromStart bool
	// Fault is why the list could not be read as far as was asked for; nil when it was.
	Fault error

	scope  atomic.Uint64 // of the list, for cursors; 0 until one is made
	places []int64       // places[i] is where Records[i] stands in the list
	length int64         // of the whole list, or restclient.UnknownTotal
	ends   ends          // of the part of the list; zero where they are not known
	// before and after are the equals beyond the ends of the page.
	before, after equals
}

// FirstPage returns the first page of a plan's list, made of records that are known to begin the list. All:
// they are the whole list. Records beyond the plan's size are left out; the others are the page's from now
// on.
func (p *Plan) FirstPage(records []restclient.Record, all bool) *Page {
	n := min(len(records), p.Size)
	d := draft{plan: p, records: records[:n:n], high: int64(n), total: restclient.UnknownTotal}
	for place := range n {
		d.places = append(d.places, int64(place))
	}
	if all {
		d.total, d.more = int64(len(records)), n < len(records)
		d.endEquals.open = d.more
	}
	return d.page()
}

// IsOfWholeList reports whether a page is of a whole list, and not of a range of it.
func (p *Page) IsOfWholeList() bool { return p.Times.isAll() }

// Ends returns the indices of the first and the last record that can be read; -1 when there is none.
func (p *Page) Ends() (first, last int) {
	return slices.IndexFunc(p.Records, isReadable), lastReadable(p.Records)
}

// AppendCursor appends the cursor of Records[i], which is readable.
func (p *Page) AppendCursor(b []byte, i int) []byte {
	scope := p.scope.Load()
	if scope == 0 {
		scope = scopeOf(p.List.Filter, p.List.OrderBy, p.Times)
		p.scope.Store(scope)
	}
	return cursor{scope: scope, anchor: p.anchorOf(i)}.append(b)
}

// anchorOf returns the anchor for Records[i], which is readable, with its equals on the page and beyond its
// ends.
func (p *Page) anchorOf(i int) anchor {
	order := ordering(p.List.OrderBy)
	job := p.Records[i].Job
	a := anchor{
		id: comparableID(job.ID()), value: order.valueOf(job),
		offset: min(p.places[i], maxCursorOffset), total: p.length,
	}
	if p.ends.low <= a.offset && a.offset < p.ends.high {
		a.index, a.count = a.offset-p.ends.low, p.ends.high-p.ends.low
	}
	if a.total >= maxCursorOffset {
		a.total = restclient.UnknownTotal
	}
	a.before, a.openBefore = p.tiesBeside(i, -1, &a, &p.before)
	a.after, a.openAfter = p.tiesBeside(i, 1, &a, &p.after)
	return a
}

// tiesBeside returns the fingerprints of the equals of Records[i] on one side of it, the nearest first, on
// the page and beyond its end. Open: there may be more than are returned, maxTies at most. Step is 1 or -1; a
// has the time.
func (p *Page) tiesBeside(i, step int, a *anchor, beyond *equals) (ties []uint32, open bool) {
	order, whole := ordering(p.List.OrderBy), false // whole: another time ends the equals on the page
	for i += step; !whole && i >= 0 && i < len(p.Records); i += step {
		job := p.Records[i].Job
		if job == nil {
			continue
		}
		if whole = order.sideOf(job, a) != sideTied; !whole {
			ties = append(ties, tieOf(job.ID()))
		}
	}
	if !whole {
		ties, open = beyond.join(ties, a.value)
	}
	if len(ties) > maxTies {
		return ties[:maxTies], true // what is cut off is what stands farthest away
	}
	return ties, open
}
