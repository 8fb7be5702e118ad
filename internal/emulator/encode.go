package emulator

import (
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// Records are appended, never marshalled: a generated history must come out the same byte for byte, and a
// page must cost no more than the copying of its bytes. Each function appends one member to an open object.

// member appends a name, with a comma where one is due.
func member(b []byte, name string) []byte {
	b = comma(b)
	b = append(b, '"')
	b = append(b, name...)
	return append(b, '"', ':')
}

// comma separates from whatever came before in the same object or array.
func comma(b []byte) []byte {
	if n := len(b); n > 0 && b[n-1] != '{' && b[n-1] != '[' {
		b = append(b, ',')
	}
	return b
}

// text appends a string member.
func text(b []byte, name, value string) []byte { return quote(member(b, name), value) }

// number appends an integer member.
func number(b []byte, name string, value int64) []byte {
	return strconv.AppendInt(member(b, name), value, 10)
}

// boolean appends true or false.
func boolean(b []byte, name string, value bool) []byte {
	return strconv.AppendBool(member(b, name), value)
}

// value appends a member of JSON that is already encoded; none means null.
func value(b []byte, name string, raw []byte) []byte {
	b = member(b, name)
	if raw == nil {
		return append(b, "null"...)
	}
	return append(b, raw...)
}

// optional appends a text, or null for an empty one.
func optional(b []byte, name, s string) []byte {
	if s == "" {
		return value(b, name, nil)
	}
	return text(b, name, s)
}

// instant appends a time as upstream writes it: UTC without a zone, up to six fraction digits, trailing zeros
// dropped; a zero time is null. Source: upstream GET /jobs, example.
//
// Example: 2024-05-01T08:30:00.12.
func instant(b []byte, name string, t time.Time) []byte {
	if t.IsZero() {
		return value(b, name, nil)
	}
	b = append(member(b, name), '"')
	b = t.AppendFormat(b, "2006-01-02T15:04:05.999999")
	return append(b, '"')
}

// texts appends an array of strings.
func texts(b []byte, name string, values []string) []byte {
	b = append(member(b, name), '[')
	for _, v := range values {
		b = quote(comma(b), v)
	}
	return append(b, ']')
}

// quote appends a JSON string of valid UTF-8, as a record's words are.
func quote(b []byte, s string) []byte {
	b, _ = jsontext.AppendQuote(b, s) // of what is no UTF-8 it would write something else, and tell
	return b
}
