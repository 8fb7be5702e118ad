package paging

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"jobsgateway/internal/clienttest"
	"jobsgateway/internal/emulator"
	"jobsgateway/restclient"
)

// untrueTotals are APIs whose total_records is not how many jobs there are; the ones without a next_page leave a full page as the
// only evidence.
var untrueTotals = map[string]emulator.Options{
	"capped":                    {Totals: emulator.TotalsCapped, TotalCap: 20},
	"capped, no next page":      {Totals: emulator.TotalsCapped, TotalCap: 20, NoNextPage: true},
	"lagging":                   {Totals: emulator.TotalsLagging},
	"lagging, no next page":     {Totals: emulator.TotalsLagging, NoNextPage: true},
	"of the page":               {Totals: emulator.TotalsOfPage},
	"of the page, no next page": {Totals: emulator.TotalsOfPage, NoNextPage: true},
	"inflated":                  {Totals: emulator.TotalsInflated},
	"inflated, capped answers":  {Totals: emulator.TotalsInflated, MaxRecords: 30},
	"inflated, no next page":    {Totals: emulator.TotalsInflated, NoNextPage: true},
	"capped, equals in no order": {
		Totals: emulator.TotalsCapped, TotalCap: 20, Ties: emulator.TiesDrawn,
	},
}

// Whatever the total says, a walk ends where the list ends.
func TestWalkWhereTotalsAreUntrue(t *testing.T) {
	t.Parallel()
	for name, options := range untrueTotals {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) { walkMoving(t, options, allOrders[:2]) })
		})
	}
}

// A total that the page contradicts is not told; the page is. What is told of a page elsewhere may be wrong, which nothing shows.
func TestUntrueTotals(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		options     emulator.Options
		read        request
		total, next any
	}{
		{emulator.Options{}, request{first: 30}, 230, true},
		{emulator.Options{}, request{first: 230}, 230, false}, // a full page that is the last
		{emulator.Options{}, request{first: 231}, 230, false},
		{emulator.Options{Totals: emulator.TotalsCapped}, request{first: 30}, 100, true},
		{emulator.Options{Totals: emulator.TotalsCapped}, request{first: 100}, -1, true},
		{emulator.Options{Totals: emulator.TotalsCapped, NoNextPage: true}, request{first: 100}, -1, true},
		{emulator.Options{Totals: emulator.TotalsCapped}, request{first: 101}, -1, true},
		{emulator.Options{Totals: emulator.TotalsCapped}, request{first: 230}, -1, false},
		{emulator.Options{Totals: emulator.TotalsCapped}, request{first: 50, offset: 180}, -1, false},
		{emulator.Options{Totals: emulator.TotalsCapped}, request{last: 30}, 100, false},
		{emulator.Options{Totals: emulator.TotalsOfPage}, request{first: 30}, -1, true},
		{emulator.Options{Totals: emulator.TotalsOfPage, NoNextPage: true}, request{first: 30}, -1, true},
		{emulator.Options{Totals: emulator.TotalsInflated}, request{first: 30}, 1230, true},
		{emulator.Options{Totals: emulator.TotalsInflated}, request{first: 500}, -1, false},
		{emulator.Options{Totals: emulator.TotalsInflated}, request{first: 10, offset: 400}, -1, false},
		{emulator.Options{Totals: emulator.TotalsLagging}, request{first: 230}, -1, false},
		{emulator.Options{Older: true}, request{first: 30}, -1, true},
	} {
		w := newWorld(t, c.options)
		for i := range 230 {
			w.insert(i)
		}
		r := c.read
		r.orderBy = restclient.CreatedAtDesc
		if r.first == 0 {
			r.first = -1
		}
		if r.last == 0 {
			r.last = -1
		}
		if r.offset == 0 {
			r.offset = -1
		}
		got := w.read(t, r)
		if got.total != c.total || got.next != c.next {
			t.Errorf("%+v, %+v: total %d, want %d; next %t, want %t", c.options, c.read, got.total, c.total, got.next, c.next)
		}
	}
}

// upstreamOf makes an upstream of one answer for each question, over HTTP.
func upstreamOf(t *testing.T, answer func(q restclient.JobsQuery) string) *world {
	t.Helper()
	w := newWorld(t, emulator.Options{})
	w.client = clienttest.New(t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		var q restclient.JobsQuery
		_, _ = fmt.Sscan(r.URL.Query().Get("offset"), &q.Offset)
		_, _ = fmt.Sscan(r.URL.Query().Get("per_page"), &q.PerPage)
		q.OrderBy = restclient.Order(r.URL.Query().Get("order_by"))
		w.asked.Add(1)
		rw.Header().Set("Content-Type", "application/json")
		_, _ = rw.Write([]byte(answer(q)))
	}))
	return w
}

// A list of which no place can be told costs three calls at most, answers what is sure, no job twice, and says what is wrong.
func TestListsThatCannotBePlaced(t *testing.T) {
	t.Parallel()
	job := func(i int) string {
		at := time.Date(2024, 1, 1, 0, 59-i, 0, 0, time.UTC).Format("2006-01-02T15:04:05")
		return fmt.Sprintf(`{"job_id":"00000000-0000-4000-8000-%012d","state":"failed","type":"t","created_at":%q,"updated_at":%q}`, i, at, at)
	}
	page := func(total int, records ...string) string {
		return fmt.Sprintf(`{"total_records":%d,"records":[%s]}`, total, strings.Join(records, ","))
	}
	five := []string{job(0), job(1), job(2), job(3), job(4)}
	integer := func(int) string {
		return `{"job_id":7,"state":"failed","type":"t","created_at":"2024-01-01T00:00:00","updated_at":"2024-01-01T00:00:00"}`
	}
	part := func(q restclient.JobsQuery, n int, record func(int) string) []string {
		var records []string
		for i := int(q.Offset); i < min(n, int(q.Offset)+q.PerPage); i++ {
			records = append(records, record(i))
		}
		return records
	}
	after := cursor{scope: scopeOf("", restclient.CreatedAtDesc, Range{}), anchor: anchor{
		id: "00000000-0000-4000-8000-000000000009", value: time.Date(2024, 1, 1, 0, 50, 0, 0, time.UTC), offset: 9, total: 1000,
	}}.encode()
	far := cursor{scope: scopeOf("", restclient.CreatedAtDesc, Range{}), anchor: anchor{
		id: "00000000-0000-4000-8000-000000000009", value: time.Date(2024, 1, 1, 0, 50, 0, 0, time.UTC), offset: 4500, total: 6000,
	}}.encode()
	for name, c := range map[string]struct {
		answer func(q restclient.JobsQuery) string
		read   request
		ids    int
		fault  string // of the page, or of the field where there is none
		paged  bool
	}{
		"every id is an integer, all seen": {
			func(q restclient.JobsQuery) string { return page(17, part(q, 17, integer)...) },
			request{first: 17, last: -1},
			0,
			"17 of 17 records have no job_id that is a string", true,
		},
		"every id is an integer": {
			func(q restclient.JobsQuery) string { return page(17, part(q, 17, integer)...) },
			request{first: 2, last: -1},
			0,
			"17 of 17 records have no job_id that is a string", true,
		},
		"every id is an integer, of thousands": {
			func(q restclient.JobsQuery) string { return page(5000, part(q, 5000, integer)...) },
			request{first: 2, last: -1},
			0,
			"records have no job_id that is a string", true,
		},
		"every id is an integer, backwards": {
			func(q restclient.JobsQuery) string { return page(17, part(q, 17, integer)...) },
			request{first: -1, last: 2},
			0,
			"records have no job_id that is a string", true,
		},
		"every id is an integer, behind a cursor": {
			func(q restclient.JobsQuery) string { return page(5000, part(q, 5000, integer)...) },
			request{first: 2, last: -1, after: after},
			0,
			"records have no job_id that is a string", false,
		},
		"no records, behind a cursor": {
			func(restclient.JobsQuery) string { return page(1000) },
			request{first: 10, last: -1, after: after},
			0,
			"says that there are 1000 jobs, and shows none", false,
		},
		"no records, before a cursor": {
			func(restclient.JobsQuery) string { return page(1000) },
			request{first: -1, last: 10, before: after},
			0,
			"says that there are 1000 jobs, and shows none", false,
		},
		"the same five for every offset": {
			func(restclient.JobsQuery) string { return page(1_000_000_000, five...) },
			request{first: 100, last: -1},
			5,
			"shows the same jobs for each offset", true,
		},
		"the same page for every offset, behind a cursor": {
			func(q restclient.JobsQuery) string {
				q.Offset = 20
				return page(6000, part(q, 6000, job)...)
			}, request{first: 10, last: -1, after: far}, 0, "shows the same jobs for each offset", false,
		},
		"out of order, behind a cursor": {
			func(restclient.JobsQuery) string { return page(60, job(30), job(11), job(50), job(3)) },
			request{first: 10, last: -1, after: after},
			0,
			"not give the list in the order", false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := upstreamOf(t, c.answer)
			c.read.offset, c.read.orderBy = -1, restclient.CreatedAtDesc
			page, err := w.try(t, c.read)
			if calls := w.asked.Load(); calls > 3 {
				t.Errorf("%d calls", calls)
			}
			if c.paged {
				if err != nil {
					t.Fatal(err)
				}
				err = page.Fault
				if len(readable(page)) != c.ids {
					t.Errorf("%d jobs, want %d", len(readable(page)), c.ids)
				}
			}
			if untruth, ok := errors.AsType[*UntruthError](err); !ok || !strings.Contains(untruth.Error(), c.fault) {
				t.Errorf("%v, want %q", err, c.fault)
			}
		})
	}
}

// A page whose records are too heavy for one answer is read in parts, in any order of sizes, and is the page that it would be.
func TestHeavyPages(t *testing.T) {
	t.Parallel()
	const limit = 1 << 17
	for name, c := range map[string]struct {
		weights func(i int) int // bytes of a record
		lost    []int           // records that no answer can hold
		equal   bool
	}{
		"all alike":                 {func(int) int { return limit / 100 }, nil, false},
		"one of them over the cap":  {func(i int) int { return map[bool]int{true: 2 * limit, false: 100}[i == 77] }, []int{77}, false},
		"two of them over the cap":  {func(i int) int { return map[bool]int{true: 2 * limit, false: 100}[i == 77 || i == 78] }, []int{77, 78}, false},
		"the first over the cap":    {func(i int) int { return map[bool]int{true: 2 * limit, false: 100}[i == 0] }, []int{0}, false},
		"the last over the cap":     {func(i int) int { return map[bool]int{true: 2 * limit, false: 100}[i == 229] }, []int{229}, false},
		"each nearly over the cap":  {func(i int) int { return map[bool]int{true: limit * 9 / 10, false: 100}[i%40 == 7] }, nil, false},
		"all alike and of one time": {func(int) int { return limit / 100 }, nil, true},
	} {
		for _, backwards := range []bool{false, true} {
			for _, size := range []int{10, 230} {
				t.Run(fmt.Sprintf("%s, pages of %d, backwards %t", name, size, backwards), func(t *testing.T) {
					t.Parallel()
					w := newWorldWith(t, emulator.Options{}, limit)
					var want []string
					for i := range 230 {
						created := i
						if c.equal {
							created = 1
						}
						w.heavy = c.weights(i)
						id := w.insert(created)
						if !slices.Contains(c.lost, i) {
							want = append(want, id)
						}
					}
					if !backwards {
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

// A page size that was learned costs no further call that is too large, and each part of a page is within the cap.
func TestHeavyPagesAreRemembered(t *testing.T) {
	t.Parallel()
	w := newWorldWith(t, emulator.Options{}, 1<<20)
	w.heavy = 1 << 20 / 300
	for i := range 500 {
		w.insert(i)
	}
	r := request{first: 500, last: -1, offset: -1, orderBy: restclient.CreatedAtDesc}
	first, second := w.read(t, r), w.read(t, r)
	if len(first.ids) != 500 || !slices.Equal(first.ids, second.ids) {
		t.Fatalf("%d and %d jobs", len(first.ids), len(second.ids))
	}
	if first.calls > 5 || second.calls > 4 {
		t.Errorf("%d calls, then %d", first.calls, second.calls)
	}
}

// Where an API refuses or rounds odd offsets, that is learned, and doubted again after a while; a limit on how far from the start
// a window may be is something else.
func TestOffsetsAreLearnedForAWhile(t *testing.T) {
	t.Parallel()
	var o Offsets
	o.refuse(span{9990, 10040}, span{9950, 10000})
	if !o.takes(7, 5) {
		t.Error("a limit on depth was taken for one on offsets")
	}
	o.refuse(span{13, 33}, span{10, 40})
	if o.takes(7, 5) || !o.takes(10, 5) {
		t.Error("a refused offset teaches nothing, or too much")
	}
	o.until.Store(1)
	if !o.takes(7, 5) {
		t.Error("what was learned lasts for ever")
	}
	if o.takes(7, 5) {
		t.Error("all doubt it at one time")
	}
	o.prove(7, 5)
	if !o.takes(7, 5) || !o.isProven(7, 5) {
		t.Error("an offset that was honoured changes nothing")
	}
	o.refuse(span{13, 33}, span{10, 40})
	if !o.takes(7, 5) {
		t.Error("one refusal counts for more than a proof")
	}
}
