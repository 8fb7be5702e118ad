package restclient

import (
	"sync"
	"sync/atomic"
	"time"
)

// sizes remembers, for each list of which a page was over the cap, how many records to ask for. The key has
// the token, so one caller's heavy records do not make another's pages smaller. The zero value is ready.
//
// An example with a cap of 32 MiB. 500 records are over it: 250 are asked for. These have 20 MiB, 84 kB each:
// three quarters of the cap have room for about 300, so as many are asked for. Five minutes after the page
// that was too large, twice as many are tried, which is 500 or more, so the list is forgotten.
type sizes struct {
	known atomic.Int64 // len(lists), so that in the usual case of none nothing is locked
	mu    sync.Mutex
	lists map[listKey]listSize
}

// listKey is a filtered list of one caller.
type listKey struct {
	token  string
	filter Filter
}

// listSize is what is known of a list.
type listSize struct {
	fits int // records to ask for
	// heaviest is the average of a record in the heaviest page of late, in bytes; 0 before a page was read.
	heaviest int64
	until    time.Time // when twice as many are tried
}

const (
	maxSizes  = 256             // lists; a key has 14 KiB at most: the longest token and filter of the gateway
	sizeLasts = 5 * time.Minute // a guess: long for one reading of a list, short for a change of its records
)

// perPage returns how many records to ask for when so many are wanted: as many, or fewer, but 1 at least.
func (s *sizes) perPage(key listKey, wanted int, now time.Time) int {
	if s.known.Load() == 0 {
		return wanted
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	size, ok := s.lists[key]
	if !ok {
		return wanted
	}
	for ; now.After(size.until); size.until = size.until.Add(sizeLasts) {
		size.fits, size.heaviest = 2*size.fits, 0
		if size.fits >= MaxPerPage {
			s.forget(key)
			return wanted
		}
	}
	s.lists[key] = size
	return min(wanted, size.fits)
}

// tooLarge notes that a page of so many records was over the cap. If it was one record, the list is
// forgotten: that one record made the pages before too large, and the others may be light.
func (s *sizes) tooLarge(key listKey, records int, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if records < 2 {
		s.forget(key)
		return
	}
	fits := records / 2
	if size, ok := s.lists[key]; ok {
		fits = min(fits, size.fits)
	} else if len(s.lists) >= maxSizes {
		s.forgetOldest()
	}
	if s.lists == nil {
		s.lists = map[listKey]listSize{}
	}
	s.lists[key] = listSize{fits: fits, until: now.Add(sizeLasts)}
	s.known.Store(int64(len(s.lists)))
}

// grow notes that a page of so many records had so many bytes. If many more would fit into limit, the cap in
// bytes, more are asked for the next time: at most twice as many. Light pages do not count at once: heaviest
// falls by an eighth a page.
func (s *sizes) grow(key listKey, records int, bytes, limit int64) {
	if records == 0 || s.known.Load() == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	size, ok := s.lists[key]
	if !ok {
		return
	}
	size.heaviest = max(bytes/int64(records)+1, size.heaviest-size.heaviest/8)
	roomy := limit / 4 * 3 / size.heaviest // a quarter is left, since the next records may be heavier
	size.fits = int(max(int64(size.fits), min(roomy, 2*int64(size.fits), MaxPerPage)))
	s.lists[key] = size
}

// forgetOldest forgets the list whose until comes first. The caller holds the lock.
func (s *sizes) forgetOldest() {
	var oldest listKey
	var until time.Time
	for key, size := range s.lists {
		if until.IsZero() || size.until.Before(until) {
			oldest, until = key, size.until
		}
	}
	s.forget(oldest)
}

// forget removes one list. The caller holds the lock.
func (s *sizes) forget(key listKey) {
	delete(s.lists, key)
	s.known.Store(int64(len(s.lists)))
}
