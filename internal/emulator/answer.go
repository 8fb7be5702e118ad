package emulator

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"jobsgateway/internal/accept"
)

// gzipFloor is the size from which a body is worth compressing, in bytes.
const gzipFloor = 1024

// answer is a response before it is sent.
type answer struct {
	status int
	mime   string // empty: no Content-Type
	header http.Header
	body   []byte
}

// serve sends the ordinary answer. The memory of its body is kept for the next one.
func (e *Emulator) serve(w http.ResponseWriter, r *http.Request, serial uint64) {
	buf := e.buffers.Get().(*[]byte)
	defer e.buffers.Put(buf)
	a := e.answer(r, serial, (*buf)[:0])
	if cap(a.body) > cap(*buf) {
		*buf = a.body // keep the room that this page needed for the next one
	}
	a.body = e.compress(w.Header(), r, a.body)
	writeHead(w, &a, int64(len(a.body)))
	if len(a.body) > 0 {
		_, _ = w.Write(a.body) // the caller may have left; there is nobody to tell
	}
}

// answer returns the ordinary answer. What is wrong is told in this order (inferred): the path, the method,
// the token, the parameters. The body may be built in buf, which must not be used for anything else until the
// body was sent.
func (e *Emulator) answer(r *http.Request, serial uint64, buf []byte) answer {
	path := r.URL.EscapedPath()
	id, one := strings.CutPrefix(path, "/jobs/")
	var a answer
	var no *refusal
	switch {
	case path != "/jobs" && (!one || id == "" || strings.Contains(id, "/")):
		no = refuse(http.StatusNotFound, "no such path")
	case r.Method != http.MethodGet:
		no = refuse(http.StatusMethodNotAllowed, "%s is not allowed here", r.Method)
	default:
		var company int64
		if company, no = e.authorize(r.Header); no != nil {
			break
		}
		e.advance(e.opts.Now())
		if one {
			a, no = e.one(id, company, buf)
		} else {
			a, no = e.list(r.URL.RawQuery, company, buf)
		}
	}
	if no != nil {
		return no.answer(e.opts.Errors, r, serial)
	}
	return a
}

// authorize returns the company that the bearer token is confined to, 0 for none. The tokens "invalid" and
// "forbidden" are refused by name; any other is good.
func (e *Emulator) authorize(h http.Header) (int64, *refusal) {
	given := h.Values("Authorization")
	if len(given) != 1 {
		return 0, refuse(http.StatusUnauthorized, "one Authorization header with a bearer token is required")
	}
	scheme, token, _ := strings.Cut(given[0], " ")
	token = strings.TrimSpace(token)
	switch {
	case !strings.EqualFold(scheme, "Bearer") || token == "":
		return 0, refuse(http.StatusUnauthorized,
			"the Authorization header must be of the form Bearer <token>")
	case token == "invalid":
		return 0, refuse(http.StatusUnauthorized, "the token is not valid")
	case token == "forbidden":
		return 0, refuse(http.StatusForbidden, "the token may not read jobs")
	}
	return e.opts.Tokens[token], nil
}

// one answers GET /jobs/{job_id} with the bare record. An unknown job, a job of another company and a fresh
// one are the same 404 without a body; an id that is neither known nor a uuid is a 400 (inferred).
func (e *Emulator) one(escaped string, company int64, buf []byte) (answer, *refusal) {
	id, err := url.PathUnescape(escaped)
	if err != nil {
		return answer{}, badRequest("job_id: %v", err)
	}
	e.mu.RLock()
	j := e.store.get(id)
	e.mu.RUnlock()
	switch {
	case j == nil && !uuidForm.MatchString(id):
		return answer{}, badRequest("job_id: %q is not a uuid", id)
	case j == nil, company != 0 && j.company != company, e.fresh(j):
		return answer{status: http.StatusNotFound}, nil
	}
	return answer{status: http.StatusOK, mime: "application/json", body: append(buf, j.raw...)}, nil
}

// fresh reports whether a job is too new to be found by its id.
func (e *Emulator) fresh(j *job) bool {
	return e.opts.FreshWindow > 0 && !j.born.IsZero() && e.opts.Now().Before(j.born.Add(e.opts.FreshWindow))
}

// list answers GET /jobs with a page, spoiled as the options say.
func (e *Emulator) list(rawQuery string, company int64, buf []byte) (answer, *refusal) {
	q, no := parseQuery(rawQuery, e.opts.Older)
	if no != nil {
		return answer{}, no
	}
	q.company, q.steadyTies, q.ties = company, e.opts.SteadyTies, e.opts.Ties
	asked := q
	var ok bool
	if q.offset, q.perPage, ok = e.opts.stretch(q.offset, q.perPage); !ok {
		const message = "offset: %d is not a multiple of per_page, %d"
		return answer{}, badRequest(message, asked.offset, asked.perPage)
	}
	e.mu.RLock()
	records, total := e.store.page(&q)
	e.mu.RUnlock()
	p := pager(asked.offset, asked.perPage, total)
	p.records = int64(e.opts.total(total, len(records)))
	if e.opts.NoNextPage {
		p.next = 0
	}
	return answer{status: http.StatusOK, mime: "application/json", body: e.appendPage(buf, p, records)}, nil
}

// compress returns the body as it is sent, and sets the headers for that: in gzip where it is large enough
// and the caller takes it.
func (e *Emulator) compress(h http.Header, r *http.Request, body []byte) []byte {
	if len(body) <= gzipFloor {
		return body
	}
	h.Set("Vary", "Accept-Encoding")
	if !accept.Gzip(r.Header["Accept-Encoding"]) {
		return body
	}
	h.Set("Content-Encoding", "gzip")
	return e.zip(body)
}

// writeHead sends status and headers; a negative length leaves Content-Length to the server.
func writeHead(w http.ResponseWriter, a *answer, length int64) {
	h := w.Header()
	if a.mime != "" {
		h.Set("Content-Type", a.mime)
	} else {
		h["Content-Type"] = nil // keeps the server from guessing one
	}
	if length >= 0 && a.status != http.StatusNoContent && a.status != http.StatusNotModified {
		h.Set("Content-Length", strconv.FormatInt(length, 10))
	}
	for name, values := range a.header {
		h[http.CanonicalHeaderKey(name)] = values
	}
	w.WriteHeader(a.status)
}

// pause waits. It returns false when the caller left first.
func pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
