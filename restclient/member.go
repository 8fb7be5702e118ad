package restclient

import "jobsgateway/internal/rawjson"

// Member numbers the members of a record that mean something here.
type Member int

// The members, each with its name in memberNames.
const (
	MemberID Member = iota
	MemberState
	MemberType
	MemberCreatedAt
	MemberUpdatedAt
	MemberEndedAt
	MemberInput
	MemberResult
	MemberFailures
	MemberDataPlane
	MemberRequestSource
	MemberTags
	MemberExecutor
	MemberIdempotencyKey
	memberCount // how many there are
)

// memberNames are the names of the members. Source: GET /jobs; failures and tags: the vendor's documents.
var memberNames = [memberCount]string{
	MemberID:             "job_id",
	MemberState:          "state",
	MemberType:           "type",
	MemberCreatedAt:      "created_at",
	MemberUpdatedAt:      "updated_at",
	MemberEndedAt:        "ended_at",
	MemberInput:          "input",
	MemberResult:         "result",
	MemberFailures:       "failures",
	MemberDataPlane:      "data_plane_id",
	MemberRequestSource:  "request_source",
	MemberTags:           "tags",
	MemberExecutor:       "executor",
	MemberIdempotencyKey: "idempotency_key",
}

// Member gives the value of a member, one of the constants; nil when it is absent. Of equal names the last counts. It
// allocates nothing.
func (j *Job) Member(m Member) rawjson.Value {
	at := j.members[m]
	if at.to == 0 {
		return nil
	}
	return j.raw[at.from:at.to:at.to]
}
