package gateway

import (
	"encoding/binary"
	"errors"
	"net"
	"os"
)

// What is sent over a WebSocket. Messages are sent past websocket.Conn, which would wait for a client that reads slowly;
// what that sends itself, close frames, comes in between (inTurn).

// Members of messages that have an id.
var (
	socketID     = []byte(`{"id":`)
	typeNext     = []byte(`,"type":"next","payload":`)
	typeError    = []byte(`,"type":"error","payload":`)
	typeComplete = []byte(`,"type":"complete"`)
	endOfMessage = []byte(`}`)
)

// send sends a message of the connection.
func (s *socket) send(message []byte) {
	s.push.Lock()
	defer s.push.Unlock()
	s.write(s.inFrame(append(s.parts[:0], nil, message)))
}

// write sends a frame. The caller has locked the connection.
func (s *socket) write(frame [][]byte) {
	defer s.forgetParts()
	if s.closed.Load() || s.lost.Load() {
		return
	}
	if err := s.push.Send(frame...); err != nil {
		s.lose(err)
	}
}

// mostParts is how many parts of a message there is room for between messages; answers may have thousands.
const mostParts = 8

// forgetParts keeps nothing of the message that was made last: events that others may still keep, and answers whose
// memory goes back.
func (s *socket) forgetParts() {
	if cap(s.parts) > mostParts {
		s.parts = nil
	}
	clear(s.parts[:cap(s.parts)])
}

// lose ends a connection over which something could not be sent.
func (s *socket) lose(err error) {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		s.unread.Store(true)
	}
	s.cutOff()
}

// frame returns a message of an operation as a frame. The caller sends for the connection, and this is of use until
// the next message is made.
func (s *socket) frame(op *socketOperation, kind []byte, payload ...[]byte) [][]byte {
	all := append(s.parts[:0], nil, socketID, op.quoted, kind)
	return s.inFrame(append(append(all, payload...), endOfMessage))
}

// inFrame returns a message as a frame: its parts from the second on, of which the first becomes the head.
func (s *socket) inFrame(parts [][]byte) [][]byte {
	size := 0
	for _, part := range parts {
		size += len(part)
	}
	parts[0] = appendFrameHead(s.headRoom[:0], size)
	s.parts = parts
	return parts
}

// maxFrameHead is the size of the longest head of a frame that is not masked, in bytes.
const maxFrameHead = 10

// appendFrameHead appends the head of a frame that is a whole text message of a server. Source: RFC 6455, section 5.2.
//
// Example: 81 05 for a message of 5 bytes, 81 7e 01 00 for one of 256.
func appendFrameHead(to []byte, size int) []byte {
	const (
		finalText = 0x81
		in2, in8  = 126, 127 // the size stands in the next 2 bytes, or 8
	)
	switch {
	case size < in2:
		return append(to, finalText, byte(size)) //nolint:gosec // it is less than 126
	case size < 1<<16:
		return binary.BigEndian.AppendUint16(append(to, finalText, in2), uint16(size))
	default:
		return binary.BigEndian.AppendUint64(append(to, finalText, in8), uint64(size))
	}
}

// inTurn is the connection below a socket, as websocket.Conn writes frames to it: close frames, since it is left nothing
// else. They come between messages, and no message comes behind one.
type inTurn struct {
	net.Conn

	by *socket
}

// Write writes a frame, in its turn.
func (c inTurn) Write(frame []byte) (int, error) {
	c.by.push.Lock()
	defer c.by.push.Unlock()
	c.by.closed.Store(true)
	if err := c.by.push.Send(frame); err != nil {
		c.by.lose(err)
		return 0, err
	}
	return len(frame), nil
}
