package direct

import (
	"bytes"
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"jobsgateway/restclient"
)

// writer appends the value of one root field to a buffer. All that needs the REST API has been looked up
// before.
type writer struct {
	b       []byte
	now     time.Time
	answers map[lookup]Answer
	path    []place
	members members
	// failures are reported when the value is written: see report.
	failures []failure
	caught   func(value any) error
}

// place is one element of a response path: a field, or an index where there is no field.
type place struct {
	field *field
	index int
}

// failure is an error of a field, or of an element of a list, and where it happened.
type failure struct {
	path []place
	err  error
}

func (w *writer) enter(f *field)   { w.path = append(w.path, place{field: f}) }
func (w *writer) enterIndex(i int) { w.path = append(w.path, place{index: i}) }
func (w *writer) leave()           { w.path = w.path[:len(w.path)-1] }
func (w *writer) null()            { w.b = append(w.b, "null"...) }
func (w *writer) literal(s string) { w.b = append(append(append(w.b, '"'), s...), '"') }
func (w *writer) boolean(is bool)  { w.b = strconv.AppendBool(w.b, is) }

// fail adds an error of a field of the object that is being written.
func (w *writer) fail(f *field, err error) {
	w.failures = append(w.failures, failure{append(slices.Clone(w.path), place{field: f}), err})
}

// failNull writes a null with an error beside it.
func (w *writer) failNull(f *field, err error) {
	w.fail(f, err)
	w.null()
}

// leftOut adds the error of an element that the list being written is without: the index-th of the Jobs API's
// list.
func (w *writer) leftOut(index int, err error) {
	w.failures = append(w.failures, failure{slices.Clone(w.path), &LeftOutError{index, err}})
}

// try writes a value. If that panics, nothing of it is written, the panic is an error of the field or element
// that is being written, and try returns false.
func (w *writer) try(write func()) (ok bool) {
	start, depth := len(w.b), len(w.path)
	defer func() {
		if value := recover(); value != nil {
			w.b, w.path = w.b[:start], w.path[:depth]
			w.failures = append(w.failures, failure{slices.Clone(w.path), w.caught(value)})
		}
	}()
	write()
	return true
}

// report adds a failure to the response that ctx, the context of the root field, belongs to.
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

// json writes any value of the upstream as it is; null for an empty one.
func (w *writer) json(v restclient.JSON) {
	if v.IsEmpty() {
		w.null()
		return
	}
	w.b = append(w.b, v...)
}

// text writes a string of the upstream, or null for an empty one. One without escapes is copied as it is.
// Errors: KindMalformed for another type; then nothing is written.
func (w *writer) text(v restclient.JSON) error {
	switch {
	case v.IsEmpty():
		w.null()
		return nil
	case v[0] == '"' && bytes.IndexByte(v, '\\') < 0:
		w.b = append(w.b, v...)
		return nil
	}
	text, err := v.Text()
	if err != nil {
		return err
	}
	w.quote(*text)
	return nil
}

// textOrEmpty writes a string of the upstream for a field that may not be null: empty when there is none.
// Errors: as text, with the empty string written.
func (w *writer) textOrEmpty(v restclient.JSON) error {
	if v.IsEmpty() {
		w.b = append(w.b, `""`...)
		return nil
	}
	err := w.text(v)
	if err != nil {
		w.b = append(w.b, `""`...)
	}
	return err
}

// name writes an identifier of the upstream, a string or an integer, as a string; null when empty. Errors: as
// text.
func (w *writer) name(v restclient.JSON) error {
	if v.IsEmpty() || v[0] == '"' {
		return w.text(v)
	}
	return w.integer(v)
}

// integer writes the exact digits of a 64-bit integer as a string; null when empty. Errors: as text.
func (w *writer) integer(v restclient.JSON) error {
	if v.IsEmpty() {
		w.null()
		return nil
	}
	start := len(w.b)
	b, err := v.AppendInteger(append(w.b, '"'))
	if err != nil {
		w.b = b[:start]
		return err
	}
	w.b = append(b, '"')
	return nil
}

// timestamp writes an instant; null when empty. Errors: as text.
func (w *writer) timestamp(v restclient.JSON) error {
	at, ok, err := v.ReadTimestamp()
	switch {
	case err != nil:
		return err
	case !ok:
		w.null()
	default:
		w.quoted(at.AppendTo)
	}
	return nil
}

// quoted writes a string that needs no escapes, which text appends.
func (w *writer) quoted(text func([]byte) []byte) {
	w.b = append(text(append(w.b, '"')), '"')
}

// quote writes a string in the spelling of the stock executor, which escapes no more than JSON demands.
func (w *writer) quote(s string) {
	const hex = "0123456789ABCDEF"
	w.b = append(w.b, '"')
	for i := range len(s) { // bytes: what has to be escaped is ASCII, and nothing else is touched
		switch c := s[i]; {
		case c == '"' || c == '\\':
			w.b = append(w.b, '\\', c)
		case c == '\n':
			w.b = append(w.b, `\n`...)
		case c == '\r':
			w.b = append(w.b, `\r`...)
		case c == '\t':
			w.b = append(w.b, `\t`...)
		case c < ' ':
			w.b = append(w.b, '\\', 'u', '0', '0', hex[c>>4], hex[c&0xf])
		default:
			w.b = append(w.b, c)
		}
	}
	w.b = append(w.b, '"')
}
