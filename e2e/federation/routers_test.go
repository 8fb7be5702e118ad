package federation_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"text/tabwriter"

	"github.com/google/go-cmp/cmp"

	"jobsgateway/internal/emulator"
)

// scenario is what every router has to get right, at a price that is known beforehand.
type scenario struct {
	name string
	run  func(*testing.T, *federation, router)
	cost map[string]cost // by router; none where it depends on timing
}

// TestRouters sends every scenario through every router, and in the end takes the gateway away.
func TestRouters(t *testing.T) {
	f := newFederation(t)
	f.spent()
	var table strings.Builder
	columns := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	for _, s := range scenarios() {
		fmt.Fprint(columns, s.name)
		for _, r := range f.routers {
			t.Run(s.name+"/"+r.name, func(t *testing.T) {
				s.run(t, f, r)
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

	f.gateway.stop(t, syscall.SIGTERM)
	f.jobs.Close()
	for _, r := range f.routers {
		t.Run("outage/"+r.name, func(t *testing.T) { outage(t, r) })
	}
}

func scenarios() []scenario {
	// Jobs, datasets and data planes have fields of the other subgraph. How many requests fetch them is the planner's art.
	each := func(c cost) map[string]cost { return map[string]cost{"hive": c, "hive-rust": c, "apollo": c} }
	pages := func(n, direct int) map[string]cost {
		c := cost{gateway: n + direct, rest: n + direct}
		return map[string]cost{"hive": c.plus(2 * n), "hive-rust": c.plus(n), "apollo": c.plus(3 * n)}
	}
	return []scenario{
		{"a page with names", pageWithNames, pages(1, 0)},
		{"the latest job of each of 6 datasets", latestJobs, each(cost{1, 6, 1})},
		{"two pages", twoPages, pages(2, 0)},
		{"headers", headers, pages(1, 0)},
		{"two tenants, 80 at once", twoTenants, nil},
		{"no token", noToken, each(cost{1, 0, 1})},
		{"a bad cursor", badCursor, each(cost{1, 0, 1})},
		{"the Jobs API fails", upstreamFails, each(cost{1, 1, 1})},
		{"the Jobs API fails for one dataset", upstreamFailsOnce, each(cost{1, 6, 1})},
		{"Accept lists", acceptLists, pages(len(accepted), len(accepted)+1)},
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

// checkPage ensures that a page holds exactly these jobs of a tenant, with everything that the other subgraph adds.
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

func pageWithNames(t *testing.T, _ *federation, r router) {
	var p page
	noErrors(t, ask(t, r.url, question{query: pageQuery, variables: map[string]any{"first": 20}, token: acme}, &p))
	checkPage(t, p, acme, 0, 20)
}

const latestQuery = `{ namedDatasets { id name latestJob { id } } }`

func latestJobs(t *testing.T, _ *federation, r router) {
	var data struct{ NamedDatasets []dataset }
	noErrors(t, ask(t, r.url, question{query: latestQuery, token: globex}, &data))
	var want []dataset
	for _, j := range wantJobs(globex, 0, len(words)) {
		want = append(want, dataset{ID: j.Dataset.ID, Name: j.Dataset.Name, LatestJob: &struct{ ID string }{j.ID}})
	}
	if diff := cmp.Diff(want, data.NamedDatasets); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func twoPages(t *testing.T, _ *federation, r router) {
	var first, second page
	q := question{query: pageQuery, variables: map[string]any{"first": 35}, token: acme}
	noErrors(t, ask(t, r.url, q, &first))
	checkPage(t, first, acme, 0, 35)
	if t.Failed() || !first.Jobs.PageInfo.HasNextPage {
		t.Fatal("no way on from the first page")
	}
	q.variables["after"] = first.Jobs.PageInfo.EndCursor
	noErrors(t, ask(t, r.url, q, &second))
	checkPage(t, second, acme, 35, allJobs/2)
	if second.Jobs != nil && second.Jobs.PageInfo.HasNextPage {
		t.Error("the last page has a next one")
	}
}

// headers ensures that both subgraphs get what the example's configuration lists, and nothing else of the client's.
func headers(t *testing.T, f *federation, r router) {
	const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	sent := map[string]string{"X-Request-Id": "headers-" + r.name, "Traceparent": traceparent}
	q := question{query: pageQuery, variables: map[string]any{"first": 1}, token: acme, header: sent}
	q.header["Cookie"], q.header["X-Secret"] = "session=1", "1"
	var p page
	noErrors(t, ask(t, r.url, q, &p))

	for _, got := range slices.Concat(f.jobs.requests(), f.datasets.requests()) {
		for name, want := range map[string]string{
			"Authorization": "Bearer " + acme, "X-Request-Id": "headers-" + r.name, "Traceparent": traceparent, "Cookie": "", "X-Secret": "",
		} {
			if got.Get(name) != want {
				t.Errorf("%s: %q, want %q", name, got.Get(name), want)
			}
		}
	}
	for _, call := range f.api.Requests() {
		if call.Header.Get("Authorization") != "Bearer "+acme {
			t.Errorf("the Jobs API got %q", call.Header.Get("Authorization"))
		}
	}
}

// twoTenants asks one and the same query for two tokens, so often at once that answers would be mixed if they could be.
// Half of the requests have an id, which keeps routers from joining equal ones.
func twoTenants(t *testing.T, f *federation, r router) {
	const rounds = 40
	var all sync.WaitGroup
	for i := range rounds {
		for tenant := range companies {
			all.Go(func() {
				q := question{query: pageQuery, variables: map[string]any{"first": 10}, token: tenant}
				if i%2 == 0 {
					q.header = map[string]string{"X-Request-Id": fmt.Sprintf("%s-%d", tenant, i)}
				}
				var p page
				noErrors(t, ask(t, r.url, q, &p))
				checkPage(t, p, tenant, 0, 10)
			})
		}
	}
	all.Wait()

	for _, got := range slices.Concat(f.jobs.requests(), f.datasets.requests()) {
		tenant, id := strings.TrimPrefix(got.Get("Authorization"), "Bearer "), got.Get("X-Request-Id")
		if companies[tenant] == 0 || strings.HasPrefix(id, "token-of-") && !strings.HasPrefix(id, tenant) {
			t.Errorf("a request with the id %q came with the token %q", id, tenant)
		}
	}
	for _, call := range f.api.Requests() {
		if companies[strings.TrimPrefix(call.Header.Get("Authorization"), "Bearer ")] == 0 {
			t.Errorf("the Jobs API got %q", call.Header.Get("Authorization"))
		}
	}
	seen := map[string]int{}
	for _, got := range f.jobs.requests() {
		seen[got.Get("X-Request-Id")]++
	}
	for i := 0; i < rounds; i += 2 {
		for tenant := range companies {
			if id := fmt.Sprintf("%s-%d", tenant, i); seen[id] != 1 {
				t.Errorf("%s arrived %d times at the gateway", id, seen[id])
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
	if a.codes() != code {
		t.Fatalf("codes %q, want %q: %v", a.codes(), code, a.errors)
	}
	return a.errors[0]
}

func noToken(t *testing.T, _ *federation, r router) {
	var data mixed
	a := ask(t, r.url, question{query: mixedQuery, header: map[string]string{"X-Request-Id": "anonymous"}}, &data)
	if a.codes() != "UNAUTHENTICATED UNAUTHENTICATED" || data.Jobs != nil || data.NamedDatasets != nil {
		t.Fatalf("%v, %v", a.errors, data)
	}
	i := slices.IndexFunc(a.errors, func(e graphqlError) bool { return cmp.Equal(e.Path, []any{"jobs"}) })
	if i < 0 || a.errors[i].Extensions.RequestID != "anonymous" {
		t.Errorf("the gateway's error is not its own: %v", a.errors)
	}
}

func badCursor(t *testing.T, _ *federation, r router) {
	var data mixed
	a := ask(t, r.url, question{query: mixedQuery, variables: map[string]any{"after": "nonsense"}, token: acme}, &data)
	if e := checkMixed(t, a, data, "BAD_USER_INPUT"); e.Extensions.Argument != "after" || !cmp.Equal(e.Path, []any{"jobs"}) {
		t.Errorf("%v", e)
	}
}

func upstreamFails(t *testing.T, f *federation, r router) {
	f.api.Script(emulator.Fault{Status: http.StatusServiceUnavailable, Times: emulator.Forever})
	defer f.api.Unscript()
	var data mixed
	a := ask(t, r.url, question{query: mixedQuery, token: acme}, &data)
	if e := checkMixed(t, a, data, "UPSTREAM_UNAVAILABLE"); !cmp.Equal(e.Path, []any{"jobs"}) {
		t.Errorf("%v", e)
	}
}

// upstreamFailsOnce ensures that one entity of a batch that fails costs the others nothing.
func upstreamFailsOnce(t *testing.T, f *federation, r router) {
	const broken = 2
	f.api.Script(emulator.Fault{Status: http.StatusServiceUnavailable, Times: emulator.Forever, Match: func(r *http.Request) bool {
		return r.URL.Query().Get("dataset_id") == datasetID(2*broken)
	}})
	defer f.api.Unscript()
	var data struct{ NamedDatasets []dataset }
	a := ask(t, r.url, question{query: latestQuery, token: acme}, &data)
	if a.codes() != "UPSTREAM_UNAVAILABLE" {
		t.Fatalf("%v", a.errors)
	}
	if len(data.NamedDatasets) != len(words) {
		t.Fatalf("%d datasets", len(data.NamedDatasets))
	}
	for i, d := range data.NamedDatasets {
		if d.Name == nil || (d.LatestJob == nil) != (i == broken) {
			t.Errorf("dataset %d: %v", i, d)
		}
	}
	if r.name == "apollo" && !cmp.Equal(a.errors[0].Path, []any{"namedDatasets", float64(broken), "latestJob"}) {
		t.Errorf("path %v", a.errors[0].Path) // Hive's planners lose the index on the way
	}
}

// accepted are lists of clients and routers that name media types of streams beside JSON.
var accepted = []string{
	"application/json, multipart/mixed, text/event-stream",
	"application/graphql-response+json, application/json;q=0.9, text/event-stream;q=0.5, multipart/mixed;deferSpec=20220824;q=0.4",
	"multipart/mixed;deferSpec=20220824, application/json",
	"*/*",
}

// acceptLists ensures that JSON comes back whatever else the client could read, and that it does so from the gateway
// itself when it is sent the list of the client or the router's own.
func acceptLists(t *testing.T, f *federation, r router) {
	check := func(url, accept string) {
		var p page
		query := pageQuery
		if url != r.url { // no fields of the other subgraph
			query = strings.NewReplacer(" runbook", "", " name", "").Replace(pageQuery)
		}
		a := ask(t, url, question{query: query, variables: map[string]any{"first": 2}, token: acme, header: map[string]string{"Accept": accept}}, &p)
		noErrors(t, a)
		if media := a.header.Get("Content-Type"); !strings.HasPrefix(media, "application/json") && !strings.HasPrefix(media, "application/graphql-response+json") {
			t.Errorf("Accept: %s is answered with %q", accept, media)
		}
		if p.Jobs == nil || len(p.Jobs.Nodes) != 2 {
			t.Errorf("Accept: %s gives no jobs", accept)
		}
	}
	for _, accept := range accepted {
		check(r.url, accept)
	}
	own := f.jobs.requests()[0].Get("Accept")
	for _, accept := range append(slices.Clone(accepted), own) {
		check(f.jobs.URL+"/graphql", accept)
	}
	t.Logf("%s accepts %s", r.name, own)
	if strings.HasPrefix(r.name, "hive") && !strings.Contains(own, "multipart/mixed") {
		t.Errorf("%s does not list a stream any more (%s): this scenario has lost its point", r.name, own)
	}
}

// outage ensures that while the gateway is away its part is null with an error, and the other subgraph's is there.
func outage(t *testing.T, r router) {
	var data mixed
	a := ask(t, r.url, question{query: mixedQuery, token: acme}, &data)
	checkMixed(t, a, data, "INTERNAL_SERVER_ERROR") // the router's own: there is nobody else to give one

	var latest struct{ NamedDatasets []dataset }
	a = ask(t, r.url, question{query: latestQuery, token: acme}, &latest)
	if len(a.errors) == 0 || len(latest.NamedDatasets) != len(words) {
		t.Fatalf("%d datasets, errors %v", len(latest.NamedDatasets), a.errors)
	}
	for _, d := range latest.NamedDatasets {
		if d.Name == nil || d.LatestJob != nil {
			t.Errorf("%v", d)
		}
	}
}
