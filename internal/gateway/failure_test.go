package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"jobsgateway/internal/emulator"
	"jobsgateway/restclient"
)

// broken is an upstream that panics.
type broken struct{}

func (broken) Jobs(context.Context, restclient.JobsQuery) (*restclient.JobsPage, error) {
	panic(marker)
}

func (broken) Job(context.Context, restclient.JobID) (*restclient.Job, error) {
	panic(fmt.Errorf("%s", marker))
}

// A panic below a field is that field's error and a stack in the log; the process and the other fields live
// on.
func TestPanicsOfFields(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		doc, data string
		errors    int
	}{
		{queryJobs, `{"jobs":null}`, 1},
		{`{job(id:"2a5b9ad7-dc8f-47bb-8e62-843a38f8054c"){id} __typename}`, `{"job":null,"__typename":"Query"}`, 1},
		{`{datasets(ids:[1,2,3]){id latestJob{id}}}`, `{"datasets":[{"id":"1","latestJob":null},{"id":"2","latestJob":null},{"id":"3","latestJob":null}]}`, 3},
		{`{_entities(representations:[{__typename:"Dataset",id:"1"}]){... on Dataset{id latestJob{id}}}}`, `{"_entities":[{"id":"1","latestJob":null}]}`, 1},
	} {
		gw := startGateway(t, func(s *setup) { s.config.Upstream = broken{} })
		got := gw.post(tc.doc, nil)
		if got.status != http.StatusOK || string(got.data) != tc.data || len(got.errors) != tc.errors {
			t.Errorf("%s: %d %s", tc.doc, got.status, got.body)
		}
		for _, e := range got.errors {
			if e.Extensions["code"] != "INTERNAL_SERVER_ERROR" {
				t.Errorf("%s: %v", tc.doc, e)
			}
		}
		if strings.Contains(got.body, marker) || strings.Contains(got.body, "runtime error") {
			t.Errorf("the answer tells the cause: %s", got.body)
		}
		failed := gw.log.With("operation failed")
		if len(failed) == 0 {
			t.Fatalf("%s: no failure in the log", tc.doc)
		}
		for _, line := range failed {
			stack, _ := line["stack"].(string)
			if !strings.Contains(stack, "failure_test.go") || line["request_id"] != got.header.Get("X-Request-Id") || line["level"] != "ERROR" {
				t.Errorf("%s: %v", tc.doc, line)
			}
		}
		gw.wantFine(gw.post(queryType, nil))
	}
}

// An internal fault is one ERROR line with the ids of its request, in a field and outside.
func TestIDsOfFaults(t *testing.T) {
	t.Parallel()
	const trace = "0af7651916cd43dd8448eb211c80319c"
	gw := startGateway(t, func(s *setup) { s.config.Upstream, s.config.Playground = broken{}, brokenPages{} })
	header := http.Header{"X-Request-Id": {"an-id"}, "Traceparent": {"00-" + trace + "-b7ad6b7169203331-01"}}
	gw.send(request{body: envelopeOf(t, queryJobs, nil), header: header})
	page, err := http.NewRequestWithContext(t.Context(), http.MethodGet, gw.url+"/", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	page.Header = header
	res, err := gw.client.Do(page)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	for _, message := range []string{"operation failed", "request failed"} {
		lines := gw.log.With(message)
		if len(lines) != 1 || lines[0]["level"] != "ERROR" || lines[0]["request_id"] != "an-id" || lines[0]["trace_id"] != trace {
			t.Errorf("%s: %v", message, lines)
		}
	}
}

// brokenPages is a playground whose pages all fail.
type brokenPages struct{}

func (brokenPages) Has(string) bool { return true }

func (brokenPages) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/playground/abort" {
		panic(http.ErrAbortHandler)
	}
	panic(marker)
}

// A panic outside the fields is a 500 in the usual form.
func TestPanicsOfHandlers(t *testing.T) {
	t.Parallel()
	gw := startGateway(t, func(s *setup) {
		s.config.Playground = brokenPages{}
	})
	res, err := gw.client.Get(gw.url + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	if res.StatusCode != http.StatusInternalServerError || !strings.Contains(string(body), "INTERNAL_SERVER_ERROR") || strings.Contains(string(body), marker) {
		t.Errorf("%d %s", res.StatusCode, body)
	}
	failed := gw.log.With("request failed")
	if len(failed) != 1 || failed[0]["error"] != "panic: "+marker || !strings.Contains(failed[0]["stack"].(string), "failure_test.go") {
		t.Errorf("%v", failed)
	}
	if lines := gw.log.With("operation"); len(lines) != 1 || lines[0]["status"] != 500.0 {
		t.Errorf("%v", lines)
	}
	// The one panic that net/http knows: the connection is cut, and nothing is logged as a failure.
	if res, err := gw.client.Get(gw.url + "/playground/abort"); err == nil {
		res.Body.Close()
		t.Errorf("answered with %d", res.StatusCode)
	}
	if len(gw.log.With("request failed")) != 1 {
		t.Error("an abort is logged as a failure")
	}
	gw.wantFine(gw.post(queryType, nil))
}

// holdUpstreamForEver scripts an upstream call that never ends by itself. Its context comes over the channel when it has
// begun.
func (gw *testGateway) holdUpstreamForEver() <-chan context.Context {
	begun := make(chan context.Context, 1)
	gw.jobs.Script(emulator.Fault{Delay: 24 * time.Hour, Match: func(r *http.Request) bool {
		begun <- r.Context()
		return true
	}})
	return begun
}

// await waits for an event for as long as the test may.
func await[T any](t testing.TB, event <-chan T) (value T) {
	t.Helper()
	select {
	case value = <-event:
	case <-t.Context().Done():
		t.Fatal("the event did not happen")
	case <-time.After(30 * time.Second):
		t.Fatal("the event did not happen")
	}
	return value
}

// Who leaves is not answered: the upstream call ends, and the line says 499.
func TestClientLeaves(t *testing.T) {
	t.Parallel()
	gw := startGateway(t)
	begun := gw.holdUpstreamForEver()
	ctx, leave := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, gw.url+"/graphql", strings.NewReader(envelopeOf(t, "query Gone"+queryJobs, nil)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer " + tokenA}}
	done := make(chan error, 1)
	go func() {
		res, err := gw.client.Do(req)
		if err == nil {
			res.Body.Close()
		}
		done <- err
	}()
	call := await(t, begun)
	leave()
	if err := await(t, done); !errors.Is(err, context.Canceled) {
		t.Errorf("answered with %v", err)
	}
	await(t, call.Done())
	line := gw.log.Await(t, "operation")
	if line["status"] != 499.0 || line["operation"] != "Gone" || line["upstream_calls"] != 1.0 {
		t.Errorf("%v", line)
	}
	gw.wantFine(gw.post(queryJobs, nil))
}

// The deadline of a request, and that of one upstream call, end the field that waits, and nothing else.
func TestDeadlines(t *testing.T) {
	t.Parallel()
	for name, limit := range map[string]func(*setup){
		// Long enough for a call to be on its way on a busy machine.
		"request":  func(s *setup) { s.config.Timeout = 500 * time.Millisecond },
		"upstream": func(s *setup) { s.timeout = 500 * time.Millisecond },
	} {
		gw := startGateway(t, limit)
		begun := gw.holdUpstreamForEver()
		got := gw.post(`{__typename jobs{totalCount}}`, nil)
		if got.status != http.StatusOK || got.code() != "UPSTREAM_TIMEOUT" || string(got.data) != `{"__typename":"Query","jobs":null}` {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
		if len(got.errors) != 1 || got.errors[0].Extensions["retryable"] != true || len(got.errors[0].Path) != 1 {
			t.Errorf("%s: %s", name, got.body)
		}
		await(t, await(t, begun).Done())
		if lines := gw.log.With("operation"); len(lines) != 1 || lines[0]["status"] != 200.0 {
			t.Errorf("%s: %v", name, lines)
		}
	}
}

// A hundred errors tell enough: a page of records that cannot be read does not answer with one each.
func TestFieldErrorsAreCapped(t *testing.T) {
	t.Parallel()
	gw := startGateway(t)
	const one = `{"job_id":"x","state":"running","type":"t","created_at":"2024-01-01T00:00:00","updated_at":"2024-01-01T00:00:00"}`
	gw.jobs.Script(emulator.Fault{Body: []byte(`{"total_records":301,"records":[` + strings.Repeat(`7,`, 300) + one + `]}`)})
	got := gw.post(`{jobs(first:400){nodes{id} totalCount}}`, nil)
	if got.status != http.StatusOK || len(got.errors) != 100 || string(got.data) != `{"jobs":{"nodes":[{"id":"x"}],"totalCount":301}}` {
		t.Errorf("%d, %d errors, %.300s", got.status, len(got.errors), got.data)
	}
	if last := got.errors[len(got.errors)-1]; last.Extensions["code"] != string(codeErrorsOmitted) || !strings.HasPrefix(last.Message, "201 more errors") {
		t.Errorf("the last error is %v", last)
	}
}

// The log tells at its usual level why the Jobs API could not be asked, under the request's id, once however
// many calls fail.
func TestOutageInTheLog(t *testing.T) {
	t.Parallel()
	gw := startGateway(t)
	gw.jobs.Script(emulator.Fault{Status: http.StatusServiceUnavailable, Times: emulator.Forever})
	got := gw.post(`{datasets(ids:[1,2,3,4,5,6,7,8,9,10]){latestJob{id}}}`, nil)
	if got.code() != "UPSTREAM_UNAVAILABLE" || len(got.errors) != 10 {
		t.Fatalf("%s", got.body)
	}
	var told []map[string]any
	for _, line := range gw.log.With("upstream call failed") {
		if line["level"] == "WARN" {
			told = append(told, line)
		}
	}
	if len(told) != 1 || told[0]["request_id"] != got.header.Get("X-Request-Id") || !strings.Contains(told[0]["error"].(string), "503") {
		t.Errorf("%v", told)
	}
}
