package graph

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"jobsgateway/internal/emulator"
)

// What a selection asks of a connection tells how little has to be read.
func TestRecordsThatNobodyAsksFor(t *testing.T) {
	t.Parallel()
	exec, api := newExecutorOver(t, listOf(1, 2, 3, 2, 1, 2, 1)...)
	all := exec.ask(`{ jobs(first: 500) { nodes { id } edges { cursor } } }`, "")
	var page struct {
		Jobs struct {
			Edges []struct {
				Cursor string `json:"cursor"`
			} `json:"edges"`
		} `json:"jobs"`
	}
	if err := json.Unmarshal([]byte(all.data), &page); err != nil {
		t.Fatal(err)
	}
	third := page.Jobs.Edges[2].Cursor
	for _, c := range []struct {
		query, want string
		requests    []string
	}{
		{`{ jobs(first: 500) { totalCount } }`, `{"jobs":{"totalCount":7}}`, []string{"order_by=created_at_desc&per_page=1"}},
		{`{ jobs { __typename } }`, `{"jobs":{"__typename":"JobConnection"}}`, []string{"order_by=created_at_desc&per_page=1"}},
		{`{ jobs(first: 5) { totalCount pageInfo { hasNextPage hasPreviousPage } } }`, `{"jobs":{"totalCount":7,"pageInfo":{"hasNextPage":true,"hasPreviousPage":false}}}`, []string{"offset=5&order_by=created_at_desc&per_page=1"}},
		{`{ jobs(first: 7) { pageInfo { hasNextPage } } }`, `{"jobs":{"pageInfo":{"hasNextPage":false}}}`, []string{"offset=7&order_by=created_at_desc&per_page=1"}},
		{`{ jobs(first: 6) { pageInfo { hasNextPage } } }`, `{"jobs":{"pageInfo":{"hasNextPage":true}}}`, []string{"offset=6&order_by=created_at_desc&per_page=1"}},
		{`{ jobs(first: 3, offset: 3) { pageInfo { hasNextPage hasPreviousPage } } }`, `{"jobs":{"pageInfo":{"hasNextPage":true,"hasPreviousPage":true}}}`, []string{"offset=6&order_by=created_at_desc&per_page=1"}},
		{`{ jobs(last: 7) { pageInfo { hasNextPage hasPreviousPage } } }`, `{"jobs":{"pageInfo":{"hasNextPage":false,"hasPreviousPage":false}}}`, []string{"offset=7&order_by=created_at_desc&per_page=1"}},
		{`{ jobs(last: 6) { pageInfo { hasPreviousPage } totalCount } }`, `{"jobs":{"pageInfo":{"hasPreviousPage":true},"totalCount":7}}`, []string{"offset=6&order_by=created_at_desc&per_page=1"}},
		{`{ jobs(first: 3, after: "` + third + `") { pageInfo { hasNextPage hasPreviousPage } } }`, `{"jobs":{"pageInfo":{"hasNextPage":true,"hasPreviousPage":true}}}`, []string{"offset=1&order_by=created_at_desc&per_page=3"}},
		{`{ jobs(first: 4, after: "` + third + `") { pageInfo { hasNextPage } } }`, `{"jobs":{"pageInfo":{"hasNextPage":false}}}`, []string{"offset=1&order_by=created_at_desc&per_page=3", "offset=7&order_by=created_at_desc&per_page=1"}},
		{`{ jobs(last: 2, before: "` + third + `") { pageInfo { hasNextPage hasPreviousPage } } }`, `{"jobs":{"pageInfo":{"hasNextPage":true,"hasPreviousPage":false}}}`, []string{"offset=1&order_by=created_at_desc&per_page=3"}},
		{`{ jobs(last: 1, before: "` + third + `") { pageInfo { hasPreviousPage } } }`, `{"jobs":{"pageInfo":{"hasPreviousPage":true}}}`, []string{"offset=1&order_by=created_at_desc&per_page=3"}},
		{`{ jobs(first: 0) { totalCount pageInfo { hasNextPage } } }`, `{"jobs":{"totalCount":7,"pageInfo":{"hasNextPage":true}}}`, []string{"order_by=created_at_desc&per_page=1"}},
		{`{ jobs(first: 4, after: "` + third + `") { totalCount } }`, `{"jobs":{"totalCount":7}}`, []string{"order_by=created_at_desc&per_page=1"}},
		{`{ a: jobs(first: 4) { totalCount } b: jobs(first: 4) { nodes { __typename } } }`, `{"a":{"totalCount":7},"b":{"nodes":[{"__typename":"Job"},{"__typename":"Job"},{"__typename":"Job"},{"__typename":"Job"}]}}`, []string{"order_by=created_at_desc&per_page=4"}},
		{`{ a: jobs(first: 4) { totalCount } b: jobs(first: 4) { nodes { __typename } pageInfo { hasNextPage } } }`, `{"a":{"totalCount":7},"b":{"nodes":[{"__typename":"Job"},{"__typename":"Job"},{"__typename":"Job"},{"__typename":"Job"}],"pageInfo":{"hasNextPage":true}}}`, []string{"order_by=created_at_desc&per_page=4"}},
		{`{ datasets(ids: [2, 3]) { jobs(first: 500) { totalCount } } }`, `{"datasets":[{"jobs":{"totalCount":3}},{"jobs":{"totalCount":1}}]}`, []string{"dataset_id=2&order_by=created_at_desc&per_page=1", "dataset_id=3&order_by=created_at_desc&per_page=1"}},
	} {
		api.Reset()
		got := exec.ask(c.query, "")
		var requests []string
		for _, r := range api.Requests() {
			requests = append(requests, r.RawQuery)
		}
		slices.Sort(requests)
		slices.Sort(c.requests)
		if got.data != c.want || !slices.Equal(requests, c.requests) {
			t.Errorf("%s:\n%s for %q, want\n%s for %q", c.query, got.data, requests, c.want, c.requests)
		}
		if want := exec.onOracle().ask(c.query, ""); want.data != c.want {
			t.Errorf("%s: the oracle says %s", c.query, want.data)
		}
	}
}

// What fails while numbers alone are asked for is the field's error, whichever call it is.
func TestTallyFails(t *testing.T) {
	t.Parallel()
	exec, api := newExecutorOver(t, listOf(1, 2, 3)...)
	all := exec.ask(`{ jobs { pageInfo { startCursor } } }`, "")
	_, cursor, _ := strings.Cut(all.data, `"startCursor":"`)
	cursor, _, _ = strings.Cut(cursor, `"`)
	for query, calls := range map[string]int{
		`{ jobs { totalCount } }`:                                                  1,
		`{ jobs(first: 2) { pageInfo { hasNextPage } } }`:                          1,
		`{ jobs(first: 2, after: "` + cursor + `") { pageInfo { hasNextPage } } }`: 2,
		`{ jobs(last: 2, before: "` + cursor + `") { pageInfo { hasNextPage } } }`: 1,
	} {
		for failing := range calls {
			api.Reset()
			api.Unscript()
			n := 0
			api.Script(emulator.Fault{Status: http.StatusInternalServerError, Times: emulator.Forever, Match: func(*http.Request) bool {
				n++
				return n == failing+1
			}})
			got := exec.ask(query, "")
			if got.data != `{"jobs":null}` || len(got.errors) != 1 || codeOf(got.errors[0]) != string(CodeUpstreamUnavailable) {
				t.Errorf("%s, call %d: %s %s", query, failing, got.data, got.wire)
			}
		}
	}
}
