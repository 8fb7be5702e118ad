package gateway

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"jobsgateway/graph/live"
	"jobsgateway/internal/emulator"
)

// ws is a client of a WebSocket.
type ws struct {
	t    *testing.T
	conn *websocket.Conn
}

// dial opens a WebSocket. Header are added to those of the handshake.
func (gw *testGateway) socket(t *testing.T, header http.Header) *ws {
	t.Helper()
	conn, res, err := websocket.Dial(t.Context(), gw.url+"/graphql", &websocket.DialOptions{
		HTTPClient: gw.client, HTTPHeader: header, Subprotocols: []string{"graphql-transport-ws"},
	})
	if err != nil {
		t.Fatalf("%v %v", err, res)
	}
	if conn.Subprotocol() != "graphql-transport-ws" || res.Header.Get("Sec-WebSocket-Extensions") != "" {
		t.Errorf("%q %v", conn.Subprotocol(), res.Header)
	}
	conn.SetReadLimit(16 << 20)
	t.Cleanup(func() { _ = conn.CloseNow() })
	return &ws{t, conn}
}

// greeted opens a WebSocket with a token in connection_init.
func (gw *testGateway) greeted(t *testing.T) *ws {
	t.Helper()
	c := gw.socket(t, nil)
	c.send(`{"type":"connection_init","payload":{"Authorization":"Bearer ` + tokenA + `"}}`)
	c.want(`{"type":"connection_ack"}`)
	return c
}

func (c *ws) send(text string) {
	c.t.Helper()
	if err := c.conn.Write(c.t.Context(), websocket.MessageText, []byte(text)); err != nil {
		c.t.Fatal(err)
	}
}

// subscribe sends an operation.
func (c *ws) subscribe(id, query string) {
	c.t.Helper()
	c.send(`{"id":` + strconv.Quote(id) + `,"type":"subscribe","payload":{"query":` + strconv.Quote(query) + `}}`)
}

func (c *ws) read() (string, error) {
	ctx, cancel := context.WithTimeout(c.t.Context(), 30*time.Second)
	defer cancel()
	_, text, err := c.conn.Read(ctx)
	return string(text), err
}

// next reads a message.
func (c *ws) next() string {
	c.t.Helper()
	text, err := c.read()
	if err != nil {
		c.t.Fatal(err)
	}
	return text
}

func (c *ws) want(text string) {
	c.t.Helper()
	if got := c.next(); got != text {
		c.t.Fatalf("%s\nnot\n%s", got, text)
	}
}

// wantClosed reads until the connection is closed, and returns the reason.
func (c *ws) wantClosed(code websocket.StatusCode) string {
	c.t.Helper()
	text, err := c.read()
	closed, _ := errors.AsType[websocket.CloseError](err)
	if closed.Code != code {
		c.t.Errorf("%v %s, want %d", err, text, code)
	}
	return closed.Reason
}

const watchJob = `subscription { jobUpdated(id: "` + liveJob + `") { state } }`

func TestSocketWatchesAJob(t *testing.T) {
	gw := startLive(t)
	c := gw.greeted(t)
	next := func(state string) string {
		return `{"id":"1","type":"next","payload":{"data":{"jobUpdated":{"state":"` + state + `"}}}}`
	}
	c.subscribe("1", watchJob)
	c.want(next("RUNNING"))
	gw.jobs.Replace(liveJob, liveRecord(liveJob, "pending_cancellation", 2))
	c.want(next("PENDING_CANCELLATION"))
	c.subscribe("ä\"", `{ job(id: "`+liveJob+`") { state } }`)
	c.want(`{"id":"ä\"","type":"next","payload":{"data":{"job":{"state":"PENDING_CANCELLATION"}}}}`)
	c.want(`{"id":"ä\"","type":"complete"}`)
	c.send(`{"type":"ping","payload":{"a":1}}`)
	c.want(`{"type":"pong"}`)
	gw.jobs.Replace(liveJob, liveRecord(liveJob, "cancelled", 3))
	c.want(next("CANCELLED"))
	c.want(`{"id":"1","type":"complete"}`)
	c.subscribe("1", `{ __typename }`) // the id is free again
	c.want(`{"id":"1","type":"next","payload":{"data":{"__typename":"Query"}}}`)
	c.want(`{"id":"1","type":"complete"}`)
	if err := c.conn.Close(websocket.StatusNormalClosure, ""); err != nil {
		t.Error(err)
	}
}

// A large answer is one message.
func TestSocketAnswersLargePages(t *testing.T) {
	gw := startLive(t)
	for i := range 400 {
		gw.jobs.Insert(liveRecord("00000000-0000-4000-8000-"+strconv.Itoa(100000000000+i), "failed", 2))
	}
	c := gw.greeted(t)
	const query = `{ jobs(first: 400) { nodes { id type state createdAt updatedAt raw } } }`
	c.subscribe("big", query)
	got := c.next()
	want := `{"id":"big","type":"next","payload":` + gw.post(query, nil).body + `}`
	if got != want || len(got) < 64<<10 {
		t.Errorf("%d bytes: %.300s\nnot %.300s", len(got), got, want)
	}
	c.want(`{"id":"big","type":"complete"}`)
}

// Where a token may stand, and what becomes of one that is not well-formed.
func TestSocketTokens(t *testing.T) {
	gw := startLive(t, func(c *live.Config) { c.Limits.StreamsPerToken = 100 })
	const bearer = `"Bearer ` + tokenA + `"`
	inHeader := http.Header{"Authorization": {"Bearer " + tokenA}}
	for _, c := range []struct {
		name    string
		header  http.Header
		payload string
		code    websocket.StatusCode // 0: acknowledged
		isKnown bool
	}{
		{"Authorization", nil, `{"Authorization":` + bearer + `}`, 0, true},
		{"authorization", nil, `{"authorization":` + bearer + `,"more":[1]}`, 0, true},
		{"below headers", nil, `{"headers":{"Authorization":` + bearer + `}}`, 0, true},
		{"below headers, small", nil, `{"headers":{"authorization":` + bearer + `}}`, 0, true},
		{"header", inHeader, `null`, 0, true},
		{"the same twice", inHeader, `{"authorization":` + bearer + `,"headers":{"Authorization":` + bearer + `}}`, 0, true},
		{"none", nil, `{"authorization":null}`, 0, false},
		{"two tokens", inHeader, `{"authorization":"Bearer ` + tokenB + `"}`, 4403, false},
		{"two tokens in the payload", nil, `{"authorization":"Bearer ` + tokenB + `","headers":{"authorization":` + bearer + `}}`, 4403, false},
		{"empty", nil, `{"authorization":""}`, 4403, false},
		{"no scheme", nil, `{"authorization":"` + tokenA + `"}`, 4403, false},
		{"line", nil, `{"authorization":"Bearer a\r\nb"}`, 4403, false},
		{"number", nil, `{"authorization":7}`, 4400, false},
		{"list", nil, `{"headers":{"authorization":[` + bearer + `]}}`, 4400, false},
		{"payload is text", nil, `"Bearer"`, 4400, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			client := gw.socket(t, c.header)
			client.send(`{"type":"connection_init","payload":` + c.payload + `}`)
			if c.code != 0 {
				if reason := client.wantClosed(c.code); strings.Contains(reason, "tok") && strings.Contains(reason, "-") || reason == "" {
					t.Errorf("the reason is %q", reason)
				}
				return
			}
			client.want(`{"type":"connection_ack"}`)
			client.subscribe("1", `{ jobs { nodes { state } } }`)
			if got := client.next(); strings.Contains(got, "UNAUTHENTICATED") == c.isKnown {
				t.Error(got)
			}
			_ = client.conn.Close(websocket.StatusNormalClosure, "")
		})
	}
}

// What the protocol does not have closes the connection, with the code that the protocol has for it.
func TestSocketFaults(t *testing.T) {
	gw := startLive(t, func(c *live.Config) { c.Limits.StreamsPerToken = 100 })
	const first = `{"id":"1","type":"subscribe","payload":{"query":"subscription { jobsChanged { resync } }"}}`
	for name, c := range map[string]struct {
		messages []string
		code     websocket.StatusCode
	}{
		"no JSON":             {[]string{`{`}, 4400},
		"two objects":         {[]string{`{"type":"ping"}{"type":"ping"}`}, 4400},
		"list":                {[]string{`[]`}, 4400},
		"null":                {[]string{`null`}, 4400},
		"no type":             {[]string{`{"id":"1"}`}, 4400},
		"unknown type":        {[]string{`{"type":"start","id":"1","payload":{}}`}, 4400},
		"type of the server":  {[]string{`{"type":"next","id":"1","payload":{}}`}, 4400},
		"member twice":        {[]string{`{"type":"ping","type":"pong"}`}, 4400},
		"no UTF-8":            {[]string{"{\"type\":\"ping\",\"payload\":{\"a\":\"\xff\"}}"}, 4400},
		"id is a number":      {[]string{`{"type":"subscribe","id":1,"payload":{"query":"{__typename}"}}`}, 4400},
		"no id":               {[]string{`{"type":"subscribe","payload":{"query":"{__typename}"}}`}, 4400},
		"empty id":            {[]string{`{"type":"subscribe","id":"","payload":{"query":"{__typename}"}}`}, 4400},
		"long id":             {[]string{`{"type":"subscribe","id":"` + strings.Repeat("x", 91) + `","payload":{"query":"{__typename}"}}`}, 4400},
		"no payload":          {[]string{`{"type":"subscribe","id":"1"}`}, 4400},
		"payload is text":     {[]string{`{"type":"subscribe","id":"1","payload":"{__typename}"}`}, 4400},
		"no query":            {[]string{`{"type":"subscribe","id":"1","payload":{}}`}, 4400},
		"variables are text":  {[]string{`{"type":"subscribe","id":"1","payload":{"query":"{__typename}","variables":"{}"}}`}, 4400},
		"complete without id": {[]string{`{"type":"complete"}`}, 4400},
		"id is under way":     {[]string{first, first}, 4409},
		"second init":         {[]string{`{"type":"connection_init"}`}, 4429},
		"huge message":        {[]string{`{"type":"ping","payload":{"a":"` + strings.Repeat("x", 64<<10) + `"}}`}, 1009},
	} {
		t.Run(name, func(t *testing.T) {
			client := gw.greeted(t)
			for _, message := range c.messages {
				client.send(message)
			}
			for {
				_, err := client.read()
				if err == nil {
					continue // an event of what had begun
				}
				if closed, _ := errors.AsType[websocket.CloseError](err); closed.Code != c.code || closed.Reason == "" {
					t.Errorf("%v, want %d", err, c.code)
				}
				return
			}
		})
	}
	t.Run("subscribe before init", func(t *testing.T) {
		client := gw.socket(t, nil)
		client.send(first)
		client.wantClosed(4401)
	})
	t.Run("binary", func(t *testing.T) {
		client := gw.greeted(t)
		if err := client.conn.Write(t.Context(), websocket.MessageBinary, []byte(`{"type":"ping"}`)); err != nil {
			t.Fatal(err)
		}
		client.wantClosed(4400)
	})
	t.Run("complete of an unknown id", func(t *testing.T) {
		client := gw.greeted(t)
		client.send(`{"type":"complete","id":"unheard of"}`)
		client.send(`{"type":"pong"}`)
		client.send(`{"type":"ping"}`)
		client.want(`{"type":"pong"}`)
	})
}

// What is wrong with an operation is told as an error of it, and the connection goes on.
func TestSocketOperationsThatFail(t *testing.T) {
	gw := startLive(t)
	c := gw.greeted(t)
	for query, code := range map[string]string{
		`subscription { unheardOf }`: "GRAPHQL_VALIDATION_FAILED",
		`{ jobs`:                     "GRAPHQL_PARSE_FAILED",
		`subscription { jobUpdated(id: "7") { id } }`:         "BAD_USER_INPUT",
		`subscription { jobsChanged(since: "7") { cursor } }`: "BAD_USER_INPUT",
		`query a { __typename } query b { __typename }`:       "OPERATION_RESOLUTION_FAILURE",
		`mutation { jobs }`: "GRAPHQL_VALIDATION_FAILED",
		`{` + strings.Repeat(`a:jobs{nodes{id}}`, 1) + `, b:x}`: "GRAPHQL_VALIDATION_FAILED",
	} {
		c.subscribe("1", query)
		if got := c.next(); !strings.HasPrefix(got, `{"id":"1","type":"error","payload":[{"message":"`) || !strings.Contains(got, `"code":"`+code+`"`) {
			t.Errorf("%s: %s, want %s", query, got, code)
		}
	}
	c.subscribe("1", watchJob)
	c.next()
	gw.jobs.Script(emulator.Fault{Status: http.StatusUnauthorized, Times: 100})
	if got := c.next(); !strings.HasPrefix(got, `{"id":"1","type":"error","payload":[`) || !strings.Contains(got, "UNAUTHENTICATED") {
		t.Error(got)
	}
	c.subscribe("2", `{ __typename }`)
	c.want(`{"id":"2","type":"next","payload":{"data":{"__typename":"Query"}}}`)
}
