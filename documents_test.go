package main

import (
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"jobsgateway/internal/emulator"
)

// decoded is what a text of JSON says.
func decoded(t *testing.T, text string) (value any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return value
}

// An answer has the HTTP status that docs/errors.md has for its media type.
func TestDocumentedStatus(t *testing.T) {
	t.Parallel()
	gw := startGateway(t, "--demo")
	const plain, response = "application/json", "application/graphql-response+json"
	requests := []struct {
		row, body string
		header    []string
	}{
		{"the operation ran", bodyOf(t, `{jobs(first: 501) {totalCount}}`, nil), nil},
		{"the document or a variable was refused", bodyOf(t, `{nope}`, nil), nil},
		{"the document or a variable was refused", `{"query":"query($n: Int) {jobs(first: $n) {totalCount}}","variables":{"n":"x"}}`, nil},
		{"a hash without a document is not known", `{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"` + strings.Repeat("a", 64) + `"}}}`, nil},
		{"the request is not JSON with a `query`", `{"quarry":""}`, nil},
		{"a malformed `Authorization` header", bodyOf(t, `{__typename}`, nil), []string{"Authorization", "Basic eDp5"}},
		{"`Accept` allows neither type", bodyOf(t, `{__typename}`, nil), []string{"Accept", "text/html"}},
	}
	table := section(t, "docs/errors.md", "## HTTP status")
	for _, request := range requests {
		row := regexp.MustCompile(`(?m)^\| ` + regexp.QuoteMeta(request.row) + `[^|]* \| (\d+)[^|]* \| (\d+)[^|]* \|$`).FindStringSubmatch(table)
		if row == nil {
			t.Fatalf("no row for %s", request.row)
		}
		for accept, want := range map[string]string{plain: row[1], response: row[2]} {
			got := replyToBody(t, gw, request.body, append([]string{"Accept", accept}, request.header...)...)
			if strconv.Itoa(got.status) != want {
				t.Errorf("%s, %s: %d, want %s", request.row, accept, got.status, want)
			}
		}
	}
}

// The lines of the log have the fields that docs/operations.md lists, and no others.
func TestDocumentedLog(t *testing.T) {
	t.Parallel()
	text := section(t, "docs/operations.md", "## The log")
	gw := startGateway(t, "--demo", "--log-level", "info")
	const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	replyTo(t, gw, `query LatestJobs {jobs {nodes {id}}}`, "Authorization", "Bearer invalid", "Traceparent", traceparent)
	logged := gw.log.Await(t, "operation")
	documented := map[string]bool{"time": true, "level": true, "msg": true}
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\|").FindAllStringSubmatch(text, -1) {
		documented[row[1]] = true
	}
	for name := range logged {
		if !documented[name] {
			t.Errorf("%s is not explained", name)
		}
	}
	delete(logged, "trace_id") // the page's caller sent no traceparent
	example := decoded(t, fenced(t, text, "json", 0)).(map[string]any)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(example)), slices.Sorted(maps.Keys(logged))); diff != "" {
		t.Errorf("(-page +log):\n%s", diff)
	}
}

// A client that follows the cursors with the query of docs/frontends.md meets each job of its filter once,
// and the page's other queries work.
func TestDocumentedQueries(t *testing.T) {
	t.Parallel()
	api := emulator.New(emulator.Options{Seed: 1, Jobs: 700})
	server := httptest.NewServer(api)
	defer server.Close()
	gw := startGateway(t, "--upstream-url", server.URL)
	text := readText(t, "docs/frontends.md")
	type page struct {
		Jobs struct {
			TotalCount int
			Nodes      []struct{ ID string }
			PageInfo   struct {
				HasNextPage bool
				EndCursor   *string
			}
		}
	}
	filter := map[string]any{"states": []string{"COMPLETED"}}
	var count page
	queryData(t, gw, `query($filter: JobFilter) {jobs(first: 0, filter: $filter) {totalCount}}`, map[string]any{"filter": filter}, &count)
	for _, name := range []string{"## All jobs of a filter", "## Jobs that changed"} {
		query := fenced(t, section(t, "docs/frontends.md", name), "graphql", 0)
		seen := map[string]bool{}
		for after, more := (*string)(nil), true; more; {
			var next page
			queryData(t, gw, query, map[string]any{"filter": filter, "after": after}, &next)
			for _, job := range next.Jobs.Nodes {
				if seen[job.ID] {
					t.Errorf("%s comes twice", job.ID)
				}
				seen[job.ID] = true
			}
			after, more = next.Jobs.PageInfo.EndCursor, next.Jobs.PageInfo.HasNextPage
		}
		if len(seen) != count.Jobs.TotalCount || len(seen) < 101 {
			t.Errorf("%s: %d of %d jobs", name, len(seen), count.Jobs.TotalCount)
		}
	}
	var board struct {
		Datasets []struct{ LatestJob, LastFailure *struct{ ID string } }
	}
	before := api.Total()
	queryData(t, gw, fenced(t, section(t, "docs/frontends.md", "## Datasets"), "graphql", 0), map[string]any{"ids": []string{"10674", "10705"}}, &board)
	calls := api.Total() - before // two for each dataset, as the page says
	if len(board.Datasets) != 2 || board.Datasets[0].LatestJob == nil || board.Datasets[0].LastFailure == nil || calls != 4 {
		t.Errorf("%+v, %d calls", board, calls)
	}
	for _, scalar := range []string{"DateTime", "BigInt", "JSON"} {
		if !strings.Contains(text, "| `"+scalar+"` |") {
			t.Errorf("%s is not explained", scalar)
		}
	}
}

// Jobs that arrived are read with last and before, as docs/frontends.md says: an empty page while there is
// none, then the new ones.
func TestDocumentedArrivals(t *testing.T) {
	t.Parallel()
	api := emulator.New(emulator.Options{Seed: 1, Jobs: 70})
	server := httptest.NewServer(api)
	defer server.Close()
	gw := startGateway(t, "--upstream-url", server.URL)
	call := regexp.MustCompile("`(jobs\\(last: 50, before: \\$startCursor\\))`").FindStringSubmatch(readText(t, "docs/frontends.md"))
	if call == nil {
		t.Fatal("docs/frontends.md does not say how to read what arrived")
	}
	type page struct {
		Jobs struct {
			Nodes    []struct{ ID string }
			PageInfo struct {
				HasPreviousPage bool
				StartCursor     *string
			}
		}
	}
	var newest, nothing, arrived page
	queryData(t, gw, `{jobs(first: 10) {pageInfo {startCursor}}}`, nil, &newest)
	query := `query($startCursor: String) {` + call[1] + ` {nodes {id} pageInfo {hasPreviousPage startCursor}}}`
	since := map[string]any{"startCursor": newest.Jobs.PageInfo.StartCursor}
	if queryData(t, gw, query, since, &nothing); len(nothing.Jobs.Nodes) != 0 || nothing.Jobs.PageInfo.StartCursor != nil {
		t.Errorf("%+v", nothing)
	}
	for i := range 60 {
		api.Insert(json.RawMessage(fmt.Sprintf(`{"job_id":"00000000-0000-4000-8000-%012d","state":"pending","type":"t",
			"created_at":"2100-01-01T00:00:%02d","updated_at":"2100-01-01T00:00:%02d"}`, i, i, i)))
	}
	queryData(t, gw, query, since, &arrived)
	if nodes := arrived.Jobs.Nodes; len(nodes) != 50 || !strings.HasSuffix(nodes[49].ID, "-000000000000") || !arrived.Jobs.PageInfo.HasPreviousPage {
		t.Errorf("%+v", arrived)
	}
	since["startCursor"] = arrived.Jobs.PageInfo.StartCursor
	queryData(t, gw, query, since, &arrived)
	if nodes := arrived.Jobs.Nodes; len(nodes) != 10 || !strings.HasSuffix(nodes[0].ID, "-000000000059") || arrived.Jobs.PageInfo.HasPreviousPage {
		t.Errorf("%+v", arrived)
	}
}

// The demonstration holds what README says: so many jobs of so many datasets, with the same ids on each
// start, a state that the gateway does not know, and two tokens that fail.
func TestDocumentedDemo(t *testing.T) {
	t.Parallel()
	const query = `query($after: String) {jobs(first: 500, after: $after, orderBy: CREATED_AT_ASC) {
		nodes {id state rawState dataset {id}} pageInfo {endCursor}}}`
	var ids [2][]string
	for i := range ids {
		gw := startGateway(t, "--demo")
		datasets, words := map[string]bool{}, map[string]bool{}
		for after := (*string)(nil); len(ids[i]) < demoJobs; {
			var data struct {
				Jobs struct {
					Nodes []struct {
						ID, State, RawState string
						Dataset             *struct{ ID string }
					}
					PageInfo struct{ EndCursor *string }
				}
			}
			queryData(t, gw, query, map[string]any{"after": after}, &data)
			for _, job := range data.Jobs.Nodes {
				ids[i] = append(ids[i], job.ID)
				if job.Dataset != nil {
					datasets[job.Dataset.ID] = true
				}
				if job.State == "UNKNOWN" {
					words[job.RawState] = true
				}
			}
			after = data.Jobs.PageInfo.EndCursor
		}
		if len(datasets) != 60 || !datasets["10674"] || !datasets["10705"] || !datasets["10736"] || !words["archiving"] {
			t.Errorf("%d datasets, unknown states %v", len(datasets), words)
		}
		for token, code := range map[string]string{"invalid": "UNAUTHENTICATED", "forbidden": "FORBIDDEN", "other": ""} {
			if got := replyTo(t, gw, `{jobs {totalCount}}`, "Authorization", "Bearer "+token); got.code() != code {
				t.Errorf("%s: %q", token, got.code())
			}
		}
	}
	if !slices.Equal(ids[0][:demoJobs], ids[1][:demoJobs]) {
		t.Error("the ids differ from one start to the next")
	}
}

// The public listener speaks HTTP/1.1 and nothing else.
func TestOnlyHTTP1(t *testing.T) {
	t.Parallel()
	gw := startGateway(t, "--demo")
	protocols := &http.Protocols{}
	protocols.SetUnencryptedHTTP2(true)
	transport := &http.Transport{Protocols: protocols}
	defer transport.CloseIdleConnections()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, gw.public+"/schema.graphql", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if res, err := transport.RoundTrip(req); err == nil {
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
		t.Errorf("an answer by %s", res.Proto)
	}
}

// Each file that a document links to or names is there, and so is each test, benchmark and fuzz target.
func TestDocumentedPlaces(t *testing.T) {
	t.Parallel()
	documents, err := filepath.Glob("docs/adr/*.md")
	if err != nil {
		t.Fatal(err)
	}
	documents = append(documents, "ARCHITECTURE.md", "README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/comparing.md", "docs/errors.md", "docs/federation.md",
		"docs/frontends.md", "docs/operations.md", "docs/performance.md", "docs/reliability.md", "docs/time-ranges.md", "docs/gqlparser.md", "examples/federation/README.md")
	var tests strings.Builder
	if err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.Name() == "node_modules":
			return fs.SkipDir
		case strings.HasSuffix(path, "_test.go"):
			tests.WriteString(readText(t, path))
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	code := regexp.MustCompile("(?s)```.*?```")
	link := regexp.MustCompile(`\]\(([^):#]+)(?:#[^)]*)?\)`)
	path := regexp.MustCompile("`((?:\\.github|deploy|docs|e2e|examples|graph|internal|restclient|testdata)/[A-Za-z0-9_./*-]+)`")
	named := regexp.MustCompile("`((?:Test|Benchmark|Fuzz)[A-Z]\\w+)`")
	for _, document := range documents {
		text := code.ReplaceAllString(readText(t, document), "")
		for _, found := range link.FindAllStringSubmatch(text, -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(document), found[1])); err != nil {
				t.Errorf("%s links to %s, which is not there", document, found[1])
			}
		}
		for _, found := range path.FindAllStringSubmatch(text, -1) {
			if there, err := filepath.Glob(found[1]); err != nil || len(there) == 0 {
				t.Errorf("%s names %s, which is not there", document, found[1])
			}
		}
		for _, found := range named.FindAllStringSubmatch(text, -1) {
			if !strings.Contains(tests.String(), "func "+found[1]+"(") {
				t.Errorf("%s names %s, which is not there", document, found[1])
			}
		}
	}
}

// Each promise of SECURITY.md names what tests it: tests, which TestDocumentedPlaces looks for, or a script.
func TestPromisesAreTested(t *testing.T) {
	t.Parallel()
	promises := regexp.MustCompile(`(?m)^\| ([^|]+) \| ([^|]+) \|$`).FindAllStringSubmatch(section(t, "SECURITY.md", "## What is promised, and what tests it"), -1)
	if len(promises) < 12 {
		t.Fatalf("%d promises", len(promises))
	}
	tests := regexp.MustCompile("^`(Test\\w+|[\\w/]+\\.sh)`(, `(Test\\w+|[\\w/]+\\.sh)`)*$")
	for _, promise := range promises[2:] { // after the table's head
		if !tests.MatchString(promise[2]) {
			t.Errorf("%q is tested by %q", promise[1], promise[2])
		}
	}
}
