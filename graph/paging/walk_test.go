package paging

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"jobsgateway/internal/emulator"
	"jobsgateway/restclient"
)

// On a list that stands still every page is exactly what the model says, with exact flags, whatever the arguments, for
// one call; a full page of 500 behind a cursor would be two.
func TestQuietPages(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t, emulator.Options{SteadyTies: rapid.Bool().Draw(t, "steady ties")})
		w.fill(t, rapid.IntRange(0, 40).Draw(t, "jobs"), rapid.SampledFrom([]int{0, 3, 1000}).Draw(t, "distinct"))
		r := request{
			first: -1, last: -1, offset: -1,
			orderBy: rapid.SampledFrom(allOrders).Draw(t, "order"), failedOnly: rapid.Bool().Draw(t, "filtered"),
		}
		list := w.list(r.orderBy, r.failedOnly)
		all := w.read(t, request{first: 500, last: -1, offset: -1, orderBy: r.orderBy, failedOnly: r.failedOnly})
		if !slices.Equal(all.ids, idsOf(list)) {
			t.Fatalf("all: %v, want %v", all.ids, idsOf(list))
		}
		low, high := drawPage(t, &r, all.cursors)
		got := w.read(t, r)
		if want := idsOf(list[low:high]); !slices.Equal(got.ids, want) {
			t.Fatalf("%+v: %v, want %v", r, got.ids, want)
		}
		most := 1
		if r.last >= 0 && r.before == "" {
			most = 3 // equal times are met at the end, and are all that is seen of it
		}
		if r.first > 0 && high == len(list) && high-low == r.first {
			most = 2 // nothing but the total tells that a full page is the last one
		}
		if got.total != len(list) || got.calls > most {
			t.Fatalf("%+v: total %d of %d, %d calls", r, got.total, len(list), got.calls)
		}
		if r.after == "" || r.before == "" { // a page between crossed cursors is empty and stands nowhere
			if got.next != (high < len(list)) || got.prev != (low > 0) {
				t.Fatalf("%+v: [%d, %d) of %d: next %t, previous %t", r, low, high, len(list), got.next, got.prev)
			}
		}
	})
}

// drawPage draws which page of a list is asked for, by the cursors of all its jobs, and returns the places
// [low, high) of what has to be in it.
func drawPage(t *rapid.T, r *request, cursors []string) (low, high int) {
	high = len(cursors)
	if len(cursors) > 0 && rapid.Bool().Draw(t, "has after") {
		low = rapid.IntRange(1, len(cursors)).Draw(t, "after")
		r.after = cursors[low-1]
	}
	if len(cursors) > 0 && rapid.Bool().Draw(t, "has before") {
		high = rapid.IntRange(0, len(cursors)-1).Draw(t, "before")
		r.before = cursors[high]
	}
	size := rapid.IntRange(0, 45).Draw(t, "size")
	if rapid.Bool().Draw(t, "backwards") {
		r.last = size
		low = min(low, high)
		low = max(low, high-size)
	} else {
		r.first = size
		if r.after == "" && r.before == "" && rapid.Bool().Draw(t, "has offset") {
			r.offset = rapid.IntRange(0, 50).Draw(t, "offset")
			low = min(r.offset, len(cursors))
		}
		high = max(low, min(high, low+size))
	}
	return low, max(low, high)
}

// A client that follows cursors from one end to the other sees every job that was in the list at the start and stays in
// it, exactly once and in order, whatever arrives, leaves or changes in between. Source: the schema's Query.jobs.
func TestWalkOfAMovingList(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) { walkMoving(t, emulator.Options{}, allOrders[:2]) })
}

// The same where equal times stand alike in both directions.
func TestWalkOfAMovingListWithSteadyTies(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) { walkMoving(t, emulator.Options{SteadyTies: true}, allOrders[:2]) })
}

// Under the UPDATED_AT orders what does not change is seen exactly once.
func TestWalkOfAChangingList(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) { walkMoving(t, emulator.Options{}, allOrders[2:]) })
}

func walkMoving(t *rapid.T, options emulator.Options, orders []restclient.Order) {
	walkMovingWith(t, options, orders, func(*world, *request) {})
}

// walkMovingWith is walkMoving in a world that is prepared once it has its jobs.
func walkMovingWith(t *rapid.T, options emulator.Options, orders []restclient.Order, prepare func(*world, *request)) {
	w := newWorld(t, options)
	distinct := rapid.SampledFrom([]int{2, 30, 100000}).Draw(t, "distinct")
	w.fill(t, rapid.IntRange(0, 60).Draw(t, "jobs"), distinct)
	r := request{
		first: -1, last: -1, offset: -1,
		orderBy:    rapid.SampledFrom(orders).Draw(t, "order"),
		failedOnly: rapid.Bool().Draw(t, "filtered"),
	}
	backwards := rapid.Bool().Draw(t, "backwards")
	stayed := map[string]bool{}
	prepare(w, &r)
	for _, j := range w.listOf(r) {
		stayed[j.id] = true
	}
	changing := orders[0] == restclient.UpdatedAtDesc
	length := -1 // of the list, when the page before was read
	var seen []string
	for range 200 {
		size := rapid.IntRange(1, 12).Draw(t, "size") * (1 + len(w.jobs)/100)
		if backwards {
			r.last = size
		} else {
			r.first = size
		}
		got := w.read(t, r)
		// What leaves and arrives in equal numbers can stay unseen.
		if now := len(w.list(r.orderBy, r.failedOnly)); r.times != nil && w.exact && length != now {
			if want := len(w.listOf(r)); got.total != want {
				t.Fatalf("%+v %+v: %d jobs, want %d", r, r.times, got.total, want)
			}
			length = now
		}
		if backwards {
			slices.Reverse(got.ids)
			r.before = got.start
		} else {
			r.after = got.finish
		}
		seen = append(seen, got.ids...)
		w.forgetGone(stayed, r)
		if more := got.next; backwards && !got.prev || !backwards && !more {
			wantWalk(t, w, r, backwards, seen, stayed, changing)
			return
		}
		if len(got.ids) == 0 {
			t.Fatalf("%+v: an empty page, and yet more", r)
		}
		for _, id := range move(t, w, distinct) {
			if changing {
				delete(stayed, id) // a change moves it
			}
		}
		w.forgetGone(stayed, r)
	}
	t.Fatalf("the walk does not end")
}

// forgetGone drops those who are not in the list any more.
func (w *world) forgetGone(stayed map[string]bool, r request) {
	present := map[string]bool{}
	for _, j := range w.listOf(r) {
		present[j.id] = true
	}
	for id := range stayed {
		if !present[id] {
			delete(stayed, id)
		}
	}
}

// move lets the list change between two pages: arrivals at the newest end and anywhere, removals, changes of state. It
// gives the jobs that have changed.
func move(t *rapid.T, w *world, distinct int) (changed []string) {
	for range rapid.IntRange(0, 5).Draw(t, "arrivals") {
		w.insert(distinct + w.serial)
	}
	if rapid.IntRange(0, 3).Draw(t, "late") == 0 {
		w.insert(rapid.IntRange(0, distinct).Draw(t, "created"))
	}
	for range rapid.IntRange(0, 3).Draw(t, "removals") {
		if len(w.jobs) > 0 {
			w.remove(rapid.IntRange(0, len(w.jobs)-1).Draw(t, "removed"))
		}
	}
	for range rapid.IntRange(0, 3).Draw(t, "changes") {
		if len(w.jobs) > 0 {
			i := rapid.IntRange(0, len(w.jobs)-1).Draw(t, "changed")
			w.change(i, true)
			changed = append(changed, w.jobs[i].id)
		}
	}
	return changed
}

func wantWalk(t *rapid.T, w *world, r request, backwards bool, seen []string, stayed map[string]bool, changing bool) {
	counts := map[string]int{}
	for _, id := range seen {
		if counts[id]++; counts[id] > 1 && (!changing || stayed[id]) {
			t.Fatalf("%+v: %s came twice in %v", r, id, seen)
		}
	}
	var want []string
	for _, j := range w.listOf(r) {
		if stayed[j.id] {
			want = append(want, j.id)
		}
	}
	if backwards {
		slices.Reverse(want)
	}
	got := slices.DeleteFunc(slices.Clone(seen), func(id string) bool { return !stayed[id] })
	if w.drawn {
		got, want = w.byValue(got, r.orderBy, want)
	}
	if !slices.Equal(got, want) {
		missed := slices.DeleteFunc(slices.Clone(want), func(id string) bool { return slices.Contains(got, id) })
		t.Fatalf("%+v %+v: of those that stayed %d of %d came, not %v, or in another order", r, r.times, len(got), len(want), missed)
	}
}

// byValue writes each of the jobs as its value and its id, equals by their ids, where their own order means nothing. Got keeps the
// order of its values.
func (w *world) byValue(got []string, orderBy restclient.Order, want []string) (gotByValue, wantByValue []string) {
	values := map[string]int{}
	for _, j := range w.jobs {
		values[j.id] = j.created
		if orderBy == restclient.UpdatedAtAsc || orderBy == restclient.UpdatedAtDesc {
			values[j.id] = j.updated
		}
	}
	spell := func(ids []string) []string {
		ids = slices.Clone(ids)
		for start, i := 0, 1; i <= len(ids); i++ {
			if i == len(ids) || values[ids[i]] != values[ids[start]] {
				slices.Sort(ids[start:i])
				start = i
			}
		}
		return ids
	}
	return spell(got), spell(want)
}
