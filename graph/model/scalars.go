package model

import (
	"encoding/json"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
)

// InputError is an argument that the caller has to mend. Its text is for the caller.
type InputError struct {
	// Argument names the argument, and the field within it where there is one: "filter.states". Empty when
	// the place is told by the error's path alone.
	Argument string
	// Message is a sentence that says what is accepted.
	Message string
}

// Error gives the sentence.
func (e *InputError) Error() string { return e.Message }

// MarshalInt writes a GraphQL Int, which has 32 bits.
func MarshalInt(n int32) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) {
		_, _ = w.Write(strconv.AppendInt(nil, int64(n), 10))
	})
}

// UnmarshalInt reads a GraphQL Int: a whole number of 32 bits, and no string that looks like one.
func UnmarshalInt(v any) (int32, error) {
	n := int64(math.MaxInt64)
	switch v := v.(type) {
	case json.Number:
		if parsed, err := strconv.ParseInt(string(v), 10, 32); err == nil {
			n = parsed
		}
	case int64: // a literal in the document
		n = v
	}
	if n < math.MinInt32 || n > math.MaxInt32 {
		return 0, &InputError{Message: "Int takes a whole number from -2147483648 to 2147483647."}
	}
	return int32(n), nil
}

// rfc3339 is what UnmarshalDateTime reads; package time checks the calendar alone. The groups are around the seconds.
var rfc3339 = regexp.MustCompile(
	`^(\d{4}-\d\d-\d\dT\d\d:[0-5]\d:)([0-5]\d|60)((?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d))$`)

// MarshalDateTime writes an instant. No argument is ever written; gqlgen wants it beside UnmarshalDateTime.
func MarshalDateTime(at time.Time) graphql.Marshaler { return graphql.MarshalTime(at) }

// UnmarshalDateTime reads an instant: RFC 3339, with an offset or a Z and up to 9 digits of a fraction. A leap second
// is the first second of the next minute, since time.Time has none.
func UnmarshalDateTime(v any) (time.Time, error) {
	text, _ := v.(string)
	parts := rfc3339.FindStringSubmatch(strings.ToUpper(text))
	if parts == nil {
		return time.Time{}, noDateTime()
	}
	leap := time.Duration(0)
	if parts[2] == "60" {
		parts[2], leap = "59", time.Second
	}
	at, err := time.Parse(time.RFC3339, parts[1]+parts[2]+parts[3])
	if err != nil {
		return time.Time{}, noDateTime()
	}
	return at.Add(leap), nil
}

func noDateTime() error {
	return &InputError{Message: "A time is written as RFC 3339 with an offset or a Z, such as 2023-10-31T11:19:13.4Z."}
}
