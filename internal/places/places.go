// Package places bounds what is done at the same time, and shares the places among tokens.
//
// One token cannot take all of them: it may hold at most as many places as are free. With 8 places, one token
// alone holds 4, since then 4 are free; two that want all hold 3 each, leave 2, and somebody who comes finds
// a place. This is the dynamic threshold of switches that share one buffer among their ports (Choudhury and
// Hahne, 1998). What is beyond the share waits for its turn.
//
// Whoever waits is in a queue: tokens take turns, then the flows of a token, which are its operations. There
// are two queues. A flow that has had a place waits among the running ones as long as its context lasts. One
// that has had none is a newcomer, waits for a short time, and is refused with ErrBusy after it. Both queues
// take turns, so that a large operation does not hold up small ones, and small ones not a large one; but no
// newcomer gets in while more flows wait that have begun than there are places.
//
// Newcomers are served in turn until a quarter of those that wait is refused. Then far more come than can be
// served, whoever is served last has waited in vain, and those are served first that came last.
//
// places.go gives places and takes them back, wait.go is about those that wait, queue.go has their order, and
// crowd.go and look.go find out how many places there are where only the time that work takes tells it.
package places

import (
	"container/list"
	"context"
	"errors"
	"sync"
	"time"
)

// ErrBusy says that a newcomer was given no place in time.
var ErrBusy = errors.New("no place was free in time")

// Places are places that tokens share. Nobody is woken in vain, and no goroutine works for it. It is safe for
// concurrent use.
type Places struct {
	mu       sync.Mutex
	most     int
	limit    int // at most so many are used: most, or fewer while it is crowded
	used     int
	holders  map[string]*holder
	spare    *holder   // one of nobody, so that a lone token costs no memory each time
	newcomer queue     // of flows that have had no place
	running  queue     // of flows that have
	waiting  int       // who wait, in both queues
	arrivals list.List // of the waiters of newcomers, the oldest first
	standing time.Time // since when there have always been newcomers that wait
	inARow   int       // newcomers that were served one after the other
	crowd    *crowd    // nil if the limit never changes
	refused  int64
	// turnedAway is the part of the newcomers who had to wait that was refused lately, from 0 to 1.
	turnedAway float64
}

// New makes so many places.
func New(most int) *Places {
	return &Places{
		most: most, limit: most, holders: map[string]*holder{},
		newcomer: queue{index: 0}, running: queue{index: 1},
	}
}

// NewAdaptive makes at most so many places. How many of them are used follows from how long they are held, see
// crowd: newcomers are refused only while it is crowded, and wait as all others do while it is not.
func NewAdaptive(most int) *Places {
	p := New(most)
	p.crowd = newCrowd(most)
	return p
}

// Place is a place that was given. Give it back once. The zero Place is none.
type Place struct {
	token string
	among int // how many were held with it
	look  int // of crowd.begins
}

// Work is what was done in a place.
type Work struct {
	// Kind is from 0 to 15: work is compared with that of its own kind.
	Kind int
	Took Took
	Time time.Duration
	// Ended is when it was done; now if it is zero.
	Ended time.Time
}

// Took is what came of it.
type Took int

// What may come of it.
const (
	TookNothing Took = iota // nothing that tells how crowded it is
	TookTime                // it was done, in Time
	TookRefused             // whoever does the work said that there is too much of it
)

// Take gives a place to a flow, at once or when it is its turn. Errors: ErrBusy, which goes to all of the flow
// and for ever, and that of ctx.
func (p *Places) Take(ctx context.Context, f *Flow) (Place, error) {
	p.mu.Lock()
	if p.limit < p.most && p.crowd.over(time.Now()) {
		p.setLimit(p.most)
	}
	if f.refused {
		p.mu.Unlock()
		return Place{}, ErrBusy
	}
	h := p.holderOf(f.token)
	if p.used < p.limit && p.may(h) {
		place := p.grant(h, f)
		p.mu.Unlock()
		return place, nil
	}
	now := time.Now()
	w := p.join(h, f, now)
	patience := p.patience(f, now)
	p.mu.Unlock()
	return p.wait(ctx, w, patience)
}

// Runs reports whether a flow is no newcomer.
func (p *Places) Runs(f *Flow) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return f.running
}

// may reports whether a token may have one place more of those that are free.
func (p *Places) may(h *holder) bool { return h.held < p.most-p.used }

// grant gives a place.
func (p *Places) grant(h *holder, f *Flow) Place {
	h.held++
	p.used++
	f.running = true
	place := Place{token: f.token, among: p.used}
	if p.limit < p.most {
		place.look = p.crowd.begins(time.Now())
	}
	return place
}

// Give takes a place back.
func (p *Places) Give(place Place) { p.GiveAfter(place, Work{Took: TookNothing}) }

// GiveAfter takes a place back, and learns from what was done in it.
func (p *Places) GiveAfter(place Place, done Work) {
	if place.among == 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	h := p.holders[place.token]
	h.held--
	p.used--
	if p.crowd != nil {
		if done.Ended.IsZero() {
			done.Ended = time.Now()
		}
		p.setLimit(p.crowd.note(done.Ended, sample{done, place.among, place.look, p.waiting > 0}))
	} else {
		p.serve()
	}
	p.forget(h)
}

// setLimit sets how many places are used, and gives those that are free.
func (p *Places) setLimit(limit int) {
	p.limit = limit
	p.serve()
}

// holderOf returns the holder of a token, a new one if there is none.
func (p *Places) holderOf(token string) *holder {
	h := p.holders[token]
	if h == nil {
		h, p.spare = p.spare, nil
		if h == nil {
			h = &holder{}
		}
		h.token = token
		p.holders[token] = h
	}
	return h
}

// forget forgets a token that holds nothing and does not wait.
func (p *Places) forget(h *holder) {
	if h.held == 0 && h.lines == [2]*line{} {
		delete(p.holders, h.token)
		h.token = ""
		p.spare = h
	}
}

// State is what Places are like at a moment, for those who watch them.
type State struct {
	Most, Limit, Used int
	// Waiting is how many wait for a place, Newcomers and Running of how many flows.
	Waiting, Newcomers, Running int
	Refused                     int64 // flows, since the beginning
}

// State returns what the places are like now.
func (p *Places) State() State {
	p.mu.Lock()
	defer p.mu.Unlock()
	return State{p.most, p.limit, p.used, p.waiting, p.newcomer.flows, p.running.flows, p.refused}
}
