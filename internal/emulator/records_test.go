package emulator_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"jobsgateway/internal/emulator"
)

// A broken record is served as it is, where its order value or, lacking one, its neighbour puts it.
func TestBrokenRecordsKeepBytesAndPlace(t *testing.T) {
	t.Parallel()
	given := []string{
		`{ "created_at" : "2026-01-01T00:00:09", "updated_at":null }`,
		`null`,
		`"text"`,
		`{"job_id":7,"state":["failed"],"type":null,"input":3,"tags":"nightly","created_at":1700000000}`,
		`{"job_id":"5e0e3c1c-0000-4000-8000-000000000001","created_at":"2026-01-01T00:00:05","input":{"dataset_id":1e0},"snapshot":1724919539450264575}`,
		`{"job_id":null,"created_at":"yesterday","updated_at":"2026-01-01T00:00:01"}`,
		`[1,2]`,
		`{"created_at":"2026-01-01T00:00:07","state":"failed"}`,
		`{"broken":`,
	}
	want := func(order ...int) string {
		parts := make([]string, len(order))
		for i, n := range order {
			parts[i] = given[n]
		}
		return "[" + strings.Join(parts, ",") + "]}"
	}
	c := newJobsAPI(t, emulator.Records(recordsOf(given...)...))
	for query, records := range map[string]string{
		"":                         want(0, 1, 2, 3, 7, 8, 4, 5, 6),
		"?order_by=created_at_asc": want(6, 5, 4, 8, 7, 3, 2, 1, 0),
		// One record alone has a time here, so that all stay as given.
		"?order_by=updated_at_desc": want(0, 1, 2, 3, 4, 5, 6, 7, 8),
		"?state=failed":             want(7),
		"?tag=nightly":              want(),
		"?dataset_id=1":             want(),
	} {
		_, body := c.get("/jobs" + query)
		if _, got, _ := strings.Cut(body, `"records":`); got != records {
			t.Errorf("GET /jobs%s\n got %s\nwant %s", query, got, records)
		}
	}
	if _, body := c.get("/jobs/5E0E3C1C-0000-4000-8000-000000000001"); body != given[4] {
		t.Errorf("by id: got %s", body)
	}
}

func TestOneJobByID(t *testing.T) {
	t.Parallel()
	c := newJobsAPI(t, emulator.Records(recordsOf(
		`{"job_id":"2a5b9ad7-dc8f-47bb-8e62-843a38f8054c"}`, `{"job_id":"job-1"}`, `{"job_id":"a/b"}`)...))
	for _, test := range []struct {
		path   string
		status int
		body   string
	}{
		{"/jobs/2a5b9ad7-dc8f-47bb-8e62-843a38f8054c", 200, `{"job_id":"2a5b9ad7-dc8f-47bb-8e62-843a38f8054c"}`},
		{"/jobs/2A5B9AD7-DC8F-47BB-8E62-843A38F8054C", 200, `{"job_id":"2a5b9ad7-dc8f-47bb-8e62-843a38f8054c"}`},
		{"/jobs/job-1", 200, `{"job_id":"job-1"}`},
		{"/jobs/a%2Fb", 200, `{"job_id":"a/b"}`},
		{"/jobs/00000000-0000-4000-8000-000000000000", 404, ""},
		{"/jobs/job-2", 400, "is not a uuid"},
		{"/jobs/2a5b9ad7-dc8f-47bb-8e62-843a38f8054", 400, "is not a uuid"},
		{"/jobs/", 404, "no such path"},
		{"/jobs/a/b", 404, "no such path"},
		{"/job", 404, "no such path"},
		{"/", 404, "no such path"},
	} {
		status, body := c.get(test.path)
		if status != test.status || !strings.Contains(body, test.body) || test.body == "" && body != "" {
			t.Errorf("GET %s: got %d %q, want %d %q", test.path, status, body, test.status, test.body)
		}
	}
}

func TestListChangesBetweenRequests(t *testing.T) {
	t.Parallel()
	c := newJobsAPI(t, emulator.Records(recordsOf(
		`{"job_id":"a","created_at":"2026-01-01T00:00:03","state":"running"}`,
		`{"job_id":"b","created_at":"2026-01-01T00:00:02"}`)...))
	check := func(what, want string) {
		t.Helper()
		if got := strings.Join(c.ids(""), " "); got != want {
			t.Errorf("%s: got %q, want %q", what, got, want)
		}
	}
	c.Insert(json.RawMessage(`{"job_id":"c","created_at":"2026-01-01T00:00:03"}`))
	check("an insertion is the newest among equals", "c a b")
	c.Insert(json.RawMessage(`{"job_id":"d"}`))
	check("an insertion without a time is the newest", "d c a b")
	c.Insert(json.RawMessage(`{"job_id":"e","created_at":"2026-01-01T00:00:01"}`))
	check("an old insertion is the last", "d c a b e")
	if !c.Replace("A", json.RawMessage(`{"job_id":"a","state":"failed"}`)) {
		t.Error("Replace: a is not found")
	}
	check("a replacement without a time keeps its place", "d c a b e")
	if got := c.ids("?state=failed"); len(got) != 1 {
		t.Errorf("the replacement is not filtered by its own state: %v", got)
	}
	c.Replace("b", json.RawMessage(`{"job_id":"f","created_at":"2026-01-01T00:00:09"}`))
	check("a replacement with a later time moves", "f d c a e")
	if status, _ := c.get("/jobs/f"); status != 200 {
		t.Errorf("the replacement's new id answers %d", status)
	}
	if c.Replace("b", nil) || c.Remove("b") {
		t.Error("the replaced id is still known")
	}
	c.Remove("c")
	check("a removal", "f d a e")
	if diff := cmp.Diff([]string{"f", "d", "a", "e"}, c.IDs()); diff != "" || c.Len() != 4 {
		t.Errorf("IDs (-want +got):\n%s", diff)
	}
}

// Two jobs of one id are both listed; by id the older one answers until it is removed.
func TestDoubleID(t *testing.T) {
	t.Parallel()
	c := newJobsAPI(t, emulator.Records(recordsOf(`{"job_id":"a","state":"failed"}`)...))
	c.Insert(json.RawMessage(`{"job_id":"a","state":"running"}`))
	if got := len(c.ids("")); got != 2 {
		t.Errorf("got %d jobs, want 2", got)
	}
	for _, want := range []string{"failed", "running"} {
		if _, body := c.get("/jobs/a"); !strings.Contains(body, want) {
			t.Errorf("got %s, want the %s one", body, want)
		}
		c.Remove("a")
	}
	if c.Len() != 0 {
		t.Errorf("%d jobs are left", c.Len())
	}
}

func TestFreshJobIsListedBeforeItIsFound(t *testing.T) {
	t.Parallel()
	now := &clock{now: end}
	opts := emulator.Records(recordsOf(`{"job_id":"old","created_at":"2026-03-12T15:30:00"}`)...)
	opts.Now, opts.FreshWindow = now.Now, 2*time.Second
	c := newJobsAPI(t, opts)
	c.Insert(json.RawMessage(`{"job_id":"new"}`))
	for _, test := range []struct {
		id     string
		status int
	}{{"old", 200}, {"new", 404}} {
		if status, _ := c.get("/jobs/" + test.id); status != test.status {
			t.Errorf("%s: got %d, want %d", test.id, status, test.status)
		}
	}
	if got := c.ids(""); len(got) != 2 {
		t.Errorf("the fresh job is not listed: %v", got)
	}
	now.Advance(2 * time.Second)
	if status, _ := c.get("/jobs/new"); status != http.StatusOK {
		t.Errorf("after the window: got %d", status)
	}
}

func TestTenancy(t *testing.T) {
	t.Parallel()
	given := []json.RawMessage{}
	for i, source := range []string{
		`{"type":"api_user","company_id":1,"user_id":2}`, `{"type":"api_user","company_id":2}`, `{"type":"process"}`,
	} {
		given = append(given, fmt.Appendf(nil, `{"job_id":"j%d","request_source":%s}`, i, source))
	}
	opts := emulator.Records(append(given, json.RawMessage(`{"job_id":"j3","company_id":2}`))...)
	opts.Tokens = map[string]int64{"one": 1, "two": 2, "three": 3}
	c := newJobsAPI(t, opts)
	for token, want := range map[string]string{"one": "j0", "two": "j1 j3", "three": "", "other": "j0 j1 j2 j3"} {
		c.token = token
		if got := strings.Join(c.ids(""), " "); got != want {
			t.Errorf("%s sees %q, want %q", token, got, want)
		}
		for _, id := range []string{"j0", "j1", "j2", "j3"} {
			status, body := c.get("/jobs/" + id)
			if seen := strings.Contains(want, id); seen != (status == 200) || !seen && (status != 404 || body != "") {
				t.Errorf("%s asks for %s: %d %s", token, id, status, body)
			}
		}
	}
	if c.token = "two"; *c.page("?per_page=1").Records != 2 {
		t.Error("the total counts other companies' jobs")
	}
}
