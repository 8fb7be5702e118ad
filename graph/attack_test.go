package graph

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	"jobsgateway/internal/emulator"
	"jobsgateway/restclient"
)

// attackWorld is a world of so many groups of equals, whose answers may have so many bytes.
func attackWorld(t require, options emulator.Options, groups, group int, maxBody int64) *world {
	w := newWorld(t, options)
	base, err := url.Parse(w.server.URL)
	if err != nil {
		t.Fatalf("%v", err)
	}
	w.client.Close()
	w.client = restclient.New(restclient.Config{
		BaseURL: base, Timeout: time.Minute, MaxBody: maxBody, MaxConns: 1,
		Token: func(context.Context) (string, bool) { return "t", true },
	})
	for i := range groups {
		for range group {
			w.insert(i)
		}
	}
	return w
}

// attackWalk follows cursors from one end of a quiet list to the other: every job once, at most so many calls for a page.
func attackWalk(w *world, up Upstream, size int, backwards bool, calls int) error {
	r := request{first: size, last: -1, offset: -1, orderBy: restclient.CreatedAtDesc}
	if backwards {
		r.first, r.last = -1, size
	}
	want := len(w.jobs)
	stayed := idsOf(w.jobs)
	seen := map[string]int{}
	for page := 1; ; page++ {
		before := w.api.Total()
		got, err := w.tryRead(up, r)
		n := w.api.Total() - before
		switch {
		case err != nil:
			return fmt.Errorf("page %d, %d calls: %w", page, n, err)
		case n > calls:
			return fmt.Errorf("page %d: %d calls", page, n)
		}
		for _, id := range got.ids {
			if seen[id]++; seen[id] > 1 {
				return fmt.Errorf("page %d shows %s again", page, id)
			}
		}
		more := got.next
		r.after, r.before = got.finish, ""
		if backwards {
			r.after, r.before, more = "", got.start, got.prev
		}
		if more && len(got.ids) == 0 {
			return fmt.Errorf("page %d is empty, and yet more", page)
		}
		if !more {
			break
		}
		if page > want+50 {
			return fmt.Errorf("the walk does not end")
		}
	}
	present := map[string]bool{}
	for _, id := range idsOf(w.jobs) {
		present[id] = true
	}
	missed := 0
	for _, id := range stayed {
		if present[id] && seen[id] != 1 {
			missed++
		}
	}
	if missed > 0 {
		return fmt.Errorf("the walk ends, %d of %d jobs were never seen", missed, want)
	}
	return nil
}

func (w *world) tryRead(up Upstream, r request) (answer, error) {
	optional := func(n int) *int32 {
		if n < 0 {
			return nil
		}
		v := int32(n)
		return &v
	}
	text := func(s string) *string {
		if s == "" {
			return nil
		}
		return &s
	}
	plan, err := planPage(pageArgs{
		first: optional(r.first), last: optional(r.last), offset: optional(r.offset),
		after: text(r.after), before: text(r.before), orderBy: r.orderBy,
	}, w.resolver.Pages)
	if err != nil {
		return answer{}, err
	}
	ctx := WithOperation(context.Background(), up, CallLimits{Calls: 200, Concurrency: 8}, slog.New(slog.DiscardHandler))
	c, err := w.resolver.page(ctx, &plan)
	if err != nil {
		return answer{}, err
	}
	out := answer{next: c.HasNextPage, prev: c.HasPreviousPage, total: int(c.Total)}
	for i, record := range c.Records {
		if record.Job != nil {
			out.ids = append(out.ids, record.Job.ID())
			out.cursors = append(out.cursors, c.Cursor(i))
		}
	}
	if len(out.cursors) > 0 {
		out.start, out.finish = out.cursors[0], out.cursors[len(out.cursors)-1]
	}
	return out, nil
}

// One record of 600 is over the cap, and all others are small. Expected: that record's own error, and every other job once, in both
// directions; a page that meets the record costs no more than its halvings, 30 here.
func TestAttackOneRecordOverTheCap(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		at, group, size int // at 599 is the newest, 0 the oldest
		backwards       bool
	}{
		{599, 1, 7, false},   // 599 of 599 are never seen: the first page is empty, and the list is said to end
		{599, 1, 1, false},   // the second page costs 64 calls
		{300, 1, 100, false}, // 300 of 599 are never seen
		{300, 2, 7, false},
		{0, 2, 500, false},
		{0, 1, 1, false}, // the last page
		{0, 1, 50, true},
		{599, 1, 7, true},
		{300, 10, 50, true},
		{300, 2, 1, false},
		{300, 10, 1, true},
	} {
		t.Run(fmt.Sprintf("record %d, groups of %d in pages of %d, backwards %t", c.at, c.group, c.size, c.backwards), func(t *testing.T) {
			t.Parallel()
			w := attackWorld(t, emulator.Options{}, 0, 0, 200_000)
			defer w.close()
			for i := range 600 {
				if i == c.at {
					w.api.Insert(fmt.Appendf(nil, `{"job_id":"00000000-0000-4000-8000-999999999999","state":"running","type":"t",`+
						`"created_at":"2024-01-01T00:%02d:%02d","updated_at":"2024-01-01T00:00:00","x":%q}`,
						i/c.group/60, i/c.group%60, strings.Repeat("x", 300_000)))
					continue
				}
				w.insert(i / c.group)
			}
			if err := attackWalk(w, w.client, c.size, c.backwards, 30); err != nil {
				t.Error(err)
			}
		})
	}
}

// heavyBody is a cap of about 12, and of about 31, of a world's records.
const heavyBody, halfHeavyBody = 2000, 5000

// Heavy pages: the list stands still, its totals are true, each record is far below the cap. Expected: every job once, no error,
// and a page costs at most about two calls for each part, 40 here.
func TestAttackHeavyWalks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		groups, group, size int
		backwards           bool
		body                int64
	}{
		{115, 2, 500, true, 10000},         // the walk ends after the first page: 168 of 230 jobs were never seen
		{30, 2, 50, true, halfHeavyBody},   // the same: 35 of 60
		{23, 10, 500, true, halfHeavyBody}, // the same: 199 of 230
		{230, 1, 50, true, halfHeavyBody},  // no equals at all: the second page costs 64 calls and is "changes faster"
		{60, 1, 20, true, heavyBody},       // the same
		{30, 2, 1, true, halfHeavyBody},    // last: 1, and the second page is lost
		{115, 2, 50, true, halfHeavyBody},  // the first page is lost
		{23, 10, 7, false, heavyBody},      // forwards: groups of 10 where an answer holds 12
		{23, 10, 20, false, heavyBody},     // the first page, without a cursor
	} {
		t.Run(fmt.Sprintf("%d groups of %d in pages of %d, backwards %t, cap %d", c.groups, c.group, c.size, c.backwards, c.body), func(t *testing.T) {
			t.Parallel()
			w := attackWorld(t, emulator.Options{}, c.groups, c.group, c.body)
			defer w.close()
			if err := attackWalk(w, w.client, c.size, c.backwards, 40); err != nil {
				t.Error(err)
			}
		})
	}
}

// An API that gives at most so many records at once, with true totals and next_page. Expected: every job once, backwards, too.
func TestAttackCappedAnswersBackwards(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ groups, group, size int }{
		{20, 1, 7},   // no equals at all: 5 of 20 are never seen
		{60, 1, 7},   // 27 of 60
		{230, 1, 50}, // 98 of 230
		{30, 2, 7},   // 27 of 60
		{23, 10, 20}, // 118 of 230
	} {
		t.Run(fmt.Sprintf("%d groups of %d in pages of %d", c.groups, c.group, c.size), func(t *testing.T) {
			t.Parallel()
			w := attackWorld(t, emulator.Options{MaxRecords: 7}, c.groups, c.group, 1<<24)
			defer w.close()
			if err := attackWalk(w, w.client, c.size, true, 50); err != nil {
				t.Error(err)
			}
		})
	}
}

// Equals that are more than the API gives at once, in one and the same order each time, with true totals and next_page. Expected:
// every job once, since nothing moves; at the least no end without a word.
func TestAttackGroupsLargerThanAnAnswer(t *testing.T) {
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
			w := attackWorld(t, emulator.Options{MaxRecords: c.most}, c.groups, c.group, 1<<24)
			defer w.close()
			if err := attackWalk(w, w.client, c.size, c.backwards, 50); err != nil {
				t.Error(err)
			}
		})
	}
}

// Totals that are not true, and equal times, backwards. Expected: every job once, whatever the total says: `last` alone reads the
// end of the list, and not the place where a capped total lets it end.
func TestAttackTotalsBackwards(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name                string
		rule                emulator.TotalRule
		noNext              bool
		groups, group, size int
	}{
		{"capped", emulator.TotalsCapped, true, 115, 2, 50},      // shows the jobs 51 to 100 as the last ones: 130 of 230 are never seen
		{"lagging", emulator.TotalsLagging, true, 30, 2, 7},      // 6 of 60
		{"lagging", emulator.TotalsLagging, false, 60, 10, 500},  // with next_page: 60 of 600
		{"of the page", emulator.TotalsOfPage, true, 30, 2, 7},   // 52 of 60
		{"of the page", emulator.TotalsOfPage, true, 23, 10, 50}, // 179 of 230
		{"inflated", emulator.TotalsInflated, false, 230, 1, 50}, // 1,000 more than there are: the second page is lost, every time
		{"inflated", emulator.TotalsInflated, true, 30, 2, 7},
	} {
		t.Run(fmt.Sprintf("%s, no next page %t, %d groups of %d in pages of %d", c.name, c.noNext, c.groups, c.group, c.size), func(t *testing.T) {
			t.Parallel()
			w := attackWorld(t, emulator.Options{Totals: c.rule, NoNextPage: c.noNext}, c.groups, c.group, 1<<24)
			defer w.close()
			if err := attackWalk(w, w.client, c.size, true, 20); err != nil {
				t.Error(err)
			}
		})
	}
}

// Every fifth record cannot be read, and jobs come in tens of one time. Expected: every readable job once, in either direction, and
// no page that is lost or ends the list: one unreadable record is no list that cannot be read.
func TestAttackUnreadableAmongEquals(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		records, size int
		backwards     bool
	}{
		{600, 100, true},   // 400 of 480 are never seen: the sixth page is a fault, "1 of 1 records"
		{600, 1, true},     // the same
		{600, 7, true},     // 64 calls: windows [a) and [b) in turn
		{1200, 500, true},  // 560 of 960
		{1200, 100, false}, // 80 of 960
		{1200, 7, false},   // 64 calls
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
			if err := attackWalk(w, w.client, c.size, c.backwards, 10); err != nil {
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

// attackRig is a rig over jobs of distinct created_at and one and the same updated_at, newest first.
func attackRig(t *testing.T, n int, jobs func(context.Context, Upstream, restclient.JobsQuery) (*restclient.JobsPage, error)) (*rig, *int) {
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

// The same 5 records for every offset with a total of 10^9, as in the issue, where all were updated at one time. Expected: at most 3
// calls, the 5 jobs once, UPSTREAM_BAD_RESPONSE beside them. Today: 64 calls and the page is lost, with REQUEST_LIMIT_EXCEEDED.
func TestAttackSameRecordsForEveryOffset(t *testing.T) {
	t.Parallel()
	for _, first := range []int{6, 100, 500} {
		rig, calls := attackRig(t, 5, func(ctx context.Context, up Upstream, q restclient.JobsQuery) (*restclient.JobsPage, error) {
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

// A list in no order, which keeps still. Expected: never a job twice; where the cursor's place is not sure, UPSTREAM_BAD_RESPONSE.
// Today: the page behind the cursor is the page before it again, without an error.
func TestAttackUnsortedList(t *testing.T) {
	t.Parallel()
	rig, calls := attackRig(t, 59, func(ctx context.Context, up Upstream, q restclient.JobsQuery) (*restclient.JobsPage, error) {
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

// A total that nothing but jobs in front of the cursor changes. Expected: a job that arrives and one that leaves between two calls of
// one page make no list that "shows the same jobs for each offset". Today the page ends there, with a fault and hasNextPage false.
func TestAttackHonestListIsNoUntruth(t *testing.T) {
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

// Totals that lag, forwards: the API is asked what stands behind the last page, and its answer counts. Expected: hasNextPage false
// once an answer without records has said so. Today the call is made, and hasNextPage stays true.
func TestAttackAnswerBehindTheLastPage(t *testing.T) {
	t.Parallel()
	for name, rule := range map[string]emulator.TotalRule{"lagging": emulator.TotalsLagging, "capped": emulator.TotalsCapped} {
		w := attackWorld(t, emulator.Options{Totals: rule, TotalCap: 15}, 20, 1, 1<<24)
		got, err := w.tryRead(w.client, request{first: 20, last: -1, offset: -1, orderBy: restclient.CreatedAtDesc})
		if err != nil || len(got.ids) != 20 || got.next {
			t.Errorf("%s: %v, %d jobs, next %t after %d calls", name, err, len(got.ids), got.next, w.api.Total())
		}
		w.close()
	}
}

// What asks for a total alone needs no record. Expected: one record asked for, as with every other combination. Today 500.
func TestAttackTallyBetweenDirections(t *testing.T) {
	t.Parallel()
	var asked []int
	rig, _ := attackRig(t, 30, func(ctx context.Context, up Upstream, q restclient.JobsQuery) (*restclient.JobsPage, error) {
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

// One job arrives before each call, and the oldest jobs come in pairs of one time. Expected: the last jobs, for a few calls (10 here).
// Today the end is asked for anew as long as the total moves: 64 calls, and the page is lost.
func TestAttackLastOfABusyList(t *testing.T) {
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

// An API that names a next page behind its last one, too, with true totals. Expected: every job once, 6 calls a page at most: an
// answer without records is the end, whatever was named.
func TestAttackNextPageAlways(t *testing.T) {
	t.Parallel()
	following := func(q restclient.JobsQuery) int64 { return q.Offset/int64(q.PerPage) + 2 }
	huge := func(restclient.JobsQuery) int64 { return 1 << 40 }
	for name, c := range map[string]struct {
		next        func(restclient.JobsQuery) int64
		group, size int
		backwards   bool
	}{
		"equals backwards":    {following, 20, 7, true},   // 2 of 60 are never seen
		"one page":            {following, 1, 100, false}, // 9 calls for 60 jobs
		"the last job":        {following, 1, 1, false},   // 9 calls
		"one page, backwards": {following, 3, 100, true},  // 10 calls
		"huge":                {huge, 20, 25, false},      // 64 calls, and the page is lost
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := attackWorld(t, emulator.Options{}, 60/c.group, c.group, 1<<24)
			defer w.close()
			calls := 0
			up := told{w.client, func(ctx context.Context, up Upstream, q restclient.JobsQuery) (*restclient.JobsPage, error) {
				page, err := up.Jobs(ctx, q)
				if err == nil {
					page.NextPage = c.next(q)
				}
				return page, err
			}, &calls}
			if err := attackWalk(w, up, c.size, c.backwards, 6); err != nil {
				t.Error(err)
			}
		})
	}
}
