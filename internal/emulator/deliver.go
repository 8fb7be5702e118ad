package emulator

import (
	"bytes"
	"compress/gzip"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"strings"
)

// defaultPiece is the size of the pieces of a slow body, in bytes, where a fault names none.
const defaultPiece = 256

// serveFault sends an answer in the manner that a fault prescribes; its delay has passed already.
func (e *Emulator) serveFault(w http.ResponseWriter, r *http.Request, serial uint64, f *Fault) {
	if f.Cut == CutReset {
		sever(w, true)
		return
	}
	a := e.faultAnswer(w, r, serial, f)
	body, length := io.Reader(bytes.NewReader(a.body)), int64(len(a.body))
	switch {
	case f.Bomb > 0:
		body, length = bomb(f.Bomb), -1
		w.Header().Set("Content-Encoding", "gzip")
	case f.Huge > 0:
		body, length = huge(f.Huge), f.Huge
	}
	cutting := f.Cut == CutClose || f.Cut == CutResetBody
	if cutting {
		after := f.After
		if after == 0 {
			after = max(0, length/2)
		}
		body = io.LimitReader(body, after)
	}
	if f.NoLength {
		length = -1
	}
	writeHead(w, &a, length)
	if f.NoLength {
		// The server measures a short body by itself unless the head has left before it.
		_ = http.NewResponseController(w).Flush()
	}
	complete := transmit(w, r, f, body)
	if cutting && complete {
		_ = http.NewResponseController(w).Flush() // hijacking drops what is still buffered
		sever(w, f.Cut == CutResetBody)
	}
}

// faultAnswer returns the fault's own answer, or the ordinary one with the fault's headers.
func (e *Emulator) faultAnswer(w http.ResponseWriter, r *http.Request, serial uint64, f *Fault) answer {
	if !f.replaces() {
		a := e.answer(r, serial, nil)
		a.body = e.compress(w.Header(), r, a.body)
		if a.header == nil {
			a.header = http.Header{}
		}
		for name, values := range f.Header {
			a.header[http.CanonicalHeaderKey(name)] = values
		}
		return a
	}
	// From here on the request is not looked at any more: a scripted answer is one whatever was asked.
	a := answer{status: f.Status, mime: f.ContentType, header: http.Header{}, body: f.Body}
	generated := f.Huge > 0 || f.Bomb > 0
	if a.status == 0 {
		a.status = http.StatusOK
		if f.Location != "" {
			a.status = http.StatusFound
		}
	}
	if f.Body == nil && !generated && a.status >= 400 {
		a = refuse(a.status, "scripted by the emulator").answer(e.opts.Errors, r, serial)
		if f.ContentType != "" {
			a.mime = f.ContentType
		}
	}
	if a.mime == "" && (len(a.body) > 0 || generated) {
		a.mime = "application/json"
	}
	if f.Location != "" {
		a.header.Set("Location", f.Location)
	}
	for name, values := range f.Header {
		a.header[http.CanonicalHeaderKey(name)] = values
	}
	return a
}

// transmit sends the body, in slow pieces if the fault says so. It returns false when the caller left on the
// way.
func transmit(w http.ResponseWriter, r *http.Request, f *Fault, body io.Reader) bool {
	if f.Drip <= 0 {
		_, err := io.Copy(w, body)
		return err == nil
	}
	size := defaultPiece
	if f.Piece > 0 {
		size = f.Piece
	}
	piece := make([]byte, size)
	control := http.NewResponseController(w)
	for {
		// The head goes out before the first wait: a caller sees the answer begin.
		if control.Flush() != nil || !pause(r.Context(), f.Drip) {
			return false
		}
		n, err := io.ReadFull(body, piece)
		if _, failed := w.Write(piece[:n]); failed != nil {
			return false
		}
		if err != nil {
			return true // the body has ended
		}
	}
}

// sever ends the connection under the handler, with a reset or with an ordinary close. Where the connection
// cannot be had (HTTP/2, a recorder), it aborts the handler in the way net/http documents for this purpose.
func sever(w http.ResponseWriter, reset bool) {
	control := http.NewResponseController(w)
	conn, _, err := control.Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if wrapped, ok := conn.(*tls.Conn); ok {
		conn = wrapped.NetConn() // closing the outer one would say goodbye first
	}
	if tcp, ok := conn.(*net.TCPConn); ok && reset {
		_ = tcp.SetLinger(0) // closing now discards the connection instead of ending it
	}
	_ = conn.Close()
}

// The generated bodies are one JSON object with a long text in it.
const (
	hugeHead = `{"records":[],"pad":"`
	hugeTail = `"}`
)

// huge is a body of n bytes; one too small for the object is blank.
func huge(n int64) io.Reader {
	pad := n - int64(len(hugeHead)+len(hugeTail))
	if pad < 0 {
		return io.LimitReader(filler(' '), n)
	}
	head, tail := strings.NewReader(hugeHead), strings.NewReader(hugeTail)
	return io.MultiReader(head, io.LimitReader(filler('x'), pad), tail)
}

// filler is an endless row of one byte.
type filler byte

// Read fills p with the byte, doubling what is filled.
func (c filler) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	p[0] = byte(c)
	for n := 1; n < len(p); n *= 2 {
		copy(p[n:], p[:n])
	}
	return len(p), nil
}

// bomb is a gzip stream that inflates to huge(n). Only a window of it is ever in memory.
func bomb(n int64) io.Reader {
	b := &bombReader{plain: huge(n)}
	b.zip = gzip.NewWriter(&b.out)
	return b
}

// bombReader compresses plain as it is read, 1 MiB at a time.
type bombReader struct {
	plain io.Reader
	zip   *gzip.Writer
	out   bytes.Buffer
	done  bool
}

func (b *bombReader) Read(p []byte) (int, error) {
	for b.out.Len() == 0 && !b.done {
		// Neither side can fail: the source is generated and the sink is memory.
		if _, err := io.CopyN(b.zip, b.plain, 1<<20); err != nil {
			b.done = true
			_ = b.zip.Close()
		}
	}
	return b.out.Read(p)
}
