package rawjson

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
)

// bad marks a value that an accessor refuses.
type bad struct{}

// Each value, and what the accessors make of it: nil is nothing.
func TestScalars(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		value                     string
		empty                     bool
		text, truth, number, name any
	}{
		{"", true, nil, nil, nil, nil},
		{"null", true, nil, nil, nil, nil},
		{`""`, true, nil, nil, nil, nil},
		{"[]", true, nil, nil, nil, nil},
		{"{}", true, nil, nil, nil, nil},
		{"[ ]", true, nil, nil, nil, nil},
		{"{ \t\r\n}", true, nil, nil, nil, nil},
		{"[null]", false, bad{}, bad{}, bad{}, bad{}},
		{"[[]]", false, bad{}, bad{}, bad{}, bad{}},
		{`{"":0}`, false, bad{}, bad{}, bad{}, bad{}},
		{"true", false, bad{}, true, bad{}, bad{}},
		{"false", false, bad{}, false, bad{}, bad{}},
		{`"true"`, false, "true", bad{}, bad{}, "true"},
		{"0", false, bad{}, bad{}, "0", "0"},
		{"7", false, bad{}, bad{}, "7", "7"},
		{"-7", false, bad{}, bad{}, "-7", "-7"},
		{"1724919539450264600", false, bad{}, bad{}, "1724919539450264600", "1724919539450264600"},
		{"1724919539450264575", false, bad{}, bad{}, "1724919539450264575", "1724919539450264575"},
		{"9007199254740993", false, bad{}, bad{}, "9007199254740993", "9007199254740993"},
		{"9223372036854775807", false, bad{}, bad{}, "9223372036854775807", "9223372036854775807"},
		{"-9223372036854775808", false, bad{}, bad{}, "-9223372036854775808", "-9223372036854775808"},
		{"9223372036854775808", false, bad{}, bad{}, bad{}, bad{}},
		{"-9223372036854775809", false, bad{}, bad{}, bad{}, bad{}},
		{"1e400", false, bad{}, bad{}, bad{}, bad{}},
		{"1e3", false, bad{}, bad{}, bad{}, bad{}},
		{"1.0", false, bad{}, bad{}, bad{}, bad{}},
		{"0.5", false, bad{}, bad{}, bad{}, bad{}},
		{"-0", false, bad{}, bad{}, bad{}, bad{}},
		{`"123"`, false, "123", bad{}, "123", "123"},
		{`"-123"`, false, "-123", bad{}, "-123", "-123"},
		{`"1724919539450264575"`, false, "1724919539450264575", bad{}, "1724919539450264575", "1724919539450264575"},
		{`"9223372036854775808"`, false, "9223372036854775808", bad{}, bad{}, "9223372036854775808"},
		{`"+1"`, false, "+1", bad{}, bad{}, "+1"},
		{`"-0"`, false, "-0", bad{}, bad{}, "-0"},
		{`"007"`, false, "007", bad{}, bad{}, "007"},
		{`"1_000"`, false, "1_000", bad{}, bad{}, "1_000"},
		{`"0x10"`, false, "0x10", bad{}, bad{}, "0x10"},
		{`" 1"`, false, " 1", bad{}, bad{}, " 1"},
		{`"1.0"`, false, "1.0", bad{}, bad{}, "1.0"},
		{`"\u0031"`, false, "1", bad{}, bad{}, "1"},
		{`" "`, false, " ", bad{}, bad{}, " "},
		{`"a\"b\\c\/d\b\f\n\r\t"`, false, "a\"b\\c/d\b\f\n\r\t", bad{}, bad{}, "a\"b\\c/d\b\f\n\r\t"},
		{`"\u00e9, é \u20AC"`, false, "é, é €", bad{}, bad{}, "é, é €"},
		{`"\ud83d\ude00 😀"`, false, "😀 😀", bad{}, bad{}, "😀 😀"},
		{`"\u0000"`, false, "\x00", bad{}, bad{}, "\x00"},
		{`"\ud800"`, false, "\ufffd", bad{}, bad{}, "\ufffd"},
		{`"\udc00"`, false, "\ufffd", bad{}, bad{}, "\ufffd"},
		{`"a\ud800b"`, false, "a\ufffdb", bad{}, bad{}, "a\ufffdb"},
		{`"\ud800\n"`, false, "\ufffd\n", bad{}, bad{}, "\ufffd\n"},
		{`"\ude00\ud83d"`, false, "\ufffd\ufffd", bad{}, bad{}, "\ufffd\ufffd"},
	} {
		v := Value(test.value)
		if v.IsEmpty() != test.empty {
			t.Errorf("%s: IsEmpty is %v", v, v.IsEmpty())
		}
		text, err := v.Text()
		check(t, test.value, "Text", text, err, test.text)
		truth, err := v.Bool()
		check(t, test.value, "Bool", truth, err, test.truth)
		number, err := v.Integer()
		check(t, test.value, "Integer", number, err, test.number)
		name, err := v.TextOrInteger()
		check(t, test.value, "TextOrInteger", name, err, test.name)
		if string(v) != test.value {
			t.Errorf("%s was changed into %s", test.value, v)
		}
	}
}

func check[T comparable](t *testing.T, value, accessor string, got *T, err error, want any) {
	t.Helper()
	if want == (bad{}) {
		if got != nil {
			t.Errorf("%s of %s: got %v and an error", accessor, value, *got)
		}
		wantError(t, err)
		return
	}
	if err != nil || (got == nil) != (want == nil) || got != nil && any(*got) != want {
		t.Errorf("%s of %s: got %v, %v, want %v", accessor, value, got, err, want)
	}
}

// wantError checks that err is an Error.
func wantError(t *testing.T, err error) {
	t.Helper()
	if e := (*Error)(nil); !errors.As(err, &e) || e.Error() == "" {
		t.Errorf("got %v, want an Error", err)
	}
}

func TestObject(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]map[string]string{
		"": nil, "null": nil, "{}": nil, "{ }": nil, `""`: nil, "[]": nil,
		`{"a":1}`:                           {"a": "1"},
		"{ \"a\" :\t1 ,\r\n\"b\" : [ ] }":   {"a": "1", "b": "[ ]"},
		`{"a":1,"b":2,"a":3}`:               {"a": "3", "b": "2"},
		`{"a":1,"\u0061":2}`:                {"a": "2"},
		`{"":null}`:                         {"": "null"},
		`{"A":1,"a":2}`:                     {"A": "1", "a": "2"},
		`{"a":{"a":{"a":"}"}},"b":"\"}{"}`:  {"a": `{"a":{"a":"}"}}`, "b": `"\"}{"`},
		`{"n":1724919539450264575,"e":1e9}`: {"n": "1724919539450264575", "e": "1e9"},
		`{"\ud800":1}`:                      {"\ufffd": "1"},
	} {
		got, err := Value(value).Object()
		if err != nil || (got == nil) != (want == nil) || got != nil && string(got) != value || got.Get("other") != nil {
			t.Errorf("%s: got %q, %v", value, got, err)
		}
		for name, member := range want {
			if string(got.Get(name)) != member {
				t.Errorf("%s: %q is %s, want %s", value, name, got.Get(name), member)
			}
		}
	}
	for _, value := range []string{"7", "true", `"a"`, "[1]", "[{}]"} {
		_, err := Value(value).Object()
		wantError(t, err)
	}
}

func TestArray(t *testing.T) {
	t.Parallel()
	for value, want := range map[string][]string{
		"": nil, "null": nil, "[]": nil, "[ \n]": nil, `""`: nil, "{}": nil,
		"[null]":                      {"null"},
		"[ 1 , 2.50,\t\"a,b\" \r\n]":  {"1", "2.50", `"a,b"`},
		`[[],[ ],{"a":[1]},"]",-0.1]`: {"[]", "[ ]", `{"a":[1]}`, `"]"`, "-0.1"},
	} {
		elements, err := Value(value).Array()
		var got []string
		for _, e := range elements {
			got = append(got, string(e))
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: got %q, %v, want %q", value, got, err, want)
		}
	}
	for _, value := range []string{"7", "true", `"a"`, `{"a":1}`} {
		_, err := Value(value).Array()
		wantError(t, err)
	}
}

// The escapes are read as the standard library reads them, wherever they stand in a text; what only looks
// like the second half of a pair is none.
func TestEscapes(t *testing.T) {
	t.Parallel()
	for _, escape := range []string{
		`\"`, `\\`, `\/`, `\b`, `\f`, `\n`, `\r`, `\t`, `\u0041`, `\u00e9`, `\uD83D\uDE00`, `\ud83d\nde00`, `\ud83dxude00`, `\ud83d\\ude00`, `\ud83d\u0041`, `\ude00\ud83d`,
	} {
		for before := range 20 {
			text := `"` + strings.Repeat("x", before) + escape + `é"`
			var want string
			if err := json.Unmarshal([]byte(text), &want); err != nil {
				t.Fatal(err)
			}
			v := Value(text)
			if got, err := v.Text(); err != nil || *got != want {
				t.Errorf("%s: got %v, %v, want %q", text, got, err, want)
			}
			if !v.Says(want) || v.Says(want+"!") {
				t.Errorf("%s does not say %q", text, want)
			}
		}
	}
}
