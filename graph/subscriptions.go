package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"

	"jobsgateway/graph/direct"
	"jobsgateway/graph/live"
	"jobsgateway/graph/model"
	"jobsgateway/graph/operation"
	"jobsgateway/graph/paging"
	"jobsgateway/restclient"
)

// Subscribe begins the stream of a subscription. The operation context of ctx has its variables. Key is that of
// live.Form, and write writes an event of the plan's root field. Errors: *model.InputError,
// *paging.ArgumentError, *live.LimitError, and others as the generated code reads arguments.
func Subscribe(
	ctx context.Context, engine *live.Engine, token string, plan *direct.Plan, key string, write func(value any) []byte,
) (*live.Stream, error) {
	if token == "" {
		return nil, &restclient.Error{Kind: restclient.KindUnauthenticated, Unsent: true}
	}
	field := plan.Subscribed()
	given := field.ArgumentMap(graphql.GetOperationContext(ctx).Variables)
	if field.Name == "jobUpdated" {
		id, err := readJobID(ctx, given)
		if err != nil {
			return nil, err
		}
		return engine.Job(token, id, live.Form{Key: key, Write: func(event live.Event) []byte {
			if len(event.Jobs) == 0 {
				return write((*model.Job)(nil))
			}
			return write(&model.Job{Job: event.Jobs[0]})
		}})
	}
	changes, err := readChanges(ctx, given)
	if err != nil {
		return nil, err
	}
	changes.Form = live.Form{Key: key, Write: func(event live.Event) []byte {
		return write(&direct.Change{Jobs: event.Jobs, Cursor: event.Cursor, Resync: event.Resync})
	}}
	return engine.Changes(token, changes)
}

// readJobID reads the argument of Subscription.jobUpdated, which is that of Query.job.
func readJobID(ctx context.Context, given map[string]any) (restclient.JobID, error) {
	var reader executionContext // reads arguments without anything that it could hold
	args, err := reader.field_Query_job_args(ctx, given)
	if err != nil {
		return "", err
	}
	id, _ := args["id"].(string)
	return planJobID(id, "id")
}

// readChanges reads the arguments of Subscription.jobsChanged. Its filter is that of Query.jobs.
func readChanges(ctx context.Context, given map[string]any) (changes live.Changes, err error) {
	var reader executionContext
	args, err := reader.field_Query_jobs_args(ctx, given)
	if err != nil {
		return changes, err
	}
	filter, _ := args["filter"].(*model.JobFilter)
	if filter != nil {
		if changes, err = planChanges(filter); err != nil {
			return changes, err
		}
	}
	if text, ok := given["since"].(string); ok {
		since, err := paging.ReadSince(text, live.ListOf(changes.Filter))
		if err != nil {
			return changes, err
		}
		changes.Since = &since
	}
	return changes, nil
}

// planChanges returns the changes that a filter asks for. Errors: *model.InputError.
func planChanges(f *model.JobFilter) (changes live.Changes, err error) {
	for name, given := range map[string]*paging.TimeRange{"createdAt": f.CreatedAt, "updatedAt": f.UpdatedAt} {
		if given != nil {
			return changes, inputError("filter."+name,
				"Changes are told as they happen, so jobsChanged takes no range of time; leave %s out.", name)
		}
	}
	_, nothing, err := planFilter(f)
	if err != nil {
		return changes, err
	}
	changes.States = f.States
	if nothing {
		changes.States = []restclient.State{}
	}
	stateless := *f
	stateless.States = nil
	changes.Filter, _, err = planFilter(&stateless)
	return changes, err
}

// Event writes the data of one event of a subscription into buffer: see direct.Plan.Event. The operation of ctx
// makes the calls that it needs.
func (r *Resolver) Event(ctx context.Context, plan *direct.Plan, buffer *direct.Buffer, value any) (data []byte) {
	return plan.Event(ctx, buffer, r.answer, operation.Caught, value)
}
