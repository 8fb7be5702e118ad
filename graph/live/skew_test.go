package live

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"jobsgateway/graph/paging"
	"jobsgateway/restclient"
)

// Clocks differ: that of the replica that made a cursor may be ahead of this one's, and a cursor may be from
// anybody. Who else watches the same may not miss anything because of it.
func TestSinceFromTheFutureHidesNothing(t *testing.T) {
	for _, ahead := range []time.Duration{7 * time.Second, time.Hour, 100 * 365 * 24 * time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld()
			running(w, 0, 3)
			e := over(w)
			defer e.Close()
			s := begin(t, e, Changes{Since: &paging.Since{At: time.Now().Add(ahead)}})
			defer s.Close()
			beside := begin(t, e, Changes{})
			defer beside.Close()
			next(t, s)
			next(t, beside)
			running(w, 1, 2)
			for _, stream := range []*Stream{s, beside} {
				if h := next(t, stream); len(h.ids) != 1 || h.ids[0] != idAt(1) {
					t.Errorf("beside a cursor %v ahead: told %+v", ahead, h)
				}
			}
		})
	}
}

// A record of next year, and an API whose clock is late: the watermark may be neither that record's time nor that
// of this machine's clock.
func TestRecordFromTheFutureHidesNothingOfALateClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		future := modelJob{idAt(77), time.Now().UTC().Add(24 * time.Hour), restclient.StateRunning, 1}
		w.jobs[future.id] = future
		late := func(n int) {
			w.set(func() {
				w.serial++
				w.jobs[idAt(n)] = modelJob{idAt(n), time.Now().UTC().Add(-20 * time.Second), restclient.StateRunning, w.serial}
			})
		}
		late(1)
		e := over(w)
		defer e.Close()
		s := begin(t, e, Changes{})
		defer s.Close()
		next(t, s)
		for n := range 5 {
			time.Sleep(10 * time.Second)
			late(n)
			if h := next(t, s); len(h.ids) != 1 || h.ids[0] != idAt(n) {
				t.Errorf("told %+v, not job %d", h, n)
			}
		}
	})
}

// A client that leaves in the middle of what was told at once goes on there, also if the ring is too small for
// all of it.
func TestCursorInTheMiddleOfABatchReachesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const jobs, limit = 40, 2 << 20
		_, set := keeping(limit)
		w := newWorld()
		w.fill = 10_000
		e := over(w, set)
		defer e.Close()
		for n := range 20 { // so that each has a small ring
			filter := restclient.Filter(fmt.Sprintf("type=%d", n))
			other := begin(t, e, Changes{Filter: filter, States: []restclient.State{restclient.StateFailed}})
			defer other.Close()
		}
		s := begin(t, e, Changes{})
		next(t, s)
		w.set(func() { w.fails = &restclient.Error{Kind: restclient.KindUnavailable} })
		for n := range jobs {
			w.change(n, restclient.StateRunning, 0)
			time.Sleep(time.Second)
		}
		w.set(func() { w.fails = nil })
		first := next(t, s)
		if first.resync || len(first.ids) == 0 || len(first.ids) == jobs {
			t.Fatalf("the first event is %+v", first)
		}
		s.Close()
		told := map[string]bool{}
		for _, id := range first.ids {
			told[id] = true
		}
		s = begin(t, e, Changes{Since: sinceText(first.cursor)})
		defer s.Close()
		for len(told) < jobs {
			h := next(t, s)
			if h.resync {
				return
			}
			for _, id := range h.ids {
				told[id] = true
			}
			if len(h.ids) == 0 {
				t.Fatalf("%d of %d jobs were told, and nothing more comes", len(told), jobs)
			}
		}
	})
}
