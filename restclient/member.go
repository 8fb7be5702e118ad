package restclient

import "bytes"

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
	memberCount // how many there are, and the number of every other name
)

// memberNames are the names of the members. Source: GET /jobs; failures and tags: the vendor's documents.
var memberNames = [memberCount + 1]string{
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
	memberCount:          "",
}

// memberNamed finds the number of a member; name is what stands between the quotes.
func memberNamed(name []byte) Member {
	switch string(name) {
	case "job_id":
		return MemberID
	case "state":
		return MemberState
	case "type":
		return MemberType
	case "created_at":
		return MemberCreatedAt
	case "updated_at":
		return MemberUpdatedAt
	case "ended_at":
		return MemberEndedAt
	case "input":
		return MemberInput
	case "result":
		return MemberResult
	case "failures":
		return MemberFailures
	case "data_plane_id":
		return MemberDataPlane
	case "request_source":
		return MemberRequestSource
	case "tags":
		return MemberTags
	case "executor":
		return MemberExecutor
	case "idempotency_key":
		return MemberIdempotencyKey
	}
	if bytes.IndexByte(name, '\\') >= 0 {
		for m, known := range memberNames[:memberCount] {
			if spells(name, known) {
				return Member(m)
			}
		}
	}
	return memberCount
}

// Member gives the value of a member, one of the constants; nil when it is absent. Of equal names the last counts. It
// allocates nothing.
func (j *Job) Member(m Member) JSON {
	at := j.members[m]
	if at.to == 0 {
		return nil
	}
	return j.raw[at.from:at.to:at.to]
}
