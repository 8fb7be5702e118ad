package paging

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"jobsgateway/internal/emulator"
	"jobsgateway/restclient"
)

// rangeOf asks for a page of a range of seconds, the newest first.
func rangeOf(first, from, to int) request {
	return request{first: first, last: -1, offset: -1, orderBy: restclient.CreatedAtDesc, times: &timesOf{from, to}}
}

// Equals at an end of a range are all in it or all out of it, however many they are, and in whatever order the API shows them.
func TestEqualsAtTheEndsOfARange(t *testing.T) {
	t.Parallel()
	for _, rule := range []emulator.TieRule{emulator.TiesInserted, emulator.TiesByWindow, emulator.TiesDrawn} {
		for _, equals := range []int{2, 99, 501} {
			w := newWorld(t, emulator.Options{Ties: rule})
			for _, at := range []int{1, 2, 3, 4} {
				for range equals {
					w.insert(at)
				}
			}
			for _, orderBy := range allOrders[:2] {
				for _, times := range []timesOf{{2, 4}, {2, 3}, {3, open}, {open, 3}, {5, 9}, {0, 1}} {
					want := len(times.within(w.list(orderBy, false), orderBy))
					r := request{first: 10, last: -1, offset: -1, orderBy: orderBy, times: &times}
					got := w.read(t, r)
					if got.total != want || len(got.ids) != min(10, want) || got.next != (want > 10) || got.prev {
						t.Errorf("%d equals of %d, %s %+v: %d jobs of %d, want %d; next %t", equals, rule, orderBy, times, len(got.ids), got.total, want, got.next)
					}
					if r.first, r.last = -1, 10; len(w.read(t, r).ids) != min(10, want) {
						t.Errorf("%d equals of %d, %s %+v: not so many backwards", equals, rule, orderBy, times)
					}
				}
			}
		}
	}
}

// The same range is sought once, and what was seen of a list serves its other ranges.
func TestRangesOfOneOperation(t *testing.T) {
	t.Parallel()
	times := make([]int, 6000)
	for i := range times {
		times[i] = i * 200
	}
	w := worldOfTimes(t, times)
	ranges := &Ranges{}
	read := func(r request) (page *Page, calls int) {
		plan, err := w.plan(r)
		if err != nil {
			t.Fatal(err)
		}
		before := w.api.Total()
		ask := func(ctx context.Context, q restclient.JobsQuery, _ bool) (*restclient.JobsPage, error) {
			return w.client.Jobs(ctx, q)
		}
		page, err = Reader{Ask: ask, Offsets: &w.offsets, Ranges: ranges}.Read(t.Context(), &plan)
		if err != nil {
			t.Fatal(err)
		}
		return page, w.api.Total() - before
	}
	hour := func(n int) request { return rangeOf(10, 500_000+n*3600, 500_000+(n+1)*3600) }
	_, alone := read(hour(0))
	again, calls := read(hour(0))
	if alone < 2 || calls != 0 || again.Total != 18 {
		t.Errorf("the range costs %d calls, and %d when it is asked for again; it has %d jobs", alone, calls, again.Total)
	}
	if _, calls := read(hour(1)); calls != 0 { // its window was seen
		t.Errorf("the next hour costs %d calls", calls)
	}
	if page, calls := read(hour(40)); page.Total != 18 || calls >= alone {
		t.Errorf("an hour elsewhere has %d jobs and costs %d calls, the first one %d", page.Total, calls, alone)
	}
}

// Both ends are sought side by side: the second call of a pair is made before the first one is answered.
func TestEndsSideBySide(t *testing.T) {
	t.Parallel()
	times := make([]int, 6000)
	for i := range times {
		times[i] = i * 200
	}
	w := worldOfTimes(t, times)
	var mu sync.Mutex
	asked, second := 0, make(chan struct{})
	jobs := func(ctx context.Context, q restclient.JobsQuery) (*restclient.JobsPage, error) {
		mu.Lock()
		asked++
		n := asked
		mu.Unlock()
		switch n { // the first two show the start and the end of the list
		case 3:
			select {
			case <-second:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		case 4:
			close(second)
		}
		return w.client.Jobs(ctx, q)
	}
	plan, err := w.plan(rangeOf(10, 200_000, 900_000))
	if err != nil {
		t.Fatal(err)
	}
	page, err := w.page(jobs, &plan)
	if err != nil || page.Total != 3500 || asked < 4 {
		t.Errorf("%+v for %d calls, %v", page, asked, err)
	}
}

// Records that cannot be read have no time: those at an end belong to what stands before them, so that ranges that touch each
// other have each record once.
func TestUnreadableRecordsAtTheEndsOfARange(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Options{})
	for i := range 12 {
		if i%4 == 3 {
			w.api.Insert(fmt.Appendf(nil, `{"job_id":7,"created_at":"2024-01-01T00:00:%02d"}`, i))
			continue
		}
		w.insert(i)
	}
	records := 0
	for _, times := range []timesOf{{open, 3}, {3, 4}, {4, 7}, {7, 8}, {8, open}} {
		r := rangeOf(10, times.from, times.to)
		page, err := w.try(t, r)
		if err != nil {
			t.Fatal(err)
		}
		if int(page.Total) != len(page.Records) || page.HasNextPage || page.HasPreviousPage {
			t.Errorf("%+v: %d records of %d", times, len(page.Records), page.Total)
		}
		records += len(page.Records)
	}
	if records != 12 {
		t.Errorf("%d records, in a list of 12", records)
	}
}

// A list that is out of order, that shows nothing, or that shows the same jobs for each offset is given up, and says why.
func TestRangesOfUntrueLists(t *testing.T) {
	t.Parallel()
	times := make([]int, 3000)
	for i := range times {
		times[i] = i * 200
	}
	w := worldOfTimes(t, times)
	plan, err := w.plan(rangeOf(10, 100_000, 200_000))
	if err != nil {
		t.Fatal(err)
	}
	for want, spoil := range map[string]func(*restclient.JobsQuery, *restclient.JobsPage){
		"not give the list in the order": func(_ *restclient.JobsQuery, page *restclient.JobsPage) { slices.Reverse(page.Records) },
		"shows none of them":             func(_ *restclient.JobsQuery, page *restclient.JobsPage) { page.Records = nil },
		"records cannot be read": func(_ *restclient.JobsQuery, page *restclient.JobsPage) {
			for i := range page.Records {
				page.Records[i] = restclient.Record{Err: errors.New("no job")}
			}
		},
		"the same jobs for each offset": nil,
	} {
		calls := 0
		jobs := func(ctx context.Context, q restclient.JobsQuery) (*restclient.JobsPage, error) {
			if calls++; spoil == nil {
				q.Offset = 0
			}
			page, err := w.client.Jobs(ctx, q)
			if err == nil && spoil != nil {
				spoil(&q, page)
			}
			return page, err
		}
		_, err := w.page(serial(jobs), &plan)
		untruth, ok := errors.AsType[*UntruthError](err)
		if !ok || !strings.Contains(untruth.Error(), want) || calls > 8 {
			t.Errorf("%s: %v after %d calls", want, err, calls)
		}
	}
}

// serial lets calls that come side by side be made one after another.
func serial(jobs source) source {
	var mu sync.Mutex
	return func(ctx context.Context, q restclient.JobsQuery) (*restclient.JobsPage, error) {
		mu.Lock()
		defer mu.Unlock()
		return jobs(ctx, q)
	}
}

// A cursor belongs to its range, and a range to the time of its order.
func TestCursorsOfRanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Options{})
	for i := range 40 {
		w.insert(i)
	}
	of := rangeOf(5, 10, 30)
	page := w.read(t, of)
	for name, r := range map[string]request{
		"the whole list": {}, "another start": {times: &timesOf{11, 30}}, "another end": {times: &timesOf{10, 31}}, "no end": {times: &timesOf{10, open}},
	} {
		r.first, r.last, r.offset, r.orderBy, r.after = 5, -1, -1, of.orderBy, page.finish
		_, err := w.plan(r)
		if refused, ok := errors.AsType[*ArgumentError](err); !ok || refused.Argument != "after" {
			t.Errorf("%s: %v", name, err)
		}
	}
	of.after = page.finish
	if next := w.read(t, of); next.calls != 1 || next.total != 20 || !next.prev || !next.next {
		t.Errorf("%+v", next)
	}
}

// A panic of a call that was made side by side with another reaches whoever reads.
func TestPanicSideBySide(t *testing.T) {
	t.Parallel()
	times := make([]int, 3000)
	for i := range times {
		times[i] = i * 200
	}
	w := worldOfTimes(t, times)
	plan, err := w.plan(rangeOf(10, 100_000, 500_000))
	if err != nil {
		t.Fatal(err)
	}
	jobs := func(ctx context.Context, q restclient.JobsQuery) (*restclient.JobsPage, error) {
		if q.Offset > 0 {
			panic("a fault")
		}
		return w.client.Jobs(ctx, q)
	}
	defer func() {
		if value := recover(); value != "a fault" {
			t.Errorf("caught %v", value)
		}
	}()
	_, err = w.page(jobs, &plan)
	t.Errorf("no panic, but %v", err)
}

// Where answers would be too large, the windows of the search are read in parts.
func TestRangeOfHeavyRecords(t *testing.T) {
	t.Parallel()
	w := newWorldWith(t, emulator.Options{}, 200_000)
	w.heavy = 5000
	for i := range 700 {
		w.insert(i)
	}
	for _, times := range []timesOf{{200, 320}, {0, 5}, {695, open}, {open, 600}} {
		r := rangeOf(30, times.from, times.to)
		list := times.within(w.list(r.orderBy, false), r.orderBy)
		got := w.read(t, r)
		if want := idsOf(list[:min(30, len(list))]); !slices.Equal(got.ids, want) || got.total != len(list) {
			t.Errorf("%+v: %d jobs of %d for %d calls, want %d of %d", times, len(got.ids), got.total, got.calls, len(want), len(list))
		}
	}
}
