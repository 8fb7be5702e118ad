package gateway

import (
	"bufio"
	"encoding/json"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"jobsgateway/graph/live"
	"jobsgateway/internal/emulator"
)

const acceptMultipart = "multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/graphql-response+json,application/json;q=0.9"

// parted sends a subscription as Apollo Client does, and returns what reads its parts.
func (gw *testGateway) parted(t *testing.T, query string) (*http.Response, *multipart.Reader) {
	t.Helper()
	s := gw.subscribe(t, query, http.Header{"Accept": {acceptMultipart}})
	mediaType, params, err := mime.ParseMediaType(s.res.Header.Get("Content-Type"))
	if err != nil || mediaType != "multipart/mixed" || params["subscriptionspec"] != "1.0" {
		t.Fatalf("%d %s %v", s.res.StatusCode, s.res.Header.Get("Content-Type"), err)
	}
	return s.res, multipart.NewReader(s.res.Body, params["boundary"])
}

// part reads one part, and passes over heartbeats.
func part(t *testing.T, parts *multipart.Reader) string {
	t.Helper()
	for {
		p, err := parts.NextPart()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(p)
		if err != nil || p.Header.Get("Content-Type") != "application/json" {
			t.Fatalf("%v %v", p.Header, err)
		}
		if string(text) != "{}" {
			return string(text)
		}
	}
}

func TestMultipartWatchesAJob(t *testing.T) {
	gw := startLive(t)
	res, parts := gw.parted(t, watchJob)
	for name, want := range map[string]string{"X-Accel-Buffering": "no", "Content-Encoding": "", "Cache-Control": "private, no-store"} {
		if got := res.Header.Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	for i, state := range []string{"RUNNING", "PENDING_CANCELLATION", "CANCELLED"} {
		if i > 0 {
			gw.jobs.Replace(liveJob, liveRecord(liveJob, strings.ToLower(state), 1+i))
		}
		if got, want := part(t, parts), `{"payload":{"data":{"jobUpdated":{"state":"`+state+`"}}}}`; got != want {
			t.Fatalf("%s\nnot\n%s", got, want)
		}
	}
	if _, err := parts.NextPart(); err != io.EOF {
		t.Error(err)
	}
}

// A part is there for a client that waits for the line behind it, as Apollo Client does, before there is another.
func TestMultipartPartsEndAtOnce(t *testing.T) {
	gw := startLive(t)
	s := gw.subscribe(t, watchJob, http.Header{"Accept": {acceptMultipart}})
	body, text := bufio.NewReader(s.res.Body), ""
	for strings.Count(text, "--graphql") < 3 {
		c, err := body.ReadByte()
		if err != nil {
			t.Fatal(err)
		}
		text += string(c)
	}
	const head = "\r\n--graphql\r\nContent-Type: application/json\r\n\r\n"
	if want := head + "{}" + head + `{"payload":{"data":{"jobUpdated":{"state":"RUNNING"}}}}` + "\r\n--graphql"; text != want {
		t.Errorf("%q\nnot\n%q", text, want)
	}
}

// Errors of a subscription that does not begin are its payload; those that end it later are the transport's.
func TestMultipartFails(t *testing.T) {
	gw := startLive(t)
	_, parts := gw.parted(t, `subscription { jobUpdated(id: "7") { id } }`)
	if got := part(t, parts); !strings.HasPrefix(got, `{"payload":{"errors":[{"message":`) || !strings.Contains(got, "BAD_USER_INPUT") {
		t.Error(got)
	}
	_, parts = gw.parted(t, `subscription { jobsChanged { resync } }`)
	part(t, parts)
	gw.jobs.Script(emulator.Fault{Status: http.StatusUnauthorized, Times: 100})
	got := part(t, parts)
	var body struct {
		Payload any       `json:"payload"`
		Errors  []problem `json:"errors"`
	}
	if err := json.Unmarshal([]byte(got), &body); err != nil || body.Payload != nil || len(body.Errors) != 1 || !strings.HasPrefix(got, `{"payload":null,`) {
		t.Errorf("%s %v", got, err)
	}
	if _, err := parts.NextPart(); err != io.EOF {
		t.Error(err)
	}
}

// The operation decides whether there is a stream, and Accept which; what asks for none of the three is told so.
func TestTransportsAreChosen(t *testing.T) {
	gw := startLive(t, func(c *live.Config) { c.Limits.StreamsPerToken = 100 })
	const subscription, sse, multi = `subscription { jobsChanged { resync } }`, "text/event-stream", "multipart/mixed;subscriptionSpec=1.0"
	for _, c := range []struct{ query, accept, want string }{
		{subscription, sse, sse},
		{subscription, multi, "multipart/mixed"},
		{subscription, acceptMultipart, "multipart/mixed"},
		{subscription, `multipart/mixed;subscriptionSpec="1.0", text/event-stream`, "multipart/mixed"},
		{subscription, "text/event-stream, " + multi, sse},
		{subscription, "text/event-stream;q=0.1, " + multi + ";q=0.2", "multipart/mixed"},
		{subscription, "application/json, text/event-stream, multipart/mixed", sse},
		{subscription, "multipart/mixed", ""},
		{subscription, "multipart/mixed;deferSpec=20220824", ""},
		{subscription, "multipart/mixed;subscriptionSpec=2.0", ""},
		{subscription, multi + ";q=0", ""},
		{subscription, "multipart/*, text/*, */*", ""},
		{subscription, "application/json", ""},
		{`{ __typename }`, "application/json, text/event-stream, " + multi, "application/json"},
		{`{ __typename }`, "application/graphql-response+json, application/json, multipart/mixed", "application/graphql-response+json"},
		{`{ __typename }`, multi, ""},
		{`{ __typename }`, sse, sse}, // one event
	} {
		params := url.Values{"query": {c.query}}
		for _, method := range []string{http.MethodPost, http.MethodGet} {
			s := gw.subscribe(t, c.query, http.Header{"Accept": {c.accept}})
			if method == http.MethodGet {
				req := s.res.Request.Clone(t.Context())
				req.Method, req.Body, req.ContentLength, req.URL.RawQuery = method, http.NoBody, 0, params.Encode()
				s = gw.stream(t, req, func() {})
			}
			got, _, _ := strings.Cut(s.res.Header.Get("Content-Type"), ";")
			if s.res.StatusCode != http.StatusNotAcceptable {
				if got != c.want {
					t.Errorf("%s %s with %s: %s", method, c.query, c.accept, got)
				}
				_ = s.res.Body.Close()
				continue
			}
			text, err := io.ReadAll(s.res.Body)
			if err != nil || c.want != "" {
				t.Errorf("%s %s with %s: %s %v", method, c.query, c.accept, text, err)
			}
			for _, transport := range []string{"text/event-stream", "multipart/mixed;subscriptionSpec=1.0", "graphql-transport-ws"} {
				if c.query == subscription && !strings.Contains(string(text), transport) {
					t.Errorf("%s with %s: %s does not name %s", c.query, c.accept, text, transport)
				}
			}
		}
	}
}

// Without subscriptions, a caller that accepts streams alone is told that there are none, and so is one who asks for
// a subscription and accepts a stream beside JSON, as Apollo Client does.
func TestStreamsAreOff(t *testing.T) {
	const both = "query Q {__typename} subscription S { jobsChanged { resync } }"
	gw := startGateway(t, func(s *setup) { s.config.MaxPersisted = 1 << 20 })
	for _, members := range []map[string]any{
		{"query": "subscription { jobsChanged { resync } }"},
		{"query": both, "operationName": "S"},
		{"query": both, "operationName": "S", "extensions": persistedQuery(sha256Of(both))},
		{"query": "subscription { unknown }"},
	} {
		for _, accept := range []string{
			"text/event-stream", "multipart/mixed;subscriptionSpec=1.0", "text/event-stream, application/json",
			"application/json, text/event-stream;q=0.5", "text/event-stream, */*", acceptMultipart,
		} {
			post, get := asked(t, members)
			for _, r := range []request{post, get} {
				r.header = http.Header{"Accept": {accept}}
				got := gw.send(r)
				gw.wantRefused(got, http.StatusNotAcceptable, "NOT_ACCEPTABLE")
				if !strings.Contains(got.body, "Subscriptions are switched off") {
					t.Errorf("%s %v, %s: %s", r.method, members, accept, got.body)
				}
			}
		}
	}
	for _, accept := range []string{acceptMultipart, "text/event-stream, application/json"} {
		post, get := asked(t, map[string]any{"query": both, "operationName": "Q"})
		for _, r := range []request{post, get} {
			r.header = http.Header{"Accept": {accept}}
			if got := gw.send(r); got.status != http.StatusBadRequest && got.status != http.StatusOK || got.code() != "GRAPHQL_VALIDATION_FAILED" {
				t.Errorf("a query beside a subscription: %d %s", got.status, got.body)
			}
		}
		gw.wantFine(gw.send(request{body: `{"query":"{__typename}"}`, header: http.Header{"Accept": {accept}}}))
	}
	post, _ := asked(t, map[string]any{"query": both, "operationName": "S"})
	post.header = http.Header{"Accept": {"application/json"}}
	gw.wantRefused(gw.send(post), http.StatusOK, "GRAPHQL_VALIDATION_FAILED") // whoever reads JSON alone is told of the schema
}
