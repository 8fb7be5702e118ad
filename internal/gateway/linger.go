package gateway

import (
	"io"
	"net/http"
	"time"
)

// watchedBody is the body of a request that knows whether it was read to its end.
type watchedBody struct {
	io.ReadCloser

	ended bool
}

// Read reads from the body. Any error is its end: nothing more comes after one.
func (b *watchedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.ended = b.ended || err != nil
	return n, err
}

// maxPassedOver is how much of a body net/http reads and drops by itself before it writes an answer, in
// bytes. Source: net/http, maxPostHandlerReadBytes.
const maxPassedOver = 256 << 10

// watchBody lets the answer to a long body reach a caller that is still sending it. Limit is the most that is
// ever read of a body, in bytes.
func (info *requestInfo) watchBody(r *http.Request, limit int64) {
	if r.ContentLength < 0 || r.ContentLength > min(limit, maxPassedOver) {
		info.body.ReadCloser = r.Body
		info.response.unread = &info.body
		r.Body = &info.body
	}
}

// Bounds of what is dropped for the sake of a caller who sends all before it reads anything, as most do: a
// connection that is closed while bytes come in is reset, and the answer is lost with it. Source: nginx,
// lingering_close, with its bounds made smaller.
const (
	lingerBytes = 16 << 20
	lingerTime  = 5 * time.Second
	lingerIdle  = time.Second // between two reads: who sends nothing reads
)

// linger sends the answer, says that it is complete, and reads and drops what still comes in, within the
// bounds above. It returns when the caller has ended the body or a bound is reached.
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
