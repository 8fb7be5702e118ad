package graph

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"jobsgateway/graph/operation"
	"jobsgateway/restclient"
)

// listening notes the questions in the order in which they come.
type listening struct {
	operation.Upstream

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
		exec, api := newExecutorOver(t, all...)
		variables := ""
		if c.before != "" {
			var data struct {
				Dataset map[string]struct {
					PageInfo struct {
						EndCursor string `json:"endCursor"`
					} `json:"pageInfo"`
				} `json:"dataset"`
			}
			if err := json.Unmarshal([]byte(exec.ask(c.before, "").data), &data); err != nil {
				t.Fatal(err)
			}
			variables = fmt.Sprintf(`{"a":%q,"b":%q}`, data.Dataset["a"].PageInfo.EndCursor, data.Dataset["b"].PageInfo.EndCursor)
			for number := range 8 { // so that no anchor is in the window where it stood
				api.Insert(json.RawMessage(record(50+number, `,"input":{"dataset_id":1}`)))
			}
		}
		calls := &listening{Upstream: exec.upstream}
		answers := recordingOf(calls)
		exec.upstream = answers
		want := exec.ask(c.query, variables)
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
			exec.over(t, answers.playback(func(q restclient.JobsQuery) {
				if !openings[q] {
					second.Done()
					second.Wait()
				}
			})).ask(c.query, variables).wantData(t, want.data)
		})
	}
}
