package live

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"jobsgateway/restclient"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a Jobs API in memory. Its clock is the bubble's.
type world struct {
	mu      sync.Mutex
	jobs    map[string]modelJob
	serial  int
	writing map[string]bool // jobs of which a change is not visible yet
	calls   atomic.Int64
	singles atomic.Int64  // calls for one job
	fails   error         // what every call fails with; nil for none
	latency time.Duration // of each call
	fill    int           // bytes that a record has besides
	grain   time.Duration // of updated_at
}

// modelJob is a job in one version, whose number grows with each change.
type modelJob struct {
	id      string
	updated time.Time
	state   restclient.State
	number  int
}

func newWorld() *world {
	return &world{jobs: map[string]modelJob{}, writing: map[string]bool{}, latency: 30 * time.Millisecond, grain: time.Millisecond}
}

func idAt(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012x", n) }

// change inserts a job, or changes it, as of now. It shows after a delay, as if its transaction took so long.
func (w *world) change(n int, state restclient.State, delay time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	id := idAt(n)
	if w.writing[id] {
		return
	}
	w.serial++
	job := modelJob{id, time.Now().UTC().Truncate(w.grain), state, w.serial}
	if delay == 0 {
		w.jobs[id] = job
		return
	}
	w.writing[id] = true
	time.AfterFunc(delay, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.jobs[id] = job
		delete(w.writing, id)
	})
}

func (w *world) set(change func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change()
}

func (w *world) remove(n int) { w.set(func() { delete(w.jobs, idAt(n)) }) }

// snapshot is the number of the version of each job.
func (w *world) snapshot() map[string]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := map[string]int{}
	for id, job := range w.jobs {
		all[id] = job.number
	}
	return all
}

func (j modelJob) read(fill int) *restclient.Job {
	const layout = "2006-01-02T15:04:05.999999999"
	record := fmt.Sprintf(`{"job_id":%q,"state":%q,"type":"t","created_at":"1999-01-01T00:00:00","updated_at":%q,"input":{"n":%d,"fill":%q}}`,
		j.id, j.state, j.updated.Format(layout), j.number, strings.Repeat("x", fill))
	job, err := restclient.ReadJob([]byte(record))
	if err != nil {
		panic(err)
	}
	return job
}

// numberOf is the version that a job which was told is in.
func numberOf(job *restclient.Job) int {
	_, text, _ := strings.Cut(string(job.Raw()), `"n":`)
	text, _, _ = strings.Cut(text, ",")
	n, _ := strconv.Atoi(text)
	return n
}

// answer is what every call begins with.
func (w *world) answer(ctx context.Context) error {
	select {
	case <-time.After(w.latency):
	case <-ctx.Done():
		return &restclient.Error{Kind: restclient.KindTimeout}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls.Add(1)
	return w.fails
}

func (w *world) Jobs(ctx context.Context, q restclient.JobsQuery) (*restclient.JobsPage, error) {
	if err := w.answer(ctx); err != nil {
		return nil, err
	}
	if q.OrderBy != restclient.UpdatedAtDesc {
		return nil, errors.New("another order is not modelled")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	all := slices.SortedFunc(maps.Values(w.jobs), func(a, b modelJob) int {
		return cmp.Or(b.updated.Compare(a.updated), strings.Compare(a.id, b.id))
	})
	from := min(int(q.Offset), len(all))
	to := min(from+q.PerPage, len(all))
	page := &restclient.JobsPage{Total: int64(len(all)), Asked: q.PerPage}
	for _, job := range all[from:to] {
		page.Records = append(page.Records, restclient.Record{Job: job.read(w.fill)})
	}
	return page, nil
}

func (w *world) Job(ctx context.Context, id restclient.JobID) (*restclient.Job, error) {
	if err := w.answer(ctx); err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.singles.Add(1)
	job, ok := w.jobs[string(id)]
	if !ok {
		return nil, &restclient.Error{Kind: restclient.KindNotFound}
	}
	return job.read(w.fill), nil
}

// over returns an engine that watches a world.
func over(w Upstream, change ...func(*Config)) *Engine {
	cfg := Config{
		Upstream: w, As: func(ctx context.Context, _ string) context.Context { return ctx },
		Interval: 2 * time.Second, Outage: time.Minute, Timeout: 15 * time.Second,
		Limits: Limits{Streams: 1000, StreamsPerToken: 1000, Polls: 100},
		Caught: func(value any) error { return fmt.Errorf("panic: %v", value) },
	}
	for _, f := range change {
		f(&cfg)
	}
	return New(cfg)
}

// plainForm writes an event as a line: the cursor, whether the list has to be read again, and the jobs, each as
// its id and its number.
func plainForm(key string) Form {
	return Form{Key: key, Write: func(event Event) []byte {
		line := fmt.Sprintf("%s %t", event.Cursor, event.Resync)
		for _, job := range event.Jobs {
			line += fmt.Sprintf(" %s=%d@%d", job.ID(), numberOf(job), job.UpdatedAt().Time().UnixNano())
		}
		return []byte(line)
	}}
}

// heard is an event as plainForm writes it.
type heard struct {
	cursor  string
	resync  bool
	ids     []string
	numbers []int
	times   []int64
}

func hear(text []byte) (h heard) {
	words := strings.Split(string(text), " ")
	h.cursor, h.resync = words[0], words[1] == "true"
	for _, word := range words[2:] {
		id, rest, _ := strings.Cut(word, "=")
		number, at, _ := strings.Cut(rest, "@")
		n, _ := strconv.Atoi(number)
		nanoseconds, _ := strconv.ParseInt(at, 10, 64)
		h.ids, h.numbers, h.times = append(h.ids, id), append(h.numbers, n), append(h.times, nanoseconds)
	}
	return h
}
