package places

import (
	"container/list"
	"time"
)

// Flow is what belongs together in a queue: one operation, whose token it is, and those of it that wait. Make
// one by NewFlow.
type Flow struct {
	token string
	// The rest is guarded by the Places.
	running bool // it has been given a place
	refused bool // it has been told that there is none, and is told so from now on
	waiters list.List
	turn    *list.Element // in its line; nil while nobody waits
}

// NewFlow makes a flow of a token. It is a newcomer until its first place is given.
func NewFlow(token string) *Flow { return &Flow{token: token} }

// NewRunning makes a flow that is no newcomer from the beginning, so it is never refused.
func NewRunning(token string) *Flow { return &Flow{token: token, running: true} }

// waiter is somebody who waits for a place.
type waiter struct {
	flow    *Flow
	granted chan error // gets one value: nil when place is there
	place   Place
	since   time.Time
	turn    *list.Element // in its flow; nil when it has been given a value
	arrival *list.Element // in Places.arrivals; nil if its flow is no newcomer
}

// holder is a token that holds places or waits for some. It is forgotten when it does neither.
type holder struct {
	token string
	held  int
	lines [2]*line // where it waits, by queue.index
}

// line is where the flows of one token wait. They take turns.
type line struct {
	holder *holder
	flows  list.List // of *Flow
	turn   *list.Element
}

// queue is where tokens wait. They take turns, then their flows do, and in a flow the first is served first.
// So who asks for little is served soon, whatever others ask for.
type queue struct {
	index int       // which of holder.lines is its line
	lines list.List // of *line
	flows int
}

// add puts a flow of a token at the end.
func (q *queue) add(h *holder, f *Flow) {
	l := h.lines[q.index]
	if l == nil {
		l = &line{holder: h}
		l.turn = q.lines.PushBack(l)
		h.lines[q.index] = l
	}
	f.turn = l.flows.PushBack(f)
	q.flows++
}

// remove takes a flow out.
func (q *queue) remove(h *holder, f *Flow) {
	l := h.lines[q.index]
	l.flows.Remove(f.turn)
	f.turn = nil
	q.flows--
	if l.flows.Len() == 0 {
		q.lines.Remove(l.turn)
		h.lines[q.index] = nil
	}
}

// next returns the flow whose turn it is, of a token that may have a place, and its token; nil if there is
// none. Newest: the last that came are served first.
func (q *queue) next(may func(*holder) bool, newest bool) (*holder, *Flow) {
	first, following, again := (*list.List).Front, (*list.Element).Next, (*list.List).MoveToBack
	if newest {
		first, following, again = (*list.List).Back, (*list.Element).Prev, (*list.List).MoveToFront
	}
	for e := first(&q.lines); e != nil; e = following(e) {
		l := e.Value.(*line)
		if !may(l.holder) {
			continue
		}
		again(&q.lines, e)
		turn := first(&l.flows)
		again(&l.flows, turn)
		return l.holder, turn.Value.(*Flow)
	}
	return nil, nil
}
