package paging

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"jobsgateway/internal/emulator"
	"jobsgateway/restclient"
)

// After any shift, of any size, the page behind a cursor is the page behind it in the list as it is now, found within the
// calls that a search by halves needs.
func TestSeekAfterAShift(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) { seekAfterShift(t, emulator.Options{}, 20) })
}

// The same for an API that rounds offsets, refuses them, or gives fewer records than asked for, at a cost.
func TestSeekOnOddUpstreams(t *testing.T) {
	t.Parallel()
	for name, options := range oddUpstreams {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) { seekAfterShift(t, options, maxCalls) })
		})
	}
}

var oddUpstreams = map[string]emulator.Options{
	"floored":           {Offsets: emulator.OffsetsFloored},
	"refused":           {Offsets: emulator.OffsetsRefused},
	"capped":            {MaxRecords: 30},
	"floored, capped":   {Offsets: emulator.OffsetsFloored, MaxRecords: 40},
	"older, no total":   {Older: true},
	"refused, no total": {Offsets: emulator.OffsetsRefused, Older: true},
}

func seekAfterShift(t *rapid.T, options emulator.Options, most int) {
	w := newWorld(t, options)
	n := rapid.IntRange(1, 700).Draw(t, "jobs")
	for i := range n {
		w.insert(10 * i)
	}
	order := rapid.SampledFrom(allOrders[:2]).Draw(t, "order")
	place := rapid.IntRange(0, n-1).Draw(t, "place")
	list := w.list(order, false)
	page := w.read(t, request{first: 1, last: -1, offset: place, orderBy: order})
	if len(page.ids) != 1 || page.ids[0] != list[place].id {
		t.Fatalf("offset %d: %v, want %s", place, page.ids, list[place].id)
	}
	anchorJob := list[place]
	for range rapid.SampledFrom([]int{0, 1, 20, 300}).Draw(t, "arrivals") {
		w.insert(10*n + w.serial)
	}
	for range rapid.SampledFrom([]int{0, 1, 20, 300}).Draw(t, "removals") {
		if len(w.jobs) > 0 {
			w.remove(rapid.IntRange(0, len(w.jobs)-1).Draw(t, "removed"))
		}
	}
	if rapid.Bool().Draw(t, "the anchor leaves") {
		if i := slices.IndexFunc(w.jobs, func(j modelJob) bool { return j.id == anchorJob.id }); i >= 0 {
			w.remove(i)
		}
	}
	now := w.list(order, false)
	low := slices.IndexFunc(now, func(j modelJob) bool { // the first behind the anchor's place
		return order == restclient.CreatedAtDesc && j.created < anchorJob.created || order == restclient.CreatedAtAsc && j.created > anchorJob.created
	})
	if low < 0 {
		low = len(now)
	}
	high := low // one behind the last before the anchor's place
	if high > 0 && now[high-1].id == anchorJob.id {
		high--
	}
	size := rapid.SampledFrom([]int{0, 1, 7, 60, 499, 500}).Draw(t, "size")
	r := request{first: size, last: -1, offset: -1, after: page.finish, orderBy: order}
	want := now[low:min(low+size, len(now))]
	next, prev := low+len(want) < len(now), low > 0
	if rapid.Bool().Draw(t, "backwards") {
		r = request{first: -1, last: size, offset: -1, before: page.start, orderBy: order}
		want = now[max(0, high-size):high]
		next, prev = high < len(now), high-len(want) > 0
	}
	got := w.read(t, r)
	if !slices.Equal(got.ids, idsOf(want)) {
		t.Fatalf("%+v: %d jobs, want %d: %v, want %v", r, len(got.ids), len(want), got.ids, idsOf(want))
	}
	// An API that rounds offsets can show the anchor where it was expected by chance: the jobs are right, and so is whether
	// more follow when reading forwards, but what is said of those before them may not be. An older one gives no totals.
	exact := options.Offsets != emulator.OffsetsFloored
	if isNext := got.next == next || !exact && r.last >= 0; !options.Older && (!isNext || got.total != len(now)) {
		t.Fatalf("%+v: next %t of %d", r, got.next, got.total)
	}
	if exact && !options.Older && got.prev != prev {
		t.Fatalf("%+v: previous %t", r, got.prev)
	}
	if got.calls > most {
		t.Fatalf("%+v: %d calls", r, got.calls)
	}
}

// A shift of hundreds costs two calls: the growth of the list tells where to look.
func TestShiftOfHundredsCostsTwoCalls(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Options{})
	for i := range 2000 {
		w.insert(i)
	}
	page := w.read(t, request{first: 50, last: -1, offset: -1, orderBy: restclient.CreatedAtDesc})
	for range 400 {
		w.insert(2000 + w.serial)
	}
	next := w.read(t, request{first: 50, last: -1, offset: -1, after: page.finish, orderBy: restclient.CreatedAtDesc})
	if next.calls != 2 || next.ids[0] != w.jobs[1949].id {
		t.Errorf("%d calls, from %s", next.calls, next.ids[0])
	}
}

// Up to 500 jobs with one and the same time: whatever leaves between two pages, the anchor included, those that stay come
// once, in either direction.
func TestTies(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t, emulator.Options{
			SteadyTies: rapid.Bool().Draw(t, "steady ties"),
			Ties:       rapid.SampledFrom([]emulator.TieRule{emulator.TiesInserted, emulator.TiesByWindow, emulator.TiesDrawn}).Draw(t, "ties"),
		})
		equal := rapid.SampledFrom([]int{2, 40, 300, 499, 500}).Draw(t, "equal")
		for range rapid.IntRange(0, 30).Draw(t, "older") {
			w.insert(1)
		}
		for range equal {
			w.insert(2)
		}
		for range rapid.IntRange(0, 30).Draw(t, "newer") {
			w.insert(3)
		}
		backwards := rapid.Bool().Draw(t, "backwards")
		r := request{first: -1, last: -1, offset: -1, orderBy: rapid.SampledFrom(allOrders[:2]).Draw(t, "order")}
		stayed, counts := map[string]bool{}, map[string]int{}
		for _, j := range w.jobs {
			stayed[j.id] = true
		}
		for {
			size := rapid.SampledFrom([]int{1, 30, 170, 500}).Draw(t, "size")
			if backwards {
				r.last = size
			} else {
				r.first = size
			}
			got := w.read(t, r)
			for _, id := range got.ids {
				if counts[id]++; counts[id] > 1 {
					t.Fatalf("%s came twice", id)
				}
			}
			last := len(got.ids) - 1
			if backwards {
				r.before, last = got.start, 0
			} else {
				r.after = got.finish
			}
			if more := got.next && !backwards || got.prev && backwards; !more {
				break
			}
			leaving := []string{got.ids[last]} // the anchor itself
			if len(w.jobs) > 1 {
				leaving = append(leaving, w.jobs[rapid.IntRange(0, len(w.jobs)-1).Draw(t, "leaves")].id)
			}
			for _, id := range leaving {
				delete(stayed, id)
				if i := slices.IndexFunc(w.jobs, func(j modelJob) bool { return j.id == id }); i >= 0 {
					w.remove(i)
				}
			}
		}
		for id := range stayed {
			if counts[id] != 1 {
				t.Fatalf("%s came %d times", id, counts[id])
			}
		}
	})
}

// The walk of an API with odd offsets, while the list moves.
func TestWalkOnOddUpstreams(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"floored", "refused", "capped"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) { walkMoving(t, oddUpstreams[name], allOrders[:2]) })
		})
	}
}

// A list that never stands still where it is looked at ends in an error that says what to do, within the budget.
func TestSeekGivesUp(t *testing.T) {
	t.Parallel()
	steps := newGallop()
	guess := int64(1000)
	for i := range 200 { // a window that contradicts itself for ever
		v := placeHigher
		if i%2 == 0 {
			v = placeLower
		}
		guess = steps.next(window{offset: guess, records: make([]restclient.Record, 3), total: 5000}, v, guess)
		if guess < 0 || guess > 1<<20 {
			t.Fatalf("looks at %d", guess)
		}
	}
	if text := (&DriftError{}).Error(); text == "" {
		t.Error("says nothing")
	}
}

// The quiet walk costs exactly one call a page; a list that grows by a hundredth a page about two.
func BenchmarkWalk(b *testing.B) {
	for _, growth := range []int{0, 1, 5} {
		b.Run(fmt.Sprintf("growth=%d%%", growth), func(b *testing.B) {
			pages, calls := 0, 0
			for b.Loop() {
				w := newWorld(b, emulator.Options{})
				for i := range 2000 {
					w.insert(i)
				}
				r := request{first: 50, last: -1, offset: -1, orderBy: restclient.CreatedAtDesc}
				for {
					got := w.read(b, r)
					pages++
					calls += got.calls
					if !got.next {
						break
					}
					r.after = got.finish
					for range len(w.jobs) * growth / 100 {
						w.insert(2000 + w.serial)
					}
				}
			}
			b.ReportMetric(float64(calls)/float64(pages), "calls/page")
		})
	}
}
