package graph

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"jobsgateway/internal/emulator"
)

// ofState matches the calls for one state.
func ofState(state string) func(*http.Request) bool {
	return func(r *http.Request) bool { return r.URL.Query().Get("state") == state }
}

// Each state is counted by one call for one record, and one call counts all of them, so that what is in no state that is known
// is UNKNOWN. Equal counts elsewhere in the operation cost nothing.
func TestJobStateCounts(t *testing.T) {
	t.Parallel()
	state := func(number int, word string) string { return strings.Replace(record(number, ""), "completed", word, 1) }
	exec, api := newExecutorOver(t, state(1, "failed"), state(2, "failed"), state(3, "archiving"), state(4, "running"))
	const all = `[{"state":"PENDING","count":0},{"state":"SCHEDULED","count":0},{"state":"RUNNING","count":1},{"state":"COMPLETED","count":0},` +
		`{"state":"FAILED","count":2},{"state":"CANCELLED","count":0},{"state":"PENDING_CANCELLATION","count":0},{"state":"UNKNOWN","count":1}]`
	for query, want := range map[string]struct {
		data  string
		calls int
	}{
		`{ a: jobStateCounts { state count } b: jobs(first: 0, filter: {states: [FAILED]}) { totalCount } c: jobs(first: 0) { totalCount } }`: {
			`{"a":` + all + `,"b":{"totalCount":2},"c":{"totalCount":4}}`, 8,
		},
		`{ a: jobStateCounts(filter: {states: [FAILED, RUNNING, FAILED]}) { count state } }`: {
			`{"a":[{"count":1,"state":"RUNNING"},{"count":2,"state":"FAILED"}]}`, 2,
		},
		`{ a: jobStateCounts(filter: {states: [], types: ["x"]}) { count } b: jobStateCounts(filter: {states: [FAILED], tagsAny: []}) { count } }`: {
			`{"a":[],"b":[{"count":0}]}`, 0,
		},
		`{ a: jobStateCounts(filter: {states: [FAILED], updatedAt: {from: "2024-01-01T00:00:02Z"}}) { __typename count } }`: {
			`{"a":[{"__typename":"JobStateCount","count":1}]}`, 1,
		},
	} {
		got := exec.ask(query, "")
		if got.wantData(t, want.data); got.calls != want.calls {
			t.Errorf("%s: %d calls, want %d", query, got.calls, want.calls)
		}
	}
	// Not all states are counted where the API refuses one, so nothing is said of the others.
	api.Script(emulator.Fault{Status: 400, Match: ofState("scheduled"), Times: emulator.Forever})
	got := exec.ask(`{ jobStateCounts { state } }`, "")
	if strings.Contains(got.data, "SCHEDULED") || strings.Contains(got.data, "UNKNOWN") || strings.Count(got.data, "state") != 6 || len(got.errors) > 0 {
		t.Errorf("a state that is refused: %s %s", got.data, got.wire)
	}
	api.Unscript()
	api.Script(emulator.Fault{Status: 500, Match: ofState("failed"), Times: emulator.Forever})
	got = exec.ask(`{ jobStateCounts { state } }`, "")
	if err := got.errorAt(t, "jobStateCounts"); got.data != `{"jobStateCounts":null}` || codeOf(err) != string(CodeUpstreamUnavailable) {
		t.Errorf("a count that fails: %s %s", got.data, got.wire)
	}
	api.Unscript()
	api.Script(emulator.Fault{Body: []byte(`{"records":[]}`), Times: emulator.Forever})
	got = exec.ask(`{ jobStateCounts { state } }`, "")
	if err := got.errorAt(t, "jobStateCounts"); codeOf(err) != string(CodeUpstreamBadResponse) {
		t.Errorf("without totals: %s %s", got.data, got.wire)
	}
}

// The order of ids is kept, equal ones are one call, and each that cannot be had costs itself alone.
func TestNodes(t *testing.T) {
	t.Parallel()
	exec, api := newExecutorOver(t, record(1, `,"input":{"dataset_id":7}`), record(2, ""))
	api.Script(emulator.Fault{Status: 500, Times: emulator.Forever, Match: func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, idOf(2)) }})
	ids := []string{idOf(1), "7", idOf(9), idOf(2), "x", idOf(1), "7", "007"}
	got := exec.ask(`query($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on Dataset { latestJob { id } } } }`, fmt.Sprintf(`{"ids":["%s"]}`, strings.Join(ids, `","`)))
	job, dataset := `{"__typename":"Job","id":"`+idOf(1)+`"}`, `{"__typename":"Dataset","id":"7","latestJob":{"id":"`+idOf(1)+`"}}`
	if want := `{"nodes":[` + strings.Join([]string{job, dataset, "null", "null", "null", job, dataset, "null"}, ",") + `]}`; got.data != want || got.calls != 4 {
		t.Errorf("%s for %d calls, want %s", got.data, got.calls, want)
	}
	if want := []string{"nodes[3]", "nodes[4]", "nodes[7]"}; !slices.Equal(got.paths(), want) {
		t.Errorf("errors at %v, want %v: %s", got.paths(), want, got.wire)
	}
	if code := codeOf(got.errorAt(t, "nodes[3]")); code != string(CodeUpstreamUnavailable) {
		t.Errorf("a call that fails: %s", code)
	}
	if err := got.errorAt(t, "nodes[4]"); codeOf(err) != string(CodeBadUserInput) || err.Extensions["argument"] != "ids" {
		t.Errorf("an id that is none: %s", got.wire)
	}
}

// Relay pages inside a dataset, and inside a range of it, by a query such as usePaginationFragment makes: the dataset by its
// id, as a node.
func TestRelayPagesInsideADataset(t *testing.T) {
	t.Parallel()
	var records []string
	for i := 50; i > 0; i-- {
		records = append(records, record(i, fmt.Sprintf(`,"input":{"dataset_id":%d}`, i%2)))
	}
	exec, _ := newExecutorOver(t, records...)
	const query = `query DatasetJobsPaginationQuery($count: Int = 7, $cursor: String, $from: DateTime, $to: DateTime, $id: ID!) {
		node(id: $id) {
			__typename
			... on Dataset {
				jobs(first: $count, after: $cursor, filter: {createdAt: {from: $from, to: $to}}) {
					edges { node { id __typename } cursor }
					pageInfo { endCursor hasNextPage }
				}
			}
			id
		}
	}`
	type answer struct {
		Node struct {
			Typename string `json:"__typename"`
			Jobs     struct {
				Edges []struct {
					Node struct {
						ID string `json:"id"`
					} `json:"node"`
				} `json:"edges"`
				PageInfo struct {
					EndCursor   string `json:"endCursor"`
					HasNextPage bool   `json:"hasNextPage"`
				} `json:"pageInfo"`
			} `json:"jobs"`
		} `json:"node"`
	}
	var seen []string
	for cursor, more := "null", true; more; {
		got := exec.ask(query, `{"id":"1","cursor":`+cursor+`,"from":"2024-01-01T00:00:10Z","to":"2024-01-01T00:00:45Z"}`)
		var page answer
		if err := json.Unmarshal([]byte(got.data), &page); err != nil || len(got.errors) > 0 || page.Node.Typename != "Dataset" || got.calls > 1 {
			t.Fatalf("%s %s for %d calls", got.data, got.wire, got.calls)
		}
		for _, edge := range page.Node.Jobs.Edges {
			seen = append(seen, edge.Node.ID)
		}
		cursor, more = fmt.Sprintf("%q", page.Node.Jobs.PageInfo.EndCursor), page.Node.Jobs.PageInfo.HasNextPage
	}
	var want []string
	for i := 43; i >= 11; i -= 2 {
		want = append(want, idOf(i))
	}
	if !slices.Equal(seen, want) {
		t.Errorf("%v, want %v", seen, want)
	}
}

// A page of a range does not stand for its list: what the datasets on it are asked is not taken from it.
func TestPageOfARangeTellsNothingOfDatasets(t *testing.T) {
	t.Parallel()
	exec, _ := newExecutorOver(t, record(3, `,"input":{"dataset_id":7}`), record(2, `,"input":{"dataset_id":7}`), record(1, `,"input":{"dataset_id":7}`))
	got := exec.ask(`{ jobs(first: 5, filter: {createdAt: {to: "2024-01-01T00:00:03Z"}}) {
		totalCount nodes { id dataset { latestJob { id } jobs(first: 5) { totalCount } } } } }`, "")
	dataset := `"dataset":{"latestJob":{"id":"` + idOf(3) + `"},"jobs":{"totalCount":3}}}`
	got.wantData(t, `{"jobs":{"totalCount":2,"nodes":[{"id":"`+idOf(2)+`",`+dataset+`,{"id":"`+idOf(1)+`",`+dataset+`]}}`)
}
