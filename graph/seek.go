package graph

import (
	"context"
	"fmt"

	"jobsgateway/restclient"
)

// margin is how many records more a window has on either side when the place of an anchor is a guess.
const margin = 16

// maxCuts is how often a group that does not fit a window is looked for in another one.
const maxCuts = 6

// found is a window with the place where a reading begins: before the record at index, which a reading backwards takes last.
type found struct {
	window
	index int
	// turned bounds the unreadable records that had their turn: those before it, or from it on when reading backwards.
	turned int
	// closed: the window shows no job beyond the equals of the reading's start, so all that it shows had their turn.
	closed bool
	// beside: the place is next to the anchor, not at an end of its group, so equals count in the order in which they are shown.
	beside bool
}

// isEmpty reports whether a window has no record in the direction of reading.
func (f found) isEmpty(backwards bool) bool {
	return !backwards && f.index >= len(f.records) || backwards && f.index == 0
}

// next finds the place next to an anchor and gives a window with that place. On a list that has not moved the first window has
// the anchor where it is expected, and nothing more is asked.
//
// Equals have no order that can be relied upon: the API may show them in another order in each answer. So the place is the start
// of the anchor's equals, its group, in a window that shows all of them, and those that had their turn are passed over. Example:
// A B B' B” C, where B had its turn; a window [A B' B B”] shows the group, since A stands before it, but not its end; one
// with C shows all, and B' and B” are to come. A group that is larger than an answer has the order in which the API shows it.
func (r *pageReader) next(ctx context.Context, a *anchor, size int, backwards bool) (found, error) {
	order := ordering(r.list.OrderBy)
	low, records := around(a, size, r.most, backwards)
	search := seek{anchor: a, size: size, backwards: backwards, guess: a.offset}
	elsewhere, refused := false, false
	r.large = a.isLarge(r.most, backwards) || r.large && r.largeAt.Equal(a.value)
	if r.offsets.takes(low, records) {
		w, err := r.ask(ctx, low, records)
		switch {
		case err != nil && (!isRefused(err) || low%int64(records) == 0):
			return found{}, err
		case err != nil:
			refused = true
		default:
			if f, done, err := r.begin(w, &search, records); done || err != nil {
				return f, err
			}
			search.guess, elsewhere = guessOf(w, order.find(w, a), a), w.full
		}
	}
	f, err := r.narrow(ctx, &search)
	if err != nil {
		return found{}, err
	}
	i := order.find(f.window, a)
	if elsewhere && i >= 0 && f.offset+int64(i) == a.offset && f.total == a.total && !order.hasTies(f.window) {
		r.tell(ctx, r.offsets.doubt()) // nothing has moved, and yet the first window was another
	}
	if refused {
		given := span{f.offset, f.end()}
		if f.reachesEnd() {
			given.high = max(given.high, low+int64(records))
		}
		r.tell(ctx, r.offsets.refuse(span{low, low + int64(records)}, given))
	}
	return f, nil
}

// begin weighs the first window of a search; true when it shows the place. Errors: *untruthError.
func (r *pageReader) begin(w window, s *seek, records int) (f found, done bool, err error) {
	if err := s.look(w, r); err != nil {
		return found{}, false, err
	}
	order := ordering(r.list.OrderBy)
	f, ok := r.opened(w, s, records)
	switch sorted := order.isSorted(w); {
	case ok && (sorted || f.beside):
		return f, true, nil
	case sorted:
		return found{}, false, nil
	case w.total == s.anchor.total && s.atPlace(w, order.groupOf(w, s.anchor, s.backwards)):
		return order.besideAnchor(w, order.find(w, s.anchor), s.backwards), true, nil
	}
	return found{}, false, &untruthError{"The Jobs API does not give the list in the order that was asked for, " +
		"so the place of the cursor cannot be found."}
}

// seek is the search for the place of an anchor.
type seek struct {
	anchor    *anchor
	size      int
	backwards bool
	guess     int64
	cut       cutGroup
	// offset and records are a window that shows more of a group that was cut; records is 0 when there is none.
	offset  int64
	records int
	// blind are records of windows of which none could be read; probed: the start of the list was looked at.
	blind  []restclient.Record
	probed bool
}

// look notes what a window tells of the list as a whole. Where nothing stands although the total promises it, the start of the list is
// looked at next. Errors: *untruthError for a list in which nothing can be read, or nothing stands.
func (s *seek) look(w window, r *pageReader) error {
	switch {
	case len(w.records) == 0 && w.total > 0 && w.offset == 0:
		return &untruthError{fmt.Sprintf("The Jobs API says that there are %d jobs, and shows none of them.", w.total)}
	case len(w.records) == 0 && w.total > w.offset && !s.probed:
		s.probed, s.offset, s.records = true, 0, r.most
	case len(w.records) > 0 && !hasReadable(w.records):
		s.blind = append(s.blind, w.records...)
		if r.calls >= maxUnreadable {
			return unreadableError(s.blind)
		}
	}
	return nil
}

// aligned gives the window around the guess, which every API answers alike. Both neighbours have to be seen: they tell where the
// place is if the anchor has left, and where the list ends.
func (s *seek) aligned(most int, large bool) (offset int64, records int) {
	around := min(margin, int64(most)/4)
	low, high := s.guess-around, s.guess+1+around
	if !large {
		low, high = low-int64(len(s.anchor.before)), high+int64(len(s.anchor.after))
	}
	if s.backwards {
		low -= int64(s.size)
	} else {
		high += int64(s.size)
	}
	return aligned(span{max(0, s.guess-1), s.guess + 2}, span{low, high}, most)
}

// opened takes the first window, of so many records, for the right one if the place stands where it is expected in it, or if it
// is proven that windows stand where they are asked for.
func (r *pageReader) opened(w window, s *seek, records int) (found, bool) {
	order, a, backwards := ordering(r.list.OrderBy), s.anchor, s.backwards
	g := order.groupOf(w, a, backwards).beyond(a, backwards)
	proven := r.offsets.isProven(w.offset, records)
	stands := s.isExpected(w, g) && (proven || s.isPlausible(w))
	switch {
	case g.verdict == placeFound && (proven || stands) && (!r.large || g.anchor < 0):
		if stands && w.total == a.total && g.first > 0 {
			r.offsets.prove(w.offset, records)
		}
		return order.from(w, g, a, backwards), true
	case stands && s.atPlace(w, g) && (r.large || w.partial || g.isBlurred(len(w.records))):
		return order.besideAnchor(w, g.anchor, backwards), true
	case r.large:
		i, ok := order.unsteady(w, a)
		return order.besideAnchor(w, i, backwards), ok
	case g.verdict == placeCut && (proven || stands):
		s.cut.see(w, g)
		s.offset, s.records = s.cut.wider(w, g, r.most, r.offsets)
	}
	return found{}, false
}

// isPlausible reports whether a window that shows the place where it was expected can be believed. An API that rounds offsets can do so
// by chance, once the list has moved; then the window would be taken for the end of the list when it is not.
func (s *seek) isPlausible(w window) bool {
	if w.total == restclient.UnknownTotal {
		return s.anchor.total == restclient.UnknownTotal || !w.reachesEnd()
	}
	return w.total == s.anchor.total && w.total >= w.end()
}

// atPlace reports whether the anchor stands where it stood.
func (s *seek) atPlace(w window, g group) bool {
	return g.anchor >= 0 && w.offset+int64(g.anchor) == s.anchor.offset
}

// isExpected reports whether the anchor, or the end of its group that is read from, stands where it stood.
func (s *seek) isExpected(w window, g group) bool {
	switch {
	case s.atPlace(w, g):
		return true
	case g.first < 0 || g.first == g.end:
		return false
	case s.backwards:
		return w.offset+int64(g.end) == s.anchor.groupEnd()
	}
	return w.offset+int64(g.first) == s.anchor.groupStart()
}

// from makes the place at the start of a group, or at its end when reading backwards.
func (o ordering) from(w window, g group, a *anchor, backwards bool) found {
	f := found{window: w, index: g.first, turned: g.first, closed: !hasReadable(w.records[g.end:])}
	if backwards {
		f.index, f.turned, f.closed = g.end, g.end, !hasReadable(w.records[:g.first])
	}
	if a.done {
		f.index = g.first + g.end - f.index
		f.turned = f.index
		return f
	}
	for i := g.first; i < g.end; i++ {
		if job := w.records[i].Job; job == nil || !a.hadItsTurn(job.ID(), backwards) {
			continue
		}
		if backwards {
			f.turned = min(f.turned, i)
		} else {
			f.turned = max(f.turned, i+1)
		}
	}
	return f
}

// besideAnchor makes the place next to an anchor that stands at index i.
func (ordering) besideAnchor(w window, i int, backwards bool) found {
	if backwards {
		return found{window: w, index: i, turned: i, beside: true}
	}
	return found{window: w, index: i + 1, turned: i + 1, beside: true}
}

// guessOf tells where an anchor should be by now: where a window shows it, else shifted by what the list has grown.
func guessOf(w window, index int, a *anchor) int64 {
	total := w.credibleTotal()
	switch {
	case index >= 0:
		return w.offset + int64(index)
	case total < 0 || a.total < 0:
		return a.offset
	}
	return max(0, a.offset+total-a.total)
}

// narrow looks for the place of an anchor with aligned windows: first around the guess, then in strides that double, then by
// halves. A group that a window cuts is looked at whole, if any window shows it.
func (r *pageReader) narrow(ctx context.Context, s *seek) (found, error) {
	order, search := ordering(r.list.OrderBy), newSearch()
	for {
		offset, records := s.offset, s.records
		if s.records = 0; records == 0 {
			offset, records = s.aligned(r.most, r.large)
		}
		w, err := r.ask(ctx, offset, records)
		if err != nil {
			return found{}, err
		}
		if err := s.look(w, r); err != nil {
			return found{}, err
		}
		if !r.offsets.isProven(offset, records) && w.total != restclient.UnknownTotal && w.end() > w.total {
			r.large, r.largeAt = true, s.anchor.value // rounded, or the total is not true: the window may stand elsewhere
			continue
		}
		w, g := s.cut.see(w, order.groupOf(w, s.anchor, s.backwards).beyond(s.anchor, s.backwards))
		switch {
		case r.large || w.partial && g.anchor >= 0 && g.verdict == placeCut:
			if f, ok := r.beside(w, s, &search); ok {
				return f, nil
			}
		case g.verdict == placeFound:
			return order.from(w, g, s.anchor, s.backwards), nil
		case g.verdict == placeCut:
			if s.offset, s.records = s.cut.wider(w, g, r.most, r.offsets); s.records == 0 {
				r.large, r.largeAt, s.guess = true, s.anchor.value, w.offset+int64(g.first)
			}
		default:
			s.guess = search.next(w, g.verdict, s.guess)
		}
	}
}

// beside finds the place next to the anchor in a window, where its group is too large to be seen; false when it is elsewhere.
func (r *pageReader) beside(w window, s *seek, search *searchSpan) (found, bool) {
	order, a, backwards := ordering(r.list.OrderBy), s.anchor, s.backwards
	if place, ok := order.unsteady(w, a); ok {
		return order.besideAnchor(w, place, backwards), true
	}
	i := order.find(w, a)
	index, verdict := order.locate(w, a, backwards)
	atEdge := !w.partial && (index == 0 && w.offset > 0 && backwards || index == len(w.records) && !w.reachesEnd() && !backwards)
	switch {
	case verdict != placeFound:
		s.guess = search.next(w, verdict, s.guess)
	case atEdge && i >= 0 && w.offset+int64(i) != s.guess:
		s.guess = w.offset + int64(i) // now with its neighbour
	default:
		return found{window: w, index: index, turned: index, beside: true}, true
	}
	return found{}, false
}
