package direct

import (
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"jobsgateway/graph/model"
	"jobsgateway/graph/paging"
	"jobsgateway/restclient"
)

// datasetFields writes the fields of Dataset, of which a T is its number.
func datasetFields() map[string]maker[string] {
	return map[string]maker[string]{
		"id":        plain(func(w *writer, id string) { w.literal(id) }),
		"jobs":      datasetJobs,
		"latestJob": latestJob,
	}
}

// Lookup is what one field asks of many datasets at a time.
type Lookup struct {
	// Field is Dataset.jobs or Dataset.latestJob, with its arguments as they stand in the document.
	Field graphql.CollectedField
	// Datasets are numbers of datasets, each once.
	Datasets []string
	// RecordsAlone: nothing but the records of the answers is written, neither how many there are nor where they stand.
	RecordsAlone bool
	// Unasked is what the answers need not have.
	Unasked paging.Unasked
	// Answers are to be filled in: Answers[i] is that of Datasets[i].
	Answers []Answer
	step    *lookupStep
}

// Answer is a page of a dataset's jobs, of one at most for latestJob, or why there is none.
type Answer struct {
	Page *model.JobConnection
	Err  error
}

// lookupStep is a field of Dataset in a compiled selection; ask gathers what its answer asks in turn.
type lookupStep struct {
	field        *field
	recordsAlone bool
	unasked      paging.Unasked
	ask          func(q *questions, page connection)
}

// question is what a field asks of one dataset.
type question struct {
	step    *lookupStep
	dataset string
}

// questions are those that are open, by the fields that ask them, and those that have been asked.
type questions struct {
	open  []*Lookup
	known map[question]Answer
}

// add opens a question, once.
func (q *questions) add(step *lookupStep, dataset string) {
	key := question{step, dataset}
	if _, ok := q.known[key]; ok {
		return
	}
	q.known[key] = Answer{}
	for _, lookup := range q.open {
		if lookup.step == step {
			lookup.Datasets = append(lookup.Datasets, dataset)
			return
		}
	}
	q.open = append(q.open, &Lookup{
		Field: step.field.CollectedField, Datasets: []string{dataset}, RecordsAlone: step.recordsAlone, Unasked: step.unasked, step: step,
	})
}

// settle has the open questions answered, level by level, until none is left.
func (q *questions) settle(answer func([]*Lookup)) {
	for len(q.open) > 0 {
		level := q.open
		q.open = nil
		for _, lookup := range level {
			lookup.Answers = make([]Answer, len(lookup.Datasets))
		}
		answer(level)
		for _, lookup := range level {
			for i, dataset := range lookup.Datasets {
				found := lookup.Answers[i]
				q.known[question{lookup.step, dataset}] = found
				if found.Err == nil {
					lookup.step.ask(q, found.Page)
				}
			}
		}
	}
}

// datasetJobs writes the connection that was looked up.
func datasetJobs(c *compiler, f *field, o *object[string]) part[string] {
	jobs := compile(c, "JobConnection", f.Selections, connectionFields())
	step := &lookupStep{f, c.recordsAlone(f.Selections), c.unasked(f.Selections), jobs.ask}
	o.asks = append(o.asks, func(q *questions, id string) { q.add(step, id) })
	return func(w *writer, id string) {
		found := w.answers[question{step, id}]
		if found.Err != nil {
			w.fail(f, found.Err)
			w.null()
			return
		}
		nested(w, f, jobs, found.Page)
	}
}

// recordsAlone reports whether a connection is asked for nothing but its records.
func (c *compiler) recordsAlone(set ast.SelectionSet) bool {
	for _, f := range c.collect("JobConnection", set) {
		switch f.Name {
		case "pageInfo", "totalCount":
			return false
		case "edges":
			isCursor := func(inner *field) bool { return inner.Name == "cursor" }
			if slices.ContainsFunc(c.collect("JobEdge", f.Selections), isCursor) {
				return false
			}
		}
	}
	return true
}

// latestJob writes the one job of the page that was looked up.
func latestJob(c *compiler, f *field, o *object[string]) part[string] {
	node := compile(c, "Job", f.Selections, jobFields())
	step := &lookupStep{f, true, paging.Unasked{Flags: true}, func(q *questions, page connection) {
		if len(page.Records) > 0 && page.Records[0].Err == nil {
			node.ask(q, page.Records[0].Job)
		}
	}}
	o.asks = append(o.asks, func(q *questions, id string) { q.add(step, id) })
	return func(w *writer, id string) {
		found := w.answers[question{step, id}]
		err := found.Err
		if err == nil {
			err = found.Page.Fault
		}
		if err == nil && len(found.Page.Records) > 0 {
			err = found.Page.Records[0].Err
		}
		switch {
		case err != nil:
			w.fail(f, err)
			w.null()
		case len(found.Page.Records) == 0:
			w.null()
		default:
			nested(w, f, node, found.Page.Records[0].Job)
		}
	}
}

// datasetNamed makes a field that is the dataset which a payload of a T names.
func datasetNamed[T any](payload func(T) restclient.JSON) maker[T] {
	return func(c *compiler, f *field, o *object[T]) part[T] {
		dataset := compile(c, "Dataset", f.Selections, datasetFields())
		if len(dataset.asks) > 0 {
			o.asks = append(o.asks, func(q *questions, v T) {
				if named, err := model.DatasetOf(payload(v)); err == nil && named != nil {
					dataset.ask(q, named.ID)
				}
			})
		}
		return func(w *writer, v T) {
			named, err := model.DatasetOf(payload(v))
			switch {
			case err != nil:
				w.fail(f, err)
				w.null()
			case named == nil:
				w.null()
			default:
				nested(w, f, dataset, named.ID)
			}
		}
	}
}
