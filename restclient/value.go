package restclient

import (
	"bytes"
	"math"
	"strconv"

	"github.com/go-faster/jx"
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
		return len(bytes.TrimLeft(v[1:], " \t\r\n")) == 1
	}
	return false
}

// Text reads a string; nil when it is empty in the sense of IsEmpty. Errors: KindMalformed for another type.
func (v JSON) Text() (*string, error) {
	switch {
	case v.IsEmpty():
		return nil, nil
	case v[0] != '"':
		return nil, malformed("not a string")
	}
	text, err := jx.DecodeBytes(v).Str()
	if err != nil {
		return nil, malformed("string: %w", err)
	}
	return &text, nil
}

// Bool reads true or false; nil when absent or null. Errors: KindMalformed for another type.
func (v JSON) Bool() (*bool, error) {
	if v.IsEmpty() {
		return nil, nil
	}
	b, err := jx.DecodeBytes(v).Bool()
	if err != nil {
		return nil, malformed("boolean: %w", err)
	}
	return &b, nil
}

// Integer reads a signed 64-bit integer, written as a number or as a string of digits, as its exact decimal
// digits; nil when empty. Errors: KindMalformed for anything that would have to be rounded, such as 1.0 or 1e3.
func (v JSON) Integer() (*string, error) {
	if v.IsEmpty() {
		return nil, nil
	}
	digits := []byte(v)
	if v[0] == '"' {
		digits = v[1 : len(v)-1]
	}
	// Only the canonical spelling comes back unchanged: no plus sign, no leading zero, no "-0".
	n, err := strconv.ParseInt(string(digits), 10, 64)
	if err != nil || strconv.FormatInt(n, 10) != string(digits) {
		return nil, malformed("not a 64-bit integer")
	}
	text := string(digits)
	return &text, nil
}

// Name reads what the Jobs API uses as an identifier, a string or an integer, as text; nil when empty.
func (v JSON) Name() (*string, error) {
	if !v.IsEmpty() && v[0] != '"' {
		return v.Integer()
	}
	return v.Text()
}

// Object reads the members of an object, the last of equal names; nil when empty. Errors: KindMalformed for
// another type.
func (v JSON) Object() (map[string]JSON, error) {
	if v.IsEmpty() {
		return nil, nil
	}
	return objectMembers(v)
}

// Array reads the elements of an array; nil when empty. Errors: KindMalformed for another type.
func (v JSON) Array() ([]JSON, error) {
	if v.IsEmpty() {
		return nil, nil
	}
	var elements []JSON
	err := jx.DecodeBytes(v).Arr(func(d *jx.Decoder) error {
		raw, err := d.Raw()
		elements = append(elements, trim(raw))
		return err
	})
	if err != nil {
		return nil, malformed("array: %w", err)
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

// objectMembers reads any bytes as one JSON object and nothing after it.
func objectMembers(b []byte) (map[string]JSON, error) {
	d := jx.DecodeBytes(b)
	members := map[string]JSON{}
	err := d.ObjBytes(func(d *jx.Decoder, key []byte) error {
		name := string(key)
		raw, err := d.Raw()
		members[name] = trim(raw)
		return err
	})
	if err == nil {
		err = onlySpaceLeft(d)
	}
	if err != nil {
		return nil, malformed("object: %w", err)
	}
	return members, nil
}

// trim takes off the space that a decoder may leave before a value.
func trim(raw []byte) JSON { return JSON(bytes.TrimLeft(raw, " \t\r\n")) }
