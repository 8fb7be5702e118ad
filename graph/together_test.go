package graph

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"jobsgateway/restclient"
)

// listening notes the questions in the order in which they come.
type listening struct {
	Upstream

	mu    sync.Mutex
	asked []restclient.JobsQuery
}

func (l *listening) Jobs(ctx context.Context, q restclient.JobsQuery) (*restclient.JobsPage, error) {
	l.mu.Lock()
	l.asked = append(l.asked, q)
	l.mu.Unlock()
	return l.Upstream.Jobs(ctx, q)
}

// Pages of datasets that need more than their opening do not wait for each other: here no second call is answered before the
// second call of each of them has begun.
func TestFollowingCallsGoTogether(t *testing.T) {
	t.Parallel()
	// Four jobs a dataset, of which the oldest two are equal in time.
	records := func(dataset, from int) []string {
		list := []string{}
		for _, number := range []int{from + 2, from + 1, from, from} {
			job := record(number, fmt.Sprintf(`,"input":{"dataset_id":%d}`, dataset))
			list = append(list, strings.Replace(job, idOf(number), idOf(100*dataset+len(list)), 1))
		}
		return list
	}
	all := append(append(records(1, 30), records(2, 20)...), records(3, 10)...)
	for name, c := range map[string]struct {
		before, query string // before gives cursors a and b
		pages         int
	}{
		"backwards": {"", `{ datasets(ids: [1, 2, 3]) { jobs(last: 3) { nodes { id } } } }`, 3},
		"after a cursor": {
			`{ dataset(id: 1) { a: jobs(first: 1) { pageInfo { endCursor } } b: jobs(first: 2) { pageInfo { endCursor } } } }`,
			`query($a: String, $b: String) { dataset(id: 1) { a: jobs(first: 2, after: $a) { nodes { id } } b: jobs(first: 4, after: $b) { nodes { id } } } }`, 2,
		},
	} {
		rig, api := newJobsRig(t, all...)
		variables := ""
		if c.before != "" {
			var data struct {
				Dataset map[string]struct {
					PageInfo struct {
						EndCursor string `json:"endCursor"`
					} `json:"pageInfo"`
				} `json:"dataset"`
			}
			if err := json.Unmarshal([]byte(rig.ask(c.before, "").data), &data); err != nil {
				t.Fatal(err)
			}
			variables = fmt.Sprintf(`{"a":%q,"b":%q}`, data.Dataset["a"].PageInfo.EndCursor, data.Dataset["b"].PageInfo.EndCursor)
			for number := range 8 { // so that no anchor is in the window where it stood
				api.Insert(json.RawMessage(record(50+number, `,"input":{"dataset_id":1}`)))
			}
		}
		calls := &listening{Upstream: rig.upstream}
		answers := recordingOf(calls)
		rig.upstream = answers
		want := rig.ask(c.query, variables)
		if want.calls != 2*c.pages || len(want.errors) > 0 {
			t.Fatalf("%s: %d calls, want %d: %s", name, want.calls, 2*c.pages, want.wire)
		}
		openings := map[restclient.JobsQuery]bool{}
		for _, q := range calls.asked[:c.pages] {
			openings[q] = true
		}
		synctest.Test(t, func(t *testing.T) {
			var second sync.WaitGroup
			second.Add(c.pages)
			rig.over(t, answers.playback(func(q restclient.JobsQuery) {
				if !openings[q] {
					second.Done()
					second.Wait()
				}
			})).ask(c.query, variables).wantData(t, want.data)
		})
	}
}

// holding notes the pages that it gives, to be looked at later.
type holding struct {
	Upstream

	pages []*restclient.JobsPage
}

func (h *holding) Jobs(ctx context.Context, q restclient.JobsQuery) (*restclient.JobsPage, error) {
	page, err := h.Upstream.Jobs(ctx, q)
	h.pages = append(h.pages, page)
	return page, err
}

// The memory of every page is given back when its operation has ended, and not before; a page that comes later is left alone. The
// client overwrites what is given back.
func TestPagesAreGivenBack(t *testing.T) {
	t.Parallel()
	rig, _ := newJobsRig(t, board...)
	upstream := &holding{Upstream: rig.upstream}
	ctx := operate(t.Context(), upstream, wide)
	question := func(n int) restclient.JobsQuery {
		return restclient.JobsQuery{OrderBy: restclient.CreatedAtDesc, PerPage: n}
	}
	overwritten := func(page *restclient.JobsPage) bool {
		raw := string(page.Records[0].Job.Raw())
		return raw == strings.Repeat("#", len(raw))
	}
	for n := range 2 {
		if _, err := load(ctx, memory(ctx).pages, question(1+n)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := operationOf(ctx).fresh(ctx, question(3)); err != nil {
		t.Fatal(err)
	}
	for i, page := range upstream.pages {
		if overwritten(page) {
			t.Errorf("page %d is given back while its operation runs", i)
		}
	}
	EndOperation(ctx)
	for i, page := range upstream.pages {
		if !overwritten(page) {
			t.Errorf("page %d is not given back", i)
		}
	}
	if _, err := operationOf(ctx).fresh(ctx, question(4)); err != nil || len(upstream.pages) != 4 {
		t.Fatalf("%d pages, %v", len(upstream.pages), err)
	}
	EndOperation(ctx)
	if overwritten(upstream.pages[3]) {
		t.Error("a page that came when the operation had ended is given back")
	}
}
