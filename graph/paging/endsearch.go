package paging

import (
	"context"
	"fmt"

	"jobsgateway/restclient"
)

// ends are the places in a list at which a range of it begins and ends, [low, high).
type ends struct{ low, high int64 }

// count returns how many jobs are between the ends; restclient.UnknownTotal where they are not known.
func (e ends) count() int64 {
	if e.low < 0 || e.high < e.low {
		return restclient.UnknownTotal
	}
	return e.high - e.low
}

const (
	// probeSize is how many records a window of the search has at first: of 6,000 jobs that come evenly, the
	// place of a cut is most often within it after one interpolation. Source: BenchmarkCallsOfRanges.
	probeSize = 100
	// interpolations is how many windows are placed by the times of two others. If these do not show the cut,
	// jobs come in bursts: then each other window halves what is left.
	interpolations = 2
	// maxSettle is how often a cut is looked at again since the list has moved before the other one was found.
	maxSettle = 3
)

// endSearch finds cuts of a list. Each round it asks for one window for each cut that is not found, side by
// side. The first window is the start of the list, and the second one its end. The next ones are placed
// between those that were seen, by their times; after some of these, each other window halves what is left.
// docs/time-ranges.md has an example.
type endSearch struct {
	*fetcher
	atlas *atlas
	// low and high are sought; nil for those that are not.
	low, high *seekedCut
	backwards bool // the page is read backwards
	blind     []restclient.Record
	// total is the length of the list in which the cuts were found, or restclient.UnknownTotal.
	total int64
	// settle counts the rounds after the first in which all cuts had been seen.
	settle int
}

// seekedCut is a cut that is sought.
type seekedCut struct {
	*cut
	steps int // windows that were asked for
	// between counts the windows that were placed between two others.
	between int
	near    bool // it was looked for next to the only windows that were seen
	// above and below are how many records more a window should show on either side, for the page.
	above, below int64
	// in is the window that shows the cut, and place where it does.
	in    window
	place int64
	found bool
}

// find finds the cuts. The first window, if none was seen yet, has headSize records. Errors: those of Ask,
// *DriftError, *UntruthError.
func (s *endSearch) find(ctx context.Context, headSize int) error {
	s.atlas.mu.Lock()
	defer s.atlas.mu.Unlock()
	if len(s.atlas.guesses) == 0 && !s.atlas.hasHead() {
		if err := s.look(ctx, []span{{0, int64(headSize)}}); err != nil {
			return err
		}
	}
	for !s.isDone() {
		var asked []span
		for _, c := range []*seekedCut{s.low, s.high} {
			if c != nil && !c.found {
				asked = s.askFor(asked, c)
			}
		}
		if err := s.look(ctx, asked); err != nil {
			return err
		}
	}
	s.total = s.atlas.total
	return nil
}

// askFor adds the window to ask for next for a cut, unless one that is asked for already shows its place. It
// starts at a multiple of its size, so every API answers it alike.
func (s *endSearch) askFor(asked []span, c *seekedCut) []span {
	need, want := s.next(c)
	for _, w := range asked {
		if w.shared(need) == need.length() {
			return asked
		}
	}
	c.steps++
	offset, records := aligned(need, want, s.most)
	return append(asked, span{offset, offset + int64(records)})
}

// isDone reports whether all cuts are found, in windows of one state of the list; after maxSettle rounds that
// were made for this alone, in any.
func (s *endSearch) isDone() bool {
	done, shown := true, true
	for _, c := range []*seekedCut{s.low, s.high} {
		if c == nil {
			continue
		}
		c.in, c.place, c.found = s.atlas.show(c.cut, s.settle > maxSettle, s.backwards)
		if done = done && c.found; !c.found {
			_, _, stale := s.atlas.show(c.cut, true, s.backwards)
			shown = shown && stale
		}
	}
	if shown && !done {
		s.settle++
	}
	return done
}

// next returns the part of the list that a window should show next for a cut: want, and need before all. The
// first place of need is one of which nothing is known yet.
func (s *endSearch) next(c *seekedCut) (need, want span) {
	b := s.atlas.bracket(c.cut)
	guess, size := s.guess(c, b)
	need = span{max(b.low, guess-1), guess + 1}
	if b.high != unlimited {
		need.low = min(need.low, max(b.low, b.high-1))
	}
	need.high = max(need.high, need.low+1)
	want = span{guess - size/2 - c.above, guess + size/2 + c.below}
	want.low = max(0, want.low, b.low-1-c.above) // nothing farther away helps
	if b.high < want.high {
		want.high = min(want.high, b.high+1+c.below)
	}
	return need, span{min(want.low, need.low), max(want.high, need.high)}
}

// guess returns where a cut should be, and how large a window around it should be.
func (s *endSearch) guess(c *seekedCut, b bracket) (place, size int64) {
	told, ok := s.atlas.guesses[c.at]
	if ok && c.steps == 0 && b.low <= told && told <= b.high {
		return told, 2 * margin
	}
	place, size, ok = 0, int64(s.most), false
	if !b.behind.IsZero() {
		if c.between++; c.between <= interpolations || c.between%2 == 0 {
			size = min(size, probeSize<<max(0, c.between-2))
			place, ok = b.interpolated(c.cut)
		}
	}
	if !ok {
		place, size = s.halve(c, b)
	}
	place = max(b.low, min(place, b.high))
	if end, ok := s.atlas.blindAt(place); ok {
		place = end
	}
	return place, size
}

// halve returns where to look for a cut if times do not tell: halfway between the windows on either side of
// it; if all windows are before it, at the end of the list, or three times as far where that is not known. If
// the list has moved, the cut is most likely near to where it was.
func (s *endSearch) halve(c *seekedCut, b bracket) (place, size int64) {
	isNear := c.near
	switch {
	case b.before.IsZero() && !isNear:
		c.near = true
		return b.high, probeSize
	case b.behind.IsZero() && !isNear && len(s.atlas.guesses) > 0:
		c.near = true
		return b.low + probeSize/2, probeSize
	case b.high == unlimited && b.low == s.atlas.total: // nothing but the total says that the list ends there
		return b.low, probeSize
	case b.behind.IsZero() && b.high == s.atlas.total:
		return b.high, probeSize
	case b.high == unlimited:
		return 3*b.low + probeSize, int64(s.most)
	}
	return b.low + (b.high-b.low)/2, int64(s.most)
}

// look asks for parts of the list, one or two at once, and notes the windows that show them. Errors: those of
// Ask, *DriftError, and *UntruthError for windows that are out of order, or of which none can be read.
func (s *endSearch) look(ctx context.Context, asked []span) error {
	windows, err := s.beside(ctx, asked)
	if err != nil {
		return err
	}
	for _, w := range windows {
		switch {
		case !s.order().isSorted(w):
			return &UntruthError{messageUnsorted}
		case len(w.records) == 0 && w.offset == 0 && w.total > 0:
			return &UntruthError{fmt.Sprintf(messageNone, w.total)}
		case len(w.records) > 0 && !hasReadable(w.records):
			if s.blind = append(s.blind, w.records...); s.calls >= maxUnreadable {
				return unreadableError(s.blind)
			}
		}
		s.atlas.note(s.order(), w)
	}
	return nil
}
