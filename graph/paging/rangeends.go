package paging

import (
	"context"

	"jobsgateway/restclient"
)

// foundEnds is what a search has found of a range. A cut is nil if it was not sought, or if the range is open
// there; low is 0 then.
type foundEnds struct {
	ends
	lowCut, highCut *seekedCut
}

// findEnds seeks those ends of the range that the page needs. If all are known afterwards that there are, the
// draft has the count. HeadSize is how many records the first window has. Errors: those of endSearch.
func (r *reading) findEnds(ctx context.Context, headSize int) (foundEnds, error) {
	plan, d := r.plan, r.draft
	low, high := plan.sought()
	if low == nil && high == nil {
		return foundEnds{}, nil
	}
	a := r.atlas()
	s := endSearch{fetcher: &r.fetcher, atlas: a, backwards: plan.Backwards}
	found := foundEnds{}
	page := plan.Offset + int64(plan.beside())
	if page > int64(r.most)-probeSize || plan.Unasked.Records || r.within.start != nil {
		page = 0 // it fits into no window of the search, or there is no need
	}
	if low != nil {
		found.lowCut = &seekedCut{cut: low}
		if !plan.Backwards {
			found.lowCut.below = page
		}
		s.low = found.lowCut
	}
	if high != nil {
		found.highCut = &seekedCut{cut: high}
		if plan.Backwards {
			found.highCut.above = page
		}
		s.high = found.highCut
	}
	if err := s.find(ctx, headSize); err != nil {
		return foundEnds{}, err
	}
	found.ends = ends{0, s.total}
	if found.lowCut != nil {
		found.low = found.lowCut.place
	}
	if found.highCut != nil {
		found.high = found.highCut.place
	}
	if plan.counts() {
		d.ends, d.count, r.endsOf = found.ends, found.count(), s.total
		if d.count == restclient.UnknownTotal {
			d.ends = ends{}
		}
	}
	return found, nil
}

// findEndsAgain seeks the ends of the range of a page next to a cursor, from where the cursor says that they
// were. Moved is how many places away from where it stood its job stands.
func (r *reading) findEndsAgain(ctx context.Context, start *anchor, moved int64) error {
	a := r.atlas()
	low, high := r.plan.sought()
	a.mu.Lock()
	if start.count > 0 {
		for _, c := range []struct {
			cut   *cut
			place int64
		}{{low, start.offset - start.index}, {high, start.offset - start.index + start.count}} {
			if c.cut != nil {
				a.guess(c.cut, max(0, c.place+moved))
			}
		}
	}
	a.mu.Unlock()
	_, err := r.findEnds(ctx, probeSize)
	return err
}

// atlas returns what was seen of the page's list in this operation.
func (r *reading) atlas() *atlas {
	if r.Ranges == nil {
		r.Ranges = &Ranges{}
	}
	return r.Ranges.of(r.plan.List)
}

// expected returns the place next to the anchor if nothing has moved: that of its group, or beside the anchor
// itself.
func (a *anchor) expected(beside, backwards bool) int64 {
	switch {
	case beside && backwards:
		return a.offset
	case beside:
		return a.offset + 1
	case backwards:
		return a.groupEnd()
	}
	return a.groupStart()
}
