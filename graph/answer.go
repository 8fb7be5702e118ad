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

// Direct lets a plan write what an operation's root fields resolve to, into buffer.
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

// answer answers what the datasets of one level of a selection are asked. Page is the one that they stand on; nil for none.
func (r *Resolver) answer(ctx context.Context, lookups []*direct.Lookup, page *paging.Page) {
	var asked []*operation.DatasetPage
	for _, lookup := range lookups {
		planOf := r.planOf(ctx, lookup.Field)
		for _, dataset := range lookup.Datasets {
			plan, err := planOf(dataset)
			plan.Unasked = lookup.Unasked
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

// planOf returns what plans a field of Dataset for one dataset. The field's arguments are some of those of Query.jobs, and are read
// by the same generated code.
func (r *Resolver) planOf(ctx context.Context, field graphql.CollectedField) func(dataset string) (paging.Plan, error) {
	var reader executionContext // reads arguments without anything that it could hold
	args, err := reader.field_Query_jobs_args(ctx, field.ArgumentMap(graphql.GetOperationContext(ctx).Variables))
	if err != nil {
		return refusing(ctx, err)
	}
	filter, _ := args["filter"].(*model.JobFilter)
	if field.Name == "latestJob" {
		return func(dataset string) (paging.Plan, error) { return planLatest(dataset, filter) }
	}
	orderBy, _ := args["orderBy"].(restclient.Order)
	page := paging.Args{}
	page.First, _ = args["first"].(*int32)
	page.Last, _ = args["last"].(*int32)
	page.After, _ = args["after"].(*string)
	page.Before, _ = args["before"].(*string)
	return func(dataset string) (paging.Plan, error) {
		return planPage(ofDataset(dataset, filter), orderBy, page, r.Pages)
	}
}

// refusing returns what answers every dataset with an argument that cannot be read. The readers place the error below the field
// of ctx; it belongs below whichever object asks, so only the argument's own part of the path is kept.
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
