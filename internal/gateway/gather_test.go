package gateway

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// countedListener makes connections that count their writes, but for those that write several pieces at once.
type countedListener struct {
	net.Listener

	writes *atomic.Int64
}

// countedConn is one of them.
type countedConn struct {
	*net.TCPConn

	writes *atomic.Int64
}

func (l countedListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return countedConn{c.(*net.TCPConn), l.writes}, nil
}

func (c countedConn) Write(p []byte) (int, error) {
	c.writes.Add(1)
	return c.TCPConn.Write(p)
}

// expecting answers with as many bytes as the request asks for, of which it writes so many at a time, and says so
// before. Asked to break, it ends in the middle.
func expecting(w http.ResponseWriter, r *http.Request) {
	size, _ := strconv.Atoi(r.FormValue("size"))
	piece, _ := strconv.Atoi(r.FormValue("piece"))
	w.Header().Set("Content-Length", strconv.Itoa(size))
	connOf(r.Context()).expect(size)
	for body := bodyOf(size); len(body) > 0; {
		n := min(piece, len(body))
		_, _ = w.Write(body[:n])
		if body = body[n:]; r.FormValue("break") != "" && len(body) < size/2 {
			panic(http.ErrAbortHandler)
		}
	}
}

// bodyOf returns bytes of which none are where others could be.
func bodyOf(size int) []byte {
	var b bytes.Buffer
	for b.Len() < size {
		b.WriteString(strconv.Itoa(b.Len()) + " ")
	}
	return b.Bytes()[:size]
}

// An answer arrives whole, whatever its length and however it is written, over one connection. Where it is longer
// than what net/http gathers, its start is not sent by itself.
func TestLongAnswersInOneWrite(t *testing.T) {
	t.Parallel()
	var writes atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(expecting))
	server.Listener = Listen(countedListener{server.Listener, &writes})
	server.Config.ConnContext = ConnContext
	server.Start()
	defer server.Close()
	ask := func(query string) (body []byte, err error) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"?"+query, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := server.Client().Do(request)
		if err != nil {
			return nil, err
		}
		defer response.Body.Close()
		return io.ReadAll(response.Body)
	}
	sizes := []int{0, 1, 2 * gathered, 3*gathered + 1, 100_000}
	for size := gathered - 300; size <= gathered+300; size += 7 {
		sizes = append(sizes, size)
	}
	for _, size := range append(sizes, gathered-1, gathered, gathered+1) {
		for _, piece := range []int{size + 1, size/2 + 1, 1000} {
			writes.Store(0)
			body, err := ask("size=" + strconv.Itoa(size) + "&piece=" + strconv.Itoa(piece))
			if err != nil || !bytes.Equal(body, bodyOf(size)) {
				t.Errorf("%d bytes in pieces of %d: %d, %v", size, piece, len(body), err)
			}
			if n := writes.Load(); size > gathered && size < 2*gathered && n != 0 {
				t.Errorf("%d bytes in pieces of %d: %d writes beside the one of two pieces", size, piece, n)
			}
		}
	}
	if body, err := ask("size=100000&piece=10000&break=1"); err == nil {
		t.Errorf("an answer that ends in the middle is whole: %d bytes", len(body))
	}
}

// brokenConn takes so many bytes and no more.
type brokenConn struct {
	net.Conn

	room int
}

func (c *brokenConn) Write(p []byte) (int, error) {
	n := min(c.room, len(p))
	if c.room -= n; n < len(p) {
		return n, io.ErrShortWrite
	}
	return n, nil
}

// What was held back is not written if the connection breaks before that, and the rest is only as far as it was.
func TestBrokenWhileGathered(t *testing.T) {
	t.Parallel()
	const body = 6000
	for room, want := range map[int]int{0: 0, 3: 0, 5: 0, 7: 2, 9: 4, 5 + body: body} {
		c := &conn{Conn: &brokenConn{room: room}, starts: &sync.Pool{New: func() any { return new([]byte) }}}
		c.expect(body)
		if n, err := c.Write([]byte("start")); n != 5 || err != nil {
			t.Errorf("the start: %d, %v", n, err)
		}
		n, err := c.Write([]byte(strings.Repeat("x", body)))
		if broken := errors.Is(err, io.ErrShortWrite); n != want || broken != (want < body) {
			t.Errorf("room for %d: %d, %v", room, n, err)
		}
	}
}

// A page of jobs is one write where the caller takes it as it is, and arrives compressed where not.
func TestPagesInOneWrite(t *testing.T) {
	t.Parallel()
	const query = `{jobs(first:40){nodes{id state type executor createdAt updatedAt}}}`
	gw := startGateway(t)
	var writes atomic.Int64
	server := httptest.NewUnstartedServer(gw.served)
	server.Listener = Listen(countedListener{server.Listener, &writes})
	server.Config.ConnContext = ConnContext
	server.Start()
	defer server.Close()
	want := gw.post(query, nil)
	gw.wantFine(want)
	gw.url = server.URL
	if got := gw.post(query, nil); got.body != want.body || len(got.body) <= gathered || writes.Load() != 0 {
		t.Errorf("%d bytes, want %d, in %d writes beside the one of two pieces", len(got.body), len(want.body), writes.Load())
	}
	packed := gw.send(request{body: envelopeOf(t, query, nil), header: http.Header{"Accept-Encoding": {"gzip"}}})
	unpacked, err := gzip.NewReader(strings.NewReader(packed.body))
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(unpacked); err != nil || string(body) != want.body {
		t.Errorf("compressed: %d bytes, want %d: %v", len(body), len(want.body), err)
	}
}
