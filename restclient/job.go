package restclient

import (
	"context"
	"strings"

	"github.com/google/uuid"
)

// State is a job's state as this version knows it.
type State string

// The states of the Jobs API, and StateUnknown for any other word. Source: GET /jobs, state.
const (
	StatePending             State = "pending"
	StateRunning             State = "running"
	StateCompleted           State = "completed"
	StateFailed              State = "failed"
	StateCancelled           State = "cancelled"
	StatePendingCancellation State = "pending_cancellation"
	StateUnknown             State = ""
)

// stateOf finds the state for a word; a new word is StateUnknown, never an error.
func stateOf(word string) State {
	switch s := State(word); s {
	case StatePending, StateRunning, StateCompleted, StateFailed, StateCancelled, StatePendingCancellation:
		return s
	case StateUnknown:
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
	raw       JSON
	id        string
	rawState  string
	jobType   string
	createdAt Timestamp
	updatedAt Timestamp
	members   [memberCount]JSON
}

// member numbers the members of a record that mean something here.
type member int

const (
	memberID member = iota
	memberState
	memberType
	memberCreatedAt
	memberUpdatedAt
	memberEndedAt
	memberInput
	memberResult
	memberFailures
	memberDataPlane
	memberRequestSource
	memberTags
	memberExecutor
	memberIdempotencyKey
	memberCount // how many there are, and the number of every other name
)

// memberNamed finds the number of a member. Source: GET /jobs; failures and tags: the vendor's documents.
func memberNamed(name []byte) member {
	switch string(name) {
	case "job_id":
		return memberID
	case "state":
		return memberState
	case "type":
		return memberType
	case "created_at":
		return memberCreatedAt
	case "updated_at":
		return memberUpdatedAt
	case "ended_at":
		return memberEndedAt
	case "input":
		return memberInput
	case "result":
		return memberResult
	case "failures":
		return memberFailures
	case "data_plane_id":
		return memberDataPlane
	case "request_source":
		return memberRequestSource
	case "tags":
		return memberTags
	case "executor":
		return memberExecutor
	case "idempotency_key":
		return memberIdempotencyKey
	}
	return memberCount
}

// ID is the job's UUID as the Jobs API wrote it. Never empty.
func (j *Job) ID() string { return j.id }

// State is the state; StateUnknown for a word that is not known here.
func (j *Job) State() State { return stateOf(j.rawState) }

// RawState is the state's word as the Jobs API wrote it. Never empty.
func (j *Job) RawState() string { return j.rawState }

// IsFinal is State().IsFinal().
func (j *Job) IsFinal() bool { return j.State().IsFinal() }

// Type is the kind of work, an open set of words. Never empty.
func (j *Job) Type() string { return j.jobType }

// CreatedAt is when the job was submitted.
func (j *Job) CreatedAt() Timestamp { return j.createdAt }

// UpdatedAt is when the record last changed; it can be later than EndedAt.
func (j *Job) UpdatedAt() Timestamp { return j.updatedAt }

// EndedAt is when the job ended; nil while it has not. Errors: KindMalformed.
func (j *Job) EndedAt() (*Timestamp, error) { return j.members[memberEndedAt].Timestamp() }

// Executor names what runs the job; nil before it was dispatched. Errors: KindMalformed.
func (j *Job) Executor() (*string, error) { return j.members[memberExecutor].Text() }

// IdempotencyKey is the submitter's or the API's key against double submission. Errors: KindMalformed.
func (j *Job) IdempotencyKey() (*string, error) { return j.members[memberIdempotencyKey].Text() }

// DataPlaneID is the UUID of the data plane; nil in older generations of the API. Errors: KindMalformed.
func (j *Job) DataPlaneID() (*string, error) { return j.members[memberDataPlane].Text() }

// Input is what the job was asked to do, of a shape that depends on Type; empty when absent.
func (j *Job) Input() JSON { return j.members[memberInput] }

// Result is what the job made, of a shape that depends on Type; empty until it has completed.
func (j *Job) Result() JSON { return j.members[memberResult] }

// RequestSource is an object with a type that tells its other members; empty when absent.
func (j *Job) RequestSource() JSON { return j.members[memberRequestSource] }

// Failures are objects of message, timestamp and value. Errors: KindMalformed when it is not an array.
func (j *Job) Failures() ([]JSON, error) { return j.members[memberFailures].Array() }

// Tags are the job's tags; nil when the record shows none. Errors: KindMalformed.
func (j *Job) Tags() ([]string, error) {
	elements, err := j.members[memberTags].Array()
	if err != nil || elements == nil {
		return nil, err
	}
	tags := make([]string, 0, len(elements))
	for _, element := range elements {
		tag, err := element.Text()
		if err != nil {
			return nil, err
		}
		if tag != nil {
			tags = append(tags, *tag)
		}
	}
	return tags, nil
}

// Raw is the whole record, byte for byte.
func (j *Job) Raw() JSON { return j.raw }

// Job asks for one job.
//
// Upstream: GET /jobs/{job_id}. Errors: every kind; KindNotFound also when this token may not see the job.
func (c *Client) Job(ctx context.Context, id JobID) (*Job, error) {
	return shared(ctx, c, &c.jobs, "/"+string(id), func(body []byte, err error) (*Job, error) {
		if err != nil {
			return nil, err
		}
		return decodeJob(body)
	})
}

// DatasetOf finds the dataset that a job's input or result names: its dataset_id, or dataset.id in newer records; nil
// when it names none. Other jobs may call anything a dataset, so one that is no object names none. Errors:
// KindMalformed when v is neither an object nor empty, or the id is no number of 0 or more.
func DatasetOf(v JSON) (*string, error) {
	members, err := v.Object()
	if err != nil {
		return nil, err
	}
	id := members["dataset_id"]
	if nested := members["dataset"]; id.IsEmpty() && len(nested) > 0 && nested[0] == '{' {
		if members, err = nested.Object(); err != nil {
			return nil, err
		}
		id = members["id"]
	}
	number, err := id.Integer()
	if err == nil && number != nil && strings.HasPrefix(*number, "-") {
		return nil, malformed("a dataset with a negative number")
	}
	return number, err
}
