package gateway

import (
	"context"
	"io"
	"time"

	"github.com/coder/websocket"
)

// Members of messages that have an id.
var (
	socketID     = []byte(`{"id":`)
	typeNext     = []byte(`,"type":"next","payload":`)
	typeError    = []byte(`,"type":"error","payload":`)
	typeComplete = []byte(`,"type":"complete"`)
	endOfMessage = []byte(`}`)
)

// next sends what an operation tells, in parts.
func (s *socket) next(op *socketOperation, payload ...[]byte) {
	s.send(op, partsOf(op, typeNext, payload)...)
}

// complete ends an operation that has told all.
func (s *socket) complete(op *socketOperation) { s.sendLast(op, partsOf(op, typeComplete, nil)...) }

// fail ends an operation with a list of errors.
func (s *socket) fail(op *socketOperation, errors []byte) {
	s.sendLast(op, partsOf(op, typeError, [][]byte{errors})...)
}

// partsOf returns the parts of a message of an operation.
func partsOf(op *socketOperation, kind []byte, payload [][]byte) [][]byte {
	all := make([][]byte, 0, len(payload)+4)
	all = append(all, socketID, op.quoted, kind)
	return append(append(all, payload...), endOfMessage)
}

// send sends a message, unless its operation is not under way any more: from then on its id may be another's. The
// operation is nil for a message of the connection.
func (s *socket) send(op *socketOperation, message ...[]byte) {
	s.writing.Lock()
	defer s.writing.Unlock()
	if op == nil || s.isUnderWay(op) {
		s.write(message)
	}
}

// sendLast is send for the last message of an operation, which is not under way from then on.
func (s *socket) sendLast(op *socketOperation, message ...[]byte) {
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.remove(op) {
		s.write(message)
	}
}

// write writes a message. A client that does not read closes the connection. The caller holds the lock.
func (s *socket) write(message [][]byte) {
	if s.lost.Load() {
		return
	}
	size := 0
	for _, part := range message {
		size += len(part)
	}
	var err error
	if size <= socketCopied {
		err = s.writeCopy(message, size)
	} else {
		err = s.writeFrames(message)
	}
	_ = s.below.SetWriteDeadline(time.Time{}) // it would end what the library answers to pings
	if err != nil {
		s.lost.Store(true)
		_ = s.conn.CloseNow()
	}
}

// writeCopy writes a message as one frame.
func (s *socket) writeCopy(message [][]byte, size int) error {
	whole := make([]byte, 0, size)
	for _, part := range message {
		whole = append(whole, part...)
	}
	_ = s.below.SetWriteDeadline(time.Now().Add(s.waits.silence))
	return s.conn.Write(context.Background(), websocket.MessageText, whole)
}

// writeFrames writes a message as several frames, of which the client has to read each in time.
func (s *socket) writeFrames(message [][]byte) error {
	w, err := s.conn.Writer(context.Background(), websocket.MessageText)
	if err != nil {
		return err
	}
	for _, part := range message {
		for len(part) > 0 {
			n := min(len(part), socketChunk)
			if err := s.writeFrame(w, part[:n]); err != nil {
				return err
			}
			part = part[n:]
		}
	}
	_ = s.below.SetWriteDeadline(time.Now().Add(s.waits.silence))
	return w.Close()
}

// writeFrame writes a part of a message.
func (s *socket) writeFrame(w io.Writer, part []byte) error {
	_ = s.below.SetWriteDeadline(time.Now().Add(s.waits.silence))
	_, err := w.Write(part)
	return err
}
