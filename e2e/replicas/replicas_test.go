//go:build e2e

// Package replicas_test runs two gateways over one Jobs API, and nginx before them.
package replicas_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"jobsgateway/e2e/program"
	"jobsgateway/internal/emulator"
)

func TestMain(m *testing.M) { os.Exit(program.Main(m)) }

const (
	requests = 2000 // at least so many are sent while a replica restarts
	callers  = 8    // that send one request after another
)

// page is a page of jobs.
type page struct {
	Jobs struct {
		Nodes []struct {
			ID string `json:"id"`
		} `json:"nodes"`
		PageInfo struct {
			StartCursor *string `json:"startCursor"`
			EndCursor   *string `json:"endCursor"`
		} `json:"pageInfo"`
	} `json:"jobs"`
}

func (p page) ids() []string {
	ids := []string{}
	for _, node := range p.Jobs.Nodes {
		ids = append(ids, node.ID)
	}
	return ids
}

// ask sends a query of jobs and returns the page. Errors: no answer with 200, or one with errors.
func ask(url, arguments string) (page, error) {
	body, err := json.Marshal(map[string]string{"query": "{jobs(" + arguments + ") {nodes {id} pageInfo {startCursor endCursor}}}"})
	if err != nil {
		return page{}, err
	}
	req, err := http.NewRequest(http.MethodPost, url+"/graphql", strings.NewReader(string(body)))
	if err != nil {
		return page{}, err
	}
	req.Header = http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer demo"}}
	res, err := client.Do(req)
	if err != nil {
		return page{}, err
	}
	defer res.Body.Close()
	var answer struct {
		Data   page              `json:"data"`
		Errors []json.RawMessage `json:"errors"`
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		return page{}, fmt.Errorf("%s: %w", res.Status, err)
	}
	if res.StatusCode != http.StatusOK || len(answer.Errors) > 0 {
		return page{}, fmt.Errorf("%s: %s", res.Status, answer.Errors)
	}
	return answer.Data, nil
}

// startAPI serves a list that stands still, and returns its URL and the ids of its jobs, newest first.
func startAPI(t *testing.T) (url string, ids []string) {
	t.Helper()
	api := emulator.New(emulator.Options{Seed: 1, Jobs: 400})
	server := httptest.NewServer(api)
	t.Cleanup(server.Close)
	return server.URL, api.IDs()
}

// A client that follows the cursors in either direction meets each job once and in order, whichever replica
// answers.
func TestCursorsOfAnotherReplica(t *testing.T) {
	t.Parallel()
	api, want := startAPI(t)
	replicas := []*program.Program{program.Start(t, "--upstream-url="+api), program.Start(t, "--upstream-url="+api)}
	walk := func(size, cursor string, further func(page) *string) (pages []page) {
		arguments := size
		for turn := 0; ; turn++ {
			got, err := ask(replicas[turn%len(replicas)].Public, arguments)
			if err != nil {
				t.Fatal(err)
			}
			if len(got.Jobs.Nodes) == 0 {
				return pages
			}
			pages = append(pages, got)
			arguments = fmt.Sprintf("%s, %s: %q", size, cursor, *further(got))
		}
	}
	var forwards, backwards []string
	for _, p := range walk("first: 30", "after", func(p page) *string { return p.Jobs.PageInfo.EndCursor }) {
		forwards = append(forwards, p.ids()...)
	}
	for _, p := range walk("last: 30", "before", func(p page) *string { return p.Jobs.PageInfo.StartCursor }) {
		backwards = append(p.ids(), backwards...)
	}
	if !slices.Equal(forwards, want) || !slices.Equal(backwards, want) {
		t.Errorf("%d jobs forwards and %d backwards, of %d", len(forwards), len(backwards), len(want))
	}
}

// No request is lost while one replica of two ends and starts again, with nginx before them as
// docs/operations.md has it. Callers send without a pause from before the end until the new process has its
// share.
func TestRestartBehindNginx(t *testing.T) {
	t.Parallel()
	api, ids := startAPI(t)
	address := freeAddress(t)
	start := func() *program.Program { return program.Start(t, "--upstream-url="+api, "--listen="+address) }
	first, other := start(), program.Start(t, "--upstream-url="+api)
	url := startNginx(t, first, other)

	var sent atomic.Int64
	var restarted atomic.Bool
	warm := make(chan struct{}) // closed when a quarter is sent
	lost := make(chan error, callers)
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			for !restarted.Load() || sent.Load() < requests {
				number := sent.Add(1)
				if number == requests/4 {
					close(warm)
				}
				size := int(number)%50 + 1
				got, err := ask(url, fmt.Sprintf("first: %d", size))
				if err == nil && !slices.Equal(got.ids(), ids[:size]) {
					err = fmt.Errorf("other jobs than the first %d: %q", size, got.ids())
				}
				if err != nil {
					lost <- fmt.Errorf("request %d: %w", number, err)
					return
				}
			}
		})
	}
	defer all.Wait()
	defer restarted.Store(true) // what ends them
	select {
	case <-warm:
	case err := <-lost:
		t.Fatal(err)
	}
	first.Stop(t)
	sentToFirst := len(first.Log.With("operation"))
	second := start()
	second.Log.Await(t, "operation")
	restarted.Store(true)
	all.Wait()
	close(lost)
	for err := range lost {
		t.Error(err)
	}
	if sentToFirst == 0 || len(other.Log.With("operation")) == 0 {
		t.Error("one replica had all requests")
	}
	t.Logf("%d requests, %d of them answered before the end", sent.Load(), sentToFirst)
}
