package gateway

import (
	"io"
	"net/http"
	"time"
)

// statusWriter remembers what became of an answer.
type statusWriter struct {
	http.ResponseWriter

	status int
	// begun: the header is written. failed: some of the answer could not be.
	begun, failed bool
	// unread is a body that may not be read to its end by then; nil for one that net/http passes over by itself.
	unread *unreadBody
	// lingers: the caller may still be sending, see linger.
	lingers bool
}

// WriteHeader notes the final status; 1xx are not final. Nobody reads the rest of a body that has been answered, so its
// connection ends.
func (w *statusWriter) WriteHeader(status int) {
	if status >= http.StatusOK && !w.begun {
		w.begun, w.status = true, status
		if w.unread != nil && !w.unread.ended {
			w.lingers = true
			w.Header().Set("Connection", "close")
		}
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write notes a failure.
func (w *statusWriter) Write(p []byte) (int, error) {
	if !w.begun {
		w.WriteHeader(http.StatusOK)
	}
	n, err := w.ResponseWriter.Write(p)
	if err != nil {
		w.failed = true
	}
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// unreadBody is the body of a request that knows whether it was read to its end.
type unreadBody struct {
	io.ReadCloser

	ended bool
}

// Read notes the end, whatever it is.
func (b *unreadBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.ended = b.ended || err != nil
	return n, err
}

// maxPassedOver is how much of a body net/http reads and drops by itself before it writes an answer.
const maxPassedOver = 256 << 10

// watchBody makes the answer to a long body end its connection in good manners, if it comes before the body's end. Limit is
// the longest that is ever read.
func (s *scope) watchBody(r *http.Request, limit int64) {
	if r.ContentLength < 0 || r.ContentLength > min(limit, maxPassedOver) {
		s.body.ReadCloser = r.Body
		s.status.unread = &s.body
		r.Body = &s.body
	}
}

// Bounds of what is dropped for the sake of a caller who sends all before it reads anything, as most do: a connection that is
// closed while bytes come in is reset, and the answer is lost with it. Source: nginx, lingering_close, with its bounds made
// smaller.
const (
	lingerBytes = 16 << 20
	lingerTime  = 5 * time.Second
	lingerIdle  = time.Second // between two reads: who sends nothing reads
)

// linger sends the answer, says that it is complete, and drops what still comes in.
func linger(w http.ResponseWriter, r *http.Request, body io.Reader) {
	control := http.NewResponseController(w)
	if control.Flush() != nil {
		return
	}
	if c := connOf(r.Context()); c != nil && w.Header().Get("Content-Length") != "" {
		_ = c.CloseWrite() // a failure shows when the body is read
	}
	until := time.Now().Add(lingerTime)
	buffer := make([]byte, 16<<10)
	for dropped := 0; dropped < lingerBytes && time.Now().Before(until); {
		idle := time.Now().Add(lingerIdle)
		if until.Before(idle) {
			idle = until
		}
		if control.SetReadDeadline(idle) != nil {
			return
		}
		n, err := body.Read(buffer)
		if dropped += n; err != nil {
			return
		}
	}
}
