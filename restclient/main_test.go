package restclient

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"jobsgateway/internal/emulator"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	// secret is the token of whoever asks in these tests; it may stand in no error.
	secret = "tokA-5f0c2b7e9d4146a8b3c1d2e3f4a5b6c7"
	// patience is a timeout that only a test which hangs can meet.
	patience = time.Minute
	// haste is a timeout that every test which meets it is meant to meet, long enough for a busy machine to
	// begin an answer.
	haste = time.Second
	// bodyCap is the cap of a test's client.
	bodyCap = 1 << 20
)

// historyEnd is where the emulator's history stops.
var historyEnd = time.Date(2026, 3, 12, 15, 30, 0, 0, time.UTC)

// firstPage is the question of tests that are about the answer.
var firstPage = JobsQuery{OrderBy: CreatedAtDesc, PerPage: 50}

const anID = JobID("2a5b9ad7-dc8f-47bb-8e62-843a38f8054c")

type tokenKey struct{}

// withToken is a context of the caller with this token.
func withToken(ctx context.Context, token string) context.Context {
	return context.WithValue(ctx, tokenKey{}, token)
}

func tokenOf(ctx context.Context) (string, bool) {
	token, ok := ctx.Value(tokenKey{}).(string)
	return token, ok
}

// upstream is an emulator behind a listener, and a client of it.
type upstream struct {
	*emulator.Emulator
	*Client
	url   string
	conns atomic.Int64 // connections opened to it
}

// newUpstream starts an emulator and a client with patience; both end with the test.
func newUpstream(t testing.TB, opts emulator.Options, change ...func(*Config)) *upstream {
	t.Helper()
	if opts.End.IsZero() {
		opts.End = historyEnd
	}
	u := &upstream{Emulator: emulator.New(opts)}
	srv := httptest.NewUnstartedServer(u.Emulator)
	srv.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			u.conns.Add(1)
		}
	}
	srv.Start()
	t.Cleanup(srv.Close)
	u.url = srv.URL
	u.Client = newClient(t, srv.URL, change...)
	return u
}

// newClient makes a client of any address.
func newClient(t testing.TB, address string, change ...func(*Config)) *Client {
	t.Helper()
	base, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	cfg := Config{BaseURL: base, Token: tokenOf, Timeout: patience, ConnectTimeout: patience, MaxBody: bodyCap, MaxConns: 8}
	for _, change := range change {
		change(&cfg)
	}
	c := New(cfg)
	t.Cleanup(c.Close)
	return c
}

func hasty(cfg *Config) { cfg.Timeout = haste }

// listen answers each connection by hand: speak is called once a whole request has been read, and the
// connection is closed after it.
func listen(t testing.TB, speak func(conn net.Conn)) string {
	t.Helper()
	return "http://" + listenRaw(t, func(conn net.Conn) {
		if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
			speak(conn)
		}
	})
}

// listenRaw answers each connection by hand, before anything was read.
func listenRaw(t testing.TB, speak func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			speak(conn)
			conn.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return l.Addr().String()
}

// answering answers every request with this body as JSON.
func answering(body string) emulator.Fault {
	return emulator.Fault{Body: []byte(body), ContentType: "application/json", Times: emulator.Forever}
}

// pageOfBody serves one body and asks for a page of it.
func pageOfBody(t testing.TB, body string) (*JobsPage, error) {
	t.Helper()
	u := newUpstream(t, emulator.Records())
	u.Script(answering(body))
	return u.Jobs(withToken(t.Context(), secret), firstPage)
}

// wantKind checks that err is an Error of this kind that tells nothing of the token.
func wantKind(t testing.TB, err error, kind Kind) *Error {
	t.Helper()
	e, ok := AsError(err)
	if !ok {
		t.Fatalf("got %v, want an error of kind %v", err, kind)
	}
	if e.Kind != kind {
		t.Errorf("got %v, want kind %v", e, kind)
	}
	if n := len(e.Error()); n > 1<<10 {
		t.Fatalf("the error is %d bytes long", n)
	}
	told := fmt.Sprintf("%v %+v %#v %q %+v %#v", e, e, e, e, *e, *e)
	for cause := errors.Unwrap(e); cause != nil; cause = errors.Unwrap(cause) {
		told += fmt.Sprintf("%+v %#v", cause, cause)
	}
	if strings.Contains(told, secret) {
		t.Errorf("the error tells the token: %s", told)
	}
	return e
}

// record is a job that is valid and has these members on top; later members win.
func record(id, members string) string {
	if members != "" {
		members = "," + members
	}
	return `{"job_id":"` + id + `","state":"completed","type":"materialize-view",` +
		`"created_at":"2023-10-31T11:19:13.400498","updated_at":"2023-10-31T11:25:08.327209"` + members + `}`
}

// page puts records into the documented envelope.
func page(records ...string) string {
	return fmt.Sprintf(`{"current_page":1,"total_records":%d,"total_pages":1,"records":[%s]}`,
		len(records), strings.Join(records, ","))
}

// rawRecords makes an emulator's records of texts.
func rawRecords(texts ...string) []json.RawMessage {
	out := make([]json.RawMessage, len(texts))
	for i, text := range texts {
		out[i] = json.RawMessage(text)
	}
	return out
}

// ids lists the ids of a page, with "!" for a record that is none.
func ids(p *JobsPage) []string {
	out := []string{}
	for _, r := range p.Records {
		if r.Err != nil {
			out = append(out, "!")
			continue
		}
		out = append(out, r.Job.ID())
	}
	return out
}

// equals compares what an accessor gave, nil standing for nothing.
func equals[T comparable](got *T, want any) bool {
	if got == nil {
		return want == nil
	}
	return any(*got) == want
}
