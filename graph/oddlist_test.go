package graph

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"jobsgateway/internal/emulator"
	"jobsgateway/restclient"
)

// Every fifth record cannot be read, and jobs come in tens of one time. Every readable job once, in either direction, and
// no page that is lost or ends the list: one unreadable record is no list that cannot be read.
func TestOddUnreadableAmongEquals(t *testing.T) {
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
			defer w.close()
			for i := range c.records {
				if i%5 == 4 {
					w.api.Insert(fmt.Appendf(nil, `{"job_id":7,"created_at":"2024-01-01T00:%02d:%02d"}`, i/600, i/10%60))
					continue
				}
				w.insert(i / 10)
			}
			if err := quietWalk(w, w.client, c.size, c.backwards, 10); err != nil {
				t.Error(err)
			}
		})
	}
}

// told is an Upstream that answers by a function.
type told struct {
	Upstream
	jobs  func(ctx context.Context, up Upstream, q restclient.JobsQuery) (*restclient.JobsPage, error)
	calls *int
}

func (u told) Jobs(ctx context.Context, q restclient.JobsQuery) (*restclient.JobsPage, error) {
	*u.calls++
	return u.jobs(ctx, u.Upstream, q)
}

// oddRig is a rig over jobs of distinct created_at and one and the same updated_at, newest first.
func oddRig(t *testing.T, n int, jobs func(context.Context, Upstream, restclient.JobsQuery) (*restclient.JobsPage, error)) (*rig, *int) {
	t.Helper()
	records := []string{}
	for i := n; i > 0; i-- {
		records = append(records, fmt.Sprintf(`{"job_id":"00000000-0000-4000-8000-%012d","state":"running","type":"t",`+
			`"created_at":"2024-01-01T00:00:%02d","updated_at":"2024-01-01T01:00:00"}`, i, i))
	}
	rig, _ := newJobsRig(t, records...)
	calls := 0
	return rig.over(t, told{rig.upstream, jobs, &calls}), &calls
}

// The same 5 records for every offset with a total of 10^9, where all were updated at one time. At most 3
// calls, the 5 jobs once, UPSTREAM_BAD_RESPONSE beside them.
func TestOddSameRecordsForEveryOffset(t *testing.T) {
	t.Parallel()
	for _, first := range []int{6, 100, 500} {
		rig, calls := oddRig(t, 5, func(ctx context.Context, up Upstream, q restclient.JobsQuery) (*restclient.JobsPage, error) {
			q.Offset = 0
			page, err := up.Jobs(ctx, q)
			if err == nil {
				page.Total = 1_000_000_000
			}
			return page, err
		})
		got := rig.ask(fmt.Sprintf(`{ jobs(first: %d) { nodes { id } } }`, first), "")
		if n := strings.Count(got.data, `"id"`); n != 5 || *calls > 3 || !strings.Contains(got.wire, "UPSTREAM_BAD_RESPONSE") {
			t.Errorf("first %d: %d calls, %d jobs, %s", first, *calls, n, got.wire)
		}
	}
}

// A list in no order, which keeps still. Never a job twice; where the cursor's place is not sure, UPSTREAM_BAD_RESPONSE.
func TestOddUnsortedList(t *testing.T) {
	t.Parallel()
	rig, calls := oddRig(t, 59, func(ctx context.Context, up Upstream, q restclient.JobsQuery) (*restclient.JobsPage, error) {
		all, err := up.Jobs(ctx, restclient.JobsQuery{OrderBy: q.OrderBy, PerPage: restclient.MaxPerPage})
		if err != nil {
			return nil, err
		}
		records := make([]restclient.Record, len(all.Records))
		for i := range records {
			records[i] = all.Records[(58-i*37%59+59)%59]
		}
		low := min(int(q.Offset), len(records))
		return &restclient.JobsPage{Records: records[low:min(low+q.PerPage, len(records))], Total: int64(len(records)), Asked: q.PerPage}, nil
	})
	seen := map[string]bool{}
	after := ""
	for page := range 40 {
		*calls = 0
		got := rig.ask(fmt.Sprintf(`{ jobs(first: 2%s) { nodes { id } pageInfo { hasNextPage endCursor } } }`, after), "")
		if *calls > 3 {
			t.Errorf("page %d: %d calls", page, *calls)
		}
		if strings.Contains(got.wire, "UPSTREAM_BAD_RESPONSE") {
			return
		}
		for _, part := range strings.Split(got.data, `"id":"`)[1:] {
			if id := part[:36]; seen[id] {
				t.Fatalf("page %d shows %s again", page, id)
			} else {
				seen[id] = true
			}
		}
		if !strings.Contains(got.data, `"hasNextPage":true`) {
			break
		}
		_, cursor, _ := strings.Cut(got.data, `"endCursor":"`)
		cursor, _, _ = strings.Cut(cursor, `"`)
		after = fmt.Sprintf(`, after: %q`, cursor)
	}
	if len(seen) != 59 {
		t.Errorf("%d of 59 jobs, and no error", len(seen))
	}
}

// A total that nothing but jobs in front of the cursor changes. A job that arrives and one that leaves between two calls of
// one page make no list that "shows the same jobs for each offset".
func TestOddHonestListIsNoUntruth(t *testing.T) {
	t.Parallel()
	job := func(i int) restclient.Record {
		id := fmt.Sprintf("00000000-0000-4000-8000-%012d", i)
		rig, _ := newJobsRig(t, fmt.Sprintf(`{"job_id":%q,"state":"running","type":"t","created_at":"2024-01-01T00:00:%02d","updated_at":"2024-01-01T00:00:%02d"}`, id, i, i))
		page, err := rig.upstream.Jobs(t.Context(), restclient.JobsQuery{OrderBy: restclient.CreatedAtDesc, PerPage: 1})
		if err != nil {
			t.Fatal(err)
		}
		return page.Records[0]
	}
	jobs := []restclient.Record{job(9), job(8), job(7), job(6)}
	before := window{offset: 5, records: jobs[:3], total: 100, full: true}
	after := window{offset: 6, records: jobs[:3], total: 100, full: true} // one arrived in front, one left behind
	h := witness{}
	if err := h.hear(ordering(restclient.CreatedAtDesc), before, true); err != nil {
		t.Fatal(err)
	}
	if err := h.hear(ordering(restclient.CreatedAtDesc), after, true); err != nil {
		t.Errorf("a list that moved by one: %v", err)
	}
}

// Totals that lag, forwards: the API is asked what stands behind the last page, and its answer counts. HasNextPage false
// once an answer without records has said so.
func TestOddAnswerBehindTheLastPage(t *testing.T) {
	t.Parallel()
	for name, rule := range map[string]emulator.TotalRule{"lagging": emulator.TotalsLagging, "capped": emulator.TotalsCapped} {
		w := oddWorld(t, emulator.Options{Totals: rule, TotalCap: 15}, 20, 1, 1<<24)
		got, err := w.tryRead(w.client, request{first: 20, last: -1, offset: -1, orderBy: restclient.CreatedAtDesc})
		if err != nil || len(got.ids) != 20 || got.next {
			t.Errorf("%s: %v, %d jobs, next %t after %d calls", name, err, len(got.ids), got.next, w.api.Total())
		}
		w.close()
	}
}

// What asks for a total alone needs no record. One record asked for, as with every other combination.
func TestOddTallyBetweenDirections(t *testing.T) {
	t.Parallel()
	var asked []int
	rig, _ := oddRig(t, 30, func(ctx context.Context, up Upstream, q restclient.JobsQuery) (*restclient.JobsPage, error) {
		asked = append(asked, q.PerPage)
		return up.Jobs(ctx, q)
	})
	got := rig.ask(`{ jobs(first: 5) { pageInfo { endCursor } } }`, "")
	_, cursor, _ := strings.Cut(got.data, `"endCursor":"`)
	cursor, _, _ = strings.Cut(cursor, `"`)
	for _, arguments := range []string{"first: 500, before: %q", "last: 500, after: %q"} {
		asked = nil
		rig.ask(fmt.Sprintf(`{ jobs(`+arguments+`) { totalCount } }`, cursor), "").wantData(t, `{"jobs":{"totalCount":30}}`)
		if len(asked) != 1 || asked[0] != 1 {
			t.Errorf("%s: asked for %v records", arguments, asked)
		}
	}
}

// One job arrives before each call, and the oldest jobs come in pairs of one time. The last jobs, for a few calls (10 here).
func TestOddLastOfABusyList(t *testing.T) {
	t.Parallel()
	records := []string{}
	for i := 59; i >= 0; i-- {
		records = append(records, record(i/2, ""))
		records[len(records)-1] = strings.Replace(records[len(records)-1], idOf(i/2), idOf(1000+i), 1)
	}
	rig, api := newJobsRig(t, records...)
	calls := 0
	rig = rig.over(t, told{rig.upstream, func(ctx context.Context, up Upstream, q restclient.JobsQuery) (*restclient.JobsPage, error) {
		api.Insert([]byte(strings.Replace(record(50, ""), idOf(50), idOf(2000+calls), 1)))
		return up.Jobs(ctx, q)
	}, &calls})
	got := rig.ask(`{ jobs(last: 2) { nodes { id } } }`, "")
	if calls > 10 || strings.Count(got.data, `"id"`) != 2 {
		t.Errorf("%d calls, %s %s", calls, got.data, got.wire)
	}
}

// An API that names a next page behind its last one, too, with true totals. Every job once, 6 calls a page at most: an
// answer without records is the end, whatever was named.
func TestOddNextPageAlways(t *testing.T) {
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
			w := oddWorld(t, emulator.Options{}, 60/c.group, c.group, 1<<24)
			defer w.close()
			calls := 0
			up := told{w.client, func(ctx context.Context, up Upstream, q restclient.JobsQuery) (*restclient.JobsPage, error) {
				page, err := up.Jobs(ctx, q)
				if err == nil {
					page.NextPage = c.next(q)
				}
				return page, err
			}, &calls}
			if err := quietWalk(w, up, c.size, c.backwards, 6); err != nil {
				t.Error(err)
			}
		})
	}
}
