package gateway

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"jobsgateway/graph/live"
	"jobsgateway/graph/operation"
	"jobsgateway/internal/clienttest"
	"jobsgateway/internal/emulator"
	"jobsgateway/internal/memory"
	"jobsgateway/restclient"
)

const liveJob = "00000000-0000-4000-8000-000000000001"

// liveRecord is a record of the emulator, with a second as its time.
func liveRecord(id, state string, second int) json.RawMessage {
	return fmt.Appendf(nil, `{"job_id":%q,"state":%q,"type":"t","created_at":"2026-03-12T15:00:00","updated_at":"2026-03-12T15:00:%02d",
		"input":{"dataset_id":7}}`, id, state, second)
}

// startLive serves a gateway with subscriptions, which polls each 5 ms.
func startLive(t *testing.T, change ...func(*live.Config)) *testGateway {
	t.Helper()
	return startLiveWith(t, func(*setup) {}, change...)
}

// startLiveWith is startLive for a gateway that is set up otherwise.
func startLiveWith(t *testing.T, setUp func(*setup), change ...func(*live.Config)) *testGateway {
	t.Helper()
	api := emulator.New(emulator.Records(liveRecord(liveJob, "running", 1)))
	var engine *live.Engine
	gw := startGateway(t, func(s *setup) {
		s.config.Upstream = clienttest.New(t, api, func(c *restclient.Config) {
			c.Token, c.Identity, c.Account = TokenFrom, Identity, operation.AccountOf
		})
		cfg := live.Config{
			Upstream: s.config.Upstream,
			As: func(ctx context.Context, token string) context.Context {
				return operation.Lending(AsToken(ctx, token), &memory.Account{Memory: s.config.Memory, Owner: token, Limit: 32 << 20})
			},
			Kept: &memory.Account{Memory: s.config.Memory, Owner: "streams", Limit: 2 << 20}, Interval: 5 * time.Millisecond, Outage: time.Minute, Timeout: time.Minute,
			Limits: live.Limits{Streams: 100, StreamsPerToken: 3, Polls: 100}, Caught: operation.Caught,
		}
		for _, f := range change {
			f(&cfg)
		}
		engine = live.New(cfg)
		t.Cleanup(engine.Close)
		s.config.Live = engine
		setUp(s)
	})
	gw.jobs = api
	t.Cleanup(gw.served.CloseSockets)
	t.Cleanup(engine.Close) // before the server closes, which waits for its streams
	return gw
}

// sse is the response of a subscription.
type sse struct {
	t      *testing.T
	res    *http.Response
	lines  *bufio.Scanner
	cancel context.CancelFunc
}

// subscribe sends a subscription as npm's graphql-sse does.
func (gw *testGateway) subscribe(t *testing.T, query string, header http.Header) *sse {
	t.Helper()
	body, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, gw.url+"/graphql", strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = http.Header{"Accept": {"text/event-stream"}, "Content-Type": {"application/json"}, "Authorization": {"Bearer " + tokenA}}
	maps.Copy(req.Header, header)
	return gw.stream(t, req, cancel)
}

func (gw *testGateway) stream(t *testing.T, req *http.Request, cancel context.CancelFunc) *sse {
	t.Helper()
	res, err := gw.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); _ = res.Body.Close() })
	return &sse{t, res, bufio.NewScanner(res.Body), cancel}
}

// next reads one event; comments are passed over.
func (s *sse) next() (event, data string) {
	s.t.Helper()
	for s.lines.Scan() {
		switch line := s.lines.Text(); {
		case strings.HasPrefix(line, "event: "):
			event = line[len("event: "):]
		case strings.HasPrefix(line, "data:"):
			data += strings.TrimPrefix(line[len("data:"):], " ")
		case line == "" && event != "":
			return event, data
		}
	}
	s.t.Fatalf("the stream ends: %v", s.lines.Err())
	return "", ""
}

func (s *sse) want(event, data string) {
	s.t.Helper()
	if gotEvent, gotData := s.next(); gotEvent != event || gotData != data {
		s.t.Fatalf("%s %s\nnot\n%s %s", gotEvent, gotData, event, data)
	}
}

func TestJobIsWatchedUntilItIsFinal(t *testing.T) {
	gw := startLive(t)
	query := `subscription { jobUpdated(id: "` + liveJob + `") { state dataset { latestJob { id } } } }`
	event := func(state string) string {
		return `{"data":{"jobUpdated":{"state":"` + state + `","dataset":{"latestJob":{"id":"` + liveJob + `"}}}}}`
	}
	s := gw.subscribe(t, query, http.Header{"Accept-Encoding": {"gzip"}})
	for name, want := range map[string]string{
		"Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no", "Content-Encoding": "", "Cache-Control": "private, no-store",
	} {
		if got := s.res.Header.Get(name); got != want || s.res.StatusCode != http.StatusOK {
			t.Errorf("%d %s: %q", s.res.StatusCode, name, got)
		}
	}
	s.want("next", event("RUNNING"))
	gw.jobs.Replace(liveJob, liveRecord(liveJob, "pending_cancellation", 2))
	s.want("next", event("PENDING_CANCELLATION"))
	gw.jobs.Replace(liveJob, liveRecord(liveJob, "cancelled", 3))
	s.want("next", event("CANCELLED"))
	s.want("complete", "")
	if s.lines.Scan() {
		t.Errorf("behind complete stands %q", s.lines.Text())
	}
}

func TestChangesGoOnByCursor(t *testing.T) {
	gw := startLive(t)
	const query = `subscription { jobsChanged%s { jobs { id state } cursor resync } }`
	var told struct {
		Data struct {
			JobsChanged struct {
				Jobs []struct {
					State string `json:"state"`
				} `json:"jobs"`
				Cursor string `json:"cursor"`
				Resync bool   `json:"resync"`
			} `json:"jobsChanged"`
		} `json:"data"`
	}
	read := func(s *sse) {
		t.Helper()
		event, data := s.next()
		told.Data.JobsChanged.Jobs = nil
		if err := json.Unmarshal([]byte(data), &told); err != nil || event != "next" {
			t.Fatalf("%s %s: %v", event, data, err)
		}
	}
	s := gw.subscribe(t, fmt.Sprintf(query, ""), nil)
	read(s)
	if len(told.Data.JobsChanged.Jobs) != 0 {
		t.Errorf("%+v", told)
	}
	cursor := told.Data.JobsChanged.Cursor
	s.cancel()
	other := strings.Replace(liveJob, "1", "2", 1)
	gw.jobs.Insert(liveRecord(other, "failed", 30))
	params := url.Values{"query": {fmt.Sprintf(query, `(since: "`+cursor+`", filter: {states: [FAILED]})`)}}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, gw.url+"/graphql?"+params.Encode(), http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header = http.Header{"Accept": {"text/event-stream, multipart/mixed"}, "Authorization": {"Bearer " + tokenA}}
	s = gw.stream(t, req, cancel)
	read(s)
	for len(told.Data.JobsChanged.Jobs) == 0 { // the stream may be there before the poll that shows the change
		read(s)
	}
	if jobs := told.Data.JobsChanged.Jobs; len(jobs) != 1 || jobs[0].State != "FAILED" || told.Data.JobsChanged.Resync {
		t.Errorf("%+v", told)
	}
}

func TestSubscriptionsThatAreRefused(t *testing.T) {
	gw := startLive(t)
	const query = `subscription { jobsChanged { cursor } }`
	for _, c := range []struct {
		query, accept string
		status        int
		code          string
	}{
		{query, "application/json", http.StatusNotAcceptable, "NOT_ACCEPTABLE"},
		{query, "*/*", http.StatusNotAcceptable, "NOT_ACCEPTABLE"},
		{query, "text/event-stream;q=0", http.StatusNotAcceptable, "NOT_ACCEPTABLE"},
		{`subscription { unheardOf }`, "text/event-stream", http.StatusBadRequest, "GRAPHQL_VALIDATION_FAILED"},
		{`subscription { jobsChanged`, "text/event-stream", http.StatusBadRequest, "GRAPHQL_PARSE_FAILED"},
		{`subscription { a: jobsChanged { cursor } b: jobsChanged { cursor } }`, "text/event-stream", http.StatusBadRequest, "GRAPHQL_VALIDATION_FAILED"},
		{`{ unheardOf }`, "text/event-stream", http.StatusBadRequest, "GRAPHQL_VALIDATION_FAILED"},
		{`{ __typename }`, "text/html", http.StatusNotAcceptable, "NOT_ACCEPTABLE"},
	} {
		s := gw.subscribe(t, c.query, http.Header{"Accept": {c.accept}})
		var body struct {
			Errors []problem `json:"errors"`
		}
		if err := json.NewDecoder(s.res.Body).Decode(&body); err != nil {
			t.Fatal(err)
		}
		if s.res.StatusCode != c.status || len(body.Errors) == 0 || body.Errors[0].Extensions["code"] != c.code {
			t.Errorf("%s with Accept %s: %d %+v", c.query, c.accept, s.res.StatusCode, body)
		}
	}
	if got := gw.post(`query subscription { __typename }`, nil); got.status != http.StatusOK || len(got.errors) > 0 {
		t.Errorf("a query that is called subscription: %d %s", got.status, got.body)
	}
}

// What is wrong once a subscription could begin is told as an event, which clients give to their users.
func TestSubscriptionsThatFail(t *testing.T) {
	gw := startLive(t)
	const query = `subscription { jobsChanged { cursor } }`
	failing := func(s *sse, code string) {
		t.Helper()
		event, data := s.next()
		if event != "next" || !strings.Contains(data, `"code":"`+code+`"`) || strings.Contains(data, `"data"`) {
			t.Errorf("%s %s; want %s", event, data, code)
		}
		s.want("complete", "")
	}
	failing(gw.subscribe(t, `subscription { jobUpdated(id: "7") { id } }`, nil), "BAD_USER_INPUT")
	failing(gw.subscribe(t, `subscription { jobsChanged(since: "7") { cursor } }`, nil), "BAD_USER_INPUT")
	failing(gw.subscribe(t, query, http.Header{"Authorization": nil}), "UNAUTHENTICATED")
	var open []*sse
	for range 3 {
		s := gw.subscribe(t, query, nil)
		s.next()
		open = append(open, s)
	}
	failing(gw.subscribe(t, query, nil), "SUBSCRIPTION_LIMIT_EXCEEDED")
	for i, s := range open {
		gw.jobs.Replace(liveJob, liveRecord(liveJob, "running", 10+i))
		s.next()
	}
	gw.jobs.Script(emulator.Fault{Status: http.StatusUnauthorized, Times: 100})
	for _, s := range open {
		failing(s, "UNAUTHENTICATED")
	}
}

// An API that hangs ends a stream with its error, although that is the error of a call's deadline.
func TestSubscriptionsOfAnAPIThatHangs(t *testing.T) {
	gw := startLive(t, func(c *live.Config) { c.Outage, c.Timeout = 50*time.Millisecond, 20*time.Millisecond })
	gw.jobs.Script(emulator.Fault{Delay: time.Minute, Times: emulator.Forever})
	s := gw.subscribe(t, `subscription { jobsChanged { cursor } }`, nil)
	if event, data := s.next(); event != "next" || !strings.Contains(data, `"code":"UPSTREAM_TIMEOUT"`) {
		t.Errorf("%s %s", event, data)
	}
	s.want("complete", "")
}
