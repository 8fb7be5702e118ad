package restclient

import "iter"

// Member numbers the members of a record that mean something here.
type Member int

// members
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
)

// Member m.
func (j *Job) Member(m Member) JSON { return j.members[m] }

// Get member.
func (v JSON) Get(name string) JSON {
	if v.IsEmpty() || v[0] != '{' {
		return nil
	}
	m, _ := v.Object()
	return m[name]
}

// Elements of array.
func (v JSON) Elements() iter.Seq[JSON] {
	return func(yield func(JSON) bool) {
		if v.IsEmpty() || v[0] != '[' {
			return
		}
		all, _ := v.Array()
		for _, e := range all {
			if !yield(e) {
				return
			}
		}
	}
}

// AppendTo appends.
func (t Timestamp) AppendTo(b []byte) []byte { return append(b, t.text...) }
