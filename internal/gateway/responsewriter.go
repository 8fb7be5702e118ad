package gateway

import "net/http"

// responseWriter remembers what became of an answer, for the access log, and ends a connection whose caller
// may still be sending.
type responseWriter struct {
	http.ResponseWriter

	status int
	// begun: the header is written. failed: some of the answer could not be.
	begun, failed bool
	// unread is a body that may not be read to its end by then; nil for one that net/http passes over by
	// itself.
	unread *watchedBody
	// draining reports whether the connection ends with this answer; nil never does.
	draining func() bool
	// lingers: the caller may still be sending, see linger.
	lingers bool
}

// WriteHeader notes the final status; those below 200 are not final. Nobody reads the rest of a body that has
// been answered before its end, so that connection is closed after the answer, and so is every one while the
// gateway is draining.
func (w *responseWriter) WriteHeader(status int) {
	if status >= http.StatusOK && !w.begun {
		w.begun, w.status = true, status
		if w.unread != nil && !w.unread.ended {
			w.lingers = true
		}
		if w.lingers || w.draining != nil && w.draining() {
			w.Header().Set("Connection", "close")
		}
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write writes a part of the answer and notes a failure, which means that the caller has left.
func (w *responseWriter) Write(p []byte) (int, error) {
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
func (w *responseWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
