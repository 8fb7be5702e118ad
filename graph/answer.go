package graph

import (
	"context"
	"errors"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"jobsgateway/graph/direct"
	"jobsgateway/graph/model"
	"jobsgateway/restclient"
)

// Direct lets a plan write what an operation's root fields resolve to, into buffer.
func (r *Resolver) Direct(plan *direct.Plan, buffer *direct.Buffer) graphql.FieldMiddleware {
	write := plan.Resolver(buffer, r.answer, caught)
	return func(ctx context.Context, next graphql.Resolver) (any, error) {
		field := graphql.GetFieldContext(ctx)
		if saysNothing(field) {
			return nil, nil
		}
		checkWritten(field)
		return write(ctx, next)
	}
}

// asked is a page that a dataset is asked for.
type asked struct {
	plan         pagePlan
	dataset      string
	recordsAlone bool
	// whole is the list of which the dataset's is a part.
	whole  restclient.JobsQuery
	answer *direct.Answer
}

// answer answers what the datasets of one level of a selection ask: from the page they stand on if it tells, by one page of
// the whole list where that is surely right and cheaper (share.go), and else by a call for each dataset.
func (r *Resolver) answer(ctx context.Context, lookups []*direct.Lookup, page *model.JobConnection) {
	open := answerFrom(page, r.planLookups(ctx, lookups))
	for _, list := range worthSharing(page, open) {
		plan := pagePlan{question: question{list: list, size: restclient.MaxPerPage}}
		if shared, err := r.page(ctx, &plan); err == nil { // else each dataset tells for itself
			open = answerFrom(shared, open)
		}
	}
	r.askEach(ctx, open)
}

// planLookups plans every page that is asked for. What cannot be planned is answered with the reason.
func (r *Resolver) planLookups(ctx context.Context, lookups []*direct.Lookup) []*asked {
	var open []*asked
	for _, lookup := range lookups {
		planOf := r.planOf(ctx, lookup.Field)
		for i, dataset := range lookup.Datasets {
			a := &asked{dataset: dataset, recordsAlone: lookup.RecordsAlone, answer: &lookup.Answers[i]}
			a.plan, a.answer.Err = planOf(dataset)
			a.plan.unasked = lookup.Unasked
			if a.answer.Err == nil {
				a.whole = wholeOf(a.plan.list, dataset)
				open = append(open, a)
			}
		}
	}
	if len(lookups) > 1 {
		unite(open)
	}
	op := operationOf(ctx)
	for _, a := range open {
		op.reuse(&a.plan.question)
	}
	return open
}

// unite makes equal questions equal in what they do not ask, too, so that one answer with all that any of them needs serves them.
func unite(open []*asked) {
	common := map[question]direct.Unasked{}
	plain := func(a *asked) question {
		q := a.plan.question
		q.unasked = direct.Unasked{}
		return q
	}
	for _, a := range open {
		q, u := plain(a), a.plan.unasked
		if known, ok := common[q]; ok {
			u = u.Both(known)
		}
		common[q] = u
	}
	for _, a := range open {
		a.plan.unasked = common[plain(a)]
	}
}

// askEach asks for each page on its own. All questions are announced to the loaders and sent off together; without that
// keys would trickle in, and a batch would have to guess when it is complete.
func (r *Resolver) askEach(ctx context.Context, open []*asked) {
	if len(open) == 0 {
		return
	}
	loader := operationOf(ctx).loaders().pages
	for _, a := range open {
		if q := a.plan.opening(); !a.plan.nothing && r.offsets.takes(q.Offset, q.PerPage) {
			loader.Load(ctx, q)
		}
	}
	loader.Flush()
	var others sync.WaitGroup
	for _, a := range open {
		if a.plan.mayMove() {
			others.Go(func() { a.read(ctx, r) })
		}
	}
	for _, a := range open {
		if !a.plan.mayMove() {
			a.read(ctx, r)
		}
	}
	others.Wait()
}

// mayMove reports whether a page can need more than its opening, and so should not wait for others.
func (p *pagePlan) mayMove() bool { return p.backwards || p.after != nil }

// read waits for the page. A panic is the page's error: nothing else would catch it in a goroutine.
func (a *asked) read(ctx context.Context, r *Resolver) {
	defer func() {
		if value := recover(); value != nil {
			*a.answer = direct.Answer{Err: caught(value)}
		}
	}()
	a.answer.Page, a.answer.Err = r.page(ctx, &a.plan)
}

// planOf tells how a field of Dataset is planned for a dataset, with the arguments read as the generated code reads them.
func (r *Resolver) planOf(ctx context.Context, field graphql.CollectedField) func(dataset string) (pagePlan, error) {
	variables := graphql.GetOperationContext(ctx).Variables
	var readers executionContext // the generated readers of arguments hang on it, and need nothing of it
	if field.Name == "latestJob" {
		args, err := readers.field_Dataset_latestJob_args(ctx, field.ArgumentMap(variables))
		if err != nil {
			return refusing(ctx, err)
		}
		filter, _ := args["filter"].(*model.DatasetJobFilter)
		return func(dataset string) (pagePlan, error) { return planLatest(dataset, filter) }
	}
	args, err := readers.field_Dataset_jobs_args(ctx, field.ArgumentMap(variables))
	if err != nil {
		return refusing(ctx, err)
	}
	filter, _ := args["filter"].(*model.DatasetJobFilter)
	page := pageArgs{}
	page.first, _ = args["first"].(*int32)
	page.last, _ = args["last"].(*int32)
	page.after, _ = args["after"].(*string)
	page.before, _ = args["before"].(*string)
	page.orderBy, _ = args["orderBy"].(restclient.Order)
	return func(dataset string) (pagePlan, error) {
		page.filter = ofDataset(dataset, filter)
		return planPage(page, r.Pages)
	}
}

// refusing answers every dataset with an argument that cannot be read. The readers place the error below the field of
// ctx; it belongs below whichever object asks, so only the argument's own part of the path is kept.
func refusing(ctx context.Context, err error) func(string) (pagePlan, error) {
	var path ast.Path
	if located, ok := errors.AsType[*gqlerror.Error](err); ok {
		path = located.Path
	}
	_, argument := splitArgument(path, graphql.GetFieldContext(ctx).Path())
	if input, ok := errors.AsType[*model.InputError](err); ok {
		err = &model.InputError{Argument: argument, Message: input.Message}
	}
	return func(string) (pagePlan, error) { return pagePlan{}, err }
}
