package restclient

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"jobsgateway/internal/emulator"
)

func TestBadJSON(t *testing.T) {
	t.Parallel()
	whole := page(record("a", ""))
	for name, body := range map[string]string{
		"empty": "", "space": " \n", "null": "null", "array": "[]", "string": `"records"`, "number": "7",
		"cut": `{"records":[`, "cut in a record": whole[:60], "cut at the last brace": whole[:len(whole)-1],
		"NaN": `{"records":NaN}`, "NaN in a record": page(record("a", `"input":NaN`)),
		"Infinity": page(record("a", `"input":-Infinity`)),
		"two":      whole + whole, "more behind": whole + " x", "a comma behind": whole + ",", "a brace behind": whole + "}",
		"a minus behind": whole + "-", "a quote behind": whole + `"`, "a t behind": whole + "t", "an n behind": whole + "n",
		"NUL behind": whole + "\x00", "a zero behind": whole + "0",
		"BOM": "\ufeff" + whole, "single quotes": strings.ReplaceAll(whole, `"`, "'"),
		"0xFF":             page(record("a", "\"input\":\"\xff\"")),
		"0xFF alone":       "\xff",
		"half a character": page(record("a", "\"input\":\"\xc3\"")), "UTF-16 in UTF-8": page(record("a", "\"input\":\"\xed\xa0\x80\"")),
		"UTF-8 too long":   page(record("a", "\"input\":\"\xc0\xaf\"")),
		"a bare control":   page(record("a", "\"input\":\"\n\"")),
		"a bad escape":     page(record("a", `"input":"\x41"`)),
		"a cut escape":     page(record("a", `"input":"\u12"`)),
		"leading zero":     page(record("a", `"input":01`)),
		"leading plus":     page(record("a", `"input":+1`)),
		"bare fraction":    page(record("a", `"input":.5`)),
		"trailing dot":     page(record("a", `"input":5.`)),
		"empty exponent":   page(record("a", `"input":5e`)),
		"trailing comma":   `{"records":[` + record("a", "") + `,]}`,
		"missing comma":    `{"records":[` + record("a", "") + record("b", "") + `]}`,
		"name unquoted":    `{records:[]}`,
		"comment":          `{"records":[]/* none */}`,
		"True":             page(record("a", `"input":True`)),
		"records absent":   `{"total_records":0}`,
		"records null":     `{"records":null}`,
		"records object":   `{"records":{}}`,
		"records string":   `{"records":"[]"}`,
		"records null 2nd": `{"records":[],"records":null}`,
		"other case":       `{"Records":[]}`,
		"bad elsewhere":    `{"records":[],"next_page":tru}`,
	} {
		p, err := decodePage([]byte(body), 50)
		if err == nil {
			t.Errorf("%s: accepted %+v", name, p)
			continue
		}
		wantKind(t, err, KindMalformed)
	}
	for _, body := range []string{"", "null", `{"records":[`, whole + whole, "\ufeff" + whole} {
		_, err := pageOfBody(t, body)
		wantKind(t, err, KindMalformed)
	}
}

// One job by id is held to the same rules.
func TestBadJSONOfOneJob(t *testing.T) {
	t.Parallel()
	whole := record(string(anID), "")
	for name, body := range map[string]string{
		"empty": "", "null": "null", "array": "[]", "a page": page(whole), "cut": whole[:40], "two": whole + whole, "minus": whole + "-",
		"BOM": "\ufeff" + whole, "0xFF": strings.Replace(whole, "completed", "\xff", 1), "no id": strings.Replace(whole, "job_id", "id", 1),
	} {
		if job, err := decodeJob([]byte(body)); err == nil {
			t.Errorf("%s: accepted %s", name, job.Raw())
		} else {
			wantKind(t, err, KindMalformed)
		}
	}
	job, err := decodeJob([]byte(" \n" + whole + "\r\n\t "))
	if err != nil || string(job.Raw()) != whole {
		t.Errorf("space around a job: %v", err)
	}
}

// A record that is no job is its own error; the others are delivered in their places.
func TestBadRecordAmongGoodOnes(t *testing.T) {
	t.Parallel()
	ok := record("x", "")
	for name, bad := range map[string]string{
		"null": "null", "array": "[]", "string": `"job"`, "number": "7", "true": "true", "empty": "{}",
		"no job_id": strings.Replace(ok, `"job_id":"x",`, "", 1), "job_id null": strings.Replace(ok, `"x"`, "null", 1),
		"job_id number": strings.Replace(ok, `"x"`, "7", 1), "job_id empty": strings.Replace(ok, `"x"`, `""`, 1),
		"job_id object":  strings.Replace(ok, `"x"`, `{"id":"x"}`, 1),
		"job_id twice":   record("x", `"job_id":null`),
		"no state":       strings.Replace(ok, `"state"`, `"estate"`, 1),
		"state null":     strings.Replace(ok, `"completed"`, "null", 1),
		"state number":   strings.Replace(ok, `"completed"`, "7", 1),
		"no type":        strings.Replace(ok, `"type"`, `"kind"`, 1),
		"type list":      strings.Replace(ok, `"materialize-view"`, `["x"]`, 1),
		"no created_at":  strings.Replace(ok, `"created_at"`, `"made_at"`, 1),
		"bad created_at": strings.Replace(ok, "2023-10-31T11:19", "2023-13-45T11:19", 1),
		"created_at 7":   strings.Replace(ok, `"2023-10-31T11:19:13.400498"`, "7", 1),
		"no updated_at":  strings.Replace(ok, `"updated_at"`, `"changed_at"`, 1),
		"bad updated_at": record("x", `"updated_at":"yesterday"`),
	} {
		p, err := decodePage([]byte(page(record("1", ""), bad, record("3", ""))), 50)
		if err != nil {
			t.Errorf("%s takes the page with it: %v", name, err)
			continue
		}
		if diff := cmp.Diff([]string{"1", "!", "3"}, ids(p)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
			continue
		}
		if p.Records[1].Job != nil {
			t.Errorf("%s: both a job and an error", name)
		}
		wantKind(t, p.Records[1].Err, KindMalformed)
	}
}

// What no document knows is data.
func TestNewValues(t *testing.T) {
	t.Parallel()
	extra := strings.Repeat(`"more":{"a":[1,{"b":null}]},`, 50)
	given := `{` + extra + `"updated_at":"2023-10-31T11:25:08Z","type":"brand-new","state":"exploded",` +
		`"request_source":{"type":"alien","who":[1]},"created_at":"2023-10-31T11:19:13","job_id":"x"}`
	p, err := pageOfBody(t, page(given, record("y", "")))
	if err != nil || len(p.Records) != 2 || p.Records[0].Err != nil {
		t.Fatalf("got %+v, %v", p, err)
	}
	j := p.Records[0].Job
	if j.ID() != "x" || j.State() != StateUnknown || j.RawState() != "exploded" || j.IsFinal() || j.Type() != "brand-new" ||
		string(j.Member(MemberRequestSource)) != `{"type":"alien","who":[1]}` || string(j.Raw()) != given {
		t.Errorf("got %s", j.Raw())
	}
	for _, state := range []State{StatePending, StateScheduled, StateRunning, StateCompleted, StateFailed, StateCancelled, StatePendingCancellation} {
		job, err := decodeJob([]byte(strings.Replace(record("z", ""), "completed", string(state), 1)))
		final := state == StateCompleted || state == StateFailed || state == StateCancelled
		if err != nil || job.State() != state || job.IsFinal() != final {
			t.Errorf("%s: %v, final %v", state, err, job.IsFinal())
		}
	}
}

// Absent, null and empty are one for every member that a job can do without.
func TestMembersThatMayBeMissing(t *testing.T) {
	t.Parallel()
	for _, empty := range []string{"", "null", `""`, "[]", "{}", "[ ]", "{\n\t}"} {
		var list []string
		var optionals []Member
		for m, row := range members {
			if row.need != optional {
				continue
			}
			if empty != "" {
				list = append(list, `"`+row.name+`": `+empty)
			}
			optionals = append(optionals, Member(m))
		}
		j, err := decodeJob([]byte(record("x", strings.Join(list, ","))))
		if err != nil {
			t.Errorf("%q: %v", empty, err)
			continue
		}
		for _, m := range optionals {
			if v := j.Member(m); !v.IsEmpty() || string(v) != empty {
				t.Errorf("%s is %q, want %q", memberNames[m], v, empty)
			}
		}
	}
}

// The published example, member by member, over HTTP.
func TestPublishedExample(t *testing.T) {
	t.Parallel()
	given := `{"job_id":"2a5b9ad7-dc8f-47bb-8e62-843a38f8054c","data_plane_id":"f79cbdae-4848-47ca-95e8-69588364d185",
 "request_source":{"type":"api_user","company_id":1,"user_id":407},"state":"completed","type":"materialize-view",
 "input":{"nql":"CREATE VIEW \"a\"","dataset_id":10736,"stats_enabled":true},"executor":"job-executor-98e1f48e",
 "idempotency_key":"10736:29:66","result":{"dataset_id":10736,"snapshot_id":1724919539450264575,"recalculation_id":"abf9a2ec"},
 "failures":[{"message":"m"}, {"message":"n"}],"tags":["a", null, "workflow_id=\u00e9"],
 "created_at":"2023-10-31T11:19:13.400498","updated_at":"2023-10-31T11:25:08.327209","ended_at":"2023-10-31T11:25:08.327194"}`
	u := newUpstream(t, emulator.Records(rawRecords(given)...))
	j, err := u.Job(withToken(t.Context(), secret), anID)
	if err != nil {
		t.Fatal(err)
	}
	executor, _ := j.Member(MemberNamed("executor")).Text()
	key, _ := j.Member(MemberNamed("idempotency_key")).Text()
	plane, _ := j.Member(MemberDataPlane).Text()
	ended, _ := ReadTimestamp(j.Member(MemberEndedAt))
	failures, _ := j.Member(MemberFailures).Array()
	tags, _ := j.Member(MemberTags).Array()
	result, _ := j.Member(MemberResult).Object()
	snapshot, _ := result.Get("snapshot_id").Integer()
	dataset, _ := DatasetOf(j.Member(MemberInput))
	got := []string{
		j.ID(), string(j.State()), j.Type(), *executor, *key, *plane, j.CreatedAt().String(), j.UpdatedAt().String(), ended.String(),
		string(failures[1]), fmt.Sprintf("%s", tags), *snapshot, *dataset, string(j.Member(MemberRequestSource)),
	}
	want := []string{
		string(anID), "completed", "materialize-view", "job-executor-98e1f48e", "10736:29:66", "f79cbdae-4848-47ca-95e8-69588364d185",
		"2023-10-31T11:19:13.400498Z", "2023-10-31T11:25:08.327209Z", "2023-10-31T11:25:08.327194Z",
		`{"message":"n"}`, `["a" null "workflow_id=\u00e9"]`, "1724919539450264575", "10736", `{"type":"api_user","company_id":1,"user_id":407}`,
	}
	if diff := cmp.Diff(want, got); diff != "" || string(j.Raw()) != given {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
