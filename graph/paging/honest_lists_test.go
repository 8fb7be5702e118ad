package paging

import (
	"context"
	"fmt"
	"testing"

	"jobsgateway/internal/emulator"
	"jobsgateway/restclient"
)

// no page that is lost or ends the list: one unreadable record is no list that cannot be read.
func TestUnreadableAmongEquals(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		records, size int
		backwards     bool
	}{
		{600, 100, true},
		{600, 1, true},
		{600, 7, true},
		{1200, 500, true},
		{1200, 100, false},
		{1200, 7, false},
	} {
		t.Run(fmt.Sprintf("%d records in pages of %d, backwards %t", c.records, c.size, c.backwards), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, emulator.Options{})
			for i := range c.records {
				if i%5 == 4 {
					w.api.Insert(fmt.Appendf(nil, `{"job_id":7,"created_at":"2024-01-01T00:%02d:%02d"}`, i/600, i/10%60))
					continue
				}
				w.insert(i / 10)
			}
			if err := quietWalk(w, w.client.Jobs, c.size, c.backwards, 10); err != nil {
				t.Error(err)
			}
		})
	}
}

// one page make no list that "shows the same jobs for each offset".
func TestHonestListIsNoUntruth(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Options{})
	for i := range 4 {
		w.insert(i)
	}
	answer, err := w.client.Jobs(t.Context(), restclient.JobsQuery{OrderBy: restclient.CreatedAtDesc, PerPage: 4})
	if err != nil {
		t.Fatal(err)
	}
	jobs := answer.Records
	before := window{offset: 5, records: jobs[:3], total: 100, full: true}
	after := window{offset: 6, records: jobs[:3], total: 100, full: true} // one arrived in front, one left behind
	h := witness{}
	if err := h.compare(ordering(restclient.CreatedAtDesc), before, true); err != nil {
		t.Fatal(err)
	}
	if err := h.compare(ordering(restclient.CreatedAtDesc), after, true); err != nil {
		t.Errorf("a list that moved by one: %v", err)
	}
}

// once an answer without records has said so.
func TestAnswerBehindTheLastPage(t *testing.T) {
	t.Parallel()
	for name, rule := range map[string]emulator.TotalRule{"lagging": emulator.TotalsLagging, "capped": emulator.TotalsCapped} {
		w := worldOfGroups(t, emulator.Options{Totals: rule, TotalCap: 15}, 20, 1, 1<<24)
		got, err := w.readFrom(w.client.Jobs, request{first: 20, last: -1, offset: -1, orderBy: restclient.CreatedAtDesc})
		if err != nil || len(got.ids) != 20 || got.next {
			t.Errorf("%s: %v, %d jobs, next %t after %d calls", name, err, len(got.ids), got.next, w.api.Total())
		}
	}
}

// answer without records is the end, whatever was named.
func TestNextPageAlways(t *testing.T) {
	t.Parallel()
	following := func(q restclient.JobsQuery) int64 { return q.Offset/int64(q.PerPage) + 2 }
	huge := func(restclient.JobsQuery) int64 { return 1 << 40 }
	for name, c := range map[string]struct {
		next        func(restclient.JobsQuery) int64
		group, size int
		backwards   bool
	}{
		"equals backwards":    {following, 20, 7, true},
		"one page":            {following, 1, 100, false},
		"the last job":        {following, 1, 1, false},
		"one page, backwards": {following, 3, 100, true},
		"huge":                {huge, 20, 25, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := worldOfGroups(t, emulator.Options{}, 60/c.group, c.group, 1<<24)
			named := func(ctx context.Context, q restclient.JobsQuery) (*restclient.JobsPage, error) {
				page, err := w.client.Jobs(ctx, q)
				if err == nil {
					page.NextPage = c.next(q)
				}
				return page, err
			}
			if err := quietWalk(w, named, c.size, c.backwards, 6); err != nil {
				t.Error(err)
			}
		})
	}
}
