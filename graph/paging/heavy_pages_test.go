package paging

import (
	"fmt"
	"strings"
	"testing"

	"jobsgateway/internal/emulator"
)

// One record of 600 is over the cap, and all others are small. That record's own error, and every other job once, in both
// directions; a page that meets the record costs no more than its halvings, 30 here.
func TestOneRecordOverTheCap(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		at, group, size int // at 599 is the newest, 0 the oldest
		backwards       bool
	}{
		{599, 1, 7, false},
		{599, 1, 1, false},
		{300, 1, 100, false},
		{300, 2, 7, false},
		{0, 2, 500, false},
		{0, 1, 1, false},
		{0, 1, 50, true},
		{599, 1, 7, true},
		{300, 10, 50, true},
		{300, 2, 1, false},
		{300, 10, 1, true},
	} {
		t.Run(fmt.Sprintf("record %d, groups of %d in pages of %d, backwards %t", c.at, c.group, c.size, c.backwards), func(t *testing.T) {
			t.Parallel()
			w := worldOfGroups(t, emulator.Options{}, 0, 0, 200_000)
			for i := range 600 {
				if i == c.at {
					w.api.Insert(fmt.Appendf(nil, `{"job_id":"00000000-0000-4000-8000-999999999999","state":"running","type":"t",`+
						`"created_at":"2024-01-01T00:%02d:%02d","updated_at":"2024-01-01T00:00:00","x":%q}`,
						i/c.group/60, i/c.group%60, strings.Repeat("x", 300_000)))
					continue
				}
				w.insert(i / c.group)
			}
			if err := quietWalk(w, w.client.Jobs, c.size, c.backwards, 30); err != nil {
				t.Error(err)
			}
		})
	}
}

// heavyBody is a cap of about 12, and of about 31, of a world's records.
const heavyBody, halfHeavyBody = 2000, 5000

// Heavy pages: the list stands still, its totals are true, each record is far below the cap. Every job once, no error,
// and a page costs at most about two calls for each part, 40 here.
func TestHeavyWalks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		groups, group, size int
		backwards           bool
		body                int64
	}{
		{115, 2, 500, true, 10000},
		{30, 2, 50, true, halfHeavyBody},
		{23, 10, 500, true, halfHeavyBody},
		{230, 1, 50, true, halfHeavyBody},
		{60, 1, 20, true, heavyBody},
		{30, 2, 1, true, halfHeavyBody}, // last: 1, and the second page is lost
		{115, 2, 50, true, halfHeavyBody},
		{23, 10, 7, false, heavyBody}, // forwards: groups of 10 where an answer holds 12
		{23, 10, 20, false, heavyBody},
	} {
		t.Run(fmt.Sprintf("%d groups of %d in pages of %d, backwards %t, cap %d", c.groups, c.group, c.size, c.backwards, c.body), func(t *testing.T) {
			t.Parallel()
			w := worldOfGroups(t, emulator.Options{}, c.groups, c.group, c.body)
			if err := quietWalk(w, w.client.Jobs, c.size, c.backwards, 40); err != nil {
				t.Error(err)
			}
		})
	}
}

// An API that gives at most so many records at once, with true totals and next_page. Every job once, backwards, too.
func TestCappedAnswersBackwards(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ groups, group, size int }{
		{20, 1, 7},
		{60, 1, 7},
		{230, 1, 50},
		{30, 2, 7},
		{23, 10, 20},
	} {
		t.Run(fmt.Sprintf("%d groups of %d in pages of %d", c.groups, c.group, c.size), func(t *testing.T) {
			t.Parallel()
			w := worldOfGroups(t, emulator.Options{MaxRecords: 7}, c.groups, c.group, 1<<24)
			if err := quietWalk(w, w.client.Jobs, c.size, true, 50); err != nil {
				t.Error(err)
			}
		})
	}
}

// Equals that are more than the API gives at once, in one and the same order each time, with true totals and next_page.
// Every job once, since nothing moves; at the least no end without a word.
func TestGroupsLargerThanAnAnswer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		most, groups, group, size int
		backwards                 bool
	}{
		{20, 1, 30, 10, false},
		{20, 1, 30, 96, false},
		{20, 2, 30, 7, false},
		{20, 1, 400, 94, true},
		{20, 2, 30, 50, true},
		{100, 2, 230, 50, true},
		{100, 2, 230, 500, false},
		{7, 23, 10, 20, false},
		{7, 23, 10, 20, true},
	} {
		t.Run(fmt.Sprintf("%d groups of %d by %d in pages of %d, backwards %t", c.groups, c.group, c.most, c.size, c.backwards), func(t *testing.T) {
			t.Parallel()
			w := worldOfGroups(t, emulator.Options{MaxRecords: c.most}, c.groups, c.group, 1<<24)
			if err := quietWalk(w, w.client.Jobs, c.size, c.backwards, 50); err != nil {
				t.Error(err)
			}
		})
	}
}

// Totals that are not true, and equal times, backwards. Every job once, whatever the total says: `last` alone reads the
// end of the list, and not the place where a capped total lets it end.
func TestTotalsBackwards(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name                string
		rule                emulator.TotalRule
		noNext              bool
		groups, group, size int
	}{
		{"capped", emulator.TotalsCapped, true, 115, 2, 50},
		{"lagging", emulator.TotalsLagging, true, 30, 2, 7},
		{"lagging", emulator.TotalsLagging, false, 60, 10, 500}, // with next_page: 60 of 600
		{"of the page", emulator.TotalsOfPage, true, 30, 2, 7},
		{"of the page", emulator.TotalsOfPage, true, 23, 10, 50},
		{"inflated", emulator.TotalsInflated, false, 230, 1, 50},
		{"inflated", emulator.TotalsInflated, true, 30, 2, 7},
	} {
		t.Run(fmt.Sprintf("%s, no next page %t, %d groups of %d in pages of %d", c.name, c.noNext, c.groups, c.group, c.size), func(t *testing.T) {
			t.Parallel()
			w := worldOfGroups(t, emulator.Options{Totals: c.rule, NoNextPage: c.noNext}, c.groups, c.group, 1<<24)
			if err := quietWalk(w, w.client.Jobs, c.size, true, 20); err != nil {
				t.Error(err)
			}
		})
	}
}
