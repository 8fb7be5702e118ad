package paging

import (
	"fmt"
	"slices"
	"testing"

	"jobsgateway/internal/emulator"
	"jobsgateway/restclient"
)

// Numbered pages are right at any offset from the first request on, whatever the API does with offsets.
func TestNumberedPagesAtOddOffsets(t *testing.T) {
	t.Parallel()
	for name, options := range oddUpstreams {
		w := newWorld(t, options)
		for i := range 40 {
			w.insert(i)
		}
		list := idsOf(w.list(restclient.CreatedAtDesc, false))
		for _, offset := range []int{0, 1, 7, 13, 39, 40, 45} {
			got := w.read(t, request{first: 5, last: -1, offset: offset, orderBy: restclient.CreatedAtDesc})
			if want := list[min(offset, 40):min(offset+5, 40)]; !slices.Equal(got.ids, want) {
				t.Errorf("%s: offset %d: %v, want %v", name, offset, got.ids, want)
			}
		}
	}
}

// The same for an API that gives fewer records than the way from an aligned offset to the page.
func TestNumberedPagesOfFewRecordsAtOnce(t *testing.T) {
	t.Parallel()
	for _, options := range []emulator.Options{{MaxRecords: 5}, {MaxRecords: 5, Offsets: emulator.OffsetsFloored}} {
		for offset := range 14 {
			for _, size := range []int{1, 3, 9, 40} {
				w := newWorld(t, options)
				for i := range 12 {
					w.insert(i / 2)
				}
				list := idsOf(w.list(restclient.CreatedAtDesc, false))
				got := w.read(t, request{first: size, last: -1, offset: offset, orderBy: restclient.CreatedAtDesc})
				if want := list[min(offset, 12):min(offset+size, 12)]; !slices.Equal(got.ids, want) {
					t.Errorf("%+v: %d jobs at offset %d: %v, want %v", options, size, offset, got.ids, want)
				}
			}
		}
	}
}

// Among equals, a numbered page is what stands at its places, also where it is read in pieces.
func TestNumberedPiecesAmongEquals(t *testing.T) {
	t.Parallel()
	for _, rule := range []emulator.OffsetRule{emulator.OffsetsAny, emulator.OffsetsRefused} {
		w := newWorld(t, emulator.Options{MaxRecords: 5, Offsets: rule})
		for i := range 40 {
			w.insert(i / 20)
		}
		list := idsOf(w.list(restclient.CreatedAtDesc, false))
		for offset := range list {
			for _, size := range []int{1, 3, 7, 12, 40} {
				low, high := min(offset, 40), min(offset+size, 40)
				got := w.read(t, request{first: size, last: -1, offset: offset, orderBy: restclient.CreatedAtDesc})
				if want := list[low:high]; !slices.Equal(got.ids, want) || got.next != (high < 40) || got.total != 40 {
					t.Errorf("offsets %v: %d jobs at offset %d: %v of %d, want %v; next %t", rule, size, offset, got.ids, got.total, want, got.next)
				}
			}
		}
	}
}

// A refused request for another reason teaches nothing about offsets, and neither does a single doubt.
func TestWhatTeachesOffsets(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Options{})
	for i := range 40 {
		w.insert(i)
	}
	page := w.read(t, request{first: 5, last: -1, offset: -1, orderBy: restclient.CreatedAtDesc})
	for range 3 {
		w.api.Script(emulator.Fault{Status: 404})
		plan, err := NewPlan(byCreation, Args{After: &page.finish}, limits)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.page(w.client.Jobs, &plan); err == nil {
			t.Fatal("a 404 went unseen")
		}
	}
	if next := w.read(t, request{first: 5, last: -1, offset: -1, after: page.finish, orderBy: restclient.CreatedAtDesc}); next.calls != 1 {
		t.Errorf("%d calls", next.calls)
	}
	if w.offsets.isProven(7, 5) {
		t.Error("an anchor where it was expected is a proof, although an API that rounds offsets can show it there by chance")
	}
	w.insert(1000)
	w.read(t, request{first: 5, last: -1, offset: -1, after: page.finish, orderBy: restclient.CreatedAtDesc})
	if !w.offsets.isProven(7, 5) {
		t.Error("two windows that show the same jobs at the same places are no proof")
	}
}

// The first numbered page of many jobs at an odd offset costs a call more, the others do not.
func TestNumberedPagesTeachOffsets(t *testing.T) {
	t.Parallel()
	for _, rule := range []emulator.OffsetRule{emulator.OffsetsAny, emulator.OffsetsFloored} {
		w := newWorld(t, emulator.Options{Offsets: rule})
		for i := range 700 {
			w.insert(i)
		}
		list := idsOf(w.list(restclient.CreatedAtDesc, false))
		for page, want := range []int{2, 1} {
			got := w.read(t, request{first: 400, last: -1, offset: 127, orderBy: restclient.CreatedAtDesc})
			if !slices.Equal(got.ids, list[127:527]) || got.calls != want && rule == emulator.OffsetsAny {
				t.Errorf("offsets %v, page %d: %d jobs for %d calls, want %d", rule, page, len(got.ids), got.calls, want)
			}
		}
		if w.offsets.isProven(7, 5) != (rule == emulator.OffsetsAny) {
			t.Errorf("offsets %v: taken for another one", rule)
		}
	}
}

// Records that cannot be read never stop a walk, however many stand together, in either direction.
func TestWalkOverUnreadableRecords(t *testing.T) {
	t.Parallel()
	for _, backwards := range []bool{false, true} {
		for size := 1; size <= 4; size++ {
			for _, bad := range []int{1, 3, 40} {
				w := newWorld(t, emulator.Options{})
				var want []string
				for i := range 60 {
					if i >= 10 && i < 10+bad {
						w.api.Insert(fmt.Appendf(nil, `{"job_id":7,"created_at":"2024-01-01T00:00:%02d"}`, i))
						continue
					}
					want = append(want, w.insert(i))
				}
				if !backwards {
					slices.Reverse(want)
				}
				if got := w.readAll(t, size, backwards); !slices.Equal(got, want) {
					t.Errorf("pages of %d, %d unreadable, backwards %t: %d jobs of %d", size, bad, backwards, len(got), len(want))
				}
			}
		}
	}
}

// Where equal times stand alike in both directions, the end of the list is read in the list's own order.
func TestLastAmongTies(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Options{SteadyTies: true})
	for _, created := range []int{1, 1, 1, 2} {
		w.insert(created)
	}
	for _, order := range allOrders {
		want := idsOf(w.list(order, false))
		last := w.read(t, request{first: -1, last: 2, offset: -1, orderBy: order})
		rest := w.read(t, request{first: -1, last: 5, offset: -1, before: last.start, orderBy: order})
		if got := append(rest.ids, last.ids...); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", order, got, want)
		}
	}
}

// The same where the API rounds or refuses offsets, or gives the end in pieces.
func TestLastAmongTiesOnOddUpstreams(t *testing.T) {
	t.Parallel()
	for name, options := range oddUpstreams {
		if options.Older {
			continue // without totals the end can only be read from the other side
		}
		options.SteadyTies = true
		w := newWorld(t, options)
		for i := range 120 {
			w.insert(i / 3)
		}
		want := idsOf(w.list(restclient.CreatedAtDesc, false))
		slices.Reverse(want)
		for _, size := range []int{1, 7, 70, 500} {
			if got := w.readAll(t, size, true); !slices.Equal(got, want) {
				t.Errorf("%s, pages of %d: %d jobs of %d, or not in order", name, size, len(got), len(want))
			}
		}
	}
}

// An API without totals: the flags tell what was seen, and the last page has cursors that are found by their time.
func TestWithoutTotals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Options{Older: true})
	for i := range 20 {
		w.insert(i)
	}
	list := idsOf(w.list(restclient.CreatedAtDesc, false))
	last := w.read(t, request{first: -1, last: 3, offset: -1, orderBy: restclient.CreatedAtDesc})
	if !slices.Equal(last.ids, list[17:]) || last.next || !last.prev {
		t.Errorf("last: %+v", last)
	}
	before := w.read(t, request{first: -1, last: 3, offset: -1, before: last.start, orderBy: restclient.CreatedAtDesc})
	if !slices.Equal(before.ids, list[14:17]) || !before.next || !before.prev {
		t.Errorf("before: %+v", before)
	}
}

// A page that may be announced does not use up the one try after a while: the call that is announced is not the try.
func TestAnnouncingLearnsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Options{})
	for i := range 40 {
		w.insert(i)
	}
	page := w.read(t, request{first: 5, last: -1, offset: -1, orderBy: restclient.CreatedAtDesc})
	behind, err := w.plan(request{first: 5, last: -1, offset: -1, after: page.finish, orderBy: restclient.CreatedAtDesc})
	if err != nil {
		t.Fatal(err)
	}
	var o Offsets
	reader := Reader{Offsets: &o}
	if !reader.CanAnnounce(&behind) {
		t.Error("nothing is known, and yet an odd offset is not asked for")
	}
	o.refuse(span{13, 33}, span{10, 40})
	o.until.Store(1)
	if reader.CanAnnounce(&behind) || !o.takes(7, 5) {
		t.Error("announcing has used up the try")
	}
	numbered, err := w.plan(request{first: 5, last: -1, offset: 7, orderBy: restclient.CreatedAtDesc})
	if err != nil {
		t.Fatal(err)
	}
	fresh := Reader{Offsets: &Offsets{}}
	if fresh.CanAnnounce(&numbered) {
		t.Error("a numbered page at an odd offset is not asked for as it is announced")
	}
}
