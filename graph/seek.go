package graph

import (
	"context"
	"errors"
	"net/http"

	"jobsgateway/restclient"
)

// maxSeek is how many calls one page may cost. A shift of hundreds costs 2; halving a list of a million down to a window
// costs about 16; the rest is for lists that move meanwhile, and for an API that gives a page in many pieces.
const maxSeek = 64

// margin is how many records more a window has on either side when the place of an anchor is a guess.
const margin = 16

// driftError is a list that moves faster than a place in it can be found.
type driftError struct{}

func (*driftError) Error() string {
	return "The list changes faster than the place of the cursor can be found; try again, or start without a cursor."
}

// pageReader reads one page. It asks, looks whether the answer shows the place that was meant, and asks again if not.
type pageReader struct {
	// first asks a question that an equal field may ask, too; fresh asks the API now, since the list has moved.
	first, fresh func(context.Context, restclient.JobsQuery) (*restclient.JobsPage, error)
	offsets      *offsets
	list         restclient.JobsQuery
	calls        int
	most         int // records that one answer gives
}

// ask gets one window. Errors: those of the upstream, *budgetError, *driftError.
func (r *pageReader) ask(ctx context.Context, offset int64, size int) (window, error) {
	ask := r.fresh
	if r.calls == 0 {
		ask = r.first
	}
	if r.calls++; r.calls > maxSeek {
		return window{}, &driftError{}
	}
	q := r.list
	q.Offset, q.PerPage = offset, min(max(1, size), r.most)
	answer, err := ask(ctx, q)
	if err != nil {
		return window{}, err
	}
	w := window{offset: offset, records: answer.Records, total: answer.Total, short: len(answer.Records) < q.PerPage}
	if w.short && len(w.records) > 1 && w.end() < w.total {
		r.most = len(w.records) // the API has a cap of its own
	}
	return w, nil
}

// at gets the records from offset on, without an anchor to look for. As long as it is not proven that the API takes any
// offset, the window may start before offset and have it in it: nothing would tell that an offset was rounded.
func (r *pageReader) at(ctx context.Context, offset int64, size int) (window, error) {
	size = max(1, size)
	part := span{offset, offset + int64(size)}
	low, records := aligned(part, part, r.most)
	complete, refused := low+int64(records) >= part.high, false
	if r.offsets.isProven(offset, size) || !complete && r.offsets.takes(offset, size) {
		w, err := r.ask(ctx, offset, size)
		if refused = isRefused(err) && offset%int64(size) != 0; !refused {
			return w, err
		}
	}
	w, err := r.ask(ctx, low, records)
	if err == nil && refused {
		r.offsets.doubt(enoughDoubts) // it was the offset, since the same list was given by another
	}
	return w, err
}

// next finds the place next to an anchor and gives a window with that place and its index. On a list that has not moved
// the first window has the anchor where it is expected, and nothing more is asked.
func (r *pageReader) next(ctx context.Context, a *anchor, size int, backwards bool) (window, int, error) {
	order := ordering(r.list.OrderBy)
	low, records := around(a, size, r.most, backwards)
	guess, elsewhere, refused := a.offset, false, false
	if r.offsets.takes(low, records) {
		w, err := r.ask(ctx, low, records)
		i := order.find(w, a)
		switch {
		case err != nil && (!isRefused(err) || low%int64(records) == 0):
			return window{}, 0, err
		case err != nil:
			refused = true
		case i >= 0 && low+int64(i) == a.offset && isPlausible(w, a, r.offsets.isProven(low, records)):
			if low%int64(records) != 0 && w.total == a.total {
				r.offsets.prove()
			}
			index, _ := order.locate(w, a, backwards)
			return w, index, nil
		default:
			guess, elsewhere = guessOf(w, i, a), !w.short
		}
	}
	// Without the anchor its equals are all met again, so there has to be room for those that had their turn.
	w, index, err := r.narrow(ctx, a, size+len(a.passed(backwards)), backwards, guess)
	if i := order.find(w, a); err == nil && elsewhere && i >= 0 && w.offset+int64(i) == a.offset && w.total == a.total {
		r.offsets.doubt(1) // nothing has moved, and yet the first window was another
	}
	if err == nil && refused {
		r.offsets.doubt(enoughDoubts) // it was the offset, since the same list was given by another
	}
	return w, index, err
}

// isPlausible reports whether a window that shows the anchor where it was expected can be believed to stand where it was
// asked for. An API that rounds offsets can show the anchor there by chance once the list has moved; then the window
// would be taken for the end of the list when it is not.
func isPlausible(w window, a *anchor, proven bool) bool {
	return proven || w.total == a.total || !w.reachesEnd()
}

// guessOf tells where an anchor should be by now: where a window shows it, else shifted by what the list has grown.
func guessOf(w window, index int, a *anchor) int64 {
	switch {
	case index >= 0:
		return w.offset + int64(index)
	case w.total == restclient.UnknownTotal || a.total == restclient.UnknownTotal:
		return a.offset
	}
	return max(0, a.offset+w.total-a.total)
}

// narrow looks for an anchor with aligned windows, which every API answers alike: first around the guess, then in
// strides that double, then by halves.
func (r *pageReader) narrow(ctx context.Context, a *anchor, size int, backwards bool, guess int64) (window, int, error) {
	search := searchSpan{highest: unbounded, stride: 2 * margin}
	for {
		want := span{guess - margin, guess + 1 + margin}
		if backwards {
			want.low -= int64(size)
		} else {
			want.high += int64(size)
		}
		// Both neighbours have to be seen: they tell where the place is if the anchor has left, and where the list ends.
		offset, records := aligned(span{max(0, guess-1), guess + 2}, want, r.most)
		w, err := r.ask(ctx, offset, records)
		if err != nil {
			return window{}, 0, err
		}
		order := ordering(r.list.OrderBy)
		index, verdict := order.locate(w, a, backwards)
		atEdge := index == 0 && w.offset > 0 && backwards || index == len(w.records) && !w.reachesEnd() && !backwards
		switch i := order.find(w, a); {
		case verdict != placeFound:
			guess = search.next(w, verdict, guess)
		case atEdge && w.offset+int64(i) != guess:
			guess = w.offset + int64(i) // now with its neighbour
		default:
			return w, index, nil
		}
	}
}

// searchSpan is where a place can be: at lowest or above, at highest or below.
type searchSpan struct{ lowest, highest, stride int64 }

const unbounded = -1

// next takes in what a window has told and gives the place to look at next.
func (s *searchSpan) next(w window, v verdict, guess int64) int64 {
	if v == placeHigher {
		s.lowest = max(s.lowest, w.end())
		guess = max(guess, w.end()) + s.stride
	} else {
		s.highest = w.offset
		guess = min(guess, w.offset) - s.stride
	}
	s.stride *= 2
	top := s.highest
	if top == unbounded {
		top = max(w.total, s.lowest) // an unknown total is below
		if w.total == restclient.UnknownTotal {
			top = s.lowest + s.stride
		}
	}
	if s.lowest > top { // the list has moved under the search
		*s = searchSpan{highest: unbounded, stride: 2 * margin}
		top = max(w.total, 0)
	}
	if guess < s.lowest || guess > top {
		guess = s.lowest + (top-s.lowest)/2
	}
	return guess
}

// isRefused reports whether the API refused a parameter: perhaps the offset.
func isRefused(err error) bool {
	e, ok := errors.AsType[*restclient.Error](err)
	return ok && (e.Status == http.StatusBadRequest || e.Status == http.StatusUnprocessableEntity)
}
