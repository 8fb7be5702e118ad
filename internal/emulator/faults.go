package emulator

import (
	"net/http"
	"sync"
	"time"
)

// Forever as Fault.Times keeps a fault in the script.
const Forever = -1

// Cut is how a connection is broken.
type Cut int

// The ways to break a connection.
const (
	// CutNone leaves the connection alone.
	CutNone Cut = iota
	// CutReset resets the connection before a byte of the answer is sent. Go's http.Transport asks again by
	// itself when this hits a connection that it has used before: one fault may go unseen by its caller.
	CutReset
	// CutClose announces the whole body, sends Fault.After bytes of it, and closes the connection.
	CutClose
	// CutResetBody sends as much as CutClose does, and then resets the connection.
	CutResetBody
)

// Fault is what happens to a request instead of, or on the way to, its ordinary answer. Its parts combine: a
// delay, then an answer, then the manner in which the answer is sent. The zero value changes nothing.
//
// While none of Status, Body, Huge, Bomb and Location is set, the ordinary answer is sent, in the given
// manner.
type Fault struct {
	// Match picks the requests that take this fault; nil picks any. It is called with the script locked
	// and must not call the emulator nor read the request's body.
	Match func(*http.Request) bool
	// Times is how many requests take this fault before it leaves the script: zero means one, Forever all.
	Times int

	// Delay is waited before anything is sent, after Options.Latency. It ends early when the caller leaves.
	Delay time.Duration

	// Status is the status code; zero means 200, or 302 with a Location.
	Status int
	// Header is added to the answer and overrides what the emulator would set, Content-Length included.
	Header http.Header
	// ContentType is the content type of a given or generated body; empty means application/json.
	ContentType string
	// Body is sent as it is, never compressed. When it is nil and Status is 400 or above, the body has the
	// emulator's own error shape; an empty Body that is not nil has no bytes and no content type.
	Body []byte
	// Huge is the size in bytes of a generated body, valid JSON from 24 bytes on, made while it is sent.
	Huge int64
	// Bomb is like Huge, but sent gzipped, whatever the client accepts: about a thousandth of the size.
	Bomb int64
	// Location makes the answer a redirect to this address.
	Location string

	// Piece and Drip send the body in pieces of Piece bytes, waiting Drip before each. Zero Drip sends it at
	// once; zero Piece means 256 bytes.
	Piece int
	Drip  time.Duration
	// NoLength leaves out Content-Length, so that the body is chunked.
	NoLength bool
	// Cut breaks the connection.
	Cut Cut
	// After is how many bytes of the body go out before a CutClose or CutResetBody; zero means half of it, or
	// none of a body whose length is not known.
	After int64
}

// replaces reports whether the fault has an answer of its own.
func (f *Fault) replaces() bool {
	return f.Status != 0 || f.Body != nil || f.Huge > 0 || f.Bomb > 0 || f.Location != ""
}

// Script appends faults. Each request takes the first fault in the script that matches it, before its route,
// token or parameters are looked at, and without one is answered as usual.
func (e *Emulator) Script(faults ...Fault) {
	e.script.mu.Lock()
	defer e.script.mu.Unlock()
	for _, f := range faults {
		if f.Times == 0 {
			f.Times = 1
		}
		e.script.faults = append(e.script.faults, &f)
	}
}

// Scripted is the number of faults still in the script; a test that expects all to have been met checks for
// 0.
func (e *Emulator) Scripted() int {
	e.script.mu.Lock()
	defer e.script.mu.Unlock()
	return len(e.script.faults)
}

// Unscript drops all faults from the script. Requests under way keep what they took.
func (e *Emulator) Unscript() {
	e.script.mu.Lock()
	defer e.script.mu.Unlock()
	e.script.faults = nil
}

// script is the list of faults that have not been used up, oldest first.
type script struct {
	mu     sync.Mutex
	faults []*Fault
}

// take returns the fault of one request, nil for none.
func (s *script) take(r *http.Request) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.faults {
		if f.Match != nil && !f.Match(r) {
			continue
		}
		if f.Times > 0 {
			f.Times--
			if f.Times == 0 {
				s.faults = append(s.faults[:i:i], s.faults[i+1:]...)
			}
		}
		return f
	}
	return nil
}
