//go:build e2e

package federation_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"

	"github.com/google/go-cmp/cmp"

	"jobsgateway/internal/emulator"
)

// scenario is what every router has to get right, at a price that is known beforehand.
type scenario struct {
	name string
	run  func(visit)
	cost map[string]cost // by router; none where it depends on timing
}

// visit is one scenario's way through one router.
type visit struct {
	*testing.T
	*federation
	router
}

// TestRouters sends every scenario through every router, and in the end takes the gateway away.
func TestRouters(t *testing.T) {
	f := newFederation(t)
	var table strings.Builder
	columns := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	for _, s := range scenarios() {
		fmt.Fprint(columns, s.name)
		for _, r := range f.routers {
			t.Run(s.name+"/"+r.name, func(t *testing.T) {
				f.spent() // what a scenario that failed has left
				s.run(visit{t, f, r})
				spent := f.spent()
				fmt.Fprint(columns, "\t", r.name, " ", spent)
				if want, known := s.cost[r.name]; known && spent != want {
					t.Errorf("cost %v, want %v", spent, want)
				}
			})
		}
		fmt.Fprintln(columns)
	}
	columns.Flush()
	t.Logf("requests to the gateway / REST calls / requests to datasets:\n%s", table.String())

	f.gateway.Stop(t)
	f.jobs.Close()
	for _, r := range f.routers {
		t.Run("outage/"+r.name, func(t *testing.T) { visit{t, f, r}.outage() })
	}
}

func scenarios() []scenario {
	// Jobs, datasets and data planes have fields of the other subgraph. How many requests fetch them is the
	// planner's art.
	each := func(c cost) map[string]cost { return map[string]cost{"hive": c, "hive-rust": c, "apollo": c} }
	pages := func(n, direct int) map[string]cost {
		c := cost{gateway: n + direct, rest: n + direct}
		return map[string]cost{"hive": c.plus(2 * n), "hive-rust": c.plus(n), "apollo": c.plus(3 * n)}
	}
	return []scenario{
		{"a page with names", visit.pageWithNames, pages(1, 0)},
		{"the latest job of each of 6 datasets", visit.latestJobs, each(cost{1, 6, 1})},
		{"two pages", visit.twoPages, pages(2, 0)},
		{"a range of time", visit.rangeOfTime, pages(2, 0)},
		{"headers", visit.headers, pages(1, 0)},
		{"two tenants, 80 at once", visit.twoTenants, nil},
		{"no token", visit.noToken, each(cost{1, 0, 1})},
		{"a bad cursor", visit.badCursor, each(cost{1, 0, 1})},
		{"the Jobs API fails", visit.upstreamFails, each(cost{1, 1, 1})},
		{"the Jobs API fails for one dataset", visit.upstreamFailsOnce, each(cost{1, 6, 1})},
		{"datasets away", visit.datasetsAway, pages(1, 0)},
		{"Accept lists", visit.acceptLists, pages(len(accepted), len(accepted)+1)},
	}
}

// job is what the scenarios ask of a job.
type job struct {
	ID, Type string
	Runbook  *string
	Dataset  dataset
	Plane    struct{ ID, Name string }
}

type dataset struct {
	ID        string
	Name      *string
	LatestJob *struct{ ID string }
}

const pageQuery = `query Page($first: Int!, $after: String) {
	jobs(first: $first, after: $after) {
		totalCount pageInfo { hasNextPage endCursor }
		nodes { id type runbook dataset { id name } plane: dataPlane { id name } }
	}
}`

type page struct {
	Jobs *struct {
		TotalCount int
		PageInfo   struct {
			HasNextPage bool
			EndCursor   string
		}
		Nodes []job
	}
}

// wantJobs is what a tenant's page holds, from one place in its list to another.
func wantJobs(tenant string, from, to int) []job {
	var list []job
	for n := from; n < to; n++ {
		i := 2*n + int(companies[tenant]) - 1
		name := strings.TrimPrefix(tenant, "token-of-") + ": " + words[i/2%len(words)]
		j := job{ID: jobID(i), Type: "materialize-view", Dataset: dataset{ID: datasetID(i), Name: &name}}
		if i%3 == 0 {
			j.Type = "datasets_sample"
		} else {
			runbook := "https://wiki.example.com/runbooks/materialize-view"
			j.Runbook = &runbook
		}
		j.Plane.ID, j.Plane.Name = "f79cbdae-4848-47ca-95e8-69588364d185", "eu-central"
		list = append(list, j)
	}
	return list
}

func noErrors(t *testing.T, a answer) {
	t.Helper()
	if len(a.errors) > 0 {
		t.Errorf("errors: %v", a.errors)
	}
}

// checkPage ensures that a page holds exactly these jobs of a tenant, with everything that the other subgraph
// adds.
func checkPage(t *testing.T, p page, tenant string, from, to int) {
	t.Helper()
	if p.Jobs == nil {
		t.Error("no jobs")
		return
	}
	if diff := cmp.Diff(wantJobs(tenant, from, to), p.Jobs.Nodes); diff != "" || p.Jobs.TotalCount != allJobs/2 {
		t.Errorf("%s has %d jobs; (-want +got)\n%s", tenant, p.Jobs.TotalCount, diff)
	}
}

func (v visit) pageWithNames() {
	var p page
	noErrors(v.T, ask(v.T, v.url, request{query: pageQuery, variables: map[string]any{"first": 20}, token: acme}, &p))
	checkPage(v.T, p, acme, 0, 20)
}

const latestQuery = `{ namedDatasets { id name latestJob { id } } }`

func (v visit) latestJobs() {
	var data struct{ NamedDatasets []dataset }
	noErrors(v.T, ask(v.T, v.url, request{query: latestQuery, token: globex}, &data))
	var want []dataset
	for _, j := range wantJobs(globex, 0, len(words)) {
		want = append(want, dataset{ID: j.Dataset.ID, Name: j.Dataset.Name, LatestJob: &struct{ ID string }{j.ID}})
	}
	if diff := cmp.Diff(want, data.NamedDatasets); diff != "" {
		v.Errorf("(-want +got)\n%s", diff)
	}
}

func (v visit) twoPages() {
	var first, second page
	q := request{query: pageQuery, variables: map[string]any{"first": 35}, token: acme}
	noErrors(v.T, ask(v.T, v.url, q, &first))
	checkPage(v.T, first, acme, 0, 35)
	if v.Failed() || !first.Jobs.PageInfo.HasNextPage {
		v.Fatal("no way on from the first page")
	}
	q.variables["after"] = first.Jobs.PageInfo.EndCursor
	noErrors(v.T, ask(v.T, v.url, q, &second))
	checkPage(v.T, second, acme, 35, allJobs/2)
	if second.Jobs != nil && second.Jobs.PageInfo.HasNextPage {
		v.Error("the last page has a next one")
	}
}

// rangeOfTime ensures that a range is passed on as it is, with its total and its cursors: of the jobs of each second minute, those
// of 20 minutes.
func (v visit) rangeOfTime() {
	const query = `query Range($first: Int!, $after: String, $from: DateTime, $to: DateTime) {
		jobs(first: $first, after: $after, filter: {createdAt: {from: $from, to: $to}}) {
			totalCount pageInfo { hasNextPage endCursor }
			nodes { id type runbook dataset { id name } plane: dataPlane { id name } }
		}
	}`
	times := map[string]any{"first": 6, "from": "2026-01-01T23:30:00Z", "to": "2026-01-02T00:50:00+01:00"}
	q := request{query: query, variables: times, token: acme}
	for _, part := range []struct{ from, to int }{{5, 11}, {11, 15}} {
		var p page
		noErrors(v.T, ask(v.T, v.url, q, &p))
		if p.Jobs == nil {
			v.Fatal("no jobs")
		}
		if diff := cmp.Diff(wantJobs(acme, part.from, part.to), p.Jobs.Nodes); diff != "" || p.Jobs.TotalCount != 10 {
			v.Errorf("%d jobs; (-want +got)\n%s", p.Jobs.TotalCount, diff)
		}
		if more := part.to < 15; p.Jobs.PageInfo.HasNextPage != more {
			v.Errorf("more of them: %t", !more)
		}
		q.variables["after"] = p.Jobs.PageInfo.EndCursor
	}
}

// headers ensures that both subgraphs get what the example's configuration lists, and nothing else of the
// client's.
func (v visit) headers() {
	const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	sent := map[string]string{"X-Request-Id": "headers-" + v.name, "Traceparent": traceparent, "Tracestate": "rojo=1"}
	q := request{query: pageQuery, variables: map[string]any{"first": 1}, token: acme, header: sent}
	q.header["Cookie"], q.header["X-Secret"] = "session=1", "1"
	var p page
	noErrors(v.T, ask(v.T, v.url, q, &p))

	for _, got := range slices.Concat(v.jobs.requests(), v.datasets.requests()) {
		for name, want := range map[string]string{
			"Authorization": "Bearer " + acme, "X-Request-Id": "headers-" + v.name, "Traceparent": traceparent, "Tracestate": "rojo=1",
			"Cookie": "", "X-Secret": "",
		} {
			if got.Get(name) != want {
				v.Errorf("%s: %q, want %q", name, got.Get(name), want)
			}
		}
	}
	for _, call := range v.api.Requests() {
		if call.Header.Get("Authorization") != "Bearer "+acme {
			v.Errorf("the Jobs API got %q", call.Header.Get("Authorization"))
		}
	}
}

// twoTenants asks one and the same query for two tokens, so often at once that answers would be mixed if they
// could be. Half of the requests have an id, which keeps routers from joining equal ones.
func (v visit) twoTenants() {
	const rounds = 40
	var all sync.WaitGroup
	for i := range rounds {
		for tenant := range companies {
			all.Go(func() {
				q := request{query: pageQuery, variables: map[string]any{"first": 10}, token: tenant}
				if i%2 == 0 {
					q.header = map[string]string{"X-Request-Id": fmt.Sprintf("%s-%d", tenant, i)}
				}
				var p page
				noErrors(v.T, ask(v.T, v.url, q, &p))
				checkPage(v.T, p, tenant, 0, 10)
			})
		}
	}
	all.Wait()

	for _, got := range slices.Concat(v.jobs.requests(), v.datasets.requests()) {
		tenant, id := strings.TrimPrefix(got.Get("Authorization"), "Bearer "), got.Get("X-Request-Id")
		if companies[tenant] == 0 || strings.HasPrefix(id, "token-of-") && !strings.HasPrefix(id, tenant) {
			v.Errorf("a request with the id %q came with the token %q", id, tenant)
		}
	}
	for _, call := range v.api.Requests() {
		if companies[strings.TrimPrefix(call.Header.Get("Authorization"), "Bearer ")] == 0 {
			v.Errorf("the Jobs API got %q", call.Header.Get("Authorization"))
		}
	}
	seen := map[string]int{}
	for _, got := range v.jobs.requests() {
		seen[got.Get("X-Request-Id")]++
	}
	for i := 0; i < rounds; i += 2 {
		for tenant := range companies {
			if id := fmt.Sprintf("%s-%d", tenant, i); seen[id] != 1 {
				v.Errorf("%s arrived %d times at the gateway", id, seen[id])
			}
		}
	}
}

// mixedQuery asks both subgraphs for something that the other one has no part in.
const mixedQuery = `query Mixed($after: String) { jobs(first: 3, after: $after) { nodes { id } } namedDatasets { id name } }`

type mixed struct {
	Jobs          *struct{ Nodes []job }
	NamedDatasets []dataset
}

// checkMixed ensures that the jobs are null with one error of this code, and the datasets all there.
func checkMixed(t *testing.T, a answer, data mixed, code string) graphqlError {
	t.Helper()
	if data.Jobs != nil || len(data.NamedDatasets) != len(words) {
		t.Errorf("jobs %v, %d datasets", data.Jobs, len(data.NamedDatasets))
	}
	if !slices.Equal(a.codes(), []string{code}) {
		t.Fatalf("errors %v, want one with the code %s", a.errors, code)
	}
	return a.errors[0]
}

func (v visit) noToken() {
	var data mixed
	a := ask(v.T, v.url, request{query: mixedQuery, header: map[string]string{"X-Request-Id": "anonymous"}}, &data)
	if !slices.Equal(a.codes(), []string{"UNAUTHENTICATED", "UNAUTHENTICATED"}) || data.Jobs != nil || data.NamedDatasets != nil {
		v.Fatalf("%v, %v", a.errors, data)
	}
	i := slices.IndexFunc(a.errors, func(e graphqlError) bool { return cmp.Equal(e.Path, []any{"jobs"}) })
	if i < 0 || a.errors[i].Extensions.RequestID != "anonymous" {
		v.Errorf("the gateway's error is not its own: %v", a.errors)
	}
}

func (v visit) badCursor() {
	var data mixed
	a := ask(v.T, v.url, request{query: mixedQuery, variables: map[string]any{"after": "nonsense"}, token: acme}, &data)
	if e := checkMixed(v.T, a, data, "BAD_USER_INPUT"); e.Extensions.Argument != "after" || !cmp.Equal(e.Path, []any{"jobs"}) {
		v.Errorf("%v", e)
	}
}

// upstreamFails ensures that a failure of the API, one that is not asked again, is an error of its field.
func (v visit) upstreamFails() {
	v.api.Script(emulator.Fault{Status: http.StatusInternalServerError, Times: emulator.Forever})
	defer v.api.Unscript()
	var data mixed
	a := ask(v.T, v.url, request{query: mixedQuery, token: acme}, &data)
	if e := checkMixed(v.T, a, data, "UPSTREAM_UNAVAILABLE"); !cmp.Equal(e.Path, []any{"jobs"}) {
		v.Errorf("%v", e)
	}
}

// upstreamFailsOnce ensures that one entity of a batch that fails costs the others nothing.
func (v visit) upstreamFailsOnce() {
	const broken = 2
	v.api.Script(emulator.Fault{Status: http.StatusInternalServerError, Times: emulator.Forever, Match: func(r *http.Request) bool {
		return r.URL.Query().Get("dataset_id") == datasetID(2*broken)
	}})
	defer v.api.Unscript()
	var data struct{ NamedDatasets []dataset }
	a := ask(v.T, v.url, request{query: latestQuery, token: acme}, &data)
	if !slices.Equal(a.codes(), []string{"UPSTREAM_UNAVAILABLE"}) {
		v.Fatalf("%v", a.errors)
	}
	if len(data.NamedDatasets) != len(words) {
		v.Fatalf("%d datasets", len(data.NamedDatasets))
	}
	for i, d := range data.NamedDatasets {
		if d.Name == nil || (d.LatestJob == nil) != (i == broken) {
			v.Errorf("dataset %d: %v", i, d)
		}
	}
	want := []any{"namedDatasets", float64(broken), "latestJob"}
	if v.name == "hive" {
		want = slices.Delete(want, 1, 2) // its own planner loses the index on the way; a change of that is good news
	}
	if !cmp.Equal(a.errors[0].Path, want) {
		v.Errorf("path %v, want %v", a.errors[0].Path, want)
	}
}

// datasetsAway ensures that jobs do not suffer when nobody knows the names of their datasets.
func (v visit) datasetsAway() {
	v.datasets.away.Store(true)
	defer v.datasets.away.Store(false)
	var p page
	a := ask(v.T, v.url, request{query: pageQuery, variables: map[string]any{"first": 4}, token: acme}, &p)
	if !slices.Equal(slices.Compact(a.codes()), []string{"INTERNAL_SERVER_ERROR"}) {
		v.Errorf("errors %v", a.errors)
	}
	want := wantJobs(acme, 0, 4)
	for i := range want {
		want[i].Runbook, want[i].Dataset.Name, want[i].Plane.Name = nil, nil, ""
	}
	if p.Jobs == nil || !cmp.Equal(want, p.Jobs.Nodes) {
		v.Errorf("%v", p.Jobs)
	}
}

// accepted are lists of clients and routers that name media types of streams beside JSON.
var accepted = []string{
	"application/json, multipart/mixed, text/event-stream",
	"application/graphql-response+json, application/json;q=0.9, text/event-stream;q=0.5, multipart/mixed;deferSpec=20220824;q=0.4",
	"multipart/mixed;deferSpec=20220824, application/json",
	"*/*",
}

// acceptLists ensures that JSON comes back whatever else the client could read, and that it does so from the
// gateway itself when it is sent the list of the client or the router's own.
func (v visit) acceptLists() {
	check := func(url, accept string) {
		var p page
		query := pageQuery
		if url != v.url { // no fields of the other subgraph
			query = strings.NewReplacer(" runbook", "", " name", "").Replace(pageQuery)
		}
		a := ask(v.T, url, request{query: query, variables: map[string]any{"first": 2}, token: acme, header: map[string]string{"Accept": accept}}, &p)
		noErrors(v.T, a)
		if media := a.header.Get("Content-Type"); !strings.HasPrefix(media, "application/json") && !strings.HasPrefix(media, "application/graphql-response+json") {
			v.Errorf("Accept: %s is answered with %q", accept, media)
		}
		if p.Jobs == nil || len(p.Jobs.Nodes) != 2 {
			v.Errorf("Accept: %s gives no jobs", accept)
		}
	}
	for _, accept := range accepted {
		check(v.url, accept)
	}
	own := v.jobs.requests()[0].Get("Accept")
	for _, accept := range append(slices.Clone(accepted), own) {
		check(v.jobs.URL+"/graphql", accept)
	}
	v.Logf("%s accepts %s", v.name, own)
	if strings.HasPrefix(v.name, "hive") && !strings.Contains(own, "multipart/mixed") {
		v.Errorf("%s does not list a stream any more (%s): this scenario has lost its point", v.name, own)
	}
}

// outage ensures that while the gateway is away its part is null with an error, and the other subgraph's is
// there.
func (v visit) outage() {
	var data mixed
	a := ask(v.T, v.url, request{query: mixedQuery, token: acme}, &data)
	checkMixed(v.T, a, data, "INTERNAL_SERVER_ERROR") // the router's own: there is nobody else to give one

	var latest struct{ NamedDatasets []dataset }
	a = ask(v.T, v.url, request{query: latestQuery, token: acme}, &latest)
	if !slices.Equal(slices.Compact(a.codes()), []string{"INTERNAL_SERVER_ERROR"}) || len(latest.NamedDatasets) != len(words) {
		v.Fatalf("%d datasets, errors %v", len(latest.NamedDatasets), a.errors)
	}
	for _, d := range latest.NamedDatasets {
		if d.Name == nil || d.LatestJob != nil {
			v.Errorf("%v", d)
		}
	}
}
