package emulator

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"
)

// generator makes drafts from a seed. Each job has its own random stream, numbered like the job, so that its
// content does not depend on how many others were asked for before it.
type generator struct {
	opts   *Options
	badFor time.Duration
	bad    time.Time // start of the bad hour
	modern time.Time // from here on compiled SQL is called compiled_select
}

// The streams of a seed that are not jobs; jobs are numbered from 1. The last four are the first, counting
// downwards, of as many streams as there are jobs, workflows or executors.
const (
	streamHistory   = -1
	streamLiving    = -2
	streamHolds     = -1_000_000_000
	streamFailures  = -2_000_000_000
	streamWorkflows = -3_000_000_000
	streamExecutors = -4_000_000_000
)

// newGenerator makes a generator. The bad hour begins at five eighths of the span, and the newer name of
// compiled SQL at a quarter.
func newGenerator(opts Options) *generator {
	begin := opts.End.Add(-opts.Span)
	return &generator{
		opts:   &opts,
		bad:    begin.Add(opts.Span * 5 / 8),
		badFor: min(time.Hour, opts.Span/10),
		modern: begin.Add(opts.Span / 4),
	}
}

// stream returns the random source of one number under the seed.
func (g *generator) stream(n int64) *rand.Rand {
	// Numbers that follow each other are spread over all bits, so that their streams are not alike.
	spread := uint64(n) * 0x9E3779B97F4A7C15 //nolint:gosec // negative numbers wrap, and stay different
	return rand.New(rand.NewPCG(g.opts.Seed, spread))
}

// history makes the jobs up to the end, oldest first, and lists those that have not finished by then.
func (g *generator) history() (jobs []*job, unfinished []appointment) {
	times, held := g.arrivals()
	jobs = make([]*job, len(times))
	for i, created := range times {
		d := g.draft(i+1, created)
		if fromEnd := len(times) - 1 - i; fromEnd < held {
			d.hold(holdPattern[fromEnd%len(holdPattern)], g.stream(streamHolds-int64(i)), g.opts.End)
			g.fail(d)
		}
		j, next := d.record(g.opts.End, g.opts)
		j.seq = int64(i + 1)
		jobs[i] = j
		if !next.IsZero() {
			unfinished = append(unfinished, appointment{due: next, job: j, draft: d})
		}
	}
	return jobs, unfinished
}

// holdPattern repeats over the newest jobs, newest first, so that every unfinished state occurs.
var holdPattern = [...]hold{
	holdPending, holdRunning, holdRunning, holdCancelling,
	holdScheduled, holdRunning, holdRunning, holdRunning,
}

// arrivals draws the creation times, ascending: a day rhythm, a multiple of the load in the bad hour, some
// exact ties, and a crowd just before the end of which the held newest ones have not finished.
func (g *generator) arrivals() (times []time.Time, held int) {
	r, o := g.stream(streamHistory), g.opts
	held = max(o.Jobs/50, min(len(holdPattern), o.Jobs/4))
	begin, late := o.End.Add(-o.Span), min(30*time.Minute, o.Span/10)
	for len(times) < o.Jobs-held {
		t := begin.Add(time.Duration(r.Int64N(int64(o.Span))))
		if r.Float64() < g.load(t) {
			times = append(times, t)
		}
	}
	for range held {
		times = append(times, o.End.Add(-time.Duration(1+r.Int64N(int64(late)))))
	}
	slices.SortFunc(times, time.Time.Compare)
	for i := range times {
		times[i] = grain(r, times[i])
		if i > 0 && (times[i].Before(times[i-1]) || r.IntN(40) == 0) {
			times[i] = times[i-1]
		}
	}
	return times, held
}

// load returns the chance, 0 to 1, that a job drawn at a moment stays: busy afternoons (UTC), and a burst of
// scheduled work at two in the morning.
func (g *generator) load(t time.Time) float64 {
	if g.inBadHour(t) {
		return 1
	}
	hour := float64(t.Hour()) + float64(t.Minute())/60
	l := 0.08 + 0.25*max(0, math.Cos((hour-15)/24*2*math.Pi))
	if t.Hour() == nightHour {
		l += 0.2
	}
	return l
}

// nightHour is when scheduled work runs, UTC.
const nightHour = 2

// inBadHour reports whether a moment is in the hour in which nearly every job fails.
func (g *generator) inBadHour(t time.Time) bool {
	return !t.Before(g.bad) && t.Before(g.bad.Add(g.badFor))
}

// grain cuts a time downwards so that printed fractions have 0, 3, 5 or 6 digits, mostly 6. Source: the
// digits that occur across the published samples.
func grain(r *rand.Rand, t time.Time) time.Time {
	switch p := r.IntN(100); {
	case p < 3:
		return t.Truncate(time.Second)
	case p < 12:
		return t.Truncate(time.Millisecond)
	case p < 25:
		return t.Truncate(10 * time.Microsecond)
	}
	return micro(t)
}

// draft makes the numbered job with the given creation time.
func (g *generator) draft(n int, created time.Time) *draft {
	r := g.stream(int64(n))
	d := &draft{number: n, created: created, id: uuid(r)}
	d.executor = "job-executor-" + uuid(g.stream(streamExecutors-r.Int64N(16)))
	rank := min(datasets-1, int(math.Pow(r.Float64(), 3.5)*datasets))
	d.dataset = int64(firstDataset + rank*datasetStep)
	d.plane = planes[min(len(planes)-1, rank*rank%11/4)]
	d.company = int64(1 + max(0, rank%6-3))
	if night := created.Hour() == nightHour; night && r.IntN(4) > 0 || r.IntN(3) == 0 {
		d.process = processes[r.IntN(len(processes))]
		if night {
			d.tags = append(d.tags, "nightly")
		}
	} else {
		d.user = 400*d.company + r.Int64N(12)
	}
	if r.IntN(100) < 45 {
		workflow := uuid(g.stream(streamWorkflows - r.Int64N(25)))
		d.tags = append(d.tags, "workflow_enqueued", "workflow_id="+workflow)
	}
	if r.IntN(12) == 0 {
		d.tags = append(d.tags, "batch-processing", "item-"+strconv.Itoa(r.IntN(40)))
	}
	failing := 0.07
	if g.inBadHour(created) {
		failing = 0.8
	}
	d.plan(r, failing)
	g.content(d, r)
	if g.opts.Drift && n%50 == 13 {
		d.kind = "datasets_rewrite_manifest"
	}
	g.fail(d)
	return d
}

// fail writes the failures of a job whose outcome is failure. It has its own stream, because a held job is
// written again with its later end.
func (g *generator) fail(d *draft) {
	if d.outcome != "failed" {
		return
	}
	r := g.stream(streamFailures - int64(d.number))
	m := mishaps[1+outage+r.IntN(len(mishaps)-1-outage)]
	if g.inBadHour(d.created) {
		m = mishaps[outage]
	}
	d.failure = m.failures(d, g.trace(r, m))
}

// trace invents a stack trace: a few lines, or hundreds when heavy.
func (g *generator) trace(r *rand.Rand, m mishap) string {
	b := []byte(m.exception)
	for range g.size(3 + r.IntN(5)) {
		b = append(append(b, "\n\t"...), frames[r.IntN(len(frames))]...)
	}
	return string(b)
}

// size scales a number of parts up for heavy records.
func (g *generator) size(n int) int {
	if g.opts.Heavy {
		return 40 * n
	}
	return n
}

// uuid returns a random (version 4) uuid.
func uuid(r *rand.Rand) string {
	var u [16]byte
	binary.BigEndian.PutUint64(u[:8], r.Uint64()&^0xf000|0x4000)
	binary.BigEndian.PutUint64(u[8:], r.Uint64()&^(3<<62)|2<<62)
	b := make([]byte, 0, 36)
	for i, part := range [...][]byte{u[:4], u[4:6], u[6:8], u[8:10], u[10:]} {
		if i > 0 {
			b = append(b, '-')
		}
		b = hex.AppendEncode(b, part)
	}
	return string(b)
}

// digest returns what looks like a SHA-256 in hexadecimal.
func digest(r *rand.Rand) string {
	var b []byte
	for range 4 {
		b = binary.BigEndian.AppendUint64(b, r.Uint64())
	}
	return hex.EncodeToString(b)
}
