package live

import (
	"slices"
	"sync"

	"jobsgateway/graph/paging"
	"jobsgateway/internal/memory"
	"jobsgateway/restclient"
)

// Bounds of what a stream may be behind: source: a burst of changes of a busy list, and what a slow client's
// connection may hold back. All feeds and rings together are bounded by Config.Kept.
const (
	maxBehind      = 64      // events
	maxBehindBytes = 1 << 20 // of records, and of what was written of them
)

// feed is a log of events in one form, and how far its streams have read it. What all of them have read is
// dropped, and of the rest what is beyond the bounds, or for which there is no memory.
type feed struct {
	write func(Event) []byte
	// states are those of which a job has to have one; none for any.
	states []restclient.State
	// keeps: the last event is kept, for streams that come later: it is the job as it is now.
	keeps bool
	// kept counts the entries.
	kept *memory.Account

	mu sync.Mutex
	// entries are numbered from first on.
	entries []*entry
	first   int64
	bytes   int64
	streams int // that have joined: those that wait for their first event are not among them
	// cursor is that of the last event.
	cursor string
	// resync, begin and catchUp are entries that are no part of the log, kept as long as their cursors are the
	// same, so that they are written once. CatchUp is what streams have missed since caughtUp.
	resync, begin *entry
	catchUp       []*entry
	caughtUp      gap
	parked        map[*Stream]struct{} // that are woken when there may be something to read
	end           error                // behind the last entry; nil as long as the feed goes on

	// What follows is guarded by the lock of the poll.
	shape   form
	members int   // streams, with those that wait
	told    int64 // number of the change up to which the cursors have come
}

// gap is what lies between two cursors.
type gap struct {
	since paging.Since
	until string
}

// entry is an event in a feed.
type entry struct {
	event   Event
	bytes   int64
	left    int // streams that have not read it
	dropped bool
	text    []byte // what it is written as, as soon as it is written
	writing bool   // it is written, or was
	written bool
	// tooMuch: there was no memory for the text.
	tooMuch bool
	// holders are those who keep it: the log, its feed, streams that have it in their hands, and who writes it.
	// Counted is what is counted for it as long as there are any.
	holders int
	counted int64
}

// sizeOf returns how many bytes an event's records have.
func sizeOf(event Event) (bytes int64) {
	for _, job := range event.Jobs {
		bytes += int64(len(job.Raw()))
	}
	return bytes
}

// add appends an event to the log. If there is no memory for it, and dropping what the log has does not help, it
// is dropped at once, as if all streams were too slow for it; the job of a feed that keeps its last event is
// counted already, and so is always there.
func (f *feed) add(event Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.forgetCatchUp()
	f.cursor = event.Cursor
	if f.streams == 0 && !f.keeps { // nobody reads it
		f.first++
		return
	}
	e := &entry{event: event, bytes: sizeOf(event), left: f.streams, holders: 1}
	weight := e.bytes + int64(1+len(event.Jobs))*besideRecord
	fits := f.makeRoom(weight, f.keeps)
	if fits {
		e.counted = weight
	}
	if fits || f.keeps {
		f.entries = append(f.entries, e)
		f.bytes += e.bytes
		f.trim()
	} else {
		f.first++
	}
	f.wake()
}

// makeRoom counts so many bytes, and drops the oldest entries as long as there is no memory for them; all but one
// of them, if that is to stay. The caller holds the lock.
func (f *feed) makeRoom(weight int64, oneStays bool) bool {
	for !f.kept.TryCount(weight) {
		if len(f.entries) == 0 || oneStays && len(f.entries) == 1 {
			return false
		}
		f.drop()
	}
	return true
}

// drop drops the oldest entry of the log. The caller holds the lock.
func (f *feed) drop() {
	e := f.entries[0]
	e.dropped = true
	f.bytes -= e.bytes
	f.entries[0], f.entries = nil, f.entries[1:]
	f.first++
	f.letGo(e)
}

// letGo ends a holding of an entry. The caller holds the lock.
func (f *feed) letGo(e *entry) {
	if e == nil {
		return
	}
	if e.holders--; e.holders == 0 {
		f.kept.Drop(e.counted)
		e.counted = 0
	}
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
		f.drop()
	}
}

// wake lets all who wait look again. The caller holds the lock.
func (f *feed) wake() {
	for s := range f.parked {
		s.unpark()
	}
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

// admit has a stream join at the end of the log, behind events of its own, which it has missed since a cursor;
// of a feed that keeps its last event, at that one.
func (f *feed) admit(s *Stream, since *paging.Since, own []Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s.own = f.entriesOf(since, own)
	f.streams++
	s.joined, s.next = true, f.head()
	if f.keeps && len(f.entries) > 0 {
		s.next--
		f.entries[len(f.entries)-1].left++
	}
	s.unpark()
}

// entriesOf returns entries of a stream's own, which it holds. Streams that have missed the same share them, so
// that many that come back together have them written once. If there is no memory for them, the stream is told
// to read its list again instead. The caller holds the lock.
func (f *feed) entriesOf(since *paging.Since, own []Event) []*entry {
	if len(own) == 0 {
		return nil
	}
	last := own[len(own)-1].Cursor
	if since == nil || len(own) == 1 && len(own[0].Jobs) == 0 {
		return []*entry{f.entryOf(own[0])}
	}
	if missed := (gap{*since, last}); f.caughtUp != missed {
		f.forgetCatchUp()
		for _, event := range own {
			e := &entry{event: event, bytes: sizeOf(event), dropped: true, holders: 1}
			weight := e.bytes + int64(1+len(event.Jobs))*besideRecord
			if !f.kept.TryCount(weight) {
				f.forgetCatchUp()
				return []*entry{f.entryOf(Event{Cursor: last, Resync: true})}
			}
			e.counted = weight
			f.catchUp = append(f.catchUp, e)
		}
		f.caughtUp = missed
	}
	for _, e := range f.catchUp {
		e.holders++
	}
	return slices.Clone(f.catchUp)
}

// forgetCatchUp drops what is kept for streams that come back. The caller holds the lock.
func (f *feed) forgetCatchUp() {
	for _, e := range f.catchUp {
		f.letGo(e)
	}
	f.catchUp, f.caughtUp = nil, gap{}
}

// entryOf returns an entry without jobs, which is held once more, and is shared by all that have the same cursor.
// The caller holds the lock.
func (f *feed) entryOf(event Event) *entry {
	at := &f.begin
	if event.Resync {
		at = &f.resync
	}
	if *at == nil || (*at).event.Cursor != event.Cursor {
		f.letGo(*at)
		*at = &entry{event: event, dropped: true, holders: 1}
	}
	(*at).holders++
	return *at
}

// isWritten reports whether an entry is written. It has it written if nobody has done so: by a goroutine that belongs
// to no stream, since many wait for it, and ends by the bounds of Form.Write. The caller holds the lock.
func (f *feed) isWritten(e *entry) bool {
	if !e.writing {
		e.writing = true
		e.holders++
		go func() { f.setText(e, f.write(e.event)) }()
	}
	return e.written
}

// setText sets the bytes of an entry, which it was held for, and wakes who waits for them. An event without jobs is so
// short that it is kept in any case.
func (f *feed) setText(e *entry, text []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	defer f.wake()
	defer f.letGo(e)
	e.written = true
	weight := int64(len(text))
	switch {
	case f.makeRoom(weight, f.keeps):
		e.counted += weight
	case len(e.event.Jobs) > 0:
		e.tooMuch = true
		f.renew(e)
		return
	}
	e.text = text
	if !e.dropped {
		e.bytes += weight
		f.bytes += weight
		f.trim()
	}
}

// renew has the last entry of a feed that keeps it written once more by who comes later, when there may be memory
// for it. The caller holds the lock.
func (f *feed) renew(e *entry) {
	last := len(f.entries) - 1
	if !f.keeps || last < 0 || f.entries[last] != e {
		return
	}
	f.entries[last] = &entry{event: e.event, bytes: e.bytes, left: e.left, holders: 1, counted: e.counted}
	e.counted, e.dropped = 0, true
	f.letGo(e)
}
