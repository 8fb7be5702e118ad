package graph

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"jobsgateway/graph/operation"
	"jobsgateway/internal/emulator"
	"jobsgateway/restclient"
)

// board is a list of jobs that name datasets in every way: 1 and 2 by input and result, 3 the dataset of 1 in the
// newer form, 4 none, 5 in a type without typed members, 6 another one by its result alone.
var board = []string{
	record(6, `,"result":{"dataset_id":600}`),
	strings.Replace(record(5, `,"input":{"dataset_id":500}`), "materialize-view", "nql-forecast", 1),
	record(4, ""),
	record(3, `,"input":{"dataset":{"id":100}},"result":{"dataset_id":100}`),
	record(2, `,"input":{"dataset_id":200},"result":{"dataset_id":"201"}`),
	record(1, `,"input":{"dataset_id":100},"result":{"dataset_id":101}`),
}

// datasetsAsked gives the datasets of all list calls in order, once for each call, and how many other calls there
// were. No two calls may be alike.
func datasetsAsked(t *testing.T, api *emulator.Emulator) (asked string, others int) {
	t.Helper()
	ids := []string{}
	seen := map[string]bool{}
	for _, r := range api.Requests() {
		if question := r.Path + "?" + r.RawQuery; seen[question] {
			t.Errorf("asked twice: %s", question)
		} else {
			seen[question] = true
		}
		values, err := url.ParseQuery(r.RawQuery)
		if err != nil {
			t.Fatal(err)
		}
		if id := values.Get("dataset_id"); id != "" {
			ids = append(ids, id)
		} else {
			others++
		}
	}
	slices.Sort(ids)
	return strings.Join(ids, " "), others
}

// recording keeps what an upstream answered, to be played back where there is no network.
type recording struct {
	operation.Upstream
	mu    sync.Mutex
	pages map[restclient.JobsQuery]*restclient.JobsPage
	jobs  map[restclient.JobID]*restclient.Job
	// failed are the single jobs that could not be had.
	failed map[restclient.JobID]error
}

func recordingOf(upstream operation.Upstream) *recording {
	return &recording{
		Upstream: upstream,
		pages:    map[restclient.JobsQuery]*restclient.JobsPage{},
		jobs:     map[restclient.JobID]*restclient.Job{}, failed: map[restclient.JobID]error{},
	}
}

func (r *recording) Jobs(ctx context.Context, q restclient.JobsQuery) (*restclient.JobsPage, error) {
	page, err := r.Upstream.Jobs(ctx, q)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pages[q] = page
	return page, err
}

func (r *recording) Job(ctx context.Context, id restclient.JobID) (*restclient.Job, error) {
	job, err := r.Upstream.Job(ctx, id)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.jobs[id], r.failed[id] = job, err
	return job, err
}

// playback answers as recorded, each page after a pause. What was never asked is a failure.
func (r *recording) playback(pause func(restclient.JobsQuery)) operation.Upstream {
	return stub{
		jobs: func(_ context.Context, q restclient.JobsQuery) (*restclient.JobsPage, error) {
			page, ok := r.pages[q]
			if !ok {
				return nil, fmt.Errorf("never asked before: %v", q)
			}
			pause(q)
			return page, nil
		},
		job: func(_ context.Context, id restclient.JobID) (*restclient.Job, error) {
			if _, ok := r.jobs[id]; !ok {
				return nil, fmt.Errorf("never asked before: %v", id)
			}
			return r.jobs[id], r.failed[id]
		},
	}
}

// Whichever way leads to a dataset, what is asked of it is asked once, what is not selected is not asked at all, and no
// call waits for a clock.
func TestQuestionsOfDatasets(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/questions-of-datasets.txtar")
	if err != nil {
		t.Fatal(err)
	}
	form := regexp.MustCompile(`(?s)^(.+)\n\n(?:variables: ([^\n]+)\n)?datasets: ?([^\n]*)\nothers: (\d)\n*$`)
	if len(archive.Files) < 30 {
		t.Errorf("only %d cases", len(archive.Files))
	}
	for _, file := range archive.Files {
		fields := form.FindStringSubmatch(string(file.Data))
		if fields == nil {
			t.Fatalf("%s is no case: %s", file.Name, file.Data)
		}
		query, variables, datasets := fields[1], fields[2], fields[3]
		t.Run(file.Name, func(t *testing.T) {
			exec, api := newExecutorOver(t, board...)
			answers := recordingOf(exec.upstream)
			exec.upstream = answers
			want := exec.ask(query, variables)
			if len(want.errors) > 0 {
				t.Fatal(want.wire)
			}
			asked, others := datasetsAsked(t, api)
			if asked != datasets || fmt.Sprint(others) != fields[4] || want.calls != api.Total() {
				t.Errorf("asked for %q and %d others, %d counted; want %q and %s", asked, others, want.calls, datasets, fields[4])
			}
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				got := exec.over(t, answers.playback(func(restclient.JobsQuery) {})).ask(query, variables)
				got.wantData(t, want.data)
				if waited := time.Since(start); waited != 0 || got.calls != want.calls {
					t.Errorf("%d calls, waited %v for a clock", got.calls, waited)
				}
			})
		})
	}
}

// over gives the same executor over another upstream, for another test.
func (e *executor) over(t testing.TB, upstream operation.Upstream) *executor {
	t.Helper()
	other := *e
	other.t, other.upstream = t, upstream
	return &other
}

// manyDatasets are n jobs of datasets of their own: 1000 and more, counted in the list's order, by input, and 2000 and
// more by result.
func manyDatasets(n int) []string {
	records := make([]string, n)
	for i := range records {
		records[i] = record(n-i, fmt.Sprintf(`,"input":{"dataset_id":%d},"result":{"dataset_id":%d}`, 1000+i, 2000+i))
	}
	return records
}

// All questions of a page are under way before the first is answered, and nobody looked at a clock for it.
func TestBatchIsWhole(t *testing.T) {
	t.Parallel()
	const n = 16
	for _, query := range []string{
		`{ jobs(filter: {states: [COMPLETED]}) { nodes { dataset { latestJob { id } } } } }`,
		`{ jobs(filter: {states: [COMPLETED]}) { edges { node { input { ... on MaterializeViewSpec { dataset { jobs(first: 3) { totalCount } } } } } } } }`,
	} {
		exec, _ := newExecutorOver(t, manyDatasets(n)...)
		answers := recordingOf(exec.upstream)
		exec.upstream = answers
		want := exec.ask(query, "")
		if want.calls != 1+n {
			t.Fatalf("%d calls: %s", want.calls, want.wire)
		}
		synctest.Test(t, func(t *testing.T) {
			var all sync.WaitGroup
			all.Add(n)
			start := time.Now()
			got := exec.over(t, answers.playback(func(q restclient.JobsQuery) {
				if strings.Contains(string(q.Filter), "dataset_id=") {
					all.Done()
					all.Wait()
				}
			})).ask(query, "")
			got.wantData(t, want.data)
			if waited := time.Since(start); waited != 0 {
				t.Errorf("waited %v for a clock", waited)
			}
		})
	}
}

// Questions are announced in the order of the answer, whichever way leads to them: when not all may be asked, the first
// are.
func TestBudgetGoesToTheFirst(t *testing.T) {
	t.Parallel()
	const n, granted = 12, 5
	exec, _ := newExecutorOver(t, manyDatasets(n)...)
	ids, datasets, jobs := []string{}, []string{}, []string{}
	for i := range n {
		ids = append(ids, fmt.Sprint(1000+i))
		datasets = append(datasets, fmt.Sprintf(`{__typename: "Dataset", id: %d}`, 1000+i))
		jobs = append(jobs, fmt.Sprintf(`{__typename: "Job", id: %q}`, idOf(n-i)))
	}
	const latest = `dataset { latestJob { id } }`
	for _, c := range []struct {
		query, place string
		before       int // calls before the first for a dataset
	}{
		{`{ jobs(filter: {states: [COMPLETED]}) { nodes { ` + latest + ` } } }`, "jobs.nodes[%d].dataset.latestJob", 1},
		{`{ jobs(filter: {states: [COMPLETED]}) { edges { node { ` + latest + ` } } } }`, "jobs.edges[%d].node.dataset.latestJob", 1},
		{`{ jobs(filter: {states: [COMPLETED]}) { nodes { input { ... on MaterializeViewSpec { ` + latest + ` } } } } }`, "jobs.nodes[%d].input.dataset.latestJob", 1},
		{`{ jobs(filter: {states: [COMPLETED]}) { nodes { result { ... on MaterializeViewResult { ` + latest + ` } } } } }`, "jobs.nodes[%d].result.dataset.latestJob", 1},
		{`{ jobs(filter: {states: [COMPLETED]}) { nodes { dataset { jobs(first: 3) { totalCount } } } } }`, "jobs.nodes[%d].dataset.jobs", 1},
		{`{ datasets(ids: [` + strings.Join(ids, ",") + `]) { latestJob { id } } }`, "datasets[%d].latestJob", 0},
		{
			`{ _entities(representations: [` + strings.Join(datasets, ",") + `]) { ... on Dataset { latestJob { id } } } }`,
			"_entities[%d].latestJob", 0,
		},
		{
			`{ _entities(representations: [` + strings.Join(jobs, ",") + `]) { ... on Job { ` + latest + ` } } }`,
			"_entities[%d].dataset.latestJob", n,
		},
	} {
		exec.limits.Calls = c.before + granted
		for range 3 {
			got := exec.ask(c.query, "")
			if len(got.errors) != n-granted || got.calls != exec.limits.Calls {
				t.Fatalf("%s: %d calls, %d errors: %s", c.query, got.calls, len(got.errors), got.wire)
			}
			for i := granted; i < n; i++ {
				err := got.errorAt(t, fmt.Sprintf(c.place, i))
				if codeOf(err) != string(CodeRequestLimitExceeded) {
					t.Errorf("%s: %d: %v", c.query, i, err.Extensions)
				}
			}
		}
	}
}

// A field whose arguments are refused asks nothing, says so at its own place, and holds back none of its neighbours.
func TestRefusedArguments(t *testing.T) {
	t.Parallel()
	const refused = `a: jobs(first: 501) { totalCount } b: latestJob(filter: {types: [""]}) { id }
		c: jobs(first: 3000000000) { totalCount } d: latestJob(filter: {states: $s}) { id }`
	fields := []string{"a", "b", "c", "d"}
	for name, c := range map[string]struct {
		query    string
		places   []string
		datasets string
	}{
		"datasets": {`{ datasets(ids: [100, 200]) { ` + refused + ` latestJob { id } } }`, []string{"datasets[0]", "datasets[1]"}, "100 200"},
		"nodes": {
			`{ jobs(first: 3, offset: 3) { nodes { dataset { ` + refused + ` } } } }`,
			[]string{"jobs.nodes[0].dataset", "jobs.nodes[1].dataset", "jobs.nodes[2].dataset"},
			"",
		},
		"entities": {`{ _entities(representations: [{__typename: "Dataset", id: 100}]) { ... on Dataset { ` + refused + ` } } }`, []string{"_entities[0]"}, ""},
	} {
		exec, api := newExecutorOver(t, board...)
		got := exec.ask(`query($s: [JobState!]) `+c.query, `{"s": ["failed"]}`)
		want := []string{}
		for _, place := range c.places {
			for _, field := range fields {
				want = append(want, place+"."+field)
			}
		}
		if diff := cmp.Diff(want, got.paths()); diff != "" {
			t.Errorf("%s: paths (-want +got):\n%s", name, diff)
		}
		for _, err := range got.errors {
			if codeOf(err) != string(CodeBadUserInput) || err.Extensions["argument"] == nil {
				t.Errorf("%s: %v", name, err.Extensions)
			}
		}
		if asked, _ := datasetsAsked(t, api); asked != c.datasets {
			t.Errorf("%s: asked for %q, want %q", name, asked, c.datasets)
		}
	}
}
