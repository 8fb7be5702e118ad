package live

import (
	"bytes"
	"context"
	"errors"
	"hash/maphash"
	"time"

	"jobsgateway/graph/paging"
	"jobsgateway/internal/memory"
	"jobsgateway/restclient"
)

// Bounds of one reading of a list, beyond which its streams are told to read it again themselves.
const (
	maxRead      = 2500     // records: five full pages
	maxReadBytes = 16 << 20 // of answers, which are held meanwhile
	// spare is how many records more are asked for than there were the last time.
	spare = 4
)

// reading is what was read of a list, from its start on.
type reading struct {
	seen  []sight // each job once, in the order of the list
	ids   map[string]bool
	calls int
	bytes int64
	back  time.Time // how far it was to be read; zero for the whole list
	all   bool      // and was
	pages []*restclient.JobsPage
}

// reaches reports whether everything was seen that changed at a time or later; at any time, if it is zero.
func (r *reading) reaches(at time.Time) bool {
	if r.all && !at.Before(r.back) {
		return true
	}
	n := len(r.seen)
	return n > 0 && r.seen[n-1].at.Before(at)
}

// countFrom returns how many of the jobs that were seen have changed at a time or later.
func (r *reading) countFrom(at time.Time) int {
	n := len(r.seen)
	for n > 0 && r.seen[n-1].at.Before(at) {
		n--
	}
	return n
}

// abandon leaves the memory of the answers to the garbage collector, since somebody may still read them.
func (r *reading) abandon() {
	for _, page := range r.pages {
		page.Abandon()
	}
	r.pages = nil
}

// release gives the memory of the answers back. After that no job that was seen may be read.
func (r *reading) release() {
	for _, page := range r.pages {
		page.Release()
	}
	r.pages = nil
}

// copyOf returns a job that outlives the answer that it is in.
func copyOf(job *restclient.Job) *restclient.Job {
	kept, err := restclient.ReadJob(bytes.Clone(job.Raw()))
	if err != nil { // it was read before
		panic(err)
	}
	return kept
}

// read reads the list back to a time, or all of it if that is zero: at most so many pages, and within the
// bounds. If one page more would need more memory than a reading may hold, it ends there, and fewer records are
// asked for at first. The reading is released by who gets it, also beside an error. Errors: those of
// paging.Reader, and what ends a list early.
func (p *poll) read(ctx context.Context, back time.Time, pages int) (*reading, error) {
	r := &reading{ids: map[string]bool{}, back: back}
	returned := false
	defer func() {
		if !returned { // a panic
			r.abandon()
		}
	}()
	r, err := p.readInto(ctx, r, pages)
	returned = true
	return r, err
}

// readInto is read.
func (p *poll) readInto(ctx context.Context, r *reading, pages int) (*reading, error) {
	back, cfg := r.back, &p.engine.cfg
	reader := paging.Reader{Offsets: &p.engine.offsets, Logger: cfg.Logger}
	reader.Ask = func(ctx context.Context, q restclient.JobsQuery, _ bool) (*restclient.JobsPage, error) {
		r.calls++
		page, err := cfg.Upstream.Jobs(ctx, q)
		if page != nil {
			r.pages = append(r.pages, page)
			r.bytes += int64(page.Size())
		}
		return page, err
	}
	var args paging.Args
	if !back.IsZero() {
		args.UpdatedAt = &paging.TimeRange{From: &back}
	}
	for size := p.size; ; size = restclient.MaxPerPage - 1 {
		first := int32(size)
		args.First = &first
		plan, err := paging.NewPlan(p.list, args, paging.Limits{Max: restclient.MaxPerPage})
		if err != nil {
			return r, err
		}
		plan.Forget(paging.Unasked{Total: true})
		page, err := reader.Read(ctx, &plan)
		if _, isTooMuch := errors.AsType[*memory.LimitError](err); isTooMuch {
			p.size = spare
			if len(r.seen) > 0 {
				return r, nil
			}
		}
		if err != nil {
			return r, err
		}
		r.take(p.engine.seed, page.Records)
		pages--
		_, last := page.Ends()
		switch {
		case page.Fault != nil:
			return r, page.Fault
		case !page.HasNextPage:
			r.all = true
			return r, nil
		case last < 0, pages == 0, len(r.seen) >= maxRead, r.bytes >= maxReadBytes:
			return r, nil
		}
		cursor := string(page.AppendCursor(nil, last))
		args.After = &cursor
	}
}

// take adds the records of a page, but those that cannot be read. A job that moved up in the list meanwhile, and
// was seen there, is known.
func (r *reading) take(seed maphash.Seed, records []restclient.Record) {
	for _, record := range records {
		if record.Job == nil {
			continue
		}
		if s := sightOf(seed, record.Job); !r.ids[s.id] {
			r.ids[s.id] = true
			r.seen = append(r.seen, s)
		}
	}
}

// sightOf returns a job as it is seen.
func sightOf(seed maphash.Seed, job *restclient.Job) sight {
	return sight{idOf(job), job, version{job.UpdatedAt().Time(), maphash.Bytes(seed, job.Raw())}}
}

// readNow reads the list for the first time: so much of it as a later poll may see again, and what streams
// want that go on from a time before that.
func (p *poll) readNow(ctx context.Context, w work) (*reading, error) {
	if w.goesBack {
		return p.read(ctx, w.back, -1)
	}
	r, err := p.read(ctx, time.Time{}, 1)
	if err != nil || r.all || len(r.seen) == 0 {
		return r, err
	}
	var mark watermark
	mark.raise(r.seen, time.Now())
	if r.reaches(mark.from()) {
		return r, nil
	}
	r.release()
	calls := r.calls
	if r, err = p.read(ctx, mark.from(), -1); r != nil {
		r.calls += calls
	}
	return r, err
}
