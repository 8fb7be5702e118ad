package model

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"jobsgateway/restclient"
)

// wantInputError checks that an error tells the caller what is accepted, and gives nothing of the value back.
func wantInputError(t testing.TB, value any, err error) {
	t.Helper()
	input, ok := errors.AsType[*InputError](err)
	if !ok || input.Argument != "" || !strings.HasSuffix(input.Error(), ".") || input.Error() != input.Message {
		t.Errorf("%v (%T): %v", value, value, err)
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("%v is quoted", value)
	}
}

func TestInt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		value any
		want  int32
		ok    bool
	}{
		{json.Number("0"), 0, true},
		{json.Number("-1"), -1, true},
		{json.Number("2147483647"), math.MaxInt32, true},
		{json.Number("-2147483648"), math.MinInt32, true},
		{json.Number("2147483648"), 0, false},
		{json.Number("-2147483649"), 0, false},
		{json.Number("9223372036854775808"), 0, false},
		{json.Number("1.5"), 0, false},
		{json.Number("1.0"), 0, false},
		{json.Number("1e3"), 0, false},
		{json.Number("1e400"), 0, false},
		{json.Number(""), 0, false},
		{int64(0), 0, true},
		{int64(math.MaxInt32), math.MaxInt32, true},
		{int64(math.MinInt32), math.MinInt32, true},
		{int64(math.MaxInt32 + 1), 0, false},
		{int64(math.MinInt32 - 1), 0, false},
		{int64(math.MaxInt64), 0, false},
		{int64(math.MinInt64), 0, false},
		{"5", 0, false},
		{"hunter2", 0, false},
		{"", 0, false},
		{1.0, 0, false},
		{1.5, 0, false},
		{math.NaN(), 0, false},
		{true, 0, false},
		{nil, 0, false},
		{[]any{int64(1)}, 0, false},
		{map[string]any{"a": 1}, 0, false},
	} {
		got, err := UnmarshalInt(c.value)
		if got != c.want || (err == nil) != c.ok {
			t.Errorf("%v (%T): %d, %v", c.value, c.value, got, err)
		}
		if err != nil {
			wantInputError(t, c.value, err)
		}
	}
	for n, want := range map[int32]string{0: "0", -1: "-1", math.MaxInt32: "2147483647", math.MinInt32: "-2147483648"} {
		if got := written(MarshalInt(n)); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// What the Jobs API sent is written digit by digit.
func TestOutputScalars(t *testing.T) {
	t.Parallel()
	for sent, want := range map[string]string{
		"2023-10-31T11:19:13.400498":       `"2023-10-31T11:19:13.400498Z"`,
		"2023-10-31T11:19:13Z":             `"2023-10-31T11:19:13Z"`,
		"2023-10-31T11:19:13.100000000":    `"2023-10-31T11:19:13.100000000Z"`,
		"2023-10-31T11:19:13.40+02:00":     `"2023-10-31T09:19:13.40Z"`,
		"0001-01-01T00:00:00.123456789":    `"0001-01-01T00:00:00.123456789Z"`,
		"2024-02-29T23:59:59.999999-00:30": `"2024-03-01T00:29:59.999999Z"`,
	} {
		at, err := restclient.ParseTimestamp(sent)
		if err != nil {
			t.Fatal(err)
		}
		if got := written(MarshalDateTime(at)); got != want {
			t.Errorf("%s: %s, want %s", sent, got, want)
		}
	}
	for _, digits := range []string{"0", "-1", "9223372036854775807", "-9223372036854775808"} {
		if got := written(MarshalBigInt(BigInt(digits))); got != `"`+digits+`"` {
			t.Errorf("%s is written %s", digits, got)
		}
	}
	for _, raw := range []string{`{"a": 1e400, "b":[ 1.0,-0 ]}`, `"\u00e9<&>"`, `9007199254740993`, `null`} {
		if got := written(MarshalJSON(restclient.JSON(raw))); got != raw {
			t.Errorf("%s is written %s", raw, got)
		}
	}
}

// No argument has one of these types; a value for one is the caller's mistake, not ours.
func TestOutputOnlyScalars(t *testing.T) {
	t.Parallel()
	for _, value := range []any{"2023-10-31T11:19:13Z", "hunter2", json.Number("1"), int64(1), nil, map[string]any{}} {
		_, err := UnmarshalDateTime(value)
		wantInputError(t, value, err)
		_, err = UnmarshalBigInt(value)
		wantInputError(t, value, err)
		_, err = UnmarshalJSON(value)
		wantInputError(t, value, err)
	}
}
