package emulator_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"jobsgateway/internal/emulator"
)

func newLivingAPI(t testing.TB, now *clock, jobs int) *jobsAPI {
	t.Helper()
	return newJobsAPI(t, emulator.Options{Seed: 5, Jobs: jobs, End: end, Living: true, Now: now.Now})
}

func TestJobsArriveWhileTimePasses(t *testing.T) {
	t.Parallel()
	now := &clock{now: end}
	c := newLivingAPI(t, now, 300)
	before, _ := wholeList(c)
	if len(before) != 300 {
		t.Fatalf("at the end of history: %d jobs", len(before))
	}
	now.Advance(10 * time.Minute)
	after, _ := wholeList(c)
	if n := len(after) - len(before); n < 250 || n > 360 {
		t.Errorf("%d jobs came in ten minutes, want about 300", n)
	}
	for i, j := range before {
		if k := after[len(after)-len(before)+i]; k.ID != j.ID {
			t.Fatalf("history was rearranged: %s is now %s", j.ID, k.ID)
		}
	}
	for _, j := range after {
		if timeOf(t, j.Created).After(now.Now()) || timeOf(t, j.Updated).After(now.Now()) {
			t.Errorf("%s lies ahead: created %s, updated %s", j.ID, j.Created, j.Updated)
		}
	}
}

// Something happens in any 2.5 s, so that whoever watches is told of it soon.
func TestLivingJobsNeverRest(t *testing.T) {
	t.Parallel()
	now := &clock{now: end}
	c := newLivingAPI(t, now, 100)
	latest := end
	for range 200 {
		now.Advance(2500 * time.Millisecond)
		changed := timeOf(t, c.jobs("?order_by=updated_at_desc&per_page=1")[0].Updated)
		if !changed.After(latest) {
			t.Fatalf("at %s the last change is that of %s", now.Now(), changed)
		}
		latest = changed
	}
}

// Every move that a job makes is one that the life cycle allows, and each kind of move is seen.
func TestJobsMoveThroughTheirStates(t *testing.T) {
	t.Parallel()
	now := &clock{now: end}
	c := newLivingAPI(t, now, 400)
	last := map[string]record{}
	for _, j := range c.jobs("") {
		last[j.ID] = j
	}
	moves := map[string]int{}
	for range 100 {
		now.Advance(10 * time.Second)
		// In ten seconds a dozen jobs arrive or move.
		for _, j := range c.jobs("?order_by=updated_at_desc&per_page=80") {
			if old, ok := last[j.ID]; ok && old.State != j.State {
				moves[old.State+" > "+j.State]++
				if !timeOf(t, j.Updated).After(timeOf(t, old.Updated)) {
					t.Errorf("%s moved to %s without a later updated_at", j.ID, j.State)
				}
			} else if ok && old.Updated != j.Updated {
				t.Errorf("%s was touched in state %s", j.ID, j.State)
			}
			last[j.ID] = j
		}
	}
	// A poll every ten seconds may miss a state in between.
	allowed := map[string]string{
		"pending":   "scheduled running pending_cancellation cancelled completed failed",
		"scheduled": "running pending_cancellation cancelled completed failed", "running": "pending_cancellation completed failed cancelled",
		"pending_cancellation": "cancelled completed failed",
	}
	for move := range moves {
		from, to, _ := strings.Cut(move, " > ")
		if !strings.Contains(allowed[from], to) {
			t.Errorf("a job went %s", move)
		}
	}
	for _, move := range []string{
		"pending > scheduled", "scheduled > running", "running > completed", "running > failed", "running > pending_cancellation",
		"pending_cancellation > cancelled",
	} {
		if moves[move] == 0 {
			t.Errorf("no job went %s: %v", move, moves)
		}
	}
}

// What the list holds at a moment does not depend on when it was asked before.
func TestLivingDataDependOnSeedAndClockAlone(t *testing.T) {
	t.Parallel()
	patient, eager := &clock{now: end}, &clock{now: end}
	a, b := newLivingAPI(t, patient, 200), newLivingAPI(t, eager, 200)
	for range 60 {
		eager.Advance(7 * time.Second)
		b.page("?per_page=1")
	}
	patient.Advance(7 * time.Minute)
	_, once := wholeList(a)
	_, often := wholeList(b)
	if !bytes.Equal(once, often) {
		t.Error("the list depends on the questions asked on the way")
	}
	eager.Advance(3 * time.Second)
	a.page("")
	if _, later := wholeList(b); bytes.Equal(often, later) {
		t.Error("three seconds later the list is the same")
	}
}

// A long silence is made up for in several requests, none of which does more than its share.
func TestCatchingUpIsBounded(t *testing.T) {
	t.Parallel()
	now := &clock{now: end}
	c := newLivingAPI(t, now, 10)
	now.Advance(6 * time.Hour) // 10,800 arrivals, each with two or three moves: more than 30,000 events
	first := *c.page("?per_page=1").Records
	if first > 6000 {
		t.Errorf("one request caught up on %d jobs", first)
	}
	last := first
	for range 5 {
		last = *c.page("?per_page=1").Records
	}
	if last < 10_400 || last > 11_400 {
		t.Errorf("after catching up: %d jobs", last)
	}
}

func TestListStopsGrowing(t *testing.T) {
	t.Parallel()
	now := &clock{now: end}
	c := newLivingAPI(t, now, emulator.MaxJobs-5)
	now.Advance(2 * time.Minute)
	if n := *c.page("?per_page=1").Records; n != emulator.MaxJobs {
		t.Errorf("%d jobs, want %d", n, emulator.MaxJobs)
	}
	now.Advance(12 * time.Hour)
	for range 10 {
		c.page("?per_page=1")
	}
	if n := *c.page("?per_page=1").Records; n != emulator.MaxJobs {
		t.Errorf("%d jobs, want %d", n, emulator.MaxJobs)
	}
	if n := *c.page("?state=running&state=pending&per_page=1").Records; n != 0 {
		t.Errorf("%d jobs stopped moving with the arrivals", n)
	}
}

// A living job that a test has replaced or removed is left alone.
func TestReplacedLivingJobStaysAsGiven(t *testing.T) {
	t.Parallel()
	now := &clock{now: end}
	c := newLivingAPI(t, now, 300)
	going := c.ids("?state=running")
	given := `{"job_id":"` + going[0] + `","state":"running","mine":true}`
	c.Replace(going[0], json.RawMessage(given))
	c.Remove(going[1])
	now.Advance(time.Hour)
	if _, body := c.get("/jobs/" + going[0]); body != given {
		t.Errorf("got %s", body)
	}
	if status, _ := c.get("/jobs/" + going[1]); status != 404 {
		t.Errorf("the removed job answers %d", status)
	}
}

func TestTimeStandsStillUnlessAsked(t *testing.T) {
	t.Parallel()
	now := &clock{now: end}
	c := newJobsAPI(t, emulator.Options{Jobs: 50, End: end, Now: now.Now})
	_, before := c.get("/jobs")
	now.Advance(time.Hour)
	if _, after := c.get("/jobs"); before != after {
		t.Error("the list changed by itself")
	}
}
