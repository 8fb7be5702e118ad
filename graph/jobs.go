package graph

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"jobsgateway/graph/direct"
	"jobsgateway/graph/model"
	"jobsgateway/restclient"
)

// maxDatasets is how many datasets Query.datasets takes. Each may cost a call, and the default budget of an
// operation is 200.
const maxDatasets = 100

// connection answers a list of jobs.
func (r *Resolver) connection(ctx context.Context, args pageArgs) (*model.JobConnection, error) {
	plan, err := planPage(args, r.Pages)
	if err != nil {
		return nil, err
	}
	plan.unasked = direct.UnaskedOf(ctx)
	return r.page(ctx, &plan)
}

// page answers a plan: once within an operation, however many objects ask; without a call when nothing can match.
func (r *Resolver) page(ctx context.Context, plan *pagePlan) (*model.JobConnection, error) {
	if plan.nothing {
		return (&page{plan: plan}).connection(), nil
	}
	op := operationOf(ctx)
	op.reuse(&plan.question)
	answer, _ := op.answers.LoadOrStore(plan.question, sync.OnceValues(func() (*model.JobConnection, error) {
		first := func(ctx context.Context, q restclient.JobsQuery) (*restclient.JobsPage, error) {
			return load(ctx, op.loaders().pages, q)
		}
		reader := pageReader{first: first, fresh: op.fresh, offsets: &r.offsets, logger: op.logger}
		read, err := reader.read(ctx, plan)
		if err != nil {
			return nil, err
		}
		return read.connection(), nil
	}))
	return answer.(func() (*model.JobConnection, error))()
}

// reuse makes a question one that was asked before and whose answer has more.
func (op *operation) reuse(q *question) {
	for _, more := range [...]direct.Unasked{{}, {Flags: true}, {Records: true}} {
		if more == q.unasked || more.Both(q.unasked) != more {
			continue
		}
		known := *q
		known.unasked = more
		if _, ok := op.answers.Load(known); ok {
			*q = known
			return
		}
	}
}

// latest answers the newest job of a dataset; nil when there is none.
func (r *Resolver) latest(ctx context.Context, datasetID string, filter *model.DatasetJobFilter) (*model.Job, error) {
	plan, err := planLatest(datasetID, filter)
	if err != nil {
		return nil, err
	}
	page, err := r.page(ctx, &plan)
	switch {
	case err != nil:
		return nil, err
	case page.Fault != nil:
		return nil, page.Fault
	case len(page.Records) == 0:
		return nil, nil
	}
	if record := page.Records[0]; record.Err != nil {
		return nil, record.Err
	}
	return &model.Job{Job: page.Records[0].Job}, nil
}

// planLatest is the plan of a page of one, the newest first: latestJob and jobs(first: 1) are one question.
func planLatest(datasetID string, filter *model.DatasetJobFilter) (pagePlan, error) {
	one := int32(1)
	plan, err := planPage(
		pageArgs{first: &one, filter: ofDataset(datasetID, filter), orderBy: restclient.CreatedAtDesc},
		PageLimits{Max: 1},
	)
	plan.unasked = direct.Unasked{Flags: true}
	return plan, err
}

// job answers one job by its id; nil when there is none or the token may not see it.
func (r *Resolver) job(ctx context.Context, id string) (*model.Job, error) {
	jobID, err := planJobID(id, "id")
	if err != nil {
		return nil, err
	}
	return existing(load(ctx, operationOf(ctx).loaders().jobs, jobID))
}

// node answers any object by its id: a job. An untyped nil, not a nil job, says that there is none.
func (r *Resolver) node(ctx context.Context, id string) (model.Node, error) {
	job, err := r.job(ctx, id)
	if err != nil || job == nil {
		return nil, err
	}
	return job, nil
}

// existing makes "not found" the absence that it is.
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

// datasets answers many datasets, in the order asked for.
func (r *Resolver) datasets(ids []string) ([]*model.Dataset, error) {
	if len(ids) > maxDatasets {
		return nil, &model.InputError{Argument: "ids", Message: fmt.Sprintf("ids takes at most %d numbers of datasets.", maxDatasets)}
	}
	datasets := make([]*model.Dataset, len(ids))
	for i, id := range ids {
		checked, err := planDatasetID(id, "ids")
		if err != nil {
			return nil, err
		}
		datasets[i] = &model.Dataset{ID: checked}
	}
	return datasets, nil
}

// dataset answers one dataset by its number.
func (r *Resolver) dataset(id string) (*model.Dataset, error) {
	checked, err := planDatasetID(id, "id")
	if err != nil {
		return nil, err
	}
	return &model.Dataset{ID: checked}, nil
}
