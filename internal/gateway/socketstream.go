package gateway

import (
	"errors"
	"io"

	"jobsgateway/graph/operation"
)

// The streams of a WebSocket. One that may have something to tell, or shall end, is due: whoever sends for the
// connection looks at those one after the other, so that no two do it at a time.

// stream begins the stream of a subscription; false if there is none, which the client has been told.
func (s *socket) stream(op *socketOperation, request envelope) bool {
	prepared, called, refused := s.g.executor.prepareInTurn(op.ctx, request, false)
	op.info.log.called = called
	if refused != nil {
		s.refuse(op, refused)
		return false
	}
	stream, ends, failed := s.g.begin(op.ctx, request, prepared, TransportSocket)
	if failed != nil {
		s.fail(op, marshalErrors(failed))
		return false
	}
	op.prepared, op.ends = prepared, ends
	op.wake = func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.look(op)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	op.stream = stream
	s.look(op)
	return true
}

// look has a stream looked at. The caller holds mu.
func (s *socket) look(op *socketOperation) {
	if op.stream == nil || op.isDue {
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

// tell returns what a stream tells next; nil for nothing.
func (s *socket) tell(op *socketOperation) (message [][]byte) {
	if op.stream == nil {
		return nil // it has ended
	}
	defer func() {
		if value := recover(); value != nil {
			message = s.endStream(op, operation.Caught(value))
		}
	}()
	switch {
	case op.said:
		s.closeStream(op, op.why)
		return nil
	case !s.isUnderWay(op):
		s.closeStream(op, StreamLeft)
		return nil
	case s.isLeaving():
		return s.endStream(op, io.EOF)
	}
	text, err := op.stream.Take(op.wake)
	switch {
	case err != nil:
		return s.endStream(op, err)
	case text == nil:
		return nil
	}
	s.useful.Store(true)
	op.wake() // there may be more
	return s.frame(op, typeNext, text)
}

// isLeaving reports whether the connection ends when no operation is running.
func (s *socket) isLeaving() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.leaving
}

// endStream returns the last message of a stream that has come to an error. The stream is closed when that is sent.
func (s *socket) endStream(op *socketOperation, err error) [][]byte {
	op.said, op.why = true, StreamCompleted
	kind, errs := typeComplete, []byte(nil)
	switch {
	case s.aged.Load():
		op.why = StreamAged
	case !errors.Is(err, io.EOF):
		op.why = StreamFailed
		failed := s.g.errorsOf(op.ctx, op.prepared, err)
		op.info.log.finish(0, failed)
		kind, errs = typeError, marshalErrors(failed)
	}
	op.wake()
	if !s.remove(op) {
		return nil
	}
	return s.frame(op, kind, errs)
}

// closeStream closes a stream, and tells of the end of its operation.
func (s *socket) closeStream(op *socketOperation, why StreamEnd) {
	s.mu.Lock()
	stream := op.stream
	op.stream = nil
	s.mu.Unlock()
	stream.Close()
	op.ends(why)
	s.ends(op)
}

// endStreams ends the streams of a connection that has ended.
func (s *socket) endStreams() {
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
		case op.stream == nil:
		case op.said && !s.lost.Load(): // and that was sent
			s.closeStream(op, op.why)
		case s.unread.Load():
			s.closeStream(op, StreamUnread)
		default:
			s.closeStream(op, StreamLeft)
		}
	}
}
