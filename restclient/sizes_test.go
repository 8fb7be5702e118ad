package restclient

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// heavy is a Jobs API of an endless list, whose records have so many bytes, and which counts what it is
// asked.
type heavy struct {
	*httptest.Server
	bytes   func(at int) int // of the record at this place
	unsized bool             // the answer does not tell its length
	asked   atomic.Int64
	calls   atomic.Int64
}

func newHeavy(t *testing.T, bytes func(at int) int) *heavy {
	t.Helper()
	h := &heavy{bytes: bytes}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		per, _ := strconv.Atoi(r.FormValue("per_page"))
		offset, _ := strconv.Atoi(r.FormValue("offset"))
		h.asked.Store(int64(per))
		h.calls.Add(1)
		records := make([]string, per)
		for i := range records {
			records[i] = record(fmt.Sprintf("%08d-0000-4000-8000-000000000000", offset+i), "")
			pad := h.bytes(offset+i) - len(records[i]) - len(`,"pad":""`)
			records[i] = record(fmt.Sprintf("%08d-0000-4000-8000-000000000000", offset+i), `"pad":"`+strings.Repeat("x", max(pad, 0))+`"`)
		}
		body := page(records...)
		w.Header().Set("Content-Type", "application/json")
		if !h.unsized {
			w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		} else {
			_ = http.NewResponseController(w).Flush()
		}
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(h.Close)
	return h
}

// evenly is a list whose records have the same length.
func evenly(n int) func(int) int { return func(int) int { return n } }

// A page that is too large says so, and the next one of the same list asks for fewer at once; another
// filter's, and another token's, do not. One call is one request, whatever comes of it.
func TestTooLarge(t *testing.T) {
	t.Parallel()
	for _, unsized := range []bool{false, true} {
		h := newHeavy(t, evenly(20_000)) // 52 fit
		h.unsized = unsized
		c := newClient(t, h.URL)
		one := withToken(t.Context(), "token-one")
		wanted := JobsQuery{Filter: "state=failed", OrderBy: CreatedAtDesc, PerPage: 200}
		for i, asked := range []int64{200, 100} {
			_, err := c.Jobs(one, wanted)
			if e := wantKind(t, err, KindMalformed); !e.TooLarge || h.asked.Load() != asked || h.calls.Load() != int64(i+1) {
				t.Errorf("asked for %d with %d calls: %v", h.asked.Load(), h.calls.Load(), e)
			}
		}
		for range 20 {
			page, err := c.Jobs(one, wanted)
			if err != nil || page.Asked < 39 || page.Asked > 52 || len(page.Records) != page.Asked || int64(page.Asked) != h.asked.Load() {
				t.Fatalf("%v, asked for %d", err, h.asked.Load())
			}
			page.Release()
		}
		wanted.PerPage = 7
		if page, err := c.Jobs(one, wanted); err != nil || page.Asked != 7 || h.asked.Load() != 7 {
			t.Errorf("%v, asked for %d", err, h.asked.Load())
		}
		calls := h.calls.Load()
		wanted.PerPage = 200
		_, err := c.Jobs(withToken(t.Context(), "token-two"), wanted)
		wantKind(t, err, KindMalformed)
		if h.asked.Load() != 200 {
			t.Errorf("another token: asked for %d", h.asked.Load())
		}
		wanted.Filter = ""
		_, err = c.Jobs(one, wanted)
		wantKind(t, err, KindMalformed)
		if h.asked.Load() != 200 || h.calls.Load() != calls+2 {
			t.Errorf("another filter: asked for %d", h.asked.Load())
		}
	}
}

// A size that was learned is doubted after a while, twice as much a time, and then forgotten.
func TestSizesAreDoubted(t *testing.T) {
	t.Parallel()
	var s sizes
	key, now := listKey{"t", "f"}, historyEnd
	if s.tooLarge(key, 500, now); s.perPage(key, 500, now) != 250 {
		t.Error("nothing was learned")
	}
	s.tooLarge(key, 250, now)
	s.tooLarge(key, 500, now) // a call that was under way
	const lasts = 5 * time.Minute
	for _, step := range []struct {
		after time.Duration
		want  int
	}{{lasts, 125}, {lasts + 1, 250}, {2 * lasts, 250}, {2*lasts + 1, 500}, {2*lasts + 2, 500}} {
		if got := s.perPage(key, 500, now.Add(step.after)); got != step.want {
			t.Errorf("after %v: %d, want %d", step.after, got, step.want)
		}
	}
	if s.known.Load() != 0 || len(s.lists) != 0 {
		t.Error("what was forgotten is kept")
	}
	s.tooLarge(key, 4, now)
	if got := s.perPage(key, 500, now.Add(1000*time.Hour)); got != 500 {
		t.Errorf("after weeks: %d", got)
	}
}

// One record that is over the cap, alone or among light ones, does not keep the pages small.
func TestOneHeavyRecord(t *testing.T) {
	t.Parallel()
	var s sizes
	key := listKey{"t", "f"}
	if s.tooLarge(key, 1, historyEnd); s.perPage(key, 500, historyEnd) != 500 {
		t.Error("one record made all pages small")
	}
	for n := 500; n > 1; n /= 2 {
		s.tooLarge(key, n, historyEnd)
	}
	if got := s.perPage(key, 500, historyEnd); got != 1 {
		t.Fatalf("asked for %d", got)
	}
	for _, want := range []int{1, 2, 4, 8, 16, 32, 64, 128, 256} { // at most twice as many: the next may be heavy again
		n := s.perPage(key, 500, historyEnd)
		if n != want {
			t.Errorf("asked for %d, want %d", n, want)
		}
		s.grow(key, n, int64(n)*1000, bodyCap)
	}
	if got := s.perPage(key, 500, historyEnd); got != 500 {
		t.Errorf("asked for %d after pages of light records", got)
	}
	s.tooLarge(key, 500, historyEnd)
	if s.tooLarge(key, 1, historyEnd); s.perPage(key, 500, historyEnd) != 500 || s.known.Load() != 0 {
		t.Error("the record to blame was found, and the pages are small")
	}
}

// A page may take three quarters of the cap, by the weight of the records of late.
func TestRoomForHeavierRecords(t *testing.T) {
	t.Parallel()
	var s sizes
	key := listKey{"t", "f"}
	s.tooLarge(key, 32, historyEnd)
	for _, want := range []int{16, 32, 64, 78, 78} { // of 10,001 bytes
		n := s.perPage(key, 500, historyEnd)
		if n != want {
			t.Errorf("asked for %d, want %d", n, want)
		}
		s.grow(key, n, int64(n)*10_000, bodyCap)
	}
}

// Light pages between heavy ones do not make the heavy ones too large again, one after the other.
func TestLightAndHeavyPages(t *testing.T) {
	t.Parallel()
	var s sizes
	key := listKey{"t", "f"}
	s.tooLarge(key, 500, historyEnd)
	tooLarge := 0
	for i := range 60 {
		each := 1000
		if i%3 == 2 {
			each = 8000
		}
		n := s.perPage(key, 500, historyEnd)
		for ; n*each > bodyCap; n = s.perPage(key, 500, historyEnd) {
			tooLarge++
			s.tooLarge(key, n, historyEnd)
		}
		s.grow(key, n, int64(n*each), bodyCap)
	}
	if tooLarge > 3 {
		t.Errorf("%d of 60 pages were too large", tooLarge)
	}
}

// However many lists are heavy, so many are remembered; the one that was learned first gives way.
func TestSizesAreBounded(t *testing.T) {
	t.Parallel()
	var s sizes
	key := func(i int) listKey { return listKey{"t", Filter(strconv.Itoa(i))} }
	for i := range 300 {
		s.tooLarge(key(i), 500, historyEnd.Add(time.Duration(i)))
	}
	for i := range 300 {
		want := 250
		if i < 300-256 {
			want = 500
		}
		if got := s.perPage(key(i), 500, historyEnd); got != want {
			t.Errorf("list %d: %d, want %d", i, got, want)
		}
	}
	if len(s.lists) != 256 {
		t.Errorf("%d lists are remembered", len(s.lists))
	}
}

// What an address of nobody is told costs nobody a smaller page.
func TestSizesWithoutAToken(t *testing.T) {
	t.Parallel()
	base, _ := url.Parse("http://jobs.invalid")
	c := New(Config{BaseURL: base, Token: tokenOf, Timeout: patience, MaxBody: bodyCap, MaxConns: 1})
	_, err := c.Jobs(t.Context(), firstPage)
	wantKind(t, err, KindUnauthenticated)
	if c.sizes.known.Load() != 0 {
		t.Error("something was learned")
	}
}
