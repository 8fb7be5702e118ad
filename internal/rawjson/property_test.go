package rawjson

import (
	"encoding/json"
	"math/big"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// other reads bytes with the standard library, numbers as their digits: what the accessors are held to.
func other(t rapid.TB, raw Value) any {
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%q is not JSON: %v", raw, err)
	}
	return v
}

// empty is the rule that absent, null and empty are one, told of decoded values.
func empty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

// whole gives the digits of an integer of 64 bits that is written canonically, in v or, as a string, in raw.
func whole(v any, raw Value) (string, bool) {
	digits := string(raw)
	if _, ok := v.(string); ok {
		digits = strings.Trim(digits, `"`) // an escaped digit counts as none
	} else if _, ok := v.(json.Number); !ok {
		return "", false
	}
	n, ok := new(big.Int).SetString(digits, 10)
	return digits, ok && n.IsInt64() && n.String() == digits
}

// agree checks every accessor of one valid value against the standard library, and its parts likewise.
func agree(t rapid.TB, raw Value) {
	v := other(t, raw)
	if raw.IsEmpty() != empty(v) {
		t.Fatalf("IsEmpty of %q is %v", raw, raw.IsEmpty())
	}
	str, isString := v.(string)
	boolean, isBool := v.(bool)
	members, isObject := v.(map[string]any)
	list, isArray := v.([]any)
	digits, isWhole := whole(v, raw)

	text, err := raw.Text()
	same(t, raw, "Text", text, err, str, isString)
	truth, err := raw.Bool()
	same(t, raw, "Bool", truth, err, boolean, isBool)
	number, err := raw.Integer()
	same(t, raw, "Integer", number, err, digits, isWhole)
	name, err := raw.TextOrInteger()
	if isString {
		same(t, raw, "TextOrInteger", name, err, str, true)
	} else {
		same(t, raw, "TextOrInteger", name, err, digits, isWhole)
	}

	object, err := raw.Object()
	if (err == nil) != (isObject || empty(v)) || (object == nil) != (len(members) == 0) {
		t.Fatalf("Object of %q: %q, %v", raw, object, err)
	}
	for name, member := range members {
		if !reflect.DeepEqual(other(t, object.Get(name)), member) {
			t.Fatalf("Object of %q: %q is %q", raw, name, object.Get(name))
		}
		agree(t, object.Get(name))
	}
	elements, err := raw.Array()
	if (err == nil) != (isArray || empty(v)) || len(elements) != len(list) {
		t.Fatalf("Array of %q: %q, %v", raw, elements, err)
	}
	for i, element := range elements {
		if !reflect.DeepEqual(other(t, element), list[i]) {
			t.Fatalf("Array of %q: %d is %q", raw, i, element)
		}
		agree(t, element)
	}
}

// same checks one accessor: nothing of an empty value, want of the right type, an error of another.
func same[T comparable](t rapid.TB, raw Value, accessor string, got *T, err error, want T, right bool) {
	switch {
	case raw.IsEmpty():
		right = err == nil && got == nil
	case right:
		right = err == nil && got != nil && *got == want
	default:
		right = err != nil && got == nil
	}
	if !right {
		t.Fatalf("%s of %q: got %v, %v", accessor, raw, got, err)
	}
}

// space is what Value allows between tokens.
var space = rapid.SampledFrom([]string{"", "", "", " ", "\n\t", "\r\n  "})

// texts are Value strings, written in every way there is. A half of a surrogate pair stands before a plain
// character: what becomes of two halves that do not belong together is no part of the contract.
var texts = rapid.Custom(func(t *rapid.T) string {
	parts := rapid.SliceOfN(rapid.SampledFrom([]string{
		"a", "id", "0", "17", " ", "é", "東", "😀", `\"`, `\\`, `\/`, `\b`, `\f`, `\n`, `\r`, `\t`, `\u0000`, `\u00E9`, `\ud83d\ude00`, `\ud800.`, `\udfff.`,
		`\ud83d\nde00`, `\ud83dxude00`, `\ud83d\u0041`,
		"{", "}", "[", "]", ",", ":", "<", "\u2028", "\x7f",
	}), 0, 5).Draw(t, "parts")
	return `"` + strings.Join(parts, "") + `"`
})

var numbers = rapid.OneOf(
	rapid.Map(rapid.Int64(), func(n int64) string { return strconv.FormatInt(n, 10) }),
	rapid.SampledFrom([]string{"0", "-0", "1.0", "1e3", "1E+400", "-2.50e-7", "9223372036854775808", "1724919539450264575"}),
)

// values are Value values with up to so many levels.
func values(levels int) *rapid.Generator[string] {
	scalars := rapid.OneOf(rapid.SampledFrom([]string{"null", "true", "false", `""`, "[]", "{ }"}), texts, numbers)
	if levels == 0 {
		return scalars
	}
	inner := rapid.Deferred(func() *rapid.Generator[string] { return values(levels - 1) })
	return rapid.OneOf(scalars, rapid.Custom(func(t *rapid.T) string {
		return join(t, '[', ']', rapid.SliceOfN(inner, 0, 4).Draw(t, "elements"))
	}), rapid.Custom(func(t *rapid.T) string {
		var parts []string
		for _, v := range rapid.SliceOfN(inner, 0, 4).Draw(t, "members") {
			parts = append(parts, texts.Draw(t, "name")+space.Draw(t, "")+":"+space.Draw(t, "")+v)
		}
		return join(t, '{', '}', parts)
	}))
}

// join writes an array or an object with space in it.
func join(t *rapid.T, left, right byte, parts []string) string {
	b := []byte{left}
	for i, part := range parts {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, space.Draw(t, "")...), part...), space.Draw(t, "")...)
	}
	if len(parts) == 0 {
		b = append(b, space.Draw(t, "")...)
	}
	return string(append(b, right))
}

func TestValuesAgreeWithTheStandardLibrary(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) { agree(t, Value(values(4).Draw(t, "value"))) })
}

// Members are those that the standard library finds, however they are looked up, in whatever order they come
// and however they are spelt; and what was learned of other objects is only a guess.
func TestMembersAgreeWithTheStandardLibrary(t *testing.T) {
	t.Parallel()
	spelt := []string{`"a"`, `"b"`, `"c"`, `"d"`, `"\u0061"`, `"\u0062b"`, `"bb"`, `"e"`, `""`, `"\""`, `"\\"`, `"\n"`, `"\\n"`}
	asked := []string{"a", "b", "c", "bb", "", `\`, `\n`, "\n", `"`}
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.Permutation(asked).Draw(t, "names")[:rapid.IntRange(0, 5).Draw(t, "asked")]
		learned := NamesOf(names)
		for range rapid.IntRange(1, 4).Draw(t, "objects") {
			var parts []string
			for _, name := range rapid.SliceOfN(rapid.SampledFrom(spelt), 0, 9).Draw(t, "members") {
				parts = append(parts, name+space.Draw(t, "")+":"+space.Draw(t, "")+values(1).Draw(t, "value"))
			}
			v := Value(join(t, '{', '}', parts))
			var members map[string]json.RawMessage
			if err := json.Unmarshal(v, &members); err != nil {
				t.Fatal(err)
			}
			got := []Value{Value("1"), Value("2"), Value("3"), Value("4"), Value("5"), Value("6")} // of whatever was read before
			v.Members(names, got)
			walked := make([]Value, len(names))
			w := v.enter()
			for w.Next(&learned) {
				if value := w.Take(); w.Index() >= 0 {
					walked[w.Index()] = value
				}
			}
			if w.at != len(v) {
				t.Fatalf("the walk over %s ends at %d", v, w.at)
			}
			for i, value := range got {
				var want Value
				if i < len(names) {
					want = Value(members[names[i]])
					if !reflect.DeepEqual(v.Get(names[i]), want) || !reflect.DeepEqual(walked[i], want) {
						t.Fatalf("%q of %s is %q, or %q, want %q", names[i], v, v.Get(names[i]), walked[i], want)
					}
				}
				if !reflect.DeepEqual(value, want) {
					t.Fatalf("%q of %s: %d is %q, want %q", names, v, i, value, want)
				}
			}
		}
		other := Value(values(0).Draw(t, "other"))
		got := []Value{Value("1")}
		if other.Members([]string{"a"}, got); got[0] != nil || other.Get("a") != nil {
			t.Fatalf("%s has members", other)
		}
	})
}

// Names beyond those whose order is learned are found, too.
func TestManyNames(t *testing.T) {
	t.Parallel()
	var names, parts []string
	for i := range 100 {
		names = append(names, strconv.Itoa(i))
		parts = append(parts, `"`+strconv.Itoa(99-i)+`":`+strconv.Itoa(99-i))
	}
	v := Value("{" + strings.Join(parts, ",") + "}")
	got := make([]Value, len(names))
	v.Members(names, got)
	for i, value := range got {
		if string(value) != names[i] {
			t.Errorf("%d is %s", i, value)
		}
	}
}

// Every accessor agrees with the standard library about every value that is JSON.
func FuzzValue(f *testing.F) {
	for _, s := range []string{
		"null", "true", "-0", "9223372036854775807", "9223372036854775808", "1e3", "1.0", `""`, `"17"`, `"\u0031"`, `"\ud800\udc00\ud800"`,
		"[ ]", "{\n}", `[1,[2,{"a":null}]]`, `{"a":1,"a":{"b":[]},"\u0061":"x"}`, `"é\ud800\u0041"`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		s = strings.Trim(s, " \t\r\n")
		// A Value is a part of a body that was found to be JSON in UTF-8.
		w, err := Open([]byte(s))
		if err == nil {
			w.Take()
			err = w.Close()
		}
		if (err == nil) != (json.Valid([]byte(s)) && utf8.ValidString(s)) {
			t.Fatalf("%q: %v", s, err)
		}
		if err != nil {
			return
		}
		agree(t, Value(s))
	})
}
