package paging

import "jobsgateway/restclient"

// margin is how many records more than needed a window has on either side when the place of an anchor is a
// guess.
const margin = 16

// unbounded is the highest place as long as no window was behind the place.
const unbounded = -1

// gallop narrows where a place can be: at lowest or above, and at highest or below. Its strides double until
// the place is between two windows, then it halves. Example: a place at 900 that was guessed at 100 is looked
// for 32, 64, 128, 256 and 512 records behind the end of the last window; then halfway between the last two
// windows.
type gallop struct{ lowest, highest, stride int64 }

// newGallop returns a gallop that knows nothing: the place may be anywhere.
func newGallop() gallop { return gallop{highest: unbounded, stride: 2 * margin} }

// next notes that a window around guess did not have the place, and returns where to look next, at 0 or
// above. The verdict is placeHigher, or any other for a place before the window.
func (s *gallop) next(w window, v verdict, guess int64) int64 {
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
	if s.lowest > top { // the list has moved during the search
		*s = newGallop()
		top = max(total, 0)
	}
	// Where nothing stands although the total promises it, the list is much shorter than strides would
	// suppose.
	if guess < s.lowest || guess > top || len(w.records) == 0 && w.total > w.offset {
		guess = s.lowest + (top-s.lowest)/2
	}
	return guess
}
