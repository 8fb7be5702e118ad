package graph

import (
	"context"
	"errors"

	"jobsgateway/graph/direct"
	"jobsgateway/graph/model"
	"jobsgateway/graph/operation"
	"jobsgateway/graph/paging"
	"jobsgateway/restclient"
)

// maxDatasets is how many datasets Query.datasets takes. Each may cost a call, and the default budget of an
// operation is 200.
const maxDatasets = 100

// planPage returns the plan of a page of jobs. Errors: *model.InputError, *paging.ArgumentError.
func planPage(
	filter *model.JobFilter, orderBy restclient.Order, args paging.Args, limits paging.Limits,
) (paging.Plan, error) {
	encoded, nothing, err := planFilter(filter)
	if err != nil {
		return paging.Plan{}, err
	}
	if filter != nil {
		args.CreatedAt, args.UpdatedAt = filter.CreatedAt, filter.UpdatedAt
	}
	plan, err := paging.NewPlan(restclient.JobsQuery{Filter: encoded, OrderBy: orderBy}, args, limits)
	plan.Empty = plan.Empty || nothing
	return plan, err
}

// planLatest returns the plan of a page of one, the newest job: latestJob and jobs(first: 1) have the same
// one.
func planLatest(datasetID string, filter *model.JobFilter) (paging.Plan, error) {
	one := int32(1)
	filter = ofDataset(datasetID, filter)
	plan, err := planPage(filter, restclient.CreatedAtDesc, paging.Args{First: &one}, paging.Limits{Max: 1})
	plan.Forget(paging.Unasked{Flags: true, Total: true})
	return plan, err
}

// orderOf returns the order that an argument asks for. Null is the default that the schema has for one that is
// left out, so that clients may hand on a variable of theirs without a value.
func orderOf(orderBy *restclient.Order) restclient.Order {
	if orderBy == nil {
		return restclient.CreatedAtDesc
	}
	return *orderBy
}

// connection resolves a list of jobs: one page of it. Errors: those of planPage and of operation.Page.
func (r *Resolver) connection(
	ctx context.Context, filter *model.JobFilter, orderBy *restclient.Order, args paging.Args,
) (*paging.Page, error) {
	plan, err := planPage(filter, orderOf(orderBy), args, r.Pages)
	if err != nil {
		return nil, err
	}
	plan.Forget(direct.UnaskedOf(ctx))
	return r.page(ctx, &plan)
}

// page reads a page with the calls of the operation of ctx.
func (r *Resolver) page(ctx context.Context, plan *paging.Plan) (*paging.Page, error) {
	return operation.From(ctx).Page(ctx, plan, &r.offsets)
}

// job resolves one job by its id; nil when there is none or the token may not see it.
func (r *Resolver) job(ctx context.Context, id string) (*model.Job, error) {
	jobID, err := planJobID(id, "id")
	if err != nil {
		return nil, err
	}
	return existing(operation.From(ctx).Job(ctx, jobID))
}

// existing returns a job, or nil where the Jobs API does not find it: that is no error.
func existing(found *restclient.Job, err error) (*model.Job, error) {
	var e *restclient.Error
	switch {
	case errors.As(err, &e) && e.Kind == restclient.KindNotFound:
		return nil, nil
	case err != nil:
		return nil, err
	}
	return &model.Job{Job: found}, nil
}

// datasets resolves many datasets, in the order asked for, without a call: that a dataset exists is not
// checked. Errors: *model.InputError.
func (r *Resolver) datasets(ids []string) ([]*model.Dataset, error) {
	if len(ids) > maxDatasets {
		return nil, inputError("ids", "ids takes at most %d numbers of datasets.", maxDatasets)
	}
	datasets := make([]*model.Dataset, len(ids))
	for i, id := range ids {
		checked, err := planDatasetID(id, "ids")
		if err != nil {
			return nil, inputError("ids", "%v ids[%d] is none.", err, i)
		}
		datasets[i] = &model.Dataset{ID: checked}
	}
	return datasets, nil
}

// dataset resolves one dataset by its number, without a call. Errors: *model.InputError.
func (r *Resolver) dataset(id string) (*model.Dataset, error) {
	checked, err := planDatasetID(id, "id")
	if err != nil {
		return nil, err
	}
	return &model.Dataset{ID: checked}, nil
}
