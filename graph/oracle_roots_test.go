package graph

import (
	"context"

	"jobsgateway/graph/model"
	"jobsgateway/graph/oracle"
	"jobsgateway/graph/paging"
	"jobsgateway/restclient"
)

// oracleRoots resolves the oracle's fields that need the REST API as the program's resolvers do, one dataset
// at a time.
type oracleRoots struct{ r *Resolver }

func (o oracleRoots) Query() oracle.QueryResolver     { return oracleQuery(o) }
func (o oracleRoots) Entity() oracle.EntityResolver   { return oracleEntity(o) }
func (o oracleRoots) Dataset() oracle.DatasetResolver { return oracleDataset(o) }

type (
	oracleQuery   struct{ r *Resolver }
	oracleEntity  struct{ r *Resolver }
	oracleDataset struct{ r *Resolver }
)

func (o oracleQuery) Jobs(
	ctx context.Context, first *int32, after *string, last *int32, before *string, offset *int32, filter *model.JobFilter, orderBy *restclient.Order,
) (*oracle.JobConnection, error) {
	return oraclePage(o.r.Query().Jobs(ctx, first, after, last, before, offset, filter, orderBy))
}

func (o oracleQuery) Job(ctx context.Context, id string) (*oracle.Job, error) {
	return oracleJob(o.r.Query().Job(ctx, id))
}

func (o oracleQuery) Dataset(ctx context.Context, id string) (*oracle.Dataset, error) {
	return oracleOne(o.r.Query().Dataset(ctx, id))
}

func (o oracleQuery) Datasets(ctx context.Context, ids []string) ([]*oracle.Dataset, error) {
	found, err := o.r.Query().Datasets(ctx, ids)
	if err != nil {
		return nil, err
	}
	datasets := make([]*oracle.Dataset, len(found))
	for i := range found {
		datasets[i], _ = oracleOne(found[i], nil)
	}
	return datasets, nil
}

func (o oracleQuery) Node(ctx context.Context, id string) (oracle.Node, error) {
	node, err := o.r.Query().Node(ctx, id)
	return oracleNode(node), err
}

func (o oracleQuery) Nodes(ctx context.Context, ids []string) ([]oracle.Node, error) {
	found, err := o.r.Query().Nodes(ctx, ids)
	if err != nil {
		return nil, err
	}
	nodes := make([]oracle.Node, len(found))
	for i := range found {
		nodes[i] = oracleNode(found[i])
	}
	return nodes, nil
}

func oracleNode(node model.Node) oracle.Node {
	switch node := node.(type) {
	case *model.Job:
		return &oracle.Job{Source: node.Raw()}
	case *model.Dataset:
		return &oracle.Dataset{ID: node.ID}
	}
	return nil
}

func (o oracleQuery) JobStateCounts(ctx context.Context, filter *model.JobFilter) ([]*oracle.JobStateCount, error) {
	found, err := o.r.Query().JobStateCounts(ctx, filter)
	if err != nil {
		return nil, err
	}
	counts := make([]*oracle.JobStateCount, len(found))
	for i, count := range found {
		counts[i] = &oracle.JobStateCount{State: count.State, Count: count.Count}
	}
	return counts, nil
}

func (o oracleEntity) FindDataset(ctx context.Context, reps []*oracle.DatasetRepresentation) ([]*oracle.Dataset, error) {
	keys := make([]*model.DatasetRepresentation, len(reps))
	for i, rep := range reps {
		keys[i] = &model.DatasetRepresentation{ID: rep.ID}
	}
	found, err := o.r.Entity().FindDataset(ctx, keys)
	datasets := make([]*oracle.Dataset, len(found))
	for i := range found {
		datasets[i], _ = oracleOne(found[i], nil)
	}
	return datasets, err
}

func (o oracleEntity) FindJob(ctx context.Context, reps []*oracle.JobRepresentation) ([]*oracle.Job, error) {
	keys := make([]*model.JobRepresentation, len(reps))
	for i, rep := range reps {
		keys[i] = &model.JobRepresentation{ID: rep.ID}
	}
	found, err := o.r.Entity().FindJob(ctx, keys)
	jobs := make([]*oracle.Job, len(found))
	for i := range found {
		jobs[i], _ = oracleJob(found[i], nil)
	}
	return jobs, err
}

func (o oracleDataset) Jobs(
	ctx context.Context, dataset *oracle.Dataset, first *int32, after *string, last *int32, before *string, filter *model.JobFilter, orderBy *restclient.Order,
) (*oracle.JobConnection, error) {
	return oraclePage(o.r.connection(ctx, ofDataset(dataset.ID, filter), orderBy, paging.Args{First: first, After: after, Last: last, Before: before}))
}

func (o oracleDataset) LatestJob(ctx context.Context, dataset *oracle.Dataset, filter *model.JobFilter) (*oracle.Job, error) {
	plan, err := planLatest(dataset.ID, filter)
	if err != nil {
		return nil, err
	}
	page, err := o.r.page(ctx, &plan)
	switch {
	case err != nil:
		return nil, err
	case page.Fault != nil:
		return nil, page.Fault
	case len(page.Records) == 0:
		return nil, nil
	case page.Records[0].Err != nil:
		return nil, page.Records[0].Err
	}
	return oracleJob(&model.Job{Job: page.Records[0].Job}, nil)
}

func oraclePage(page *paging.Page, err error) (*oracle.JobConnection, error) {
	if err != nil {
		return nil, err
	}
	return &oracle.JobConnection{Source: page}, nil
}

func oracleJob(job *model.Job, err error) (*oracle.Job, error) {
	if err != nil || job == nil {
		return nil, err
	}
	return &oracle.Job{Source: job.Raw()}, nil
}

func oracleOne(dataset *model.Dataset, err error) (*oracle.Dataset, error) {
	if err != nil || dataset == nil {
		return nil, err
	}
	return &oracle.Dataset{ID: dataset.ID}, nil
}
