package graph

import (
	"fmt"

	"jobsgateway/graph/direct"
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

// question is which jobs of which list a page is made of: comparable, so that equal questions have one answer within an
// operation.
type question struct {
	list   restclient.JobsQuery // filter and order; without a place
	size   int
	offset int64 // where to start when there is no cursor and the page is read forwards
	// backwards: the page is read from before, or from the end of the list, towards the start.
	backwards bool
	cursors   [2]string // after and before, as they came
	// unasked is what the page need not tell.
	unasked direct.Unasked
}

// pagePlan is a question, understood. What has to be asked for it is the affair of a pageReader.
type pagePlan struct {
	question
	// nothing: the filter matches no job, so there is nothing to ask.
	nothing       bool
	after, before *anchor // what the cursors tell
}

// scope is the fingerprint of the plan's list.
func (p *pagePlan) scope() uint64 { return scopeOf(p.list.Filter, p.list.OrderBy) }

// planPage turns arguments into a plan. It is pure. Errors: *model.InputError that names the argument.
func planPage(args pageArgs, limits PageLimits) (pagePlan, error) {
	filter, nothing, err := planFilter(args.filter)
	if err != nil {
		return pagePlan{}, err
	}
	if err := checkCombination(args); err != nil {
		return pagePlan{}, err
	}
	plan := pagePlan{nothing: nothing, question: question{
		list:      restclient.JobsQuery{Filter: filter, OrderBy: args.orderBy},
		size:      limits.Default,
		backwards: args.last != nil,
	}}
	for _, sized := range []struct {
		name  string
		value *int32
	}{{"first", args.first}, {"last", args.last}} {
		if sized.value == nil {
			continue
		}
		plan.size = int(*sized.value)
		if plan.size < 0 || plan.size > limits.Max {
			return pagePlan{}, inputError(sized.name, "%s takes 0 to %d.", sized.name, limits.Max)
		}
	}
	for i, cursor := range []struct {
		name string
		text *string
		to   **anchor
	}{{"after", args.after, &plan.after}, {"before", args.before, &plan.before}} {
		if cursor.text == nil {
			continue
		}
		if *cursor.to, err = plan.place(cursor.name, *cursor.text); err != nil {
			return pagePlan{}, err
		}
		plan.cursors[i] = *cursor.text
	}
	if args.offset != nil {
		if *args.offset < 0 {
			return pagePlan{}, inputError("offset", "offset takes 0 or more: how many jobs to skip.")
		}
		plan.offset = int64(*args.offset)
	}
	return plan, nil
}

// checkCombination refuses arguments that contradict each other. Errors: *model.InputError.
func checkCombination(args pageArgs) error {
	switch {
	case args.first != nil && args.last != nil:
		return inputError("last", "first reads forwards and last reads backwards; give one of them.")
	case args.offset != nil && args.last != nil:
		return inputError("offset", "offset counts from the start of the list; it does not go with last.")
	case args.offset != nil && (args.after != nil || args.before != nil):
		return inputError("offset", "offset is for numbered pages and a cursor for going on; give one of them.")
	}
	return nil
}

// place reads a cursor of this very list. Errors: *model.InputError.
func (p *pagePlan) place(argument, text string) (*anchor, error) {
	c, ok := decodeCursor(text)
	if !ok {
		return nil, inputError(argument, "%s takes a cursor that a page gave, unchanged; this is none.", argument)
	}
	if c.scope != p.scope() {
		return nil, inputError(argument, "The cursor in %s belongs to another list, of other jobs or in another order; "+
			"go on in its own list, or start without a cursor.", argument)
	}
	return &c.anchor, nil
}

// opening is the first question that the page costs; on a list that has not moved it is the only one. Around an anchor it takes
// two records more: the anchor itself, to see whether it stands where it stood, and its neighbour on the far side, to see that no
// equal stands there that was not seen.
func (p *pagePlan) opening() restclient.JobsQuery {
	q := p.list
	switch {
	case p.isTally():
		return p.tallyOpening()
	case p.backwards && p.before == nil:
		q.OrderBy = q.OrderBy.Reversed()
		q.PerPage = min(p.size+1, restclient.MaxPerPage) // one more, to see whether the page ends among equals
	case p.backwards:
		low, size := around(p.before, p.size, restclient.MaxPerPage, true)
		q.Offset, q.PerPage = low, size
	case p.after != nil:
		low, size := around(p.after, p.size, restclient.MaxPerPage, false)
		q.Offset, q.PerPage = low, size
	default:
		q.Offset, q.PerPage = p.offset, p.size
	}
	q.PerPage = max(1, q.PerPage) // one record tells the total, and the API documents no lower bound
	return q
}

// around gives the window of size jobs next to an anchor, with all its known equals in it and a record on their far side, which
// shows that they are all. Example: 20 jobs behind the anchor at place 7, of which one equal stood before it, make [5, 28). An
// answer has most records, so of a full page some jobs are left for a second question.
func around(a *anchor, size, most int, backwards bool) (offset int64, records int) {
	behind := int64(max(1, size)) // whether equals stand there has to be seen, too
	start, end := a.groupStart()-1, a.groupEnd()+1
	switch {
	case a.done:
		start, end = a.offset, a.offset+1
	case a.isLarge(most, backwards):
		start, end = a.offset-1, a.offset+2
	}
	if backwards {
		low := a.offset - behind
		if !a.done && len(a.before) > 0 {
			low = min(low, start)
		}
		low = max(0, low, end-int64(most))
		return low, int(end - low)
	}
	high := a.offset + 1 + behind
	if !a.done && len(a.after) > 0 {
		high = max(high, end)
	}
	low := max(0, start)
	return low, int(min(high-low, int64(most)))
}

func inputError(argument, format string, args ...any) error {
	return &model.InputError{Argument: argument, Message: fmt.Sprintf(format, args...)}
}
