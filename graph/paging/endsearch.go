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
	// place of a cut is most often within it after one interpolation. Source: BenchmarkFirstPageOfARange.
	probeSize = 100
	// interpolations is how many windows are placed by the times that others have shown. If these do not show
	// the cut, jobs come in bursts, and the search halves.
	interpolations = 3
	// maxSettle is how often a cut is looked at again since the list has moved before the other one was found.
	maxSettle = 3
)

// endSearch finds cuts of a list. Each round it asks for one window for each cut that is not found, side by
// side. The first window is the start of the list. It shows how many jobs come in which time, so it tells
// where the cuts should be; the next windows are placed between those that were seen, by their times. After
// some of these, windows are larger and halve what is left.
//
// Example: of 6,000 jobs of 14 days, those of one hour four days ago are sought. The window [0, 100) has the
// jobs of the last 5 h 30 min, so the hour should begin at 1745 and end at 1763. One window of 100 records
// around each shows [1690, 1790): all of these are of the hour after. They were 4 days and 1 to 3 hours ago.
// Between their last one and the end that is sought are 90 minutes, at 18 jobs an hour: the next window,
// around 1817, shows both ends.
type endSearch struct {
	*fetcher
	atlas *atlas
	// low and high are sought; nil for those that are not.
	low, high *seekedCut
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
		head := span{0, int64(headSize)}
		if err := s.look(ctx, []aim{{head, head}}); err != nil {
			return err
		}
	}
	for !s.isDone() {
		var asked []aim
		for _, c := range []*seekedCut{s.low, s.high} {
			if c != nil && !c.found {
				asked = appendOnce(asked, s.next(c))
			}
		}
		if err := s.look(ctx, asked); err != nil {
			return err
		}
	}
	s.total = s.atlas.total
	return nil
}

// appendOnce appends what is asked, unless it is the last one already.
func appendOnce(asked []aim, a aim) []aim {
	if n := len(asked); n > 0 && asked[n-1] == a {
		return asked
	}
	return append(asked, a)
}

// isDone reports whether all cuts are found, in windows of one state of the list; after maxSettle rounds that
// were made for this alone, in any.
func (s *endSearch) isDone() bool {
	done, shown := true, true
	for _, c := range []*seekedCut{s.low, s.high} {
		if c == nil {
			continue
		}
		c.in, c.place, c.found = s.atlas.show(c.cut, s.settle > maxSettle)
		if done = done && c.found; !c.found {
			_, _, stale := s.atlas.show(c.cut, true)
			shown = shown && stale
		}
	}
	if shown && !done {
		s.settle++
	}
	return done
}

// next returns where to look next for a cut: at a place where nothing is known yet.
func (s *endSearch) next(c *seekedCut) aim {
	b := s.atlas.bracket(c.cut)
	guess, size := s.guess(c, b)
	c.steps++
	need := span{max(b.low, guess-1), guess + 1}
	if b.high != unlimited {
		need.low = min(need.low, max(b.low, b.high-1))
	}
	need.high = max(need.high, need.low+1)
	want := span{guess - size/2 - c.above, guess + size/2 + c.below}
	want.low = max(0, want.low, b.low-1-c.above) // nothing farther away helps
	if b.high < want.high {
		want.high = min(want.high, b.high+1+c.below)
	}
	return aim{need, span{min(want.low, need.low), max(want.high, need.high)}}
}

// guess returns where a cut should be, and how large a window around it should be.
func (s *endSearch) guess(c *seekedCut, b bracket) (place, size int64) {
	a := s.atlas
	place, size = a.guesses[c.at], probeSize
	_, ok := a.guesses[c.at]
	switch {
	case c.steps == 0 && ok && b.low <= place && place <= b.high:
		return place, 2 * margin
	case c.steps < interpolations:
		size <<= max(0, c.steps-1)
		if place, ok = b.interpolated(c.cut); !ok {
			place, ok = a.extrapolated(c.cut, b)
			ok = ok && place > b.low
		}
	default:
		ok, size = false, int64(s.most)
	}
	stride := size << (2 * c.steps)
	switch {
	case ok:
	case b.behind.IsZero() && (b.high == unlimited || c.steps < interpolations):
		place = b.low + stride
	case b.before.IsZero() && c.steps < interpolations && stride < b.high:
		place = b.high - stride
	default:
		place = b.low + (b.high-b.low)/2
	}
	place = max(b.low, min(place, b.high))
	if end, ok := a.blindAt(place); ok {
		place = end
	}
	return place, size
}

// look asks for parts of the list, one or two at once, and notes the windows that show them. Errors: those of
// Ask, *DriftError, and *UntruthError for windows that are out of order, or of which none can be read.
func (s *endSearch) look(ctx context.Context, asked []aim) error {
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
