package graph

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"jobsgateway/graph/operation"
	"jobsgateway/restclient"
)

// Every fifth record cannot be read, and jobs come in tens of one time. Every readable job once, in either direction, and
// told is an operation.Upstream that answers by a function.
type told struct {
	operation.Upstream
	jobs  func(ctx context.Context, up operation.Upstream, q restclient.JobsQuery) (*restclient.JobsPage, error)
	calls *int
}

func (u told) Jobs(ctx context.Context, q restclient.JobsQuery) (*restclient.JobsPage, error) {
	*u.calls++
	return u.jobs(ctx, u.Upstream, q)
}

// executorOverTies is an executor over jobs of distinct created_at and one and the same updated_at, newest first.
func executorOverTies(t *testing.T, n int, jobs func(context.Context, operation.Upstream, restclient.JobsQuery) (*restclient.JobsPage, error)) (*executor, *int) {
	t.Helper()
	records := []string{}
	for i := n; i > 0; i-- {
		records = append(records, fmt.Sprintf(`{"job_id":"00000000-0000-4000-8000-%012d","state":"running","type":"t",`+
			`"created_at":"2024-01-01T00:00:%02d","updated_at":"2024-01-01T01:00:00"}`, i, i))
	}
	exec, _ := newExecutorOver(t, records...)
	calls := 0
	return exec.over(t, told{exec.upstream, jobs, &calls}), &calls
}

// The same 5 records for every offset with a total of 10^9, where all were updated at one time. At most 3
// calls, the 5 jobs once, UPSTREAM_BAD_RESPONSE beside them.
func TestSameRecordsForEveryOffset(t *testing.T) {
	t.Parallel()
	for _, first := range []int{6, 100, 500} {
		exec, calls := executorOverTies(t, 5, func(ctx context.Context, up operation.Upstream, q restclient.JobsQuery) (*restclient.JobsPage, error) {
			q.Offset = 0
			page, err := up.Jobs(ctx, q)
			if err == nil {
				page.Total = 1_000_000_000
			}
			return page, err
		})
		got := exec.ask(fmt.Sprintf(`{ jobs(first: %d) { nodes { id } } }`, first), "")
		if n := strings.Count(got.data, `"id"`); n != 5 || *calls > 3 || !strings.Contains(got.wire, "UPSTREAM_BAD_RESPONSE") {
			t.Errorf("first %d: %d calls, %d jobs, %s", first, *calls, n, got.wire)
		}
	}
}

// A list in no order, which keeps still. Never a job twice; where the cursor's place is not sure, UPSTREAM_BAD_RESPONSE.
func TestUnsortedList(t *testing.T) {
	t.Parallel()
	exec, calls := executorOverTies(t, 59, func(ctx context.Context, up operation.Upstream, q restclient.JobsQuery) (*restclient.JobsPage, error) {
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
		got := exec.ask(fmt.Sprintf(`{ jobs(first: 2%s) { nodes { id } pageInfo { hasNextPage endCursor } } }`, after), "")
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
// Totals that lag, forwards: the API is asked what stands behind the last page, and its answer counts. HasNextPage false
// What asks for a total alone needs no record. One record asked for, as with every other combination.
func TestTallyBetweenDirections(t *testing.T) {
	t.Parallel()
	var asked []int
	exec, _ := executorOverTies(t, 30, func(ctx context.Context, up operation.Upstream, q restclient.JobsQuery) (*restclient.JobsPage, error) {
		asked = append(asked, q.PerPage)
		return up.Jobs(ctx, q)
	})
	got := exec.ask(`{ jobs(first: 5) { pageInfo { endCursor } } }`, "")
	_, cursor, _ := strings.Cut(got.data, `"endCursor":"`)
	cursor, _, _ = strings.Cut(cursor, `"`)
	for _, arguments := range []string{"first: 500, before: %q", "last: 500, after: %q"} {
		asked = nil
		exec.ask(fmt.Sprintf(`{ jobs(`+arguments+`) { totalCount } }`, cursor), "").wantData(t, `{"jobs":{"totalCount":30}}`)
		if len(asked) != 1 || asked[0] != 1 {
			t.Errorf("%s: asked for %v records", arguments, asked)
		}
	}
}

// One job arrives before each call, and the oldest jobs come in pairs of one time. The last jobs, for a few calls (10 here).
func TestLastOfABusyList(t *testing.T) {
	t.Parallel()
	records := []string{}
	for i := 59; i >= 0; i-- {
		records = append(records, record(i/2, ""))
		records[len(records)-1] = strings.Replace(records[len(records)-1], idOf(i/2), idOf(1000+i), 1)
	}
	exec, api := newExecutorOver(t, records...)
	calls := 0
	exec = exec.over(t, told{exec.upstream, func(ctx context.Context, up operation.Upstream, q restclient.JobsQuery) (*restclient.JobsPage, error) {
		api.Insert([]byte(strings.Replace(record(50, ""), idOf(50), idOf(2000+calls), 1)))
		return up.Jobs(ctx, q)
	}, &calls})
	got := exec.ask(`{ jobs(last: 2) { nodes { id } } }`, "")
	if calls > 10 || strings.Count(got.data, `"id"`) != 2 {
		t.Errorf("%d calls, %s %s", calls, got.data, got.wire)
	}
}

// An API that names a next page behind its last one, too, with true totals. Every job once, 6 calls a page at most: an
