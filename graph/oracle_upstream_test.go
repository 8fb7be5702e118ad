package graph

import (
	"context"
	"fmt"
	"hash/fnv"
	"math"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"jobsgateway/internal/clienttest"
	"jobsgateway/restclient"
)

// pool is an upstream of records that a restclient.Client has read. What a request comes to is decided by the request and
// the salt alone, so that two operations that ask the same see the same, in whatever order they ask.
type pool struct {
	records  []restclient.Record
	salt     string
	failing  bool // one call in four fails
	failures []error
	// honest: the lists of datasets are parts of the whole list, and totals are true. Otherwise the answer to one question
	// says nothing about another.
	honest bool
}

func (p *pool) hash(key string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(p.salt + "\x00" + key))
	return h.Sum64() >> 7 // the lowest bits depend on the last characters alone
}

// fault is what a call fails with; nil for most.
func (p *pool) fault(key string) error {
	h := p.hash("fault " + key)
	if !p.failing || h%4 != 0 {
		return nil
	}
	i := h / 4 % uint64(len(p.failures)+1)
	if i == uint64(len(p.failures)) {
		panic("LEAK")
	}
	return p.failures[i]
}

// Jobs gives a part of the list of a filter, in its order: records that cannot be read keep their places.
func (p *pool) Jobs(_ context.Context, q restclient.JobsQuery) (*restclient.JobsPage, error) {
	// By the list, not by the question: the executors may ask for different parts of it.
	if err := p.fault(string(q.Filter)); err != nil {
		return nil, err
	}
	filter, dataset := string(q.Filter), ""
	if at := strings.Index(filter, "dataset_id="); p.honest && at >= 0 {
		dataset, _, _ = strings.Cut(filter[at+len("dataset_id="):], "&")
		filter = strings.Trim(strings.Replace(filter, "dataset_id="+dataset, "", 1), "&")
	}
	h := p.hash(filter)
	var list []restclient.Record
	for i, record := range p.sorted(q.OrderBy) {
		if (filter == "" || h>>i&3 != 0) && (dataset == "" || p.names(record, i, dataset)) {
			list = append(list, record)
		}
	}
	totals := []int64{int64(len(list)), restclient.UnknownTotal, math.MaxInt32 + 1}
	page := &restclient.JobsPage{Total: totals[0]}
	if odd := h >> 32 % 16; odd < uint64(len(totals)) && !p.honest {
		page.Total = totals[odd]
	}
	low := min(int(q.Offset), len(list))
	page.Records = list[low:min(low+q.PerPage, len(list))]
	return page, nil
}

// tellsSurely reports whether a page of the whole list tells of each dataset's list.
func (p *pool) tellsSurely() bool {
	return !slices.ContainsFunc(p.records, func(record restclient.Record) bool {
		if record.Err != nil {
			return true
		}
		_, doubtful := restclient.FilteredDatasets(record.Job.Member(restclient.MemberInput))
		return len(doubtful) > 0
	})
}

// names reports whether the filter of an honest upstream finds a record for a dataset. Where that is not documented,
// chance tells.
func (p *pool) names(record restclient.Record, i int, dataset string) bool {
	if record.Err != nil {
		return p.hash(fmt.Sprint("unreadable", dataset, i))%2 == 0
	}
	sure, doubtful := restclient.FilteredDatasets(record.Job.Member(restclient.MemberInput))
	return sure == dataset || slices.Contains(doubtful, dataset) && p.hash("doubtful "+dataset+record.Job.ID())%2 == 0
}

// sorted gives all records in an order; those that cannot be read keep their places.
func (p *pool) sorted(by restclient.Order) []restclient.Record {
	list := slices.Clone(p.records)
	var jobs []*restclient.Job
	for _, record := range list {
		if record.Job != nil {
			jobs = append(jobs, record.Job)
		}
	}
	value := func(job *restclient.Job) time.Time {
		if strings.HasPrefix(string(by), "created_at") {
			return job.CreatedAt().Time()
		}
		return job.UpdatedAt().Time()
	}
	slices.SortStableFunc(jobs, func(a, b *restclient.Job) int { return value(a).Compare(value(b)) })
	if strings.HasSuffix(string(by), "_desc") {
		slices.Reverse(jobs)
	}
	for i := range list {
		if list[i].Job != nil {
			list[i].Job, jobs = jobs[0], jobs[1:]
		}
	}
	return list
}

// Job gives any of the records.
func (p *pool) Job(_ context.Context, id restclient.JobID) (*restclient.Job, error) {
	if err := p.fault(string(id)); err != nil {
		return nil, err
	}
	i := p.hash(string(id)) % uint64(len(p.records)+1)
	if i == uint64(len(p.records)) {
		return nil, &restclient.Error{Kind: restclient.KindNotFound, Status: http.StatusNotFound}
	}
	return p.records[i].Job, p.records[i].Err
}

// origin serves one answer at a time, for a client to read.
type origin struct {
	client *restclient.Client
	answer atomic.Pointer[http.HandlerFunc]
	calls  atomic.Int64
}

func newOrigin(t *testing.T) *origin {
	t.Helper()
	o := &origin{}
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*o.answer.Load())(w, r) })
	o.client = clienttest.New(t, handler, func(cfg *restclient.Config) {
		cfg.Timeout = 6 * time.Second // no time for a Retry-After of 7 s
		// A token of its own for each call, since a 429 cools one down.
		cfg.Token = func(context.Context) (string, bool) { return fmt.Sprint(clienttest.Token, o.calls.Add(1)), true }
	})
	return o
}

// read gives what the client makes of an answer.
func (o *origin) read(status int, contentType, body string) (*restclient.JobsPage, error) {
	answer := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	})
	o.answer.Store(&answer)
	return o.client.Jobs(context.Background(), restclient.JobsQuery{OrderBy: restclient.CreatedAtDesc, PerPage: restclient.MaxPerPage})
}

// failures are what the client makes of answers that are none.
func (o *origin) failures(t *testing.T) []error {
	t.Helper()
	var failures []error
	for _, status := range []int{400, 401, 403, 404, 429, 500, 503} {
		_, err := o.read(status, "application/json", `{"title":"LEAK","detail":"The \"offset\" is odd.","log_id":"log-1"}`)
		failures = append(failures, err)
	}
	_, err := o.read(http.StatusOK, "text/html", "<h1>LEAK</h1>")
	failures = append(failures, err, &restclient.Error{Kind: restclient.KindUnauthenticated})
	if slices.Contains(failures, nil) {
		t.Fatalf("%v", failures)
	}
	return failures
}

// dice draws without weight, and shrinks to 0.
type dice struct{ t *rapid.T }

// below draws 0 to n-1.
func (d dice) below(n int) int {
	return int(uint64(rapid.Uint32().Draw(d.t, "")*2654435769) * uint64(n) >> 32) // scrambled: rapid favours small numbers
}

// oneIn is true once in n.
func (d dice) oneIn(n int) bool { return d.below(n) == n-1 }

func pick[T any](d dice, from []T) T { return from[d.below(len(from))] }

// pieces of a string's spelling in JSON: the plain ones first.
var pieces = []string{
	"a", "Zz", "-", " ", "é", "😀", "<b>&amp;", "\u2028", "\x7f", "x'y", `\"`, `\\`, `\/`, `\b`, `\f`, `\n`, `\r`, `\t`, `\u0041`, `\u00E9`,
	`\u0000`, `\u001f`, `\ud83d\ude00`, `\u2029`, `\\u0041`, `\ud800`, `\udc00x`,
}

func (d dice) text() string {
	from := pieces[:10]
	switch d.below(6) {
	case 0, 1:
		from = pieces[:25]
	case 2:
		from = pieces // lone surrogates, too
	}
	var b strings.Builder
	for range 1 + d.below(4) {
		b.WriteString(pick(d, from))
	}
	return `"` + b.String() + `"`
}

var oddValues = []string{
	"null", `""`, "[]", "{}", "[ ]", "{\n}", "true", "false", "0", "-0", "-1", "1.5", "1e3", `"x"`, `{"a": 1}`, "[1, null]", `"12"`, `"007"`,
	"9007199254740993", "9223372036854775807", "9223372036854775808", `"-9223372036854775808"`, "123456789012345678901234567890", `"1\u0032"`,
}

var timeValues = []string{
	`"2024-01-01T00:00:00"`, `"2024-01-01T00:00:01.5"`, `"2024-01-01T00:00:01.123456789"`, `"2024-01-01T00:00:01.500000Z"`,
	`"1999-12-31T23:59:59.999999"`, `"1999-06-01T00:00:00+02:00"`, `"2024-01-01T00:00:02.25-05:30"`, `"2024-01-01T00:00:0\u0030"`,
	`"0001-01-01T00:00:00"`, `"9999-12-31T23:59:59.9999999"`, `"2024-02-29T12:00:00.00000100"`,
}

// value draws one of values, or once in so many an odd one.
func (d dice) value(odd int, values ...string) string {
	if d.oneIn(odd) {
		return pick(d, append([]string{`"2024-01-01T00:00:00.1234567890"`, `"2024-1-1"`}, oddValues...))
	}
	return pick(d, values)
}

// object draws an object of some of the members, each a name and its value, sometimes twice or spaced.
func (d dice) object(members ...string) string {
	var written []string
	for i := 0; i < len(members); i += 2 {
		space := pick(d, []string{"", "", "", " ", "\n\t"})
		name := members[i]
		if d.oneIn(30) {
			name = fmt.Sprintf(`\u%04x`, name[0]) + name[1:]
		}
		switch d.below(8) {
		case 0:
			continue
		case 1:
			written = append(written, fmt.Sprintf(`%q:%s`, members[i], d.value(1)))
		}
		written = append(written, fmt.Sprintf(`"%s"%s:%s%s`, name, space, space, members[i+1]))
	}
	return "{" + strings.Join(written, ",") + "}"
}

// list draws an array of up to three elements.
func (d dice) list(element func() string) string {
	var written []string
	for range d.below(4) {
		written = append(written, element())
	}
	return "[" + strings.Join(written, pick(d, []string{",", " ,\n"})) + "]"
}

// payload draws an input or a result.
func (d dice) payload() string {
	dataset := func() string {
		return d.value(8, "1", "2", "1", "2", "1", `"2"`, "10736", `"9223372036854775807"`, "null", "-3", "1.5", "[]")
	}
	if d.oneIn(6) {
		return d.value(2, d.object("dataset", d.value(5, d.object("id", dataset())), "nql", d.text()))
	}
	return d.value(12, d.object(
		"dataset_id", dataset(), "nql", d.value(6, d.text()), "compiled_select", d.value(2, d.text()), "compiled_sql", d.value(6, d.text()),
		"stats_enabled", d.value(5, "true", "false"), "snapshot_id", d.value(4, "7", `"9007199254740993"`), "recalculation_id", d.value(4, d.text(), "5"),
	))
}

// record draws a record; most can be read.
func (d dice) record(number int) string {
	if d.oneIn(15) {
		return d.value(1)
	}
	written := d.object("tags", d.value(8, d.list(func() string { return d.value(8, d.text()) })),
		"input", d.payload(), "result", d.payload(), "ended_at", d.value(5, timeValues...),
		"failures", d.value(8, d.list(func() string {
			return d.value(6, d.object("message", d.value(5, d.text()), "timestamp", d.value(5, timeValues...), "value", d.value(2, d.text())))
		})),
		"data_plane_id", d.value(6, d.text()), "executor", d.value(6, d.text()), "idempotency_key", d.value(6, d.text()),
		"request_source", d.value(6, d.object("type", d.value(5, d.text()), "name", d.value(5, d.text()), "company_id", d.value(4, "7"), "user_id", d.value(4, d.text()))),
		"unheard_of", d.value(2, d.text()),
	)
	const rarely = 60
	essential := fmt.Sprintf(`{"job_id":%s,"state":%s,"type":%s,"created_at":%s,"updated_at":%s`,
		d.value(rarely, fmt.Sprintf("%q", idOf(number)), d.text()),
		d.value(rarely, `"completed"`, `"failed"`, `"running"`, `"scheduled"`, `"pending_cancellation"`, `"fail\u0065d"`, `"archiving"`, d.text()),
		d.value(rarely, `"materialize-view"`, `"materialize-view"`, `"refresh_materialized_view"`, `"materialize\u002dview"`, `"nql-forecast"`, d.text()),
		d.value(rarely, timeValues...), d.value(rarely, timeValues...))
	if written == "{}" {
		return essential + "}"
	}
	return essential + "," + written[1:]
}
