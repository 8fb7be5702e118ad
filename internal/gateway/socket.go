package gateway

import (
	"context"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"jobsgateway/internal/push"
)

// socketTimes are how long a connection waits.
type socketTimes struct {
	// init is how long a client may take to say who it is, and message how long a message may take from its first
	// byte to its last. Source: how long a request may.
	init, message time.Duration
	// beat is after how long a silent client is asked whether it is there, and silence how long it may be silent,
	// or read nothing of what is sent to it.
	beat, silence time.Duration
}

// usualTimes are those that are documented, for clients that may be silent, or read nothing, for so long. They are
// asked often enough before that.
func usualTimes(patience time.Duration) socketTimes {
	const asked = 3
	beat := min(heartbeat, patience/asked)
	return socketTimes{init: 10 * time.Second, message: 10 * time.Second, beat: beat, silence: patience}
}

// Codes with which a connection is closed. Those from 4400 on are the protocol's.
const (
	closeGoingAway    = websocket.StatusGoingAway     // the gateway stops, or the connection is old
	closeTryAgain     = websocket.StatusTryAgainLater // the token has too many connections, or there is no memory
	closeInvalid      = websocket.StatusCode(4400)
	closeUnauthorized = websocket.StatusCode(4401) // an operation before the connection is acknowledged
	closeForbidden    = websocket.StatusCode(4403) // a token that is not well-formed, or several
	closeInitLate     = websocket.StatusCode(4408)
	closeDuplicate    = websocket.StatusCode(4409)
	closeTwoInits     = websocket.StatusCode(4429)
)

// fault is why a connection is closed, and what the client is told; code is 0 if nobody can be told any more.
type fault struct {
	code   websocket.StatusCode
	reason string
}

// socket is one connection. Its goroutines are the one that reads, one for each operation that is being run, until it
// has its answer or its stream, and short ones that timers begin; serve returns when all of them have. What operations
// tell, workers send.
type socket struct {
	g      *gateway
	waits  socketTimes
	of     *requestInfo    // of the request that has become the connection
	ctx    context.Context //nolint:containedctx // of the operations; ends with the connection
	cancel context.CancelFunc
	conn   *websocket.Conn // nil until it is served
	below  net.Conn        // of conn, for deadlines
	push   *push.Conn      // over below
	heard  atomic.Int64
	told   atomic.Bool // something was told since the last beat
	asks   atomic.Bool // a ping shall be sent
	closed atomic.Bool // no message is sent any more
	lost   atomic.Bool // something could not be sent, or it was cut off
	unread atomic.Bool // since the client reads nothing
	aged   atomic.Bool // the connection is as old as it may become
	useful atomic.Bool // the Jobs API has answered the token

	// token is the caller's, and claimed says that the connection counts for it; known once it is acknowledged.
	// The goroutine that reads sets them.
	token        string
	claimed      bool
	initialised  bool
	acknowledged atomic.Bool
	begun        int // operations so far

	// What is of who sends.
	parts    [][]byte
	headRoom [maxFrameHead]byte

	owned sync.WaitGroup
	mu    sync.Mutex
	// underWay are the operations by their ids. Running counts those that have not ended, which may be more by some
	// that the client wants no more of.
	underWay map[string]*socketOperation
	running  int
	due      []*socketOperation // that may have something to tell
	asking   int                // operations whose stream has not begun, or that are queries
	room     sync.Cond          // is told when asking becomes less, or the connection is lost
	pong     []byte             // what the last ping said, if it was not answered yet; else nil
	leaving  bool               // it ends when no operation is running
	ended    bool               // no goroutine is begun any more
	// pulse has beat called, and late missInit; the latter is nil from the acknowledgement on.
	pulse, late *time.Timer
}

// newSocket makes the connection of a request. Its token is that of the request's header, if it has one.
func newSocket(g *gateway, r *http.Request) *socket {
	of := infoOf(r.Context())
	s := &socket{g: g, waits: g.sockets.waits, of: of, token: of.token, underWay: map[string]*socketOperation{}}
	s.room.L = &s.mu
	// No answer of HTTP may begin on this connection.
	values := context.WithValue(context.WithoutCancel(r.Context()), connKey{}, (*conn)(nil))
	s.ctx, s.cancel = context.WithCancel(values)
	s.hear()
	return s
}

// over has the socket use a connection, and returns what websocket.Conn sends over.
func (s *socket) over(below net.Conn) net.Conn {
	s.below = below
	s.push = s.g.workers.Conn(below, s.waits.silence, s)
	return inTurn{below, s}
}

// serve reads messages until the connection ends. The client is told why, where that is possible.
func (s *socket) serve(conn *websocket.Conn) {
	conn.SetReadLimit(s.g.maxBody)
	s.mu.Lock() // beat may come before pulse is there, and leave at any time
	s.conn = conn
	s.pulse = time.AfterFunc(s.waits.beat, s.beat)
	s.late = time.AfterFunc(s.waits.init, func() { s.own(s.missInit) })
	leaving := s.leaving
	s.mu.Unlock()
	defer s.end(
		s.pulse,
		time.AfterFunc(s.g.streamAge, func() {
			s.aged.Store(true)
			s.own(s.leave)
		}),
	)
	if leaving {
		s.own(s.goAway)
	}
	for {
		if why := s.readNext(); why != nil {
			s.close(why)
			return
		}
	}
}

// end waits for all that was begun for the connection, and ends what is under way.
func (s *socket) end(timers ...*time.Timer) {
	s.mu.Lock()
	s.ended = true
	s.mu.Unlock()
	s.inTime()
	for _, timer := range timers {
		timer.Stop()
	}
	s.cancel()
	s.push.Stop()
	_ = s.below.SetReadDeadline(time.Unix(1, 0)) // whoever waits for the client to close, too, goes on
	s.owned.Wait()
	s.finishAll()
	_ = s.conn.CloseNow() // last, as whoever drains connections waits for that
}

// own runs f in a goroutine that serve waits for, unless the connection has ended.
func (s *socket) own(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ended {
		s.owned.Go(f)
	}
}

// close ends the connection, and waits until the client has taken note, at most 10 s.
func (s *socket) close(why *fault) {
	if why.code == 0 {
		return // it is closed
	}
	s.closed.Store(true) // its frame may have to wait for a message
	const most = 123     // bytes. Source: RFC 6455, section 5.5
	_ = s.conn.Close(why.code, why.reason[:min(len(why.reason), most)])
}

// inTime stops what would close a connection that was not acknowledged in time.
func (s *socket) inTime() {
	if s.late != nil {
		s.late.Stop()
		s.late = nil
	}
}

// missInit closes a connection that was not acknowledged in time.
func (s *socket) missInit() {
	if !s.acknowledged.Load() {
		s.close(&fault{closeInitLate, "Connection initialisation timeout"})
	}
}

// leave ends the subscriptions with complete, lets queries be answered, and closes the connection then.
func (s *socket) leave() {
	s.mu.Lock()
	s.leaving = true
	for _, op := range s.underWay {
		s.look(op)
	}
	idle := s.conn != nil && s.running == 0
	s.mu.Unlock()
	if idle {
		s.own(s.goAway)
	}
}

// isUseless reports whether the Jobs API has answered nothing over the connection, and nothing is asked.
func (s *socket) isUseless() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conn != nil && s.running == 0 && !s.useful.Load()
}

// cutOff ends the connection without a word.
func (s *socket) cutOff() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lost.Store(true)
	s.room.Signal()
	_ = s.below.Close() // whoever reads from it ends all
}

// goAway closes a connection so that its client comes again.
func (s *socket) goAway() { s.close(&fault{closeGoingAway, "Connect again"}) }

// hear notes that the client is there.
func (s *socket) hear() { s.heard.Store(time.Now().UnixNano()) }

// pinged has a ping answered, as soon as no message is being sent: whoever waited for that here would read nothing, and
// websocket.Conn would close the connection after 5 s. Of several pings the last one is answered, as RFC 6455 allows.
func (s *socket) pinged(_ context.Context, payload []byte) (isAnsweredByOthers bool) {
	s.hear()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pong = append([]byte{}, payload...)
	s.push.Wake()
	return false
}

func (s *socket) ponged(context.Context, []byte) { s.hear() }

// beat asks a client that is silent whether it is there, and closes the connection of one that has been so for
// too long: it does not read either. One that was told something meanwhile is asked each second time. It never waits.
func (s *socket) beat() {
	if s.push.Waits() { // a client that reads is there; of one that does not, push tells
		s.hear()
	}
	silent, told := time.Since(time.Unix(0, s.heard.Load())), s.told.Swap(false)
	switch {
	case silent >= s.waits.silence:
		s.unread.Store(true)
		s.cutOff()
		return
	case !s.acknowledged.Load():
	case silent > s.waits.beat*3/2, silent > s.waits.beat/2 && !told: // halves, since timers are late, and so are answers
		s.asks.Store(true)
		s.push.Wake()
	}
	s.mu.Lock() // pulse may not be there yet
	defer s.mu.Unlock()
	if !s.ended {
		s.pulse.Reset(s.waits.beat)
	}
}
