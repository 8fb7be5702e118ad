package restclient

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"jobsgateway/internal/emulator"
)

// nested is as many arrays, or objects, in each other.
func nested(levels int, left, inner, right string) string {
	return strings.Repeat(left, levels) + inner + strings.Repeat(right, levels)
}

// odd are bodies at the edges of what JSON is.
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

// The scanner accepts what the standard library accepts, finds the end of a value where it does, and goes over the same
// members and elements.
func FuzzScan(f *testing.F) {
	for _, body := range odd() {
		f.Add([]byte(body))
	}
	f.Add(pageOf(f, emulator.Options{Seed: 2, Jobs: 5, Drift: true, Tags: true, End: end}))
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
		if object := objectOf(body); (object != nil) != (valid && body[begin] == '{') {
			t.Fatalf("%q as an object is %q", body, object)
		}
		d := json.NewDecoder(strings.NewReader(string(body)))
		if err := d.Decode(new(json.RawMessage)); err == nil && d.InputOffset() != int64(stop) {
			t.Fatalf("%q ends at %d, want %d", body, stop, d.InputOffset())
		}
	})
}

// walkLike walks over an array or object and checks that it gives what the standard library does, or ends as the
// scanner did.
func walkLike(t *testing.T, body []byte, begin, stop int) {
	t.Helper()
	if begin == len(body) || body[begin] != '{' && body[begin] != '[' {
		return
	}
	members, elements := map[string]string{}, []string{}
	w := walkInto(body, begin, 0)
	for w.next() {
		value := w.skip()
		members[string(appendText(nil, w.name))] = string(value)
		elements = append(elements, string(value))
	}
	if w.at != stop {
		t.Fatalf("a walk over %q ends at %d, the scan at %d", body, w.at, stop)
	}
	if stop < 0 {
		return
	}
	v := JSON(body[begin:stop])
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
	var want map[string]json.RawMessage
	if err := json.Unmarshal(v, &want); err != nil || len(want) != len(members) {
		t.Fatalf("%q has %d members, want %d: %v", v, len(members), len(want), err)
	}
	looked := 0
	for name, value := range want {
		if members[name] != string(value) {
			t.Fatalf("%q: %q is %q", v, name, members[name])
		}
		if looked++; looked <= 20 && string(v.Get(name)) != string(value) {
			t.Fatalf("%q: Get of %q is %q", v, name, v.Get(name))
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
		if got := JSON(body).text(); got != want {
			t.Fatalf("%s says %q, want %q", body, got, want)
		}
		inner := JSON(body).quoted()
		if !spells(inner, want) || spells(inner, want+"x") || want != "" && spells(inner, want[1:]) || spells(inner, "x"+want) {
			t.Fatalf("%s is not compared as %q", body, want)
		}
	})
}

// A body that is no JSON is told by where it stops to be, never by what it says.
func TestScanErrorsAreShort(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		"":                                    "jobs api: malformed: body is empty",
		"hunter2":                             "jobs api: malformed: page is not an object",
		`"hunter2"`:                           "jobs api: malformed: page is not an object",
		`{"records":["hunter2"`:               "jobs api: malformed: body is not JSON at byte 21 of 21",
		`{"records":[hunter2]}`:               "jobs api: malformed: body is not JSON at byte 12 of 21",
		`{"records":[]} hunter2`:              "jobs api: malformed: body goes on behind its value at byte 15 of 22",
		`{"records":"hunter2"}`:               "jobs api: malformed: records is not an array",
		`{"hunter2":1}`:                       "jobs api: malformed: page has no records",
		"{\"records\":[\"hunter2\xff\"":       "jobs api: malformed: body is not UTF-8",
		`{"a":` + nested(20_000, "[", "", ""): "jobs api: malformed: body is not JSON at byte 10004 of 20005",
	} {
		if _, err := decodePage([]byte(body), 1); err == nil || err.Error() != want {
			t.Errorf("%.30s: got %v, want %s", body, err, want)
		}
	}
	p, err := decodePage([]byte(`{"records":["hunter2",{},{"job_id":"hunter2","state":"x","type":"x","created_at":"hunter2"}]}`), 3)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{
		"records that are no objects", "records that have no job_id that is a string", "records that have no created_at that is a time",
	} {
		if got := p.Records[i].Err; got == nil || got.Error() != "jobs api: malformed: "+want {
			t.Errorf("record %d: %v, want %s", i, got, want)
		}
	}
}

// Reading a page costs a handful of allocations, however many records it has, and its members cost none.
func TestAllocations(t *testing.T) {
	body := pageOf(t, emulator.Options{Seed: 1, End: end})
	var p *JobsPage
	if n := testing.AllocsPerRun(10, func() { p, _ = decodePage(body, MaxPerPage) }); n > 10 || len(p.Records) != MaxPerPage {
		t.Errorf("a page of %d records takes %v allocations", len(p.Records), n)
	}
	job, err := decodeJob([]byte(record("x", `"sta\u0074e":"fail\u0065d","input":{"a":[1,2],"\u0062":[{"c":"d"}]},"ended_at":"2024-02-29T23:59:59.999999"`)))
	if err != nil {
		t.Fatal(err)
	}
	text := make([]byte, 0, 64)
	for name, read := range map[string]func() bool{
		"State": func() bool { return job.State() == StateFailed && job.IsFinal() },
		"Get":   func() bool { return string(job.Input().Get("b")) == `[{"c":"d"}]` && job.Input().Get("c") == nil },
		"ReadTimestamp": func() bool {
			t, ok, _ := job.Member(MemberEndedAt).ReadTimestamp()
			return ok && t.Time().Year() == 2024
		},
		"AppendTo": func() bool { return string(job.UpdatedAt().AppendTo(text)) == "2023-10-31T11:25:08.327209Z" },
		"Elements": func() bool {
			n := 0
			for element := range job.Input().Get("a").Elements() {
				n += len(element)
			}
			return n == 2
		},
	} {
		if n := testing.AllocsPerRun(10, func() {
			if !read() {
				t.Fatal(name)
			}
		}); n != 0 {
			t.Errorf("%s takes %v allocations", name, n)
		}
	}
}

// Whatever stands around them, jobs find their place: the guess of how many there will be may be wrong in any way.
func TestPagesOfUnequalRecords(t *testing.T) {
	t.Parallel()
	long := record("long", `"input":"`+strings.Repeat("x", 100_000)+`"`)
	for name, records := range map[string][]string{
		"a job behind scraps":     {strings.Repeat("1,", 400) + record("a", "")},
		"jobs among scraps":       {strings.Repeat("1,"+record("a", "")+",", 249) + "1", record("b", "")},
		"a long one before short": {long, strings.Repeat(record("a", "")+",", 400) + record("b", "")},
		"short ones before long":  {strings.Repeat(record("a", "")+",", 50) + record("b", ""), long, long},
		"more than asked for":     {strings.Repeat(record("a", "")+",", 600) + long},
		"scraps alone":            {strings.Repeat("1,", 600) + "1"},
	} {
		body := page(records...)
		for i, limit := range []int{0, 1, 2, 400, 401, 402, MaxPerPage, 0, 1, 2, 400, 401, 402, MaxPerPage} {
			sent := body
			if i%2 == 0 {
				sent = `{"records":[` + record("lost", "") + `],` + body[1:]
			}
			p, err := decodePage([]byte(sent), limit)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			want := recordsOf(t, []byte(body))
			want = want[:min(len(want), limit)]
			if len(p.Records) != len(want) {
				t.Fatalf("%s: %d records of %d, want %d", name, len(p.Records), limit, len(want))
			}
			for i, r := range p.Records {
				if (r.Job == nil) != (want[i] == "1") || r.Job != nil && string(r.Job.Raw()) != want[i] {
					t.Fatalf("%s: record %d of %d is not what was sent", name, i, limit)
				}
			}
		}
	}
}

// Every member is found by its name, and by its name escaped; near names are other members.
func TestMembersByName(t *testing.T) {
	t.Parallel()
	for m, name := range memberNames[:memberCount] {
		escaped := `\u00` + strconv.FormatInt(int64(name[0]), 16) + name[1:]
		for _, spelled := range []string{name, escaped} {
			j, err := decodeJob([]byte(record("x", `"`+spelled+`":"2024-02-29T00:00:00"`)))
			if err != nil || string(j.Member(Member(m))) != `"2024-02-29T00:00:00"` {
				t.Errorf("%s as %s: %q, %v", name, spelled, j.Member(Member(m)), err)
			}
		}
		for _, near := range []string{name + "s", name[1:], strings.ToUpper(name), " " + name, escaped + `\u0000`} {
			if got := memberNamed([]byte(near)); got != memberCount {
				t.Errorf("%s is taken for %s", near, memberNames[got])
			}
		}
	}
}
