package places

import (
	"context"
	"time"
)

// Patience is how long a newcomer waits. It is short: an answer that comes late is worth less than to be told
// so at once, and a caller can send again.
const Patience = 50 * time.Millisecond

const (
	// doubtFor is how long newcomers have to wait without a pause until one is refused, where the limit adapts:
	// a machine that stood still for a moment, or one large operation that had begun before it was crowded, is
	// no overload.
	doubtFor = 150 * time.Millisecond

	// fewTogether is how many there have to be, with those that have a place, until a newcomer is refused, where the
	// limit adapts. So few wait for each other's answers: more do not come, and to send again would not be faster.
	fewTogether = 16

	// newcomersInARow is how many newcomers are served before one of the running is. A large operation takes
	// long in any case; a small one is only as quick as its first call.
	newcomersInARow = 3

	// When more than this part of the last so many newcomers that waited was refused, those are served first
	// that came last, out of so many.
	turnedFrom, turnedOf, recent = 0.25, 16, 64
)

// join puts somebody into the queue of its flow.
func (p *Places) join(h *holder, f *Flow, now time.Time) *waiter {
	w := &waiter{flow: f, granted: make(chan error, 1), since: now}
	w.turn = f.waiters.PushBack(w)
	p.waiting++
	if !f.running {
		w.arrival = p.arrivals.PushBack(w)
	}
	if f.turn == nil {
		if !f.running && p.newcomer.flows == 0 {
			p.standing = now
		}
		p.queueOf(f).add(h, f)
	}
	if p.crowd != nil {
		p.crowd.waited(now)
	}
	return w
}

// queueOf returns the queue in which a flow waits.
func (p *Places) queueOf(f *Flow) *queue {
	if f.running {
		return &p.running
	}
	return &p.newcomer
}

// patience returns how long somebody of a flow may wait before lose is asked; 0 for as long as its context
// lasts.
func (p *Places) patience(f *Flow, now time.Time) time.Duration {
	switch {
	case f.running && p.limit < p.most:
		return blindFor
	case f.running:
		return 0
	case p.crowd == nil:
		return Patience
	}
	return max(Patience, p.standing.Add(doubtFor).Sub(now))
}

// wait waits for a place, as long as ctx lasts and patience, if it is not 0.
func (p *Places) wait(ctx context.Context, w *waiter, patience time.Duration) (Place, error) {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	if patience == 0 {
		timer.Stop()
	}
	for {
		select {
		case err := <-w.granted:
			if err == nil && ctx.Err() != nil { // it has nothing to do any more
				p.Give(w.place)
				return Place{}, ctx.Err()
			}
			return w.place, err
		case <-ctx.Done():
			p.leave(w)
			return Place{}, ctx.Err()
		case <-timer.C:
			refused, more := p.lose(w)
			if refused {
				return Place{}, ErrBusy
			}
			if more > 0 {
				timer.Reset(more)
			}
		}
	}
}

// leave takes somebody out of the queue; a place that came at the same moment is given back.
func (p *Places) leave(w *waiter) {
	p.mu.Lock()
	if w.turn == nil {
		p.mu.Unlock()
		if err := <-w.granted; err == nil {
			p.Give(w.place)
		}
		return
	}
	defer p.mu.Unlock()
	h := p.holders[w.flow.token]
	p.drop(h, w)
	p.forget(h)
}

// drop takes somebody out of its flow, and the flow out of its queue with the last.
func (p *Places) drop(h *holder, w *waiter) {
	w.flow.waiters.Remove(w.turn)
	p.waiting--
	w.turn = nil
	if w.arrival != nil {
		p.arrivals.Remove(w.arrival)
		w.arrival = nil
	}
	if w.flow.waiters.Len() == 0 {
		p.queueOf(w.flow).remove(h, w.flow)
	}
}

// lose ends the patience of somebody who waits: the flow of a newcomer is refused, unless it has been given a
// place in the meantime. Where it turns out that it is not crowded, the flow waits on for the share of its
// token, and counts as running from then on. Where there are few, it waits on. More is when to ask again; 0 for
// never.
func (p *Places) lose(w *waiter) (refused bool, more time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f := w.flow
	if w.turn == nil {
		return false, 0
	}
	h, now := p.holders[f.token], time.Now()
	if p.crowd != nil && (p.limit == p.most || p.crowd.over(now)) {
		p.begin(h, f)
		p.setLimit(p.most)
	}
	switch {
	case f.running:
		return false, p.patience(f, now)
	case p.crowd != nil && p.used+p.newcomer.flows <= fewTogether:
		return false, Patience
	}
	p.refused++
	p.turnedAway += (1 - p.turnedAway) / turnedOf
	f.refused = true
	p.drop(h, w)
	for e := f.waiters.Front(); e != nil; e = f.waiters.Front() {
		other := e.Value.(*waiter)
		p.drop(h, other)
		other.granted <- ErrBusy
	}
	p.forget(h)
	return true, 0
}

// begin makes a newcomer one of the running, with all of it that wait.
func (p *Places) begin(h *holder, f *Flow) {
	if f.running {
		return
	}
	if f.turn != nil {
		p.newcomer.remove(h, f)
	}
	f.running = true
	for e := f.waiters.Front(); e != nil; e = e.Next() {
		w := e.Value.(*waiter)
		p.arrivals.Remove(w.arrival)
		w.arrival = nil
	}
	if f.waiters.Len() > 0 {
		p.running.add(h, f)
	}
}

// serve gives the places that are free to those who wait for them.
func (p *Places) serve() {
	for p.used < p.limit {
		h, f := p.next()
		if f == nil {
			return
		}
		w := f.waiters.Front().Value.(*waiter)
		p.drop(h, w)
		if !f.running {
			p.turnedAway -= p.turnedAway / turnedOf
		}
		p.begin(h, f)
		w.place = p.grant(h, f)
		w.granted <- nil
	}
}

// next returns the flow whose turn it is; nil if nobody may have a place.
func (p *Places) next() (*holder, *Flow) {
	admits := p.running.flows < p.limit
	if admits && p.inARow < newcomersInARow {
		if h, f := p.nextNewcomer(); f != nil {
			p.inARow++
			return h, f
		}
	}
	if h, f := p.running.next(p.may, false); f != nil {
		p.inARow = 0
		return h, f
	}
	if admits {
		return p.nextNewcomer()
	}
	return nil, nil
}

// nextNewcomer returns the newcomer whose turn it is. While many are refused, it is the last that came of a
// token that holds nothing.
func (p *Places) nextNewcomer() (*holder, *Flow) {
	if p.turnedAway <= turnedFrom {
		return p.newcomer.next(p.may, false)
	}
	e := p.arrivals.Back()
	for range recent {
		if e == nil {
			break
		}
		f := e.Value.(*waiter).flow
		if h := p.holders[f.token]; h.held == 0 && p.may(h) {
			return h, f
		}
		e = e.Prev()
	}
	return p.newcomer.next(p.may, true)
}
