package graph

import (
	"context"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"jobsgateway/graph/model"
	"jobsgateway/restclient"
)

// Prefetching announces to the loaders, from the selection, every question that the objects of a list will ask,
// and sends them off together. The fields that ask later find the answers on their way. Without it keys would
// trickle in while a page is being written, and a batch would have to guess when it is complete.
//
// Selection sets are always passed on as the executor holds them: gqlgen remembers what it collected by a set's
// address, so a set of our own making, once freed, could be taken for another.

// prefetchPage announces what the selection of a connection field asks of the jobs of its page.
func (r *Resolver) prefetchPage(ctx context.Context, page *model.JobConnection) {
	oc := graphql.GetOperationContext(ctx)
	jobs := sync.OnceValue(page.Jobs)
	for _, field := range graphql.CollectFields(oc, graphql.GetFieldContext(ctx).Field.Selections, jobConnectionImplementors) {
		switch field.Name {
		case "nodes":
			r.prefetchJobs(ctx, field.Selections, jobs())
		case "edges":
			for _, inner := range graphql.CollectFields(oc, field.Selections, jobEdgeImplementors) {
				if inner.Name == "node" {
					r.prefetchJobs(ctx, inner.Selections, jobs())
				}
			}
		}
	}
}

// prefetchJobs announces what a selection asks of the datasets that jobs name, in themselves, input and result.
func (r *Resolver) prefetchJobs(ctx context.Context, selections ast.SelectionSet, jobs []*model.Job) {
	oc := graphql.GetOperationContext(ctx)
	for _, field := range graphql.CollectFields(oc, selections, jobImplementors) {
		switch field.Name {
		case "dataset":
			r.prefetchNamed(ctx, field.Selections, jobs, (*model.Job).Dataset)
		case "input":
			for _, inner := range graphql.CollectFields(oc, field.Selections, materializeViewSpecImplementors) {
				if inner.Name == "dataset" {
					r.prefetchNamed(ctx, inner.Selections, jobs, inputDataset)
				}
			}
		case "result":
			for _, inner := range graphql.CollectFields(oc, field.Selections, materializeViewResultImplementors) {
				if inner.Name == "dataset" {
					r.prefetchNamed(ctx, inner.Selections, jobs, resultDataset)
				}
			}
		}
	}
}

// prefetchNamed announces what a selection asks of the dataset that each job names.
func (r *Resolver) prefetchNamed(
	ctx context.Context, selections ast.SelectionSet, jobs []*model.Job, named func(*model.Job) (*model.Dataset, error),
) {
	datasets := make([]*model.Dataset, 0, len(jobs))
	for _, job := range jobs {
		// An id that cannot be read is reported by the field itself.
		if dataset, err := named(job); err == nil && dataset != nil {
			datasets = append(datasets, dataset)
		}
	}
	r.prefetchDatasets(ctx, selections, datasets)
}

// inputDataset is the dataset of a typed input; nil for other inputs.
func inputDataset(job *model.Job) (*model.Dataset, error) {
	if spec, ok := job.Input().(*model.MaterializeViewSpec); ok {
		return spec.Dataset()
	}
	return nil, nil
}

// resultDataset is the dataset of a typed result; nil for other results.
func resultDataset(job *model.Job) (*model.Dataset, error) {
	if result, ok := job.Result().(*model.MaterializeViewResult); ok {
		return result.Dataset()
	}
	return nil, nil
}

// prefetchDatasets announces the pages that a selection asks of each dataset, then sends them off.
func (r *Resolver) prefetchDatasets(ctx context.Context, selections ast.SelectionSet, datasets []*model.Dataset) {
	oc := graphql.GetOperationContext(ctx)
	announced := false
	for _, field := range graphql.CollectFields(oc, selections, datasetImplementors) {
		planOf := r.planOf(ctx, oc, field)
		if planOf == nil {
			continue
		}
		for _, dataset := range datasets {
			plan, err := planOf(dataset.ID)
			if err != nil {
				continue // reported by the field itself
			}
			if q := plan.opening(); !plan.nothing && r.offsets.takes(q.Offset, q.PerPage) {
				operationOf(ctx).loaders().pages.Load(ctx, q)
				announced = true
			}
		}
	}
	if announced {
		operationOf(ctx).loaders().pages.Flush()
	}
}

// planOf tells how a field of Dataset is asked for, with the arguments read as the executor reads them; nil for a
// field that asks nothing, and for arguments that the executor will refuse.
func (r *Resolver) planOf(
	ctx context.Context, oc *graphql.OperationContext, field graphql.CollectedField,
) func(id string) (pagePlan, error) {
	var readArguments executionContext // the generated readers of arguments hang on it, and need nothing of it
	switch field.Name {
	case "jobs":
		args, err := readArguments.field_Dataset_jobs_args(ctx, field.ArgumentMap(oc.Variables))
		if err != nil {
			return nil
		}
		filter, _ := args["filter"].(*model.DatasetJobFilter)
		page := pageArgs{}
		page.first, _ = args["first"].(*int32)
		page.last, _ = args["last"].(*int32)
		page.after, _ = args["after"].(*string)
		page.before, _ = args["before"].(*string)
		page.orderBy, _ = args["orderBy"].(restclient.Order)
		return func(id string) (pagePlan, error) {
			page.filter = ofDataset(id, filter)
			return planPage(page, r.Pages)
		}
	case "latestJob":
		args, err := readArguments.field_Dataset_latestJob_args(ctx, field.ArgumentMap(oc.Variables))
		if err != nil {
			return nil
		}
		filter, _ := args["filter"].(*model.DatasetJobFilter)
		return func(id string) (pagePlan, error) { return planLatest(id, filter) }
	}
	return nil
}
