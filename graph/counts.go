package graph

import (
	"context"
	"errors"
	"math"
	"slices"

	"jobsgateway/graph/direct"
	"jobsgateway/graph/model"
	"jobsgateway/graph/operation"
	"jobsgateway/graph/paging"
	"jobsgateway/restclient"
)

// countedStates are the states that the Jobs API is asked for, in the order of the schema.
var countedStates = [...]restclient.State{
	restclient.StatePending, restclient.StateScheduled, restclient.StateRunning, restclient.StateCompleted,
	restclient.StateFailed, restclient.StateCancelled, restclient.StatePendingCancellation,
}

// jobStateCounts counts the jobs in each state, and, where all states are counted, those that are in none of
// them. A state that the Jobs API refuses is left out. Errors: those of planPage and of operation.Page, and
// *direct.NoTotalError where the Jobs API does not count.
func (r *Resolver) jobStateCounts(ctx context.Context, filter *model.JobFilter) ([]*model.JobStateCount, error) {
	states, all := statesOf(filter)
	asked := make([]*operation.DatasetPage, 0, len(states)+1)
	for _, state := range states {
		one, err := planCount(filter, []restclient.State{state})
		if err != nil {
			return nil, err
		}
		asked = append(asked, &operation.DatasetPage{Plan: one})
	}
	if all {
		every, err := planCount(filter, nil)
		if err != nil {
			return nil, err
		}
		asked = append(asked, &operation.DatasetPage{Plan: every})
	}
	operation.From(ctx).ReadPages(ctx, asked, &r.offsets)
	counts := make([]*model.JobStateCount, 0, len(asked))
	left := int32(0)
	for i, answer := range asked {
		var n int32
		err := answer.Err
		if err == nil {
			n, err = countOf(answer.Page)
		}
		switch {
		case i < len(states) && isRefused(err):
			all = false
		case err != nil:
			return nil, err
		case i < len(states):
			counts = append(counts, &model.JobStateCount{State: states[i], Count: n})
			left -= n
		case all:
			left = max(0, left+n) // less than 0 if the list has moved between two calls
			counts = append(counts, &model.JobStateCount{State: restclient.StateUnknown, Count: left})
		}
	}
	return counts, nil
}

// statesOf returns the states that a filter lets through, each once and in the order of the schema; all is
// true if it does not limit them. One that is no state to ask for is returned last: the plan refuses it.
func statesOf(filter *model.JobFilter) (states []restclient.State, all bool) {
	if filter == nil || filter.States == nil {
		return countedStates[:], true
	}
	for _, state := range append(countedStates[:], restclient.StateUnknown) {
		if slices.Contains(filter.States, state) {
			states = append(states, state)
		}
	}
	return states, false
}

// planCount returns the plan of a count: of the total of a list in some states, all for nil. Errors: those of
// planPage.
func planCount(filter *model.JobFilter, states []restclient.State) (paging.Plan, error) {
	of := model.JobFilter{}
	if filter != nil {
		of = *filter
	}
	of.States = states
	orderBy := restclient.CreatedAtDesc
	if of.UpdatedAt != nil && of.CreatedAt == nil {
		orderBy = restclient.UpdatedAtDesc
	}
	one := int32(1)
	plan, err := planPage(&of, orderBy, paging.Args{First: &one}, paging.Limits{Max: 1})
	plan.Forget(paging.Unasked{Records: true, Flags: true})
	return plan, err
}

// countOf returns the total of a page. Errors: *direct.NoTotalError.
func countOf(page *paging.Page) (int32, error) {
	if page.Total < 0 || page.Total > math.MaxInt32 {
		return 0, &direct.NoTotalError{}
	}
	return int32(page.Total), nil
}

// isRefused reports whether the Jobs API does not take a call as it is.
func isRefused(err error) bool {
	e, ok := errors.AsType[*restclient.Error](err)
	return ok && e.Kind == restclient.KindInvalid
}
