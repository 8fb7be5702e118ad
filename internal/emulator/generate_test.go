package emulator_test

import (
	"bytes"
	"encoding/json"
	"math/big"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"jobsgateway/internal/emulator"
)

// wholeList reads a whole list over HTTP, page by page, newest first.
func wholeList(c *jobsAPI) (jobs []record, raw []byte) {
	c.t.Helper()
	for offset := 0; ; offset += 500 {
		p := c.page("?offset=" + big.NewInt(int64(offset)).String())
		for _, r := range p.Jobs {
			var j record
			if err := json.Unmarshal(r, &j); err != nil {
				c.t.Fatalf("%s: %v", r, err)
			}
			jobs, raw = append(jobs, j), append(append(raw, r...), '\n')
		}
		if p.Next == nil {
			return jobs, raw
		}
	}
}

func TestSameSeedSameBytes(t *testing.T) {
	t.Parallel()
	opts := emulator.Options{Seed: 7, Jobs: 700, Tags: true}
	_, once := wholeList(newJobsAPI(t, opts))
	_, again := wholeList(newJobsAPI(t, opts))
	if !bytes.Equal(once, again) {
		t.Error("equal options gave other bytes")
	}
	opts.Seed++
	if _, other := wholeList(newJobsAPI(t, opts)); bytes.Equal(once, other) {
		t.Error("another seed gave the same bytes")
	}
}

var (
	uuidForm  = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	timeForm  = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,5}[1-9]|\.[1-9])?$`)
	viewKey   = regexp.MustCompile(`^\d+:[0-9a-f]{64}:[0-9a-f]{64}$`)
	stateWord = map[string]bool{
		"cancelled": true, "completed": true, "failed": true, "pending": true, "pending_cancellation": true, "running": true, "scheduled": true,
	}
)

// Each generated record is consistent with itself and with the documented shapes.
func TestGeneratedRecordsAreWellFormed(t *testing.T) {
	t.Parallel()
	jobs, raw := wholeList(newJobsAPI(t, emulator.Options{Seed: 1, Tags: true}))
	if len(jobs) != 2000 {
		t.Fatalf("got %d jobs", len(jobs))
	}
	if mean := len(raw) / len(jobs); mean < 800 || mean > 1400 {
		t.Errorf("a record has %d bytes on average", mean)
	}
	seen := map[string]bool{}
	for _, j := range jobs {
		created, updated := timeOf(t, j.Created), timeOf(t, j.Updated)
		if seen[j.ID] || !uuidForm.MatchString(j.ID) || !stateWord[j.State] || !timeForm.MatchString(j.Created) {
			t.Errorf("odd record: %+v", j)
		}
		seen[j.ID] = true
		if created.After(end) || created.Before(end.Add(-14*24*time.Hour)) || updated.Before(created) || updated.After(end) {
			t.Errorf("%s: created %s, updated %s", j.ID, j.Created, j.Updated)
		}
		finished := j.State == "completed" || j.State == "failed" || j.State == "cancelled"
		if finished != (j.Ended != nil) || (j.State == "completed") != (string(j.Result) != "null") || (j.State == "failed") != (len(j.Failures) == 1) {
			t.Errorf("%s: state %s, ended %v, result %s, failures %v", j.ID, j.State, j.Ended, j.Result, j.Failures)
		}
		if finished {
			if lag := updated.Sub(timeOf(t, *j.Ended)); lag < 2*time.Microsecond || lag > 50*time.Microsecond {
				t.Errorf("%s: updated %v after it ended", j.ID, lag)
			}
		}
		if (j.State == "pending" || j.State == "scheduled") && j.Exec != nil || j.State == "completed" && !strings.HasPrefix(*j.Exec, "job-executor-") {
			t.Errorf("%s: %s with executor %v", j.ID, j.State, j.Exec)
		}
		if j.State == "failed" && (j.Failures[0].Message == "" || !strings.Contains(j.Failures[0].Value.Stack, "\n\tat ")) {
			t.Errorf("%s: failures %v", j.ID, j.Failures)
		}
		if key := viewKey.MatchString(j.Key); key != (j.Type == "materialize-view") || !key && !uuidForm.MatchString(j.Key) {
			t.Errorf("%s: %s with idempotency_key %s", j.ID, j.Type, j.Key)
		}
	}
}

// The whole has the variety that tests and demonstrations rely on.
func TestGeneratedDataAreVaried(t *testing.T) {
	t.Parallel()
	c := newJobsAPI(t, emulator.Options{Seed: 1, Tags: true})
	jobs, raw := wholeList(c)
	for _, test := range []struct {
		query     string
		low, high int64
	}{
		{"?state=completed", 1500, 1800},
		{"?state=failed", 120, 260},
		{"?state=cancelled", 40, 140},
		{"?state=running", 10, 60},
		{"?state=pending", 5, 30},
		{"?state=scheduled", 5, 30},
		{"?state=pending_cancellation", 2, 20},
		{"?dataset_id=10674", 300, 1000},
		{"?tag=workflow_enqueued", 700, 1100},
		{"?tag=nightly", 50, 500},
		{"?data_plane_id=f79cbdae-4848-47ca-95e8-69588364d185", 900, 1600},
	} {
		if n := *c.page(test.query + "&per_page=1").Records; n < test.low || n > test.high {
			t.Errorf("%s: %d jobs, want %d to %d", test.query, n, test.low, test.high)
		}
	}
	kinds, planes, digits, failures := map[string]int{}, map[string]int{}, map[int]int{}, map[string]int{}
	ties := 0
	for i, j := range jobs {
		kinds[j.Type]++
		if j.Plane != nil {
			planes[*j.Plane]++
		}
		_, fraction, _ := strings.Cut(j.Created, ".")
		digits[len(fraction)]++
		if j.State == "failed" {
			failures[j.Created[:13]]++
		}
		if i > 0 && jobs[i-1].Created == j.Created {
			ties++
		}
	}
	if len(kinds) != 9 || len(planes) != 3 || len(digits) < 4 || digits[0] == 0 || ties < 10 {
		t.Errorf("kinds %v, planes %v, fraction digits %v, %d ties", kinds, planes, digits, ties)
	}
	worst := 0
	for _, n := range failures {
		worst = max(worst, n)
	}
	if worst < 10 {
		t.Errorf("no bad hour: at most %d failures in one", worst)
	}
	for _, word := range []string{
		`"compiled_sql":"SELECT\n`, `"compiled_select":"SELECT\n`, `"Forecast":{`, `"nql_type":"forecast"`,
		`"structured_output":[`, `"type":"process"`, `"type":"api_user"`, `"dataset":{"id":`, `"executor":null`, `"stats_enabled":false`,
	} {
		if !bytes.Contains(raw, []byte(word)) {
			t.Errorf("no record has %s", word)
		}
	}
}

// A snapshot id read as a float64 is another number; some are strings.
func TestSnapshotsExceedFloat64(t *testing.T) {
	t.Parallel()
	_, raw := wholeList(newJobsAPI(t, emulator.Options{Seed: 1}))
	found := regexp.MustCompile(`"snapshot_id":("?)(\d+)"?`).FindAllSubmatch(raw, -1)
	text := 0
	for _, m := range found {
		n, ok := new(big.Int).SetString(string(m[2]), 10)
		f, accuracy := new(big.Float).SetInt(n).Float64()
		if !ok || !n.IsInt64() || n.BitLen() < 54 || accuracy == big.Exact {
			t.Errorf("%s is %v as a float64", m[2], f)
		}
		text += len(m[1])
	}
	if text == 0 || text > len(found)/2 {
		t.Errorf("%d of %d snapshot ids are strings", text, len(found))
	}
}

func TestRecordSwitches(t *testing.T) {
	t.Parallel()
	body := func(o emulator.Options) string {
		o.Seed, o.Jobs = 3, 500
		_, raw := wholeList(newJobsAPI(t, o))
		return string(raw)
	}
	plain := body(emulator.Options{})
	for _, word := range []string{`"tags":["workflow_enqueued"`, `"state":"archiving"`, `"type":"datasets_rewrite_manifest"`, `"type":"workflow_task"`, `"placement":`} {
		if strings.Contains(plain, word) {
			t.Errorf("without a switch, a record has %s", word)
		}
	}
	if !strings.Contains(body(emulator.Options{Tags: true}), `"tags":["workflow_enqueued"`) {
		t.Error("no tags")
	}
	drift := body(emulator.Options{Drift: true})
	for _, word := range []string{`"state":"archiving"`, `"type":"datasets_rewrite_manifest"`, `"type":"workflow_task"`, `"placement":{`} {
		if !strings.Contains(drift, word) {
			t.Errorf("drift lacks %s", word)
		}
	}
	if strings.Contains(body(emulator.Options{NullPager: true}), `"data_plane_id":""`) {
		t.Error("a missing data plane is an empty text")
	}
	if n := len(body(emulator.Options{Heavy: true})) / 500; n < 6000 {
		t.Errorf("heavy records have %d bytes", n)
	}
	for _, end := range []struct {
		o     emulator.Options
		ended bool
	}{{emulator.Options{}, true}, {emulator.Options{NoEnds: true}, false}} {
		if strings.Contains(body(end.o), `"ended_at":"`) != end.ended {
			t.Errorf("%+v: ends are not %t", end.o, end.ended)
		}
	}
	older := newJobsAPI(t, emulator.Options{Jobs: 30, Older: true})
	if _, text := older.get("/jobs"); strings.Contains(text, "data_plane_id") || !strings.HasPrefix(text, `{"records":[`) {
		t.Errorf("older generation: %.200s", text)
	}
	for state, want := range map[string]int{"pending": http.StatusOK, "scheduled": http.StatusBadRequest} {
		if status, text := older.get("/jobs?state=" + state); status != want || strings.Contains(text, `"scheduled"`) && want == http.StatusOK {
			t.Errorf("older generation, %s: %d %.200s", state, status, text)
		}
	}
	if !strings.Contains(plain, `"state":"scheduled"`) || strings.Contains(body(emulator.Options{Older: true}), `"state":"scheduled"`) {
		t.Error("the state that the older generation lacks is not the current one's alone")
	}
}

func TestGeneratedTenancyIsAPartition(t *testing.T) {
	t.Parallel()
	c := newJobsAPI(t, emulator.Options{Tokens: map[string]int64{"1": 1, "2": 2, "3": 3, "4": 4}})
	var sum int64
	for _, c.token = range []string{"1", "2", "3"} {
		n := *c.page("?per_page=1").Records
		if n < 50 {
			t.Errorf("company %s has %d jobs", c.token, n)
		}
		for _, j := range c.jobs("") {
			if j.Source.Type == "api_user" && big.NewInt(j.Source.Company).String() != c.token {
				t.Errorf("company %s sees a job of %d", c.token, j.Source.Company)
			}
		}
		sum += n
	}
	if c.token = "4"; *c.page("").Records != 0 || sum != 2000 {
		t.Errorf("the companies see %d jobs together", sum)
	}
}

// Odd sizes make a smaller world, never a panic or a loop.
func TestSmallestOptions(t *testing.T) {
	t.Parallel()
	for _, o := range []emulator.Options{
		{Jobs: 1}, {Jobs: 5, Span: 1}, {Jobs: -1, Span: -1}, {Jobs: 3, Span: time.Microsecond, Heavy: true, Drift: true},
	} {
		o.Living, o.Now = true, (&clock{now: end.Add(10 * time.Minute)}).Now
		c := newJobsAPI(t, o)
		want := o.Jobs
		if want < 0 {
			want = 2000
		}
		if c.Len() != want {
			t.Errorf("%d jobs, want %d", c.Len(), want)
		}
		if got := *c.page("").Records; got < int64(want)+150 {
			t.Errorf("ten minutes later: %d jobs after %d", got, want)
		}
	}
}

func timeOf(t *testing.T, s string) time.Time {
	t.Helper()
	m, err := time.Parse("2006-01-02T15:04:05", s)
	if err != nil {
		t.Fatal(err)
	}
	return m
}
