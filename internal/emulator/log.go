package emulator

import (
	"net/http"
	"slices"
	"sync"
	"time"
)

// Request is one entry of the log: what a client asked, before anything was decided about it.
type Request struct {
	Method string
	// Path is the escaped path as sent.
	Path string
	// RawQuery is the query as sent, without the question mark.
	RawQuery string
	// Unknown names the query parameters that GET /jobs does not know, sorted. They have no effect on the
	// answer, as upstream is assumed to ignore them.
	Unknown []string
	// Header is a copy of the request's header. It holds the bearer token.
	Header http.Header
	// Time is the emulator's clock when the request came in.
	Time time.Time
}

// Requests returns a copy of the log, oldest first. It holds the first MaxRequests requests since New or
// Reset; Total returns how many there were.
func (e *Emulator) Requests() []Request {
	e.log.mu.Lock()
	defer e.log.mu.Unlock()
	out := slices.Clone(e.log.kept)
	for i := range out {
		out[i].Header = out[i].Header.Clone()
		out[i].Unknown = slices.Clone(out[i].Unknown)
	}
	return out
}

// Total is the number of requests since New or Reset, including those that the log no longer keeps.
func (e *Emulator) Total() int {
	e.log.mu.Lock()
	defer e.log.mu.Unlock()
	return e.log.total
}

// Reset empties the log. Scripted faults and data stay as they are.
func (e *Emulator) Reset() {
	e.log.mu.Lock()
	defer e.log.mu.Unlock()
	e.log.kept, e.log.total = nil, 0
}

// requestLog has a lock of its own: reading it does not wait for a page to be put together.
type requestLog struct {
	mu     sync.Mutex
	kept   []Request
	total  int
	serial uint64 // never reset: it makes log ids distinct
}

// add remembers a request and returns its serial number, from 1.
func (l *requestLog) add(r *http.Request, now time.Time) uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.serial++
	l.total++
	if len(l.kept) < MaxRequests {
		l.kept = append(l.kept, Request{
			Method:   r.Method,
			Path:     r.URL.EscapedPath(),
			RawQuery: r.URL.RawQuery,
			Unknown:  unknownParameters(r.URL.Query()),
			Header:   r.Header.Clone(),
			Time:     now,
		})
	}
	return l.serial
}
