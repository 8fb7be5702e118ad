package gateway

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"jobsgateway/graph"
	"jobsgateway/internal/memory"
)

// socketOperation is an operation that is under way over a WebSocket.
type socketOperation struct {
	id      string
	quoted  []byte // the id as JSON
	cancel  context.CancelFunc
	account memory.Request // what is kept of its message
	// finishing ends with complete what has no end of its own.
	finishing context.Context //nolint:containedctx // ends before that of the operation, or with it
	finish    context.CancelFunc
}

// maxOperationID bounds the id of an operation, in bytes: it is in each message.
const maxOperationID = 90

// subscribe begins the operation that a message asks for.
func (s *socket) subscribe(message socketMessage, account *memory.Request) *fault {
	if message.id == "" || len(message.id) > maxOperationID {
		return invalid("subscribe has an id of 1 to 90 bytes")
	}
	request, refused := decodeEnvelope(message.payload)
	if refused != nil {
		return invalid(refused.errors[0].Message)
	}
	op := &socketOperation{id: message.id, account: *account}
	op.quoted, _ = jsontext.AppendQuote(nil, op.id)
	ctx, cancel := context.WithCancel(s.ctx)
	op.cancel = cancel
	op.finishing, op.finish = context.WithCancel(ctx)
	s.begun++
	number := s.begun

	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.underWay[op.id] != nil:
		cancel()
		return &fault{closeDuplicate, "Subscriber for " + op.id + " already exists"}
	case s.leaving || s.ended:
		cancel() // it is closed in a moment, and the client sends it again over another connection
		return nil
	}
	*account = memory.Request{} // it is the operation's now
	isOver := s.running >= s.g.sockets.mostPerToken
	s.underWay[op.id] = op
	s.running++
	s.owned.Go(func() { s.run(ctx, op, request, number, isOver) })
	return nil
}

// forgo ends an operation that the client wants no more of. An id that is not there is of one that has just ended.
func (s *socket) forgo(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if op := s.underWay[id]; op != nil {
		delete(s.underWay, id)
		op.cancel()
	}
}

// isUnderWay reports whether an operation is.
func (s *socket) isUnderWay(op *socketOperation) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.underWay[op.id] == op
}

// remove takes an operation off those that are under way; false if it was none.
func (s *socket) remove(op *socketOperation) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.underWay[op.id] != op {
		return false
	}
	delete(s.underWay, op.id)
	return true
}

// ends is called when the goroutine of an operation does.
func (s *socket) ends(op *socketOperation) {
	op.cancel()
	op.account.End()
	s.remove(op)
	s.mu.Lock()
	s.running--
	isLast := s.leaving && s.running == 0
	s.mu.Unlock()
	if isLast {
		s.own(s.goAway)
	}
}

// run runs an operation to its end. It is told of as a request is: it has an id of its own, the connection's with a
// number, and a line in the log. Over: there are as many as one connection may have.
func (s *socket) run(ctx context.Context, op *socketOperation, request envelope, number int, over bool) {
	defer s.ends(op)
	g := s.g
	info := s.infoOf(number)
	ctx = g.requestStarts(context.WithValue(ctx, requestInfoKey{}, info), http.MethodGet)
	defer func() {
		status := info.response.status
		if s.lost.Load() || s.ctx.Err() != nil {
			status = statusClientClosed
		}
		g.logAccess(s.request.WithContext(ctx), info, status)
		g.requestEnds(ctx, status)
	}()
	defer func() {
		if value := recover(); value != nil {
			s.refuse(ctx, op, g.refusePanic(ctx, value))
		}
	}()
	if over {
		s.refuse(ctx, op, refuseForNow(graph.CodeSubscriptionLimit,
			"This connection has as many operations under way as one may have; end one of them first."))
		return
	}
	request, refused := g.name(ctx, request)
	isStream := false
	if refused == nil {
		isStream, refused = g.executor.isSubscription(request)
	}
	info.log.trusted = request.trusted != nil
	switch {
	case refused != nil:
		s.refuse(ctx, op, refused)
	case isStream:
		s.stream(ctx, op, request)
	default:
		s.answer(ctx, op, request)
	}
}

// infoOf makes what is known of an operation as of a request.
func (s *socket) infoOf(number int) *requestInfo {
	of := infoOf(s.request.Context())
	const most = 100 // so that it stays one that callers may send
	info := &requestInfo{
		id:    of.id[:min(len(of.id), most)] + "." + strconv.Itoa(number),
		trace: of.trace, token: s.token, arrived: time.Now(),
	}
	info.response.status = http.StatusOK
	return info
}

// refuse ends an operation that is not executed.
func (s *socket) refuse(ctx context.Context, op *socketOperation, refused *refusal) {
	info := infoOf(ctx)
	info.noteRefusal(refused)
	info.response.status = cmp.Or(refused.status, http.StatusBadRequest)
	s.fail(op, marshalErrors(ofRequest(refused.errors, info.id)))
}

// answer sends what a query came to: one next, and complete.
func (s *socket) answer(ctx context.Context, op *socketOperation, request envelope) {
	if observer := s.g.observer; observer != nil {
		ctx = observer.OperationStarts(ctx)
		defer func() { observer.OperationEnds(ctx, infoOf(ctx).log.end()) }()
	}
	out, _ := s.g.perform(ctx, request, false)
	defer out.answer.hold(-1) // a write that has returned is done with its bytes
	if out.refused != nil {
		s.refuse(ctx, op, out.refused)
		return
	}
	infoOf(ctx).log.finish(out.upstreamCalls, out.errors)
	head, first := out.begin(nil)
	s.next(op, append([][]byte{head, first}, out.answer.parts[1:]...)...)
	s.complete(op)
}

// stream sends the events of a subscription until it ends, the client wants no more, or the connection is closed.
func (s *socket) stream(ctx context.Context, op *socketOperation, request envelope) {
	info := infoOf(ctx)
	prepared, called, refused := s.g.executor.prepareInTurn(ctx, request, false)
	info.log.called = called
	if refused != nil {
		s.refuse(ctx, op, refused)
		return
	}
	stream, ends, failed := s.g.begin(ctx, request, prepared, TransportSocket)
	if failed != nil {
		s.fail(op, marshalErrors(failed))
		return
	}
	defer stream.Close()
	var err error
	for err == nil && !s.lost.Load() {
		var text []byte
		if text, err = stream.Next(op.finishing); err == nil {
			s.next(op, text)
		}
	}
	why := s.endOf(op, err)
	ends(why)
	if why != StreamFailed {
		s.complete(op) // which the client is not told if it has left
		return
	}
	failed = s.g.errorsOf(ctx, prepared, err)
	info.log.finish(0, failed)
	s.fail(op, marshalErrors(failed))
}

// endOf returns why the stream of an operation has ended that came to an error.
func (s *socket) endOf(op *socketOperation, err error) StreamEnd {
	switch {
	case s.unread.Load():
		return StreamUnread
	case s.lost.Load() || s.ctx.Err() != nil || !s.isUnderWay(op):
		return StreamLeft
	case s.aged.Load():
		return StreamAged
	case err == nil || errors.Is(err, io.EOF) || op.finishing.Err() != nil:
		return StreamCompleted
	}
	return StreamFailed
}
