package paging

import (
	"math"
	"slices"
	"sync"
	"time"

	"jobsgateway/restclient"
)

// Ranges remembers, for one operation, what the search for the ends of ranges has seen of each list, so that
// a range that is asked for twice is sought once, and ranges of one list help each other. Safe for concurrent
// use; the zero value has seen nothing.
type Ranges struct {
	mu      sync.Mutex
	atlases map[restclient.JobsQuery]*atlas
}

// of returns the atlas of a list.
func (r *Ranges) of(list restclient.JobsQuery) *atlas {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.atlases[list]
	if a == nil {
		a = &atlas{total: restclient.UnknownTotal}
		if r.atlases == nil {
			r.atlases = map[restclient.JobsQuery]*atlas{}
		}
		r.atlases[list] = a
	}
	return a
}

// atlas is what windows have shown of one list. Windows of a list of the same length are of one state of it;
// once the length is another one, the windows before are stale: they only help to guess.
type atlas struct {
	mu    sync.Mutex // held by whoever searches
	total int64      // length of the list by the last window, or restclient.UnknownTotal
	// untrue: a window has contradicted its total, so no total of this list says anything.
	untrue bool
	fresh  []window
	stale  []window // at the places where their records should be by now
	// guesses are where cuts should be, as cursors say.
	guesses map[time.Time]int64
}

// note takes a window.
func (a *atlas) note(order ordering, w window) {
	a.noteTotal(order, w)
	a.fresh = append(a.fresh, w)
}

// noteTotal takes the total of a window. If the list has another length than before, what was seen before is
// stale. Under an order that begins with the newest, it has most likely moved by as many places as the list
// has grown.
func (a *atlas) noteTotal(order ordering, w window) {
	total := w.credibleTotal()
	if total != w.total {
		a.untrue, a.total = true, restclient.UnknownTotal
	}
	if known := a.total; !a.untrue {
		a.total = total
		if known != restclient.UnknownTotal && total != known {
			a.age(order, total-known)
		}
	}
}

// guess notes where a cut should be.
func (a *atlas) guess(c *cut, place int64) {
	if a.guesses == nil {
		a.guesses = map[time.Time]int64{}
	}
	a.guesses[c.at] = place
}

// windowAt returns the window that shows the most records from a place on, which is offset places behind a
// cut, if the window shows that, too; nil is the start of the list. False when none does.
func (a *atlas) windowAt(c *cut, place, offset int64) (best window, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, w := range a.fresh {
		start, isCut := int64(0), w.offset == 0
		if c != nil {
			start, isCut = c.placeIn(w)
		}
		shows := w.offset <= place && (place < w.end() || place == w.end() && w.reachesEnd())
		if isCut && start+offset == place && shows && (!ok || w.end() > best.end()) {
			best, ok = w, true
		}
	}
	return best, ok
}

// hasMoved reports whether a window is of a list of another length than before. Then the windows before are
// stale.
func (a *atlas) hasMoved(order ordering, w window) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.noteTotal(order, w)
	return len(a.fresh) == 0
}

// hasHead reports whether a window has shown the start of the list.
func (a *atlas) hasHead() bool {
	return slices.ContainsFunc(a.fresh, func(w window) bool { return w.offset == 0 })
}

// age makes all windows stale, in a list that has grown by so many places.
func (a *atlas) age(order ordering, grown int64) {
	a.stale = append(a.stale, a.fresh...)
	a.fresh = nil
	if !order.isDescending() {
		grown = 0
	}
	for i := range a.stale {
		w := &a.stale[i]
		w.offset, w.total = max(0, w.offset+grown), a.total
	}
	for at, place := range a.guesses {
		a.guesses[at] = max(0, place+grown)
	}
}

// show returns a window that shows a cut, and its place in that window; false when none does. Of several it
// is the one with the most records on the side to which a page is read. A place of one window is never looked
// up in another: the list may have moved and be as long as it was.
//
// Two windows show a cut, too, if one ends where the other begins, or if nothing stands behind one. Then it is
// the one from whose record next to the cut a scan goes on into the other one. Stale windows count only if the
// search says so.
func (a *atlas) show(c *cut, stale, backwards bool) (shown window, place int64, ok bool) {
	windows := a.fresh
	if stale {
		windows = append(slices.Clip(windows), a.stale...)
	}
	b, most := bracket{high: unlimited}, int64(-1)
	for _, w := range windows {
		b.narrow(c, w)
		at, is := c.placeIn(w)
		if side := sideFrom(w, at, backwards); is && side > most {
			shown, place, ok, most = w, at, true, side
		}
	}
	if ok || b.low != b.high {
		return shown, place, ok
	}
	for _, w := range windows {
		if isBeside := w.offset == b.low || w.end() == b.low; !isBeside {
			continue
		}
		if other := sideFrom(w, b.low, !backwards); other > most {
			shown, place, ok, most = w, b.low, true, other
		}
	}
	return shown, place, ok
}

// sideFrom returns how many records a window has from a place on, in a direction.
func sideFrom(w window, place int64, backwards bool) int64 {
	if backwards {
		return place - w.offset
	}
	return w.end() - place
}

// bracket is the part of a list in which a cut is: at low or above, and at high or below.
type bracket struct {
	low, high int64
	// before and behind are the times of the records at low-1 and at high; zero where they are not known.
	before, behind time.Time
}

// unlimited is the high end of a bracket as long as no window was behind the cut.
const unlimited = math.MaxInt64

// bracket returns where a cut is by all windows. If stale ones contradict the fresh ones, they are forgotten.
func (a *atlas) bracket(c *cut) bracket {
	b := bracket{high: unlimited}
	for _, w := range a.fresh {
		b.narrow(c, w)
	}
	all := b
	for _, w := range a.stale {
		all.narrow(c, w)
	}
	if all.low > all.high {
		a.stale, all = nil, b
	}
	if all.high == unlimited && a.total > all.low {
		all.high = a.total
	}
	return all
}

// narrow notes what a window shows of where a cut is.
func (b *bracket) narrow(c *cut, w window) {
	before, behind := c.in(w)
	if before >= 0 && w.placeOf(before+1) > b.low {
		b.low, b.before = w.placeOf(before+1), c.order.valueOf(w.records[before].Job)
	}
	switch {
	case behind < len(w.records):
		if w.placeOf(behind) < b.high {
			b.high, b.behind = w.placeOf(behind), c.order.valueOf(w.records[behind].Job)
		}
	case len(w.records) == 0 && w.offset < b.high:
		b.high, b.behind = w.offset, time.Time{}
	}
}

// interpolated returns where a cut is if the jobs between the ends of the bracket came evenly; false where
// their times are not known.
func (b *bracket) interpolated(c *cut) (place int64, ok bool) {
	all := seconds(b.before, b.behind)
	if b.before.IsZero() || b.behind.IsZero() || all == 0 {
		return 0, false
	}
	return b.low + int64(float64(b.high-b.low)*seconds(b.before, c.at)/all), true
}

// seconds returns how far apart two instants are, without a sign. A duration could not hold some of them.
func seconds(a, b time.Time) float64 {
	return math.Abs(float64(b.Unix()-a.Unix()) + float64(b.Nanosecond()-a.Nanosecond())/1e9)
}

// blindAt returns the end of a window around a place in which no record can be read; false when there is
// none.
func (a *atlas) blindAt(place int64) (end int64, ok bool) {
	for _, w := range a.fresh {
		if w.offset <= place && place < w.end() && !hasReadable(w.records) {
			return w.end(), true
		}
	}
	return 0, false
}
