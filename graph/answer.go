package graph

import (
	"context"
	"errors"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"jobsgateway/graph/direct"
	"jobsgateway/graph/model"
	"jobsgateway/graph/operation"
	"jobsgateway/graph/paging"
	"jobsgateway/restclient"
)

// Direct returns a middleware with which a plan writes what an operation's root fields resolve to, into
// buffer. It refuses representations that are written into the document (checkWritten), and answers null for
// the fields of __Type that have to be null (saysNothing).
func (r *Resolver) Direct(plan *direct.Plan, buffer *direct.Buffer) graphql.FieldMiddleware {
	write := plan.Resolver(buffer, r.answer, operation.Caught)
	return func(ctx context.Context, next graphql.Resolver) (any, error) {
		field := graphql.GetFieldContext(ctx)
		if saysNothing(field) {
			return nil, nil
		}
		checkWritten(field)
		return write(ctx, next)
	}
}

// answer fills in the answers of lookups of one level of a selection. Page is the one that their datasets
// stand on; nil for none. Example: for two lookups of two datasets each, four pages are asked for at a time,
// and spread to the lookups in the same order.
func (r *Resolver) answer(ctx context.Context, lookups []*direct.Lookup, page *paging.Page) {
	var asked []*operation.DatasetPage
	for _, lookup := range lookups {
		planOf := r.planOf(ctx, lookup.Field)
		for _, dataset := range lookup.Datasets {
			plan, err := planOf(dataset)
			plan.Forget(lookup.Unasked)
			asked = append(asked, &operation.DatasetPage{
				Dataset: dataset, Plan: plan, RecordsAlone: lookup.RecordsAlone, Err: err,
			})
		}
	}
	operation.From(ctx).ReadDatasets(ctx, asked, page, &r.offsets)
	for _, lookup := range lookups {
		for i := range lookup.Datasets {
			lookup.Answers[i] = direct.Answer{Page: asked[0].Page, Err: asked[0].Err}
			asked = asked[1:]
		}
	}
}

// planOf returns a function that plans a field of Dataset for one dataset. The field's arguments are some of
// those of Query.jobs, and are read once, by the same generated code. Errors of the function:
// *model.InputError, *paging.ArgumentError.
func (r *Resolver) planOf(
	ctx context.Context, field graphql.CollectedField,
) func(dataset string) (paging.Plan, error) {
	var reader executionContext // reads arguments without anything that it could hold
	variables := graphql.GetOperationContext(ctx).Variables
	args, err := reader.field_Query_jobs_args(ctx, field.ArgumentMap(variables))
	if err != nil {
		return refusing(ctx, err)
	}
	filter, _ := args["filter"].(*model.JobFilter)
	if field.Name == "latestJob" {
		return func(dataset string) (paging.Plan, error) { return planLatest(dataset, filter) }
	}
	orderBy, _ := args["orderBy"].(*restclient.Order)
	page := paging.Args{}
	page.First, _ = args["first"].(*int32)
	page.Last, _ = args["last"].(*int32)
	page.After, _ = args["after"].(*string)
	page.Before, _ = args["before"].(*string)
	return func(dataset string) (paging.Plan, error) {
		return planPage(ofDataset(dataset, filter), orderOf(orderBy), page, r.Pages)
	}
}

// refusing returns a function that gives every dataset the error of an argument that cannot be read. The
// generated code places the error below the field of ctx. It belongs below whichever object asks, so only the
// argument's own part of the path is kept: of jobs.filter.states[0] that is filter.states[0].
func refusing(ctx context.Context, err error) func(string) (paging.Plan, error) {
	var path ast.Path
	if located, ok := errors.AsType[*gqlerror.Error](err); ok {
		path = located.Path
	}
	_, argument := splitArgument(path, graphql.GetFieldContext(ctx).Path())
	if input, ok := errors.AsType[*model.InputError](err); ok {
		err = &model.InputError{Argument: argument, Message: input.Message}
	}
	return func(string) (paging.Plan, error) { return paging.Plan{}, err }
}
