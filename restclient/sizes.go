package restclient

import (
	"sync"
	"sync/atomic"
	"time"
)

// sizes remembers, for each list whose page was too large for the cap, how many of its records fit into one. Whose list it
// is belongs to the key, so nobody's heavy records make another's pages smaller. The zero value is ready.
type sizes struct {
	known atomic.Int64 // how many lists are remembered, so that in the usual case of none nothing is looked up
	mu    sync.Mutex
	lists map[listKey]listSize
}

// listKey is a filtered list as one caller sees it.
type listKey struct {
	token  string
	filter Filter
}

// listSize is what is known of a list: fits is the page size to ask for, heaviest how many bytes a record had on average in
// the heaviest page of late, 0 before one was read.
type listSize struct {
	fits     int
	heaviest int64
	until    time.Time
}

// Bounds of what is remembered. A key has 14 KiB at most: the longest token and the longest filter that the gateway takes.
const (
	maxSizes = 256
	// sizeLasts is how long a size is taken as it is. Then twice as much is tried.
	sizeLasts = 5 * time.Minute
)

// asked gives how many records to ask for where so many are wanted, 1 at least.
func (s *sizes) asked(key listKey, wanted int, now time.Time) int {
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
		// What was learned is doubted, and with each further while doubted more.
		size.fits, size.heaviest = 2*size.fits, 0
		if size.fits >= MaxPerPage {
			s.forget(key)
			return wanted
		}
	}
	s.lists[key] = size
	return min(wanted, size.fits)
}

// tooLarge notes that so many records of a list were over the cap. One alone tells nothing of the others, and that it was to
// blame for the answers before.
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

// fitted notes that a page of so many records had so many bytes. Where that is much less than the cap, more are asked for
// the next time: at most twice as many, and by the heaviest page of late, whose weight is slowly forgotten.
func (s *sizes) fitted(key listKey, records int, bytes, limit int64) {
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
	roomy := limit / 4 * 3 / size.heaviest // the next records may be heavier
	size.fits = int(max(int64(size.fits), min(roomy, 2*int64(size.fits), MaxPerPage)))
	s.lists[key] = size
}

// forgetOldest makes room for one list. The caller holds the lock.
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

// forget forgets one list. The caller holds the lock.
func (s *sizes) forget(key listKey) {
	delete(s.lists, key)
	s.known.Store(int64(len(s.lists)))
}
