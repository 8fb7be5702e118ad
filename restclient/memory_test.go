package restclient

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"
	"unsafe"

	"jobsgateway/internal/emulator"
	"jobsgateway/internal/memory"
)

// addressOf is the place of a slice's memory.
func addressOf(b []byte) *byte { return unsafe.SliceData(b) }

// The body of a page that was released is read into again by the next call; that of one that was not is not.
func TestAnswersAreUsedAgain(t *testing.T) {
	t.Parallel()
	u := newUpstream(t, emulator.Options{Seed: 1, Jobs: 300})
	ask := func() *JobsPage {
		page, err := u.Jobs(withToken(t.Context(), secret), JobsQuery{OrderBy: CreatedAtDesc, PerPage: 200})
		if err != nil {
			t.Fatal(err)
		}
		return page
	}
	again := 0
	for range 60 {
		page := ask()
		body := addressOf(page.hold.body)
		page.Release()
		if page = ask(); addressOf(page.hold.body) == body {
			again++
		}
		kept := addressOf(page.hold.body)
		if addressOf(ask().hold.body) == kept { // neither is released
			t.Fatal("memory that is in use is lent again")
		}
	}
	if again < 10 {
		t.Errorf("memory was used again %d times of 60", again)
	}
}

// lender remembers the memory that it was last read into.
type lender struct {
	io.Reader
	lent []byte
}

func (l *lender) Read(p []byte) (int, error) {
	if len(p) > 1 { // one byte is read to see whether there is one
		l.lent = p
	}
	return l.Reader.Read(p)
}

// A body that cannot be used gives its memory back: one that is too large, one that breaks off. No more is
// ever taken than twice the cap, and no more than the cap where that is larger than what is lent.
func TestFailedBodiesGiveBack(t *testing.T) { //nolint:paralleltest // it measures what the process takes
	const rounds, size = 40, 1 << 20
	for name, body := range map[string]*lender{
		"too large": {Reader: &endless{}}, "broken off": {Reader: io.MultiReader(io.LimitReader(&endless{}, 9000), iotest.ErrReader(io.ErrUnexpectedEOF))},
	} {
		c := newClient(t, "http://jobs.invalid", func(cfg *Config) { cfg.MaxBody, cfg.Scribble = size, true })
		if _, err := c.readBody(t.Context(), c.accountOf(t.Context(), "t"), &http.Response{Body: io.NopCloser(body), ContentLength: -1}, 1); err == nil {
			t.Fatal("it was read")
		}
		if figures := c.memory.Figures(); figures.Held != 0 || figures.Owners != 0 {
			t.Errorf("%s: %+v", name, figures)
		}
		if !bytes.Equal(body.lent, bytes.Repeat([]byte("#"), len(body.lent))) || len(body.lent) == 0 {
			t.Errorf("%s: the memory is not given back", name)
		}
	}
	for name, body := range map[string]func() io.Reader{
		"too large": func() io.Reader { return &endless{} },
		"broken off": func() io.Reader {
			return io.MultiReader(io.LimitReader(&endless{}, size-9), iotest.ErrReader(io.ErrUnexpectedEOF))
		},
	} {
		c := newClient(t, "http://jobs.invalid", func(cfg *Config) { cfg.MaxBody = size })
		var before, behind runtime.MemStats
		for range 3 {
			_, _ = c.readBody(t.Context(), c.accountOf(t.Context(), "t"), &http.Response{Body: io.NopCloser(body()), ContentLength: -1}, 1)
		}
		runtime.ReadMemStats(&before)
		for range rounds {
			if _, err := c.readBody(t.Context(), c.accountOf(t.Context(), "t"), &http.Response{Body: io.NopCloser(body()), ContentLength: -1}, 1); err == nil {
				t.Fatal("it was read")
			}
		}
		runtime.ReadMemStats(&behind)
		if took := (behind.TotalAlloc - before.TotalAlloc) / rounds; took > size*3/2 {
			t.Errorf("%s: %d bytes for each body", name, took)
		}
	}
	for _, limit := range []int64{10_000, size, 5<<20 + 1} {
		for _, expected := range []int64{0, 100, limit, 1 << 40} {
			c := newClient(t, "http://jobs.invalid", func(cfg *Config) { cfg.MaxBody = limit })
			account := c.accountOf(t.Context(), "t")
			d := reading{account: account, most: limit}
			tooLong, err := d.readToEnd(t.Context(), &endless{}, expected)
			if err != nil || !tooLong || int64(len(d.b)) != limit || int64(cap(d.b)) >= 2*limit {
				t.Errorf("%d bytes in %d for a cap of %d: %v", len(d.b), cap(d.b), limit, err)
			}
			if d.giveBack(); c.memory.Figures().Held != 0 {
				t.Errorf("%+v", c.memory.Figures())
			}
		}
	}
}

// However long a body says it is, or the one before it was, no more than 4 MiB are taken before its bytes
// arrive, and little of what is longer; and what a page of few records may have follows from how many it is asked
// for.
func TestGuessedRoom(t *testing.T) {
	t.Parallel()
	c := newClient(t, "http://jobs.invalid", func(cfg *Config) { cfg.MaxBody = 64 << 20 })
	for said, taken := range map[int64]int{64 << 20: 256 << 10, 5 << 20: 256 << 10, 4 << 20: 4 << 20, 1 << 20: 1 << 20} {
		d := reading{most: 64 << 20}
		tooLong, err := d.readToEnd(t.Context(), strings.NewReader("{}"), said)
		if err != nil || tooLong || cap(d.b) != taken {
			t.Errorf("%d bytes for a body that says %d and has 2: %v", cap(d.b), said, err)
		}
	}
	c.noteLength(500, 2_000_000)
	for records, most := range map[int]int64{1: 4001, 20: 80_020, 500: 2_000_500} {
		if got := c.expectedLength(records); got > most || got < most/2 {
			t.Errorf("%d records: %d bytes are expected, at most %d", records, got, most)
		}
	}
	if got := c.expectedLength(0); got != 0 {
		t.Errorf("one job: %d bytes are expected before there was one", got)
	}
	if c.noteLength(0, 700); c.expectedLength(0) != 700 || c.expectedLength(500) < 1_000_000 {
		t.Error("a job's length is taken for a page's")
	}
}

// firstRead notes for how many bytes there was room at first.
type firstRead struct {
	io.Reader

	room int
}

func (f *firstRead) Read(p []byte) (int, error) {
	if f.room == 0 {
		f.room = len(p)
	}
	return f.Reader.Read(p)
}

// A body has room at once where its length is told, or that of the one before it was seen; one that is longer
// grows. What is kept of it is at most twice its length.
func TestRoomAtOnce(t *testing.T) {
	t.Parallel()
	c := newClient(t, "http://jobs.invalid")
	for _, step := range []struct {
		length, told int64
		room         bool
	}{{100_000, -1, false}, {100_000, -1, true}, {200_000, -1, false}, {200_000, -1, true}, {90_000, -1, true}, {300_000, 300_000, true}} {
		body := &firstRead{Reader: strings.NewReader(strings.Repeat(" ", int(step.length)))}
		b, err := c.readBody(t.Context(), nil, &http.Response{Body: io.NopCloser(body), ContentLength: step.told}, 10)
		if err != nil || int64(len(b)) != step.length || (int64(body.room) > step.length) != step.room {
			t.Errorf("%+v: %d bytes with room for %d at first: %v", step, len(b), body.room, err)
		}
		if cap(b) > 2*len(b) {
			t.Errorf("%+v: %d bytes are kept", step, cap(b))
		}
	}
}

// A page is overwritten when the last of those who hold it has released it, and not before.
func TestRelease(t *testing.T) {
	t.Parallel()
	const body = `{"records":[{"job_id":"a","state":"running","type":"t","created_at":"2024-01-01T00:00:00",` +
		`"updated_at":"2024-01-01T00:00:00"}],"total_records":1}`
	arrived, answer := make(chan struct{}, 8), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		arrived <- struct{}{}
		<-answer
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(body))
	}))
	defer server.Close()
	base, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	client := New(Config{BaseURL: base, Token: tokenOf, Timeout: time.Minute, MaxBody: 1 << 20, MaxConns: 8, Scribble: true})
	defer client.Close()
	for _, callers := range []int{1, 3} {
		pages := make([]*JobsPage, callers)
		var all sync.WaitGroup
		for i := range pages {
			all.Go(func() {
				var err error
				if pages[i], err = client.Jobs(withToken(t.Context(), "t"), JobsQuery{OrderBy: CreatedAtDesc, PerPage: 1}); err != nil {
					t.Error(err)
				}
			})
		}
		<-arrived
		until(t, func() bool { return waiting(client) == callers })
		answer <- struct{}{}
		all.Wait()
		raw := pages[0].Records[0].Job.Raw()
		for i, page := range pages {
			if figures := client.memory.Figures(); raw[0] != '{' || figures.Held != memory.Least {
				t.Errorf("%d callers, %d have released: the record is %s, %+v", callers, i, raw, figures)
			}
			page.Release()
		}
		if scribbled := bytes.Equal(raw, []byte(strings.Repeat("#", len(raw)))); !scribbled {
			t.Errorf("%d callers: the record is %s", callers, raw)
		}
		if figures := client.memory.Figures(); figures.Held != 0 {
			t.Errorf("%d callers: %+v", callers, figures)
		}
	}
}

// A short body that comes without a length does not hold the room of the long one before it: a job is never
// given back.
func TestRoomOfUnsizedBodies(t *testing.T) {
	t.Parallel()
	record := `{"job_id":"2a5b9ad7-dc8f-47bb-8e62-843a38f8054c","state":"completed","type":"x","created_at":"2024-01-01T00:00:00",` +
		`"updated_at":"2024-01-01T00:00:00","pad":"` + strings.Repeat("x", 1000) + `"}`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = http.NewResponseController(w).Flush() // so that it has no length
		if r.URL.Path != "/jobs" {
			_, _ = w.Write([]byte(record))
			return
		}
		_, _ = w.Write([]byte(`{"total_records":500,"records":[` + strings.Repeat(record+",", 499) + record + `]}`))
	}))
	defer server.Close()
	base, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	client := New(Config{BaseURL: base, Token: tokenOf, Timeout: time.Minute, MaxBody: 8 << 20, MaxConns: 4, Scribble: true})
	defer client.Close()
	ctx := withToken(t.Context(), "t")
	for range 3 {
		if _, err := client.Jobs(ctx, JobsQuery{OrderBy: CreatedAtDesc, PerPage: 500}); err != nil {
			t.Fatal(err)
		}
		body, _, err := client.get(ctx, call{token: "t", suffix: "/2a5b9ad7-dc8f-47bb-8e62-843a38f8054c"}, time.Time{})
		if err != nil || string(body) != record {
			t.Fatalf("%s, %v", body, err)
		}
		if cap(body) > 2*memory.Least {
			t.Errorf("%d bytes hold %d", len(body), cap(body))
		}
	}
}
