package paging

import (
	"context"

	"jobsgateway/restclient"
)

// maxHeavy is how many records that are too large alone a page may meet before one that fits: with more of
// them the cap on answers is too small for this API.
const maxHeavy = 3

// assembly puts a window of size records together of several answers, since one would be too large. Each
// answer begins with the last record of the one before, which shows that the list has not moved; if it does
// not, the window ends there. A single record that is too large is left out as one that cannot be read.
//
// Example: 200 of 500 records fit into an answer. 500 and 250 are too many; 125 are read, then the last of
// them and 124 more, and so on: 7 answers. Over an API that rounds or refuses odd offsets, the fourth answer
// shows that. From there on parts start at multiples of their size, and the length of the list has to stay
// the same: [125, 250), [250, 375) and [375, 500) follow.
type assembly struct {
	window
	fetcher *fetcher
	size    int
	// aligned: the API may not take any offset, so each part starts at a multiple of its size, without an
	// overlap.
	aligned bool
	// next is how many records to ask for, and tooMany the least number of which an answer was too large.
	next, tooMany int
}

// newAssembly begins with w, the first answer; w is empty if that was too large.
func newAssembly(f *fetcher, w window, offset int64, size int) *assembly {
	a := &assembly{window: w, fetcher: f, size: size, next: (size + 1) / 2, tooMany: size}
	if n := len(w.records); n > 0 { // this many fit
		a.next, a.tooMany = n, n+1
		if !f.Offsets.isProven(offset, n) { // and may come from elsewhere
			a.records = nil
		}
	}
	a.offset, a.parts = offset, true
	return a
}

// read returns the window.
func (a *assembly) read(ctx context.Context) (window, error) {
	for len(a.records) < a.size {
		done, err := a.add(ctx)
		if err != nil {
			return window{}, err
		}
		if done {
			break
		}
	}
	if a.full = len(a.records) >= a.size; a.full {
		a.partial = false
	}
	return a.window, nil
}

// nextPart returns what the next part is asked for with: n records from start on, of which the window has
// overlap (0 or 1) already. Without an overlap every API answers it alike.
func (a *assembly) nextPart() (start int64, n, overlap int) {
	have := len(a.records)
	if !a.aligned && have > 0 && a.records[have-1].Job != nil && a.next > 1 {
		overlap = 1
	}
	n = min(a.next, a.size-have+overlap)
	for overlap == 0 && !a.fetcher.Offsets.isProven(a.end(), n) {
		n--
	}
	return a.end() - int64(overlap), n, overlap
}

// add gets one more part. It returns true when there is no more to get. A part that came to nothing, since it
// was too large or its offset was not taken, changes what is asked for next.
func (a *assembly) add(ctx context.Context) (done bool, err error) {
	have := len(a.records)
	start, n, overlap := a.nextPart()
	isProven := a.fetcher.Offsets.isProven(start, n)
	part, err := a.fetcher.part(ctx, start, n)
	follows := overlap == 0 || err == nil && part.beginsWith(a.records[have-1])
	switch got := len(part.records); {
	case isTooLarge(err) && n == 1:
		return false, a.leaveOut(err)
	case isTooLarge(err):
		a.next, a.tooMany = n/2, n
		return false, nil
	case !isProven && (isOffsetRefused(err, start, n) || err == nil && !follows):
		a.aligned = true
		return false, nil
	case err != nil:
		return false, err
	// It may come from elsewhere.
	case overlap == 0 && part.partial && !a.fetcher.Offsets.isProven(start, got):
		a.next, a.tooMany = got, got+1
		return false, nil
	case !follows || a.aligned && part.total != a.total: // the list has moved
		a.partial = true
		return true, nil
	}
	a.records = append(a.records[:have:have], part.records[overlap:]...)
	a.total, a.more = part.total, part.more
	a.next = max(a.next, min(2*a.next, a.tooMany/2))
	a.partial = part.partial
	return !part.full, nil
}

// leaveOut takes the next record for one that cannot be read, since it is too large alone, and forgets which
// sizes were too large on its account. Errors: tooLarge, when the page has met too many such records.
func (a *assembly) leaveOut(tooLarge error) error {
	f := a.fetcher
	if f.heavy++; f.heavy >= maxHeavy && !f.fits {
		return tooLarge
	}
	have := len(a.records)
	a.records = append(a.records[:have:have], restclient.Record{Err: tooLarge})
	a.next, a.tooMany = min(4, a.size), 2*a.size
	return nil
}
