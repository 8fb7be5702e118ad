package restclient

import (
	"bytes"
	"iter"
	"math"
	"slices"
	"strconv"
)

// JSON is one valid JSON value as the Jobs API wrote it, without surrounding space; nil stands for an absent one.
// It is a part of the answer's body: read it, keep it, never change it.
type JSON []byte

// IsEmpty reports whether the value is absent, null, "", [] or {}: to the Jobs API these are one.
func (v JSON) IsEmpty() bool {
	if len(v) < 2 {
		return len(v) == 0
	}
	switch v[0] {
	case 'n':
		return true
	case '"':
		return len(v) == 2
	case '[', '{':
		return skipSpace(v, 1) == len(v)-1
	}
	return false
}

// Text reads a string; nil when it is empty in the sense of IsEmpty. Half of a surrogate pair is read as U+FFFD.
// Errors: KindMalformed for another type.
func (v JSON) Text() (*string, error) {
	switch {
	case v.IsEmpty():
		return nil, nil
	case v[0] != '"':
		return nil, malformed("not a string")
	}
	text := v.text()
	return &text, nil
}

// text gives what a string says; empty for another type.
func (v JSON) text() string {
	inner := v.quoted()
	if bytes.IndexByte(inner, '\\') < 0 {
		return string(inner)
	}
	return string(appendText(make([]byte, 0, len(inner)), inner))
}

// quoted gives what stands between the quotes of a string; nil for another type.
func (v JSON) quoted() []byte {
	if len(v) < 2 || v[0] != '"' {
		return nil
	}
	return v[1 : len(v)-1]
}

// Bool reads true or false; nil when absent or null. Errors: KindMalformed for another type.
func (v JSON) Bool() (*bool, error) {
	if v.IsEmpty() {
		return nil, nil
	}
	b := v[0] == 't'
	if !b && v[0] != 'f' {
		return nil, malformed("not a boolean")
	}
	return &b, nil
}

// Integer reads a signed 64-bit integer, written as a number or as a string of digits, as its exact decimal
// digits; nil when empty. Errors: KindMalformed for anything that would have to be rounded, such as 1.0 or 1e3.
func (v JSON) Integer() (*string, error) {
	if v.IsEmpty() {
		return nil, nil
	}
	digits, err := v.AppendInteger(nil)
	if err != nil {
		return nil, err
	}
	text := string(digits)
	return &text, nil
}

// AppendInteger appends the digits that Integer gives for a value that is not empty. Errors: as Integer.
func (v JSON) AppendInteger(b []byte) ([]byte, error) {
	digits := []byte(v)
	if v[0] == '"' {
		digits = v.quoted()
	}
	if !isInteger(digits) {
		return b, malformed("not a 64-bit integer")
	}
	return append(b, digits...), nil
}

// isInteger reports whether digits are the one spelling of a 64-bit integer: no plus sign, no leading zero, no "-0".
func isInteger(digits []byte) bool {
	const surely = 18 // so many digits always fit
	magnitude := bytes.TrimPrefix(digits, minus)
	if len(magnitude) == 0 || magnitude[0] == '0' && len(digits) > 1 {
		return false
	}
	for _, c := range magnitude {
		if c-'0' > 9 {
			return false
		}
	}
	if len(magnitude) <= surely {
		return true
	}
	_, err := strconv.ParseInt(string(digits), 10, 64)
	return err == nil
}

var minus = []byte("-")

// Name reads what the Jobs API uses as an identifier, a string or an integer, as text; nil when empty.
func (v JSON) Name() (*string, error) {
	if !v.IsEmpty() && v[0] != '"' {
		return v.Integer()
	}
	return v.Text()
}

// Object gives the value itself when it is an object, for Get; nil when empty. Errors: KindMalformed for another
// type.
func (v JSON) Object() (JSON, error) {
	switch {
	case v.IsEmpty():
		return nil, nil
	case v[0] != '{':
		return nil, malformed("not an object")
	}
	return v, nil
}

// Get gives the value of an object's last member of this name; nil when it has none, or is no object. Names are
// compared as what they say, not as they are escaped. Each call goes over the whole object and allocates nothing.
func (v JSON) Get(name string) JSON {
	if len(v) == 0 || v[0] != '{' {
		return nil
	}
	var found JSON
	for w := walkInto(v, 0, 0); w.next(); {
		named := spells(w.name, name)
		if value := w.skip(); named {
			found = value
		}
	}
	return found
}

// Members reads members by their names, as Get does, in one go over the object: values[i] becomes that of names[i].
func (v JSON) Members(names []string, values []JSON) {
	clear(values)
	if len(v) == 0 || v[0] != '{' {
		return
	}
	likely := 0 // members mostly come in the order in which they are asked for
	for w := walkInto(v, 0, 0); ; {
		if w.guess = ""; likely < len(names) {
			w.guess = names[likely]
		}
		if !w.next() {
			return
		}
		at := likely
		if !w.guessed {
			at = slices.IndexFunc(names, func(name string) bool { return spells(w.name, name) })
		}
		value := w.skip()
		if at >= 0 && at < len(names) {
			values[at], likely = value, at+1
		}
	}
}

// Elements goes over the elements of an array; over nothing for another type.
func (v JSON) Elements() iter.Seq[JSON] {
	return func(yield func(JSON) bool) {
		if len(v) == 0 || v[0] != '[' {
			return
		}
		for w := walkInto(v, 0, 0); w.next(); {
			if element := w.skip(); element == nil || !yield(element) {
				return
			}
		}
	}
}

// Array reads the elements of an array; nil when empty. Errors: KindMalformed for another type.
func (v JSON) Array() ([]JSON, error) {
	switch {
	case v.IsEmpty():
		return nil, nil
	case v[0] != '[':
		return nil, malformed("not an array")
	}
	var elements []JSON
	for element := range v.Elements() {
		elements = append(elements, element)
	}
	return elements, nil
}

// count reads a total: a whole number from 0 to 2^63-1, else UnknownTotal.
func (v JSON) count() int64 {
	n, err := strconv.ParseUint(string(v), 10, 64)
	if err != nil || n > math.MaxInt64 {
		return UnknownTotal
	}
	return int64(n)
}

// pageNumber reads the number of a page, 1 or more, also as a string; 0 for anything else. One too large to be true is cut.
func (v JSON) pageNumber() int64 {
	const most = 1 << 40
	digits := []byte(v)
	if text := v.quoted(); text != nil {
		digits = text
	}
	n, err := strconv.ParseUint(string(digits), 10, 64)
	if err != nil {
		return 0
	}
	return int64(min(n, most))
}

// objectOf gives any bytes as the one object that they are, with or without space around it; nil when they are not.
func objectOf(b []byte) JSON {
	start := skipSpace(b, 0)
	end := skipValue(b, start, 0)
	if end < 0 || b[start] != '{' || skipSpace(b, end) < len(b) {
		return nil
	}
	return b[start:end:end]
}
