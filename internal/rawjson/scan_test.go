package rawjson

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// nested is as many arrays, or objects, in each other.
func nested(levels int, left, inner, right string) string {
	return strings.Repeat(left, levels) + inner + strings.Repeat(right, levels)
}

// odd are bodies at the edges of what Value is.
func odd() []string {
	list := []string{
		"", " ", "\t\r\n 7 \n", "\v7", "\f7", "\u00a07", "\u20287", "\ufeff7", "7\x00", "{}{}", "[] x", "1 2",
		"-", "-0", "-01", "00", "01", "1.", ".5", "+1", "1e", "1E+", "1e-", "1e+5", "-1.50E-07", "0e0", "0.e1", "1.e1", "--1", "1e5.2", "0x1", "NaN",
		"-Infinity", "1_0", strings.Repeat("9", 5000), "-" + strings.Repeat("0", 50), "0." + strings.Repeat("0", 5000) + "1e" + strings.Repeat("9", 50),
		"t", "tru", "true", "truex", "True", "fals", "false", "nul", "null", "nulll", "nil",
		`"`, `"a`, `""`, `"\"`, `"\\"`, `"\\\"`, `"\x41"`, `"\u"`, `"\u12"`, `"\u12`, `"\u123g"`, `"\u123G"`, `"\u00e9\u00E9"`, `"\U00e9"`, `"\u{41}"`, `"\'"`, `"\ "`,
		`"\ud800"`, `"\udc00"`, `"\ud83d\ude00"`, `"\ude00\ud83d"`, `"\ud800\ud800\udc00"`, `"\ud800\u0041"`, `"\ud800\n"`, `"\ud800\"`, `"\u0000"`,
		`"\"\\\/\b\f\n\r\t\u0041"`, `"\b"`, `"\f"`, `"\a"`, `"\v"`, `"\0"`, `"\B"`, `"\ud83d\nde00"`, `"\ud83dxude00"`,
		"\"\x00\"", "\"\x1f\"", "\"\x20\x7f\"", "\"\t\"", "\"\n\"", "\"1234567\x1f\"", "\"12345678\x1f\"", "\"é東😀\u2028\"", "\"\xff\"", "\"\xed\xa0\x80\"",
		`"12345\""`, `"123456\""`, `"1234567\""`, `"12345678\""`, `"!#[]^ !#[]^ !#[]^"`,
		"[", "]", "{", "}", "[}", "{]", "[]]", "{}}", "[,]", "[1,]", "[,1]", "[1 2]", "[1,,2]", "[\n]", "[ 1 , 2 ]", "[[],[ ],{}]", "[1", "[1,", "[[1]", "[1}",
		`{"a"}`, `{"a":}`, `{"a":1,}`, `{,}`, `{"a" 1}`, `{"a":1 "b":2}`, `{a:1}`, `{1:1}`, `{null:1}`, `{"a":1`, `{"a":`, `{"a"`, `{"a":1,`, `{"a"::1}`, `{"a":1]`,
		"{ \"a\" :\t[ ] ,\r\n\"b\" : { } }", `{"a":{"b":[{"c":[[{}]]}]},"d":[{"e":1},2]}`,
		`{"a":1,"a":2,"\u0061":3}`, `{"sta\u0074e":1,"state":2}`, `{"state":1,"sta\u0074e":2}`, `{"":1,"\ud800":2,"\ufffd":3,"\\u0061":4,"\n":5}`,
		`{"a":1}/**/`, `{'a':1}`, "[1]\n]", nested(300, "[", "1", "]") + "]", nested(64, `{"a":`, "[]", "}"), nested(65, `[{"a":`, "{}", "}]"),
	}
	for _, levels := range []int{63, 64, 65, 127, 128, 129, maxNesting - 1, maxNesting, maxNesting + 1} {
		list = append(list, nested(levels, "[", "", "]"), nested(levels, `{"a":`, "1", "}"), nested(levels, "[1,", "2", " ]"), nested(levels, "[", "", "")+"}")
	}
	return list
}

// The scanner accepts what the standard library accepts, finds the end of a value where it does, and goes
// over the same members and elements.
func FuzzScan(f *testing.F) {
	for _, body := range odd() {
		f.Add([]byte(body))
	}
	f.Add([]byte(`{"total_records": 2, "records": [{"job_id":"2a5b9ad7-dc8f-47bb-8e62-843a38f8054c","state":"failed",` +
		`"failures":[{"message":"a \"b\" \u00e9","value":{"code":-1.5e3}}],"tags":[],"input":{"nql":"SELECT\n1"}}, null]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if !utf8.Valid(body) {
			return
		}
		begin := skipSpace(body, 0)
		stop := skipValue(body, begin, 0)
		valid := stop >= 0 && skipSpace(body, stop) == len(body)
		if valid != json.Valid(body) {
			t.Fatalf("%q: %d, but valid is %v", body, stop, !valid)
		}
		if stop < 0 && (^stop < begin || ^stop > len(body)) {
			t.Fatalf("%q: the fault is at %d", body, ^stop)
		}
		if stop >= 0 && !json.Valid(body[begin:stop]) {
			t.Fatalf("%q ends at %d", body, stop)
		}
		walkLike(t, body, begin, stop)
		if object := ObjectOf(body); (object != nil) != (valid && body[begin] == '{') {
			t.Fatalf("%q as an object is %q", body, object)
		}
		d := json.NewDecoder(strings.NewReader(string(body)))
		if err := d.Decode(new(json.RawMessage)); err == nil && d.InputOffset() != int64(stop) {
			t.Fatalf("%q ends at %d, want %d", body, stop, d.InputOffset())
		}
	})
}

// walkLike walks over an array or object and checks that it gives what the standard library does, or ends as
// the scanner did.
func walkLike(t *testing.T, body []byte, begin, stop int) {
	t.Helper()
	if begin == len(body) || body[begin] != '{' && body[begin] != '[' {
		return
	}
	var standard map[string]json.RawMessage
	var names []string
	if stop >= 0 && json.Unmarshal(body[begin:stop], &standard) == nil {
		names = slices.Collect(maps.Keys(standard))
	}
	known, members, elements := NamesOf(names), make([]string, len(names)), []string{}
	outer := Walk{b: body, at: begin}
	w := outer.Enter()
	for w.Next(&known) {
		value := string(w.Take())
		if w.Index() >= 0 {
			members[w.Index()] = value
		}
		elements = append(elements, value)
	}
	if w.at != stop {
		t.Fatalf("a walk over %q ends at %d, the scan at %d", body, w.at, stop)
	}
	if stop < 0 {
		return
	}
	v := Value(body[begin:stop])
	if body[begin] == '[' {
		var want []json.RawMessage
		if err := json.Unmarshal(v, &want); err != nil || len(want) != len(elements) {
			t.Fatalf("%q has %d elements, want %d: %v", v, len(elements), len(want), err)
		}
		i := 0
		for element := range v.Elements() {
			if string(element) != string(want[i]) || elements[i] != string(want[i]) {
				t.Fatalf("%q: element %d is %q", v, i, element)
			}
			i++
		}
		return
	}
	if len(elements) < len(names) || len(elements) > 0 && len(names) == 0 {
		t.Fatalf("%q has %d members, want %d or more", v, len(elements), len(names))
	}
	for i, name := range names {
		if want := string(standard[name]); members[i] != want || i < 20 && string(v.Get(name)) != want {
			t.Fatalf("%q: %q is %q, or %q by Get, want %q", v, name, members[i], v.Get(name), want)
		}
	}
}

// A string says what the standard library reads.
func FuzzText(f *testing.F) {
	for _, body := range odd() {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		var want string
		if !strings.HasPrefix(body, `"`) || !strings.HasSuffix(body, `"`) || !utf8.ValidString(body) || json.Unmarshal([]byte(body), &want) != nil {
			return
		}
		if got := Value(body).TextOrEmpty(); got != want {
			t.Fatalf("%s says %q, want %q", body, got, want)
		}
		inner := Value(body).Quoted()
		if !says(inner, want) || says(inner, want+"x") || want != "" && says(inner, want[1:]) || says(inner, "x"+want) {
			t.Fatalf("%s is not compared as %q", body, want)
		}
	})
}
