package direct

import (
	"fmt"
	"reflect"
	"strconv"

	"github.com/99designs/gqlgen/plugin/federation/fedruntime"

	"jobsgateway/graph/model"
)

// root is a compiled field of Query: an object for each type that its value, or an element of it, can have.
type root struct {
	page    *object[connection]
	job     *object[job]
	dataset *object[string]
	count   *object[*model.JobStateCount]
	change  *object[*Change]
	// unasked is what the field does not ask of a connection; nil if its value is none.
	unasked *ofRoot
}

// root compiles a field of Query; false for one that gqlgen writes: __typename, _service and those of
// introspection.
func (c *compiler) root(f *field) (r root, ok bool) {
	switch f.Definition.Type.Name() {
	case "JobConnection":
		r.page = compile(c, "JobConnection", f.Selections, connectionRows())
		unasked, _ := c.unasked(f.Selections)
		r.unasked = &ofRoot{f.Field, unasked}
	case "Job":
		r.job = compile(c, "Job", f.Selections, jobRows())
	case "Dataset":
		r.dataset = compile(c, "Dataset", f.Selections, datasetRows())
	case "JobStateCount":
		r.count = compile(c, "JobStateCount", f.Selections, countRows())
	case "JobsChange":
		r.change = compile(c, "JobsChange", f.Selections, changeRows())
	case "_Entity", "Node":
		r.job = compile(c, "Job", f.Selections, jobRows())
		r.dataset = compile(c, "Dataset", f.Selections, datasetRows())
	default:
		return root{}, false
	}
	return r, true
}

// isNull reports whether a resolver gave nothing: nil, or a nil pointer, list or interface of any type.
func isNull(value any) bool { return value == nil || reflect.ValueOf(value).IsNil() }

// lookUp adds what a value has to look up. The value is what a resolver of Query gave, or an element of it,
// and is not null.
func (r root) lookUp(l *lookups, value any) {
	switch value := value.(type) {
	case connection:
		r.page.lookUp(l, value)
	case *model.Job:
		r.job.lookUp(l, value.Job)
	case *model.Dataset:
		r.dataset.lookUp(l, value.ID)
	case *Change:
		r.change.lookUp(l, value)
	case []*model.Dataset:
		lookUpEach(r, l, value)
	case []model.Node:
		lookUpEach(r, l, value)
	case []fedruntime.Entity:
		lookUpEach(r, l, value)
	}
}

// lookUpEach adds what the elements of a list have to look up; an element may be null.
func lookUpEach[E any](r root, l *lookups, list []E) {
	for _, element := range list {
		if !isNull(element) {
			r.lookUp(l, element)
		}
	}
}

// write writes a value that lookUp takes. It panics for any other: no resolver returns one.
func (r root) write(w *writer, value any) {
	switch value := value.(type) {
	case connection:
		r.page.write(w, value)
	case *model.Job:
		r.job.write(w, value.Job)
	case *model.Dataset:
		r.dataset.write(w, value.ID)
	case []*model.Dataset:
		writeEach(r, w, value)
	case *model.JobStateCount:
		r.count.write(w, value)
	case *Change:
		r.change.write(w, value)
	case []*model.JobStateCount:
		writeEach(r, w, value)
	case []model.Node:
		writeEach(r, w, value)
	case []fedruntime.Entity:
		writeEach(r, w, value)
	default:
		panic(fmt.Sprintf("graph/direct cannot write a %T", value))
	}
}

// root writes the value of a root field. It is null, with an error, if that panics, and if there is no memory
// for all of it: nothing of what it lacks would be seen.
func (w *writer) root(r root, value any) {
	if w.out != nil {
		w.out.err = nil // of bytes around the value: they are there
	}
	start := w.mark()
	if !w.try(func() { r.write(w, value) }) {
		w.null()
	}
	if err := w.noMemory(); err != nil {
		w.backTo(start)
		w.failures, w.omitted = []failure{{err: err}}, 0
		w.null()
	}
}

// writeEach writes a list. An element that cannot be written is null, with an error, and costs no other.
func writeEach[E any](r root, w *writer, list []E) {
	w.b = append(w.b, '[')
	for i, element := range list {
		if !w.goesOn() {
			break
		}
		if i > 0 {
			w.b = append(w.b, ',')
		}
		w.enterIndex(i)
		if isNull(element) || !w.try(func() { r.write(w, element) }) {
			w.null()
		}
		w.leave()
	}
	w.b = append(w.b, ']')
}

// countRows are the fields of JobStateCount.
func countRows() rows[*model.JobStateCount] {
	return rows[*model.JobStateCount]{
		"state": plain(func(w *writer, c *model.JobStateCount) { w.literal(model.StateName(c.State)) }),
		"count": plain(func(w *writer, c *model.JobStateCount) { w.b = strconv.AppendInt(w.b, int64(c.Count), 10) }),
	}
}
