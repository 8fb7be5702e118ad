package direct

import (
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
)

// A part writes one field of a T behind its key. What cannot be read is told beside a value that the field may have, so no field
// takes its object away.
type part[T any] func(w *writer, v T)

// A maker compiles a field of a T. What the field will ask of the upstream it adds to the object.
type maker[T any] func(c *compiler, f *field, o *object[T]) part[T]

// object is the compiled selection set of an object type.
type object[T any] struct {
	steps []step[T]
	// asks gather what the fields ask of the upstream; most objects have none.
	asks []func(q *questions, v T)
}

// step is a response key, with the comma and the colon around it, and what writes the value.
type step[T any] struct {
	key   string
	write part[T]
}

// compiler turns selection sets into objects.
type compiler struct {
	collector
	// unknown: a field has no maker, so the operation's root field is left to the stock executor.
	unknown bool
}

// compile makes the object for what a selection set asks of a type.
func compile[T any](c *compiler, typeName string, set ast.SelectionSet, makers map[string]maker[T]) *object[T] {
	o := &object[T]{}
	for i, f := range c.collect(typeName, set) {
		write := constant[T](strconv.Quote(typeName))
		if f.Name != "__typename" {
			maker, ok := makers[f.Name]
			if !ok {
				c.unknown = true
				return o
			}
			write = maker(c, f, o)
		}
		o.steps = append(o.steps, step[T]{keyOf(f, i), write})
	}
	return o
}

// keyOf gives a field's key as the i-th of its object; a name needs no escapes.
func keyOf(f *field, i int) string {
	key := `"` + f.Alias + `":`
	if i > 0 {
		key = "," + key
	}
	return key
}

// write writes an object.
func (o *object[T]) write(w *writer, v T) {
	w.b = append(w.b, '{')
	for i := range o.steps {
		w.b = append(w.b, o.steps[i].key...)
		o.steps[i].write(w, v)
	}
	w.b = append(w.b, '}')
}

// ask gathers what an object's fields ask of the upstream.
func (o *object[T]) ask(q *questions, v T) {
	for _, ask := range o.asks {
		ask(q, v)
	}
}

// constant makes a field that is the same for every object.
func constant[T any](json string) part[T] {
	return func(w *writer, _ T) {
		w.b = append(w.b, json...)
	}
}

// plain makes a scalar field that can be read from every T.
func plain[T any](write func(w *writer, v T)) maker[T] {
	return func(*compiler, *field, *object[T]) part[T] {
		return func(w *writer, v T) {
			write(w, v)
		}
	}
}

// nullable makes a scalar field that is null, with the error beside it, when it cannot be read. Write must not have
// written anything when it returns an error.
func nullable[T any](write func(w *writer, v T) error) maker[T] {
	return func(_ *compiler, f *field, _ *object[T]) part[T] {
		return func(w *writer, v T) {
			if err := write(w, v); err != nil {
				w.fail(f, err)
				w.null()
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
