package restclient

import (
	"slices"

	"jobsgateway/internal/rawjson"
)

// Member is the index of a member of a record in the table of members.
type Member int

// The members that have a meaning in the program.
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

	memberExecutor
	memberIdempotencyKey
)

// need is what a record must have as a member to be a job.
type need int

const (
	optional need = iota // nothing: the member may be absent or of any type
	aText                // a string that is not empty
	aTime                // an instant that ReadTimestamp reads
)

// members has a row for each member that is read; those that every job needs come first. A member that is
// only handed on needs no constant: MemberNamed finds it. Source: GET /jobs; failures and tags: the vendor's
// documents.
var members = [...]struct {
	name string
	need need
}{
	MemberID:             {"job_id", aText},
	MemberState:          {"state", aText},
	MemberType:           {"type", aText},
	MemberCreatedAt:      {"created_at", aTime},
	MemberUpdatedAt:      {"updated_at", aTime},
	MemberEndedAt:        {"ended_at", optional},
	MemberInput:          {"input", optional},
	MemberResult:         {"result", optional},
	MemberFailures:       {"failures", optional},
	MemberDataPlane:      {"data_plane_id", optional},
	MemberRequestSource:  {"request_source", optional},
	MemberTags:           {"tags", optional},
	memberExecutor:       {"executor", optional},
	memberIdempotencyKey: {"idempotency_key", optional},
}

// memberNames has the name of each member.
var memberNames = func() (names [len(members)]string) { //nolint:gochecknoglobals // a column of the table above
	for m, row := range members {
		names[m] = row.name
	}
	return names
}()

// MemberNamed returns the member of this name. It panics when the table has none: a mistake of the program.
func MemberNamed(name string) Member {
	m := slices.Index(memberNames[:], name)
	if m < 0 {
		panic("restclient: no member is named " + name)
	}
	return Member(m)
}

// Member returns the value of a member; nil when it is absent. Of members with one name the last counts. It
// allocates nothing.
func (j *Job) Member(m Member) rawjson.Value {
	at := j.members[m]
	if at.to == 0 {
		return nil
	}
	return j.raw[at.from:at.to:at.to]
}

// String returns the member's name.
func (m Member) String() string { return members[m].name }
