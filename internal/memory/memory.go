// Package memory lends the bytes that grow with what callers ask for: bodies of the Jobs API's answers, the
// answers that are made of them, and bodies of requests. It counts them from before they are taken until they
// are given back, so that all operations together hold no more than a total (Memory), and one operation no
// more than a limit (Account).
//
// An owner is who the bytes are lent to: a caller's token. Of the total an owner may hold at most as much as
// is then still free: half of it if nobody else holds any, a third beside one other. So no owner can take all
// of it from the others, and one that is alone is not held to an n-th. Who needs a last piece to finish with
// what is held already is not held to that (Account.Finish), for then all is free sooner: an eighth of the total
// is kept for such pieces, and an owner may have half of the total with them.
//
// Who needs more than there is waits for a moment, and is then told that there is none (*OverloadError). No
// wait is without an end, so operations that wait for each other's bytes do not wait for ever.
//
// memory.go has the counting, shelf.go what is kept to be lent again, account.go one operation's part,
// collector.go what the garbage collector is told.
package memory

import (
	"bytes"
	"context"
	"slices"
	"sync"
	"time"
)

// Memory lends bytes. Safe for concurrent use.
type Memory struct {
	total int64
	// scribble overwrites what is given back, so that a test sees who still reads it.
	scribble bool

	mu   sync.Mutex
	held int64 // by everybody
	// requests is what is held of it for bodies of requests: an eighth of the total at most, since senders
	// need no valid token.
	requests int64
	owners   map[string]int64 // what each owner holds; none who holds nothing
	queue    []*waiter        // who waits, in the order in which they came
	idle     int64            // on the shelves
	// dropped and droppedBefore are bytes that were let go of since the last collection, and before it: they
	// may not have been collected yet.
	dropped, droppedBefore int64
	shelves                [shelves]shelf
	trimming               bool // a timer is set for trimLater

	collecting sync.Mutex // held for a collection that somebody waits for
	told       collector
}

// Patience is how long somebody waits for bytes: longer than it takes to read a large page and to write it to
// a caller who reads.
const Patience = time.Second

// collectAbove is how many bytes more than the total there may be that were let go of and are not collected
// yet, before somebody waits for a collection. A guess: as much as a collection is worth.
const collectAbove = 8 << 20

// waiter is somebody who waits for bytes.
type waiter struct {
	want
	// granted is closed when the bytes are theirs.
	granted chan struct{}
}

// New returns a Memory that lends at most total bytes at a time. Scribble is for tests: what is given back is
// overwritten.
func New(total int64, scribble bool) *Memory {
	m := &Memory{total: total, scribble: scribble, owners: map[string]int64{}}
	m.watch()
	return m
}

// Figures are how many bytes a Memory has.
type Figures struct {
	// Total is the most that may be held; Held is what is held now, Idle what is kept to be lent again, which is
	// at most Total together.
	Total, Held, Idle int64
	// Owners hold something, and Waiting is how many wait for bytes.
	Owners, Waiting int
}

// Figures returns how many bytes there are now.
func (m *Memory) Figures() Figures {
	m.mu.Lock()
	defer m.mu.Unlock()
	return Figures{Total: m.total, Held: m.held, Idle: m.idle, Owners: len(m.owners), Waiting: len(m.queue)}
}

// want is what somebody asks for.
type want struct {
	owner string
	n     int64
	// more is counted besides, and not lent.
	more int64
	// last: it is needed to finish with what the owner holds already.
	last bool
	// request: it is for the body of a request.
	request bool
}

// take lends an empty slice of a size that is lent. Errors: *OverloadError.
func (m *Memory) take(ctx context.Context, w want) ([]byte, error) {
	m.mu.Lock()
	if !m.grant(w) {
		if err := m.wait(ctx, w); err != nil {
			return nil, err
		}
		m.mu.Lock()
	}
	return m.lend(int(w.n)), nil
}

// tryTake is take without a wait: false where take would wait.
func (m *Memory) tryTake(w want) (b []byte, ok bool) {
	m.mu.Lock()
	if !m.grant(w) {
		m.mu.Unlock()
		return nil, false
	}
	return m.lend(int(w.n)), true
}

// count counts bytes that are not lent from here. Errors: *OverloadError.
func (m *Memory) count(ctx context.Context, w want) error {
	m.mu.Lock()
	if !m.grant(w) {
		if err := m.wait(ctx, w); err != nil {
			return err
		}
		m.mu.Lock()
	}
	m.makeRoom()
	m.mu.Unlock()
	return nil
}

// tryCount is count without a wait: false where count would wait.
func (m *Memory) tryCount(w want) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.grant(w) {
		return false
	}
	m.makeRoom()
	return true
}

// Give takes back what an Account has lent. Nobody may read it any more.
func (m *Memory) Give(owner string, b []byte) { m.give(want{owner: owner, n: int64(cap(b))}, b) }

// Drop takes n bytes off the count that an Account has counted, or that it has lent and are left to the garbage
// collector, since somebody may still read them.
func (m *Memory) Drop(owner string, n int64) { m.drop(want{owner: owner, n: n}) }

// give takes back what was lent.
func (m *Memory) give(w want, b []byte) {
	if cap(b) == 0 {
		return
	}
	if m.scribble {
		copy(b[:cap(b)], bytes.Repeat([]byte{'#'}, cap(b)))
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.uncount(w)
	m.keep(b) // first, so that who is granted it finds it
	m.serve()
}

// drop ends the counting of what is not given back.
func (m *Memory) drop(w want) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dropped += w.n
	m.uncount(w)
	m.serve()
}

// grant counts what somebody wants, if they may have it now. The caller holds the lock.
func (m *Memory) grant(w want) bool {
	n := w.n + w.more
	mine, free := m.owners[w.owner]+n, m.total-m.held-n
	if w.last && (free < 0 || mine > m.total/2) || !w.last && (free < m.total/8 || mine > free) {
		return false
	}
	if w.request {
		if m.requests+n > m.total/8 {
			return false
		}
		m.requests += n
	}
	m.held += n
	m.owners[w.owner] = mine
	return true
}

// uncount undoes a grant. The caller holds the lock, and calls serve.
func (m *Memory) uncount(w want) {
	m.held -= w.n
	if w.request {
		m.requests -= w.n
	}
	if left := m.owners[w.owner] - w.n; left > 0 {
		m.owners[w.owner] = left
	} else {
		delete(m.owners, w.owner)
	}
}

// serve grants what there is to those who wait, in their order. The caller holds the lock.
func (m *Memory) serve() {
	if len(m.queue) == 0 {
		return
	}
	m.queue = slices.DeleteFunc(m.queue, func(w *waiter) bool {
		granted := m.grant(w.want)
		if granted {
			close(w.granted)
		}
		return granted
	})
}

// wait waits until what somebody wants is granted, Patience at most. The caller holds the lock, which is given
// up. Errors: *OverloadError, also when ctx ends before.
func (m *Memory) wait(ctx context.Context, wanted want) error {
	w := &waiter{wanted, make(chan struct{})}
	m.queue = append(m.queue, w)
	m.mu.Unlock()
	timer := time.NewTimer(Patience)
	defer timer.Stop()
	select {
	case <-w.granted:
		return nil
	case <-timer.C:
	case <-ctx.Done():
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	at := slices.Index(m.queue, w)
	if at < 0 { // granted in the same moment
		return nil
	}
	m.queue = slices.Delete(m.queue, at, at+1)
	return &OverloadError{}
}

// OverloadError is that all operations together hold as many bytes as they may, or that the owner holds its
// part of them. Its text is for the caller.
type OverloadError struct{}

// Error returns a sentence for the caller.
func (*OverloadError) Error() string {
	return "The gateway has no memory for this now, since other operations hold it; try again in a moment."
}
