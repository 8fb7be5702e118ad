package graph

import (
	"fmt"
	"slices"

	"jobsgateway/graph/model"
	"jobsgateway/restclient"
)

// PageLimits bounds the pages of every connection.
type PageLimits struct {
	// Default is the page size when neither first nor last is given.
	Default int
	// Max is the largest page size, at most restclient.MaxPerPage.
	Max int
}

// pageArgs are the arguments of a connection as they came; nil is an absent one.
type pageArgs struct {
	first, last, offset *int32
	after, before       *string
	filter              *model.JobFilter
	orderBy             restclient.Order
}

// pagePlan is how a page is read: the one question to ask, and which of its records are the page. All places are
// counted from the start of the list in the order that was asked for.
type pagePlan struct {
	query restclient.JobsQuery
	scope uint64
	// size is how many records the page takes; the query asks for at least one, for the total's sake.
	size int
	// low is the first place of the page; when reversed, the lowest place that it may reach back to.
	low int64
	// reversed: the query reads the opposite order from its start, and the page is that turned round.
	reversed bool
	// nothing: the filter matches no job, so there is no question.
	nothing bool
}

// planPage turns arguments into a plan. It is pure. Errors: *model.InputError that names the argument.
func planPage(args pageArgs, limits PageLimits) (pagePlan, error) {
	filter, nothing, err := planFilter(args.filter)
	if err != nil {
		return pagePlan{}, err
	}
	if err := checkCombination(args); err != nil {
		return pagePlan{}, err
	}
	plan := pagePlan{nothing: nothing, scope: scopeOf(filter, args.orderBy)}
	plan.query = restclient.JobsQuery{Filter: filter, OrderBy: args.orderBy}
	size := limits.Default
	for _, sized := range []struct {
		name  string
		value *int32
	}{{"first", args.first}, {"last", args.last}} {
		if sized.value == nil {
			continue
		}
		size = int(*sized.value)
		if size < 0 || size > limits.Max {
			return pagePlan{}, inputError(sized.name, "%s takes 0 to %d.", sized.name, limits.Max)
		}
	}
	after, err := plan.place("after", args.after)
	if err != nil {
		return pagePlan{}, err
	}
	before, err := plan.place("before", args.before)
	if err != nil {
		return pagePlan{}, err
	}
	if args.offset != nil {
		if *args.offset < 0 {
			return pagePlan{}, inputError("offset", "offset takes 0 or more: how many jobs to skip.")
		}
		plan.low = int64(*args.offset)
	}
	if after != nil {
		plan.low = *after + 1
	}
	plan.bound(size, args.last != nil, before)
	return plan, nil
}

// checkCombination refuses arguments that contradict each other. Errors: *model.InputError.
func checkCombination(args pageArgs) error {
	switch {
	case args.first != nil && args.last != nil:
		return inputError("last", "first reads forwards and last reads backwards; give one of them.")
	case args.offset != nil && args.last != nil:
		return inputError("offset", "offset counts from the start of the list; give it with first, not with last.")
	case args.offset != nil && (args.after != nil || args.before != nil):
		return inputError("offset", "offset is for numbered pages and a cursor for going on; give one of them.")
	}
	return nil
}

// place reads a cursor of this very list; nil when there is none. Errors: *model.InputError.
func (p *pagePlan) place(argument string, text *string) (*int64, error) {
	if text == nil {
		return nil, nil
	}
	c, ok := decodeCursor(*text)
	if !ok {
		return nil, inputError(argument, "%s takes a cursor that a page gave, unchanged; this is none.", argument)
	}
	if c.scope != p.scope {
		return nil, inputError(argument, "The cursor in %s belongs to a list with another filter or order; "+
			"go on with the same filter and orderBy, or start without a cursor.", argument)
	}
	return &c.offset, nil
}

// bound fixes which records to ask for, from low, the size and the place that the page must stay before.
func (p *pagePlan) bound(size int, backwards bool, before *int64) {
	switch {
	case before == nil && backwards:
		p.reversed = true
		p.query.OrderBy = p.query.OrderBy.Reversed()
	case before != nil && backwards:
		p.low = max(p.low, *before-int64(size))
		fallthrough
	case before != nil:
		size = int(min(int64(size), max(0, *before-p.low)))
		fallthrough
	default:
		p.query.Offset = p.low
	}
	p.size = size
	p.query.PerPage = max(1, size)
}

// connection makes the page of the answer. Errors: KindMalformed when the answer does not give the total that
// reading from the end needs.
func (p *pagePlan) connection(answer *restclient.JobsPage) (*model.JobConnection, error) {
	records := answer.Records[:min(p.size, len(answer.Records))]
	total := answer.Total
	low := p.low
	if p.reversed {
		if total == restclient.UnknownTotal {
			return nil, &restclient.Error{Kind: restclient.KindMalformed}
		}
		records = records[:min(int64(len(records)), max(0, total-p.low))]
		records = slices.Clone(records) // the answer may be shared with an equal question
		slices.Reverse(records)
		low = max(0, total-int64(len(records)))
	}
	next := low+int64(len(records)) < total
	if total == restclient.UnknownTotal {
		next = len(answer.Records) > len(records) || p.size > 0 && len(records) == p.size
	}
	return &model.JobConnection{
		Records:         records,
		Total:           total,
		HasNextPage:     next,
		HasPreviousPage: low > 0 && total != 0,
		Cursor: func(i int) string {
			return cursor{scope: p.scope, offset: low + int64(i)}.encode()
		},
	}, nil
}

func inputError(argument, format string, args ...any) error {
	return &model.InputError{Argument: argument, Message: fmt.Sprintf(format, args...)}
}
