package gateway

import (
	"errors"
	"io"

	"jobsgateway/graph/operation"
)

// What the operations of a WebSocket tell. One that may have something to tell, or shall end, is due: whoever sends for
// the connection looks at those one after the other, so that no two do it at a time, and none waits for the client.

// stream begins the stream of a subscription, or has the client told why there is none.
func (s *socket) stream(op *socketOperation, request envelope) {
	prepared, called, refused := s.g.executor.prepareInTurn(op.ctx, request, false)
	op.info.log.called = called
	if refused != nil {
		s.refuse(op, refused)
		return
	}
	stream, ends, failed := s.g.begin(op.ctx, request, prepared, TransportSocket)
	if failed != nil {
		s.conclude(op, &ending{kind: typeError, payload: marshalErrors(failed)})
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	op.prepared, op.stream, op.ends = prepared, stream, ends
	op.wakes = func() { s.wake(op) }
	s.makeRoom(op)
	s.look(op)
}

// wake has an operation looked at.
func (s *socket) wake(op *socketOperation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.look(op)
}

// look is wake for callers that hold mu. An operation that is still being run, or has ended, is not looked at.
func (s *socket) look(op *socketOperation) {
	if op.isDue || op.stream == nil && op.ending == nil {
		return
	}
	op.isDue = true
	s.due = append(s.due, op)
	s.push.Wake()
}

// nextDue returns a stream that shall be looked at; nil if there is none.
func (s *socket) nextDue() *socketOperation {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.due) == 0 {
		s.due = nil
		return nil
	}
	op := s.due[0]
	s.due[0], s.due = nil, s.due[1:]
	op.isDue = false
	return op
}

// nextPong returns the answer to a ping as a frame; nil if none is to be answered.
func (s *socket) nextPong() [][]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pong == nil {
		return nil
	}
	const finalPong = 0x8a
	head := append(s.headRoom[:0], finalPong, byte(len(s.pong))) //nolint:gosec // a ping has 125 bytes at most
	s.parts = append(s.parts[:0], head, s.pong)
	s.pong = nil
	return s.parts
}

// Next returns a pong, what one of the streams tells, or a ping: see push.Source.
func (s *socket) Next() [][]byte {
	if pong := s.nextPong(); pong != nil && !s.closed.Load() {
		return pong
	}
	for op := s.nextDue(); op != nil; op = s.nextDue() {
		if message := s.tell(op); message != nil && !s.closed.Load() {
			s.told.Store(true)
			return message
		}
	}
	if s.asks.Swap(false) && !s.closed.Load() {
		return s.inFrame(append(s.parts[:0], nil, socketPing))
	}
	s.forgetParts()
	return nil
}

// Lost ends the connection.
func (s *socket) Lost(err error) { s.lose(err) }

// tell returns what an operation tells next; nil for nothing.
func (s *socket) tell(op *socketOperation) (message [][]byte) {
	defer func() {
		switch value := recover(); {
		case value == nil:
		case op.stream == nil:
			s.lose(operation.Caught(value))
		default:
			message = s.endStream(op, operation.Caught(value))
		}
	}()
	switch {
	case op.stream == nil && op.ending == nil: // it has ended
		return nil
	case op.said:
		s.finish(op, op.why)
		return nil
	case !s.isUnderWay(op):
		s.finish(op, StreamLeft)
		return nil
	case op.ending != nil:
		return s.tellEnding(op)
	case s.isLeaving():
		return s.endStream(op, io.EOF)
	}
	text, err := op.stream.Take(op.wakes)
	switch {
	case err != nil:
		return s.endStream(op, err)
	case text == nil:
		return nil
	}
	s.useful.Store(true)
	s.wake(op) // there may be more
	return s.frame(op, typeNext, text)
}

// tellEnding returns the next message of the ending of an operation, which is finished when all are sent.
func (s *socket) tellEnding(op *socketOperation) [][]byte {
	s.wake(op)
	if answer := op.ending.answer; answer != nil {
		op.ending.answer = nil
		return s.frame(op, typeNext, answer...)
	}
	op.said = true
	s.remove(op)
	return s.frame(op, op.ending.kind, op.ending.payload)
}

// isLeaving reports whether the connection ends when no operation is running.
func (s *socket) isLeaving() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.leaving
}

// endStream ends a stream that has come to an error, and returns its last message.
func (s *socket) endStream(op *socketOperation, err error) [][]byte {
	op.why, op.ending = StreamCompleted, &ending{kind: typeComplete}
	switch {
	case s.aged.Load():
		op.why = StreamAged
	case !errors.Is(err, io.EOF):
		op.why = StreamFailed
		failed := s.g.errorsOf(op.ctx, op.prepared, err)
		op.info.log.finish(0, failed)
		op.ending = &ending{kind: typeError, payload: marshalErrors(failed)}
	}
	return s.tellEnding(op)
}

// finishAll ends the operations of a connection that has ended. None is being run any more.
func (s *socket) finishAll() {
	s.mu.Lock()
	left := s.due
	s.due = nil
	for _, op := range s.underWay {
		if !op.isDue {
			left = append(left, op)
		}
	}
	s.mu.Unlock()
	for _, op := range left {
		switch {
		case op.stream == nil && op.ending == nil:
		case op.said && !s.lost.Load(): // and that was sent
			s.finish(op, op.why)
		case s.unread.Load():
			s.finish(op, StreamUnread)
		default:
			s.finish(op, StreamLeft)
		}
	}
}
