package gateway

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"jobsgateway/graph/live"
	"jobsgateway/internal/trusted"
)

// A client that reads nothing of what is sent to it is closed, and meanwhile costs no more than is kept for all
// streams together.
func TestClientThatReadsNothingIsClosed(t *testing.T) {
	heard := newHearer()
	var engine *live.Engine
	gw := startLiveWith(t, func(s *setup) {
		s.config.StreamPatience, s.config.Observer, engine = 100*time.Millisecond, heard, s.config.Live
	})
	const query = `{"query":"subscription { jobsChanged { jobs { raw } } }"}`
	conn := gw.dial()
	defer conn.Close()
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetReadBuffer(4 << 10)
	}
	fmt.Fprintf(conn, "POST /graphql HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\nContent-Type: application/json\r\n"+
		"Authorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s", tokenA, len(query), query)
	most := int64(0)
	for number, deadline := 0, time.Now().Add(time.Minute); ; number++ {
		figures := engine.Figures()
		most = max(most, figures.Kept)
		if number > 10 && figures.Streams == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("it is still there: %+v", figures)
		}
		record := fmt.Appendf(nil, `{"job_id":%q,"state":"running","type":"t","created_at":"2026-03-12T15:00:00","updated_at":"2026-03-12T15:%02d:%02d",
			"input":{"fill":%q}}`, liveJob, 1+number/60%50, number%60, strings.Repeat("x", 300_000))
		gw.jobs.Replace(liveJob, record)
		time.Sleep(10 * time.Millisecond)
	}
	if most > 2<<20 {
		t.Errorf("%d bytes were kept for it", most)
	}
	told := heard.events(1)
	if !slices.Contains(told, "stream 0") || !slices.Contains(told, fmt.Sprintf("stream 0 ends: %d", StreamUnread)) {
		t.Errorf("%q", told)
	}
}

// An event counts as what its operation holds when it is put together, however often it has a value that it does not
// copy before.
func TestEventsAreWithinTheirOperation(t *testing.T) {
	gw := startLiveWith(t, func(s *setup) { s.config.MaxOperation = 1 << 20 }, func(c *live.Config) { c.Kept.Limit = 64 << 20 })
	gw.jobs.Replace(liveJob, fmt.Appendf(nil, `{"job_id":%q,"state":"running","type":"t","created_at":"2026-03-12T15:00:00",
		"updated_at":"2026-03-12T15:00:00","input":{"fill":%q}}`, liveJob, strings.Repeat("x", 300_000)))
	for aliases, code := range map[string]string{"a: raw b: raw": "", "a: raw b: raw c: raw d: raw": "REQUEST_LIMIT_EXCEEDED"} {
		s := gw.subscribe(t, `subscription { jobUpdated(id: "`+liveJob+`") { `+aliases+` } }`, nil)
		s.lines.Buffer(nil, 4<<20)
		event, data := s.next()
		if event != "next" || strings.Contains(data, `"errors"`) != (code != "") || !strings.Contains(data, code) {
			t.Errorf("%s: %s %.300s", aliases, event, data)
		}
		if code != "" && len(data) > 1000 {
			t.Errorf("%d bytes are told of an event that is too large", len(data))
		}
		s.cancel()
	}
}

// Why streams end is told, and a stream is no operation that is in progress.
func TestObservedStreams(t *testing.T) {
	heard := newHearer()
	gw := startLiveWith(t, func(s *setup) { s.config.Observer, s.config.StreamAge = heard, 300*time.Millisecond })
	s := gw.subscribe(t, `subscription Aging { jobsChanged { resync } }`, nil)
	if event, _ := s.next(); event == "next" { // on a slow machine its age comes first
		s.want("complete", "")
	}
	want := []string{
		`request POST "" ""`, "operation", "stream 0", "operation ends: subscription Aging 0",
		fmt.Sprintf("stream 0 ends: %d", StreamAged), "request ends: 200, subscription Aging 0",
	}
	if told := heard.events(1); !slices.Equal(told, want) {
		t.Errorf("%q", told)
	}
	s = gw.subscribe(t, `subscription { jobUpdated(id: "7") { id } }`, nil)
	s.next()
	s.want("complete", "")
	want = []string{
		`request POST "" ""`, "operation", "operation ends: subscription  0 BAD_USER_INPUT", "request ends: 200, subscription  0 BAD_USER_INPUT",
	}
	if told := heard.events(1); !slices.Equal(told, want) {
		t.Errorf("%q", told)
	}
}

// A subscription may be asked for by its hash or by its id, as a query may.
func TestNamedSubscriptions(t *testing.T) {
	const query = `subscription Named { jobsChanged { resync } }`
	const first = `{"data":{"jobsChanged":{"resync":false}}}`
	hashed := func(more string) string {
		return `{` + more + `"extensions":{"persistedQuery":{"version":1,"sha256Hash":"` + sha256Of(query) + `"}}}`
	}
	gw := startLiveWith(t, func(s *setup) { s.config.MaxPersisted = 1 << 20 })
	if s := gw.subscribeBody(t, hashed("")); s.res.StatusCode == http.StatusOK && s.res.Header.Get("Content-Type") == "text/event-stream; charset=utf-8" {
		t.Error("a hash that nobody has sent is streamed")
	}
	gw.subscribeBody(t, hashed(`"query":"`+query+`",`)).want("next", first)
	gw.subscribeBody(t, hashed("")).want("next", first)

	gw = startLiveWith(t, func(s *setup) { s.config.Trust = TrustRequire })
	if err := gw.served.Trust([]trusted.Document{{ID: relaysID, Text: query, Place: "relay.json"}}); err != nil {
		t.Fatal(err)
	}
	gw.subscribeBody(t, `{"documentId":"`+relaysID+`"}`).want("next", first)
	if s := gw.subscribeBody(t, `{"query":"subscription { jobsChanged { cursor } }"}`); s.res.StatusCode == http.StatusOK {
		t.Error("a document that is not listed is streamed")
	}
}

// A query of a client that accepts only events, as npm's graphql-sse does, is one event and the end. Its data
// stand on one line, whatever the Jobs API sends.
func TestQueriesAsEvents(t *testing.T) {
	gw := startLive(t)
	for _, query := range []string{`{ __typename }`, `{ jobs { nodes { id raw } } }`, `{ job(id: "` + liveJob + `") { raw } none: job(id: "7") { id } }`} {
		s := gw.subscribe(t, query, http.Header{"Accept-Encoding": {"gzip"}})
		if s.res.StatusCode != http.StatusOK || s.res.Header.Get("Content-Type") != "text/event-stream; charset=utf-8" || s.res.Header.Get("Content-Encoding") != "" {
			t.Fatalf("%s: %d %v", query, s.res.StatusCode, s.res.Header)
		}
		var told, plain any
		event, data := s.next()
		asJSON := gw.post(query, nil)
		if err := json.Unmarshal([]byte(data), &told); err != nil || event != "next" {
			t.Fatalf("%s %s: %v", event, data, err)
		}
		if err := json.Unmarshal([]byte(asJSON.body), &plain); err != nil {
			t.Fatal(err)
		}
		if a, b := withoutIDs(told), withoutIDs(plain); a != b {
			t.Errorf("as events %s\nas JSON %s", a, b)
		}
		s.want("complete", "")
		if s.lines.Scan() {
			t.Errorf("behind complete stands %q", s.lines.Text())
		}
	}
}

// withoutIDs spells an answer without the ids of requests.
func withoutIDs(answer any) string {
	if members, ok := answer.(map[string]any); ok {
		if problems, ok := members["errors"].([]any); ok {
			for _, each := range problems {
				delete(each.(map[string]any)["extensions"].(map[string]any), "requestId")
			}
		}
	}
	return fmt.Sprint(answer)
}

// subscribeBody sends a body as npm's graphql-sse does.
func (gw *testGateway) subscribeBody(t *testing.T, body string) *sse {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, gw.url+"/graphql", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = http.Header{"Accept": {"text/event-stream"}, "Content-Type": {"application/json"}, "Authorization": {"Bearer " + tokenA}}
	return gw.stream(t, req, cancel)
}
