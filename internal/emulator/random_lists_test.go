package emulator_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"jobsgateway/internal/emulator"
)

// plainJob is one job as the test knows it, without any reading of JSON.
type plainJob struct {
	id, state, kind, plane string
	tags                   []string
	dataset                int // 0: none
	nested                 bool
	created, updated       int // seconds
	place                  int // in the list given
}

func (m *plainJob) raw() json.RawMessage {
	members := map[string]any{
		"job_id": m.id, "state": m.state, "type": m.kind,
		"created_at": fmt.Sprintf("2026-01-01T00:00:%02d", m.created),
		"updated_at": fmt.Sprintf("2026-01-01T00:00:%02d.000", m.updated),
		"input":      map[string]any{},
	}
	if m.plane != "" {
		members["data_plane_id"] = m.plane
	}
	if m.tags != nil {
		members["tags"] = m.tags
	}
	switch {
	case m.dataset != 0 && m.nested:
		members["input"] = map[string]any{"dataset": map[string]any{"id": m.dataset}}
	case m.dataset != 0:
		members["input"] = map[string]any{"dataset_id": m.dataset}
	}
	raw, _ := json.Marshal(members)
	return raw
}

var (
	someStates = []string{"cancelled", "completed", "failed", "pending", "pending_cancellation", "running", "scheduled"}
	someKinds  = []string{"x", "y", "z w", "ü&="}
	someTags   = []string{"nightly", "workflow_id=1", "workflow_id=2", "a b", "+"}
	somePlanes = []string{"", planeA, planeB, strings.ToUpper(planeA)}
)

func drawJob(t *rapid.T, i int) *plainJob {
	return &plainJob{
		id:      fmt.Sprintf("%08x-0000-4000-8000-000000000000", i),
		state:   rapid.SampledFrom(someStates).Draw(t, "state"),
		kind:    rapid.SampledFrom(someKinds).Draw(t, "type"),
		plane:   rapid.SampledFrom(somePlanes).Draw(t, "plane"),
		tags:    rapid.SliceOfN(rapid.SampledFrom(someTags), 0, 2).Draw(t, "tags"),
		dataset: rapid.IntRange(0, 3).Draw(t, "dataset"),
		nested:  rapid.Bool().Draw(t, "nested"),
		created: rapid.IntRange(0, 6).Draw(t, "created"),
		updated: rapid.IntRange(0, 6).Draw(t, "updated"),
		place:   i,
	}
}

// plainList is the contract in its plainest form: keep what matches, sort, cut.
func plainList(jobs []*plainJob, q url.Values, perPage, offset int) (ids []string, total int) {
	has := func(name, value string) bool { return len(q[name]) == 0 || slices.Contains(q[name], value) }
	var kept []*plainJob
	for _, m := range jobs {
		tagged := len(q["tag"]) == 0
		for _, tag := range m.tags {
			tagged = tagged || slices.Contains(q["tag"], tag)
		}
		plane := q.Get("data_plane_id")
		if has("state", m.state) && has("type", m.kind) && tagged &&
			has("dataset_id", strconv.Itoa(m.dataset)) && (plane == "" || strings.EqualFold(plane, m.plane)) {
			kept = append(kept, m)
		}
	}
	by, direction, _ := strings.Cut(q.Get("order_by"), "_at_")
	slices.SortFunc(kept, func(a, b *plainJob) int {
		c := b.created - a.created
		if by == "updated" {
			c = b.updated - a.updated
		}
		if c == 0 {
			c = a.place - b.place
		}
		if direction == "asc" {
			return -c
		}
		return c
	})
	ids = []string{}
	for i, m := range kept {
		if i >= offset && len(ids) < perPage {
			ids = append(ids, m.id)
		}
	}
	return ids, len(kept)
}

// TestListAgreesWithPlainModel compares random lists and questions with the plain filter above, also after the
// list was changed by Insert, Replace and Remove.
func TestListAgreesWithPlainModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var jobs []*plainJob
		var given []json.RawMessage
		for i := range rapid.IntRange(0, 25).Draw(t, "jobs") {
			jobs = append(jobs, drawJob(t, i))
			given = append(given, jobs[i].raw())
		}
		e := emulator.New(emulator.Records(given...))
		for step := range rapid.IntRange(0, 6).Draw(t, "steps") {
			jobs = changeBoth(t, e, jobs, 1000+step)
		}
		q := drawQuery(t)
		perPage := rapid.IntRange(0, 10).Draw(t, "per_page")
		offset := rapid.IntRange(0, 30).Draw(t, "offset")
		wantIDs, wantTotal := plainList(jobs, q, perPage, offset)
		q.Set("per_page", strconv.Itoa(perPage))
		q.Set("offset", strconv.Itoa(offset))

		r := httptest.NewRequest("GET", "/jobs?"+q.Encode(), nil)
		r.Header.Set("Authorization", "Bearer x")
		w := httptest.NewRecorder()
		e.ServeHTTP(w, r)
		var p page
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Code != 200 {
			t.Fatalf("%d %s: %v", w.Code, w.Body, err)
		}
		got := []string{}
		for _, raw := range p.Jobs {
			var j record
			if err := json.Unmarshal(raw, &j); err != nil {
				t.Fatal(err)
			}
			got = append(got, j.ID)
		}
		if diff := cmp.Diff(wantIDs, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", q.Encode(), diff)
		}
		if *p.Records != int64(wantTotal) {
			t.Errorf("%s: total_records %d, want %d", q.Encode(), *p.Records, wantTotal)
		}
	})
}

// changeBoth does one random thing to the emulator and to the model alike; a job that it adds gets the
// number.
func changeBoth(t *rapid.T, e *emulator.Emulator, jobs []*plainJob, number int) []*plainJob {
	fresh := drawJob(t, number)
	if len(jobs) == 0 || rapid.Bool().Draw(t, "insert") {
		fresh.place = -1
		for _, m := range jobs {
			fresh.place = min(fresh.place, m.place-1)
		}
		e.Insert(fresh.raw())
		return append(jobs, fresh)
	}
	i := rapid.IntRange(0, len(jobs)-1).Draw(t, "which")
	if rapid.Bool().Draw(t, "remove") {
		if !e.Remove(jobs[i].id) {
			t.Errorf("Remove(%s): not found", jobs[i].id)
		}
		return slices.Delete(jobs, i, i+1)
	}
	fresh.id, fresh.place = jobs[i].id, jobs[i].place
	if !e.Replace(jobs[i].id, fresh.raw()) {
		t.Errorf("Replace(%s): not found", jobs[i].id)
	}
	jobs[i] = fresh
	return jobs
}

func drawQuery(t *rapid.T) url.Values {
	q := url.Values{}
	q["state"] = rapid.SliceOfN(rapid.SampledFrom(someStates), 0, 3).Draw(t, "state")
	q["type"] = rapid.SliceOfN(rapid.SampledFrom(someKinds), 0, 3).Draw(t, "type")
	q["tag"] = rapid.SliceOfN(rapid.SampledFrom(someTags), 0, 3).Draw(t, "tag")
	if plane := rapid.SampledFrom(somePlanes).Draw(t, "data_plane_id"); plane != "" {
		q.Set("data_plane_id", plane)
	}
	if n := rapid.IntRange(0, 4).Draw(t, "dataset_id"); n != 0 {
		q.Set("dataset_id", strconv.Itoa(n))
	}
	orders := []string{"created_at_asc", "created_at_desc", "updated_at_asc", "updated_at_desc"}
	if o := rapid.SampledFrom(append(orders, "")).Draw(t, "order_by"); o != "" {
		q.Set("order_by", o)
	}
	return q
}
