package paging

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"jobsgateway/internal/emulator"
	"jobsgateway/restclient"
)

var tieRules = map[string]emulator.TieRule{"by window": emulator.TiesByWindow, "drawn": emulator.TiesDrawn}

// Equals that stand in another order in each window, as under LIMIT and OFFSET of a database: every job that stays is seen once.
func TestWalkWhereEqualsHaveNoOrder(t *testing.T) {
	t.Parallel()
	for name, rule := range tieRules {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) { walkMoving(t, emulator.Options{Ties: rule}, allOrders[:2]) })
		})
		t.Run(name+", changing", func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) { walkMoving(t, emulator.Options{Ties: rule}, allOrders[2:]) })
		})
	}
}

// Groups of equals of every size up to 500, in pages of every size, forwards and backwards, while new jobs arrive in front, behind
// and among the equals.
func TestEqualsOfEverySize(t *testing.T) {
	t.Parallel()
	for name, rule := range tieRules {
		for _, backwards := range []bool{false, true} {
			for _, group := range []int{1, 2, 10, 30, 230, 498, 499, 500} {
				for _, size := range []int{1, 7, 100, 499, 500} {
					if group >= 230 && size < 100 || group == 230 && rule == emulator.TiesByWindow ||
						size == 100 && (group == 498 || group == 499) {
						continue // a hundred pages of windows of 500 say no more than ten
					}
					t.Run(fmt.Sprintf("%s/%d equals in pages of %d, backwards %t", name, group, size, backwards), func(t *testing.T) {
						t.Parallel()
						walkEquals(t, rule, group, size, backwards)
					})
				}
			}
		}
	}
}

func walkEquals(t *testing.T, rule emulator.TieRule, group, size int, backwards bool) {
	t.Helper()
	w := newWorld(t, emulator.Options{Ties: rule})
	const base = 1000 // before it arrivals of older jobs have room
	want := map[string]bool{}
	for i := range max(2, 230/group) {
		for range group {
			want[w.insert(base+10*i)] = true
		}
	}
	r := request{first: size, last: -1, offset: -1, orderBy: restclient.CreatedAtDesc}
	if backwards {
		r.first, r.last = -1, size
	}
	seen := map[string]int{}
	for pages := 0; ; pages++ {
		got := w.read(t, r)
		for _, id := range got.ids {
			if seen[id]++; seen[id] > 1 {
				t.Fatalf("page %d shows %s again", pages, id)
			}
		}
		r.after, r.before = got.finish, ""
		more := got.next
		if backwards {
			r.after, r.before, more = "", got.start, got.prev
		}
		if !more {
			break
		}
		if pages > 2*len(w.jobs)/size+10 {
			t.Fatal("the walk does not end")
		}
		switch pages % 4 { // a third of the pages is followed by an arrival
		case 1:
			w.insert(base + 1_000_000 + w.serial)
		case 2:
			w.insert(w.serial % base)
		case 3:
			if group < 400 {
				w.insert(base + 10*(w.serial%3))
			}
		}
	}
	for id := range want {
		if seen[id] != 1 {
			t.Errorf("%s was seen %d times; %d jobs of %d were", id, seen[id], len(seen), len(want))
			return
		}
	}
}

// More equals than a window shows, in a steady order: as long as the cursor's job stays, each that stays is seen once, for a few
// calls a page, also while a job leaves and another arrives, so that the list is as long as it was.
func TestLargeGroupsThatMove(t *testing.T) {
	t.Parallel()
	for _, moves := range []bool{false, true} {
		for _, backwards := range []bool{false, true} {
			w := newWorld(t, emulator.Options{})
			want := map[string]bool{}
			for range 1200 {
				want[w.insert(1000)] = true
			}
			r := request{first: 100, last: -1, offset: -1, orderBy: restclient.CreatedAtDesc}
			if backwards {
				r.first, r.last = -1, 100
			}
			seen := map[string]int{}
			for pages := 0; ; pages++ {
				got := w.read(t, r)
				for _, id := range got.ids {
					seen[id]++
				}
				if most := map[bool]int{true: 10, false: 4}[moves || pages < 2]; got.calls > most {
					t.Errorf("page %d, moves %t, backwards %t: %d calls", pages, moves, backwards, got.calls)
				}
				r.after, r.before = got.finish, ""
				more := got.next
				if backwards {
					r.after, r.before, more = "", got.start, got.prev
				}
				if !more || pages > 20 {
					break
				}
				if moves {
					// One that was seen leaves, not the cursor's own nor its neighbours; one arrives behind all that were read.
					gone := got.ids[len(got.ids)/2]
					w.remove(slices.IndexFunc(w.jobs, func(j modelJob) bool { return j.id == gone }))
					delete(want, gone)
					w.insert(map[bool]int{true: 5000, false: 1}[backwards])
				}
			}
			for id := range want {
				if seen[id] != 1 {
					t.Errorf("moves %t, backwards %t: %s was seen %d times; %d jobs of %d were", moves, backwards, id, seen[id], len(seen), len(want))
					break
				}
			}
		}
	}
}
