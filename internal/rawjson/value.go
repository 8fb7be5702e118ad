package rawjson

import (
	"bytes"
	"iter"
	"slices"
	"strconv"
)

// Value is one valid JSON value as it was written, without surrounding space; nil stands for an absent one.
// It is a part of the body that it was read from: read it, keep it, never change it. Its methods allocate
// nothing unless they return a pointer or a slice of their own.
type Value []byte

// ObjectOf returns the one object that b is, with or without space around it; nil when b is anything else.
// Whether b is UTF-8 is not checked.
func ObjectOf(b []byte) Value {
	w := Walk{b: b, at: skipSpace(b, 0)}
	if !w.StartsWith('{') {
		return nil
	}
	object := w.Take()
	if w.Close() != nil {
		return nil
	}
	return object
}

// IsEmpty reports whether the value is absent, null, "", [] or {}: in the APIs that are read here these are
// one.
func (v Value) IsEmpty() bool {
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

// Text returns what a string says, without its escapes; nil when it is empty in the sense of IsEmpty. Half of
// a surrogate pair becomes U+FFFD. Errors: *Error for another type.
func (v Value) Text() (*string, error) {
	if v, err := v.ofType('"', "a string"); v == nil {
		return nil, err
	}
	text := v.TextOrEmpty()
	return &text, nil
}

// ofType returns the value itself; nil when it is empty. Errors: *Error, which names the type, when its first
// byte is another.
func (v Value) ofType(first byte, name string) (Value, error) {
	switch {
	case v.IsEmpty():
		return nil, nil
	case v[0] != first:
		return nil, unreadable("not %s", name)
	}
	return v, nil
}

// TextOrEmpty returns what a string says, as Text does; empty for another type.
func (v Value) TextOrEmpty() string {
	inner := v.Quoted()
	if bytes.IndexByte(inner, '\\') < 0 {
		return string(inner)
	}
	return string(appendText(make([]byte, 0, len(inner)), inner))
}

// Says reports whether the value is a string that says text, which is UTF-8.
func (v Value) Says(text string) bool {
	inner := v.Quoted()
	return inner != nil && says(inner, text)
}

// Quoted returns what stands between the quotes of a string, with its escapes; nil for another type.
func (v Value) Quoted() []byte {
	if len(v) < 2 || v[0] != '"' {
		return nil
	}
	return v[1 : len(v)-1]
}

// Bool returns what true or false says; nil when the value is empty. Errors: *Error for another type.
func (v Value) Bool() (*bool, error) {
	if v.IsEmpty() {
		return nil, nil
	}
	b := v[0] == 't'
	if !b && v[0] != 'f' {
		return nil, unreadable("not a boolean")
	}
	return &b, nil
}

// Integer returns the exact decimal digits of a signed 64-bit integer that is written as a number or as a
// string; nil when the value is empty. Errors: *Error for anything else, also for what would have to be
// rounded or rewritten: 1.0, 1e3, "007", -0.
func (v Value) Integer() (*string, error) {
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

// AppendInteger appends to b the digits that Integer returns. The value may not be empty. Errors: as Integer,
// with b as it was.
func (v Value) AppendInteger(b []byte) ([]byte, error) {
	digits := []byte(v)
	if v[0] == '"' {
		digits = v.Quoted()
	}
	if !isInteger(digits) {
		return b, unreadable("not a 64-bit integer")
	}
	return append(b, digits...), nil
}

// isInteger reports whether digits are the one spelling of a 64-bit integer: no plus sign, no leading zero,
// no -0.
func isInteger(digits []byte) bool {
	const alwaysFit = 18 // digits; 2^63 has 19
	magnitude := bytes.TrimPrefix(digits, minus)
	if len(magnitude) == 0 || magnitude[0] == '0' && len(digits) > 1 {
		return false
	}
	for _, c := range magnitude {
		if c-'0' > 9 {
			return false
		}
	}
	if len(magnitude) <= alwaysFit {
		return true
	}
	_, err := strconv.ParseInt(string(digits), 10, 64)
	return err == nil
}

var minus = []byte("-")

// TextOrInteger returns an identifier, which some write as a string and some as an integer, as text: it is
// Text for a string and Integer for anything else.
func (v Value) TextOrInteger() (*string, error) {
	if !v.IsEmpty() && v[0] != '"' {
		return v.Integer()
	}
	return v.Text()
}

// Object returns the value itself if it is an object; nil when it is empty. Errors: *Error for another type.
func (v Value) Object() (Value, error) { return v.ofType('{', "an object") }

// Get returns the value of an object's last member of this name; nil when it has none, or is no object. It
// reads the whole object. Names are compared as what they say: "a" is also found where it is written
// "\u0061".
func (v Value) Get(name string) Value {
	var found [1]Value
	v.Members([]string{name}, found[:])
	return found[0]
}

// Members is Get for several names in one reading: values[i] becomes the value of names[i], and nil where
// there is no such member. There have to be as many values as names; those beyond become nil.
func (v Value) Members(names []string, values []Value) {
	clear(values)
	if len(v) == 0 || v[0] != '{' {
		return
	}
	wanted := NamesOf(names)
	for w := v.enter(); w.Next(&wanted); {
		if value := w.Take(); w.index >= 0 {
			values[w.index] = value
		}
	}
}

// Array returns the elements of an array; nil when the value is empty. Errors: *Error for another type.
func (v Value) Array() ([]Value, error) {
	array, err := v.ofType('[', "an array")
	return slices.Collect(array.Elements()), err
}

// Elements goes over the elements of an array, and over nothing for another type.
func (v Value) Elements() iter.Seq[Value] {
	return func(yield func(Value) bool) {
		if len(v) == 0 || v[0] != '[' {
			return
		}
		for w := v.enter(); w.Next(nil); {
			if element := w.Take(); element == nil || !yield(element) {
				return
			}
		}
	}
}

// enter begins a Walk over the values of an array or object.
func (v Value) enter() Walk {
	outer := Walk{b: v}
	return outer.Enter()
}
