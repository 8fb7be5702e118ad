package emulator

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// query is what a list request asks for: what to match, in which order, and which stretch of it.
type query struct {
	states, types, tags []string // any of, each; empty matches all
	plane               string   // lower case; empty matches all
	dataset             *int64
	company             int64 // 0: not restricted to a company
	updated, ascending  bool
	steadyTies          bool
	ties                TieRule
	perPage, offset     int
}

// parameters are the names that GET /jobs knows. Source: upstream GET /jobs.
var parameters = []string{
	"data_plane_id", "dataset_id", "offset", "order_by", "per_page", "state", "tag", "type",
}

// states are the words that the state filter accepts, the one that an older generation lacks last. Source:
// upstream GET /jobs; for the last one the vendor's other interfaces.
var states = [...]string{
	"cancelled", "completed", "failed", "pending", "pending_cancellation", "running", "scheduled",
}

// knownStates returns the states of the generation of the API that is served.
func knownStates(older bool) []string {
	if older {
		return states[:len(states)-1]
	}
	return states[:]
}

// parseQuery reads the parameters of GET /jobs. Lists repeat their key; of a repeated single value the first
// counts. Refused with 400: an unknown state or order (inferred), a malformed data plane (inferred) or
// number, a negative offset (inferred), and a per_page above MaxPerPage or below zero. per_page=0 is an empty
// page with honest totals (inferred). An older generation knows fewer states.
func parseQuery(raw string, older bool) (query, *refusal) {
	v, err := url.ParseQuery(raw)
	if err != nil {
		return query{}, badRequest("query string: %v", err)
	}
	q := query{states: v["state"], types: v["type"], tags: v["tag"], perPage: MaxPerPage}
	for _, s := range q.states {
		if known := knownStates(older); !slices.Contains(known, s) {
			return q, badRequest("state: %q is not one of %s", s, strings.Join(known, ", "))
		}
	}
	if v.Has("data_plane_id") {
		q.plane = strings.ToLower(v.Get("data_plane_id"))
		if !uuidForm.MatchString(q.plane) {
			return q, badRequest("data_plane_id: %q is not a uuid", v.Get("data_plane_id"))
		}
	}
	if v.Has("dataset_id") {
		n, err := strconv.ParseInt(v.Get("dataset_id"), 10, 64)
		if err != nil {
			return q, badRequest("dataset_id: %q is not an integer", v.Get("dataset_id"))
		}
		q.dataset = &n
	}
	var no *refusal
	if q.perPage, no = count(v, "per_page", MaxPerPage); no != nil {
		return q, no
	}
	if q.perPage > MaxPerPage {
		return q, badRequest("per_page: %d is more than %d", q.perPage, MaxPerPage)
	}
	if q.offset, no = count(v, "offset", 0); no != nil {
		return q, no
	}
	return q, q.orderBy(v)
}

// orders are the words of order_by: by which time, and which way. Source: upstream GET /jobs.
var orders = map[string]struct{ updated, ascending bool }{
	"created_at_asc": {false, true}, "created_at_desc": {false, false},
	"updated_at_asc": {true, true}, "updated_at_desc": {true, false},
}

// orderBy reads order_by; without one the newest job comes first.
func (q *query) orderBy(v url.Values) *refusal {
	order, known := orders[v.Get("order_by")]
	if v.Has("order_by") && !known {
		return badRequest("order_by: %q is not an order", v.Get("order_by"))
	}
	q.updated, q.ascending = order.updated, order.ascending
	return nil
}

// everything reports whether the query matches every job, so that no job has to be looked at.
func (q *query) everything() bool {
	return len(q.states) == 0 && len(q.types) == 0 && len(q.tags) == 0 &&
		q.plane == "" && q.dataset == nil && q.company == 0
}

// matches reports whether a job passes the filter: any value within one parameter, all parameters together
// (inferred). A job that lacks the member asked for, or has it empty, never matches.
func (q *query) matches(j *job) bool {
	has := func(tag string) bool { return slices.Contains(j.tags, tag) }
	return (q.company == 0 || q.company == j.company) &&
		(len(q.states) == 0 || slices.Contains(q.states, j.state)) &&
		(len(q.types) == 0 || j.kind != "" && slices.Contains(q.types, j.kind)) &&
		(q.plane == "" || q.plane == j.plane) &&
		(q.dataset == nil || j.hasDataset && *q.dataset == j.dataset) &&
		(len(q.tags) == 0 || slices.ContainsFunc(q.tags, has))
}

// count reads a parameter that counts records: an integer of zero or more, or missing where it is absent.
func count(v url.Values, name string, missing int) (int, *refusal) {
	if !v.Has(name) {
		return missing, nil
	}
	n, err := strconv.Atoi(v.Get(name))
	if err != nil || n < 0 {
		return 0, badRequest("%s: %q is not an integer of 0 or more", name, v.Get(name))
	}
	return n, nil
}

// unknownParameters returns the names that GET /jobs does not know, sorted.
func unknownParameters(v url.Values) []string {
	var names []string
	for name := range v {
		if !slices.Contains(parameters, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// uuidForm is the canonical form of a uuid, in either case.
var uuidForm = regexp.MustCompile(`^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`)
