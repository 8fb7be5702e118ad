package emulator

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"
)

// draft is the whole life of one generated job, fixed when it is created: history and living data ask it the
// same question, what the record says at a given moment. Nothing in it changes once its job is stored.
type draft struct {
	number          int // from 1, in the order of creation
	id, kind, plane string
	key, executor   string
	// process is the name of the request source; empty means that a user asked.
	process string
	// company owns the job in either case, even where the record does not say so.
	company, user int64
	// dataset is what the job works on; hasDataset tells whether its input shows that.
	dataset    int64
	hasDataset bool
	tags       []string
	// input, result and failure are encoded JSON; the record shows the last two when the state allows it.
	input, result, failure []byte

	// scheduled is when the job got a pool of executors, started when it got an executor of it.
	created, scheduled, started time.Time
	// cancelled is when somebody asked for cancellation; zero means never.
	cancelled time.Time
	ended     time.Time
	// outcome is the last state: completed, failed or cancelled.
	outcome string
	// lag is the time from ended_at to the last write, which updated_at shows. Source: upstream GET /jobs,
	// whose example has 15 microseconds there.
	lag time.Duration
}

// hold bends a life so that it is unfinished at a given moment.
type hold int

const (
	free           hold = iota // as planned
	holdPending                // waits for a pool of executors
	holdScheduled              // waits for an executor of its pool
	holdRunning                // has one
	holdCancelling             // has one, and was asked to stop
)

// state returns where the job stands at a moment, when its record was last written, and when it next moves;
// next is zero for a finished job.
func (d *draft) state(now time.Time) (state string, updated, next time.Time) {
	cancelling := !d.cancelled.IsZero() && !d.cancelled.After(now)
	settled := d.ended.Add(d.lag)
	switch {
	case !settled.After(now):
		return d.outcome, settled, time.Time{}
	case cancelling:
		return "pending_cancellation", d.cancelled, settled
	case !d.started.After(now):
		return "running", d.started, earliest(d.cancelled, settled)
	case !d.scheduled.After(now):
		return "scheduled", d.scheduled, earliest(d.cancelled, d.started)
	}
	return "pending", d.created, earliest(d.cancelled, d.scheduled)
}

// earliest returns the first of two moments; a zero first one does not count.
func earliest(maybe, t time.Time) time.Time {
	if !maybe.IsZero() && maybe.Before(t) {
		return maybe
	}
	return t
}

// plan draws the course of a job. Source: waits of seconds, runs of rarely less than half a minute, five
// minutes in the middle and hours at the end; facts on operations, vendor documentation.
func (d *draft) plan(r *rand.Rand, failing float64) {
	wait := time.Duration(r.ExpFloat64() * float64(15*time.Second))
	minutes := 5 * math.Exp(r.NormFloat64()*0.9)
	run := max(20*time.Second, min(6*time.Hour, time.Duration(minutes*float64(time.Minute))))
	d.scheduled = micro(d.created.Add((wait + time.Second) / 3))
	d.started = micro(d.created.Add(wait + time.Second))
	d.ended = micro(d.started.Add(run))
	d.lag = time.Duration(2+r.IntN(39)) * time.Microsecond
	d.outcome = "completed"
	switch p := r.Float64(); {
	case p < failing:
		d.outcome = "failed"
	case p < failing+0.05:
		// Most cancellations catch the job running, some while it waits; a few come too late.
		d.cancelled = micro(d.created.Add(time.Duration(r.Float64() * float64(d.ended.Sub(d.created)))))
		d.ended = micro(earliest(d.cancelled.Add(time.Duration(2+r.IntN(40))*time.Second), d.ended))
		if r.IntN(8) > 0 {
			d.outcome = "cancelled"
		}
		if d.cancelled.Before(d.started) {
			d.outcome = "cancelled" // what never ran cannot have finished
		}
	}
}

// hold moves a planned life so that it is still going at end, which must not be before its creation.
func (d *draft) hold(h hold, r *rand.Rand, end time.Time) {
	// The lives go on after end, most of them within minutes, when time passes.
	soon := func(most time.Duration) time.Duration {
		return time.Second + time.Duration(r.Int64N(int64(most)))
	}
	since := end.Sub(d.created)
	d.cancelled = time.Time{}
	d.scheduled = micro(d.created.Add(since / 6))
	d.started = micro(d.created.Add(since / 3))
	d.ended = micro(end.Add(soon(8 * time.Minute)))
	switch h {
	case free, holdRunning:
	case holdPending, holdScheduled:
		d.started = micro(end.Add(soon(time.Minute)))
		d.ended = micro(d.started.Add(soon(8 * time.Minute)))
		if h == holdPending {
			d.scheduled = micro(end.Add(d.started.Sub(end) / 2))
		}
	case holdCancelling:
		d.cancelled = micro(d.created.Add(since * 2 / 3))
		d.ended = micro(end.Add(soon(time.Minute)))
		d.outcome = "cancelled"
	}
	if d.outcome == "cancelled" && h != holdCancelling {
		d.outcome = "completed"
	}
}

// micro cuts a time to microseconds, which is what a record can print.
func micro(t time.Time) time.Time { return t.Truncate(time.Microsecond) }

// source writes request_source: a user of the company, or a process without either.
// Source: upstream GET /jobs, and the vendor's webhook page.
func (d *draft) source(drift bool) []byte {
	b := []byte{'{'}
	switch {
	case drift && d.number%50 == 19:
		b = text(b, "type", "workflow_task")
		b = text(b, "workflow_id", d.id)
	case d.process != "":
		b = text(b, "type", "process")
		b = text(b, "name", d.process)
	default:
		b = text(b, "type", "api_user")
		b = number(b, "company_id", d.company)
		b = number(b, "user_id", d.user)
	}
	return append(b, '}')
}

// failures writes the failures array of a job that failed at ended.
func (m mishap) failures(d *draft, trace string) []byte {
	b := text([]byte("[{"), "message", fmt.Sprintf(m.message, d.dataset))
	b = instant(b, "timestamp", d.ended)
	b = append(member(b, "value"), '{')
	b = text(b, "stacktrace", trace)
	return append(b, "}}]"...)
}

// record encodes the job as it stands at a moment, and says when it next moves.
func (d *draft) record(now time.Time, o *Options) (j *job, next time.Time) {
	state, updated, next := d.state(now)
	finished := next.IsZero()
	executor, ended, result := d.executor, time.Time{}, []byte(nil)
	if d.started.After(now) || d.started.After(d.ended) {
		executor = ""
	}
	if finished && !o.NoEnds {
		ended = d.ended
	}
	if o.Older && state == "scheduled" {
		state, updated = "pending", d.created
	}
	if state == "completed" {
		result = d.result
	}
	if o.Drift && finished && d.number%50 == 7 {
		state = "archiving"
	}
	b := make([]byte, 0, len(d.input)+len(result)+1024)
	b = append(b, '{')
	b = text(b, "job_id", d.id)
	if !o.Older {
		b = optional(b, "data_plane_id", d.plane)
	}
	b = value(b, "request_source", d.source(o.Drift))
	b = text(b, "state", state)
	b = text(b, "type", d.kind)
	b = value(b, "input", d.input)
	b = optional(b, "executor", executor)
	b = text(b, "idempotency_key", d.key)
	b = value(b, "result", result)
	if state == "failed" {
		b = value(b, "failures", d.failure)
	}
	b = instant(b, "created_at", d.created)
	b = instant(b, "updated_at", updated)
	b = instant(b, "ended_at", ended)
	if o.Tags {
		b = texts(b, "tags", d.tags)
	}
	if o.Drift && d.number%5 == 0 {
		b = number(b, "priority", int64(d.number%7))
		b = value(b, "placement", []byte(`{"compute_pool_id":null,"zones":["a","b"],"weights":[0.25,1e3]}`))
	}
	return &job{
		raw: append(b, '}'), id: d.id, state: state, kind: d.kind, plane: d.plane, tags: d.tags,
		dataset: d.dataset, hasDataset: d.hasDataset, company: d.company,
		created: d.created, updated: updated, born: d.created,
	}, next
}
