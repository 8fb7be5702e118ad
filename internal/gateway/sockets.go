package gateway

import (
	"net/http"
	"sync"
	"time"

	"jobsgateway/graph"
	"jobsgateway/graph/live"
)

// sockets are the WebSockets that are open. They are bounded as subscriptions are: so many in all, and so many of
// one token, where those without a token are one together. Safe for concurrent use.
type sockets struct {
	most, mostPerToken int
	waits              socketTimes

	mu       sync.Mutex
	all      map[*socket]struct{}
	perToken map[string]int
	closed   bool
}

// newSockets makes sockets of which none is open, with the bounds of an engine's streams, and usualTimes(patience).
// Without an engine there are none.
func newSockets(engine *live.Engine, patience time.Duration) *sockets {
	o := &sockets{waits: usualTimes(patience), all: map[*socket]struct{}{}, perToken: map[string]int{}}
	if engine != nil {
		limits := engine.Limits()
		o.most, o.mostPerToken = limits.Streams, limits.StreamsPerToken
	}
	return o
}

// open makes the socket of a request, or refuses it, since there are as many as there may be, and all are of use. Call
// forget.
func (o *sockets) open(g *gateway, r *http.Request) (*socket, *refusal) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.closed:
		return nil, refuseForNow(codeConcurrency, "The gateway stops: connect again.")
	case len(o.all) >= o.most && !o.makePlace():
		return nil, refuseForNow(graph.CodeSubscriptionLimit,
			"The gateway has as many WebSockets as it may have; try again later.")
	}
	s := newSocket(g, r)
	o.all[s] = struct{}{}
	return s, nil
}

// makePlace cuts off the connection that has been open longest of those over which the Jobs API has answered nothing
// and nothing is asked: anybody can hold these, with tokens that are none. False if there is none. The caller holds
// the lock.
func (o *sockets) makePlace() bool {
	var oldest *socket
	for s := range o.all {
		if (oldest == nil || s.of.arrived.Before(oldest.of.arrived)) && s.isUseless() {
			oldest = s
		}
	}
	if oldest == nil {
		return false
	}
	delete(o.all, oldest) // it has gone in a moment
	oldest.cutOff()
	return true
}

// claim counts a socket for the token that it has come to have; false if the token has as many as one may have.
func (o *sockets) claim(s *socket) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.perToken[s.token] >= o.mostPerToken {
		return false
	}
	o.perToken[s.token]++
	s.claimed = true
	return true
}

// forget takes a socket that has ended off the counts.
func (o *sockets) forget(s *socket) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.all, s)
	s.cancel()
	if !s.claimed {
		return
	}
	if o.perToken[s.token]--; o.perToken[s.token] == 0 {
		delete(o.perToken, s.token)
	}
}

// close lets no further socket be opened, and asks those that are open to end: see socket.leave.
func (o *sockets) close() {
	o.mu.Lock()
	o.closed = true
	leaving := make([]*socket, 0, len(o.all))
	for s := range o.all {
		leaving = append(leaving, s)
	}
	o.mu.Unlock()
	for _, s := range leaving {
		s.leave()
	}
}
