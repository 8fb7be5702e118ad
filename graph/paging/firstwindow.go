package paging

import (
	"slices"

	"jobsgateway/restclient"
)

// first returns the place if the first window of a search, asked for with so many records, shows it; done is
// false if not. A list that is out of order is read on next to its anchor if nothing has moved. Errors:
// *UntruthError.
func (s *search) first(w window, records int) (p place, done bool, err error) {
	if err := s.check(w); err != nil {
		return place{}, false, err
	}
	order := s.order()
	p, ok := s.believed(w, records)
	switch sorted := order.isSorted(w); {
	case ok && (sorted || p.beside):
		return p, true, nil
	case sorted:
		return place{}, false, nil
	case w.total == s.anchor.total && s.isAtPlace(w, order.groupIn(w, s.anchor, s.backwards)):
		return placeBeside(w, order.find(w, s.anchor), s.backwards), true, nil
	}
	return place{}, false, &UntruthError{messageUnsorted}
}

// believed returns the place if the first window shows it where it is expected, or shows it at all and
// windows are known to come from where they are asked for. If the window cuts the group, the next one is
// chosen.
//
// Example: the anchor stood at place 49 of 200, and the window [48, 100) is asked for. The anchor at index 1
// of a list of 200 is believed. The anchor at index 6 of a list of 205 has most likely moved by five arrivals.
// It is believed if the API is known to take any offset: one that rounds offsets answers with the window [0,
// 52), which can show the anchor at any index.
func (s *search) believed(w window, records int) (place, bool) {
	order, a := s.order(), s.anchor
	g := order.groupIn(w, a, s.backwards).forExhausted(a, s.backwards)
	stands := s.isExpected(w, g) && (w.proven || s.isPlausible(w, g))
	switch {
	case g.verdict == placeFound && (w.proven || stands) && (!s.large.is || g.anchor < 0):
		if stands {
			s.trust(w, g, records)
		}
		return placeAtGroup(w, g, a, s.backwards), true
	case stands && s.isAtPlace(w, g) && (s.large.is || w.partial || g.isBlurred(len(w.records))):
		return placeBeside(w, g.anchor, s.backwards), true
	case s.large.is && w.proven:
		i, ok := order.misplaced(w, a)
		return placeBeside(w, i, s.backwards), ok
	case g.verdict == placeCut && (w.proven || stands):
		s.cut.note(w, g)
		s.offset, s.records = s.cut.wider(w, g, s.most, s.Offsets)
	}
	return place{}, false
}

// trust notes that the API most likely took the offset of a window that shows the group where it stood in a list
// as long as it was, if that is one answer. The record before the group has to be in the window: the start of a
// list can be shown for any offset. If the place of the anchor is known from another window of this page, and it
// has no equals, that is a proof.
func (s *search) trust(w window, g group, records int) {
	switch {
	case w.parts || w.total != s.anchor.total || g.first <= 0:
	case s.anchor.proven && s.isAtPlace(w, g) && g.end-g.first == 1:
		s.Offsets.prove(w.offset, records)
	default:
		s.Offsets.trust(w.offset, records)
	}
}

// isPlausible reports whether a window that shows the place where it was expected can be believed. On a list
// that has moved, an API that rounds offsets can show it there by chance. The list has another length then,
// or an equal that the cursor does not list stands where only those stand that were returned.
func (s *search) isPlausible(w window, g group) bool {
	var returned []restclient.Record
	switch {
	case g.anchor >= 0 && s.backwards:
		returned = w.records[g.anchor+1 : g.end]
	case g.anchor >= 0:
		returned = w.records[g.first:g.anchor]
	}
	isArrival := func(record restclient.Record) bool {
		return record.Job != nil && !s.anchor.lists(record.Job.ID())
	}
	if slices.ContainsFunc(returned, isArrival) {
		return false
	}
	if w.total == restclient.UnknownTotal {
		return s.anchor.total == restclient.UnknownTotal || !w.reachesEnd()
	}
	return w.total == s.anchor.total && w.total >= w.end()
}

// isAtPlace reports whether the anchor stands where it stood.
func (s *search) isAtPlace(w window, g group) bool {
	return g.anchor >= 0 && w.placeOf(g.anchor) == s.anchor.offset
}

// isExpected reports whether the anchor, or the edge of its group where the scan begins, stands where it
// stood.
func (s *search) isExpected(w window, g group) bool {
	switch {
	case s.isAtPlace(w, g):
		return true
	case g.first < 0 || g.first == g.end:
		return false
	case s.backwards:
		return w.placeOf(g.end) == s.anchor.groupEnd()
	}
	return w.placeOf(g.first) == s.anchor.groupStart()
}

// guessFrom returns where the anchor should stand by now: where the window shows it, else as many places
// further as the list has grown. Example: an anchor from place 100 of 2,000 is guessed at 500 of 2,400. If the
// window may come from elsewhere and the list is as long as it was, the anchor of a large group is guessed where it
// stood: from a wrong guess among equals, which show no way, it would not be found.
func (s *search) guessFrom(w window) int64 {
	i, total := s.order().find(w, s.anchor), w.credibleTotal()
	switch {
	case s.large.is && !w.proven && w.total == s.anchor.total:
		return s.anchor.offset
	case i >= 0:
		return w.placeOf(i)
	case total < 0 || s.anchor.total < 0:
		return s.anchor.offset
	}
	return max(0, s.anchor.offset+total-s.anchor.total)
}
