package restclient

import (
	"context"

	"github.com/google/uuid"

	"jobsgateway/internal/rawjson"
)

// State is a job's state as this version knows it.
type State string

// The states of the Jobs API, and StateUnknown for any other word. Source: GET /jobs, state; for StateScheduled the vendor's
// other interfaces, so that not every Jobs API knows it.
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

// states are the known ones, the most frequent first.
var states = [...]State{
	StateCompleted, StateFailed, StateRunning, StatePending, StateCancelled, StateScheduled, StatePendingCancellation,
}

// stateOf returns the state of a JSON string; a new word is StateUnknown, never an error.
func stateOf(word rawjson.Value) State {
	for _, s := range states {
		if word.Says(string(s)) {
			return s
		}
	}
	return StateUnknown
}

// IsFinal reports whether the job has ended. An operator can still force it back into the queue.
func (s State) IsFinal() bool {
	return s == StateCompleted || s == StateFailed || s == StateCancelled
}

// JobID is a job's UUID in canonical form: lower case, with dashes.
type JobID string

// ParseJobID reads a UUID with dashes in any case; false for anything else.
func ParseJobID(s string) (JobID, bool) {
	const canonicalLength = 36 // the library accepts braces, a prefix and no dashes, too
	id, err := uuid.Parse(s)
	if err != nil || len(s) != canonicalLength {
		return "", false
	}
	return JobID(id.String()), true
}

// JobIDFromBinary makes the id of a UUID's 16 bytes.
func JobIDFromBinary(b [16]byte) JobID { return JobID(uuid.UUID(b).String()) }

// AppendBinary appends the UUID's 16 bytes to b.
func (id JobID) AppendBinary(b []byte) []byte {
	parsed, _ := uuid.Parse(string(id)) // a JobID is a UUID
	return append(b, parsed[:]...)
}

// String gives the canonical form.
func (id JobID) String() string { return string(id) }

// Job is one record, checked as JSON and for the members that every job has; the others are read when asked for.
type Job struct {
	raw     rawjson.Value
	members [memberCount]span
}

// span is where a part of a record stands in it; to is 0 for a part that is absent.
type span struct{ from, to uint32 }

// spanOf makes a span of a record's part. The record is refused later when it is too large for one.
func spanOf(from, to int) span {
	return span{uint32(from), uint32(to)} //nolint:gosec // as the comment says
}

// ID is the job's UUID as the Jobs API wrote it. Never empty.
func (j *Job) ID() string { return j.Member(MemberID).TextOrEmpty() }

// State is the state; StateUnknown for a word that is not known here. It allocates nothing for the others.
func (j *Job) State() State { return stateOf(j.Member(MemberState)) }

// RawState is the state's word as the Jobs API wrote it. Never empty.
func (j *Job) RawState() string {
	if known := j.State(); known != StateUnknown {
		return string(known)
	}
	return j.Member(MemberState).TextOrEmpty()
}

// IsFinal is State().IsFinal().
func (j *Job) IsFinal() bool { return j.State().IsFinal() }

// Type is the kind of work, an open set of words. Never empty.
func (j *Job) Type() string { return j.Member(MemberType).TextOrEmpty() }

// CreatedAt is when the job was submitted.
func (j *Job) CreatedAt() Timestamp { return j.essentialTime(MemberCreatedAt) }

// UpdatedAt is when the record last changed; it can be later than EndedAt.
func (j *Job) UpdatedAt() Timestamp { return j.essentialTime(MemberUpdatedAt) }

// AppendCreatedAt appends CreatedAt().String().
func (j *Job) AppendCreatedAt(b []byte) []byte { return j.appendTime(b, MemberCreatedAt) }

// AppendUpdatedAt appends UpdatedAt().String().
func (j *Job) AppendUpdatedAt(b []byte) []byte { return j.appendTime(b, MemberUpdatedAt) }

// appendTime appends an instant that was read once when the record was checked: if it has no zone, as nearly all have, its
// digits are copied as they stand.
func (j *Job) appendTime(b []byte, m Member) []byte {
	v := j.Member(m)
	if text := v[1 : len(v)-1]; isZoneless(text) {
		return append(append(b, text...), 'Z')
	}
	return j.essentialTime(m).AppendTo(b)
}

// essentialTime reads an instant that was read once when the record was checked.
func (j *Job) essentialTime(m Member) Timestamp {
	t, _ := ReadTimestamp(j.Member(m))
	return t
}

// EndedAt is when the job ended; nil while it has not. Errors: KindMalformed.
func (j *Job) EndedAt() (*Timestamp, error) {
	t, err := ReadTimestamp(j.Member(MemberEndedAt))
	if err != nil || t.IsZero() {
		return nil, err
	}
	return &t, nil
}

// Executor names what runs the job; nil before it was dispatched. Errors: KindMalformed.
func (j *Job) Executor() (*string, error) { return j.Member(MemberExecutor).Text() }

// IdempotencyKey is the submitter's or the API's key against double submission. Errors: KindMalformed.
func (j *Job) IdempotencyKey() (*string, error) { return j.Member(MemberIdempotencyKey).Text() }

// DataPlaneID is the UUID of the data plane; nil in older generations of the API. Errors: KindMalformed.
func (j *Job) DataPlaneID() (*string, error) { return j.Member(MemberDataPlane).Text() }

// Input is what the job was asked to do, of a shape that depends on Type; empty when absent.
func (j *Job) Input() rawjson.Value { return j.Member(MemberInput) }

// Result is what the job made, of a shape that depends on Type; empty until it has completed.
func (j *Job) Result() rawjson.Value { return j.Member(MemberResult) }

// RequestSource is an object with a type that tells its other members; empty when absent.
func (j *Job) RequestSource() rawjson.Value { return j.Member(MemberRequestSource) }

// Failures are objects of message, timestamp and value. Errors: KindMalformed when it is not an array.
func (j *Job) Failures() ([]rawjson.Value, error) { return j.Member(MemberFailures).Array() }

// Tags are strings; nil when the record shows none. Errors: KindMalformed when it is not an array.
func (j *Job) Tags() ([]rawjson.Value, error) { return j.Member(MemberTags).Array() }

// Raw is the whole record, byte for byte.
func (j *Job) Raw() rawjson.Value { return j.raw }

// Job asks for one job.
//
// Upstream: GET /jobs/{job_id}. Errors: every kind; KindNotFound also when this token may not see the job.
func (c *Client) Job(ctx context.Context, id JobID) (*Job, error) {
	token := c.caller(ctx)
	job, _, err := shared(ctx, c, &c.jobs, question{token: token, suffix: "/" + string(id)}, func(body []byte, err error) (*Job, error) {
		if err != nil {
			return nil, err
		}
		return decodeJob(body)
	})
	return job, err
}
