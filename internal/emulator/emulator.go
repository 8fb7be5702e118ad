// Package emulator is the Jobs REST API in memory, served over real HTTP: GET /jobs with every documented
// parameter, GET /jobs/{job_id}, bearer tokens, the known error shapes, and whatever can go wrong on the way.
//
// It exists for demonstrations, tests and benchmarks, and it follows the contract of the Jobs API rather than
// the client that talks to it. Where upstream is silent the choice made here is marked as inferred.
//
//	srv := httptest.NewServer(emulator.New(emulator.Options{Seed: 1}))
//
// Three things make it more than canned answers: the data can live (Options.Living), the next requests can be
// told to fail in a given manner (Script), and every request is remembered (Requests).
//
// Where to look: options.go says what can be chosen. generate.go, draft.go, content.go, words.go and
// encode.go make jobs, read.go takes those that are given, store.go keeps them in order, living.go moves
// them. query.go, answer.go, page.go and errors.go answer a request, faults.go and deliver.go spoil an
// answer, log.go remembers requests.
package emulator

import (
	"compress/gzip"
	"encoding/json"
	"net/http"
	"sync"
	"time"
)

// Emulator is an http.Handler that answers as the Jobs API would. All methods may be called at any time from
// any goroutine; a change made between two requests is seen whole by the second one. It starts no goroutine
// and needs no closing. Make one with New.
type Emulator struct {
	opts   Options
	log    requestLog
	script script

	mu     sync.RWMutex // guards store and living
	store  *store
	living *living // nil when time stands still

	buffers sync.Pool // of *[]byte: page bodies
	zippers sync.Pool // of *gzip.Writer
}

// New makes an emulator that holds what the options say. It never fails: values out of bounds are brought
// into them as each option's comment says.
func New(opts Options) *Emulator {
	opts = opts.withDefaults()
	e := &Emulator{opts: opts}
	e.buffers.New = func() any { return new([]byte) }
	e.zippers.New = func() any {
		// The level is a valid constant, the only way for this to fail.
		z, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed)
		return z
	}
	if opts.Records != nil {
		e.store = newStore(readAll(opts.Records))
		return e
	}
	gen := newGenerator(opts)
	jobs, unfinished := gen.history()
	e.store = newStore(jobs)
	if opts.Living {
		e.living = newLiving(gen, unfinished)
	}
	return e
}

// ServeHTTP logs the request, takes the next scripted fault that fits it, waits, and answers.
func (e *Emulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	serial := e.log.add(r, e.opts.Now())
	fault := e.script.take(r)
	if fault == nil {
		if pause(r.Context(), e.opts.Latency) {
			e.serve(w, r, serial)
		}
		return
	}
	if pause(r.Context(), e.opts.Latency+fault.Delay) {
		e.serveFault(w, r, serial, fault)
	}
}

// Insert adds one job, as if it had just been created: among equal order values it counts as the newest, and
// without a readable order value it stands before all others in the descending order. The bytes are copied
// and served as they are. A second job with an id already held is accepted and listed; by id, the older one
// answers.
func (e *Emulator) Insert(raw json.RawMessage) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.store.add(read(raw), e.opts.Now())
}

// Replace puts a record in the place of the job with this id, and reports whether there was one. The new
// record is ordered by its own members; where it lacks them, it keeps the order value and the place of the
// old one. A living job that is replaced stays as given from then on.
func (e *Emulator) Replace(id string, raw json.RawMessage) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.store.replace(id, read(raw))
}

// Remove drops the job with this id, and reports whether there was one.
func (e *Emulator) Remove(id string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.store.remove(id)
}

// Len returns how many jobs there are, of all companies. It does not move living data; only requests do.
func (e *Emulator) Len() int {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return len(e.store.created.jobs)
}

// IDs returns the ids of all jobs in created_at_desc order, with an empty string for a record without one. It
// does not move living data.
func (e *Emulator) IDs() []string {
	e.mu.RLock()
	defer e.mu.RUnlock()
	jobs := e.store.created.jobs
	ids := make([]string, len(jobs))
	for i, j := range jobs {
		ids[len(jobs)-1-i] = j.id
	}
	return ids
}

// advance brings living data forward to now. The shared lock serves the common case, in which nothing is due.
func (e *Emulator) advance(now time.Time) {
	if e.living == nil {
		return
	}
	e.mu.RLock()
	due := e.living.due(now)
	e.mu.RUnlock()
	if !due {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.living.advance(e.store, now)
}
