package restclient

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"jobsgateway/internal/emulator"
)

// Whatever the decoder takes, the standard library takes too, and each record is as many bytes of the body.
func FuzzDecodePage(f *testing.F) {
	whole := page(record("a", `"input":{"a":[1,"\ud800"]},"tags":["x"]`), "null", record("b", `"failures":[{"message":"é"}]`))
	for _, body := range []string{
		whole, "", "null", "[]", `{"records":[]}`, `{"records":[`, `{"records":NaN}`, `{"records":null}`, "{}", whole + whole, "\ufeff" + whole,
		whole + "-", " " + whole + "\n", `{"records":[{}],"records":[1,2]}`, `{"total_records":-0,"records":[1e5,-0.1,"\u0000"]}`,
		"{\"records\":[\"\xff\"]}", page(record("a", `"sta\u0074e":"x","st\u0061te\u0000":1`)), page(record("a", `"created_at":"2023-10-31T11:19:13+02:00"`)),
		page(record("\\u0061", `"updated_at":"2023-10-31\u005411:19:13"`), "7", record("b", ""), "{}"), `{"\u0072ecords":[1],"tot\u0061l_records":7}`,
		`{"records":[` + record("a", "") + "," + record("b", "") + `],"records":[` + record("c", "") + "]}", `{"records":[` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `]}`,
	} {
		f.Add([]byte(body), 2)
	}
	for _, opts := range []emulator.Options{{Seed: 1, Jobs: 3}, {Seed: 2, Jobs: 3, Drift: true, Tags: true}, {Seed: 3, Jobs: 2, Older: true}} {
		opts.End = historyEnd
		f.Add(pageOf(f, opts), 3)
	}
	f.Fuzz(func(t *testing.T, body []byte, ask int) {
		ask &= 0xff
		before := string(body)
		p, err := decodePage(body, ask)
		if string(body) != before {
			t.Fatal("the body was changed")
		}
		if err != nil {
			if p != nil {
				t.Fatal("both a page and an error")
			}
			wantKind(t, err, KindMalformed)
			return
		}
		if !json.Valid(body) {
			t.Fatalf("%q is no JSON", body)
		}
		var standard map[string]json.RawMessage
		if err := json.Unmarshal(body, &standard); err != nil {
			t.Fatal(err)
		}
		var elements []json.RawMessage
		if err := json.Unmarshal(standard["records"], &elements); err != nil || elements == nil {
			t.Fatalf("records is %q", standard["records"])
		}
		if len(p.Records) != min(len(elements), ask) || p.Total < UnknownTotal {
			t.Fatalf("got %d of %d records, asked for %d; total %d", len(p.Records), len(elements), ask, p.Total)
		}
		for i, r := range p.Records {
			if (r.Job == nil) == (r.Err == nil) {
				t.Fatalf("record %d is both or neither", i)
			}
			members := map[string]json.RawMessage{}
			if isObject := json.Unmarshal(elements[i], &members) == nil; (r.Job != nil) != (isObject && hasEssentials(members)) {
				t.Fatalf("record %d of %q: %v", i, body, r.Err)
			}
			if r.Job == nil {
				continue
			}
			if string(r.Job.Raw()) != string(elements[i]) {
				t.Fatalf("record %d is %q, want %q", i, r.Job.Raw(), elements[i])
			}
			for m, name := range memberNames {
				if got := r.Job.Member(Member(m)); string(got) != string(members[name]) {
					t.Fatalf("%s is %q, want %q", name, got, members[name])
				}
			}
			touch(r.Job)
		}
	})
}

// hasEssentials repeats, by the standard library, the rule of what every job has.
func hasEssentials(members map[string]json.RawMessage) bool {
	for _, name := range []string{"job_id", "state", "type", "created_at", "updated_at"} {
		var text string
		if json.Unmarshal(members[name], &text) != nil || text == "" {
			return false
		}
		if _, _, ok := byTimePackage(text); !ok && strings.HasSuffix(name, "_at") {
			return false
		}
	}
	return true
}

// touch calls what may panic.
func touch(j *Job) {
	for m := range members {
		v := j.Member(Member(m))
		_, _ = ReadTimestamp(v)
		_, _ = v.Text()
		_, _ = v.Array()
		_, _ = DatasetOf(v)
	}
}

// What is accepted is printed as RFC 3339 in UTC, is the same instant, and has the digits that were given.
func FuzzTimestamp(f *testing.F) {
	for _, s := range []string{
		"2023-10-31T11:19:13.400498", "2023-10-31T11:19:13Z", "2023-10-31T13:19:13.4+02:00", "2023-10-31T11:19:13.123456789-05:30",
		"0001-01-01T00:00:00", "9999-12-31T23:59:59.9-01:00", "0000-01-01T00:00:00+01:00", "2023-10-31T1:19:13", "2023-13-45T00:00:00", "",
		"2023-10-31T11:19:13,4", "2023-10-31T11:19:13.1234567890", "2024-02-29T24:00:00", "2023-10-31T11:19:13+24:00",
		"2023-02-29T00:00:00", "1900-02-29T00:00:00", "2000-02-29T00:00:00", "0000-02-29T00:00:00", "2023-04-31T00:00:00Z", "2023-00-10T00:00:00",
		"2023-10-00T00:00:00", "2023-10-31T11:19:60", "2023-10-31T11:60:00", "2023-10-31T11:19:13.", "2023-10-31T11:19:13.Z", "2023-10-31T11:19:13ZZ",
		"2023-10-31 11:19:13", "2023/10/31T11:19:13", "2023-10-31T11:19:13.1234567891Z", "2023-10-31T11:19:13.12345678Z", "2023-10-31T11:19:13.40-00:00",
		"0000-10-01T00:00:00.\xef", "2023-10-31T11:19:13.\xb0\xb1", "\xb2\xb0\xb2\xb3-10-31T11:19:13", "2023\xad10-31T11:19:13", "2023-10-31T11:19:1/", "2023-10-31T11:19:1:",
		"2023-10-31T11:19", "2023-10-31 11:19:13.40+00", "0000-01-01 00:24:00", "0000-01-24 00:00", "2023-10-31t24:00z", "2023-12-31T24:00:00.0", "2016-12-31T23:59:60.5", "2017-01-01T05:29:60+0530",
		"2023-10-31T11:19:13 UTC[Etc/UTC]", " 2023-10-31T11:19:13 ", "2023-12-31T24:59:60", "2023-10-31T24:00:60",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		digits, at, ok := byTimePackage(s)
		got, err := ParseTimestamp(s)
		if ok != (err == nil) || got.String() != digits || !got.Time().Equal(at) {
			t.Fatalf("%q is %q at %v (%v), want %q at %v", s, got, got.Time(), err, digits, at)
		}
		if fast, ok := timestampInUTC([]byte(s)); ok && fast != got {
			t.Fatalf("%q is %q or %q", s, fast, got)
		}
		if err != nil {
			wantKind(t, err, KindMalformed)
			return
		}
		text := got.String()
		back, err := time.Parse(time.RFC3339Nano, text)
		if err != nil || !back.Equal(got.Time()) || got.Time().Location() != time.UTC {
			t.Fatalf("%q is printed as %q, which is %v, not %v (%v)", s, text, back, got.Time(), err)
		}
		// UnmarshalText is the strict reader of RFC 3339.
		if err := new(time.Time).UnmarshalText([]byte(text)); err != nil || !strings.HasSuffix(text, "Z") {
			t.Fatalf("%q is printed as %q: %v", s, text, err)
		}
		if again, err := ParseTimestamp(text); err != nil || again != got {
			t.Fatalf("%q is read back as %v, %v", text, again, err)
		}
		member, _ := json.Marshal(s)
		page, err := decodePage([]byte(page(record("a", `"created_at":`+string(member)))), 1)
		if err != nil || page.Records[0].Err != nil || string(page.Records[0].Job.AppendCreatedAt(nil)) != text {
			t.Fatalf("%q of a record: %v", s, err)
		}
	})
}
