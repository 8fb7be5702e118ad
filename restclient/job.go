package restclient

import (
	"bytes"
	"context"

	"github.com/google/uuid"

	"jobsgateway/internal/rawjson"
)

// State is the state of a job, among those that this program knows.
type State string

// The states of the Jobs API, and StateUnknown for any other word. Source: GET /jobs, state; StateScheduled:
// the vendor's other interfaces, so not every Jobs API has it.
const (
	StatePending             State = "pending"
	StateScheduled           State = "scheduled"
	StateRunning             State = "running"
	StateCompleted           State = "completed"
	StateFailed              State = "failed"
	StateCancelled           State = "cancelled"
	StatePendingCancellation State = "pending_cancellation"
	StateUnknown             State = ""
)

// states are the known states, the most frequent first: Job.State compares them in this order.
var states = [...]State{
	StateCompleted, StateFailed, StateRunning, StatePending, StateCancelled, StateScheduled,
	StatePendingCancellation,
}

// IsFinal reports whether the job has ended. An operator can still put it back into the queue.
func (s State) IsFinal() bool {
	return s == StateCompleted || s == StateFailed || s == StateCancelled
}

// JobID is a job's UUID in canonical form: lower case, with dashes.
type JobID string

// ParseJobID returns the id that s spells: a UUID with dashes, in upper or lower case; false for anything
// else.
// It is what a caller gives: other text never becomes a part of a URL.
func ParseJobID(s string) (JobID, bool) {
	const canonicalLength = 36 // bytes; the library also accepts braces, a prefix, and no dashes
	id, err := uuid.Parse(s)
	if err != nil || len(s) != canonicalLength {
		return "", false
	}
	return JobID(id.String()), true
}

// JobIDFromBinary returns the id of a UUID's 16 bytes.
func JobIDFromBinary(b [16]byte) JobID { return JobID(uuid.UUID(b).String()) }

// AppendBinary appends the UUID's 16 bytes to b.
func (id JobID) AppendBinary(b []byte) []byte {
	parsed, _ := uuid.Parse(string(id)) // a JobID is a UUID
	return append(b, parsed[:]...)
}

// String returns the canonical form.
func (id JobID) String() string { return string(id) }

// Job is one record. It is checked to be JSON and to have the members that every job needs; the others are
// read when somebody asks for them. It is a part of the body of an answer: of a page that has been released
// no job may be read, nor is a job that was released itself.
type Job struct {
	raw     rawjson.Value
	members [len(members)]span
	hold    *hold // of a job that is alone in its answer; nil for one of a page
}

// span is where a member's value stands in its record, in bytes: [from, to). to is 0 for a member that is
// absent.
type span struct{ from, to uint32 }

// ID returns the job's UUID as the Jobs API wrote it. Never empty.
func (j *Job) ID() string { return j.Member(MemberID).TextOrEmpty() }

// State returns the state; StateUnknown for a word that is not known here. It allocates nothing.
func (j *Job) State() State {
	word := j.Member(MemberState)
	written, escaped := word.Quoted(), bytes.IndexByte(word, '\\') >= 0
	for _, s := range states {
		if string(written) == string(s) || escaped && word.Says(string(s)) {
			return s
		}
	}
	return StateUnknown
}

// RawState returns the state's word as the Jobs API wrote it. Never empty.
func (j *Job) RawState() string { return j.Member(MemberState).TextOrEmpty() }

// IsFinal is State().IsFinal().
func (j *Job) IsFinal() bool { return j.State().IsFinal() }

// Type returns the kind of work, an open set of words. Never empty.
func (j *Job) Type() string { return j.Member(MemberType).TextOrEmpty() }

// CreatedAt returns when the job was submitted.
func (j *Job) CreatedAt() Timestamp { return j.neededTime(MemberCreatedAt) }

// UpdatedAt returns when the record last changed; it can be later than ended_at.
func (j *Job) UpdatedAt() Timestamp { return j.neededTime(MemberUpdatedAt) }

// neededTime reads an instant that was found readable when the record was decoded.
func (j *Job) neededTime(m Member) Timestamp {
	t, _ := ReadTimestamp(j.Member(m))
	return t
}

// AppendCreatedAt appends CreatedAt().String().
func (j *Job) AppendCreatedAt(b []byte) []byte { return j.appendTime(b, MemberCreatedAt) }

// AppendUpdatedAt appends UpdatedAt().String().
func (j *Job) AppendUpdatedAt(b []byte) []byte { return j.appendTime(b, MemberUpdatedAt) }

// appendTime appends an instant that was found readable when the record was decoded. Nearly all are written
// without a zone: then their digits are copied.
func (j *Job) appendTime(b []byte, m Member) []byte {
	if text := j.Member(m).Quoted(); isZoneless(text) {
		return append(append(b, text...), 'Z')
	}
	return j.neededTime(m).AppendTo(b)
}

// Raw returns the whole record, byte for byte.
func (j *Job) Raw() rawjson.Value { return j.raw }

// ReadJob reads one record, such as a copy of Job.Raw that outlives its answer. The job is a part of record,
// which may not change any more. Errors: KindMalformed.
func ReadJob(record []byte) (*Job, error) { return readJob(record, nil) }

// Job returns one job, by one call.
//
// Upstream: GET /jobs/{job_id}. Errors: every kind; KindNotFound also when this token may not see the job.
func (c *Client) Job(ctx context.Context, id JobID) (*Job, error) {
	one := call{token: c.tokenOf(ctx), suffix: "/" + string(id)}
	return shared(ctx, c, &c.jobs, one, func(h *hold, err error) (*Job, error) {
		if err != nil {
			return nil, err
		}
		drifts := c.newDrifts()
		job, err := readJob(h.body, drifts)
		c.report(ctx, drifts, one.token)
		if err != nil {
			return nil, err
		}
		if !job.isCalled(id) {
			return nil, malformed("it is another job than was asked for")
		}
		job.hold = h
		return job, nil
	})
}

// isCalled reports whether the job's own id is this one, in whatever letters the Jobs API writes it.
func (j *Job) isCalled(id JobID) bool {
	own, err := uuid.Parse(j.ID())
	return err == nil && own.String() == string(id)
}
