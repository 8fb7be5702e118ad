package live

import (
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"jobsgateway/restclient"
)

// running changes jobs, one each 10 ms.
func running(w *world, from, to int) {
	for n := from; n < to; n++ {
		w.change(n, restclient.StateRunning, 0)
		time.Sleep(10 * time.Millisecond)
	}
}

func TestSinceIsToldFromTheAPIWhenTheRingIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		running(w, 0, 10)
		e := over(w)
		s := begin(t, e, Changes{})
		first := next(t, s)
		s.Close()
		e.Close()
		time.Sleep(time.Minute)
		running(w, 3, 6)
		time.Sleep(time.Hour)
		running(w, 20, 21)
		again := over(w) // another replica
		defer again.Close()
		s = begin(t, again, Changes{Since: sinceText(first.cursor)})
		defer s.Close()
		told := map[string]int{}
		h := next(t, s)
		if h.resync {
			t.Fatal("the list has to be read again, for 4 changes")
		}
		for i, id := range h.ids {
			told[id] = h.numbers[i]
		}
		for _, n := range []int{3, 4, 5, 20} {
			if id, want := idAt(n), w.snapshot()[idAt(n)]; told[id] != want {
				t.Errorf("job %d is told in version %d, not %d", n, told[id], want)
			}
		}
		silent(t, s, time.Minute)
		running(w, 30, 31)
		if h := next(t, s); len(h.ids) != 1 || h.ids[0] != idAt(30) {
			t.Errorf("told %+v", h)
		}
	})
}

func TestSinceThatIsTooOldMeansToReadAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		running(w, 0, 1)
		e := over(w)
		s := begin(t, e, Changes{})
		old := next(t, s)
		s.Close()
		time.Sleep(time.Minute)
		running(w, 0, maxChanges+1)
		time.Sleep(time.Minute)
		s = begin(t, e, Changes{Since: sinceText(old.cursor)})
		defer s.Close()
		h := next(t, s)
		if !h.resync || len(h.ids) != 0 {
			t.Errorf("told %d jobs, resync %v", len(h.ids), h.resync)
		}
		silent(t, s, time.Minute)
		resumed := begin(t, e, Changes{Since: sinceText(h.cursor)})
		defer resumed.Close()
		if h := next(t, resumed); h.resync || len(h.ids) != 0 {
			t.Errorf("from the cursor of the resync: %+v", h)
		}
		e.Close()
	})
}

func TestSinceOfAnEmptyList(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		e := over(w)
		defer e.Close()
		s := begin(t, e, Changes{})
		empty := next(t, s)
		s.Close()
		time.Sleep(time.Minute)
		running(w, 0, 3)
		s = begin(t, e, Changes{Since: sinceText(empty.cursor)})
		defer s.Close()
		if h := next(t, s); len(h.ids) != 3 {
			t.Errorf("told %+v", h)
		}
	})
}

func TestBurstOfOneInstant(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		running(w, 0, 10)
		e := over(w)
		defer e.Close()
		s := begin(t, e, Changes{})
		defer s.Close()
		next(t, s)
		w.change(9, restclient.StateFailed, 4500*time.Millisecond) // it shows behind the burst
		for n := range 2 * maxRead {
			w.change(100+n, restclient.StateRunning, 0)
		}
		for i := range 2 { // at once, and when all is there that was written before
			if h := next(t, s); !h.resync {
				t.Fatalf("%d: told %d jobs of %d", i, len(h.ids), 2*maxRead)
			}
		}
		silent(t, s, time.Minute)
		w.calls.Store(0)
		time.Sleep(time.Minute)
		if w.calls.Load() > 40 {
			t.Errorf("%d calls a minute behind a burst", w.calls.Load())
		}
		running(w, 50, 51)
		if h := next(t, s); h.resync || len(h.ids) != 1 {
			t.Errorf("told %d jobs after the burst, resync %v", len(h.ids), h.resync)
		}
	})
}

func TestRecordFromTheFutureHidesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		running(w, 0, 3)
		future := modelJob{idAt(77), time.Now().UTC().Add(24 * time.Hour), restclient.StateRunning, 1}
		w.jobs[future.id] = future
		e := over(w)
		defer e.Close()
		s := begin(t, e, Changes{})
		defer s.Close()
		next(t, s)
		for n := range 3 {
			time.Sleep(20 * time.Second)
			running(w, n, n+1)
			if h := next(t, s); len(h.ids) != 1 || h.ids[0] != idAt(n) {
				t.Errorf("told %+v", h)
			}
		}
	})
}

func TestOutages(t *testing.T) {
	unavailable := &restclient.Error{Kind: restclient.KindUnavailable, Status: 503}
	limited := &restclient.Error{Kind: restclient.KindRateLimited, Status: 429}
	refused := &restclient.Error{Kind: restclient.KindUnauthenticated, Status: 401}
	invalid := &restclient.Error{Kind: restclient.KindInvalid, Status: 400}
	for _, c := range []struct {
		name  string
		fails error
		lasts time.Duration // of the outage
		ends  time.Duration // at most, after it began; 0: the stream goes on
	}{
		{"a short one", unavailable, 50 * time.Second, 0},
		{"a long one", unavailable, time.Hour, 65 * time.Second},
		{"a short limit", limited, 40 * time.Second, 0},
		{"a long limit", limited, time.Hour, 65 * time.Second},
		{"a token that is not accepted any more", refused, time.Hour, 3 * time.Second},
		{"a request that was good before", invalid, 30 * time.Second, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld()
			running(w, 0, 3)
			e := over(w)
			defer e.Close()
			list, job := begin(t, e, Changes{}), watchJob(t, e, 1)
			defer list.Close()
			defer job.Close()
			next(t, list)
			next(t, job)
			w.set(func() { w.fails = c.fails })
			began := time.Now()
			running(w, 1, 2) // is not seen now
			if c.ends > 0 {
				for _, s := range []*Stream{list, job} {
					if _, err := s.Next(t.Context()); !errors.Is(err, c.fails) || time.Since(began) > c.ends {
						t.Errorf("%s ends a stream after %v with %v", c.name, time.Since(began), err)
					}
				}
				return
			}
			time.Sleep(c.lasts)
			w.set(func() { w.fails = nil })
			for _, s := range []*Stream{list, job} {
				if h := next(t, s); h.resync || len(h.ids) != 1 || h.ids[0] != idAt(1) {
					t.Errorf("after %s: %+v", c.name, h)
				}
			}
		})
	}
}

func TestRefusedRequestEndsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, kind := range []restclient.Kind{restclient.KindInvalid, restclient.KindForbidden, restclient.KindUnauthenticated} {
			w := newWorld()
			w.fails = &restclient.Error{Kind: kind}
			e := over(w)
			for _, s := range []*Stream{begin(t, e, Changes{Filter: "type=a"}), watchJob(t, e, 1)} {
				if _, err := s.Next(t.Context()); !errors.Is(err, w.fails) {
					t.Errorf("%v: %v", kind, err)
				}
				s.Close()
			}
			e.Close()
			if w.calls.Load() > 2 {
				t.Errorf("%v: %d calls", kind, w.calls.Load())
			}
		}
	})
}

func TestLimitSlowsItsKeyAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, other := newWorld(), newWorld()
		e := over(w)
		defer e.Close()
		beside := over(other)
		defer beside.Close()
		for _, s := range []*Stream{begin(t, e, Changes{}), begin(t, beside, Changes{})} {
			defer s.Close()
			next(t, s)
		}
		w.set(func() {
			w.fails = &restclient.Error{Kind: restclient.KindRateLimited, RetryAfter: 20 * time.Second}
			w.calls.Store(0)
		})
		time.Sleep(45 * time.Second)
		if w.calls.Load() > 3 {
			t.Errorf("%d calls in 45 s to an API that asks to wait for 20", w.calls.Load())
		}
		w.set(func() { w.fails = nil })
		time.Sleep(10 * time.Minute)
		w.calls.Store(0)
		time.Sleep(time.Minute)
		if w.calls.Load() < 25 {
			t.Errorf("%d calls a minute, long after a limit", w.calls.Load())
		}
	})
}

func TestOneFailingJobEndsAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &oneFails{world: newWorld()}
		running(w.world, 0, 2)
		e := over(w)
		defer e.Close()
		good, bad := watchJob(t, e, 1), watchJob(t, e, 2)
		defer good.Close()
		defer bad.Close()
		next(t, good)
		if _, err := bad.Next(t.Context()); err == nil || errors.Is(err, io.EOF) {
			t.Errorf("a job that always fails: %v", err)
		}
		running(w.world, 1, 2)
		next(t, good)
	})
}

// oneFails is a world in which job 2 cannot be asked for.
type oneFails struct{ *world }

func (w *oneFails) Job(ctx context.Context, id restclient.JobID) (*restclient.Job, error) {
	if string(id) == idAt(2) {
		return nil, &restclient.Error{Kind: restclient.KindUnavailable, Status: 500}
	}
	return w.world.Job(ctx, id)
}
