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
	var answer struct {
		Data json.RawMessage `json:"data"`
	}
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

// What a page comes to that is JSON and odd: its data, then the code and the path of each error. It costs one
// call. The names are those of the catalogue of faults.
func TestOddPages(t *testing.T) {
	t.Parallel()
	const (
		list    = `{ jobs(first: 10) { totalCount nodes { id } pageInfo { hasNextPage } } }`
		end     = `],"pageInfo":{"hasNextPage":false}}}`
		ones    = `{"jobs":{"totalCount":1,"nodes":[{"id":"job-1"}` + end
		noTotal = `{"jobs":{"totalCount":null,"nodes":[{"id":"job-1"}` + end + ` BAD [jobs totalCount]`
		threes  = `{"jobs":{"totalCount":3,"nodes":[{"id":"job-1"},{"id":"job-2"},{"id":"job-3"}` + end
		left    = `{"jobs":{"totalCount":3,"nodes":[{"id":"job-1"},{"id":"job-3"}` + end + ` BAD [jobs nodes] #1`
	)
	first := func(fields string) string { return `{ jobs(first: 1) { nodes { ` + fields + ` } } }` }
	typed := func(node string) string { return `{"jobs":{"nodes":[{` + node + `}]}}` }
	one := func(more string) string { return pageOf("1", jobRecord(1, more)) }
	three := []string{jobRecord(1, ""), jobRecord(2, ""), jobRecord(3, "")}
	second := func(record string) string { return pageOf("3", three[0], record, three[2]) }
	all := `{"records":[` + strings.Join(three, ",") + `],"total_records":3`
	for _, tc := range []struct{ name, query, body, want string }{
		// A record that is no job is left out of its list, with an error at the list that says which one it was
		// (docs/errors.md, What is left out). The catalogue has a null node with an error at its path; but here no
		// node is null, so that clients need not look for one, and an index would name the job that came next.
		{"A73 a record that is null", list, `{"records":[null],"total_records":1}`, `{"jobs":{"totalCount":1,"nodes":[` + end + ` BAD [jobs nodes]`},
		{"A73 a record that is an array", list, `{"records":[[]],"total_records":1}`, `{"jobs":{"totalCount":1,"nodes":[` + end + ` BAD [jobs nodes]`},
		{"A73 null among jobs", list, second("null"), left},
		{"A73 no total", list, `{"records":[` + three[0] + `]}`, noTotal},
		{"A73 total: null", list, pageOf("null", three[0]), noTotal},
		{"A73 total: a text", list, pageOf(`"1"`, three[0]), noTotal},
		{"A73 total: negative", list, pageOf("-1", three[0]), noTotal},
		{"A73 total: a fraction", list, pageOf("1.5", three[0]), noTotal},
		{"A73 total: 20 digits", list, pageOf("99999999999999999999", three[0]), noTotal},
		{"A73 total: an object", list, pageOf("{}", three[0]), noTotal},
		{"A73 records twice", list, `{"records":[` + three[1] + `],"records":[` + three[0] + `],"total_records":1}`, ones},
		{"A74 job_id is missing", list, second(strings.Replace(three[1], "job_id", "id", 1)), left},
		{"A74 job_id is null", list, second(jobRecord(2, `"job_id":null`)), left},
		{"A74 job_id is a number", list, second(jobRecord(2, `"job_id":7`)), left},
		{"A74 job_id is empty", list, second(jobRecord(2, `"job_id":""`)), left},
		{"A74 state is null", list, second(jobRecord(2, `"state":null`)), left},
		{"A74 type is a number", list, second(jobRecord(2, `"type":7`)), left},
		{"A74 created_at is missing", list, second(strings.Replace(three[1], "created_at", "created", 1)), left},
		{"A74 a job of the page before it", list, second(three[0]), left},
		{
			"A75 new words", first("state rawState isFinal type requestSource { type }"),
			one(`"state":"exploded","type":"brand-new","request_source":{"type":"x-new"}`),
			typed(`"state":"UNKNOWN","rawState":"exploded","isFinal":false,"type":"brand-new","requestSource":{"type":"x-new"}`),
		},
		{"A75 50 new members", list, one(manyMembers(50)), ones},
		{"A75 members in another order", list, `{"total_records":1,"x":{},"records":[{"updated_at":"2026-01-01T00:00:00","type":"t",` +
			`"created_at":"2026-01-01T00:00:00","state":"failed","job_id":"` + jobID(1) + `"}]}`, ones},
		{"A75 a text for an object", first("id requestSource { type }"), one(`"request_source":"api"`), typed(`"id":"job-1","requestSource":null`) + " BAD [jobs nodes 0 requestSource]"},
		{"A78 total_pages and current_page", list, all + `,"total_pages":-1,"current_page":99,"prev_page":99}`, threes},
		{"A78 next_page is current_page", list, all + `,"current_page":1,"next_page":1}`, threes},
		{"A78 next_page is negative", list, all + `,"next_page":-1}`, threes},
		{"A78 next_page is a text", list, all + `,"next_page":"LEAK"}`, threes},
		{"A78 a total that is too small", list, pageOf("1", three...), strings.Replace(threes, `"totalCount":3`, `"totalCount":null`, 1) + " BAD [jobs totalCount]"},
		{"A78 501 records", first("id"), pageOf("501", manyRecords(501)...), typed(`"id":"job-0"`)},
		{"A78 an empty page and a next one", list, `{"records":[],"total_records":5,"next_page":2}`, `{"jobs":{"totalCount":null,"nodes":[` + end + ` BAD [jobs totalCount]`},
		{"A78 one job three times", list, pageOf("3", three[0], three[0], three[0]), strings.Replace(threes, `,{"id":"job-2"},{"id":"job-3"}`, "", 1) + " BAD [jobs nodes] #1 BAD [jobs nodes] #2"},
		{"A79 a result that is 1000 deep", first("id"), one(`"result":` + nested(1000)), typed(`"id":"job-1"`)},
		{"A79 a result that is 1000 deep, asked", first("result { raw }"), one(`"result":` + nested(1000)), typed(`"result":{"raw":` + nested(1000) + `}`)},
		// The cap is 10,000 levels, as that of encoding/json; what is deeper is no JSON.
		{"A79 a result that is 10001 deep", first("id"), one(`"result":` + nested(10001)), `{"jobs":null} BAD [jobs]`},
		{"A79 a result of 50000 members", first("id"), one(`"result":{` + manyMembers(50000) + `}`), typed(`"id":"job-1"`)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			d := startBadDay(t)
			d.Answer(badapi.Page(tc.body))
			text, errors, _ := d.query(t, canaryA, tc.query)
			if got := outcomeOf(t, text, errors); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
			if n := len(d.Since(0)); n != 1 {
				t.Errorf("%d calls: %v", n, d.Since(0))
			}
			d.wantOver(t, codesOf(errors))
		})
	}
}

// codesOf returns the codes of errors as a line of the log has them.
func codesOf(errors []badError) string {
	if len(errors) == 0 {
		return ""
	}
	return errors[0].Extensions["code"].(string)
}

// A76: JSON fields have the digits that were sent; typed ones have them or are null with an error, never a rounded
// number. What is no integer of 64 bits, written as one, is an error.
func TestBigNumbers(t *testing.T) {
	t.Parallel()
	d := startBadDay(t)
	for sent, want := range map[string]string{
		"1724919539450264600": "1724919539450264600", "9223372036854775807": "9223372036854775807", `"123"`: "123",
		"9223372036854775808": "", "1e400": "", "1.0": "", "1e3": "", "-0": "", "1.5": "", "true": "", `"0123"`: "", `" 1"`: "",
		`"9223372036854775808"`: "",
	} {
		object := `{"snapshot_id":` + sent + `,"dataset_id":` + sent + `,"x":[` + sent + `]}`
		d.Answer(badapi.Page(pageOf("1", jobRecord(1, `"type":"materialize-view","input":`+object+`,"result":`+object))))
		text, errors, _ := d.query(t, canaryA, `{ jobs(first: 1) { nodes {
			input { raw } result { raw ... on MaterializeViewResult { snapshotId dataset { id } } } dataset { id } } } }`)
		typed, failed := `"snapshotId":null,"dataset":null},"dataset":null`, " BAD [jobs nodes 0 result snapshotId] BAD [jobs nodes 0 result dataset] BAD [jobs nodes 0 dataset]"
		if want != "" {
			typed, failed = fmt.Sprintf(`"snapshotId":%q,"dataset":{"id":%q}},"dataset":{"id":%[1]q}`, want, want), ""
		}
		if got := outcomeOf(t, text, errors); got != `{"jobs":{"nodes":[{"input":{"raw":`+object+`},"result":{"raw":`+object+`,`+typed+`}]}}`+failed {
			t.Errorf("%s: %s", sent, got)
		}
	}
	d.wantCleanLog(t)
}

// A77: a time without a zone is UTC, all its digits are kept, and what is no time is an error of its field, or of
// the record that has to have one.
func TestOddTimes(t *testing.T) {
	t.Parallel()
	d := startBadDay(t)
	const null = "null"
	for sent, want := range map[string]string{
		`"2023-10-31T11:19:13.400498"`:       `"2023-10-31T11:19:13.400498Z"`,
		`"2023-10-31T11:19:13.400498Z"`:      `"2023-10-31T11:19:13.400498Z"`,
		`"2023-10-31T11:19:13.400498+02:00"`: `"2023-10-31T09:19:13.400498Z"`,
		`"2023-10-31T11:19:13.123456789"`:    `"2023-10-31T11:19:13.123456789Z"`,
		`"2023-10-31T11:19:13"`:              `"2023-10-31T11:19:13Z"`,
		`"0001-01-01T00:00:00"`:              `"0001-01-01T00:00:00Z"`,
		`"2023-13-45T00:00:00"`:              "", `"2023-02-29T00:00:00"`: "", `"LEAK"`: "", "1698750000": "", `"2023-10-31"`: "",
		`"9999-12-31T23:59:59-01:00"`: "", "{}": null, `""`: null, "null": null,
	} {
		d.Answer(badapi.Page(pageOf("1", jobRecord(1, `"ended_at":`+sent))))
		text, errors, _ := d.query(t, canaryA, `{ jobs(first: 1) { nodes { endedAt } } }`)
		expected := `{"jobs":{"nodes":[{"endedAt":` + want + `}]}}`
		if want == "" {
			expected = `{"jobs":{"nodes":[{"endedAt":null}]}} BAD [jobs nodes 0 endedAt]`
		}
		if got := outcomeOf(t, text, errors); got != expected {
			t.Errorf("ended_at %s: %s", sent, got)
		}
		d.Answer(badapi.Page(pageOf("1", jobRecord(1, `"created_at":`+sent))))
		text, errors, _ = d.query(t, canaryA, `{ jobs(first: 1) { nodes { createdAt } } }`)
		expected = `{"jobs":{"nodes":[{"createdAt":` + want + `}]}}`
		if want == "" || want == null {
			expected = `{"jobs":{"nodes":[]}} BAD [jobs nodes]`
		}
		if got := outcomeOf(t, text, errors); got != expected {
			t.Errorf("created_at %s: %s", sent, got)
		}
	}
	d.wantCleanLog(t)
}

// A78: pages that lie on and on come to an end: after four calls at most the caller has a page or an error. The
// catalogue has three. Here a list may have moved by some places between two calls, so that the same jobs at
// another offset are a lie only when they are seen twice (docs/adr/0020-lists-given-up.md).
func TestListsWithoutTruth(t *testing.T) {
	t.Parallel()
	same := manyRecords(20)
	for name, tc := range map[string]struct{ query, body string }{
		"the same jobs for every offset": {`{ jobs(first: 10, offset: 100) { nodes { id } pageInfo { hasNextPage } } }`, pageOf("1000", same...)},
		"an empty page, a great total":   {`{ jobs(first: 10) { nodes { id } pageInfo { hasNextPage } } }`, pageOf("1000")},
		"fewer than promised":            {`{ jobs(first: 100) { totalCount nodes { id } pageInfo { hasNextPage } } }`, pageOf("1000", same[:3]...)},
		"a next page beyond all":         {`{ jobs(first: 10) { nodes { id } pageInfo { hasNextPage } } }`, `{"records":[` + strings.Join(same[:3], ",") + `],"next_page":9223372036854775807}`},
		"no readable job":                {`{ jobs(first: 5) { nodes { id } pageInfo { hasNextPage } } }`, pageOf("1000", "1", "2", "3", "4", "5", "6")},
		"next pages for ever":            {`{ jobs(first: 20) { nodes { id } pageInfo { hasNextPage } } }`, `{"records":[` + strings.Join(same, ",") + `],"next_page":2}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := startBadDay(t)
			d.Answer(badapi.Page(tc.body))
			text, _, _ := d.query(t, canaryA, tc.query)
			for i := range same {
				if strings.Count(text, jobID(i)) > 1 {
					t.Errorf("a job comes twice: %s", text)
				}
			}
			if n := len(d.Since(0)); n > 4 {
				t.Errorf("%d calls: %v %s", n, d.Since(0), text)
			}
			d.untilQuiet(t, 1)
			d.wantCleanLog(t)
		})
	}
}

// What GET /jobs/{job_id} comes to that is not the job. The names are those of the catalogue of faults.
func TestOddJobs(t *testing.T) {
	t.Parallel()
	const upper = `{"job_id":"0000000A-0000-4000-8000-000000000001","state":"running","type":"t","created_at":"2026-01-01T00:00:00","updated_at":"2026-01-01T00:00:00"}`
	asked, null := jobID(1), ""
	for _, tc := range []struct {
		name  string
		id    string
		speak badapi.Speak
		state string // of the job; empty for null
		code  string
	}{
		{"the job", asked, badapi.Page(jobRecord(1, "")), "RUNNING", ""},
		{"the job in capitals", "0000000a-0000-4000-8000-000000000001", badapi.Page(upper), "RUNNING", ""},
		{"A65 404", asked, badapi.Status(404), null, ""},
		{"A65 404 in JSON", asked, badapi.StatusWith(404, "application/json", `{"message":"LEAK"}`), null, ""},
		{"A65 410", asked, badapi.Status(410), null, "UPSTREAM_REJECTED"},
		{"A64 a redirect", asked, badapi.Status(301, "Location: /jobs/7"), null, "UPSTREAM_REJECTED"},
		{"A69 204", asked, badapi.Status(204), null, "UPSTREAM_REJECTED"},
		{"A68 null", asked, badapi.Page("null"), null, "UPSTREAM_BAD_RESPONSE"},
		{"A73 a page", asked, badapi.Page(pageOf("1", jobRecord(1, ""))), null, "UPSTREAM_BAD_RESPONSE"},
		{"A74 no state", asked, badapi.Page(jobRecord(1, `"state":null`)), null, "UPSTREAM_BAD_RESPONSE"},
		{"A78 another job", asked, badapi.Page(jobRecord(2, "")), null, "UPSTREAM_BAD_RESPONSE"},
		{"A78 another id", asked, badapi.Page(jobRecord(1, `"job_id":"LEAK"`)), null, "UPSTREAM_BAD_RESPONSE"},
		{"A71 a bomb", asked, badapi.Body("application/json", badapi.Bomb(), "Content-Encoding: gzip"), null, "UPSTREAM_BAD_RESPONSE"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			d := startBadDay(t)
			for query, answer := range map[string]string{
				`{ job(id: "` + tc.id + `") { state } }`:                                                              `{"job":%s}`,
				`{ node(id: "` + tc.id + `") { ... on Job { state } } }`:                                              `{"node":%s}`,
				`{ _entities(representations: [{__typename: "Job", id: "` + tc.id + `"}]) { ... on Job { state } } }`: `{"_entities":[%s]}`,
			} {
				before := d.Answer(tc.speak)
				text, errors, _ := d.query(t, canaryA, query)
				want := "null"
				if tc.state != "" {
					want = `{"state":"` + tc.state + `"}`
				}
				if !strings.Contains(text, fmt.Sprintf(answer, want)) || codesOf(errors) != tc.code {
					t.Errorf("%s: %s", query, text)
				}
				if n := len(d.Since(before)); n != 1 {
					t.Errorf("%s: %d calls", query, n)
				}
			}
			d.untilQuiet(t, 1)
			d.wantCleanLog(t)
		})
	}
}

// nested is an object in so many others.
func nested(levels int) string {
	return strings.Repeat(`{"a":`, levels) + "1" + strings.Repeat("}", levels)
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
