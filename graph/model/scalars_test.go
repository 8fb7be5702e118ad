package model

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
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
