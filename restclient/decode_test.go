package restclient

import (
	"strconv"
	"strings"
	"testing"

	"jobsgateway/internal/emulator"
)

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
		`{"a":` + strings.Repeat("[", 20_000): "jobs api: malformed: body is not JSON at byte 10004 of 20005",
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
	body := pageOf(t, emulator.Options{Seed: 1, End: historyEnd})
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
		"Get": func() bool {
			return string(job.Member(MemberInput).Get("b")) == `[{"c":"d"}]` && job.Member(MemberInput).Get("c") == nil
		},
		"ReadTimestamp": func() bool {
			t, err := ReadTimestamp(job.Member(MemberEndedAt))
			return err == nil && t.Time().Year() == 2024
		},
		"AppendTo": func() bool { return string(job.UpdatedAt().AppendTo(text)) == "2023-10-31T11:25:08.327209Z" },
		"Elements": func() bool {
			n := 0
			for element := range job.Member(MemberInput).Get("a").Elements() {
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

// Whatever stands around them, jobs find their place: the guess of how many there will be may be wrong in any
// way.
func TestPagesOfUnequalRecords(t *testing.T) {
	t.Parallel()
	long := func(id string) string { return record(id, `"input":"`+strings.Repeat("x", 100_000)+`"`) }
	short := func(n int, before string) string { // each behind a text, and a comma
		var b strings.Builder
		for i := range n {
			b.WriteString(before + record(strconv.Itoa(i), "") + ",")
		}
		return b.String()
	}
	for name, records := range map[string][]string{
		"a job behind scraps":     {strings.Repeat("1,", 400) + record("a", "")},
		"jobs among scraps":       {short(249, "1,") + "1", record("b", "")},
		"a long one before short": {long("c"), short(400, "") + record("b", "")},
		"short ones before long":  {short(50, "") + record("b", ""), long("c"), long("d")},
		"more than asked for":     {short(600, "") + long("c")},
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

// A member is found by its name; a name without a row is a mistake of the program. What every job needs comes
// first.
func TestMemberTable(t *testing.T) {
	t.Parallel()
	for m, row := range members {
		if got := MemberNamed(row.name); got != Member(m) {
			t.Errorf("%s is member %d, want %d", row.name, got, m)
		}
		if needed := row.need != optional; needed != (m <= int(MemberUpdatedAt)) {
			t.Errorf("%s: needed is %v in row %d", row.name, needed, m)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("there is a member without a row")
		}
	}()
	MemberNamed("job_idx")
}

// Every member is found by its name, and by its name escaped; near names are other members.
func TestMembersByName(t *testing.T) {
	t.Parallel()
	for m, name := range memberNames {
		escaped := `\u00` + strconv.FormatInt(int64(name[0]), 16) + name[1:]
		for _, spelled := range []string{name, escaped} {
			j, err := decodeJob([]byte(record("x", `"`+spelled+`":"2024-02-29T00:00:00"`)))
			if err != nil || string(j.Member(Member(m))) != `"2024-02-29T00:00:00"` {
				t.Errorf("%s as %s: %q, %v", name, spelled, j.Member(Member(m)), err)
			}
		}
		for _, near := range []string{name + "s", name[1:], strings.ToUpper(name), " " + name, escaped + `\u0000`} {
			j, err := decodeJob([]byte(record("x", `"`+near+`":"2024-02-29T00:00:00"`)))
			if err != nil || string(j.Member(Member(m))) == `"2024-02-29T00:00:00"` {
				t.Errorf("%s is taken for %s: %v", near, name, err)
			}
		}
	}
}

func TestTagsAndFailures(t *testing.T) {
	t.Parallel()
	for _, noList := range []string{`{"message":"m"}`, `"m"`, "7"} {
		j, _ := decodeJob([]byte(record("x", `"failures":`+noList+`,"tags":`+noList)))
		_, err := j.Member(MemberFailures).Array()
		wantKind(t, err, KindMalformed)
		_, err = j.Member(MemberTags).Array()
		wantKind(t, err, KindMalformed)
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
		p, err := pageOfBody(t, page(given))
		if err != nil || string(p.Records[0].Job.Raw()) != given || string(p.Records[0].Job.Member(MemberInput)) != object ||
			string(p.Records[0].Job.Member(MemberResult)) != object {
			t.Errorf("%s: %v", number, err)
			continue
		}
		members, err := p.Records[0].Job.Member(MemberResult).Object()
		if err != nil || string(members.Get("snapshot_id")) != number {
			t.Errorf("%s: got %s, %v", number, members.Get("snapshot_id"), err)
		}
	}
}
