package direct

import (
	"github.com/99designs/gqlgen/plugin/federation/fedruntime"

	"jobsgateway/graph/model"
)

// root asks and writes the value that a resolver of Query gave, or an element of it.
type root struct {
	// is reports whether a value is this root's to write; ask and write are for no other.
	is func(value any) bool
	// ask gathers what the value asks of the upstream.
	ask func(q *questions, value any)
	// write writes the value.
	write func(w *writer, value any)
	// unasked is what is not asked of a value that is a connection; nil for other values.
	unasked *ofRoot
}

// root compiles a field of Query; false for one that is left to the stock executor.
func (c *compiler) root(f *field) (root, bool) {
	switch f.Definition.Type.Name() {
	case "JobConnection":
		page := one(compile(c, "JobConnection", f.Selections, connectionFields()), pageOf)
		page.unasked = &ofRoot{f.Field, c.unasked(f.Selections)}
		return page, true
	case "Job", "Node":
		return one(compile(c, "Job", f.Selections, jobFields()), jobOf), true
	case "Dataset":
		dataset := one(compile(c, "Dataset", f.Selections, datasetFields()), datasetOf)
		if f.Definition.Type.Elem == nil {
			return dataset, true
		}
		return list(elementsOf[*model.Dataset], dataset), true
	case "_Entity":
		return list(elementsOf[fedruntime.Entity],
			one(compile(c, "Job", f.Selections, jobFields()), jobOf),
			one(compile(c, "Dataset", f.Selections, datasetFields()), datasetOf),
		), true
	}
	return root{}, false
}

// one makes the root of an object. Of gives the object as it is compiled; false for another value, and for none.
func one[T any](o *object[T], of func(value any) (T, bool)) root {
	return root{
		is: func(value any) bool {
			_, ok := of(value)
			return ok
		},
		ask: func(q *questions, value any) {
			v, _ := of(value)
			o.ask(q, v)
		},
		write: func(w *writer, value any) {
			v, _ := of(value)
			o.write(w, v)
		},
	}
}

// list makes the root of a list, of whose elements each is one of the kinds, or null. An element that cannot be written
// costs itself alone.
func list(elements func(value any) ([]any, bool), kinds ...root) root {
	kindOf := func(element any) *root {
		for i := range kinds {
			if kinds[i].is(element) {
				return &kinds[i]
			}
		}
		return nil
	}
	return root{
		is: func(value any) bool {
			_, ok := elements(value)
			return ok
		},
		ask: func(q *questions, value any) {
			all, _ := elements(value)
			for _, element := range all {
				if kind := kindOf(element); kind != nil {
					kind.ask(q, element)
				}
			}
		},
		write: func(w *writer, value any) {
			all, _ := elements(value)
			w.b = append(w.b, '[')
			for i, element := range all {
				if i > 0 {
					w.b = append(w.b, ',')
				}
				w.enterIndex(i)
				if kind := kindOf(element); kind == nil || !w.try(func() { kind.write(w, element) }) {
					w.null()
				}
				w.leave()
			}
			w.b = append(w.b, ']')
		},
	}
}

func pageOf(value any) (connection, bool) {
	page, ok := value.(connection)
	return page, ok && page != nil
}

func jobOf(value any) (job, bool) {
	found, ok := value.(*model.Job)
	if !ok || found == nil {
		return nil, false
	}
	return found.Job, true
}

func datasetOf(value any) (string, bool) {
	found, ok := value.(*model.Dataset)
	if !ok || found == nil {
		return "", false
	}
	return found.ID, true
}

// elementsOf gives the elements of a slice of Ts; false for another value.
func elementsOf[T any](value any) ([]any, bool) {
	slice, ok := value.([]T)
	if !ok {
		return nil, false
	}
	elements := make([]any, len(slice))
	for i, element := range slice {
		elements[i] = element
	}
	return elements, true
}
