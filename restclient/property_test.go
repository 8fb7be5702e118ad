package restclient

import (
	"encoding/json"
	"math/big"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// other reads bytes with the standard library, numbers as their digits: what the accessors are held to.
func other(t rapid.TB, raw JSON) any {
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
func whole(v any, raw JSON) (string, bool) {
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
func agree(t rapid.TB, raw JSON) {
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
	name, err := raw.Name()
	if isString {
		same(t, raw, "Name", name, err, str, true)
	} else {
		same(t, raw, "Name", name, err, digits, isWhole)
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
func same[T comparable](t rapid.TB, raw JSON, accessor string, got *T, err error, want T, right bool) {
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

// space is what JSON allows between tokens.
var space = rapid.SampledFrom([]string{"", "", "", " ", "\n\t", "\r\n  "})

// texts are JSON strings, written in every way there is. A half of a surrogate pair stands before a plain character:
// what becomes of two halves that do not belong together is no part of the contract.
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

// values are JSON values with up to so many levels.
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

// instants are timestamps as the Jobs API and its siblings write them.
var instants = rapid.Custom(func(t *rapid.T) string {
	return `"` + rapid.StringMatching(`20[0-9]{2}-0[1-9]-[12][0-8][T t]([01][0-9]:[0-5][0-9](:[0-5][0-9]([.,][0-9]{1,12})?)?|24:00(:00)?)( ?([Zz]|[+-]0[0-9](:?[0-5]0)?))?`).Draw(t, "at") + `"`
})

// records are mostly jobs: members in any order, some twice, some strange.
var records = rapid.Custom(func(t *rapid.T) string {
	fields := []string{
		`"job_id":"` + rapid.StringMatching("[a-f0-9]{4}").Draw(t, "id") + `"`, `"state":"failed"`, `"ty\u0070e" : "t"`,
		`"created_at":` + instants.Draw(t, "created"), `"updated_at":` + instants.Draw(t, "updated"),
	}
	for range rapid.IntRange(0, 8).Draw(t, "more") {
		name := rapid.SampledFrom([]string{
			"input", "result", "request_source", "failures", "tags", "executor", "idempotency_key", "data_plane_id", "ended_at", "input",
			"other", "job_i", "state",
		}).Draw(t, "name")
		fields = append(fields, `"`+name+`":`+space.Draw(t, "")+values(3).Draw(t, "value"))
	}
	if rapid.IntRange(0, 9).Draw(t, "broken") == 0 {
		fields = fields[1:]
	}
	return join(t, '{', '}', rapid.Permutation(fields).Draw(t, "order"))
})

func TestValuesAgreeWithTheStandardLibrary(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) { agree(t, JSON(values(4).Draw(t, "value"))) })
}

// A page gives each record back byte by byte, and each member as the standard library reads it.
func TestRecordsAgreeWithTheStandardLibrary(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		given := rapid.SliceOfN(records, 0, 4).Draw(t, "records")
		body := join(t, '{', '}', []string{`"total_records":` + numbers.Draw(t, "total"), `"records":` + join(t, '[', ']', given)})
		p, err := decodePage([]byte(body), MaxPerPage)
		if err != nil || len(p.Records) != len(given) {
			t.Fatalf("%s: %v", body, err)
		}
		for i, r := range p.Records {
			members, _ := other(t, JSON(given[i])).(map[string]any)
			if r.Err != nil {
				if isJob(members) {
					t.Fatalf("%s: %v", given[i], r.Err)
				}
				continue
			}
			if !isJob(members) || string(r.Job.Raw()) != given[i] {
				t.Fatalf("got %s\nwant %s", r.Job.Raw(), given[i])
			}
			compare(t, r.Job, members)
		}
	})
}

// isJob repeats the rule of what every job has; the generated instants are good ones.
func isJob(members map[string]any) bool {
	for _, name := range []string{"job_id", "state", "type", "created_at", "updated_at"} {
		if s, ok := members[name].(string); !ok || s == "" {
			return false
		}
	}
	return true
}

// compare checks a job's accessors.
func compare(t *rapid.T, j *Job, members map[string]any) {
	created, _ := ParseTimestamp(members["created_at"].(string))
	updated, _ := ParseTimestamp(members["updated_at"].(string))
	if j.ID() != members["job_id"] || j.RawState() != members["state"] || j.Type() != members["type"] ||
		j.CreatedAt() != created || j.UpdatedAt() != updated {
		t.Fatalf("got %s", j.Raw())
	}
	for name, value := range map[string]JSON{
		"input": j.Input(), "result": j.Result(), "request_source": j.RequestSource(),
		"failures": j.Member(MemberFailures), "tags": j.Member(MemberTags), "executor": j.Member(MemberExecutor),
		"idempotency_key": j.Member(MemberIdempotencyKey), "data_plane_id": j.Member(MemberDataPlane), "ended_at": j.Member(MemberEndedAt),
	} {
		want, there := members[name]
		if !there {
			if value != nil {
				t.Fatalf("%s came from nowhere: %s", name, value)
			}
			continue
		}
		if !reflect.DeepEqual(other(t, value), want) {
			t.Fatalf("%s is %s, want %v", name, value, want)
		}
		agree(t, value)
	}
	if j.State() != StateFailed && j.RawState() == "failed" {
		t.Fatalf("state %q", j.State())
	}
}

// Members that are read in one go are those that are read one by one, in whatever order they come and however they are spelt.
func TestMembersAgreeWithGet(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		spelt := []string{`"a"`, `"b"`, `"c"`, `"d"`, `"\u0061"`, `"\u0062b"`, `"bb"`, `"e"`, `""`}
		var parts []string
		for _, name := range rapid.SliceOfN(rapid.SampledFrom(spelt), 0, 9).Draw(t, "members") {
			parts = append(parts, name+space.Draw(t, "")+":"+space.Draw(t, "")+values(1).Draw(t, "value"))
		}
		v := JSON(join(t, '{', '}', parts))
		if rapid.IntRange(0, 9).Draw(t, "another type") == 0 {
			v = JSON(values(1).Draw(t, "other"))
		}
		names := rapid.Permutation([]string{"a", "b", "c", "bb"}).Draw(t, "names")[:rapid.IntRange(0, 4).Draw(t, "asked")]
		got := []JSON{JSON("1"), JSON("2"), JSON("3"), JSON("4"), JSON("5")} // of whatever was read before
		v.Members(names, got)
		for i, value := range got {
			var want JSON
			if i < len(names) {
				want = v.Get(names[i])
			}
			if !reflect.DeepEqual(value, want) {
				t.Fatalf("%q of %s: %d is %q, want %q", names, v, i, value, want)
			}
		}
	})
}
