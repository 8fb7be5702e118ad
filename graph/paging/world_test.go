package paging

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"jobsgateway/internal/clienttest"
	"jobsgateway/internal/emulator"
	"jobsgateway/restclient"
)

// world is a Jobs API that changes, a reader of pages, and a plain model of what the API holds.
type world struct {
	api     *emulator.Emulator
	client  *restclient.Client
	offsets Offsets
	jobs    []modelJob // in the order of insertion, which breaks ties
	serial  int
	steady  bool // ties stand alike in both directions
	drawn   bool // ties stand in another order in each window
	odd     bool // answers have few records, or odd offsets or totals
	exact   bool // a total that the API tells is true, and the list moves between pages alone
	heavy   int  // bytes that each further job has beside
	log     slog.Handler
	asked   atomic.Int64
	moves   sync.Mutex
	between func() // runs behind each answer, so that the list moves while one page is read; nil for nothing
}

// modelJob is a job as the model knows it: created and updated are seconds.
type modelJob struct {
	id               string
	created, updated int
	failed           bool
	heavy            int
}

func newWorld(t clienttest.T, options emulator.Options) *world {
	return newWorldWith(t, options, 1<<24)
}

// newWorldWith makes a world in which no answer may have more bytes than maxBody.
func newWorldWith(t clienttest.T, options emulator.Options, maxBody int64) *world {
	options.Records = []json.RawMessage{}
	w := &world{api: emulator.New(options), steady: options.SteadyTies, drawn: options.Ties != emulator.TiesInserted, odd: isOdd(options)}
	w.client = clienttest.New(t, plain(w.api), func(c *restclient.Config) { c.MaxBody, c.MaxConns = maxBody, 1 })
	return w
}

// plain is an API that compresses no answer, which is most of what these tests would do.
func plain(api http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Del("Accept-Encoding")
		api.ServeHTTP(w, r)
	})
}

// isOdd reports whether a window of an API may be too small for a large group of equals, or its place may not be certain.
func isOdd(options emulator.Options) bool {
	return options.MaxRecords > 0 || options.Older || options.Offsets != emulator.OffsetsAny || options.Totals != emulator.TotalsTrue
}

func (w *world) insert(created int) string {
	w.serial++
	job := modelJob{heavy: w.heavy, id: fmt.Sprintf("00000000-0000-4000-8000-%012d", w.serial), created: created, updated: created, failed: w.serial%3 == 0}
	w.jobs = append(w.jobs, job)
	w.api.Insert(job.record())
	return job.id
}

func (w *world) remove(i int) {
	w.api.Remove(w.jobs[i].id)
	w.jobs = slices.Delete(w.jobs, i, i+1)
}

// change gives a job another state and, if later is true, a later update.
func (w *world) change(i int, later bool) {
	w.jobs[i].failed = !w.jobs[i].failed
	if later {
		w.jobs[i].updated += 1 + i
	}
	w.api.Replace(w.jobs[i].id, w.jobs[i].record())
}

func (j modelJob) record() json.RawMessage {
	at := func(seconds int) string { return instantOf(seconds).Format("2006-01-02T15:04:05") }
	state := "running"
	if j.failed {
		state = "failed"
	}
	return fmt.Appendf(nil, `{"job_id":%q,"state":%q,"type":"t","created_at":%q,"updated_at":%q,"input":%q}`,
		j.id, state, at(j.created), at(j.updated), strings.Repeat("x", j.heavy))
}

// list is the model's answer: all jobs that pass, in the order, ties by insertion as the emulator has them.
func (w *world) list(orderBy restclient.Order, failedOnly bool) []modelJob {
	list := slices.DeleteFunc(slices.Clone(w.jobs), func(j modelJob) bool { return failedOnly && !j.failed })
	by := func(j modelJob) int {
		if orderBy == restclient.CreatedAtAsc || orderBy == restclient.CreatedAtDesc {
			return j.created
		}
		return j.updated
	}
	descending := orderBy == restclient.CreatedAtDesc || orderBy == restclient.UpdatedAtDesc
	if w.steady && !descending {
		slices.Reverse(list) // so that equals stay in the descending order's way
	}
	slices.SortStableFunc(list, func(a, b modelJob) int { return by(a) - by(b) })
	if descending {
		slices.Reverse(list)
	}
	return list
}

// listOf is the part of the list that a request is about.
func (w *world) listOf(r request) []modelJob {
	return r.times.within(w.list(r.orderBy, r.failedOnly), r.orderBy)
}

// request is a page asked for in one operation.
type request struct {
	first, last, offset int // -1 is absent
	after, before       string
	orderBy             restclient.Order
	failedOnly          bool
	times               *timesOf // by the time of the order; nil for the whole list
	unasked             Unasked
}

// answer is a page with its cursors.
type answer struct {
	ids, cursors  []string
	next, prev    bool
	total, calls  int
	start, finish string
}

func (w *world) read(t clienttest.T, r request) answer {
	before := w.api.Total()
	page, err := w.try(t, r)
	if err != nil {
		t.Fatalf("%+v: %v", r, err)
	}
	out := answerOf(page)
	out.calls = w.api.Total() - before
	return out
}

// answerOf gives a page's readable jobs with their cursors.
func answerOf(page *Page) answer {
	out := answer{next: page.HasNextPage, prev: page.HasPreviousPage, total: int(page.Total)}
	for i, record := range page.Records {
		if record.Job != nil {
			out.ids = append(out.ids, record.Job.ID())
			out.cursors = append(out.cursors, string(page.AppendCursor(nil, i)))
		}
	}
	if len(out.cursors) > 0 {
		out.start, out.finish = out.cursors[0], out.cursors[len(out.cursors)-1]
	}
	return out
}

// try reads a page, or fails as its field would.
func (w *world) try(t clienttest.T, r request) (*Page, error) {
	plan, err := w.plan(r)
	if err != nil {
		t.Fatalf("%+v: %v", r, err)
	}
	return w.page(w.client.Jobs, &plan)
}

// source answers a call as *restclient.Client does.
type source func(ctx context.Context, q restclient.JobsQuery) (*restclient.JobsPage, error)

// page reads the page of a plan from a source.
func (w *world) page(jobs source, plan *Plan) (*Page, error) {
	ask := func(ctx context.Context, q restclient.JobsQuery, _ bool) (*restclient.JobsPage, error) {
		page, err := jobs(ctx, q)
		if w.between != nil {
			w.moves.Lock() // calls can be side by side
			defer w.moves.Unlock()
			w.between()
		}
		return page, err
	}
	reader := Reader{Ask: ask, Offsets: &w.offsets, Logger: slog.New(cmp.Or(w.log, slog.DiscardHandler))}
	return reader.Read(context.Background(), plan)
}

// limits are the gateway's, by default.
var limits = Limits{Default: 50, Max: restclient.MaxPerPage}

// plan makes the plan of a request.
func (w *world) plan(r request) (Plan, error) {
	optional := func(n int) *int32 {
		if n < 0 {
			return nil
		}
		v := int32(n)
		return &v
	}
	text := func(s string) *string {
		if s == "" {
			return nil
		}
		return &s
	}
	list := restclient.JobsQuery{OrderBy: r.orderBy}
	if r.failedOnly {
		list.Filter = restclient.JobsFilter{States: []string{string(restclient.StateFailed)}}.Encode()
	}
	args := Args{
		First: optional(r.first), Last: optional(r.last), Offset: optional(r.offset),
		After: text(r.after), Before: text(r.before),
	}
	if r.times != nil {
		to := &args.UpdatedAt
		if ordering(r.orderBy).isByCreation() {
			to = &args.CreatedAt
		}
		*to = &TimeRange{instantOf(r.times.from), instantOf(r.times.to)}
	}
	plan, err := NewPlan(list, args, limits)
	plan.Forget(r.unasked)
	return plan, err
}

func idsOf(list []modelJob) []string {
	var ids []string
	for _, j := range list {
		ids = append(ids, j.id)
	}
	return ids
}

// fill inserts n jobs with random times; few distinct times make ties.
func (w *world) fill(t *rapid.T, n, distinct int) {
	for range n {
		w.insert(rapid.IntRange(0, distinct).Draw(t, "created"))
	}
}

var allOrders = []restclient.Order{
	restclient.CreatedAtDesc, restclient.CreatedAtAsc, restclient.UpdatedAtDesc, restclient.UpdatedAtAsc,
}

// worldOfGroups is a world of so many groups of equals, whose answers may have so many bytes.
func worldOfGroups(t clienttest.T, options emulator.Options, groups, group int, maxBody int64) *world {
	w := newWorldWith(t, options, maxBody)
	for i := range groups {
		for range group {
			w.insert(i)
		}
	}
	return w
}

// quietWalk follows cursors from one end of a quiet list to the other: every job once, at most so many calls for a page.
func quietWalk(w *world, jobs source, size int, backwards bool, calls int) error {
	r := request{first: size, last: -1, offset: -1, orderBy: restclient.CreatedAtDesc}
	if backwards {
		r.first, r.last = -1, size
	}
	want := len(w.jobs)
	stayed := idsOf(w.jobs)
	seen := map[string]int{}
	for page := 1; ; page++ {
		before := w.api.Total()
		got, err := w.readFrom(jobs, r)
		n := w.api.Total() - before
		switch {
		case err != nil:
			return fmt.Errorf("page %d, %d calls: %w", page, n, err)
		case n > calls:
			return fmt.Errorf("page %d: %d calls", page, n)
		}
		for _, id := range got.ids {
			if seen[id]++; seen[id] > 1 {
				return fmt.Errorf("page %d shows %s again", page, id)
			}
		}
		more := got.next
		r.after, r.before = got.finish, ""
		if backwards {
			r.after, r.before, more = "", got.start, got.prev
		}
		if more && len(got.ids) == 0 {
			return fmt.Errorf("page %d is empty, and yet more", page)
		}
		if !more {
			break
		}
		if page > want+50 {
			return fmt.Errorf("the walk does not end")
		}
	}
	present := map[string]bool{}
	for _, id := range idsOf(w.jobs) {
		present[id] = true
	}
	missed := 0
	for _, id := range stayed {
		if present[id] && seen[id] != 1 {
			missed++
		}
	}
	if missed > 0 {
		return fmt.Errorf("the walk ends, %d of %d jobs were never seen", missed, want)
	}
	return nil
}

// readFrom reads a page from a source.
func (w *world) readFrom(jobs source, r request) (answer, error) {
	plan, err := w.plan(r)
	if err != nil {
		return answer{}, err
	}
	page, err := w.page(jobs, &plan)
	if err != nil {
		return answer{}, err
	}
	return answerOf(page), nil
}

// readAll follows cursors from one end to the other and gives the readable jobs.
func (w *world) readAll(t *testing.T, size int, backwards bool) []string {
	t.Helper()
	var ids []string
	r := request{first: size, last: -1, offset: -1, orderBy: restclient.CreatedAtDesc}
	if backwards {
		r.first, r.last = -1, size
	}
	for range 200 {
		got := w.read(t, r)
		if backwards {
			slices.Reverse(got.ids)
		}
		ids = append(ids, got.ids...)
		r.after, r.before = got.finish, ""
		more := got.next
		if backwards {
			r.after, r.before, more = "", got.start, got.prev
		}
		if !more {
			return ids
		}
		if got.finish == "" {
			t.Fatal("more, but no cursor to go on with")
		}
	}
	t.Fatal("the walk does not end")
	return nil
}

// byCreation is the list of all jobs, the newest first.
var byCreation = restclient.JobsQuery{OrderBy: restclient.CreatedAtDesc}

// readable are the jobs of a page that can be read.
func readable(page *Page) []*restclient.Job {
	var jobs []*restclient.Job
	for _, record := range page.Records {
		if record.Job != nil {
			jobs = append(jobs, record.Job)
		}
	}
	return jobs
}
