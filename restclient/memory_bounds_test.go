package restclient

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"jobsgateway/internal/emulator"
)

// counting counts what its connections have written.
type counting struct {
	net.Listener
	written atomic.Int64
}

func (l *counting) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	return &countingConn{conn, &l.written}, err
}

type countingConn struct {
	net.Conn
	written *atomic.Int64
}

func (c *countingConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.written.Add(int64(n))
	return n, err
}

// The server of a body that is too large gets rid of only a small part of it.
func TestReadStopsAtTheCap(t *testing.T) {
	t.Parallel()
	const size = int64(1) << 40
	for name, test := range map[string]struct {
		fault emulator.Fault
		// sent is more than what fits into the cap and the buffers of both kernels, and far less than the
		// body.
		sent int64
	}{
		"bomb":    {emulator.Fault{Bomb: size}, 64 << 20},
		"chunked": {emulator.Fault{Huge: size, NoLength: true}, 64 << 20},
		"said":    {emulator.Fault{Huge: size}, 64 << 20},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := emulator.New(emulator.Records())
			srv := httptest.NewUnstartedServer(e)
			l := &counting{Listener: srv.Listener}
			srv.Listener = l
			srv.Start()
			c := newClient(t, srv.URL)
			e.Script(test.fault)
			_, err := c.Jobs(withToken(t.Context(), secret), firstPage)
			wantKind(t, err, KindMalformed)
			srv.Close() // waits for the handler, which the client's leaving has to end
			if n := l.written.Load(); n > test.sent {
				t.Errorf("%d bytes were sent of a body of %d, want at most %d", n, size, test.sent)
			}
		})
	}
}

// endless is a body that counts what is taken of it.
type endless struct{ taken int64 }

func (b *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	b.taken += int64(len(p))
	return len(p), nil
}

func TestReadTakesOneByteMoreThanTheCap(t *testing.T) {
	t.Parallel()
	for _, limit := range []int64{1, 100, bodyCap} {
		c := newClient(t, "http://jobs.invalid", func(cfg *Config) { cfg.MaxBody = limit })
		body := &endless{}
		_, err := c.readBody(t.Context(), nil, &http.Response{Body: io.NopCloser(body), ContentLength: -1}, 1)
		if e := wantKind(t, err, KindMalformed); !e.TooLarge {
			t.Errorf("not too large: %v", e)
		}
		if body.taken != limit+1 {
			t.Errorf("took %d bytes, want %d", body.taken, limit+1)
		}
		body = &endless{}
		_, err = c.readBody(t.Context(), nil, &http.Response{Body: io.NopCloser(body), ContentLength: limit + 1}, 1)
		if e := wantKind(t, err, KindMalformed); !e.TooLarge {
			t.Errorf("not too large: %v", e)
		}
		if body.taken != 0 {
			t.Errorf("took %d bytes of a body that says it is too large", body.taken)
		}
	}
}

// gzipMembers is an endless gzip of nothing, which counts what is taken of it.
type gzipMembers struct {
	one   []byte
	taken int64
}

func (m *gzipMembers) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = m.one[m.taken%int64(len(m.one))]
		m.taken++
	}
	return len(p), nil
}

// A gzip that never ends and says nothing is given up; one of the cap that nothing makes smaller is read.
func TestGzipWithoutEnd(t *testing.T) {
	t.Parallel()
	c := newClient(t, "http://jobs.invalid")
	header := http.Header{"Content-Encoding": {"gzip"}}
	nothing := &gzipMembers{one: zipped(nil)}
	_, err := c.readBody(t.Context(), nil, &http.Response{Body: io.NopCloser(nothing), Header: header, ContentLength: -1}, 1)
	wantKind(t, err, KindMalformed)
	if nothing.taken > 2*bodyCap {
		t.Errorf("%d bytes were taken", nothing.taken)
	}
	noise := make([]byte, bodyCap)
	_, _ = rand.NewChaCha8([32]byte{}).Read(noise)
	body, err := c.readBody(t.Context(), nil, &http.Response{Body: io.NopCloser(bytes.NewReader(zipped(noise))), Header: header, ContentLength: -1}, 1)
	if err != nil || !bytes.Equal(body, noise) {
		t.Errorf("%d bytes, %v", len(body), err)
	}
}

// Deep and wide records are records, up to the depth that the decoder documents.
func TestDeepAndWideRecords(t *testing.T) {
	t.Parallel()
	nested := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	objects := func(n int) string { return strings.Repeat(`{"a":`, n) + "1" + strings.Repeat("}", n) }
	var wide strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&wide, `,"m%d":%d`, i, i)
	}
	for _, test := range []struct {
		name, result string
		ok           bool
	}{
		{"arrays of 1,000 levels", nested(1000), true},
		{"objects of 1,000 levels", objects(1000), true},
		{"arrays of 10,001 levels", nested(10_001), false},
		{"objects of 10,001 levels", objects(10_001), false},
		{"arrays that never close", strings.Repeat("[", 500_000), false},
		{"100,000 members", "{" + wide.String()[1:] + "}", true},
	} {
		given := record(string(anID), `"result":`+test.result)
		p, err := decodePage([]byte(page(record("before", ""), given, record("after", ""))), 10)
		if !test.ok {
			wantKind(t, err, KindMalformed)
			continue
		}
		if err != nil || len(p.Records) != 3 || string(p.Records[1].Job.Raw()) != given || string(p.Records[1].Job.Member(MemberResult)) != test.result {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if test.result[0] != '{' {
			if elements, err := p.Records[1].Job.Member(MemberResult).Array(); err != nil || len(elements) != 1 {
				t.Errorf("%s: %d elements, %v", test.name, len(elements), err)
			}
			continue
		}
		members, err := p.Records[1].Job.Member(MemberResult).Object()
		if err != nil || members.Get("a") == nil && string(members.Get("m99999")) != "99999" {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

// A page never has more than was asked for, and its total is what the answer says or unknown.
func TestLyingPages(t *testing.T) {
	t.Parallel()
	many := make([]string, 501)
	for i := range many {
		many[i] = record(strconv.Itoa(i), "")
	}
	for _, test := range []struct {
		name, body string
		ask, got   int
		total      int64
		more       bool
	}{
		{"501 of 500", page(many...), 500, 500, 501, false},
		{"501 of 1", page(many...), 1, 1, 501, false},
		{"fewer than the total", `{"total_records":9,"records":[` + many[0] + `]}`, 50, 1, 9, false},
		{"more than the total", `{"total_records":1,"records":[` + strings.Join(many[:3], ",") + `]}`, 50, 3, 1, false},
		{"senseless numbers", `{"current_page":99,"total_pages":-1,"prev_page":"x","next_page":99,"total_records":1,"records":[` + many[0] + `]}`, 50, 1, 1, true},
		{"an empty page with a next", `{"current_page":1,"next_page":2,"total_records":0,"records":[]}`, 50, 0, 0, true},
		{"records twice, the last counts", `{"records":[` + strings.Join(many[:3], ",") + `],"records":[` + many[7] + `]}`, 50, 1, UnknownTotal, false},
		{"no total", `{"records":[]}`, 50, 0, UnknownTotal, false},
		{"no total, explicitly", `{"total_records":null,"records":[]}`, 50, 0, UnknownTotal, false},
		{"a total of text", `{"total_records":"3","records":[]}`, 50, 0, UnknownTotal, false},
		{"a negative total", `{"total_records":-1,"records":[]}`, 50, 0, UnknownTotal, false},
		{"a fraction", `{"total_records":1.0,"records":[]}`, 50, 0, UnknownTotal, false},
		{"an exponent", `{"total_records":1e3,"records":[]}`, 50, 0, UnknownTotal, false},
		{"an object", `{"total_records":{"value":1},"records":[]}`, 50, 0, UnknownTotal, false},
		{"the largest total", `{"total_records":9223372036854775807,"records":[]}`, 50, 0, 1<<63 - 1, false},
		{"a total too large", `{"total_records":9223372036854775808,"records":[]}`, 50, 0, UnknownTotal, false},
		{"a next page of text", `{"records":[],"next_page":"2"}`, 50, 0, UnknownTotal, true},
		{"a next page that is escaped", `{"records":[],"next\u005fpage":7}`, 50, 0, UnknownTotal, true},
		{"a next page twice, the last counts", `{"records":[],"next_page":7,"next_page":null}`, 50, 0, UnknownTotal, false},
		{"no next page, explicitly", `{"records":[],"next_page":null}`, 50, 0, UnknownTotal, false},
		{"an empty next page", `{"records":[],"next_page":""}`, 50, 0, UnknownTotal, false},
		{"a next page that is none", `{"records":[],"next_page":0}`, 50, 0, UnknownTotal, false},
		{"a negative next page", `{"records":[],"next_page":-1}`, 50, 0, UnknownTotal, false},
		{"a next page of words", `{"records":[],"next_page":"none"}`, 50, 0, UnknownTotal, false},
		{"a next page of truth", `{"records":[],"next_page":true}`, 50, 0, UnknownTotal, false},
		{"a next page in a record", `{"records":[{"next_page":2}]}`, 50, 1, UnknownTotal, false},
	} {
		p, err := decodePage([]byte(test.body), test.ask)
		if err != nil || len(p.Records) != test.got || p.Total != test.total || p.NextPage > 0 != test.more {
			t.Errorf("%s: got %+v, %v", test.name, p, err)
		}
	}
	u := newUpstream(t, emulator.Records())
	u.Script(answering(page(many...)))
	p, err := u.Jobs(withToken(t.Context(), secret), JobsQuery{OrderBy: CreatedAtDesc, PerPage: 500})
	if err != nil || len(p.Records) != 500 || p.Records[499].Job.ID() != "499" {
		t.Errorf("over HTTP: %v", err)
	}
}
