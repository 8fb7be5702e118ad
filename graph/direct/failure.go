package direct

import (
	"context"
	"slices"

	"github.com/99designs/gqlgen/graphql"
)

// failure is an error with the path, below the root field, of the field or element that it belongs to. That
// of jobs.nodes[2].tags is nodes, 2, tags.
type failure struct {
	path []place
	err  error
}

// fail adds an error of a field of the object that is being written.
func (w *writer) fail(f *field, err error) {
	w.note(err, place{field: f})
}

// maxFailures bounds the errors of one root field that are kept: an answer has no more in all.
const maxFailures = 100

// note adds an error of the object that is being written, or of what is below it.
func (w *writer) note(err error, below ...place) {
	if len(w.failures) == maxFailures {
		w.omitted++
		return
	}
	w.failures = append(w.failures, failure{append(slices.Clone(w.path), below...), err})
}

// failNull writes a null with an error beside it.
func (w *writer) failNull(f *field, err error) {
	w.fail(f, err)
	w.null()
}

// leftOut adds the error of an element that the list being written is without: the index-th of the Jobs API's
// list.
func (w *writer) leftOut(index int, err error) {
	w.note(&LeftOutError{index, err})
}

// report adds a failure to the response that ctx, the context of the root field, belongs to. It makes the
// contexts that gqlgen would have on the way down, since the presenter reads the path and the field from
// them.
func (f failure) report(ctx context.Context) {
	if len(f.path) == 0 {
		graphql.AddError(ctx, f.err)
		return
	}
	at := f.path[0]
	inner := failure{f.path[1:], f.err}
	switch {
	case at.field != nil:
		field := graphql.FieldContext{Object: at.field.object, Field: at.field.CollectedField}
		inner.report(graphql.WithFieldContext(ctx, &field))
	case len(inner.path) > 0:
		inner.report(graphql.WithFieldContext(ctx, &graphql.FieldContext{Index: &at.index}))
	default: // an element's own error belongs to its list's field
		inner.report(graphql.WithPathContext(ctx, graphql.NewPathWithIndex(at.index)))
	}
}
