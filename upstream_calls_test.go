package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"jobsgateway/internal/emulator"
)

// What a query costs the Jobs API on 2,000 jobs of 60 datasets: never more than a call for the page and one
// for each distinct dataset, and no two calls alike.
func TestCallsOfLoaders(t *testing.T) {
	t.Parallel()
	api := emulator.New(emulator.Options{Seed: 7})
	upstream := httptest.NewServer(api)
	defer upstream.Close()
	gw := startGateway(t, "--upstream-url", upstream.URL)

	type job struct{ Dataset *struct{ ID string } }
	type answer struct {
		Jobs     struct{ Nodes []job }
		Datasets []struct{ ID string }
	}
	distinct := func(a answer) int {
		ids := map[string]bool{}
		for _, j := range a.Jobs.Nodes {
			if j.Dataset != nil {
				ids[j.Dataset.ID] = true
			}
		}
		for _, d := range a.Datasets {
			ids[d.ID] = true
		}
		return len(ids)
	}
	ids := make([]string, 0, 40)
	for i := range 40 {
		ids = append(ids, fmt.Sprint(10674+31*(i%20)))
	}
	for _, c := range []struct {
		name, query string
		calls       func(datasets int) int
	}{
		{"latest job of each dataset", `{ jobs(first: 100, orderBy: UPDATED_AT_DESC) { nodes { dataset { id latestJob { id } } } } }`, func(n int) int { return 1 + n }},
		{"the same by edges and aliases", `{ jobs(first: 100, orderBy: UPDATED_AT_DESC) { nodes { dataset { id a: latestJob { id } b: latestJob { state } } }
			edges { node { dataset { latestJob { id } } } } } }`, func(n int) int { return 1 + n }},
		{
			"two questions a dataset", `{ jobs(first: 100, orderBy: UPDATED_AT_DESC) { nodes { dataset { id latestJob { id } jobs(first: 3) { nodes { id } } } } } }`,
			func(n int) int { return 1 + 2*n },
		},
		{
			"datasets by number, each twice", `query($ids: [ID!]!) { datasets(ids: $ids) { id latestJob { id } jobs(first: 1) { totalCount } } }`,
			func(n int) int { return n },
		},
		{"500 jobs", `{ jobs(first: 500, orderBy: UPDATED_AT_DESC) { nodes { dataset { id latestJob { id } } } } }`, func(n int) int { return 1 + n }},
	} {
		api.Reset()
		var got answer
		queryData(t, gw, c.query, map[string]any{"ids": ids}, &got)
		n := distinct(got)
		if n < 10 {
			t.Fatalf("%s: only %d datasets", c.name, n)
		}
		if want := c.calls(n); api.Total() != want {
			t.Errorf("%s: %d calls for %d datasets, want %d", c.name, api.Total(), n, want)
		}
		seen := map[string]bool{}
		for _, r := range api.Requests() {
			if seen[r.RawQuery] {
				t.Errorf("%s: asked twice: %s", c.name, r.RawQuery)
			}
			seen[r.RawQuery] = true
		}
		t.Logf("%s: %d datasets, %d calls", c.name, n, api.Total())
	}
}

// At most --max-upstream-concurrency calls of an operation are under way at once, and that many are: they all
// wait for one another here.
func TestConcurrencyOfCalls(t *testing.T) {
	t.Parallel()
	const limit = 8
	api := emulator.New(emulator.Options{Seed: 7})
	var now, most atomic.Int64
	arrived, release := make(chan struct{}, 100), make(chan struct{})
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("dataset_id") {
			most.Store(max(most.Load(), now.Add(1)))
			arrived <- struct{}{}
			<-release
			now.Add(-1)
		}
		api.ServeHTTP(w, r)
	}))
	defer upstream.Close()
	gw := startGateway(t, "--upstream-url", upstream.URL, fmt.Sprintf("--max-upstream-concurrency=%d", limit))
	done := make(chan struct{})
	go func() {
		defer close(done)
		var data any
		queryData(t, gw, `{ jobs(first: 100, orderBy: UPDATED_AT_DESC) { nodes { dataset { latestJob { id } } } } }`, nil, &data)
	}()
	for range limit {
		<-arrived
	}
	close(release)
	<-done
	if most.Load() != limit {
		t.Errorf("%d calls at once, want %d", most.Load(), limit)
	}
}

// For each order and many filters the nodes are exactly the REST API's records, byte by byte and in its
// order, with one call a page. The first page at an odd offset costs a second call, which shows that the API
// does not round offsets.
func TestFaithful(t *testing.T) {
	t.Parallel()
	api := emulator.New(emulator.Options{Seed: 3, Tags: true, Drift: true, NullPager: true})
	upstream := httptest.NewServer(api)
	defer upstream.Close()
	gw := startGateway(t, "--upstream-url", upstream.URL)
	const query = `query($first: Int, $offset: Int, $filter: JobFilter, $order: JobOrder!) {
		jobs(first: $first, offset: $offset, filter: $filter, orderBy: $order) { totalCount nodes { raw } } }`
	random := rand.New(rand.NewPCG(1, 2))
	shown := false
	for range 30 {
		order := []string{"created_at_desc", "created_at_asc", "updated_at_desc", "updated_at_asc"}[random.IntN(4)]
		filter, params := randomFilter(random)
		first, offset := 1+random.IntN(500), random.IntN(600)
		params.Set("order_by", order)
		params.Set("per_page", fmt.Sprint(first))
		params.Set("offset", fmt.Sprint(offset))
		want, total := upstreamPage(t, upstream.URL+"/jobs?"+params.Encode())
		before := api.Total()
		var got struct {
			Jobs struct {
				TotalCount int
				Nodes      []struct{ Raw json.RawMessage }
			}
		}
		queryData(t, gw, query, map[string]any{"first": first, "offset": offset, "filter": filter, "order": strings.ToUpper(order)}, &got)
		switch calls := api.Total() - before; {
		case calls == 2 && !shown:
			shown = true
		case calls != 1:
			t.Fatalf("%d calls", calls)
		}
		if got.Jobs.TotalCount != total {
			t.Errorf("%v: totalCount %d, want %d", params, got.Jobs.TotalCount, total)
		}
		raws := []string{}
		for _, node := range got.Jobs.Nodes {
			raws = append(raws, string(node.Raw))
		}
		if diff := cmp.Diff(want, raws); diff != "" {
			t.Fatalf("%v:\n%s", params, diff)
		}
	}
}

// randomFilter gives one filter in both languages.
func randomFilter(random *rand.Rand) (map[string]any, url.Values) {
	filter, params := map[string]any{}, url.Values{}
	if random.IntN(2) == 0 {
		for _, state := range []string{"completed", "failed", "running"}[:1+random.IntN(3)] {
			filter["states"] = append(listOf(filter["states"]), strings.ToUpper(state))
			params.Add("state", state)
		}
	}
	if random.IntN(3) == 0 {
		filter["types"] = []any{"materialize-view", "nql-forecast"}
		params["type"] = []string{"materialize-view", "nql-forecast"}
	}
	if random.IntN(4) == 0 {
		filter["tagsAny"] = []any{"nightly", "workflow_enqueued"}
		params["tag"] = []string{"nightly", "workflow_enqueued"}
	}
	if random.IntN(4) == 0 {
		id := fmt.Sprint(10674 + 31*random.IntN(60))
		filter["datasetId"] = id
		params.Set("dataset_id", id)
	}
	if random.IntN(4) == 0 {
		filter["dataPlaneId"] = "f79cbdae-4848-47ca-95e8-69588364d185"
		params.Set("data_plane_id", "f79cbdae-4848-47ca-95e8-69588364d185")
	}
	return filter, params
}

func listOf(v any) []any {
	list, _ := v.([]any)
	return list
}

// upstreamPage asks the Jobs API itself.
func upstreamPage(t *testing.T, address string) (records []string, total int) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer demo")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	var page struct {
		Records []json.RawMessage `json:"records"`
		Total   int               `json:"total_records"`
	}
	if err := json.Unmarshal(body, &page); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	records = []string{}
	for _, record := range page.Records {
		records = append(records, string(record))
	}
	return records, page.Total
}
