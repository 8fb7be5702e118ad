package direct_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vektah/gqlparser/v2/gqlerror"

	"jobsgateway/graph/direct"
	"jobsgateway/graph/model"
	"jobsgateway/graph/paging"
	"jobsgateway/internal/clienttest"
	"jobsgateway/internal/emulator"
	"jobsgateway/restclient"
)

// records returns records as the Jobs API would have sent them, in this order.
func records(t testing.TB, raw ...string) []restclient.Record {
	t.Helper()
	list := make([]json.RawMessage, 0, len(raw))
	for _, r := range raw {
		list = append(list, json.RawMessage(r))
	}
	client := clienttest.New(t, emulator.New(emulator.Records(list...)), func(c *restclient.Config) { c.Scribble = false })
	page, err := client.Jobs(t.Context(), restclient.JobsQuery{OrderBy: restclient.CreatedAtDesc, PerPage: 100})
	if err != nil {
		t.Fatal(err)
	}
	if len(page.Records) != len(raw) {
		t.Fatalf("%d records of %d", len(page.Records), len(raw))
	}
	return page.Records
}

// jobWith returns a job with further members, as in `"tags":[]`; a later member replaces an essential one.
func jobWith(t testing.TB, members string) *model.Job {
	t.Helper()
	if members != "" {
		members = "," + members
	}
	record := records(t, `{"job_id":"j","state":"running","type":"materialize-view",`+
		`"created_at":"2024-01-01T00:00:00","updated_at":"2024-01-01T00:00:00"`+members+"}")[0]
	if record.Err != nil {
		t.Fatalf("%s: %v", members, record.Err)
	}
	return &model.Job{Job: record.Job}
}

// wantFields checks the data of a selection on a job, and the places of the errors, as in "tags without 1".
func wantFields(t testing.TB, job *model.Job, selection, data string, places ...string) {
	t.Helper()
	got, failed := execute(t, `{ job(id: "") { `+selection+` } }`, map[string]any{"job": job})
	got = strings.TrimSuffix(strings.TrimPrefix(got, `{"job":{`), "}}")
	if got != data || !slices.Equal(places, failed) {
		t.Errorf("%s of %s:\n%s %q, want\n%s %q", selection, job.Raw(), got, failed, data, places)
	}
}

// place returns where an error stands, for errors of the Jobs API without what they say.
func place(path string, err error) string {
	if left, ok := errors.AsType[*direct.LeftOutError](err); ok {
		path += fmt.Sprint(" without ", left.Index)
	}
	message := err.Error()
	if located, ok := errors.AsType[*gqlerror.Error](err); ok {
		message = located.Message // without the path
	}
	if e, ok := restclient.AsError(err); !ok || e.Kind != restclient.KindMalformed {
		path += " " + message
	}
	return strings.TrimPrefix(path, "job.")
}

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
		wantFields(t, jobWith(t, strings.Join(members, ",")),
			`input { raw } result { raw } dataset { id } dataPlane { id } requestSource { type } endedAt executor idempotencyKey tags failures { message }`,
			`"input":null,"result":null,"dataset":null,"dataPlane":null,"requestSource":null,"endedAt":null,"executor":null,"idempotencyKey":null,`+
				`"tags":null,"failures":[]`)
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
		job := jobWith(t, members)
		switch want {
		case "null":
			wantFields(t, job, `dataset { id }`, `"dataset":null`)
		case "error":
			wantFields(t, job, `dataset { id }`, `"dataset":null`, "dataset")
		default:
			wantFields(t, job, `dataset { id }`, `"dataset":{"id":"`+want+`"}`)
		}
	}
}

// A member of another type than its field is null, with an error.
func TestMembersOfAJob(t *testing.T) {
	t.Parallel()
	for members, want := range map[string]struct{ selection, data, places string }{
		`"data_plane_id":"p"`: {`dataPlane { id }`, `"dataPlane":{"id":"p"}`, ""},
		`"data_plane_id":7`:   {`dataPlane { id }`, `"dataPlane":null`, "dataPlane"},
		`"executor":7`:        {`executor`, `"executor":null`, "executor"},
		`"ended_at":"soon"`:   {`endedAt`, `"endedAt":null`, "endedAt"},
		`"state":"archiving"`: {`state rawState isFinal`, `"state":"UNKNOWN","rawState":"archiving","isFinal":false`, ""},
	} {
		wantFields(t, jobWith(t, members), want.selection, want.data, strings.Fields(want.places)...)
	}
}

// What the Jobs API sent is written digit by digit.
func TestDigits(t *testing.T) {
	t.Parallel()
	for sent, want := range map[string]string{
		"2023-10-31T11:19:13.400498":       "2023-10-31T11:19:13.400498Z",
		"2023-10-31T11:19:13Z":             "2023-10-31T11:19:13Z",
		"2023-10-31T11:19:13.100000000":    "2023-10-31T11:19:13.100000000Z",
		"2023-10-31T11:19:13.40+02:00":     "2023-10-31T09:19:13.40Z",
		"0001-01-01T00:00:00.123456789":    "0001-01-01T00:00:00.123456789Z",
		"2024-02-29T23:59:59.999999-00:30": "2024-03-01T00:29:59.999999Z",
	} {
		wantFields(t, jobWith(t, fmt.Sprintf(`"created_at":%q,"updated_at":%q,"ended_at":%q`, sent, sent, sent)), `createdAt updatedAt endedAt`,
			fmt.Sprintf(`"createdAt":%q,"updatedAt":%q,"endedAt":%q`, want, want, want))
	}
	for _, raw := range []string{`{"a": 1e400, "b":[ 1.0,-0 ]}`, `"\u00e9<&>"`, `9007199254740993`} {
		wantFields(t, jobWith(t, `"input":`+raw), `input { raw }`, `"input":{"raw":`+raw+`}`)
	}
}

func TestRequestSource(t *testing.T) {
	t.Parallel()
	for members, want := range map[string]struct{ data, places string }{
		`{"type":"api_user","company_id":1,"user_id":9223372036854775807}`: {
			`{"type":"api_user","name":null,"companyId":"1","userId":"9223372036854775807"}`, "",
		},
		`{"type":"process","name":"refresh"}`:           {`{"type":"process","name":"refresh","companyId":null,"userId":null}`, ""},
		`{"type":"new","company_id":"c","user_id":"u"}`: {`{"type":"new","name":null,"companyId":"c","userId":"u"}`, ""},
		`{"name":"refresh"}`:                            {`{"type":"","name":"refresh","companyId":null,"userId":null}`, ""},
		`{"type":null,"x":1}`:                           {`{"type":"","name":null,"companyId":null,"userId":null}`, ""},
		`{"type":7}`:                                    {`{"type":"","name":null,"companyId":null,"userId":null}`, "requestSource.type"},
		`{"name":7,"company_id":1.5,"user_id":{"a":1}}`: {
			`{"type":"","name":null,"companyId":null,"userId":null}`, "requestSource.companyId requestSource.name requestSource.userId",
		},
		`"me"`:   {`null`, "requestSource"},
		`7`:      {`null`, "requestSource"},
		`["me"]`: {`null`, "requestSource"},
	} {
		wantFields(t, jobWith(t, `"request_source":`+members), `requestSource { type name companyId userId }`, `"requestSource":`+want.data,
			strings.Fields(want.places)...)
	}
}

// Tags that can be read are given in order, empty ones left out; one that cannot be is reported with its
// place among those that were sent.
func TestTags(t *testing.T) {
	t.Parallel()
	for members, want := range map[string]struct {
		tags   string
		places []string
	}{
		`["a","b=c"]`:                 {`["a","b=c"]`, nil},
		`[null]`:                      {`[]`, nil},
		`["a",null,"",{},"b"]`:        {`["a","b"]`, nil},
		`["a",7,null,["x"],"\u00e9"]`: {`["a","é"]`, []string{"tags without 1", "tags without 3"}},
		`[true]`:                      {`[]`, []string{"tags without 0"}},
		`"a"`:                         {`null`, []string{"tags"}},
		`{"a":1}`:                     {`null`, []string{"tags"}},
	} {
		wantFields(t, jobWith(t, `"tags":`+members), `tags`, `"tags":`+want.tags, want.places...)
	}
}

// Failures that can be read are given in order; one that cannot be is reported with its place among those
// that were sent.
func TestFailures(t *testing.T) {
	t.Parallel()
	for members, want := range map[string]struct {
		failures string
		places   []string
	}{
		`[{"message":"a"},{"message":"b"}]`:         {`[{"message":"a"},{"message":"b"}]`, nil},
		`[{"message":"a"},"x",7,{"message":"b"}]`:   {`[{"message":"a"},{"message":"b"}]`, []string{"failures without 1", "failures without 2"}},
		`[{},{"message":null},{"message":""},null]`: {`[{"message":""},{"message":""},{"message":""},{"message":""}]`, nil},
		`[["a"]]`:         {`[]`, []string{"failures without 0"}},
		`{"message":"a"}`: {`[]`, []string{"failures"}},
		`"a"`:             {`[]`, []string{"failures"}},
		`[ {"message" : "a\u00e9\n"} , {"message":0}]`: {`[{"message":"aé\n"},{"message":""}]`, []string{"failures[1].message"}},
	} {
		wantFields(t, jobWith(t, `"failures":`+members), `failures { message }`, `"failures":`+want.failures, want.places...)
	}
	wantFields(t, jobWith(t, `"failures":[{"timestamp":"2024-01-01T00:00:00.120","value":{"a": 1e400}},{"timestamp":7,"value":{}},{"value":0},{"timestamp":""}]`),
		`failures { occurredAt detail }`,
		`"failures":[{"occurredAt":"2024-01-01T00:00:00.120Z","detail":{"a": 1e400}},{"occurredAt":null,"detail":null},`+
			`{"occurredAt":null,"detail":0},{"occurredAt":null,"detail":null}]`, "failures[1].occurredAt")
}

// A job lasts from its submission to its end, in whole microseconds and never below zero. Where a final
// record has no end that can be read, the job ended at its last change.
func TestDurationOfEndedJobs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		created, ended, want string
		places               []string
	}{
		{"2024-01-01T00:00:00", `"2024-01-01T00:01:00"`, "60", nil},
		{"2024-01-01T00:00:00", `"2024-01-01T00:00:00"`, "0", nil},
		{"2024-01-01T00:00:00", `"2023-12-31T23:59:59.999999999"`, "90", nil},
		{"2024-01-01T00:00:00", `"0001-01-01T00:00:00"`, "90", nil},
		{"2024-01-01T01:00:00", `"2024-01-01T00:59:00"`, "0", nil},
		{"2024-01-01T00:00:00.5", `"2024-01-01T00:00:01.000001"`, "0.500001", nil},
		{"2024-01-01T00:00:00.000000001", `"2024-01-01T00:00:00.000002999"`, "2e-06", nil},
		{"2024-01-01T00:00:00+02:00", `"2023-12-31T22:00:01"`, "1", nil},
		{"2024-01-01T00:00:00", `"2034-01-01T00:00:00.000001"`, "3.15619200000001e+08", nil},
		{"2024-01-01T00:00:00", `null`, "90", nil},
		{"2024-01-01T00:00:00", `""`, "90", nil},
		{"2024-01-01T00:00:00", `[]`, "90", nil},
		{"2024-01-01T01:00:00", `null`, "0", nil},
		{"2024-01-01T00:00:00", `"yesterday"`, "90", []string{"durationSeconds"}},
		{"2024-01-01T00:00:00", `7`, "90", []string{"durationSeconds"}},
		{"2024-01-01T00:00:00", `{"at":1}`, "90", []string{"durationSeconds"}},
	} {
		for _, state := range []string{"completed", "failed", "cancelled"} {
			job := jobWith(t, `"state":"`+state+`","created_at":"`+c.created+`","updated_at":"2024-01-01T00:01:30","ended_at":`+c.ended)
			wantFields(t, job, `durationSeconds`, `"durationSeconds":`+c.want, c.places...)
		}
	}
	// Nobody can say whether a new word is an end; the record's own end does.
	job := jobWith(t, `"state":"archiving","updated_at":"2024-01-01T00:01:30","ended_at":"2024-01-01T00:01:00"`)
	wantFields(t, job, `durationSeconds`, `"durationSeconds":60`)
	job = jobWith(t, `"state":"archiving","updated_at":"2024-01-01T00:01:30","ended_at":"yesterday"`)
	wantFields(t, job, `durationSeconds`, `"durationSeconds":90`, "durationSeconds")
}

// A job that has not ended lasts until now, whatever its record tells of an earlier end.
func TestDurationOfRunningJobs(t *testing.T) {
	t.Parallel()
	const early = `"created_at":"1999-12-31T23:59:58.5","updated_at":"1999-12-31T23:59:59","ended_at":`
	// A bubble's clock starts at midnight of 1 January 2000.
	jobs := []*model.Job{jobWith(t, early+`null,"state":"archiving"`), jobWith(t, early+`"1970-01-01T00:00:00","state":"archiving"`)}
	for _, state := range []string{"pending", "scheduled", "running", "pending_cancellation"} {
		for _, ended := range []string{`null`, `"1999-12-31T23:59:58.75"`, `"yesterday"`, `7`} {
			jobs = append(jobs, jobWith(t, early+ended+`,"state":"`+state+`"`))
		}
	}
	late := jobWith(t, `"created_at":"2000-01-01T00:00:01"`)
	synctest.Test(t, func(t *testing.T) {
		check := func(early, later string) {
			for _, job := range jobs {
				wantFields(t, job, `durationSeconds`, `"durationSeconds":`+early)
			}
			wantFields(t, late, `durationSeconds`, `"durationSeconds":`+later)
		}
		check("1.5", "0")
		time.Sleep(2*time.Second + 1999*time.Nanosecond)
		check("3.500001", "1.000001")
	})
}

// pageOf makes a page of one record a letter: r for a readable one, x for one that is not. A record's place
// is its id.
func pageOf(t testing.TB, letters string) *paging.Page {
	t.Helper()
	raw := make([]string, len(letters))
	for i, letter := range letters {
		raw[i] = fmt.Sprintf(`{"job_id":"%d","state":"running","type":"t","created_at":"2024-01-01T00:00:00","updated_at":"2024-01-01T00:00:00"}`, i)
		if letter == 'x' {
			raw[i] = strings.Replace(raw[i], `"state"`, `"status"`, 1)
		}
	}
	plan := paging.Plan{Key: paging.Key{List: restclient.JobsQuery{OrderBy: restclient.CreatedAtDesc}, Size: len(raw)}}
	return plan.FirstPage(records(t, raw...), true)
}

// Every readable job is on its page with its own cursor, every other record is reported with its place, and
// the page's ends are those of the readable jobs.
func TestPages(t *testing.T) {
	t.Parallel()
	for letters, c := range map[string]struct {
		readable []int
		unread   string
	}{
		"":       {nil, ""},
		"r":      {[]int{0}, ""},
		"rrr":    {[]int{0, 1, 2}, ""},
		"x":      {nil, "0"},
		"xx":     {nil, "0 1"},
		"xr":     {[]int{1}, "0"},
		"rx":     {[]int{0}, "1"},
		"xrrx":   {[]int{1, 2}, "0 3"},
		"xxrxrx": {[]int{2, 4}, "0 1 3 5"},
	} {
		page := pageOf(t, letters)
		start, end := "null", "null"
		var edges, nodes, failed []string
		for _, i := range c.readable {
			end = fmt.Sprintf("%q", page.AppendCursor(nil, i))
			if start == "null" {
				start = end
			}
			nodes = append(nodes, fmt.Sprintf(`{"id":"%d"}`, i))
			edges = append(edges, fmt.Sprintf(`{"cursor":%s,"node":{"id":"%d"}}`, end, i))
		}
		for _, list := range []string{"edges", "nodes"} {
			for index := range strings.FieldsSeq(c.unread) {
				failed = append(failed, "jobs."+list+" without "+index)
			}
		}
		data, places := execute(t, `{ jobs { nodes { id } edges { cursor node { id } } pageInfo { startCursor endCursor } } }`,
			map[string]any{"jobs": page})
		want := fmt.Sprintf(`{"jobs":{"nodes":[%s],"edges":[%s],"pageInfo":{"startCursor":%s,"endCursor":%s}}}`,
			strings.Join(nodes, ","), strings.Join(edges, ","), start, end)
		if data != want || !slices.Equal(failed, places) {
			t.Errorf("%q: %s %q, want\n%s %q", letters, data, places, want, failed)
		}
	}
}

func TestPageInfo(t *testing.T) {
	t.Parallel()
	for _, c := range [][2]bool{{false, false}, {true, false}, {false, true}, {true, true}} {
		data, _ := execute(t, `{ jobs { pageInfo { hasNextPage hasPreviousPage } } }`,
			map[string]any{"jobs": &paging.Page{HasNextPage: c[0], HasPreviousPage: c[1]}})
		if want := fmt.Sprintf(`{"jobs":{"pageInfo":{"hasNextPage":%t,"hasPreviousPage":%t}}}`, c[0], c[1]); data != want {
			t.Errorf("%s, want %s", data, want)
		}
	}
}

func TestTotalCount(t *testing.T) {
	t.Parallel()
	for total, known := range map[int64]bool{
		0: true, 1: true, math.MaxInt32: true,
		restclient.UnknownTotal: false, math.MaxInt32 + 1: false, math.MaxInt64: false, math.MinInt64: false,
	} {
		data, places := execute(t, `{ jobs { totalCount } }`, map[string]any{"jobs": &paging.Page{Total: total}})
		want, failed := fmt.Sprintf(`{"jobs":{"totalCount":%d}}`, total), []string(nil)
		if !known {
			want, failed = `{"jobs":{"totalCount":null}}`, []string{"jobs.totalCount " + (&direct.NoTotalError{}).Error()}
		}
		if data != want || !slices.Equal(places, failed) {
			t.Errorf("%d: %s %q", total, data, places)
		}
	}
}
