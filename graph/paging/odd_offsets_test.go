package paging

import (
	"fmt"
	"slices"
	"testing"

	"jobsgateway/internal/emulator"
	"jobsgateway/restclient"
)

// offsetRules are the ways in which an API takes offsets that are no multiple of the page size.
var offsetRules = map[string]emulator.OffsetRule{
	"any": emulator.OffsetsAny, "floored": emulator.OffsetsFloored, "refused": emulator.OffsetsRefused,
}

// Large numbered pages, and the end of a list, are right from the first request on: no window shows all of
// them that every API answers alike.
func TestLargePagesAtOddOffsets(t *testing.T) {
	t.Parallel()
	for name, rule := range offsetRules {
		for _, jobs := range []int{60, 700} {
			for _, r := range []request{
				{first: 499, last: -1, offset: 27},
				{first: 500, last: -1, offset: 439},
				{first: -1, last: 500, offset: -1},
			} {
				w := newWorld(t, emulator.Options{Offsets: rule, SteadyTies: true})
				for i := range jobs {
					w.insert(i / 10)
				}
				list := idsOf(w.list(restclient.CreatedAtDesc, false))
				low := min(max(0, r.offset), jobs)
				want := list[low:min(jobs, low+max(0, r.first))]
				if r.last > 0 {
					want = list[max(0, jobs-r.last):]
				}
				r.orderBy = restclient.CreatedAtDesc
				if got := w.read(t, r); !slices.Equal(got.ids, want) || got.total != jobs {
					t.Errorf("%s, %d jobs, %+v: %d jobs of %d from %s", name, jobs, r, len(got.ids), got.total, got.ids[0])
				}
			}
		}
	}
}

// Pages that are read in parts: each job once, whatever the API does with the odd offsets at which parts
// begin.
func TestHeavyPagesAtOddOffsets(t *testing.T) {
	t.Parallel()
	for name, rule := range offsetRules {
		for _, size := range []int{60, 500} {
			t.Run(fmt.Sprintf("%s, pages of %d", name, size), func(t *testing.T) {
				t.Parallel()
				w := worldOfGroups(t, emulator.Options{Offsets: rule}, 120, 1, 5000)
				want := idsOf(w.list(restclient.CreatedAtDesc, false))
				if got := w.readAll(t, size, false); !slices.Equal(got, want) {
					t.Errorf("%d jobs of %d", len(got), len(want))
				}
			})
		}
	}
}

// What was put together of parts that every API answers alike says nothing of odd offsets. A page behind a job that
// has moved is put together so over an API that rounds offsets, and equals what another window shows.
func TestPartsTeachNoOffsets(t *testing.T) {
	t.Parallel()
	for _, size := range []int{20, 30, 50} {
		w := worldOfGroups(t, emulator.Options{Offsets: emulator.OffsetsFloored}, 120, 1, 5000)
		page := w.read(t, request{first: 37, last: -1, offset: -1, orderBy: restclient.CreatedAtDesc})
		for i := range 5 {
			w.insert(1000 + i)
			got := w.read(t, request{first: size, last: -1, offset: -1, after: page.finish, orderBy: restclient.CreatedAtDesc})
			if want := idsOf(w.list(restclient.CreatedAtDesc, false))[38+i:]; !slices.Equal(got.ids, want[:len(got.ids)]) || len(got.ids) != size {
				t.Errorf("%d jobs behind the anchor, want %d", len(got.ids), size)
			}
			if w.offsets.isProven(7, 5) {
				t.Fatalf("pages of %d: taken for an API that takes any offset", size)
			}
		}
	}
}

// The same of an API that gives few records at once.
func TestCappedAnswersAtOddOffsets(t *testing.T) {
	t.Parallel()
	for name, rule := range offsetRules {
		for _, backwards := range []bool{false, true} {
			for _, size := range []int{7, 60} {
				t.Run(fmt.Sprintf("%s, pages of %d, backwards %t", name, size, backwards), func(t *testing.T) {
					t.Parallel()
					w := worldOfGroups(t, emulator.Options{Offsets: rule, MaxRecords: 5}, 60, 1, 1<<24)
					want := idsOf(w.list(restclient.CreatedAtDesc, false))
					if backwards {
						slices.Reverse(want)
					}
					if got := w.readAll(t, size, backwards); !slices.Equal(got, want) {
						t.Errorf("%d jobs of %d", len(got), len(want))
					}
				})
			}
		}
	}
}

// A page that goes on behind its stop, to see whether equals of the stop are left, has still no page before
// it.
func TestNothingPrecedesAPageFromTheStart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Options{})
	for i := range 20 {
		w.insert(i / 4)
	}
	for stop := range 20 {
		for _, size := range []int{1, 19, 20, 21} {
			cursor := w.read(t, request{first: 1, last: -1, offset: stop, orderBy: restclient.CreatedAtDesc}).start
			got := w.read(t, request{first: size, last: -1, offset: -1, before: cursor, orderBy: restclient.CreatedAtDesc})
			if got.prev || len(got.ids) != min(stop, size) {
				t.Errorf("first %d before place %d: %d jobs, previous %t", size, stop, len(got.ids), got.prev)
			}
		}
	}
}

// Between two cursors among equals that are more than the API gives at once, the order in which it shows them
// counts.
func TestBetweenCursorsOfALargeGroup(t *testing.T) {
	t.Parallel()
	w := worldOfGroups(t, emulator.Options{MaxRecords: 5}, 1, 60, 1<<24)
	list := idsOf(w.list(restclient.CreatedAtDesc, false))
	last := w.read(t, request{first: -1, last: 8, offset: -1, orderBy: restclient.CreatedAtDesc})
	got := w.read(t, request{first: -1, last: 20, offset: -1, after: last.start, orderBy: restclient.CreatedAtDesc})
	if want := list[53:]; !slices.Equal(got.ids, want) {
		t.Errorf("%d jobs, want the last %d", len(got.ids), len(want))
	}
}

// A job leaves, and an equal of the anchor arrives before it, so the list is as long as it was. A window of an API that rounds
// offsets shows the equals where they were expected, and yet comes from elsewhere.
func TestArrivalWhereARoundedWindowHidesIt(t *testing.T) {
	t.Parallel()
	for name, rule := range offsetRules {
		w := newWorld(t, emulator.Options{Offsets: rule})
		for i := range 17 {
			w.insert(i)
		}
		page := w.read(t, request{first: 11, last: -1, offset: -1, orderBy: restclient.CreatedAtDesc})
		w.remove(16)
		w.insert(6) // the time of the page's last job
		got := w.read(t, request{first: 6, last: -1, offset: -1, after: page.finish, orderBy: restclient.CreatedAtDesc})
		want := idsOf(w.list(restclient.CreatedAtDesc, false))[11:]
		want = append([]string{w.jobs[len(w.jobs)-1].id}, want[:5]...) // the arrival was on no page yet
		if !slices.Equal(got.ids, want) || !got.next {
			t.Errorf("%s: %v, want %v; next %t", name, got.ids, want, got.next)
		}
	}
}

// One job before the anchor leaves, and another arrives behind it: an API that rounds offsets shows the anchor where it was
// expected, in a window that seems to end where the list does. The job behind the window is not lost, and nothing is learned.
func TestRoundedWindowAtTheEnd(t *testing.T) {
	t.Parallel()
	for name, rule := range offsetRules {
		for _, order := range allOrders[:2] {
			w := newWorld(t, emulator.Options{Offsets: rule})
			for i := range 40 {
				w.insert(10 * i)
			}
			r := request{first: 29, last: -1, offset: -1, orderBy: order}
			r.after = w.read(t, r).finish
			list := idsOf(w.list(order, false))
			w.remove(slices.IndexFunc(w.jobs, func(j modelJob) bool { return j.id == list[3] }))
			w.insert(map[bool]int{true: 5, false: 500}[order == restclient.CreatedAtDesc])
			want := idsOf(w.list(order, false))[28:]
			r.first = 11 // asked for as [27, 40), which is [26, 39) where offsets are rounded
			got := w.read(t, r)
			if !slices.Equal(got.ids, want[:11]) || !got.next {
				t.Errorf("%s, %s: %v, want %v; next %t", name, order, got.ids, want[:11], got.next)
			}
			if rule == emulator.OffsetsFloored && w.offsets.isProven(7, 5) {
				t.Errorf("%s, %s: an API that rounds offsets is taken for one that does not", name, order)
			}
			r.after = got.finish
			if last := w.read(t, r); !slices.Equal(last.ids, want[11:]) || last.next {
				t.Errorf("%s, %s: %v, want %v; next %t", name, order, last.ids, want[11:], last.next)
			}
		}
	}
}

// The same at the start of the list, read backwards: no job is lost, and the walk ends, with an empty page where offsets are rounded.
func TestRoundedWindowAtTheStart(t *testing.T) {
	t.Parallel()
	for name, rule := range offsetRules {
		w := newWorld(t, emulator.Options{Offsets: rule})
		for i := range 40 {
			w.insert(10 * i)
		}
		r := request{first: 1, last: -1, offset: 8, orderBy: restclient.CreatedAtAsc}
		r.before = w.read(t, r).start
		w.remove(3)
		w.insert(500)
		want := idsOf(w.list(r.orderBy, false))[:7]
		r.first, r.last, r.offset = -1, 7, -1 // asked for as [1, 10), which is [0, 9) where offsets are rounded
		got := w.read(t, r)
		if !slices.Equal(got.ids, want) || got.prev != (rule == emulator.OffsetsFloored) {
			t.Errorf("%s: %v, want %v; previous %t", name, got.ids, want, got.prev)
		}
		r.before = got.start
		if last := w.read(t, r); len(last.ids) > 0 || last.prev {
			t.Errorf("%s: %v; previous %t", name, last.ids, last.prev)
		}
	}
}

// A page of the last jobs after the very last one is empty, and nothing follows it.
func TestNothingFollowsTheEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Options{SteadyTies: true})
	for i := range 20 {
		w.insert(i / 4)
	}
	// Of a numbered page it is not known how many equals stand before it, and so of none that goes on from there.
	numbered := w.read(t, request{first: 1, last: -1, offset: 18, orderBy: restclient.CreatedAtDesc})
	last := w.read(t, request{first: 1, last: -1, offset: -1, after: numbered.finish, orderBy: restclient.CreatedAtDesc})
	for _, size := range []int{1, 2, 20} {
		got := w.read(t, request{first: -1, last: size, offset: -1, after: last.finish, orderBy: restclient.CreatedAtDesc})
		if len(got.ids) != 0 || got.next {
			t.Errorf("last %d: %v, next %t", size, got.ids, got.next)
		}
	}
}

// A page that takes several answers of a group of equals that is larger than one of them: a window at an odd offset
// that comes from elsewhere leads nobody astray.
func TestManyEqualsInCappedAnswersAtOddOffsets(t *testing.T) {
	t.Parallel()
	for name, rule := range offsetRules {
		for _, jobs := range []int{99, 100, 101, 150} {
			w := newWorld(t, emulator.Options{MaxRecords: 20, Offsets: rule, SteadyTies: true})
			for range jobs {
				w.insert(1)
			}
			for _, r := range []request{{first: 499, last: -1, offset: -1}, {first: -1, last: 499, offset: -1}} {
				r.orderBy = restclient.UpdatedAtDesc
				got := w.read(t, r)
				if want := idsOf(w.list(r.orderBy, false)); !slices.Equal(got.ids, want) || got.calls > 32 {
					t.Errorf("%s, %d jobs, %+v: %d jobs for %d calls", name, jobs, r, len(got.ids), got.calls)
				}
			}
		}
	}
}
