package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"

	"jobsgateway/graph/model"
	"jobsgateway/graph/operation"
	"jobsgateway/restclient"
)

// maxNodes is how many ids Query.nodes takes. Each may cost a call, and the default budget of an operation is
// 200.
const maxNodes = 100

// planNode returns what an id names: a job by its UUID, or a dataset by its number; the other one is nil or
// empty. Errors: *model.InputError that names the argument.
func planNode(id, argument string) (job restclient.JobID, dataset *model.Dataset, err error) {
	if job, err = planJobID(id, argument); err == nil {
		return job, nil, nil
	}
	if checked, err := planDatasetID(id, argument); err == nil {
		return "", &model.Dataset{ID: checked}, nil
	}
	return "", nil, inputError(argument, "An object is named by its id: a job by its UUID with dashes, "+
		"such as 2a5b9ad7-dc8f-47bb-8e62-843a38f8054c, and a dataset by its number, such as 10736.")
}

// node resolves any object by its id. It returns an untyped nil, not a nil job, when there is none.
func (r *Resolver) node(ctx context.Context, id string) (model.Node, error) {
	job, dataset, err := planNode(id, "id")
	switch {
	case err != nil:
		return nil, err
	case dataset != nil:
		return dataset, nil
	}
	return nodeOf(existing(operation.From(ctx).Job(ctx, job)))
}

// nodeOf returns a job as a node; an untyped nil for none.
func nodeOf(job *model.Job, err error) (model.Node, error) {
	if job == nil {
		return nil, err
	}
	return job, err
}

// nodes resolves many objects by their ids, in the order asked for. Equal ids are one call, different ones go
// off together. An object that cannot be had is null, with an error of its own unless it does not exist.
// Errors: *model.InputError for too many.
func (r *Resolver) nodes(ctx context.Context, ids []string) ([]model.Node, error) {
	if len(ids) > maxNodes {
		return nil, inputError("ids", "ids takes at most %d ids.", maxNodes)
	}
	nodes, errs := make([]model.Node, len(ids)), make([]error, len(ids))
	op := operation.From(ctx)
	jobs := make([]restclient.JobID, len(ids))
	known := make([]restclient.JobID, 0, len(ids))
	for i, id := range ids {
		var dataset *model.Dataset
		if jobs[i], dataset, errs[i] = planNode(id, "ids"); dataset != nil {
			nodes[i] = dataset
		}
		if jobs[i] != "" {
			known = append(known, jobs[i])
		}
	}
	op.AnnounceJobs(ctx, known)
	for i, id := range jobs {
		if id != "" {
			nodes[i], errs[i] = nodeOf(existing(op.Job(ctx, id)))
		}
		if errs[i] != nil {
			graphql.AddError(graphql.WithPathContext(ctx, graphql.NewPathWithIndex(i)), errs[i])
		}
	}
	return nodes, nil
}
