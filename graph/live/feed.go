package live

import (
	"context"
	"io"
	"sync"

	"jobsgateway/restclient"
)

// Bounds of what a stream may be behind: source: a burst of changes of a busy list, and what a slow client's
// connection may hold back.
const (
	maxBehind      = 64      // events
	maxBehindBytes = 1 << 20 // of records, and of what was written of them
)

// feed is a log of events in one form, and how far its streams have read it. What all of them have read is
// dropped, and of the rest what is beyond the bounds.
type feed struct {
	write func(Event) []byte
	// states are those of which a job has to have one; none for any.
	states []restclient.State
	// keeps: the last event is kept, for streams that come later: it is the job as it is now.
	keeps bool

	mu sync.Mutex
	// entries are numbered from first on.
	entries []*entry
	first   int64
	bytes   int64
	streams int // that have joined: those that wait for their first event are not among them
	// resync and begin are entries that are no part of the log, kept as long as their cursor is the same, so
	// that they are written once.
	resync, begin *entry
	grown         chan struct{} // closed, and made anew, when there is something to read
	end           error         // behind the last entry; nil as long as the feed goes on

	// What follows is guarded by the lock of the poll.
	members int   // streams, with those that wait
	told    int64 // number of the change up to which the cursors have come
}

// entry is an event in a feed.
type entry struct {
	event   Event
	bytes   int64
	left    int // streams that have not read it
	dropped bool
	once    sync.Once
	text    []byte
}

// sizeOf returns how many bytes an event's records have.
func sizeOf(event Event) (bytes int64) {
	for _, job := range event.Jobs {
		bytes += int64(len(job.Raw()))
	}
	return bytes
}

// add appends an event to the log.
func (f *feed) add(event Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	e := &entry{event: event, bytes: sizeOf(event), left: f.streams}
	f.entries = append(f.entries, e)
	f.bytes += e.bytes
	f.trim()
	f.wake()
}

// trim drops the entries that nobody needs, and the oldest of those that are beyond the bounds. The last one
// stays as long as somebody has to read it. The caller holds the lock.
func (f *feed) trim() {
	for len(f.entries) > 0 {
		e, isLast := f.entries[0], len(f.entries) == 1
		isOver := len(f.entries) > maxBehind || f.bytes > maxBehindBytes
		if isLast && f.keeps || e.left > 0 && (isLast || !isOver) {
			return
		}
		e.dropped = true
		f.bytes -= e.bytes
		f.entries[0], f.entries = nil, f.entries[1:]
		f.first++
	}
}

// wake lets all who wait look again. The caller holds the lock.
func (f *feed) wake() {
	close(f.grown)
	f.grown = make(chan struct{})
}

// finish ends the feed, with an error behind what was not read yet.
func (f *feed) finish(end error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.end == nil {
		f.end = end
		f.wake()
	}
}

// head returns the number of the next entry. The caller holds the lock.
func (f *feed) head() int64 { return f.first + int64(len(f.entries)) }

// admit has a stream join at the end of the log, behind events of its own; of a feed that keeps its last event,
// at that one.
func (f *feed) admit(s *Stream, own []Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, event := range own {
		s.own = append(s.own, f.entryOf(event))
	}
	f.streams++
	s.joined, s.next = true, f.head()
	if f.keeps && len(f.entries) > 0 {
		s.next--
		f.entries[len(f.entries)-1].left++
	}
	f.wake()
}

// entryOf returns an entry of a stream's own. Those without jobs are shared by all that have the same cursor.
func (f *feed) entryOf(event Event) *entry {
	at := &f.begin
	if event.Resync {
		at = &f.resync
	}
	switch {
	case len(event.Jobs) > 0:
		return &entry{event: event, dropped: true}
	case *at == nil || (*at).event.Cursor != event.Cursor:
		*at = &entry{event: event, dropped: true}
	}
	return *at
}

// textOf returns the bytes of an entry, which its first reader writes.
func (f *feed) textOf(e *entry) []byte {
	e.once.Do(func() {
		e.text = f.write(e.event)
		f.mu.Lock()
		defer f.mu.Unlock()
		if !e.dropped {
			e.bytes += int64(len(e.text))
			f.bytes += int64(len(e.text))
			f.trim()
		}
	})
	return e.text
}

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
	next   int64    // number of the entry that is read next
	joined bool
}

// Next waits for an event and returns its bytes, which are only read. Errors: that of ctx; io.EOF when the
// stream has come to its end; and why it had to end before: *restclient.Error, those of paging.Reader, and that
// of a panic.
func (s *Stream) Next(ctx context.Context) ([]byte, error) {
	for {
		e, grown, end := s.take()
		switch {
		case e != nil:
			return s.feed.textOf(e), nil
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

// take returns the next entry; or else what is closed when there is one; or why there will be none.
func (s *Stream) take() (e *entry, grown <-chan struct{}, end error) {
	f := s.feed
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(s.own) > 0 {
		e, s.own = s.own[0], s.own[1:]
		return e, nil, nil
	}
	if !s.joined || s.next == f.head() {
		return nil, f.grown, f.end
	}
	if s.next < f.first { // it was too slow
		return s.skip(), nil, nil
	}
	e = f.entries[s.next-f.first]
	e.left--
	s.next++
	f.trim()
	return e, nil, nil
}

// skip moves a stream that was too slow behind the last entry, and returns what it is told instead: that
// changes were missed, or the job as it is now. The caller holds the lock of the feed.
func (s *Stream) skip() *entry {
	f := s.feed
	last := f.entries[len(f.entries)-1]
	s.passOver()
	f.trim()
	if f.keeps {
		return last
	}
	return f.entryOf(Event{Cursor: last.event.Cursor, Resync: true})
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

// dismiss takes a stream off the feed.
func (f *feed) dismiss(s *Stream) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if s.joined {
		s.passOver()
		s.joined = false
		f.streams--
		f.trim()
	}
	s.own = nil
}
