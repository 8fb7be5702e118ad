package direct

import (
	"bytes"
	"strconv"
	"time"

	"jobsgateway/internal/rawjson"
	"jobsgateway/restclient"
)

// writer appends the value of one root field to a buffer. All that needs the REST API has been looked up
// before.
type writer struct {
	b []byte
	// out is where b goes; nil if that is not known, and b is then all that is written.
	out *Buffer
	// now is the moment up to which unfinished jobs have lasted, the same for the whole value.
	now     time.Time
	answers map[lookup]Answer
	// path leads from the root field, which is not in it, to the object that is being written.
	path []place
	// members are those of the object that was read last.
	members members
	// failures are reported when the whole value is written: the first maxFailures. Omitted is how many more there
	// were.
	failures []failure
	omitted  int
	// caught makes an error of what recover returned.
	caught func(value any) error
}

// place is one element of a response path: a field, or an index of a list if there is no field.
type place struct {
	field *field
	index int
}

// enter and enterIndex go down one element of the path, leave goes up again.
func (w *writer) enter(f *field)   { w.path = append(w.path, place{field: f}) }
func (w *writer) enterIndex(i int) { w.path = append(w.path, place{index: i}) }
func (w *writer) leave()           { w.path = w.path[:len(w.path)-1] }

// null and boolean write these values.
func (w *writer) null()           { w.b = append(w.b, "null"...) }
func (w *writer) boolean(is bool) { w.b = strconv.AppendBool(w.b, is) }

// literal writes a string that needs no escapes.
func (w *writer) literal(s string) { w.b = append(append(append(w.b, '"'), s...), '"') }

// try writes a value. If that panics, nothing of it is written, the panic is an error of the field or element
// that is being written, and try returns false.
func (w *writer) try(write func()) (ok bool) {
	start, depth := w.mark(), len(w.path)
	defer func() {
		if value := recover(); value != nil {
			w.backTo(start)
			w.path = w.path[:depth]
			w.note(w.caught(value))
		}
	}()
	write()
	return true
}

// mark returns the place where the next byte is written.
func (w *writer) mark() mark {
	if w.out == nil {
		return mark{bytes: w.b}
	}
	return w.out.mark(w.b)
}

// backTo forgets what was written since a mark.
func (w *writer) backTo(m mark) {
	w.b = m.bytes
	if w.out != nil {
		w.out.backTo(m)
	}
}

// goesOn makes room for an element of a list; false if there is no memory for one. Then the rest of the list
// may be left out, since the whole root field becomes an error.
func (w *writer) goesOn() bool {
	if w.out == nil {
		return true
	}
	w.b = w.out.roomForElement(w.b)
	return w.out.err == nil
}

// noMemory returns why there was no memory for all that was written; nil if there was.
func (w *writer) noMemory() error {
	if w.out == nil {
		return nil
	}
	w.out.settle(w.b)
	return w.out.err
}

// bytes writes bytes of the upstream as they are. Many stay where they are and become a part of the answer
// there.
func (w *writer) bytes(v []byte) {
	if len(v) >= referred && w.out != nil {
		w.b = w.out.refer(w.b, v)
		return
	}
	w.b = append(w.b, v...)
}

// json writes any value of the upstream as it is; null for an empty one.
func (w *writer) json(v rawjson.Value) {
	if v.IsEmpty() {
		w.null()
		return
	}
	w.bytes(v)
}

// text writes a string of the upstream; null for an empty value. A string without escapes is copied as it is;
// one with escapes is written as gqlgen would: "caf\u00e9" becomes "café". Errors: KindMalformed for another
// type, and nothing is written.
func (w *writer) text(v rawjson.Value) error {
	switch {
	case v.IsEmpty():
		w.null()
		return nil
	case v[0] == '"' && bytes.IndexByte(v, '\\') < 0:
		w.bytes(v)
		return nil
	case len(v) >= referred && w.out != nil:
		return w.longText(v)
	}
	text, err := v.Text()
	if err != nil {
		return err
	}
	w.quote(*text)
	return nil
}

// longText is text for a string with escapes that is so long that its memory counts: as it is read, and as it
// is written. If there is none, it writes nothing.
func (w *writer) longText(v rawjson.Value) error {
	out := w.out
	if out.err == nil {
		out.err = out.account.Count(out.ctx, int64(len(v)))
	}
	if out.err != nil {
		return nil
	}
	defer out.account.Drop(int64(len(v)))
	text, err := v.Text()
	if err != nil {
		return err
	}
	if w.b = out.roomFor(w.b, len(v)); out.err == nil {
		w.quote(*text)
	}
	return nil
}

// textOrEmpty writes a string of the upstream for a field that may not be null: an empty one for an empty
// value. Errors: as text, but an empty string is written.
func (w *writer) textOrEmpty(v rawjson.Value) error {
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

// name writes an identifier of the upstream as a string: "a7" and 7 become "a7" and "7"; null for an empty
// value. Errors: as text.
func (w *writer) name(v rawjson.Value) error {
	if v.IsEmpty() || v[0] == '"' {
		return w.text(v)
	}
	return w.integer(v)
}

// integer writes a 64-bit integer of the upstream, a number or a string of digits, as a string with exactly
// these digits; null for an empty value. Errors: as text, for fractions, exponents and larger numbers as
// well.
func (w *writer) integer(v rawjson.Value) error {
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

// timestamp writes an instant of the upstream in UTC, with all its digits; null for an empty value. Errors:
// as text.
func (w *writer) timestamp(v rawjson.Value) error {
	at, err := restclient.ReadTimestamp(v)
	switch {
	case err != nil:
		return err
	case at.IsZero():
		w.null()
	default:
		w.quoted(at.AppendTo)
	}
	return nil
}

// quoted writes the string that text appends, which needs no escapes.
func (w *writer) quoted(text func([]byte) []byte) {
	w.b = append(text(append(w.b, '"')), '"')
}

// quote writes a string as gqlgen does, with no more escapes than JSON demands: "é" and "<" stay.
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
