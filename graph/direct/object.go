package direct

import (
	"fmt"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
)

// An appender writes the value of one field of a T. It never fails: an error is reported beside a value that
// the field may have, so that no field takes its object away.
type appender[T any] func(w *writer, v T)

// A row says what a field of a T is: it compiles the field, as it was selected, into its appender. If
// datasets have to be looked up for the field, the row adds that to the object.
type row[T any] func(c *compiler, f *field, o *object[T]) appender[T]

// rows are the fields of an object type by name. Here alone stands what a field means.
type rows[T any] map[string]row[T]

// object is the compiled selection set of an object type. {id now: state} of Job has two entries: `"id":`
// with the appender of id, and `,"now":` with that of state.
type object[T any] struct {
	entries []entry[T]
	// lookups add what the fields of a T have to look up; most objects have none.
	lookups []func(l *lookups, v T)
}

// entry is a response key, with the comma before and the colon behind it, and the appender of the value.
type entry[T any] struct {
	key    string
	append appender[T]
}

// compiler turns the selection sets of one root field into objects.
type compiler struct{ collector }

// compile makes the object for the selection set of a type. It panics for a field of the schema that has no
// row: a test compiles every field.
func compile[T any](c *compiler, typeName string, set ast.SelectionSet, table rows[T]) *object[T] {
	o := &object[T]{}
	for i, f := range c.collect(typeName, set) {
		write := constant[T](strconv.Quote(typeName))
		if f.Name != "__typename" {
			row, ok := table[f.Name]
			if !ok {
				panic(fmt.Sprintf("graph/direct has no row for %s.%s: add it to its type", typeName, f.Name))
			}
			write = row(c, f, o)
		}
		o.entries = append(o.entries, entry[T]{keyOf(f, i), write})
	}
	return o
}

// keyOf returns the key of the i-th field of an object, as in `,"id":`. A name needs no escapes.
func keyOf(f *field, i int) string {
	key := `"` + f.Alias + `":`
	if i > 0 {
		key = "," + key
	}
	return key
}

// write writes an object: for {id now: state} of a Job it is {"id":"…","now":"RUNNING"}.
func (o *object[T]) write(w *writer, v T) {
	w.b = append(w.b, '{')
	for i := range o.entries {
		w.b = append(w.b, o.entries[i].key...)
		o.entries[i].append(w, v)
	}
	w.b = append(w.b, '}')
}

// lookUp adds what the object's fields have to look up, before anything is written.
func (o *object[T]) lookUp(l *lookups, v T) {
	for _, add := range o.lookups {
		add(l, v)
	}
}

// constant appends the same bytes for every object.
func constant[T any](json string) appender[T] {
	return func(w *writer, _ T) {
		w.b = append(w.b, json...)
	}
}

// plain is the row of a scalar that can be written for every T.
func plain[T any](write func(w *writer, v T)) row[T] {
	return func(*compiler, *field, *object[T]) appender[T] { return write }
}

// nullable is the row of a scalar that is null, with the error beside it, if it cannot be read. Write must
// not have written anything when it returns an error.
func nullable[T any](write func(w *writer, v T) error) row[T] {
	return func(_ *compiler, f *field, _ *object[T]) appender[T] {
		return func(w *writer, v T) {
			if err := write(w, v); err != nil {
				w.failNull(f, err)
			}
		}
	}
}

// nested writes a field that is an object, and keeps the path to what is inside.
func nested[T any](w *writer, f *field, o *object[T], v T) {
	w.enter(f)
	o.write(w, v)
	w.leave()
}
