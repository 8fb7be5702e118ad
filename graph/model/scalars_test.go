package model

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"
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

func TestDateTime(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2026-11-26T01:00:00Z":                     "2026-11-26T01:00:00Z",
		"2026-11-26t01:00:00z":                     "2026-11-26T01:00:00Z", // RFC 3339, section 5.6: letters in any case
		"2026-11-26T01:00:00.123456789Z":           "2026-11-26T01:00:00.123456789Z",
		"2026-11-26T01:00:00.5+01:30":              "2026-11-25T23:30:00.5Z",
		"2026-11-26T01:00:00-23:59":                "2026-11-27T00:59:00Z",
		"2026-11-26T01:00:00-00:00":                "2026-11-26T01:00:00Z",
		"2024-02-29T00:00:00Z":                     "2024-02-29T00:00:00Z",
		"0000-01-01T00:00:00Z":                     "0000-01-01T00:00:00Z",
		"9999-12-31T23:59:59Z":                     "9999-12-31T23:59:59Z",
		"2016-12-31T23:59:60Z":                     "2017-01-01T00:00:00Z", // a leap second
		"2017-01-01T05:29:60.25+05:30":             "2017-01-01T00:00:00.25Z",
		"2026-11-26T1:00:00Z":                      "",
		"2026-11-26T01:00:00,5Z":                   "",
		"2026-11-26T01:00:00.Z":                    "",
		"2026-11-26T01:00:00.1234567891Z":          "",
		"2026-11-26T01:00:00+24:00":                "",
		"2026-11-26T01:00:00+01:60":                "",
		"2026-11-26T01:00:00+0100":                 "",
		"2026-11-26T01:00:00+01":                   "",
		"2026-11-26T01:00:00+1:00":                 "",
		"2026-11-26T01:00:00\u22120100":            "",
		"2026-11-26T01:00:00":                      "",
		"2026-11-26T01:00Z":                        "",
		"2026-11-26 01:00:00Z":                     "",
		"2026-11-26T24:00:00Z":                     "",
		"2026-11-26T01:60:00Z":                     "",
		"2026-11-26T01:00:61Z":                     "",
		"2026-02-30T01:00:00Z":                     "",
		"2023-02-29T00:00:00Z":                     "",
		"2026-13-01T00:00:00Z":                     "",
		"2026-00-01T00:00:00Z":                     "",
		"2026-11-26":                               "",
		"+2026-11-26T01:00:00Z":                    "",
		"12026-11-26T01:00:00Z":                    "",
		" 2026-11-26T01:00:00Z":                    "",
		"2026-11-26T01:00:00Z\n":                   "",
		"2026-11-26T01:00:00Z hunter2":             "",
		"\u0662\u0660\u0662\u0666-11-26T01:00:00Z": "",
		"": "",
	} {
		got, err := UnmarshalDateTime(text)
		if want == "" {
			wantInputError(t, text, err)
		} else if err != nil || got.UTC().Format(time.RFC3339Nano) != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, value := range []any{nil, 5, json.Number("1732579200"), true, []any{}, time.Now()} {
		_, err := UnmarshalDateTime(value)
		wantInputError(t, value, err)
	}
}
