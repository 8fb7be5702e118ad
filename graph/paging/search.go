package paging

import (
	"context"
	"fmt"
	"time"

	"jobsgateway/restclient"
)

// search finds the place next to an anchor. The first window is asked for where the anchor should stand if
// nothing has moved. If the place in it can be believed (firstwindow.go), that is all. Otherwise windows that
// every API answers alike are asked for, around a guess that each of them makes better (narrow).
//
// Equals have no order that can be relied upon: the API may show them in another order in each answer. So the
// place is the start of the anchor's group, in a window that shows all of the group, and those that were
// returned already are passed over. Example: of A B1 B2 B3 C, where the B have one time, B1 was returned. The
// window [A B2 B1 B3] shows where the group begins, since A stands before it, but not where it ends. A window
// with C shows all, and B2 and B3 are to come. A group that is larger than an answer is read in the order in
// which the API shows it.
type search struct {
	*fetcher
	anchor    *anchor
	size      int // jobs wanted beside the anchor
	backwards bool
	// large is kept from one search of a page to the next.
	large *largeGroup
	guess int64 // where the anchor should stand by now
	steps gallop
	cut   cutGroup
	// offset and records are the window to look at next, in place of one around the guess; records is 0 for
	// none.
	offset  int64
	records int
	// blind are the records of windows of which none could be read.
	blind []restclient.Record
	// probed: the start of the list was looked at, since nothing stood where the total promised something.
	probed bool
}

// largeGroup says whether the equals are more than one window shows. Then the place next to the anchor itself
// is sought, and not that of its group.
type largeGroup struct {
	is    bool
	value time.Time // the time of the group that was found to be large
}

// set notes that the group of an anchor is large.
func (l *largeGroup) set(a *anchor) { l.is, l.value = true, a.value }

// find returns the place. Errors: those of Ask, *DriftError, *UntruthError.
func (s *search) find(ctx context.Context) (place, error) {
	a := s.anchor
	offset, records := a.windowBeside(s.size, s.most, s.backwards)
	s.guess, s.steps = a.offset, newGallop()
	s.large.is = a.isLarge(s.most, s.backwards) || s.large.is && s.large.value.Equal(a.value)
	var first window
	elsewhere, refused := false, false
	if s.Offsets.takes(offset, records) {
		w, err := s.window(ctx, offset, records)
		refused = isOffsetRefused(err, offset, records)
		switch {
		case refused:
		case err != nil:
			return place{}, err
		default:
			if p, done, err := s.first(w, records); done || err != nil {
				return p, err
			}
			s.guess, first, elsewhere = s.guessFrom(w), w, w.full
		}
	}
	before := s.calls
	p, err := s.narrow(ctx)
	if s.Sought != nil {
		s.Sought(s.calls - before)
	}
	switch {
	case err != nil:
		return place{}, err
	case refused:
		asked, given := span{offset, offset + int64(records)}, span{p.offset, p.end()}
		if p.reachesEnd() {
			given.high = max(given.high, asked.high)
		}
		s.logLearned(ctx, s.Offsets.refuse(asked, given))
	case elsewhere && s.isUnmoved(p.window): // and yet the first window was another one
		s.logLearned(ctx, s.Offsets.doubt())
	case !first.parts && p.proven && p.total == first.total && s.order().agree(p.window, first):
		s.Offsets.prove(offset, records)
	}
	return p, nil
}

// isUnmoved reports whether a window shows the anchor where it stood, in a list as long as it was and without
// equals that could have changed places.
func (s *search) isUnmoved(w window) bool {
	i := s.order().find(w, s.anchor)
	stands := i >= 0 && w.placeOf(i) == s.anchor.offset
	return stands && w.total == s.anchor.total && !s.order().hasTies(w)
}

// narrow returns the place in the first window that shows it. Errors: those of Ask, *DriftError,
// *UntruthError.
func (s *search) narrow(ctx context.Context) (place, error) {
	for {
		offset, records := s.offset, s.records
		if s.records = 0; records == 0 {
			offset, records = s.alignedWindow()
		}
		w, err := s.window(ctx, offset, records)
		if isOffsetRefused(err, offset, records) {
			s.large.set(s.anchor) // no window that the API gives shows all of the group
			continue
		}
		if err == nil {
			err = s.check(w)
		}
		if err != nil {
			return place{}, err
		}
		if !w.proven && w.total != restclient.UnknownTotal && w.end() > w.total {
			s.large.set(s.anchor) // the window may come from elsewhere, or its total is not true
			continue
		}
		if p, ok := s.placeIn(w); ok {
			return p, nil
		}
	}
}

// placeIn returns the place if a window shows it. If not, it decides which window is looked at next: around a
// guess further on (gallop), or one that shows more of a group which this one cuts (cutGroup).
func (s *search) placeIn(w window) (place, bool) {
	w, g := s.cut.note(w, s.order().groupIn(w, s.anchor, s.backwards).forExhausted(s.anchor, s.backwards))
	switch {
	case s.large.is || w.partial && g.anchor >= 0 && g.verdict == placeCut:
		return s.placeInOrder(w)
	case g.verdict == placeFound:
		return placeAtGroup(w, g, s.anchor, s.backwards), true
	case g.verdict == placeCut:
		if s.offset, s.records = s.cut.wider(w, g, s.most, s.Offsets); s.records == 0 {
			s.large.set(s.anchor)
			s.guess = w.placeOf(g.first)
		}
	default:
		s.guess = s.steps.next(w, g.verdict, s.guess)
	}
	return place{}, false
}

// placeInOrder returns the place next to the anchor itself, for a group that no window shows whole. False:
// the window does not show the place, and the guess is where to look next.
func (s *search) placeInOrder(w window) (place, bool) {
	order, a := s.order(), s.anchor
	if i, ok := order.misplaced(w, a); ok {
		return placeBeside(w, i, s.backwards), true
	}
	i := order.find(w, a)
	index, verdict := order.locate(w, a, s.backwards)
	p := placeAtIndex(w, index)
	isCut := p.isAtEdge(s.backwards) && !w.isLast(s.backwards) && !w.partial
	switch {
	case verdict != placeFound:
		s.guess = s.steps.next(w, verdict, s.guess)
	case isCut && i >= 0 && w.placeOf(i) != s.guess:
		s.guess = w.placeOf(i) // a window around it shows the record next to it, too
	default:
		return p, true
	}
	return place{}, false
}

// alignedWindow returns the window around the guess that every API answers alike. It shows both neighbours of
// the guess: they show where the place is if the anchor is gone, and where the list ends. Example: the 50
// jobs behind an anchor without equals that should be at place 54, and 16 records more on either side, are
// [38, 121). The smallest aligned window that shows all of them is [0, 121).
func (s *search) alignedWindow() (offset int64, records int) {
	around := min(margin, int64(s.most)/4)
	low, high := s.guess-around, s.guess+1+around
	if !s.large.is {
		low, high = low-int64(len(s.anchor.before)), high+int64(len(s.anchor.after))
	}
	if s.backwards {
		low -= int64(s.size)
	} else {
		high += int64(s.size)
	}
	return aligned(span{max(0, s.guess-1), s.guess + 2}, span{low, high}, s.most)
}

// check notes what a window says of the list as a whole. If nothing stands where the total promises
// something, the start of the list is looked at next. Errors: *UntruthError for a list in which nothing
// stands although its total is not 0, or of which maxUnreadable calls have shown no readable record.
func (s *search) check(w window) error {
	switch {
	case len(w.records) == 0 && w.total > 0 && w.offset == 0:
		return &UntruthError{fmt.Sprintf(messageNone, w.total)}
	case len(w.records) == 0 && w.total > w.offset && !s.probed:
		s.probed, s.offset, s.records = true, 0, s.most
	case len(w.records) > 0 && !hasReadable(w.records):
		s.blind = append(s.blind, w.records...)
		if s.calls >= maxUnreadable {
			return unreadableError(s.blind)
		}
	}
	return nil
}
