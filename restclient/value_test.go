package restclient

import (
	"encoding/json"
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
		v := JSON(test.value)
		if v.IsEmpty() != test.empty {
			t.Errorf("%s: IsEmpty is %v", v, v.IsEmpty())
		}
		text, err := v.Text()
		check(t, test.value, "Text", text, err, test.text)
		truth, err := v.Bool()
		check(t, test.value, "Bool", truth, err, test.truth)
		number, err := v.Integer()
		check(t, test.value, "Integer", number, err, test.number)
		name, err := v.Name()
		check(t, test.value, "Name", name, err, test.name)
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
		wantKind(t, err, KindMalformed)
		return
	}
	if err != nil || !is(got, want) {
		t.Errorf("%s of %s: got %v, %v, want %v", accessor, value, got, err, want)
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
		got, err := JSON(value).Object()
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
		_, err := JSON(value).Object()
		wantKind(t, err, KindMalformed)
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
		elements, err := JSON(value).Array()
		var got []string
		for _, e := range elements {
			got = append(got, string(e))
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: got %q, %v, want %q", value, got, err, want)
		}
	}
	for _, value := range []string{"7", "true", `"a"`, `{"a":1}`} {
		_, err := JSON(value).Array()
		wantKind(t, err, KindMalformed)
	}
}

func TestTagsAndFailures(t *testing.T) {
	t.Parallel()
	for _, noList := range []string{`{"message":"m"}`, `"m"`, "7"} {
		j, _ := decodeJob([]byte(record("x", `"failures":`+noList+`,"tags":`+noList)))
		_, err := j.Failures()
		wantKind(t, err, KindMalformed)
		_, err = j.Tags()
		wantKind(t, err, KindMalformed)
	}
}

func TestDatasetOf(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]any{
		"": nil, "null": nil, "{}": nil, `{"nql":"SELECT"}`: nil, `{"dataset_id":null}`: nil, `{"dataset":null}`: nil, `{"dataset":{}}`: nil,
		`{"dataset":{"id":null}}`: nil, `{"dataset":{"name":"a"}}`: nil,
		`{"dataset_id":10736}`: "10736", `{"dataset_id":"10736"}`: "10736", `{"dataset":{"id":7}}`: "7", `{"dataset":{"id":"7"}}`: "7",
		`{"dataset":{"id":7},"dataset_id":8}`: "8", `{"dataset":{"id":7},"dataset_id":null}`: "7", `{"dataset":7,"dataset_id":8}`: "8",
		"7": bad{}, `"a"`: bad{}, "[1]": bad{}, `{"dataset_id":"a"}`: bad{}, `{"dataset_id":1.5}`: bad{}, `{"dataset_id":[1]}`: bad{},
		`{"dataset":7}`: nil, `{"dataset_id":-5}`: bad{}, `{"dataset":{"id":-5}}`: bad{}, `{"dataset":{"id":true}}`: bad{}, `{"dataset_id":9223372036854775808}`: bad{},
	} {
		got, err := DatasetOf(JSON(value))
		check(t, value, "DatasetOf", got, err, want)
	}
}

// Numbers that no float64 holds go through a record, over HTTP, digit by digit.
func TestNumbersKeepTheirDigits(t *testing.T) {
	t.Parallel()
	for _, number := range []string{
		"1724919539450264600", "9223372036854775807", "9223372036854775808", "1e400", "1E-400", "1.0", "-0", "-0.0", `"123"`,
		"0.1000000000000000055511151231257827021181583404541015625", "123456789012345678901234567890", "1.7976931348623159e308",
	} {
		object := `{"snapshot_id":` + number + `}`
		given := record("x", `"input":`+object+`,"result": `+object)
		p, err := ask(t, page(given))
		if err != nil || string(p.Records[0].Job.Raw()) != given || string(p.Records[0].Job.Input()) != object ||
			string(p.Records[0].Job.Result()) != object {
			t.Errorf("%s: %v", number, err)
			continue
		}
		members, err := p.Records[0].Job.Result().Object()
		if err != nil || string(members.Get("snapshot_id")) != number {
			t.Errorf("%s: got %s, %v", number, members.Get("snapshot_id"), err)
		}
	}
}

// The escapes are read as the standard library reads them, wherever they stand in a text; what only looks like the second half
// of a pair is none.
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
			p, err := decodePage([]byte(page(record("a", `"executor":`+text))), 1)
			if err != nil || len(p.Records) != 1 {
				t.Fatalf("%s: %v", text, err)
			}
			if got, err := p.Records[0].Job.Executor(); err != nil || *got != want {
				t.Errorf("%s: got %q, want %q", text, *got, want)
			}
			if !spells([]byte(text[1:len(text)-1]), want) || spells([]byte(text[1:len(text)-1]), want+"!") {
				t.Errorf("%s does not spell %q", text, want)
			}
		}
	}
}

// A job is listed under a dataset where its input's own dataset_id is the number; any other way of naming one is a doubt.
func TestFilteredDatasets(t *testing.T) {
	t.Parallel()
	for input, want := range map[string]string{
		"":                                         "",
		`{}`:                                       "",
		`{"dataset_id":18}`:                        "18",
		`{"dataset_id":9223372036854775807}`:       "9223372036854775807",
		`{"dataset_id":"18"}`:                      "? 18",
		`{"dataset_id":"0128"}`:                    "? 128",
		`{"dataset_id":" 89 "}`:                    "? 89",
		`{"dataset_id":"+8"}`:                      "? 8",
		`{"dataset_id":18.0}`:                      "? 18",
		`{"dataset_id":1.8e1}`:                     "? 18",
		`{"dataset_id":"1e2"}`:                     "? 100",
		`{"dataset_id":1.5}`:                       "",
		`{"dataset_id":"18a"}`:                     "",
		`{"dataset_id":9223372036854775808}`:       "",
		`{"dataset_id":-9223372036854775809}`:      "",
		`{"dataset_id":null}`:                      "",
		`{"dataset_id":[18]}`:                      "",
		`{"dataset":{"id":18}}`:                    "? 18",
		`{"dataset":{"id":"0180"}}`:                "? 180",
		`{"dataset_id":18,"dataset":{"id":18}}`:    "18",
		`{"dataset_id":18,"dataset":{"id":"018"}}`: "18",
		`{"dataset_id":18,"dataset":{"id":19}}`:    "18 ? 19",
		`{"dataset_id":"18","dataset":{"id":19}}`:  "? 18 19",
		`{"dataset":"18"}`:                         "",
	} {
		sure, doubtful := FilteredDatasets(JSON(input))
		got := sure
		if len(doubtful) > 0 {
			got = strings.TrimSpace(got + " ? " + strings.Join(doubtful, " "))
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", input, got, want)
		}
	}
}
