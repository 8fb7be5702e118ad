package direct

import (
	"github.com/99designs/gqlgen/graphql"

	"jobsgateway/graph/paging"
)

// Lookup is one field of Dataset, as it stands at one place of a document, to be answered for some datasets.
// In {jobs {nodes {dataset {latestJob {id}}}}} that is latestJob, for every dataset that a job of the page
// names.
type Lookup struct {
	// Field is Dataset.jobs or Dataset.latestJob, with its arguments as they stand in the document.
	Field graphql.CollectedField
	// Datasets are numbers of datasets, each once.
	Datasets []string
	// RecordsAlone: nothing but the records of the answers is written: no cursor, no totalCount, no pageInfo.
	RecordsAlone bool
	// Unasked is what the answers need not have.
	Unasked paging.Unasked
	// Answers are to be filled in: Answers[i] is that of Datasets[i].
	Answers []Answer

	of *lookupField
}

// Answer is a page of a dataset's jobs, of one at most for latestJob, or why there is none.
type Answer struct {
	Page connection
	Err  error
}

// lookupField is a compiled field of Dataset that has to be looked up.
type lookupField struct {
	field        *field
	recordsAlone bool
	unasked      paging.Unasked
	// next adds what the field's answer has to look up.
	next func(l *lookups, page connection)
}

// lookup is one field of one dataset.
type lookup struct {
	of      *lookupField
	dataset string
}

// lookups are the fields of datasets that one root field needs.
type lookups struct {
	open []*Lookup // those without an answer, one for each field
	// answers are all that were added, each with its answer once it has one.
	answers map[lookup]Answer
}

// add adds a lookup, once: a page of 50 jobs of the same dataset adds its latestJob once.
func (l *lookups) add(of *lookupField, dataset string) {
	key := lookup{of, dataset}
	if _, ok := l.answers[key]; ok {
		return
	}
	l.answers[key] = Answer{}
	for _, open := range l.open {
		if open.of == of {
			open.Datasets = append(open.Datasets, dataset)
			return
		}
	}
	l.open = append(l.open, &Lookup{
		Field: of.field.CollectedField, Datasets: []string{dataset},
		RecordsAlone: of.recordsAlone, Unasked: of.unasked, of: of,
	})
}

// answer has the open lookups answered by with, all of one level at a time, then those that the answers lead
// to, until none is open. Validation bounds the depth of a document, and so the number of levels.
func (l *lookups) answer(with func([]*Lookup)) {
	for len(l.open) > 0 {
		level := l.open
		l.open = nil
		for _, open := range level {
			open.Answers = make([]Answer, len(open.Datasets))
		}
		with(level)
		for _, answered := range level {
			for i, dataset := range answered.Datasets {
				found := answered.Answers[i]
				l.answers[lookup{answered.of, dataset}] = found
				if found.Err == nil {
					answered.of.next(l, found.Page)
				}
			}
		}
	}
}
