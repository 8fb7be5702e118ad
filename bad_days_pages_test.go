package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"jobsgateway/internal/badapi"
)

// jobRecord is a record of the Jobs API: the n-th job, with more members, which come last and so win.
func jobRecord(n int, more string) string {
	if more != "" {
		more = "," + more
	}
	return fmt.Sprintf(`{"job_id":%q,"state":"running","type":"t","created_at":"2026-01-01T00:00:%02d","updated_at":"2026-01-01T00:00:%02d"%s}`,
		jobID(n), 59-n%60, 59-n%60, more)
}

// jobID is the id of the n-th job.
func jobID(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", n) }

// pageOf is a page of records and a total.
func pageOf(total string, records ...string) string {
	return `{"records":[` + strings.Join(records, ",") + `],"total_records":` + total + `}`
}

// outcomeOf tells an answer as one text: its data, and of each error the code and the path.
func outcomeOf(t *testing.T, text string, errors []badError) string {
	t.Helper()
	var answer struct{ Data json.RawMessage }
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		t.Fatal(err)
	}
	told := string(answer.Data)
	for _, e := range errors {
		told += fmt.Sprintf(" %v %v", e.Extensions["code"], e.Path)
		if e.Extensions["upstreamIndex"] != nil {
			told += fmt.Sprintf(" #%v", e.Extensions["upstreamIndex"])
		}
	}
	return strings.NewReplacer("00000000-0000-4000-8000-00000000000", "job-", "UPSTREAM_BAD_RESPONSE", "BAD").Replace(told)
}

// What a page comes to that is JSON and odd. The names are those of the catalogue of faults.
func TestOddPages(t *testing.T) {
	t.Parallel()
	const list = `{ jobs(first: 10) { totalCount nodes { id } pageInfo { hasNextPage } } }`
	typed := func(field string) string { return `{ jobs(first: 1) { nodes { ` + field + ` } } }` }
	three := []string{jobRecord(1, ""), jobRecord(2, ""), jobRecord(3, "")}
	second := func(more string) string { return pageOf("3", three[0], jobRecord(2, more), three[2]) }
	for _, tc := range []struct{ name, query, body, want string }{
		{"A73 a record that is null", list, `{"records":[null],"total_records":1}`, ""},
		{"A73 a record that is an array", list, `{"records":[[]],"total_records":1}`, ""},
		{"A73 no total", list, `{"records":[` + three[0] + `]}`, ""},
		{"A73 total null", list, pageOf("null", three[0]), ""},
		{"A73 total is a text", list, pageOf(`"1"`, three[0]), ""},
		{"A73 total is negative", list, pageOf("-1", three[0]), ""},
		{"A73 total is no integer", list, pageOf("1.5", three[0]), ""},
		{"A73 total of 20 digits", list, pageOf("99999999999999999999", three[0]), ""},
		{"A73 total is an object", list, pageOf("{}", three[0]), ""},
		{"A73 records twice", list, `{"records":[` + three[0] + `],"records":[` + three[1] + `],"total_records":1}`, ""},
		{"A74 job_id is missing", list, pageOf("3", three[0], `{"state":"running","type":"t","created_at":"2026-01-01","updated_at":"2026-01-01"}`, three[2]), ""},
		{"A74 job_id is null", list, second(`"job_id":null`), ""},
		{"A74 job_id is a number", list, second(`"job_id":7`), ""},
		{"A74 job_id is empty", list, second(`"job_id":""`), ""},
		{"A74 state is null", list, second(`"state":null`), ""},
		{"A74 created_at is missing", list, pageOf("3", three[0], `{"job_id":"x","state":"running","type":"t","updated_at":"2026-01-01T00:00:00"}`, three[2]), ""},
		{"A74 type is a number", list, second(`"type":7`), ""},
		{"A75 new words", typed("state rawState isFinal type requestSource { type }"), pageOf("1", jobRecord(1, `"state":"exploded","type":"brand-new","request_source":{"type":"x-new"}`)), ""},
		{"A75 new members", typed("id state"), pageOf("1", jobRecord(1, manyMembers(50))), ""},
		{"A75 members in another order", typed("id state type"), `{"total_records":1,"x":{},"records":[{"updated_at":"2026-01-01T00:00:00","type":"t","created_at":"2026-01-01T00:00:00","state":"failed","job_id":"` + jobID(1) + `"}]}`, ""},
		{"A75 an object for request_source", typed("requestSource { type companyId }"), pageOf("1", jobRecord(1, `"request_source":{}`)), ""},
		{"A75 a text for request_source", typed("requestSource { type }"), pageOf("1", jobRecord(1, `"request_source":"api"`)), ""},
		{"A79 result is 1000 deep", typed("id"), pageOf("1", jobRecord(1, `"result":`+strings.Repeat(`{"a":`, 1000)+"1"+strings.Repeat("}", 1000))), ""},
		{"A79 result has 100000 members", typed("id"), pageOf("1", jobRecord(1, `"result":{`+manyMembers(50000)+`}`)), ""},
		{"A79 result is 10001 deep", typed("id"), pageOf("1", jobRecord(1, `"result":`+strings.Repeat(`{"a":`, 10001)+"1"+strings.Repeat("}", 10001))), ""},
		{"A78 total_pages and current_page", list, `{"records":[` + strings.Join(three, ",") + `],"total_records":3,"total_pages":-1,"current_page":99,"prev_page":99}`, ""},
		{"A78 next_page is current_page", list, `{"records":[` + strings.Join(three, ",") + `],"total_records":3,"current_page":1,"next_page":1}`, ""},
		{"A78 next_page is a text", list, `{"records":[` + strings.Join(three, ",") + `],"total_records":3,"next_page":"LEAK"}`, ""},
		{"A78 next_page is negative", list, `{"records":[` + strings.Join(three, ",") + `],"total_records":3,"next_page":-1}`, ""},
		{"A78 a total that is too small", list, pageOf("1", three...), ""},
		{"A78 more records than asked", typed("id"), pageOf("501", manyRecords(501)...), ""},
		{"A78 an empty page with a next one", list, `{"records":[],"total_records":5,"next_page":2}`, ""},
		{"A78 an empty page with a next one and no total", list, `{"records":[],"next_page":2}`, ""},
		{"A78 the same job twice", list, pageOf("2", three[0], three[0]), ""},
		{"A78 another order", list, pageOf("3", three[2], three[0], three[1]), ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			d := startBadDay(t)
			d.Answer(badapi.Page(tc.body))
			text, errors, took := d.query(t, canaryA, tc.query)
			got := outcomeOf(t, text, errors)
			requests := len(d.Since(0))
			t.Logf("%d %s %v", requests, got, took)
			for _, e := range errors {
				t.Log(e.Message)
			}
		})
	}
}

// manyMembers are n members that nobody knows.
func manyMembers(n int) string {
	members := []string{}
	for i := range n {
		members = append(members, fmt.Sprintf(`"m%d":{"a":%d}`, i, i))
	}
	return strings.Join(members, ",")
}

// manyRecords are n records.
func manyRecords(n int) []string {
	records := []string{}
	for i := range n {
		records = append(records, jobRecord(i, ""))
	}
	return records
}
