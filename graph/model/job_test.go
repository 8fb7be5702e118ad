package model

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Absent, null and empty are one to the Jobs API, and null, or an empty list, to ours.
func TestSparseJob(t *testing.T) {
	t.Parallel()
	names := []string{"input", "result", "failures", "data_plane_id", "request_source", "tags", "executor", "idempotency_key", "ended_at"}
	for _, empty := range []string{"", "null", `""`, "[]", "{}", "[ ]", "{\n}"} {
		members := []string{}
		for _, name := range names {
			if empty != "" {
				members = append(members, `"`+name+`":`+empty)
			}
		}
		job := jobWith(t, strings.Join(members, ","))
		if job.Input() != nil || job.Result() != nil {
			t.Errorf("%q: input %v, result %v", empty, job.Input(), job.Result())
		}
		if dataset, err := job.Dataset(); dataset != nil || err != nil {
			t.Errorf("%q: dataset %v, %v", empty, dataset, err)
		}
		if plane, err := job.DataPlane(); plane != nil || err != nil {
			t.Errorf("%q: data plane %v, %v", empty, plane, err)
		}
		if source, err := job.RequestSource(); source != nil || err != nil {
			t.Errorf("%q: request source %v, %v", empty, source, err)
		}
		if ended, err := job.EndedAt(); ended != nil || err != nil {
			t.Errorf("%q: ended %v, %v", empty, ended, err)
		}
		field, places := inField(t.Context())
		if tags, err := job.Tags(field); tags != nil || err != nil {
			t.Errorf("%q: tags %v, %v", empty, tags, err)
		}
		if failures := job.Failures(field); failures == nil || len(failures) != 0 || places(t) != "" {
			t.Errorf("%q: failures %v, errors %s", empty, failures, places(t))
		}
	}
}

// The dataset of a job is what its input names, in any type of job.
func TestDatasetOfAJob(t *testing.T) {
	t.Parallel()
	for members, want := range map[string]string{
		`"input":{"dataset_id":7}`:                       "7",
		`"input":{"dataset_id":"7"}`:                     "7",
		`"input":{"dataset":{"id":7}}`:                   "7",
		`"input":{"dataset_id":7,"dataset":{"id":8}}`:    "7",
		`"input":{"dataset_id":null,"dataset":{"id":8}}`: "8",
		`"input":{"dataset_id":9223372036854775807}`:     "9223372036854775807",
		`"type":"new","input":{"dataset_id":7}`:          "7",
		`"input":{"nql":"SELECT 1"}`:                     "null",
		`"input":{"dataset":{}}`:                         "null",
		`"result":{"dataset_id":7}`:                      "null",
		`"input":"text"`:                                 "null",
		`"input":[{"dataset_id":7}]`:                     "null",
		`"input":7`:                                      "null",
		`"input":false`:                                  "null",
		`"input":{"dataset_id":"x"}`:                     "error",
		`"input":{"dataset_id":7.0}`:                     "error",
		`"input":{"dataset_id":1e3}`:                     "error",
		`"input":{"dataset_id":9223372036854775808}`:     "error",
		`"input":{"dataset_id":{"id":7}}`:                "error",
	} {
		wantDataset(t, members, want)(jobWith(t, members).Dataset())
	}
}

// wantDataset checks a dataset, "null" for none, or that it cannot be read, "error".
func wantDataset(t testing.TB, members, want string) func(*Dataset, error) {
	t.Helper()
	return func(dataset *Dataset, err error) {
		t.Helper()
		switch {
		case want == "error":
			wantMalformed(t, err)
		case err != nil:
			t.Errorf("%s: %v", members, err)
		}
		if got := dataset; got != nil && got.ID != want || got == nil && want != "null" && want != "error" {
			t.Errorf("%s: %v, want %s", members, got, want)
		}
	}
}

func TestDataPlane(t *testing.T) {
	t.Parallel()
	if plane, err := jobWith(t, `"data_plane_id":"p"`).DataPlane(); err != nil || plane.ID != "p" {
		t.Errorf("%v, %v", plane, err)
	}
	plane, err := jobWith(t, `"data_plane_id":7`).DataPlane()
	wantMalformed(t, err)
	if plane != nil {
		t.Errorf("%v", plane)
	}
}

func TestRequestSource(t *testing.T) {
	t.Parallel()
	for members, want := range map[string]struct{ typ, name, company, user, errors string }{
		`{"type":"api_user","company_id":1,"user_id":9223372036854775807}`: {"api_user", "null", "1", "9223372036854775807", ""},
		`{"type":"process","name":"refresh"}`:                              {"process", "refresh", "null", "null", ""},
		`{"type":"new","company_id":"c","user_id":"u"}`:                    {"new", "null", "c", "u", ""},
		`{"name":"refresh"}`:                                               {"", "refresh", "null", "null", ""},
		`{"type":null,"x":1}`:                                              {"", "null", "null", "null", ""},
		`{"type":7}`:                                                       {"", "null", "null", "null", "at "},
	} {
		source, err := jobWith(t, `"request_source":`+members).RequestSource()
		if err != nil {
			t.Errorf("%s: %v", members, err)
			continue
		}
		field, places := inField(t.Context())
		typ := source.Type(field)
		name, nameErr := source.Name()
		company, companyErr := source.CompanyID()
		user, userErr := source.UserID()
		for _, err := range []error{nameErr, companyErr, userErr} {
			if err != nil {
				t.Errorf("%s: %v", members, err)
			}
		}
		if typ != want.typ || valueOf(name) != want.name || valueOf(company) != want.company || valueOf(user) != want.user || places(t) != want.errors {
			t.Errorf("%s: %q %s %s %s, errors %q", members, typ, valueOf(name), valueOf(company), valueOf(user), places(t))
		}
	}
	for _, members := range []string{`"me"`, `7`, `["me"]`} {
		source, err := jobWith(t, `"request_source":`+members).RequestSource()
		wantMalformed(t, err)
		if source != nil {
			t.Errorf("%s: %v", members, source)
		}
	}
	source, err := jobWith(t, `"request_source":{"name":7,"company_id":1.5,"user_id":{"a":1}}`).RequestSource()
	if err != nil {
		t.Fatal(err)
	}
	_, err = source.Name()
	wantMalformed(t, err)
	_, err = source.CompanyID()
	wantMalformed(t, err)
	_, err = source.UserID()
	wantMalformed(t, err)
}

// Tags that can be read are given in order, empty ones left out; one that cannot be is reported with its place among those
// that were sent.
func TestTags(t *testing.T) {
	t.Parallel()
	for members, want := range map[string]struct{ tags, errors string }{
		`["a","b=c"]`:                 {`["a" "b=c"]`, ""},
		`[null]`:                      {`[]`, ""},
		`["a",null,"",{},"b"]`:        {`["a" "b"]`, ""},
		`["a",7,null,["x"],"\u00e9"]`: {`["a" "é"]`, "without 1, without 3"},
		`[true]`:                      {`[]`, "without 0"},
		`"a"`:                         {`error`, ""},
		`{"a":1}`:                     {`error`, ""},
	} {
		field, places := inField(t.Context())
		tags, err := jobWith(t, `"tags":`+members).Tags(field)
		got := fmt.Sprintf("%q", tags)
		if err != nil {
			wantMalformed(t, err)
			got = "error"
		}
		if got != want.tags || places(t) != want.errors || (tags == nil) != (err != nil) {
			t.Errorf("%s: %s, errors %q; want %s, %q", members, got, places(t), want.tags, want.errors)
		}
	}
}

// Failures that can be read are given in order; one that cannot be is reported with its place among those that were sent.
func TestFailures(t *testing.T) {
	t.Parallel()
	for members, want := range map[string]struct {
		messages string
		errors   string
	}{
		`[{"message":"a"},{"message":"b"}]`:         {"a|b", ""},
		`[{"message":"a"},"x",7,{"message":"b"}]`:   {"a|b", "without 1, without 2"},
		`[{},{"message":null},{"message":""},null]`: {"|||", ""},
		`[["a"]]`:         {"", "without 0"},
		`{"message":"a"}`: {"", "at "},
		`"a"`:             {"", "at "},
		`[ {"message" : "a\u00e9\n"} , {"message":0}]`: {"a\u00e9\n|", "at "},
	} {
		field, places := inField(t.Context())
		messages := []string{}
		for _, failure := range jobWith(t, `"failures":`+members).Failures(field) {
			messages = append(messages, failure.Message(field))
		}
		if got := strings.Join(messages, "|"); got != want.messages || places(t) != want.errors {
			t.Errorf("%s: %q, errors %q; want %q, %q", members, got, places(t), want.messages, want.errors)
		}
	}
	field, _ := inField(t.Context())
	failures := jobWith(t, `"failures":[{"timestamp":"2024-01-01T00:00:00.120","value":{"a": 1e400}},{"timestamp":7,"value":{}},{"value":0},{"timestamp":""}]`).Failures(field)
	at, err := failures[0].OccurredAt()
	if err != nil || at.String() != "2024-01-01T00:00:00.120Z" || string(failures[0].Detail()) != `{"a": 1e400}` {
		t.Errorf("%v, %v, %s", at, err, failures[0].Detail())
	}
	at, err = failures[1].OccurredAt()
	wantMalformed(t, err)
	if at != nil || failures[1].Detail() != nil || string(failures[2].Detail()) != "0" || failures[3].Detail() != nil {
		t.Errorf("%v, %s, %s, %s", at, failures[1].Detail(), failures[2].Detail(), failures[3].Detail())
	}
	if at, err := failures[3].OccurredAt(); at != nil || err != nil {
		t.Errorf("%v, %v", at, err)
	}
}

// A job lasts from its submission to its end, in whole microseconds and never below zero. Where a final record has no end that
// can be read, the job ended at its last change.
func TestDurationOfEndedJobs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		created, ended string
		want           float64
		errors         string
	}{
		{"2024-01-01T00:00:00", `"2024-01-01T00:01:00"`, 60, ""},
		{"2024-01-01T00:00:00", `"2024-01-01T00:00:00"`, 0, ""},
		{"2024-01-01T00:00:00", `"2023-12-31T23:59:59.999999999"`, 90, ""},
		{"2024-01-01T00:00:00", `"0001-01-01T00:00:00"`, 90, ""},
		{"2024-01-01T01:00:00", `"2024-01-01T00:59:00"`, 0, ""},
		{"2024-01-01T00:00:00.5", `"2024-01-01T00:00:01.000001"`, 0.500001, ""},
		{"2024-01-01T00:00:00.000000001", `"2024-01-01T00:00:00.000002999"`, 2e-6, ""},
		{"2024-01-01T00:00:00+02:00", `"2023-12-31T22:00:01"`, 1, ""},
		{"2024-01-01T00:00:00", `"2034-01-01T00:00:00.000001"`, 315619200.000001, ""},
		{"2024-01-01T00:00:00", `null`, 90, ""},
		{"2024-01-01T00:00:00", `""`, 90, ""},
		{"2024-01-01T00:00:00", `[]`, 90, ""},
		{"2024-01-01T01:00:00", `null`, 0, ""},
		{"2024-01-01T00:00:00", `"yesterday"`, 90, "at "},
		{"2024-01-01T00:00:00", `7`, 90, "at "},
		{"2024-01-01T00:00:00", `{"at":1}`, 90, "at "},
	} {
		for _, state := range []string{"completed", "failed", "cancelled"} {
			job := jobWith(t, `"state":"`+state+`","created_at":"`+c.created+`","updated_at":"2024-01-01T00:01:30","ended_at":`+c.ended)
			field, places := inField(t.Context())
			if got := job.DurationSeconds(field); got != c.want || places(t) != c.errors {
				t.Errorf("%s, %s to %s: %v, errors %q; want %v, %q", state, c.created, c.ended, got, places(t), c.want, c.errors)
			}
		}
	}
	// Nobody can say whether a new word is an end; the record's own end does.
	for ended, want := range map[string]string{`"2024-01-01T00:01:00"`: "60 ", `"yesterday"`: "90 at "} {
		job := jobWith(t, `"state":"archiving","updated_at":"2024-01-01T00:01:30","ended_at":`+ended)
		field, places := inField(t.Context())
		if got := fmt.Sprint(job.DurationSeconds(field), " ", places(t)); got != want {
			t.Errorf("in a new state, to %s: %q, want %q", ended, got, want)
		}
	}
}

// A job that has not ended lasts until now, whatever its record tells of an earlier end.
func TestDurationOfRunningJobs(t *testing.T) {
	t.Parallel()
	const early = `"created_at":"1999-12-31T23:59:58.5","updated_at":"1999-12-31T23:59:59","ended_at":`
	// A bubble's clock starts at midnight of 1 January 2000.
	jobs := []*Job{jobWith(t, early+`null,"state":"archiving"`), jobWith(t, early+`"1970-01-01T00:00:00","state":"archiving"`)}
	for _, state := range []string{"pending", "scheduled", "running", "pending_cancellation"} {
		for _, ended := range []string{`null`, `"1999-12-31T23:59:58.75"`, `"yesterday"`, `7`} {
			jobs = append(jobs, jobWith(t, early+ended+`,"state":"`+state+`"`))
		}
	}
	late := jobWith(t, `"created_at":"2000-01-01T00:00:01"`)
	synctest.Test(t, func(t *testing.T) {
		field, places := inField(t.Context())
		check := func(early, later float64) {
			for _, job := range jobs {
				if got := job.DurationSeconds(field); got != early {
					t.Errorf("%s: %v, want %v", job.Raw(), got, early)
				}
			}
			if got := late.DurationSeconds(field); got != later {
				t.Errorf("%v, want %v", got, later)
			}
		}
		check(1.5, 0)
		time.Sleep(2*time.Second + 1999*time.Nanosecond)
		check(3.500001, 1.000001)
		if got := places(t); got != "" {
			t.Errorf("errors %s", got)
		}
	})
}
