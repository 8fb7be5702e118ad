package graph

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"jobsgateway/internal/clienttest"
	"jobsgateway/internal/emulator"
	"jobsgateway/restclient"
)

// unreadable is an element of a list that is no job.
const unreadable = "unreadable"

// listOf makes records, the newest first: each of a dataset by its number, with an input as it stands, without one (nil),
// or unreadable.
func listOf(inputs ...any) []string {
	records := make([]string, len(inputs))
	for i, input := range inputs {
		members := ""
		switch input := input.(type) {
		case int:
			members = fmt.Sprintf(`,"input":{"dataset_id":%d}`, input)
		case string:
			members = `,"input":` + input
		}
		number := len(inputs) - i
		at := time.Date(2024, 1, 1, 0, 0, number, 0, time.UTC).Format("2006-01-02T15:04:05")
		state, plane := []string{"completed", "failed"}[number%2], []string{planeA, planeB}[number/2%2]
		records[i] = fmt.Sprintf(`{"job_id":%q,"state":%q,"type":"materialize-view","created_at":%q,"updated_at":%q,"data_plane_id":%q,`+
			`"result":{"dataset_id":%d}%s}`, idOf(number), state, at, at, plane, 9-number%3, members)
		if input == unreadable {
			records[i] = fmt.Sprintf(`{"job_id":7,"created_at":%q,"updated_at":%q,"state":%q}`, at, at, state)
		}
	}
	return records
}

const (
	planeA = "aaaaaaaa-0000-4000-8000-000000000000"
	planeB = "bbbbbbbb-0000-4000-8000-000000000000"
)

// longOf is a list of 100 jobs that begins with these: a page of all is not worth four calls.
func longOf(inputs ...any) []string {
	return listOf(append(inputs, make([]any, 100-len(inputs))...)...)
}

// onOracle is the same executor on the oracle.
func (e *executor) onOracle() *executor {
	own := *e
	own.oracle = true
	return &own
}

// errorsOf are the errors in an order that does not depend on who was first.
func errorsOf(t clienttest.T, o outcome) []string {
	var list []json.RawMessage
	if err := json.Unmarshal([]byte(o.wire), &list); err != nil {
		t.Fatalf("%v", err)
	}
	texts := []string{}
	for _, text := range list {
		texts = append(texts, string(text))
	}
	slices.Sort(texts)
	return texts
}

// wantSame checks that two executors came to the same.
func wantSame(t clienttest.T, got, want outcome) {
	if diff := cmp.Diff(want.data, got.data); diff != "" {
		t.Fatalf("data (-oracle +direct):\n%s", diff)
	}
	if diff := cmp.Diff(errorsOf(t, want), errorsOf(t, got)); diff != "" {
		t.Fatalf("errors (-oracle +direct):\n%s", diff)
	}
}

const (
	ofLatest = `latestJob { id }`
	ofTwo    = `jobs(first: 2) { nodes { id } }`
	ofTotal  = `jobs(first: 1) { totalCount }`
	ofAll    = `jobs(first: 1) {
		totalCount
		pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
		edges { cursor node { id } }
	}`
	// ofResult goes by way of results, which name datasets 7 to 9: as good as none has jobs.
	ofResult = `nodes { result { ... on MaterializeViewResult { dataset { latestJob { id } } } } }`
)

// datasetsOf is a query of a page of jobs, which asks something of the dataset of each.
func datasetsOf(page, selection string) string {
	return `{ jobs(` + page + `) { nodes { dataset { ` + selection + ` } } } }`
}

// What a page surely tells is not asked again, anything else is, and either way the answer is the oracle's.
func TestPagesTell(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		records  []string
		query    string
		datasets string // asked for, sorted
		others   int    // calls beside them
	}{
		"the newest":                       {longOf(1, 2, 1, 3, 2), datasetsOf("first: 3", ofLatest), "", 1},
		"as many as asked for":             {longOf(1, 2, 1, 2, 1), datasetsOf("first: 4", ofTwo), "", 1},
		"more than asked for":              {longOf(1, 1, 1, 1), datasetsOf("first: 4", ofTwo), "", 1},
		"one fewer than asked for":         {longOf(1, 2, 1, 2), datasetsOf("first: 3", ofTwo), "2", 1},
		"one fewer, at the end":            {listOf(1, 2, 1, 1), datasetsOf("first: 4", ofTwo), "", 1},
		"one fewer, before the end":        {listOf(2, 2, 1, nil), datasetsOf("first: 3", ofTwo), "1", 1},
		"a total":                          {longOf(1, 2, 1), datasetsOf("first: 3", ofTotal), "1 2", 1},
		"a total in a fragment":            {longOf(1), datasetsOf("first: 3", `jobs(first: 1) { ...T }`) + ` fragment T on JobConnection { ... { totalCount } }`, "1", 1},
		"page info":                        {longOf(1), datasetsOf("first: 3", `jobs(first: 1) { pageInfo { hasNextPage } }`), "1", 1},
		"cursors":                          {longOf(1), datasetsOf("first: 3", `jobs(first: 1) { edges { node { id } cursor } }`), "1", 1},
		"a cursor beside an edge":          {longOf(1), datasetsOf("first: 3", `jobs(first: 1) { edges { node { id } } edges { x: cursor } }`), "1", 1},
		"edges without cursors":            {longOf(1), datasetsOf("first: 3", `jobs(first: 1) { __typename edges { __typename node { id } } }`), "", 1},
		"everything, at the end":           {listOf(1, 2, 1, 2, nil), datasetsOf("first: 5", ofAll), "", 1},
		"everything, beyond the end":       {listOf(1, 2, 1, 2, nil), datasetsOf("first: 6", ofAll), "", 1},
		"everything, one before the end":   {listOf(1, 1, nil), datasetsOf("first: 2", ofAll), "1", 1},
		"everything, of one page more":     {listOf(1, 2, 1, 2, nil), datasetsOf("first: 4", ofAll), "", 2},
		"none at all, at the end":          {listOf(1, 2, 8), `{ jobs { ` + ofResult + ` } }`, "", 1},
		"none at all, before the end":      {listOf(1, 1, 1, nil), `{ jobs(first: 1) { ` + ofResult + ` } }`, "8", 1},
		"unreadable behind it":             {longOf(1, 2, unreadable, 1), datasetsOf("first: 4", ofLatest), "", 1},
		"unreadable before it":             {longOf(1, unreadable, 2), datasetsOf("first: 4", ofLatest), "2", 1},
		"unreadable between two":           {longOf(1, unreadable, 1), datasetsOf("first: 4", ofTwo), "1", 1},
		"unreadable, at the end":           {listOf(2, unreadable, 1), datasetsOf("first: 4", ofLatest), "1", 1},
		"unreadable, a total at the end":   {listOf(1, unreadable), datasetsOf("first: 4", ofTotal), "1", 1},
		"unreadable, so nothing is shared": {listOf(1, 2, unreadable, nil), datasetsOf("first: 3", ofTotal), "1 2", 1},
		"doubtful, so nothing is shared":   {listOf(1, `{"dataset":{"id":1}}`, 2, nil), datasetsOf("first: 3", ofTotal), "1 2", 1},
		"doubtful, yet two are shared":     {listOf(1, `{"dataset":{"id":1}}`, 2, 3, nil), datasetsOf("first: 4", ofTotal), "1", 2},
		"named by an object":               {longOf(1, `{"dataset":{"id":2}}`, 2), datasetsOf("first: 4", ofLatest), "2", 1},
		"named by a string":                {longOf(1, `{"dataset_id":"2"}`, 2), datasetsOf("first: 4", ofLatest), "2", 1},
		"named by an object beside a null": {longOf(1, `{"dataset_id":null,"dataset":{"id":2}}`, 2), datasetsOf("first: 4", ofLatest), "2", 1},
		"named twice":                      {longOf(`{"dataset_id":1,"dataset":{"id":2}}`, 2), datasetsOf("first: 4", ofLatest), "2", 1},
		"named by a number with a point":   {longOf(1, `{"dataset_id":2.0}`, 2), datasetsOf("first: 4", ofLatest), "2", 1},
		"named by a padded string":         {longOf(1, `{"dataset_id":" 02"}`, 2), datasetsOf("first: 4", ofLatest), "2", 1},
		"named twice alike":                {longOf(`{"dataset_id":1,"dataset":{"id":1}}`, 2), datasetsOf("first: 4", ofLatest), "", 1},
		"named by a string and an object":  {longOf(2, `{"dataset_id":"1","dataset":{"id":2}}`), datasetsOf("first: 4", ofLatest), "1 2", 1},
		"doubtful behind what is needed":   {longOf(2, 2, `{"dataset_id":"2"}`), datasetsOf("first: 4", ofLatest), "2", 1},
		"doubtful, at the end":             {listOf(`{"dataset":{"id":2}}`, 1), `{ jobs { nodes { dataset { ` + ofAll + ` } } } }`, "2 2", 1}, // a full page: whether it is the last has to be seen
		"doubtful behind an unreadable":    {longOf(2, unreadable, `{"dataset_id":"2"}`), datasetsOf("first: 3", ofLatest), "", 1},
		"another order":                    {longOf(1), datasetsOf("first: 3, orderBy: UPDATED_AT_DESC", ofLatest), "1", 1},
		"the same other order": {
			longOf(1, 1), `{
				jobs(last: 0) { totalCount }
				x: jobs(first: 100, orderBy: UPDATED_AT_ASC) {
					nodes { dataset { jobs(first: 2, orderBy: UPDATED_AT_ASC) { nodes { id } } } }
				}
			}`, "", 2,
		},
		"another filter":      {longOf(1, 1), datasetsOf("first: 2", `latestJob(filter: {states: [FAILED]}) { id }`), "1", 1},
		"no filter below one": {longOf(1, 1), datasetsOf("first: 1, filter: {states: [FAILED]}", ofLatest), "1", 1},
		"the same filter":     {longOf(1, 1, 2, 2), datasetsOf("first: 2, filter: {states: [FAILED]}", `latestJob(filter: {states: [FAILED]}) { id }`), "", 1},
		"a filter with a data plane": {
			longOf(1, 1, 2, 2), datasetsOf(`first: 2, filter: {dataPlaneId: "`+planeA+`", types: ["materialize-view"]}`,
				`latestJob(filter: {types: ["materialize-view"], dataPlaneId: "`+planeA+`"}) { id }`), "", 1,
		},
		"a filter with another data plane": {
			longOf(1, 1, 2, 2), datasetsOf(`first: 1, filter: {dataPlaneId: "`+planeA+`"}`,
				`latestJob(filter: {dataPlaneId: "`+planeB+`"}) { id }`), "1", 1,
		},
		"a dataset's own list":          {listOf(1, 1), datasetsOf("filter: {datasetId: 1}", ofLatest), "1 1", 0},
		"no job asked for":              {longOf(1), datasetsOf("first: 1", `jobs(first: 0) { nodes { id } }`), "", 1},
		"a total alone":                 {longOf(1), datasetsOf("first: 1", `jobs(first: 0) { totalCount }`), "1", 1},
		"a total alone, at the end":     {listOf(1), `{ jobs { nodes { dataset { jobs(first: 0) { totalCount pageInfo { hasNextPage endCursor } } } } } }`, "", 1},
		"500 asked for":                 {longOf(1, 1), datasetsOf("first: 99", `jobs(first: 500) { nodes { id } }`), "1", 1},
		"500 asked for, at the end":     {longOf(1, 1), datasetsOf("first: 100", `jobs(first: 500) { nodes { id } totalCount }`), "", 1},
		"the newest and a list":         {longOf(1, 2), datasetsOf("first: 2", `latestJob { id } jobs(first: 1) { nodes { state } }`), "", 1},
		"the newest, and a longer list": {longOf(1), datasetsOf("first: 2", `latestJob { id } jobs(first: 3) { nodes { state } }`), "1", 1},
		"from an offset":                {longOf(2, 1, 1), datasetsOf("first: 3, offset: 1", ofLatest), "1", 1},
		"from no offset":                {longOf(2, 1), datasetsOf("first: 3, offset: 0", ofLatest), "", 1},
		"the end of a list":             {listOf(1, 1, 2), datasetsOf("last: 2, orderBy: UPDATED_AT_ASC", `jobs(first: 1, orderBy: UPDATED_AT_ASC) { nodes { id } }`), "1", 1},
		"all, from the end":             {listOf(1, 1), datasetsOf("last: 5", ofLatest), "1", 1},
		"the end of a dataset's list":   {listOf(1, 1, 2), `{ jobs { nodes { dataset { jobs(last: 1) { nodes { id } } } } } }`, "1 2", 1},
		"without a page":                {listOf(1, 2, 3), `{ datasets(ids: [1, 2, 3]) { latestJob { id } jobs(first: 1) { nodes { id } } } }`, "1 2 3", 0},
		"beside a page":                 {longOf(1, 2, 3), `{ jobs { totalCount } datasets(ids: [1, 2]) { latestJob { id } } }`, "1 2", 1},
		"levels, all on one page": {
			longOf(9, 8, 7, 9), datasetsOf("first: 4", `jobs(first: 1) { nodes { result {
				... on MaterializeViewResult { dataset { latestJob { id dataset { latestJob { id } } } } }
			} } }`), "", 1,
		},
		"levels, one not on the page":     {longOf(1, 8, 7), datasetsOf("first: 1", `latestJob { result { ... on MaterializeViewResult { dataset { latestJob { id } } } } }`), "8", 1},
		"a level's page tells the next":   {listOf(1, 1, 2), `{ dataset(id: 1) { jobs { nodes { dataset { jobs { nodes { dataset { jobs { totalCount } } } } } } } } }`, "1", 0},
		"a level's page tells no other's": {longOf(1, 1, 2), `{ dataset(id: 1) { jobs(first: 2) { nodes { dataset { latestJob { id } } } } } }`, "1 1", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			exec, api := newExecutorOver(t, c.records...)
			want := exec.onOracle().ask(c.query, "")
			api.Reset()
			got := exec.ask(c.query, "")
			wantSame(t, got, want)
			asked, others := datasetsAsked(t, api)
			if asked != c.datasets || others != c.others || got.calls != api.Total() {
				t.Errorf("asked for %q and %d others, %d counted; want %q and %d", asked, others, got.calls, c.datasets, c.others)
			}
			if got.calls > want.calls {
				t.Errorf("%d calls, the oracle makes %d", got.calls, want.calls)
			}
		})
	}
}

// A cursor of what a page told goes on where a cursor of the dataset's own page does.
func TestCursorsOfWhatAPageTold(t *testing.T) {
	t.Parallel()
	exec, api := newExecutorOver(t, listOf(1, 2, 1, nil, 1, 2, 1)...)
	got := exec.ask(`{ jobs { nodes { dataset { jobs(first: 2) { pageInfo { endCursor } } } } } }`, "")
	var told dataset
	if err := json.Unmarshal(nodesOf(t, got.data)[0].Dataset, &told); err != nil || api.Total() != 1 {
		t.Fatalf("%v, %d calls: %s", err, api.Total(), got.wire)
	}
	exec.ask(`query($c: String) { dataset(id: 1) { jobs(first: 5, after: $c) { nodes { id } totalCount pageInfo { hasNextPage } } } }`,
		fmt.Sprintf(`{"c": %q}`, told.Jobs.PageInfo.EndCursor),
	).wantData(t, fmt.Sprintf(`{"dataset":{"jobs":{"nodes":[{"id":%q},{"id":%q}],"totalCount":4,"pageInfo":{"hasNextPage":false}}}}`, idOf(3), idOf(1)))
}

// A page behind a cursor does not start at the list's start, even where the cursor's job is gone and nothing that it
// shows stands before: jobs of the same time had their turn and are passed over.
func TestPagesBehindCursorsDoNotTell(t *testing.T) {
	t.Parallel()
	records := listOf(1, 1, 1)
	records[1] = strings.ReplaceAll(records[1], "00:00:02", "00:00:03")
	exec, api := newExecutorOver(t, records...)
	first := exec.ask(`{ jobs(first: 2) { nodes { id } pageInfo { endCursor } } }`, "")
	var page dataset
	if err := json.Unmarshal([]byte(first.data), &page); err != nil {
		t.Fatal(err)
	}
	const query = `query($c: String) { jobs(first: 5, after: $c) { nodes { id dataset { latestJob { id } } } } }`
	variables := fmt.Sprintf(`{"c": %q}`, page.Jobs.PageInfo.EndCursor)
	for _, gone := range []string{"", page.Jobs.Nodes[1].ID} {
		api.Remove(gone)
		exec.ask(query, variables).wantData(t,
			fmt.Sprintf(`{"jobs":{"nodes":[{"id":%q,"dataset":{"latestJob":{"id":%q}}}]}}`, idOf(1), page.Jobs.Nodes[0].ID))
	}
}

// Fields that one call answers, or one that was made already, are no reason to read the whole list.
func TestFieldsOfOneCall(t *testing.T) {
	t.Parallel()
	exec, _ := newExecutorOver(t, listOf(1, 1, 1)...)
	const deeper = `latestJob { id } one: jobs(first: 1) { nodes { id } totalCount } all: jobs { totalCount }`
	got := exec.ask(`{ jobs(last: 1) { nodes { dataset { latestJob { dataset { `+deeper+` } } } } } }`, "")
	if got.calls != 2 || len(got.errors) > 0 {
		t.Errorf("%d calls, want 2: %s %s", got.calls, got.data, got.wire)
	}
}

// isShared picks the page of a whole list.
func isShared(r *http.Request) bool { return r.URL.Query().Get("per_page") == "500" }

// Where the shared page cannot be had, each dataset is asked, and each that fails says so itself.
func TestSharedPageFails(t *testing.T) {
	t.Parallel()
	const query = `{ jobs(first: 3) { nodes { dataset { id jobs(first: 1) { totalCount } } } } }`
	exec, api := newExecutorOver(t, listOf(1, 2, 3, 1)...)
	failing := func(match func(*http.Request) bool) emulator.Fault {
		return emulator.Fault{Status: http.StatusNotFound, Times: emulator.Forever, Match: match}
	}
	ofTwo := failing(func(r *http.Request) bool { return r.URL.Query().Get("dataset_id") == "2" })
	for _, c := range []struct {
		faults   []emulator.Fault
		datasets string
		errors   []string
	}{
		{nil, "", []string{}},
		{[]emulator.Fault{failing(isShared)}, "1 2 3", []string{}},
		{[]emulator.Fault{ofTwo}, "", []string{}},
		{[]emulator.Fault{failing(isShared), ofTwo}, "1 2 3", []string{"jobs.nodes[1].dataset.jobs"}},
	} {
		api.Reset()
		api.Unscript()
		api.Script(c.faults...)
		got := exec.ask(query, "")
		if diff := cmp.Diff(c.errors, got.paths()); diff != "" {
			t.Errorf("%q: errors (-want +got):\n%s", c.datasets, diff)
		}
		if asked, others := datasetsAsked(t, api); asked != c.datasets || others != 2 {
			t.Errorf("asked for %q and %d others, want %q", asked, others, c.datasets)
		}
		want := `{"jobs":{"nodes":[` +
			`{"dataset":{"id":"1","jobs":{"totalCount":2}}},` +
			`{"dataset":{"id":"2","jobs":{"totalCount":1}}},` +
			`{"dataset":{"id":"3","jobs":{"totalCount":1}}}]}}`
		if len(c.errors) > 0 {
			want = strings.Replace(want, `"2","jobs":{"totalCount":1}`, `"2","jobs":null`, 1)
		}
		if got.data != want {
			t.Errorf("data %s", got.data)
		}
	}
}

// Where the list has grown beyond one page meanwhile, the shared page tells what it surely can and the rest is asked.
func TestListGrownSince(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fields, datasets string
		newer, others    int
	}{
		"not beyond a page":      {`jobs(first: 2) { nodes { id } totalCount }`, "", 492, 2},
		"to a full page":         {`jobs(first: 2) { nodes { id } totalCount }`, "", 493, 3}, // whose end has to be seen
		"by one":                 {`jobs(first: 2) { nodes { id } }`, "3", 494, 2},
		"by three":               {`jobs(first: 2) { nodes { id } }`, "1 3", 496, 2},
		"by one, with totals":    {`jobs(first: 2) { nodes { id } totalCount }`, "1 2 3", 494, 2},
		"until nothing is on it": {`jobs(first: 2) { nodes { id } }`, "1 2 3", 600, 2},
	} {
		exec, api := newExecutorOver(t, listOf(1, 2, 3, 2, 1, 2, 1)...)
		client := exec.upstream
		exec.upstream = stub{jobs: func(ctx context.Context, q restclient.JobsQuery) (*restclient.JobsPage, error) {
			for i := range c.newer {
				if q.PerPage == restclient.MaxPerPage {
					api.Insert(json.RawMessage(strings.NewReplacer("00000000-", fmt.Sprintf("1%07d-", i), "2024-", "2025-").Replace(record(i%60, ""))))
				}
			}
			return client.Jobs(ctx, q)
		}}
		got := exec.ask(`{ jobs(first: 3) { nodes { dataset { `+c.fields+` } } } }`, "")
		if asked, others := datasetsAsked(t, api); asked != c.datasets || others != c.others {
			t.Errorf("%s: asked for %q and %d others, want %q", name, asked, others, c.datasets)
		}
		exec.upstream = client
		now := exec.onOracle().ask(`{ datasets(ids: [1, 2, 3]) { `+c.fields+` } }`, "")
		want := strings.TrimSuffix(strings.TrimPrefix(now.data, `{"datasets":[`), `]}`)
		all := []string{}
		for _, node := range nodesOf(t, got.data) {
			all = append(all, string(node.Dataset))
		}
		if diff := cmp.Diff(want, strings.Join(all, ",")); diff != "" {
			t.Errorf("%s: data (-oracle +direct):\n%s", name, diff)
		}
	}
}

// node is a job of a page.
type node struct {
	ID      string          `json:"id"`
	Dataset json.RawMessage `json:"dataset"`
}

// dataset has jobs; so has the root.
type dataset struct {
	Jobs struct {
		Nodes    []node `json:"nodes"`
		PageInfo struct {
			EndCursor string `json:"endCursor"`
		} `json:"pageInfo"`
	} `json:"jobs"`
}

func nodesOf(t testing.TB, data string) []node {
	t.Helper()
	var root dataset
	if err := json.Unmarshal([]byte(data), &root); err != nil {
		t.Fatal(err)
	}
	return root.Jobs.Nodes
}

// Where the API gives no totals, a page that ends may be one that the API has cut: it tells of jobs that it has, and of
// none that it has not.
func TestPagesWithoutTotals(t *testing.T) {
	t.Parallel()
	for _, options := range []emulator.Options{{Older: true}, {Older: true, MaxRecords: 2}} {
		options.Records = []json.RawMessage{}
		api := emulator.New(options)
		client := clienttest.New(t, api)
		for _, record := range listOf(1, 1, 9) {
			api.Insert(json.RawMessage(record))
		}
		exec := newExecutor(t, client)
		for query, calls := range map[string]int{
			datasetsOf("first: 500", ofLatest):                                      1,
			`{ jobs(first: 500) { ` + ofResult + ` } }`:                             3,
			datasetsOf("first: 2", ofTwo):                                           1,
			datasetsOf("first: 2", ofTotal):                                         2,
			datasetsOf("first: 9", ofAll):                                           2,
			`{ jobs(first: 2) { totalCount nodes { dataset { ` + ofTwo + ` } } } }`: 1,
		} {
			got, want := exec.ask(query, ""), exec.onOracle().ask(query, "")
			wantSame(t, got, want)
			if got.calls > want.calls || options.MaxRecords > 0 && got.calls != calls {
				t.Errorf("%s: %d calls, want %d", query, got.calls, calls)
			}
		}
	}
}
