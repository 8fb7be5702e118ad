package gateway

import (
	"cmp"
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"jobsgateway/graph"
	"jobsgateway/graph/live"
	"jobsgateway/internal/memory"
)

// socketOperation is an operation that is under way over a WebSocket.
type socketOperation struct {
	id      string
	quoted  []byte          // the id as JSON
	number  int             // of the operations of its connection
	ctx     context.Context //nolint:containedctx // ends with the connection, and when the client wants no more
	cancel  context.CancelFunc
	account memory.Request // what is kept of its message
	info    *requestInfo

	// What follows is guarded by the connection's mu until it is looked at.
	prepared preparedOperation // if stream
	stream   *live.Stream      // of a subscription; nil for a query, and before it has begun
	ends     func(why StreamEnd)
	wakes    func()  // has it looked at; of a stream
	ending   *ending // nil as long as there is more to come
	release  func()  // gives back what the ending is in; may be nil
	said     bool    // the last message was made
	why      StreamEnd
	isDue    bool // it is among those that are looked at
	isAsking bool // it counts in asking
}

// ending is what an operation tells at its end: its answer, if it is a query, and the last message.
type ending struct {
	answer        [][]byte // in parts; nil for none
	kind, payload []byte   // of the last message
}

// mostAsking is how many operations of a connection, but those whose streams have begun, are under way at a time. Nothing
// more is read before that: else a client that does not read its answers would have one more with each message.
// Source: more than a page asks for at the same time; over HTTP/1.1 browsers have 6.
const mostAsking = 16

// maxOperationID bounds the id of an operation, in bytes: it is in each message.
const maxOperationID = 90

// subscribe begins the operation that a message asks for.
func (s *socket) subscribe(message socketMessage, account *memory.Request) *fault {
	if message.id == "" || len(message.id) > maxOperationID {
		return invalid("subscribe has an id of 1 to 90 bytes")
	}
	if isNull(message.payload) {
		return invalid("subscribe has a payload, an object with the query")
	}
	request, refused := decodeEnvelope(message.payload)
	if refused != nil {
		return invalid(refused.errors[0].Message)
	}
	s.begun++
	op := &socketOperation{id: message.id, number: s.begun, account: *account}
	op.quoted, _ = jsontext.AppendQuote(nil, op.id)
	op.ctx, op.cancel = context.WithCancel(s.ctx)

	isIn, isOver, why := s.admit(op)
	if !isIn {
		op.cancel()
		return why
	}
	*account = memory.Request{} // it is the operation's now
	s.owned.Go(func() { s.run(op, request, isOver) })
	s.awaitRoom()
	return nil
}

// awaitRoom waits until fewer operations than mostAsking are under way, or the connection is lost.
func (s *socket) awaitRoom() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.asking >= mostAsking && !s.lost.Load() {
		s.room.Wait()
	}
	s.hear() // nobody could
}

// makeRoom takes an operation off those that are asking. The caller holds mu.
func (s *socket) makeRoom(op *socketOperation) {
	if op.isAsking {
		op.isAsking = false
		s.asking--
		s.room.Signal()
	}
}

// admit puts an operation among those that are under way. Over: there are as many as one connection may have.
func (s *socket) admit(op *socketOperation) (isIn, isOver bool, why *fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.underWay[op.id] != nil:
		return false, false, &fault{closeDuplicate, "Subscriber for " + op.id + " already exists"}
	case s.leaving || s.ended: // it is closed in a moment, and the client sends it again over another connection
		return false, false, nil
	}
	isOver = s.running >= s.g.sockets.mostPerToken
	s.underWay[op.id] = op
	s.running++
	s.asking++
	op.isAsking = true
	return true, isOver, nil
}

// forgo ends an operation that the client wants no more of. An id that is not there is of one that has just ended.
func (s *socket) forgo(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if op := s.underWay[id]; op != nil {
		delete(s.underWay, id)
		op.cancel()
		s.look(op)
	}
}

// isUnderWay reports whether an operation is.
func (s *socket) isUnderWay(op *socketOperation) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.underWay[op.id] == op
}

// remove takes an operation off those that are under way, if it is one.
func (s *socket) remove(op *socketOperation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.underWay[op.id] == op {
		delete(s.underWay, op.id)
	}
}

// run runs an operation to its answer, or to the begin of its stream. It is told of as a request is: it has an id of
// its own, the connection's with a number, and a line in the log. Over: there are as many as one connection may have.
func (s *socket) run(op *socketOperation, request envelope, over bool) {
	g := s.g
	op.info = s.infoOf(op.number)
	op.info.kept = &op.account
	op.ctx = g.requestStarts(context.WithValue(op.ctx, requestInfoKey{}, op.info), http.MethodGet)
	defer func() {
		if value := recover(); value != nil {
			s.refuse(op, g.refusePanic(op.ctx, value))
		}
	}()
	if over {
		s.refuse(op, refuseForNow(graph.CodeSubscriptionLimit,
			"This connection has as many operations under way as one may have; end one of them first."))
		return
	}
	request, refused := g.name(op.ctx, request)
	isStream := false
	if refused == nil {
		isStream, refused = g.executor.isSubscription(request)
	}
	op.info.log.trusted = request.trusted != nil
	switch {
	case refused != nil:
		s.refuse(op, refused)
	case isStream:
		s.stream(op, request)
	default:
		s.answer(op, request)
	}
}

// infoOf makes what is known of an operation as of a request.
func (s *socket) infoOf(number int) *requestInfo {
	const most = 100 // so that it stays one that callers may send
	info := &requestInfo{
		id:    s.of.id[:min(len(s.of.id), most)] + "." + strconv.Itoa(number),
		trace: s.of.trace, token: s.token, method: s.of.method, path: s.of.path, arrived: time.Now(),
	}
	info.response.status = http.StatusOK
	return info
}

// finish ends an operation, and tells of that: of a stream, why it has ended.
func (s *socket) finish(op *socketOperation, why StreamEnd) {
	s.mu.Lock()
	stream := op.stream
	op.stream, op.ending = nil, nil
	s.mu.Unlock()
	if stream != nil {
		stream.Close()
		op.ends(why)
	}
	status := op.info.response.status
	if s.lost.Load() || s.ctx.Err() != nil && !op.said {
		status = statusClientClosed
	}
	s.g.endRequest(op.ctx, op.info, status)
	op.cancel()
	op.account.End()
	if op.release != nil {
		op.release()
	}
	s.remove(op)
	s.mu.Lock()
	s.makeRoom(op)
	s.running--
	isLast := s.leaving && s.running == 0
	s.mu.Unlock()
	if isLast {
		s.own(s.goAway)
	}
}

// refuse ends an operation that is not executed.
func (s *socket) refuse(op *socketOperation, refused *refusal) {
	op.info.noteRefusal(refused)
	op.info.response.status = cmp.Or(refused.status, http.StatusBadRequest)
	s.conclude(op, &ending{kind: typeError, payload: marshalErrors(ofRequest(refused.errors, op.info.id))})
}

// answer has a query answered: by one next, and complete.
func (s *socket) answer(op *socketOperation, request envelope) {
	ctx := op.ctx
	if observer := s.g.observer; observer != nil {
		ctx = observer.OperationStarts(ctx)
		defer func() { observer.OperationEnds(ctx, op.info.log.end()) }()
	}
	out, _ := s.g.perform(ctx, request, false)
	op.release = func() { out.answer.hold(-1) }
	if out.refused != nil {
		s.refuse(op, out.refused)
		return
	}
	op.info.log.finish(out.upstreamCalls, out.errors)
	if out.upstreamCalls > 0 && len(out.errors) == 0 {
		s.useful.Store(true)
	}
	head, first := out.begin(nil)
	s.conclude(op, &ending{answer: append([][]byte{head, first}, out.answer.parts[1:]...), kind: typeComplete})
}

// conclude has the ending of an operation told.
func (s *socket) conclude(op *socketOperation, with *ending) {
	s.mu.Lock()
	defer s.mu.Unlock()
	op.ending = with
	s.look(op)
}
