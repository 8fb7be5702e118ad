package live

import (
	"context"
	"io"
	"sync"

	"jobsgateway/restclient"
)

// Stream is what one subscriber reads. Next is for one goroutine at a time; Close is safe at any time.
type Stream struct {
	feed   *feed
	engine *Engine
	token  string
	leave  func(*Stream)   // takes the stream off its poll
	over   <-chan struct{} // ends a stream that has no poll
	wants  *Changes        // as long as it waits for its first event

	closing sync.Once
	// What follows is guarded by the lock of the feed.
	own    []*entry // read before the log
	inHand *entry   // that was read last, whose bytes may still be sent
	next   int64    // number of the entry that is read next
	joined bool
	closed bool
}

// Next waits for an event and returns its bytes, which are only read, and only until Next is called again. Errors:
// that of ctx; io.EOF when the stream has come to its end; and why it had to end before: *restclient.Error, those
// of paging.Reader, and that of a panic.
func (s *Stream) Next(ctx context.Context) ([]byte, error) {
	for {
		e, grown, end := s.take()
		switch {
		case e != nil:
			return s.read(e)
		case end != nil:
			return nil, end
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-s.over:
			return nil, io.EOF
		}
	}
}

// read returns the bytes of an entry. If there is no memory for them, changes are missed, and the client of a
// stream of one job has to come again.
func (s *Stream) read(e *entry) ([]byte, error) {
	text, ok := s.feed.textOf(e)
	if !ok && s.feed.keeps {
		return nil, &restclient.Error{Kind: restclient.KindNoMemory}
	}
	if !ok {
		e = s.instead(e)
		text, _ = s.feed.textOf(e)
	}
	s.engine.events.Add(1)
	if e.event.Resync {
		s.engine.resyncs.Add(1)
	}
	return text, nil
}

// instead has the stream read its list again, in place of an entry.
func (s *Stream) instead(of *entry) *entry {
	f := s.feed
	f.mu.Lock()
	defer f.mu.Unlock()
	e := f.entryOf(Event{Cursor: of.event.Cursor, Resync: true})
	s.hold(e)
	return e
}

// hold has the stream hold an entry in its hand, in place of the one before. The caller holds the lock of the feed, and has
// counted the holding.
func (s *Stream) hold(e *entry) {
	s.feed.letGo(s.inHand)
	s.inHand = e
}

// take returns the next entry; or else what is closed when there is one; or why there will be none.
func (s *Stream) take() (e *entry, grown <-chan struct{}, end error) {
	f := s.feed
	f.mu.Lock()
	defer f.mu.Unlock()
	s.hold(nil)
	switch {
	case s.closed:
		return nil, nil, io.EOF
	case len(s.own) > 0:
		e, s.own = s.own[0], s.own[1:]
	case !s.joined || s.next == f.head():
		return nil, f.grown, f.end
	case s.next < f.first: // it was too slow
		e = s.skip()
	default:
		e = f.entries[s.next-f.first]
		e.left--
		e.holders++
		s.next++
		f.trim()
	}
	s.inHand = e
	return e, nil, nil
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
