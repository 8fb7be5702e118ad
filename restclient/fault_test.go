package restclient

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"jobsgateway/internal/badapi"
	"jobsgateway/internal/emulator"
)

// sending sends one text and nothing more.
func sending(text string) func(net.Conn) {
	return func(conn net.Conn) { io.WriteString(conn, text) }
}

// zipped compresses a body.
func zipped(body []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(body)
	z.Close()
	return b.Bytes()
}

func encoded(coding string, body []byte) emulator.Fault {
	return emulator.Fault{Body: body, Header: http.Header{"Content-Encoding": {coding}}}
}

// cutOff closes the connection in the middle of the body.
func cutOff(f emulator.Fault) emulator.Fault {
	f.Cut = emulator.CutClose
	return f
}

// good is a page of one record that compresses to something worth cutting.
var good = []byte(page(record(string(anID), `"input":{"nql":"`+strings.Repeat("SELECT 1 ", 300)+`"}`)))

// faults are the ways in which the emulator can fail, and what each is to a caller.
func faults() map[string]struct {
	fault emulator.Fault
	want  Kind
} {
	whole := zipped(good)
	return map[string]struct {
		fault emulator.Fault
		want  Kind
	}{
		"reset before a byte":      {emulator.Fault{Cut: emulator.CutReset}, KindUnavailable},
		"reset in the body":        {emulator.Fault{Body: good, Cut: emulator.CutResetBody}, KindUnavailable},
		"reset in a chunked body":  {emulator.Fault{Body: good, Cut: emulator.CutResetBody, NoLength: true, After: 9}, KindUnavailable},
		"early close":              {emulator.Fault{Body: good, Cut: emulator.CutClose}, KindUnavailable},
		"early close of chunks":    {emulator.Fault{Body: good, Cut: emulator.CutClose, NoLength: true, After: 9}, KindUnavailable},
		"close after the head":     {emulator.Fault{Body: good, Cut: emulator.CutClose, NoLength: true}, KindUnavailable},
		"truncated gzip":           {encoded("gzip", whole[:len(whole)/2]), KindMalformed},
		"gzip of its head":         {encoded("gzip", whole[:5]), KindMalformed},
		"gzip without its trailer": {encoded("gzip", whole[:len(whole)-4]), KindMalformed},
		"gzip and a byte more":     {encoded("gzip", append(bytes.Clone(whole), 'x')), KindMalformed},
		"gzip and zeros":           {encoded("gzip", append(bytes.Clone(whole), make([]byte, 512)...)), KindMalformed},
		"gzip and half a member":   {encoded("gzip", append(bytes.Clone(whole), whole[:20]...)), KindMalformed},
		"gzip that is cut off":     {cutOff(encoded("gzip", whole)), KindUnavailable},
		"gzip with a bad sum":      {encoded("gzip", append(bytes.Clone(whole[:len(whole)-8]), 1, 2, 3, 4, 5, 6, 7, 8)), KindMalformed},
		"gzip with bad blocks":     {encoded("gzip", append(bytes.Clone(whole[:12]), bytes.Repeat([]byte{0xff}, 100)...)), KindMalformed},
		"gzip and more":            {encoded("gzip", append(bytes.Clone(whole), "and more of it"...)), KindMalformed},
		"garbage as gzip":          {encoded("gzip", good), KindMalformed},
		"nothing as gzip":          {encoded("gzip", []byte{}), KindMalformed},
		"gzip of gzip":             {encoded("gzip", zipped(whole)), KindMalformed},
		"gzip of gzip, said":       {encoded("gzip, gzip", zipped(whole)), KindMalformed},
		"gzip unsaid":              {emulator.Fault{Body: whole}, KindMalformed},
		"br":                       {encoded("br", good), KindMalformed},
		"deflate":                  {encoded("deflate", good), KindMalformed},
		"gzip bomb":                {emulator.Fault{Bomb: 512 << 20}, KindMalformed},
		"huge":                     {emulator.Fault{Huge: 1 << 30}, KindMalformed},
		"huge and chunked":         {emulator.Fault{Huge: 1 << 30, NoLength: true}, KindMalformed},
		"one byte too large":       {emulator.Fault{Huge: bodyCap + 1, NoLength: true}, KindMalformed},
		"HTML":                     {emulator.Fault{Body: []byte("<html>"), ContentType: "text/html"}, KindMalformed},
		"HTML as JSON":             {emulator.Fault{Body: []byte("<html>")}, KindMalformed},
		"JSON as HTML":             {emulator.Fault{Body: good, ContentType: "text/html; charset=utf-8"}, KindMalformed},
		"JSON as text":             {emulator.Fault{Body: good, ContentType: "text/plain"}, KindMalformed},
		"JSON as event stream":     {emulator.Fault{Body: good, ContentType: "text/event-stream"}, KindMalformed},
		"a type that is none":      {emulator.Fault{Body: good, ContentType: "json"}, KindMalformed},
		"a list of types":          {emulator.Fault{Body: good, ContentType: "text/html, application/json"}, KindMalformed},
		"identity and br":          {encoded("identity, br", good), KindMalformed},
		"500":                      {emulator.Fault{Status: 500}, KindUnavailable},
		"500 in HTML":              {emulator.Fault{Status: 500, Body: []byte("<pre>"), ContentType: "text/html"}, KindUnavailable},
		"503 cut":                  {emulator.Fault{Status: 503, Cut: emulator.CutClose}, KindUnavailable},
		"503 in bad gzip":          {emulator.Fault{Status: 503, Body: good, Header: http.Header{"Content-Encoding": {"gzip"}}}, KindUnavailable},
		"400 reset":                {emulator.Fault{Status: 400, Cut: emulator.CutResetBody}, KindInvalid},
		"429":                      {emulator.Fault{Status: 429}, KindRateLimited},
	}
}

// A fault is one attempt, one error of the right kind, and nothing else: no half page, no word of the token, and
// no harm to the next call.
func TestFaults(t *testing.T) {
	t.Parallel()
	for name, test := range faults() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := newUpstream(t, emulator.Records(rawRecords(record(string(anID), ""))...))
			once(u.Client)
			u.Script(test.fault)
			p, err := u.Jobs(withToken(t.Context(), secret), firstPage)
			wantKind(t, err, test.want)
			if p != nil || u.Scripted() != 0 || u.Total() != 1 {
				t.Errorf("got a page (%v), %d faults left, %d calls", p != nil, u.Scripted(), u.Total())
			}
			u.Script(test.fault)
			job, err := u.Job(withToken(t.Context(), "other-"+secret), anID) // a 429 cools one token down
			// The transport may repeat a request that was reset on a connection from before.
			if test.fault.Cut != emulator.CutReset {
				wantKind(t, err, test.want)
				if job != nil {
					t.Error("got a job")
				}
			}
			u.Unscript()
			if p, err := u.Jobs(withToken(t.Context(), "third-"+secret), firstPage); err != nil || len(p.Records) != 1 {
				t.Errorf("the next call: %v", err)
			}
		})
	}
}

// What looks odd and is still an answer.
func TestOddAnswersThatAreGood(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]emulator.Fault{
		"no content type":           {Body: good, Header: http.Header{"Content-Type": nil}},
		"a content type with more":  {Body: good, ContentType: `Application/JSON; charset="utf-8"`},
		"odd parameters":            {Body: good, ContentType: "application/json; ="},
		"a parameter without end":   {Body: good, ContentType: `application/json; charset="utf-8`},
		"no semicolon":              {Body: good, ContentType: "application/json charset=utf-8"},
		"a parameter twice":         {Body: good, ContentType: "application/json; charset=utf-8; charset=utf-8"},
		"a type twice":              {Body: good, ContentType: "application/json, application/json"},
		"nothing but a parameter":   {Body: good, ContentType: "; charset=utf-8"},
		"an older name":             {Body: good, ContentType: "text/json"},
		"identity":                  encoded("identity", good),
		"identity in other letters": encoded("Identity ", good),
		"gzip and identity":         encoded("gzip, identity", zipped(good)),
		"gzip by its older name":    encoded("X-GZIP", zipped(good)),
		"a suffix":                  {Body: good, ContentType: "application/vnd.jobs+json"},
		"gzip":                      encoded("gzip", zipped(good)),
		"gzip of two members":       encoded("gzip", append(zipped(good[:10]), zipped(good[10:])...)),
		"chunks":                    {Body: good, NoLength: true},
		"drops":                     {Body: good, Drip: time.Millisecond, Piece: 500},
		"exactly the cap":           {Body: append(bytes.Clone(good), bytes.Repeat([]byte(" "), bodyCap-len(good))...), NoLength: true},
		"other headers":             {Body: good, Header: http.Header{"Set-Cookie": {"a=b"}, "Location": {"http://evil.invalid"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := newUpstream(t, emulator.Records())
			u.Script(f)
			p, err := u.Jobs(withToken(t.Context(), secret), firstPage)
			if err != nil || len(p.Records) != 1 || p.Total != 1 {
				t.Errorf("got %+v, %v", p, err)
			}
		})
	}
}

func TestRefusedConnection(t *testing.T) {
	t.Parallel()
	c := newClient(t, "http://"+badapi.Refusing(t))
	_, err := c.Jobs(withToken(t.Context(), secret), firstPage)
	wantKind(t, err, KindUnavailable)
	_, err = newClient(t, "http://jobs.invalid").Jobs(withToken(t.Context(), secret), firstPage)
	wantKind(t, err, KindUnavailable)
}

// newClientOf makes a hasty client of a server that answers each connection by hand, without a network: for
// synctest, whose clock stands still while anything waits for a network.
func newClientOf(t *testing.T, speak func(net.Conn)) *Client {
	t.Helper()
	var servers sync.WaitGroup
	t.Cleanup(servers.Wait)
	c := newClient(t, "http://jobs.invalid", hasty)
	c.transport.DialContext = func(context.Context, string, string) (net.Conn, error) {
		near, far := net.Pipe()
		servers.Go(func() {
			defer far.Close()
			if _, err := http.ReadRequest(bufio.NewReader(far)); err == nil {
				speak(far)
			}
		})
		return near, nil
	}
	return c
}

// Each of these servers could hold a caller for ever; the client leaves first, which the server sees.
func TestTimeouts(t *testing.T) {
	t.Parallel()
	drip := func(head, drop string) func(net.Conn) {
		return func(conn net.Conn) {
			io.WriteString(conn, head)
			tick := time.NewTicker(time.Millisecond)
			defer tick.Stop()
			for range tick.C {
				if _, err := io.WriteString(conn, drop); err != nil {
					return
				}
			}
		}
	}
	hold := func(head string) func(net.Conn) {
		return func(conn net.Conn) {
			io.WriteString(conn, head)
			conn.SetReadDeadline(time.Now().Add(patience / 6))
			if _, err := conn.Read(make([]byte, 1)); isNetTimeout(err) {
				t.Error("the client keeps its connection")
			}
		}
	}
	for name, test := range map[string]struct {
		speak func(net.Conn)
		want  Kind
	}{
		"no answer":           {hold(""), KindTimeout},
		"a head without end":  {drip("HTTP/1.1 200 OK\r\nX-Drip: ", "x"), KindTimeout},
		"half a status line":  {hold("HTTP/1.1 2"), KindTimeout},
		"a head and no body":  {hold("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n"), KindTimeout},
		"a body without end":  {drip("HTTP/1.1 200 OK\r\n\r\n", " "), KindTimeout},
		"a chunk without end": {drip("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n", " "), KindTimeout},
		"hints without end":   {drip("", "HTTP/1.1 103 Early Hints\r\n\r\n"), KindTimeout},
		// The status is known; its body is worth no more than the time there is.
		"a body of a status": {drip("HTTP/1.1 503 No\r\n\r\n", " "), KindUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { // no machine is too busy to begin in time
				p, err := newClientOf(t, test.speak).Jobs(withToken(t.Context(), secret), firstPage)
				wantKind(t, err, test.want)
				if p != nil {
					t.Error("got a page")
				}
			})
		})
	}
	t.Run("another protocol", func(t *testing.T) {
		t.Parallel()
		// This one has no body to wait for, and nothing of net/http's would end the wait.
		c := newClient(t, listen(t, hold("HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")))
		_, err := c.Jobs(withToken(t.Context(), secret), firstPage)
		wantKind(t, err, KindInvalid)
	})
	t.Run("a body in drops", func(t *testing.T) {
		t.Parallel()
		u := newUpstream(t, emulator.Records(), hasty)
		u.Script(emulator.Fault{Body: good, Piece: 1, Drip: time.Millisecond}, emulator.Fault{Delay: time.Hour})
		for range 2 {
			_, err := u.Jobs(withToken(t.Context(), secret), firstPage)
			wantKind(t, err, KindTimeout)
		}
	})
}

func isNetTimeout(err error) bool {
	var e net.Error
	return errors.As(err, &e) && e.Timeout()
}

// A caller that leaves, or whose own time is up, is told so before the client's timeout.
func TestCallerLeaves(t *testing.T) {
	t.Parallel()
	t.Run("deadline", func(t *testing.T) {
		t.Parallel()
		u := newUpstream(t, emulator.Records())
		u.Script(emulator.Fault{Delay: time.Hour}, emulator.Fault{Body: good, Piece: 1, Drip: time.Hour})
		for range 2 {
			ctx, leave := context.WithTimeout(withToken(t.Context(), secret), haste)
			_, err := u.Jobs(ctx, firstPage)
			leave()
			wantKind(t, err, KindTimeout)
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v", err)
			}
		}
	})
	t.Run("cancellation before the answer", func(t *testing.T) {
		t.Parallel()
		u := newUpstream(t, emulator.Records())
		ctx, leave := context.WithCancel(withToken(t.Context(), secret))
		u.Script(emulator.Fault{Delay: time.Hour, Match: func(*http.Request) bool { leave(); return true }})
		_, err := u.Jobs(ctx, firstPage)
		wantKind(t, err, KindTimeout)
		if !errors.Is(err, context.Canceled) || u.Total() != 1 {
			t.Errorf("got %v after %d requests", err, u.Total())
		}
	})
	t.Run("cancellation in the body", func(t *testing.T) {
		t.Parallel()
		ctx, leave := context.WithCancel(withToken(t.Context(), secret))
		c := newClient(t, listen(t, func(conn net.Conn) {
			io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{")
			leave()
			conn.Read(make([]byte, 1)) // until the client has left
		}))
		_, err := c.Jobs(ctx, firstPage)
		wantKind(t, err, KindTimeout)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("before the call", func(t *testing.T) {
		t.Parallel()
		u := newUpstream(t, emulator.Records())
		ctx, leave := context.WithCancel(withToken(t.Context(), secret))
		leave()
		_, err := u.Jobs(ctx, firstPage)
		wantKind(t, err, KindTimeout)
		if u.Total() != 0 {
			t.Errorf("%d requests, want none", u.Total())
		}
	})
}
