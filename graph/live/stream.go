package live

import (
	"io"
	"sync"

	"jobsgateway/restclient"
)

// Stream is what one subscriber reads. Take is for one goroutine at a time; Close is safe at any time.
type Stream struct {
	feed   *feed
	engine *Engine
	token  string
	leave  func(*Stream) // takes the stream off its poll
	wants  *Changes      // as long as it waits for its first event

	closing sync.Once
	// What follows is guarded by the lock of the feed.
	own    []*entry // read before the log
	inHand *entry   // that was taken last: it is being written, or its bytes may still be sent
	told   bool     // the bytes of inHand were returned
	next   int64    // number of the entry that is read next
	joined bool
	closed bool
	wake   func() // while it is parked; nil for a stream that is not
}

// Take returns the bytes of the next event, which are only read, and only until Take is called again. It never waits:
// where there is nothing yet, it returns nil, and wake is called once, as soon as there may be something. Wake is
// called with locks held: it may neither wait nor use the stream. Errors: io.EOF when the stream has come to its
// end; and why it had to end before: *restclient.Error, those of paging.Reader, and that of a panic.
func (s *Stream) Take(wake func()) ([]byte, error) {
	f := s.feed
	f.mu.Lock()
	defer f.mu.Unlock()
	if s.told {
		s.hold(nil)
	}
	if s.closed {
		return nil, io.EOF
	}
	for {
		if s.inHand == nil {
			s.hold(s.advance())
		}
		e := s.inHand
		switch {
		case e == nil && f.end != nil:
			return nil, f.end
		case e == nil, !f.isWritten(e):
			s.park(wake)
			return nil, nil
		case !e.tooMuch:
			s.tell(e)
			return e.text, nil
		case f.keeps: // changes are missed, and the client has to come again
			return nil, &restclient.Error{Kind: restclient.KindNoMemory}
		}
		s.hold(f.entryOf(Event{Cursor: e.event.Cursor, Resync: true}))
	}
}

// advance moves the place of the stream behind the next entry, and returns that, which is held once more; nil if there
// is none yet. The caller holds the lock of the feed.
func (s *Stream) advance() *entry {
	f := s.feed
	switch {
	case len(s.own) > 0:
		e := s.own[0]
		s.own = s.own[1:]
		return e
	case !s.joined || s.next == f.head():
		return nil
	case s.next < f.first: // it was too slow
		return s.skip()
	}
	e := f.entries[s.next-f.first]
	e.left--
	e.holders++
	s.next++
	f.trim()
	return e
}

// skip moves a stream that was too slow behind the last entry, and returns what it is told instead: that
// changes were missed, or the job as it is now. The caller holds the lock of the feed.
func (s *Stream) skip() *entry {
	f := s.feed
	if f.keeps { // there is one, since it keeps the last
		last := f.entries[len(f.entries)-1]
		last.holders++
		s.passOver()
		f.trim()
		return last
	}
	s.passOver()
	f.trim()
	return f.entryOf(Event{Cursor: f.cursor, Resync: true})
}

// hold has the stream hold an entry in its hand, in place of the one before. The caller holds the lock of the feed,
// and has counted the holding.
func (s *Stream) hold(e *entry) {
	s.feed.letGo(s.inHand)
	s.inHand, s.told = e, false
}

// tell counts what is returned. The caller holds the lock of the feed.
func (s *Stream) tell(e *entry) {
	s.told = true
	s.engine.events.Add(1)
	if e.event.Resync {
		s.engine.resyncs.Add(1)
	}
}

// park has the stream call wake as soon as there may be something to read. The caller holds the lock of the feed.
func (s *Stream) park(wake func()) {
	if s.feed.parked == nil {
		s.feed.parked = map[*Stream]struct{}{}
	}
	s.feed.parked[s] = struct{}{}
	s.wake = wake
}

// unpark has a stream that is parked look again. The caller holds the lock of the feed.
func (s *Stream) unpark() {
	if s.wake != nil {
		delete(s.feed.parked, s)
		wake := s.wake
		s.wake = nil
		wake()
	}
}

// passOver marks what is left of the log as read. The caller holds the lock of the feed.
func (s *Stream) passOver() {
	f := s.feed
	for _, e := range f.entries[max(0, s.next-f.first):] {
		e.left--
	}
	s.next = f.head()
}

// Close ends the stream. It may be called more than once.
func (s *Stream) Close() {
	s.closing.Do(func() {
		s.leave(s)
		s.feed.dismiss(s)
		s.engine.forget(s)
	})
}

// dismiss takes a stream off the feed. With the last one goes all that the feed keeps.
func (f *feed) dismiss(s *Stream) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if s.joined {
		s.passOver()
		s.joined = false
		f.streams--
		f.trim()
	}
	for _, e := range s.own {
		f.letGo(e)
	}
	s.own, s.closed = nil, true
	s.hold(nil)
	delete(f.parked, s)
	s.wake = nil
	if f.streams == 0 {
		for len(f.entries) > 0 {
			f.drop()
		}
		f.forgetCatchUp()
		f.letGo(f.begin)
		f.letGo(f.resync)
		f.begin, f.resync = nil, nil
	}
}
