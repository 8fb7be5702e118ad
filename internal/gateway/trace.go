package gateway

import (
	"net/http"
	"regexp"
	"strings"
)

// trace is where a request stands in a distributed trace: the caller's traceparent, and the tracestate that
// tracing systems on the way wrote beside it; both empty when the request has none. The gateway has no spans
// of its own, so both are passed on as they are.
type trace struct{ parent, state string }

// id returns the part of a traceparent that names the trace, 32 hexadecimal digits.
//
// Example: of 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01 that is
// 4bf92f3577b34da6a3ce929d0e0e4736.
func (t trace) id() string { return t.parent[3:35] }

// acceptableParent is the form of a traceparent of version 00. Source: W3C Trace Context, section 3.2.
var acceptableParent = regexp.MustCompile(`^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$`)

// traceOf returns the caller's trace if there is one traceparent and its ids are not all zeros, with the
// tracestate, if that is well-formed. Anything else is no trace: a request is not refused for it.
func traceOf(header http.Header) trace {
	values := header["Traceparent"]
	if len(values) != 1 || !acceptableParent.MatchString(values[0]) {
		return trace{}
	}
	t := trace{values[0], stateOf(header["Tracestate"])}
	if t.id() == strings.Repeat("0", 32) || t.parent[36:52] == strings.Repeat("0", 16) {
		return trace{}
	}
	return t
}

// Bounds of a tracestate. Source: W3C Trace Context, 3.3.
const (
	maxStateMembers = 32
	maxStateLength  = 512 // characters that have to be passed on
	longStateMember = 128 // characters of a member that gives way first
)

// acceptableMember is one member of a tracestate: whose it is and what they wrote, which does not end in a
// blank.
var acceptableMember = regexp.MustCompile(`^([a-z0-9][a-z0-9_*/@-]{0,255})=` +
	`[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$`)

// stateOf makes one tracestate of a request's headers of that name; empty when any of it is wrong. What is
// longer than has to be passed on loses members: first those over 128 characters, the last of them first,
// then any from the end.
func stateOf(values []string) string {
	if len(values) == 0 {
		return ""
	}
	members, length := make([]string, 0, maxStateMembers), -1
	seen := map[string]bool{}
	for member := range strings.SplitSeq(strings.Join(values, ","), ",") {
		member = strings.Trim(member, " \t")
		if member == "" {
			continue
		}
		parts := acceptableMember.FindStringSubmatch(member)
		if parts == nil || seen[parts[1]] || len(members) == maxStateMembers {
			return ""
		}
		seen[parts[1]] = true
		members, length = append(members, member), length+1+len(member)
	}
	for i := len(members) - 1; i >= 0 && length > maxStateLength; i-- {
		if len(members[i]) > longStateMember {
			length -= len(members[i]) + 1
			members = append(members[:i], members[i+1:]...)
		}
	}
	for ; length > maxStateLength; members = members[:len(members)-1] {
		length -= len(members[len(members)-1]) + 1
	}
	return strings.Join(members, ",")
}
