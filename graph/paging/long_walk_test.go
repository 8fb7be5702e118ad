package paging

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"jobsgateway/internal/emulator"
	"jobsgateway/restclient"
)

// A walk over 2,000 jobs with pages of any size, while 0 to 20 jobs arrive between two pages: no job twice, none missed.
// While nothing arrives it costs exactly one call a page, two for a full page of 500 behind a cursor.
func TestLongWalk(t *testing.T) {
	t.Parallel()
	for _, order := range allOrders[:2] {
		for _, failedOnly := range []bool{false, true} {
			for _, backwards := range []bool{false, true} {
				for _, arrivals := range []int{0, 20} {
					t.Run(fmt.Sprintf("%s filtered=%t backwards=%t arrivals=%d", order, failedOnly, backwards, arrivals), func(t *testing.T) {
						t.Parallel()
						longWalk(t, request{first: -1, last: -1, offset: -1, orderBy: order, failedOnly: failedOnly}, backwards, arrivals)
					})
				}
			}
		}
	}
}

func longWalk(t *testing.T, r request, backwards bool, arrivals int) {
	t.Helper()
	w := newWorld(t, emulator.Options{})
	for i := range 2000 {
		w.insert(i / 2)
	}
	want := idsOf(w.list(r.orderBy, r.failedOnly))
	if backwards {
		slices.Reverse(want)
	}
	random := rand.New(rand.NewPCG(uint64(arrivals), 1))
	seen := map[string]bool{}
	var got []string
	for more := true; more; {
		size := 1 + random.IntN(200)
		if random.IntN(10) == 0 {
			size = restclient.MaxPerPage
		}
		behindCursor := r.after != "" || r.before != ""
		if backwards {
			r.last = size
		} else {
			r.first = size
		}
		page := w.read(t, r)
		calls := 1
		if size == restclient.MaxPerPage && behindCursor && len(page.ids) == size || backwards && !behindCursor && !r.failedOnly {
			calls = 2 // the jobs come in pairs of equal times, so the end is read in the list's own order
		}
		if arrivals == 0 && page.calls != calls {
			t.Fatalf("%d calls for a page of %d on a quiet list", page.calls, size)
		}
		if backwards {
			slices.Reverse(page.ids)
			r.before, more = page.start, page.prev
		} else {
			r.after, more = page.finish, page.next
		}
		for _, id := range page.ids {
			if seen[id] {
				t.Fatalf("%s came twice", id)
			}
			seen[id] = true
			got = append(got, id)
		}
		if arrivals > 0 {
			for range random.IntN(arrivals + 1) {
				w.insert(1000 + w.serial)
			}
		}
	}
	held := map[string]bool{}
	for _, id := range want {
		held[id] = true
	}
	got = slices.DeleteFunc(got, func(id string) bool { return !held[id] })
	if !slices.Equal(got, want) {
		t.Errorf("%d of %d jobs, or not in order", len(got), len(want))
	}
}
