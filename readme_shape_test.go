package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// section is the text of a document between a heading and the next of its level.
func section(t *testing.T, document, heading string) string {
	t.Helper()
	_, text, found := strings.Cut(readText(t, document), "\n"+heading+"\n")
	if !found {
		t.Fatalf("%s has no heading %q", document, heading)
	}
	level, _, _ := strings.Cut(heading, " ")
	text, _, _ = strings.Cut(text, "\n"+level+" ")
	return text
}

// fenced is the n-th block of a language in a text.
func fenced(t *testing.T, text, language string, n int) string {
	t.Helper()
	blocks := regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(text, -1)
	if len(blocks) <= n {
		t.Fatalf("%d blocks of %s", len(blocks), language)
	}
	return blocks[n][1]
}

// fixedAPI is a Jobs API with one answer for every list and, below /jobs/, one for every job.
type fixedAPI struct {
	list, contentType, job string

	mu    sync.Mutex
	asked []string
}

func (a *fixedAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	a.asked = append(a.asked, r.Method+" "+r.URL.RequestURI())
	a.mu.Unlock()
	w.Header().Set("Content-Type", a.contentType)
	if strings.HasPrefix(r.URL.Path, "/jobs/") {
		_, _ = io.WriteString(w, a.job)
		return
	}
	_, _ = io.WriteString(w, a.list)
}

// everyMember is one field for each member of the README's page.
const everyMember = `id state rawState type createdAt updatedAt endedAt durationSeconds tags executor idempotencyKey
	dataset { id } dataPlane { id } requestSource { type name companyId userId } failures { message occurredAt detail }
	input { ... on MaterializeViewSpec { nql compiledSelect statsEnabled dataset { id } } }
	result { ... on MaterializeViewResult { snapshotId recalculationId dataset { id } } }`

// The README's page of a Jobs API is served as it stands there, and every member of it is answered.
func TestReadmePage(t *testing.T) {
	t.Parallel()
	page := fenced(t, section(t, "README.md", "## Does it fit your API?"), "json", 0)
	_, job, _ := strings.Cut(page, `"records": [`)
	job, _, _ = strings.Cut(job, "\n    },")
	api := &fixedAPI{list: page, contentType: "application/json", job: job + "}"}
	server := httptest.NewServer(api)
	defer server.Close()
	gw := startGateway(t, "--upstream-url", server.URL)
	full := map[string]any{
		"id": "2a5b9ad7-dc8f-47bb-8e62-843a38f8054c", "state": "FAILED", "rawState": "failed", "type": "materialize-view",
		"createdAt": "2026-11-23T15:30:03.230059Z", "updatedAt": "2026-11-23T15:36:25.398855Z", "endedAt": "2026-11-23T15:36:25.398855Z",
		"durationSeconds": 382.168796, "tags": []any{"nightly"}, "executor": "job-executor-98e1", "idempotencyKey": "10736:ab:cd",
		"dataset": map[string]any{"id": "10736"}, "dataPlane": map[string]any{"id": "f79cbdae-4848-47ca-95e8-69588364d185"},
		"requestSource": map[string]any{"type": "api_user", "name": nil, "companyId": "1", "userId": "407"},
		"failures": []any{map[string]any{
			"message": "Table not found: ds_10736", "occurredAt": "2026-11-23T15:36:25Z", "detail": map[string]any{"attempt": 3.0},
		}},
		"input": map[string]any{
			"nql": "CREATE …", "compiledSelect": "SELECT …", "statsEnabled": true, "dataset": map[string]any{"id": "10736"},
		},
		"result": map[string]any{
			"snapshotId": "1724919539450264575", "recalculationId": "abf9a2ec-426b-4751-bd16", "dataset": map[string]any{"id": "10736"},
		},
	}
	bare := map[string]any{
		"id": "75c64b0c-6f51-4b6b-a479-c6e7d0d6e894", "state": "PENDING", "rawState": "pending", "type": "nql-forecast",
		"createdAt": "2026-11-23T15:29:58Z", "updatedAt": "2026-11-23T15:29:58Z", "endedAt": nil, "tags": nil, "executor": nil,
		"idempotencyKey": nil, "dataset": nil, "dataPlane": nil, "requestSource": nil, "failures": []any{}, "input": nil, "result": nil,
	}
	var data struct {
		Jobs struct {
			TotalCount int
			PageInfo   struct{ HasNextPage bool }
			Nodes      []map[string]any
		}
		Job map[string]any
	}
	queryData(t, gw, `{ jobs(first: 2, filter: {states: [FAILED, PENDING], types: ["a", "b"], tagsAny: ["nightly"], datasetId: 10736,
		dataPlaneId: "f79cbdae-4848-47ca-95e8-69588364d185"}) { totalCount pageInfo { hasNextPage } nodes { `+everyMember+` } }
		job(id: "2a5b9ad7-dc8f-47bb-8e62-843a38f8054c") { `+everyMember+` } }`, nil, &data)
	delete(data.Jobs.Nodes[1], "durationSeconds") // of a job that has not ended: until now
	if diff := cmp.Diff([]map[string]any{full, bare}, data.Jobs.Nodes); diff != "" {
		t.Errorf("jobs (-README +answer):\n%s", diff)
	}
	if diff := cmp.Diff(full, data.Job); diff != "" {
		t.Errorf("job (-README +answer):\n%s", diff)
	}
	if data.Jobs.TotalCount != 1200 || !data.Jobs.PageInfo.HasNextPage {
		t.Errorf("%d jobs, goes on: %t", data.Jobs.TotalCount, data.Jobs.PageInfo.HasNextPage)
	}
	for _, want := range []string{
		"GET /jobs?data_plane_id=f79cbdae-4848-47ca-95e8-69588364d185&dataset_id=10736&state=failed&state=pending&type=a&type=b&tag=nightly" +
			"&order_by=created_at_desc&per_page=2",
		"GET /jobs/2a5b9ad7-dc8f-47bb-8e62-843a38f8054c",
	} {
		if !strings.Contains(strings.Join(api.asked, "\n"), want) {
			t.Errorf("not asked: %s\nbut %v", want, api.asked)
		}
	}
}

// What the README says of answers of another shape is what callers get, and what the log has.
func TestReadmeShapes(t *testing.T) {
	t.Parallel()
	const (
		html   = "text/html"
		json   = "application/json"
		record = `{"job_id":"a","state":"failed","type":"t","created_at":"2026-01-01T10:00:00","updated_at":"2026-01-01T10:00:00"}`
	)
	_, table, _ := strings.Cut(section(t, "README.md", "## Does it fit your API?"), "| and the log |\n| --- | --- | --- |\n")
	table, _, _ = strings.Cut(table, "\n\n")
	rows := strings.Split(table, "\n")
	fifty := make([]string, 50)
	for i := range fifty {
		fifty[i] = strings.NewReplacer(`"a"`, fmt.Sprintf(`"a%d"`, i), ":00:", fmt.Sprintf(":%d:", 59-i)).Replace(record)
	}
	bodies := []struct {
		row, contentType, body string
		jobs                   int
	}{
		{"no JSON", html, `<html></html>`, -1},
		{"JSON without `records`", json, `{"data":[]}`, -1},
		{"an array", json, `[{"job_id":"a"}]`, -1},
		{"records with an integer `job_id`", json, `{"records":[` + strings.Replace(record, `"a"`, `7`, 1) + `],"total_records":1}`, 0},
		{"records with Unix times", json, `{"records":[` + strings.ReplaceAll(record, `"2026-01-01T10:00:00"`, `1767225600`) + `],"total_records":1}`, 0},
		{"the same jobs for every `offset`", json, `{"records":[` + strings.Join(fifty, ",") + `],"total_records":1000,"next_page":2}`, -1},
	}
	if len(rows) != len(bodies) {
		t.Fatalf("%d rows, %d answers", len(rows), len(bodies))
	}
	quoted := regexp.MustCompile("`([^`]+)`")
	for i, tc := range bodies {
		cells := strings.Split(strings.Trim(rows[i], "|"), " | ")
		if !strings.HasPrefix(strings.TrimSpace(cells[0]), tc.row) {
			t.Fatalf("the row %q is not about %s", rows[i], tc.row)
		}
		t.Run(tc.row, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(&fixedAPI{list: tc.body, contentType: tc.contentType})
			gw := startGateway(t, "--upstream-url", server.URL, "--log-level", "info")
			got := replyTo(t, gw, `{jobs {nodes {id} pageInfo {endCursor}}}`)
			if got.code() == "" { // the fault is with the next page
				cursor := got.Data["jobs"].(map[string]any)["pageInfo"].(map[string]any)["endCursor"].(string)
				got = replyTo(t, gw, `{jobs(after: "`+cursor+`") {nodes {id}}}`)
			}
			server.Close()
			jobs := -1
			if list, ok := got.Data["jobs"].(map[string]any); ok {
				jobs = len(list["nodes"].([]any))
			}
			if got.code() != "UPSTREAM_BAD_RESPONSE" || jobs != tc.jobs {
				t.Errorf("%s: %s, %d jobs", tc.row, got.code(), jobs)
			}
			if said := quoted.FindStringSubmatch(cells[1]); said[1] != "jobs" && !strings.Contains(got.Errors[0].Message, said[1]) {
				t.Errorf("%s: %s", tc.row, got.Errors[0].Message)
			}
			if logged := quoted.FindStringSubmatch(cells[2]); logged != nil {
				if cause := gw.log.Await(t, "upstream call failed")["error"].(string); !strings.Contains(cause, logged[1]) {
					t.Errorf("%s: %s", tc.row, cause)
				}
			}
		})
	}
}
