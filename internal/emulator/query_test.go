package emulator_test

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"jobsgateway/internal/emulator"
)

const (
	planeA = "aaaaaaaa-0000-4000-8000-00000000000a"
	planeB = "bbbbbbbb-0000-4000-8000-00000000000b"
)

// fiveJobs are newest first; b and c are as old as each other.
var fiveJobs = func() (list []json.RawMessage) {
	if err := json.Unmarshal(fiveJobsJSON, &list); err != nil {
		panic(err)
	}
	return list
}()

//go:embed testdata/five-jobs.json
var fiveJobsJSON []byte

func TestParametersSelectAndOrder(t *testing.T) {
	t.Parallel()
	c := newJobsAPI(t, emulator.Records(fiveJobs...))
	for query, want := range map[string]string{
		"":                                           "a b c d e",
		"?order_by=created_at_desc":                  "a b c d e",
		"?order_by=created_at_asc":                   "e d c b a",
		"?order_by=updated_at_desc":                  "b d c a e",
		"?order_by=updated_at_asc":                   "e a c d b",
		"?state=failed":                              "b c",
		"?state=failed&state=running":                "a b c",
		"?state=cancelled":                           "",
		"?state=scheduled":                           "",
		"?state=pending_cancellation":                "",
		"?type=x":                                    "a c",
		"?type=x&type=z":                             "a c d e",
		"?type=no-such-type":                         "",
		"?type=":                                     "",
		"?state=failed&type=x":                       "c",
		"?tag=nightly":                               "a b",
		"?tag=workflow_id=7":                         "a",
		"?tag=workflow_id%3D7":                       "a",
		"?tag=workflow_id%3D7&tag=nightly":           "a b",
		"?tag=Nightly":                               "",
		"?data_plane_id=" + planeA:                   "a b",
		"?data_plane_id=" + strings.ToUpper(planeB):  "d",
		"?dataset_id=1":                              "a b",
		"?dataset_id=2":                              "d",
		"?dataset_id=-1":                             "",
		"?dataset_id=9223372036854775807":            "",
		"?dataset_id=1&state=failed&tag=nightly":     "b",
		"?per_page=2":                                "a b",
		"?per_page=2&offset=1":                       "b c",
		"?per_page=500":                              "a b c d e",
		"?per_page=0":                                "",
		"?offset=4":                                  "e",
		"?offset=5":                                  "",
		"?offset=9223372036854775807":                "",
		"?type=x&per_page=1&offset=1":                "c",
		"?type=z&order_by=created_at_asc&offset=1":   "d",
		"?page=2&state%5B%5D=failed&created_at=x":    "a b c d e",
		"?order_by=created_at_asc&order_by=nonsense": "e d c b a",
	} {
		if got := strings.Join(c.ids(query), " "); got != want {
			t.Errorf("GET /jobs%s: got %q, want %q", query, got, want)
		}
	}
}

func TestBadParametersAreRefused(t *testing.T) {
	t.Parallel()
	c := newJobsAPI(t, emulator.Records(fiveJobs...))
	for _, query := range []string{
		"?per_page=501", "?per_page=-1", "?per_page=ten", "?per_page=", "?per_page=1.0", "?per_page=99999999999999999999",
		"?offset=-1", "?offset=x", "?offset=", "?offset=9223372036854775808",
		"?state=archiving", "?state=Failed", "?state=", "?state=failed,running", "?state=failed&state=unknown",
		"?order_by=created_at", "?order_by=", "?order_by=CREATED_AT_DESC",
		"?dataset_id=x", "?dataset_id=1.5", "?dataset_id=", "?dataset_id=9223372036854775808",
		"?data_plane_id=x", "?data_plane_id=", "?data_plane_id=" + planeA + "0", "?data_plane_id={" + planeA[2:] + "}",
		"?type=%zz", "?type=a;b",
	} {
		status, body := c.get("/jobs" + query)
		if status != http.StatusBadRequest {
			t.Errorf("GET /jobs%s: got %d %s, want 400", query, status, body)
		}
	}
}

func TestPagerNumbers(t *testing.T) {
	t.Parallel()
	c := newJobsAPI(t, emulator.Records(fiveJobs...))
	for _, test := range []struct{ query, want string }{
		{"", `{"current_page":1,"total_records":5,"total_pages":1,`},
		{"?per_page=2", `{"current_page":1,"total_records":5,"total_pages":3,"next_page":2,`},
		{"?per_page=2&offset=2", `{"current_page":2,"total_records":5,"total_pages":3,"prev_page":1,"next_page":3,`},
		{"?per_page=2&offset=3", `{"current_page":2,"total_records":5,"total_pages":3,"prev_page":1,"next_page":3,`},
		{"?per_page=2&offset=4", `{"current_page":3,"total_records":5,"total_pages":3,"prev_page":2,`},
		{"?per_page=2&offset=16", `{"current_page":9,"total_records":5,"total_pages":3,"prev_page":3,"records":[]`},
		{"?type=none", `{"current_page":1,"total_records":0,"total_pages":0,"records":[]`},
		{"?type=none&offset=500", `{"current_page":2,"total_records":0,"total_pages":0,"records":[]`},
		{"?per_page=0", `{"current_page":1,"total_records":5,"total_pages":0,"records":[]`},
		{"?state=failed&per_page=1", `{"current_page":1,"total_records":2,"total_pages":2,"next_page":2,`},
	} {
		_, body := c.get("/jobs" + test.query)
		head, _, _ := strings.Cut(body, `"records":[{`)
		if !strings.HasPrefix(head, test.want) || len(strings.TrimPrefix(head, test.want)) > 1 {
			t.Errorf("GET /jobs%s: got %s, want %s", test.query, head, test.want)
		}
	}
}

func TestPagerSwitches(t *testing.T) {
	t.Parallel()
	opts := emulator.Records(fiveJobs[0])
	opts.NullPager = true
	_, body := newJobsAPI(t, opts).get("/jobs")
	want := fmt.Sprintf(`{"current_page":1,"total_records":1,"total_pages":1,"prev_page":null,"next_page":null,"records":[%s]}`, fiveJobs[0])
	if diff := cmp.Diff(want, body); diff != "" {
		t.Errorf("null pager (-want +got):\n%s", diff)
	}

	opts.Older = true
	_, body = newJobsAPI(t, opts).get("/jobs")
	if diff := cmp.Diff(fmt.Sprintf(`{"records":[%s]}`, fiveJobs[0]), body); diff != "" {
		t.Errorf("older generation (-want +got):\n%s", diff)
	}
}
