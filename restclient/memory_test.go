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

	"pgregory.net/rapid"

	"jobsgateway/internal/emulator"
)

// Every size that is lent has room, is less than twice what was asked for, and finds its way back to its own
// pool.
func TestMemorySizes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 5<<20).Draw(t, "n")
		var m memory
		size := cap(m.take(n))
		if size < n || size >= max(smallestLent+1, 2*n) {
			t.Fatalf("%d bytes are given %d", n, size)
		}
		if n <= largestLent && poolOf(size) != poolOf(n) {
			t.Fatalf("%d bytes of pool %d go back to pool %d", size, poolOf(n), poolOf(size))
		}
		m.give(make([]byte, 0, n))
		if b := m.take(n); len(b) != 0 || cap(b) < n {
			t.Fatalf("asked for %d, given %d of %d", n, len(b), cap(b))
		}
	})
}

// addressOf is the place of a slice's memory.
func addressOf(b []byte) *byte { return unsafe.SliceData(b) }

// What is given back is lent again, in its own size or the next smaller one, and never for more than it has
// room for. A pool may drop what it has, and does so in tests for races, so that it is asked more than once.
func TestMemoryIsUsedAgain(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 4 << 10, 5000, 500_000, 4 << 20} {
		var m memory
		again, grown := 0, 0
		for range 100 {
			b := m.take(n)
			m.give(append(b, "used"...)[:0])
			if next := m.take(n); addressOf(next) == addressOf(b) {
				again++
			}
			odd := make([]byte, 0, 530_000) // no size of ours, with room for 524,288 bytes
			m.give(odd)
			if next := m.take(n); addressOf(next) == addressOf(odd) {
				grown++
			}
		}
		if again < 20 {
			t.Errorf("%d bytes were used again %d times of 100", n, again)
		}
		if n == 500_000 && grown < 20 || n != 500_000 && grown > 0 {
			t.Errorf("530,000 bytes were lent for %d, %d times", n, grown)
		}
	}
	var m memory
	large := make([]byte, 0, 5<<20)
	for range 100 {
		m.give(large)
		if addressOf(m.take(5<<20)) == addressOf(large) {
			t.Fatal("memory above the largest size is kept")
		}
	}
}

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
		body := addressOf(page.body)
		page.Release()
		if page = ask(); addressOf(page.body) == body {
			again++
		}
		kept := addressOf(page.body)
		if addressOf(ask().body) == kept { // neither is released
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
	l.lent = p
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
		if _, err := c.readBody(t.Context(), &http.Response{Body: io.NopCloser(body), ContentLength: -1}, 1); err == nil {
			t.Fatal("it was read")
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
			_, _ = c.readBody(t.Context(), &http.Response{Body: io.NopCloser(body()), ContentLength: -1}, 1)
		}
		runtime.ReadMemStats(&before)
		for range rounds {
			if _, err := c.readBody(t.Context(), &http.Response{Body: io.NopCloser(body()), ContentLength: -1}, 1); err == nil {
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
			b, err := c.readToEnd(&endless{}, expected)
			if err != nil || int64(len(b)) != limit+1 || int64(cap(b)) > max(limit+1, min(2*limit, largestLent)) {
				t.Errorf("%d bytes in %d for a cap of %d: %v", len(b), cap(b), limit, err)
			}
		}
	}
}

// However long a body says it is, or the one before it was, no more than the largest size that is lent is
// taken before its bytes arrive; and what a page of few records may have follows from how many it is asked
// for.
func TestGuessedRoom(t *testing.T) {
	t.Parallel()
	c := newClient(t, "http://jobs.invalid", func(cfg *Config) { cfg.MaxBody = 64 << 20 })
	b, err := c.readToEnd(strings.NewReader("{}"), 64<<20)
	if err != nil || cap(b) != 4<<20 {
		t.Errorf("%d bytes for a body that says much and has 2: %v", cap(b), err)
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
		b, err := c.readBody(t.Context(), &http.Response{Body: io.NopCloser(body), ContentLength: step.told}, 10)
		if err != nil || int64(len(b)) != step.length || (int64(body.room) > step.length) != step.room {
			t.Errorf("%+v: %d bytes with room for %d at first: %v", step, len(b), body.room, err)
		}
		if cap(b) > 2*len(b) {
			t.Errorf("%+v: %d bytes are kept", step, cap(b))
		}
	}
}

// A page that one caller has is overwritten when it is released; one that several have is not, whoever
// releases it.
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
		for _, page := range pages {
			page.Release()
			page.Release()
		}
		scribbled := bytes.Equal(raw, []byte(strings.Repeat("#", len(raw))))
		if scribbled != (callers == 1) {
			t.Errorf("%d callers: the record is %s", callers, raw)
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
		if cap(body) > 2*smallestLent {
			t.Errorf("%d bytes hold %d", len(body), cap(body))
		}
	}
}
