package paging

import (
	"context"
	"fmt"
	"time"

	"jobsgateway/restclient"
)

// search finds the place next to an anchor.
//
// Equals have no order that can be relied upon: the API may show them in another order in each answer. So the place is the start
// of the anchor's group, in a window that shows all of the group, and those that were returned already are passed over. Example:
// of A B1 B2 B3 C, where the B have one time, B1 was returned. The window [A B2 B1 B3] shows where the group begins,
// since A stands before it, but not where it ends. A window with C shows all, and B2 and B3 are to come. A group that is larger
// than an answer is read in the order in which the API shows it.
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
	// offset and records are the window to look at next, in place of one around the guess; records is 0 for none.
	offset  int64
	records int
	// blind are the records of windows of which none could be read; probed: the start of the list was looked at.
	blind  []restclient.Record
	probed bool
}

// largeGroup tells of equals that are more than one window shows: then the place next to the anchor itself is sought.
type largeGroup struct {
	is    bool
	value time.Time // the time of the group that was found to be large
}

// set makes the search one for a place next to the anchor itself.
func (l *largeGroup) set(a *anchor) { l.is, l.value = true, a.value }

// find returns the place. On a list that has not moved the first window has the anchor where it is expected, and nothing
// more is asked. Errors: those of Ask, *DriftError, *UntruthError.
func (s *search) find(ctx context.Context) (place, error) {
	a := s.anchor
	low, records := a.windowBeside(s.size, s.most, s.backwards)
	s.guess, s.steps = a.offset, newGallop()
	s.large.is = a.isLarge(s.most, s.backwards) || s.large.is && s.large.value.Equal(a.value)
	elsewhere, refused := false, false
	if s.Offsets.takes(low, records) {
		w, err := s.window(ctx, low, records)
		switch {
		case err != nil && (!isRefused(err) || low%int64(records) == 0):
			return place{}, err
		case err != nil:
			refused = true
		default:
			if p, done, err := s.first(w, records); done || err != nil {
				return p, err
			}
			s.guess, elsewhere = s.guessFrom(w), w.full
		}
	}
	p, err := s.narrow(ctx)
	if err != nil {
		return place{}, err
	}
	i := s.order().find(p.window, a)
	if elsewhere && i >= 0 && p.offset+int64(i) == a.offset && p.total == a.total && !s.order().hasTies(p.window) {
		s.tell(ctx, s.Offsets.doubt()) // nothing has moved, and yet the first window was another one
	}
	if refused {
		given := span{p.offset, p.end()}
		if p.reachesEnd() {
			given.high = max(given.high, low+int64(records))
		}
		s.tell(ctx, s.Offsets.refuse(span{low, low + int64(records)}, given))
	}
	return p, nil
}

// first returns the place if the first window, of so many records, shows it; done is false if not. Errors: *UntruthError.
func (s *search) first(w window, records int) (p place, done bool, err error) {
	if err := s.look(w); err != nil {
		return place{}, false, err
	}
	order := s.order()
	p, ok := s.believed(w, records)
	switch sorted := order.isSorted(w); {
	case ok && (sorted || p.beside):
		return p, true, nil
	case sorted:
		return place{}, false, nil
	case w.total == s.anchor.total && s.isAtPlace(w, groupIn(w, order, s.anchor, s.backwards)):
		return placeBeside(w, order.find(w, s.anchor), s.backwards), true, nil
	}
	return place{}, false, &UntruthError{messageUnsorted}
}

// believed returns the place if the first window shows it where it is expected, or shows it at all and windows are known to come
// from where they are asked for.
func (s *search) believed(w window, records int) (place, bool) {
	order, a := s.order(), s.anchor
	g := groupIn(w, order, a, s.backwards).beyond(a, s.backwards)
	proven := s.Offsets.isProven(w.offset, records)
	stands := s.isExpected(w, g) && (proven || s.isPlausible(w))
	switch {
	case g.verdict == placeFound && (proven || stands) && (!s.large.is || g.anchor < 0):
		if stands && w.total == a.total && g.first > 0 {
			s.Offsets.prove(w.offset, records)
		}
		return placeAtGroup(w, g, a, s.backwards), true
	case stands && s.isAtPlace(w, g) && (s.large.is || w.partial || g.isBlurred(len(w.records))):
		return placeBeside(w, g.anchor, s.backwards), true
	case s.large.is && proven:
		i, ok := order.misplaced(w, a)
		return placeBeside(w, i, s.backwards), ok
	case g.verdict == placeCut && (proven || stands):
		s.cut.see(w, g)
		s.offset, s.records = s.cut.wider(w, g, s.most, s.Offsets)
	}
	return place{}, false
}

// look notes what a window tells of the list as a whole. If nothing stands where the total promises something, the start of the
// list is looked at next. Errors: *UntruthError for a list in which nothing can be read, or nothing stands.
func (s *search) look(w window) error {
	switch {
	case len(w.records) == 0 && w.total > 0 && w.offset == 0:
		return &UntruthError{fmt.Sprintf("The Jobs API says that there are %d jobs, and shows none of them.", w.total)}
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

// isPlausible reports whether a window that shows the place where it was expected can be believed. On a list that has moved, an
// API that rounds offsets can show it there by chance.
func (s *search) isPlausible(w window) bool {
	if w.total == restclient.UnknownTotal {
		return s.anchor.total == restclient.UnknownTotal || !w.reachesEnd()
	}
	return w.total == s.anchor.total && w.total >= w.end()
}

// isAtPlace reports whether the anchor stands where it stood.
func (s *search) isAtPlace(w window, g group) bool {
	return g.anchor >= 0 && w.offset+int64(g.anchor) == s.anchor.offset
}

// isExpected reports whether the anchor, or the edge of its group where the scan begins, stands where it stood.
func (s *search) isExpected(w window, g group) bool {
	switch {
	case s.isAtPlace(w, g):
		return true
	case g.first < 0 || g.first == g.end:
		return false
	case s.backwards:
		return w.offset+int64(g.end) == s.anchor.groupEnd()
	}
	return w.offset+int64(g.first) == s.anchor.groupStart()
}

// guessFrom returns where the anchor should stand by now: where the window shows it, else as many places further as the list has
// grown.
func (s *search) guessFrom(w window) int64 {
	i, total := s.order().find(w, s.anchor), w.credibleTotal()
	switch {
	case i >= 0:
		return w.offset + int64(i)
	case total < 0 || s.anchor.total < 0:
		return s.anchor.offset
	}
	return max(0, s.anchor.offset+total-s.anchor.total)
}

// narrow finds the place with aligned windows: around the guess, then further and further from it (gallop). A group that a
// window cuts is looked at whole, if a window can show it.
func (s *search) narrow(ctx context.Context) (place, error) {
	order := s.order()
	for {
		offset, records := s.offset, s.records
		if s.records = 0; records == 0 {
			offset, records = s.alignedWindow()
		}
		w, err := s.window(ctx, offset, records)
		if isRefused(err) && offset%int64(records) != 0 {
			s.large.set(s.anchor) // no window that any API takes shows all of the group
			continue
		}
		if err != nil {
			return place{}, err
		}
		if err := s.look(w); err != nil {
			return place{}, err
		}
		if !s.Offsets.isProven(offset, records) && w.total != restclient.UnknownTotal && w.end() > w.total {
			s.large.set(s.anchor) // the offset was rounded, or the total is not true: the window may come from elsewhere
			continue
		}
		w, g := s.cut.see(w, groupIn(w, order, s.anchor, s.backwards).beyond(s.anchor, s.backwards))
		switch {
		case s.large.is || w.partial && g.anchor >= 0 && g.verdict == placeCut:
			if p, ok := s.nextToAnchor(w); ok {
				return p, nil
			}
		case g.verdict == placeFound:
			return placeAtGroup(w, g, s.anchor, s.backwards), nil
		case g.verdict == placeCut:
			if s.offset, s.records = s.cut.wider(w, g, s.most, s.Offsets); s.records == 0 {
				s.large.set(s.anchor)
				s.guess = w.offset + int64(g.first)
			}
		default:
			s.guess = s.steps.next(w, g.verdict, s.guess)
		}
	}
}

// alignedWindow returns the window around the guess that any API answers alike. It shows both neighbours of the guess: they tell
// where the place is if the anchor is gone, and where the list ends.
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

// nextToAnchor returns the place next to the anchor in a window, for a group that no window shows whole; false when it is elsewhere.
func (s *search) nextToAnchor(w window) (place, bool) {
	order, a := s.order(), s.anchor
	if i, ok := order.misplaced(w, a); ok {
		return placeBeside(w, i, s.backwards), true
	}
	i := order.find(w, a)
	index, verdict := order.locate(w, a, s.backwards)
	atEdge := !w.partial && (index == 0 && w.offset > 0 && s.backwards || index == len(w.records) && !w.reachesEnd() && !s.backwards)
	switch {
	case verdict != placeFound:
		s.guess = s.steps.next(w, verdict, s.guess)
	case atEdge && i >= 0 && w.offset+int64(i) != s.guess:
		s.guess = w.offset + int64(i) // now with its neighbour
	default:
		return place{window: w, index: index, returned: index, beside: true}, true
	}
	return place{}, false
}
