package graph

import "jobsgateway/restclient"

// searchSpan is where a place can be: at lowest or above, at highest or below.
type searchSpan struct{ lowest, highest, stride int64 }

const unbounded = -1

// newSearch begins a search that knows nothing.
func newSearch() searchSpan { return searchSpan{highest: unbounded, stride: 2 * margin} }

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
	top, total := s.highest, w.credibleTotal()
	if top == unbounded {
		top = max(total, s.lowest)
		if total == restclient.UnknownTotal {
			top = s.lowest + s.stride
		}
	}
	if s.lowest > top { // the list has moved under the search
		*s = newSearch()
		top = max(total, 0)
	}
	// Where nothing stands although the total promises it, the list is much shorter: strides would feel their way through it.
	if guess < s.lowest || guess > top || len(w.records) == 0 && w.total > w.offset {
		guess = s.lowest + (top-s.lowest)/2
	}
	return guess
}
