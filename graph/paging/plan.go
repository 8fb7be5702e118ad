package paging

import (
	"jobsgateway/restclient"
)

// Limits bounds the pages of every list.
type Limits struct {
	// Default is the page size when neither first nor last is given.
	Default int
	// Max is the largest page size, at most restclient.MaxPerPage.
	Max int
}

// Args are the paging arguments of a list as the caller gave them; nil is absent.
type Args struct {
	First, Last, Offset *int32
	After, Before       *string
	// CreatedAt and UpdatedAt are ranges of which one at most fits the order of the list.
	CreatedAt, UpdatedAt *TimeRange
}

// Unasked is what a caller does not ask of a page, so that it need not be read. The zero value asks for all.
type Unasked struct {
	// Records: neither the jobs of the page nor their cursors are asked for.
	Records bool
	// Flags: hasNextPage and hasPreviousPage are not asked for.
	Flags bool
	// Total: how many jobs there are is not asked for.
	Total bool
}

// Both returns what neither of two callers asks for.
func (u Unasked) Both(o Unasked) Unasked {
	return Unasked{u.Records && o.Records, u.Flags && o.Flags, u.Total && o.Total}
}

// Key identifies a page. Plans with equal keys are for the same page.
type Key struct {
	List restclient.JobsQuery // filter and order, without a place
	// Times is the part of the list that the page is of.
	Times Range
	Size  int
	// Offset is where the page starts, in records from the start of the list or of its part, if it has no
	// cursor and is read forwards.
	Offset int64
	// Backwards: the page is read towards the start of the list, from before, or from the end of the list.
	Backwards bool
	cursors   [2]string // after and before, as they came
	// Unasked is set by Forget.
	Unasked Unasked
}

// Plan is what is to be read for a page: a Key whose cursors have been read.
type Plan struct {
	Key
	// Empty: the filter or the range matches no job, so the page is empty and the Jobs API is not asked.
	Empty         bool
	after, before *anchor
}

// NewPlan reads the arguments of a page of a list, of which it takes the filter and the order. It asks
// nothing. Errors: *ArgumentError.
func NewPlan(list restclient.JobsQuery, args Args, limits Limits) (Plan, error) {
	if err := checkCombination(args); err != nil {
		return Plan{}, err
	}
	plan := Plan{Key: Key{
		List: restclient.JobsQuery{Filter: list.Filter, OrderBy: list.OrderBy},
		Size: limits.Default, Backwards: args.Last != nil,
	}}
	name, size := "first", args.First
	if plan.Backwards {
		name, size = "last", args.Last
	}
	if size != nil {
		plan.Size = int(*size)
		if plan.Size < 0 || plan.Size > limits.Max {
			return Plan{}, argumentError(name, "%s takes 0 to %d.", name, limits.Max)
		}
	}
	var err error
	if plan.Times, plan.Empty, err = planRange(list.OrderBy, args); err != nil {
		return Plan{}, err
	}
	if plan.after, plan.cursors[0], err = plan.readCursor("after", args.After); err != nil {
		return Plan{}, err
	}
	if plan.before, plan.cursors[1], err = plan.readCursor("before", args.Before); err != nil {
		return Plan{}, err
	}
	if args.Offset != nil {
		if *args.Offset < 0 {
			return Plan{}, argumentError("offset", "offset takes 0 or more: how many jobs to skip.")
		}
		plan.Offset = int64(*args.Offset)
	}
	return plan, nil
}

// checkCombination refuses arguments that contradict each other. Errors: *ArgumentError.
func checkCombination(args Args) error {
	switch {
	case args.First != nil && args.Last != nil:
		return argumentError("last", "first reads forwards and last reads backwards; give one of them.")
	case args.Offset != nil && args.Last != nil:
		return argumentError("offset", "offset counts from the start of the list; it does not go with last.")
	case args.Offset != nil && (args.After != nil || args.Before != nil):
		return argumentError("offset",
			"offset is for numbered pages and a cursor for going on; give one of them.")
	}
	return nil
}

// readCursor returns the anchor of a cursor of this list, and the cursor; nil and "" for an argument that is
// absent. Errors: *ArgumentError.
func (p *Plan) readCursor(argument string, given *string) (a *anchor, text string, err error) {
	if given == nil {
		return nil, "", nil
	}
	c, ok := decodeCursor(*given)
	if !ok {
		return nil, "", argumentError(argument, "%s takes a cursor that a page gave, unchanged; "+
			"this is not a cursor from this API.", argument)
	}
	if c.scope != p.scope() {
		return nil, "", argumentError(argument, "The cursor in %s belongs to another list, "+
			"of other jobs or in another order; go on in its own list, or start without a cursor.", argument)
	}
	return &c.anchor, *given, nil
}

// scope returns the fingerprint of the plan's list.
func (p *Plan) scope() uint64 { return scopeOf(p.List.Filter, p.List.OrderBy, p.Times) }

// Forget notes what is not asked of the page. The total of a whole list comes with each window, so only a
// range can do without.
func (p *Plan) Forget(unasked Unasked) {
	p.Unasked = unasked
	p.Unasked.Total = unasked.Total && !p.Times.isAll()
}

// IsFirstPage reports whether a page is read forwards from the start of its whole list.
func (p *Plan) IsFirstPage() bool {
	isAtStart := !p.Backwards && p.after == nil && p.before == nil && p.Offset == 0
	return !p.Empty && isAtStart && p.Times.isAll()
}

// MayNeedMoreCalls reports whether the page may need more than its first call.
func (p *Plan) MayNeedMoreCalls() bool { return p.Backwards || p.after != nil || !p.Times.isAll() }

// Opening returns the first call that the page costs; on a list that has not moved it is the only one. Around
// an anchor it takes two records more than the page has: the anchor, to see whether it stands where it stood,
// and its neighbour on the far side, to see that no job with the anchor's time stands there that the cursor
// does not list.
func (p *Plan) Opening() restclient.JobsQuery {
	q := p.List
	switch start := p.scanRange().start; {
	case !p.Times.isAll() && start == nil && p.searches():
		q.PerPage = p.headSize()
	case p.isTally() && (p.Times.isAll() || start == nil):
		return p.tallyOpening()
	case start != nil:
		q.Offset, q.PerPage = start.windowBeside(p.beside(), restclient.MaxPerPage, p.Backwards)
	case p.Backwards:
		q.OrderBy = q.OrderBy.Reversed()
		q.PerPage = min(p.Size+1, restclient.MaxPerPage) // one more: does the page end among equals?
	default:
		q.Offset, q.PerPage = p.Offset, p.Size
	}
	q.PerPage = max(1, q.PerPage) // one record comes with the total, and the API documents no lower bound
	return q
}

// scanRange returns the range that the page is read from: between its cursors, in its direction.
func (p *Plan) scanRange() scanRange {
	r := scanRange{
		order: ordering(p.List.OrderBy), backwards: p.Backwards,
		start: p.after, stop: p.before, times: p.Times,
	}
	if p.Backwards {
		r.start, r.stop = p.before, p.after
	}
	return r
}
