package restclient

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"jobsgateway/internal/emulator"
)

// recordsOf reads a page with the standard library.
func recordsOf(t testing.TB, body []byte) []string {
	t.Helper()
	var p struct {
		Records []json.RawMessage `json:"records"`
	}
	if err := json.Unmarshal(body, &p); err != nil {
		t.Fatal(err)
	}
	out := []string{}
	for _, raw := range p.Records {
		out = append(out, string(raw))
	}
	return out
}

// pageOf is the newest page of an emulator, uncompressed.
func pageOf(t testing.TB, opts emulator.Options) []byte {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/jobs", nil)
	r.Header.Set("Authorization", "Bearer x")
	w := httptest.NewRecorder()
	emulator.New(opts).ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		t.Fatal(w.Code)
	}
	return w.Body.Bytes()
}

// Page by page and filtered in any way, the client gives the records of a plain GET, in order, byte for byte.
func TestWalkIsFaithful(t *testing.T) {
	t.Parallel()
	u := newUpstream(t, emulator.Options{Seed: 7, Jobs: 120, Tags: true, Drift: true})
	plain := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(plain.CloseIdleConnections)
	get := func(query string) []string {
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, u.url+"/jobs?"+query, nil)
		r.Header.Set("Authorization", "Bearer x")
		res, err := plain.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatal(res.Status, err)
		}
		return recordsOf(t, body)
	}
	r := rand.New(rand.NewPCG(1, 2))
	nonempty := 0
	for _, order := range []Order{CreatedAtDesc, CreatedAtAsc, UpdatedAtDesc, UpdatedAtAsc} {
		for range 30 {
			filter, values := someFilter(r)
			values.Set("order_by", string(order))
			q := JobsQuery{Filter: filter.Encode(), OrderBy: order, PerPage: 10 + r.IntN(80)}
			want, got, same := get(values.Encode()), []string{}, []string{}
			for {
				p, err := u.Jobs(withToken(t.Context(), secret), q)
				if err != nil {
					t.Fatal(err)
				}
				if p.Total != int64(len(want)) {
					t.Errorf("%s: total %d, want %d", q.Encode(), p.Total, len(want))
				}
				for _, record := range p.Records {
					got = append(got, string(record.Job.Raw()))
				}
				same = append(same, get(q.Encode())...)
				if len(p.Records) < q.PerPage {
					break
				}
				q.Offset += int64(q.PerPage)
			}
			if !slices.Equal(want, got) { // a diff of equal pages would take most of the test's time
				t.Errorf("%s (-all at once +walk):\n%s", q.Encode(), cmp.Diff(want, got))
			}
			if !slices.Equal(same, got) {
				t.Errorf("%s: the same URLs give other records", q.Encode())
			}
			if len(got) > 0 {
				nonempty++
			}
		}
	}
	if nonempty < 60 {
		t.Errorf("only %d of 120 filters match anything", nonempty)
	}
}

// someFilter draws a filter, and tells the same to net/url.
func someFilter(r *rand.Rand) (JobsFilter, url.Values) {
	some := func(from ...string) []string {
		var out []string
		for _, s := range from {
			if r.IntN(3) == 0 {
				out = append(out, s)
			}
		}
		return out
	}
	var f JobsFilter
	v := url.Values{"per_page": {"500"}}
	if r.IntN(2) == 0 {
		f.States = some("completed", "failed", "running", "pending", "cancelled", "pending_cancellation")
	}
	if r.IntN(2) == 0 {
		f.Types = some("materialize-view", "nql-forecast", "datasets_sample", "datasets_rewrite_manifest", "no such & type")
	}
	if r.IntN(3) == 0 {
		f.TagsAny = some("workflow_enqueued", "nightly", "batch-processing", "workflow_id=none", "a,b")
	}
	if r.IntN(5) == 0 {
		f.DataPlaneID = "f79cbdae-4848-47ca-95e8-69588364d185"
	}
	if r.IntN(5) == 0 {
		f.DatasetID = strconv.Itoa(10_674 + 31*r.IntN(3))
	}
	v["state"], v["type"], v["tag"] = f.States, f.Types, f.TagsAny
	if f.DataPlaneID != "" {
		v.Set("data_plane_id", f.DataPlaneID)
	}
	if f.DatasetID != "" {
		v.Set("dataset_id", f.DatasetID)
	}
	return f, v
}

// Many callers share one client and its connections; none ever sees another's record.
func TestTenantsAtOnce(t *testing.T) {
	t.Parallel()
	const tenants, jobs = 200, 3
	id := func(tenant, job int) string { return fmt.Sprintf("00000000-0000-4000-8000-%06d%06d", tenant, job) }
	opts := emulator.Records()
	opts.Tokens = map[string]int64{}
	for tenant := 1; tenant <= tenants; tenant++ {
		opts.Tokens[secret+strconv.Itoa(tenant)] = int64(tenant)
		for job := range jobs {
			opts.Records = append(opts.Records, json.RawMessage(record(id(tenant, job), fmt.Sprintf(
				`"request_source":{"type":"api_user","company_id":%d},"input":{"nql":"%s"}`, tenant, strings.Repeat("x", 600)))))
		}
	}
	u := newUpstream(t, opts)
	var all sync.WaitGroup
	for tenant := 1; tenant <= tenants; tenant++ {
		all.Go(func() {
			ctx := withToken(t.Context(), secret+strconv.Itoa(tenant))
			want := []string{id(tenant, 0), id(tenant, 1), id(tenant, 2)}
			for range 3 {
				p, err := u.Jobs(ctx, firstPage)
				if err != nil || !slices.Equal(ids(p), want) || p.Total != jobs {
					t.Errorf("tenant %d: %v", tenant, err)
					return
				}
				own, err := u.Job(ctx, JobID(want[1]))
				if err != nil || own.ID() != want[1] {
					t.Errorf("tenant %d: own job: %v", tenant, err)
				}
				_, err = u.Job(ctx, JobID(id(tenant%tenants+1, 0)))
				if e := (*Error)(nil); !errors.As(err, &e) || e.Kind != KindNotFound {
					t.Errorf("tenant %d: another's job: %v", tenant, err)
				}
			}
		})
	}
	all.Wait()
	if n := u.Total(); n != tenants*9 {
		t.Errorf("%d requests, want %d", n, tenants*9)
	}
}
