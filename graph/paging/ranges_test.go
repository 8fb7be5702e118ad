package paging

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"jobsgateway/internal/emulator"
	"jobsgateway/restclient"
)

// timesOf is a range of the model's seconds; open for an end that is not there.
type timesOf struct{ from, to int }

const open = math.MaxInt

// instantOf gives the instant of a second of the model; nil for open.
func instantOf(seconds int) *time.Time {
	if seconds == open {
		return nil
	}
	at := time.Date(2024, 1, 1, 0, 0, seconds, 0, time.UTC)
	return &at
}

// within gives the part of a list that a range has.
func (times *timesOf) within(list []modelJob, orderBy restclient.Order) []modelJob {
	if times == nil {
		return list
	}
	return slices.DeleteFunc(slices.Clone(list), func(j modelJob) bool {
		at := j.updated
		if ordering(orderBy).isByCreation() {
			at = j.created
		}
		return times.from != open && at < times.from || times.to != open && at >= times.to
	})
}

// drawTimes draws a range that is not inverted; it may be empty, and have ends at jobs' times.
func drawTimes(t *rapid.T, distinct int) *timesOf {
	times := timesOf{open, open}
	if rapid.IntRange(0, 3).Draw(t, "has from") > 0 {
		times.from = rapid.IntRange(-2, distinct+5).Draw(t, "from")
	}
	if rapid.IntRange(0, 3).Draw(t, "has to") > 0 {
		low := -2
		if times.from != open {
			low = times.from
		}
		times.to = rapid.IntRange(low, max(low, distinct+20)).Draw(t, "to")
	}
	return &times
}

// On a list that stands still every page of a range is exactly what the model says, with exact flags and totals, whatever the
// arguments, and whatever is asked of it.
func TestQuietRanges(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t, emulator.Options{SteadyTies: rapid.Bool().Draw(t, "steady ties")})
		distinct := rapid.SampledFrom([]int{0, 3, 30, 1000}).Draw(t, "distinct")
		w.fill(t, rapid.SampledFrom([]int{0, 1, 5, 40, 300}).Draw(t, "jobs"), distinct)
		if rapid.Bool().Draw(t, "offsets are proven") {
			w.offsets.proven.Store(true)
		}
		r := request{
			first: -1, last: -1, offset: -1, times: drawTimes(t, distinct),
			orderBy: rapid.SampledFrom(allOrders).Draw(t, "order"), failedOnly: rapid.Bool().Draw(t, "filtered"),
		}
		list := r.times.within(w.list(r.orderBy, r.failedOnly), r.orderBy)
		all := w.read(t, request{first: 500, last: -1, offset: -1, orderBy: r.orderBy, failedOnly: r.failedOnly, times: r.times})
		if !slices.Equal(all.ids, idsOf(list)) || all.total != len(list) || all.next || all.prev {
			t.Fatalf("all: %v, want %v; total %d, %t, %t", all.ids, idsOf(list), all.total, all.next, all.prev)
		}
		low, high := drawPage(t, &r, all.cursors)
		r.unasked = Unasked{
			Records: rapid.IntRange(0, 3).Draw(t, "no records") == 0,
			Flags:   rapid.IntRange(0, 3).Draw(t, "no flags") == 0,
			Total:   rapid.IntRange(0, 3).Draw(t, "no total") == 0,
		}
		got := w.read(t, r)
		if want := idsOf(list[low:high]); !r.unasked.Records && !slices.Equal(got.ids, want) {
			t.Fatalf("%+v %+v: %v, want %v", r, r.times, got.ids, want)
		}
		if !r.unasked.Total && got.total != len(list) {
			t.Fatalf("%+v %+v: total %d of %d", r, r.times, got.total, len(list))
		}
		isCrossed := r.after != "" && r.before != ""
		if !isCrossed && !r.unasked.Flags && (got.next != (high < len(list)) || got.prev != (low > 0)) {
			t.Fatalf("%+v %+v: [%d, %d) of %d: next %t, previous %t", r, r.times, low, high, len(list), got.next, got.prev)
		}
		if goesOn := r.after != "" && r.last < 0 || r.before != "" && r.last >= 0; goesOn && *r.times != (timesOf{open, open}) && got.calls > map[bool]int{true: 2, false: 1}[r.unasked.Records] {
			t.Fatalf("%+v %+v: %d calls", r, r.times, got.calls)
		}
		if got.calls > 10 {
			t.Fatalf("%+v %+v: %d calls", r, r.times, got.calls)
		}
	})
}

// drawRange draws a range for a walk, and makes the list longer than a window of the search.
func drawRange(t *rapid.T, w *world) *timesOf {
	distinct := rapid.SampledFrom([]int{2, 30, 100000}).Draw(t, "times")
	burst := 50
	if w.odd { // more equals than one window shows are promised little
		distinct, burst = rapid.SampledFrom([]int{20000, 100000}).Draw(t, "times"), 10
	}
	chance := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "more jobs"), 0))
	bursts := rapid.Bool().Draw(t, "bursts") && distinct > 2 // up to 500 are equals
	at := 0
	for i := range rapid.SampledFrom([]int{0, 0, 0, 0, 0, 150, 150, 150, 150, 400}).Draw(t, "more") {
		if !bursts || i%burst == 0 {
			at = chance.IntN(distinct + 1)
		}
		w.insert(at + chance.IntN(1+distinct/1000))
	}
	return drawTimes(t, distinct)
}

// A client that follows cursors through a range sees every job that was in the range at the start and stays in it, exactly once
// and in order, whatever arrives, leaves or changes in between; totals are those of the range.
func TestWalkOfAMovingRange(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		options emulator.Options
		orders  []restclient.Order
		exact   bool
	}{
		"created":                   {emulator.Options{}, allOrders[:2], true},
		"created, steady equals":    {emulator.Options{SteadyTies: true}, allOrders[:2], true},
		"created, equals drawn":     {emulator.Options{Ties: emulator.TiesDrawn}, allOrders[:2], true},
		"created, equals by window": {emulator.Options{Ties: emulator.TiesByWindow}, allOrders[:2], true},
		"updated":                   {emulator.Options{}, allOrders[2:], true},
		"updated, equals drawn":     {emulator.Options{Ties: emulator.TiesDrawn}, allOrders[2:], true},
		"floored":                   {oddUpstreams["floored"], allOrders[:2], false},
		"refused":                   {oddUpstreams["refused"], allOrders[:2], true},
		"capped":                    {oddUpstreams["capped"], allOrders[:2], true},
		"no totals":                 {oddUpstreams["older, no total"], allOrders[:2], false},
		"totals capped":             {untrueTotals["capped"], allOrders[:2], false},
		"totals lagging":            {untrueTotals["lagging, no next page"], allOrders[:2], false},
		"totals of the page":        {untrueTotals["of the page"], allOrders[:2], false},
		"totals inflated":           {untrueTotals["inflated"], allOrders[:2], false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				walkMovingWith(t, c.options, c.orders, func(w *world, r *request) {
					w.exact = c.exact
					r.times = drawRange(t, w)
				})
			})
		})
	}
}

// The same while the list moves between the calls of one page, too.
func TestWalkOfARangeThatMovesWithinPages(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]emulator.Options{
		"plain": {}, "capped": {MaxRecords: 40}, "equals in no order": {Ties: emulator.TiesDrawn}, "steady equals": {SteadyTies: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				walkMovingWith(t, options, allOrders[:2], func(w *world, r *request) {
					r.times = drawRange(t, w)
					w.drawn = true // the end of a list that moves is read in the opposite order, which may turn equals round
					w.between = moving(w, rapid.Uint64().Draw(t, "moves"))
				})
			})
		})
	}
}
