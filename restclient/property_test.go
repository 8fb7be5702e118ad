package restclient

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

// spaces is what JSON allows between tokens.
var spaces = rapid.SampledFrom([]string{"", "", "", " ", "\n\t", "\r\n  "})

// scalars are values that have no others in them, spelt in plain and in odd ways.
var scalars = rapid.SampledFrom([]string{
	"null", "true", "false", `""`, "[]", "{ }", "0", "-0", "1.0", "1E+400", "-2.50e-7", "9223372036854775808", "1724919539450264575",
	`"17"`, `"a"`, `" é東😀"`, `"\"\\\/\b\f\n\r\t\u0000\u00E9"`, `"\ud83d\ude00\ud800."`, `"{}[],:<"`, `"2026-03-12T15:30:00"`,
})

// values are values with up to so many levels.
func values(levels int) *rapid.Generator[string] {
	if levels == 0 {
		return scalars
	}
	return rapid.OneOf(scalars, rapid.Custom(func(t *rapid.T) string {
		return join(t, '[', ']', rapid.SliceOfN(values(levels-1), 0, 4).Draw(t, "elements"))
	}), rapid.Custom(func(t *rapid.T) string {
		parts := rapid.SliceOfN(values(levels-1), 0, 4).Draw(t, "members")
		for i, v := range parts {
			name := rapid.SampledFrom([]string{`"a"`, `"id"`, `"dataset_id"`, `"\u0061"`, `""`}).Draw(t, "name")
			parts[i] = name + spaces.Draw(t, "") + ":" + spaces.Draw(t, "") + v
		}
		return join(t, '{', '}', parts)
	}))
}

// join writes an array or an object with space in it.
func join(t *rapid.T, left, right byte, parts []string) string {
	text := string(left) + spaces.Draw(t, "")
	for i, part := range parts {
		if i > 0 {
			text += ","
		}
		text += spaces.Draw(t, "") + part + spaces.Draw(t, "")
	}
	return text + string(right)
}

// standard reads bytes with the standard library, numbers as their digits.
func standard(t *rapid.T, raw []byte) (v any) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%q is not JSON: %v", raw, err)
	}
	return v
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
		name := rapid.SampledFrom(append(memberNames[MemberEndedAt:], "input", "other", "job_i", "state")).Draw(t, "name")
		fields = append(fields, `"`+name+`":`+spaces.Draw(t, "")+values(3).Draw(t, "value"))
	}
	if rapid.IntRange(0, 9).Draw(t, "broken") == 0 {
		fields = fields[1:]
	}
	return join(t, '{', '}', rapid.Permutation(fields).Draw(t, "order"))
})

// A page gives each record back byte by byte, and each member as the standard library reads it.
func TestRecordsAgreeWithTheStandardLibrary(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		given := rapid.SliceOfN(records, 0, 4).Draw(t, "records")
		body := join(t, '{', '}', []string{`"total_records":` + scalars.Draw(t, "total"), `"records":` + join(t, '[', ']', given)})
		p, err := decodePage([]byte(body), MaxPerPage)
		if err != nil || len(p.Records) != len(given) {
			t.Fatalf("%s: %v", body, err)
		}
		for i, r := range p.Records {
			members, _ := standard(t, []byte(given[i])).(map[string]any)
			if r.Err != nil {
				if isJob(members) {
					t.Fatalf("%s: %v", given[i], r.Err)
				}
				continue
			}
			if !isJob(members) || string(r.Job.Raw()) != given[i] {
				t.Fatalf("got %s\nwant %s", r.Job.Raw(), given[i])
			}
			wantMembers(t, r.Job, members)
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

// wantMembers checks a job's accessors.
func wantMembers(t *rapid.T, j *Job, members map[string]any) {
	created, _ := ParseTimestamp(members["created_at"].(string))
	updated, _ := ParseTimestamp(members["updated_at"].(string))
	if j.ID() != members["job_id"] || j.RawState() != members["state"] || j.Type() != members["type"] ||
		j.CreatedAt() != created || j.UpdatedAt() != updated {
		t.Fatalf("got %s", j.Raw())
	}
	for m, name := range memberNames {
		value := j.Member(Member(m))
		want, there := members[name]
		if !there {
			if value != nil {
				t.Fatalf("%s came from nowhere: %s", name, value)
			}
			continue
		}
		if !reflect.DeepEqual(standard(t, value), want) {
			t.Fatalf("%s is %s, want %v", name, value, want)
		}
	}
	if j.State() != StateFailed && j.RawState() == "failed" {
		t.Fatalf("state %q", j.State())
	}
}
