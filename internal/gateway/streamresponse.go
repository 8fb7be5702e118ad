package gateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/vektah/gqlparser/v2/gqlerror"

	"jobsgateway/graph/live"
	"jobsgateway/graph/operation"
	"jobsgateway/internal/push"
)

// streamResponse is a response that goes on: the events of one subscription, over a connection that was taken over
// from net/http, whose goroutine and buffers would be three quarters of what a subscriber holds. It has a goroutine
// that reads, to see the client leave; what is written, a worker writes.
type streamResponse struct {
	*streamFormat

	g       *gateway
	ctx     context.Context //nolint:containedctx // of the request, and it has no end
	below   net.Conn
	chunked bool // the client knows HTTP/1.1
	push    *push.Conn

	op      preparedOperation
	stream  *live.Stream
	ends    func(why StreamEnd)
	wake    func() // push.Wake, made once
	expires time.Time
	// pulse wakes it where it is silent, or old; it has, since it was set last, if struck.
	pulse  *time.Timer
	struck atomic.Bool

	// What follows is of who sends.
	sent     time.Time // when something was sent last
	isOver   bool      // the last words were said
	why      StreamEnd // if isOver
	lost     error     // why something could not be sent
	finished bool
	parts    [6][]byte
	size     [16]byte // of a chunk, in hexadecimal, with the end of its line
}

// stream answers a request by the events of a subscription, until it ends, the client leaves or reads nothing, or the
// stream is as old as it may become. It returns as soon as that has begun.
func (g *gateway) stream(r *http.Request, request envelope, op preparedOperation, format *streamFormat) {
	info := infoOf(r.Context())
	s := &streamResponse{
		streamFormat: format, g: g, ctx: context.WithoutCancel(r.Context()), op: op, chunked: r.ProtoAtLeast(1, 1),
	}
	if err := s.takeOver(&info.response); err != nil {
		info.response.failed = true
		return
	}
	isOwned := false
	defer func() {
		if !isOwned { // after a panic
			_ = s.below.Close()
		}
	}()
	stream, ends, failed := g.begin(r.Context(), request, op, format.transport)
	isOwned = true
	if failed != nil {
		s.refuse(failed)
		return
	}
	s.stream, s.ends, s.wake = stream, ends, s.push.Wake
	s.sent = time.Now()
	s.expires = s.sent.Add(g.streamAge)
	info.goesOn = true
	s.push.Lock() // pulse may strike before it is there
	s.pulse = time.AfterFunc(min(heartbeat, g.streamAge), func() {
		s.struck.Store(true)
		s.push.Wake()
	})
	s.push.Unlock()
	go s.own()
	s.push.Wake()
}

// takeOver takes the connection over from net/http, and sends the start of the response. Errors: of a server that
// hands no connection over, or of the connection.
func (s *streamResponse) takeOver(w *responseWriter) error {
	s.setHeader(w.Header())
	head := s.headOf(w.Header())
	conn, _, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err != nil {
		return fmt.Errorf("a stream: %w", err)
	}
	w.begun, w.status = true, http.StatusOK
	s.below = conn
	s.push = s.g.workers.Conn(conn, s.g.streamPatience, s)
	s.push.Lock()
	defer s.push.Unlock()
	if err := s.push.Send(append([][]byte{head}, s.frame(endOfChunk, s.begin)...)...); err != nil {
		_ = conn.Close()
		return fmt.Errorf("a stream: %w", err)
	}
	return nil
}

// headOf returns the header of the response. The connection ends with it, since net/http does not take it back.
func (s *streamResponse) headOf(header http.Header) []byte {
	header["Date"] = []string{time.Now().UTC().Format(http.TimeFormat)}
	header["Connection"] = []string{"close"}
	line := "HTTP/1.0 200 OK\r\n"
	if s.chunked {
		line = "HTTP/1.1 200 OK\r\n"
		header["Transfer-Encoding"] = []string{"chunked"}
	}
	head := bytes.NewBufferString(line)
	_ = header.Write(head) // to memory
	head.WriteString("\r\n")
	return head.Bytes()
}

// refuse ends a response whose stream cannot begin.
func (s *streamResponse) refuse(failed gqlerror.List) {
	s.push.Lock()
	_ = s.push.Send(s.frame(lastChunk, s.next, errorEvent(failed), s.end, s.complete)...) // a failure means that the client has left
	s.isOver, s.finished = true, true
	s.push.Unlock()
	s.closeWrite()
	go s.own()
}

// Bounds of what a client may send after its request, which is dropped, and of how long it may take to close the
// connection after the last words.
const (
	maxSentAfter = 64 << 10
	lastWait     = 500 * time.Millisecond
)

// own reads until the client has left, or something has set a deadline, and ends the response.
func (s *streamResponse) own() {
	dropped := make([]byte, 64)
	for n := 0; n < maxSentAfter; {
		more, err := s.below.Read(dropped)
		if n += more; err != nil {
			break
		}
	}
	s.push.Stop()
	s.finish()          // while whoever drains connections still waits for this one
	_ = s.below.Close() // nothing can be done about a failure
}

// closeWrite says that nothing more comes, and gives the client time to close the connection: one that is closed
// while bytes come in is reset, and the last words are lost with it.
func (s *streamResponse) closeWrite() {
	if half, ok := s.below.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite() // a failure shows when it is read from
	}
	_ = s.below.SetReadDeadline(time.Now().Add(lastWait))
}

// Next returns what is sent next: see push.Source.
func (s *streamResponse) Next() (parts [][]byte) {
	defer func() {
		if value := recover(); value != nil {
			parts = s.endWith(operation.Caught(value))
		}
	}()
	now := time.Now()
	switch {
	case s.isOver:
		s.finish()
		s.closeWrite()
		return nil
	case !now.Before(s.expires):
		return s.endAs(StreamAged)
	}
	text, err := s.stream.Take(s.wake)
	switch {
	case errors.Is(err, io.EOF):
		return s.endAs(StreamCompleted)
	case err != nil:
		return s.endWith(err)
	case text != nil:
		s.sent = now
		return s.frame(endOfChunk, s.next, text, s.end)
	case now.Sub(s.sent) >= heartbeat:
		s.sent = now
		return s.frame(endOfChunk, s.silence)
	case s.struck.Swap(false):
		s.pulse.Reset(min(s.sent.Add(heartbeat).Sub(now), s.expires.Sub(now)))
	}
	clear(s.parts[:]) // of an event that others may still keep
	return nil
}

// Lost ends the reading, and with it the response.
func (s *streamResponse) Lost(err error) {
	s.lost = err
	_ = s.below.SetReadDeadline(time.Unix(1, 0)) // a failure means that it is closed
}

// endAs returns the last words of a stream that has not failed.
func (s *streamResponse) endAs(why StreamEnd) [][]byte {
	s.isOver, s.why = true, why
	return s.frame(lastChunk, s.complete)
}

// endWith returns the last words of a stream that has.
func (s *streamResponse) endWith(err error) [][]byte {
	s.isOver, s.why = true, StreamFailed
	failed := s.g.errorsOf(s.ctx, s.op, err)
	infoOf(s.ctx).log.finish(0, failed)
	return s.frame(lastChunk, s.failed, errorEvent(failed)[1:], s.failedEnd, s.complete)
}

// finish closes the stream, and tells of its end and that of the request, once.
func (s *streamResponse) finish() {
	if s.finished {
		return
	}
	s.finished = true
	s.pulse.Stop()
	s.stream.Close()
	switch {
	case s.isOver && s.lost == nil:
	case errors.Is(s.lost, os.ErrDeadlineExceeded):
		s.why = StreamUnread
	default:
		s.why = StreamLeft
	}
	s.ends(s.why)
	info := infoOf(s.ctx)
	info.response.failed = s.lost != nil
	s.g.endRequest(s.ctx, info, info.finalStatus(s.ctx))
}

// Ends of chunks; the last one ends the response, too.
var (
	endOfChunk = []byte("\r\n")
	lastChunk  = []byte("\r\n0\r\n\r\n")
)

// frame returns parts as one chunk with its end; without both for a client that knows no chunks.
//
// Example: the comment ":\n\n" is "3\r\n" ":\n\n" "\r\n".
func (s *streamResponse) frame(end []byte, parts ...[]byte) [][]byte {
	if !s.chunked {
		return append(s.parts[:0], parts...)
	}
	size := 0
	for _, part := range parts {
		size += len(part)
	}
	line := append(strconv.AppendInt(s.size[:0], int64(size), 16), endOfChunk...) //nolint:mnd // hexadecimal
	return append(append(append(s.parts[:0], line), parts...), end)
}
