package live

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"jobsgateway/graph/paging"
	"jobsgateway/restclient"
)

// next reads one event, which has to come within a minute of the bubble's time.
func next(t *testing.T, s *Stream) heard {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	text, err := s.Next(ctx)
	if err != nil {
		t.Fatalf("Next: %v", err)
	}
	return hear(text)
}

// waiting reads the events of the next ten seconds of the bubble's time.
func waiting(t *testing.T, s *Stream) (all []heard) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for {
		text, err := s.Next(ctx)
		if errors.Is(err, context.DeadlineExceeded) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, hear(text))
	}
}

// silent expects no event for a while.
func silent(t *testing.T, s *Stream, d time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	if text, err := s.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("told %q, %v; want nothing", text, err)
	}
}

func begin(t *testing.T, e *Engine, c Changes) *Stream {
	t.Helper()
	if c.Form.Write == nil {
		c.Form = plainForm("plain")
	}
	s, err := e.Changes("token", c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func watchJob(t *testing.T, e *Engine, n int) *Stream {
	t.Helper()
	s, err := e.Job("token", restclient.JobID(idAt(n)), plainForm("plain"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// sinceText reads the cursor of an event.
func sinceText(cursor string) *paging.Since {
	since, err := paging.ReadSince(cursor, ListOf(""))
	if err != nil {
		panic(err)
	}
	return &since
}

// kept is what a feed keeps.
func kept(f *feed) (entries int, bytes int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.entries), f.bytes
}

func TestManyStreamsCostOnePollAndOneWriting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.change(1, restclient.StateRunning, 0)
		e := over(w)
		defer e.Close()
		written := 0
		form := plainForm("plain")
		write := form.Write
		form.Write = func(event Event) []byte { written++; return write(event) }
		var streams []*Stream
		for range 500 {
			s := begin(t, e, Changes{Form: form})
			defer s.Close()
			streams = append(streams, s)
		}
		for _, s := range streams {
			if h := next(t, s); len(h.ids) != 0 || h.resync {
				t.Fatalf("the first event is %+v", h)
			}
		}
		time.Sleep(time.Minute)
		calls := w.calls.Load()
		if calls < 25 || calls > 35 {
			t.Errorf("%d calls a minute; want one each 2 s", calls)
		}
		w.change(1, restclient.StateCompleted, 0)
		for _, s := range streams {
			if h := next(t, s); len(h.ids) != 1 || h.numbers[0] != 2 {
				t.Fatalf("told %+v", h)
			}
		}
		if written != 2 {
			t.Errorf("two events were written %d times", written)
		}
	})
}

func TestFilterByStatesSharesThePoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		e := over(w)
		defer e.Close()
		all := begin(t, e, Changes{})
		defer all.Close()
		failed := begin(t, e, Changes{States: []restclient.State{restclient.StateFailed}})
		defer failed.Close()
		none := begin(t, e, Changes{States: []restclient.State{}})
		defer none.Close()
		for _, s := range []*Stream{all, failed, none} {
			next(t, s)
		}
		if got := e.Figures(); got.Polls != 1 || got.Streams != 3 {
			t.Errorf("%+v", got)
		}
		w.change(1, restclient.StateRunning, 0)
		next(t, all)
		silent(t, failed, 10*time.Second)
		w.change(1, restclient.StateFailed, 0)
		next(t, all)
		if h := next(t, failed); len(h.ids) != 1 {
			t.Errorf("told %+v", h)
		}
		silent(t, none, 10*time.Second)
	})
}

func TestNobodyWatchesNoPoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		e := over(w)
		s := begin(t, e, Changes{})
		next(t, s)
		job := watchJob(t, e, 1)
		if _, err := job.Next(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.Close()
		s.Close()
		job.Close()
		time.Sleep(3 * time.Second)
		calls := w.calls.Load()
		time.Sleep(time.Minute)
		if got := e.Figures(); w.calls.Load() != calls || got != (Figures{}) {
			t.Errorf("%d calls when nobody watched, and %+v is left", w.calls.Load()-calls, got)
		}
		synctest.Wait() // the bubble has to end without the engine's Close
	})
}

func TestOneJob(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.change(1, restclient.StatePending, 0)
		e := over(w)
		defer e.Close()
		s := watchJob(t, e, 1)
		defer s.Close()
		if h := next(t, s); h.numbers[0] != 1 {
			t.Errorf("told %+v first", h)
		}
		silent(t, s, time.Minute)
		w.change(1, restclient.StateRunning, 0)
		next(t, s)
		second := watchJob(t, e, 1)
		defer second.Close()
		calls := w.calls.Load()
		if h := next(t, second); h.numbers[0] != 2 || w.calls.Load() != calls {
			t.Errorf("the second stream is told %+v, for %d calls", h, w.calls.Load()-calls)
		}
		w.change(1, restclient.StateCompleted, 0)
		for _, s := range []*Stream{s, second} {
			next(t, s)
			if _, err := s.Next(t.Context()); !errors.Is(err, io.EOF) {
				t.Errorf("after the final state: %v", err)
			}
		}
		gone := watchJob(t, e, 7)
		defer gone.Close()
		if h := next(t, gone); len(h.ids) != 0 {
			t.Errorf("a job that is not there: %+v", h)
		}
		if _, err := gone.Next(t.Context()); !errors.Is(err, io.EOF) {
			t.Errorf("a job that is not there: %v", err)
		}
	})
}

func TestManyJobsCostTheList(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		e := over(w)
		defer e.Close()
		var streams []*Stream
		for n := range 20 {
			w.change(n, restclient.StateRunning, 0)
			time.Sleep(10 * time.Second)
		}
		for n := range 20 {
			s := watchJob(t, e, n)
			defer s.Close()
			next(t, s)
			streams = append(streams, s)
		}
		time.Sleep(10 * time.Second)
		w.calls.Store(0)
		w.singles.Store(0)
		time.Sleep(time.Minute)
		if lists := w.calls.Load() - w.singles.Load(); lists < 25 || lists > 35 || w.singles.Load() > 40 {
			t.Errorf("20 jobs cost %d readings of the list and %d of one job a minute", lists, w.singles.Load())
		}
		for n, s := range streams {
			w.change(n, restclient.StateFailed, 0)
			if h := next(t, s); h.ids[0] != idAt(n) {
				t.Errorf("told of %s in place of %s", h.ids[0], idAt(n))
			}
			if _, err := s.Next(t.Context()); !errors.Is(err, io.EOF) {
				t.Errorf("after the final state: %v", err)
			}
			s.Close()
		}
	})
}

func TestJobThatIsRemovedIsNoticedInTheList(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		e := over(w)
		defer e.Close()
		for n := range 5 {
			w.change(n, restclient.StateRunning, 0)
			s := watchJob(t, e, n)
			defer s.Close()
			next(t, s)
			if n == 0 {
				defer func() {
					w.remove(0)
					time.Sleep(2 * time.Minute)
					if h := next(t, s); len(h.ids) != 0 {
						t.Errorf("told %+v of a job that was removed", h)
					}
				}()
			}
		}
	})
}

func TestSlowStreamIsToldToReadAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, fill := range []int{10, 100_000} {
			w := newWorld()
			w.fill = fill
			e := over(w)
			slow, quick := begin(t, e, Changes{}), begin(t, e, Changes{})
			next(t, slow)
			next(t, quick)
			for n := range 70 {
				w.change(n, restclient.StateRunning, 0)
				if h := next(t, quick); h.resync || len(h.ids) != 1 {
					t.Fatalf("who reads is told %+v", h)
				}
			}
			f := slow.feed
			if entries, bytes := kept(f); entries > maxBehind || bytes > maxBehindBytes {
				t.Errorf("%d entries of %d bytes are kept for a slow stream", entries, bytes)
			}
			if h := next(t, slow); !h.resync {
				t.Errorf("who was too slow is told %+v", h)
			}
			silent(t, slow, 10*time.Second)
			w.change(100, restclient.StateRunning, 0)
			if h := next(t, slow); h.resync || len(h.ids) != 1 {
				t.Errorf("after that it is told %+v", h)
			}
			next(t, quick)
			if entries, bytes := kept(f); entries != 0 || bytes != 0 {
				t.Errorf("%d entries of %d bytes are kept for nobody", entries, bytes)
			}
			slow.Close()
			quick.Close()
			e.Close()
		}
	})
}

func TestSlowStreamOfOneJobIsToldTheLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.change(1, restclient.StateRunning, 0)
		e := over(w)
		defer e.Close()
		s := watchJob(t, e, 1)
		defer s.Close()
		next(t, s)
		for range 100 {
			w.change(1, restclient.StateRunning, 0)
			time.Sleep(3 * time.Second)
		}
		if h := next(t, s); h.numbers[0] != 101 {
			t.Errorf("told version %d", h.numbers[0])
		}
		silent(t, s, 10*time.Second)
	})
}

func TestLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := over(newWorld(), func(c *Config) { c.Limits = Limits{Streams: 4, StreamsPerToken: 3, Polls: 2} })
		defer e.Close()
		begun := func(token, filter string) (*Stream, string) {
			s, err := e.Changes(token, Changes{Filter: restclient.Filter(filter), Form: plainForm("")})
			if refused, ok := errors.AsType[*LimitError](err); ok {
				return nil, refused.Error()
			}
			return s, ""
		}
		var streams []*Stream
		for i, c := range []struct{ token, filter, want string }{
			{"a", "", ""},
			{"a", "type=a", ""},
			{"a", "type=b", "The gateway"},
			{"a", "", ""},
			{"a", "", "This token"},
			{"b", "type=b", "The gateway"},
		} {
			s, refused := begun(c.token, c.filter)
			if s != nil {
				streams = append(streams, s)
			}
			if refused != c.want && (c.want == "" || !strings.HasPrefix(refused, c.want)) {
				t.Errorf("%d: %q", i, refused)
			}
		}
		for _, s := range streams {
			s.Close()
		}
		time.Sleep(3 * time.Second)
		if s, refused := begun("b", ""); refused != "" {
			t.Errorf("when all have left: %s", refused)
		} else {
			s.Close()
		}
	})
}

func TestCloseEndsStreams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.change(1, restclient.StateRunning, 0)
		e := over(w)
		streams := []*Stream{begin(t, e, Changes{}), begin(t, e, Changes{States: []restclient.State{}}), watchJob(t, e, 1)}
		for _, s := range streams {
			next(t, s)
		}
		e.Close()
		for i, s := range streams {
			if _, err := s.Next(t.Context()); !errors.Is(err, io.EOF) {
				t.Errorf("%d: %v", i, err)
			}
			s.Close()
		}
		if _, err := e.Changes("token", Changes{Form: plainForm("")}); !errors.Is(err, io.EOF) {
			t.Errorf("after Close: %v", err)
		}
	})
}

func TestPanicEndsThePollAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &panicking{world: newWorld()}
		e := over(w)
		defer e.Close()
		s := begin(t, e, Changes{})
		defer s.Close()
		next(t, s)
		w.set(func() { w.broken = true })
		if _, err := s.Next(t.Context()); err == nil || !strings.Contains(fmt.Sprint(err), "panic") {
			t.Errorf("%v", err)
		}
	})
}

// panicking is a world whose calls panic.
type panicking struct {
	*world
	broken bool
}

func (p *panicking) Jobs(ctx context.Context, q restclient.JobsQuery) (*restclient.JobsPage, error) {
	p.mu.Lock()
	broken := p.broken
	p.mu.Unlock()
	if broken {
		panic("broken")
	}
	return p.world.Jobs(ctx, q)
}
