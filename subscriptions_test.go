package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"jobsgateway/internal/clienttest"
	"jobsgateway/internal/playground"
)

// subscribe sends a subscription, and gives its answer and the lines of it that are no comment and not empty.
func subscribe(t *testing.T, gw runningGateway, query string) (*http.Response, func() string) {
	t.Helper()
	body := strings.NewReader(`{"query":"` + query + `"}`)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, gw.public+"/graphql", body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header = http.Header{
		"Accept": {"text/event-stream"}, "Content-Type": {"application/json"}, "Authorization": {"Bearer " + clienttest.Token},
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = res.Body.Close() })
	lines := bufio.NewScanner(res.Body)
	return res, func() string {
		for lines.Scan() {
			if line := lines.Text(); line != "" && line != ":" {
				return line
			}
		}
		return ""
	}
}

// Streams end with complete when the gateway is told to stop, and then it ends.
func TestStopEndsSubscriptions(t *testing.T) {
	t.Parallel()
	ctx, signal := context.WithCancel(t.Context())
	gw, done := runGateway(ctx, t, "--demo", "--drain-delay=0s")
	_, line := subscribe(t, gw, `subscription { jobsChanged { resync jobs { id } } }`)
	if got := []string{line(), line()}; !slices.Equal(got, []string{"event: next", `data: {"data":{"jobsChanged":{"resync":false,"jobs":[]}}}`}) {
		t.Errorf("%q", got)
	}
	signal()
	last := ""
	for next := line(); next != ""; next = line() {
		if last = next; next == "event: complete" {
			break
		}
	}
	if last != "event: complete" || line() != "data:" || line() != "" {
		t.Errorf("the stream ends with %q", last)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// WebSockets, which net/http knows nothing of, end as streams do, and then the process.
func TestStopEndsWebSockets(t *testing.T) {
	t.Parallel()
	ctx, signal := context.WithCancel(t.Context())
	gw, done := runGateway(ctx, t, "--demo", "--drain-delay=0s")
	conn, _, err := websocket.Dial(t.Context(), gw.public+"/graphql", &websocket.DialOptions{
		Subprotocols: []string{"graphql-transport-ws"},
		HTTPHeader:   http.Header{"Authorization": {"Bearer " + clienttest.Token}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseNow()
	for _, message := range []string{
		`{"type":"connection_init"}`,
		`{"type":"subscribe","id":"1","payload":{"query":"subscription { jobsChanged { resync } }"}}`,
	} {
		if err := conn.Write(t.Context(), websocket.MessageText, []byte(message)); err != nil {
			t.Fatal(err)
		}
		if _, text, err := conn.Read(t.Context()); err != nil {
			t.Fatalf("%s %v", text, err)
		}
	}
	signal()
	last := ""
	for err == nil {
		var text []byte
		if _, text, err = conn.Read(t.Context()); err == nil {
			last = string(text)
		}
	}
	if last != `{"id":"1","type":"complete"}` || websocket.CloseStatus(err) != websocket.StatusGoingAway {
		t.Errorf("it ends with %s and %v", last, err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// What the page for frontends shows is what a client gets.
func TestDocumentedSubscription(t *testing.T) {
	t.Parallel()
	gw := startGateway(t, "--demo", "--poll-interval=100ms")
	shown := fenced(t, section(t, "docs/frontends.md", "## Subscriptions"), "graphql", 0)
	_, line := subscribe(t, gw, onOneLine(shown))
	for range 2 {
		if event, data := line(), line(); event != "event: next" || !strings.HasPrefix(data, `data: {"data":{"jobsChanged":{"cursor":"`) {
			t.Fatalf("%s %s", event, data)
		}
	}
}

// onOneLine is a document without comments that subscribe can send.
func onOneLine(document string) string {
	return strings.Join(strings.Fields(regexp.MustCompile(`(?m)^#.*$`).ReplaceAllString(document, "")), " ")
}

// The playground's example of a subscription is told of something that happens in the demonstration.
func TestDemoTellsOfChanges(t *testing.T) {
	t.Parallel()
	gw := startGateway(t, "--demo")
	tried := 0
	for _, example := range playground.Examples() {
		if !strings.Contains(example.Query, "\nsubscription ") {
			continue
		}
		tried++
		_, line := subscribe(t, gw, onOneLine(example.Query))
		for _, want := range []string{`data: {"data":{"jobsChanged":{"jobs":[],`, `data: {"data":{"jobsChanged":{"jobs":[{"id":"`} {
			if event, data := line(), line(); event != "event: next" || !strings.HasPrefix(data, want) {
				t.Errorf("%s: %s %s, want %s", example.Name, event, data, want)
			}
		}
	}
	if tried == 0 {
		t.Error("no example is a subscription")
	}
}

// With --live=false no schema has a subscription, and an age ends each of them.
func TestSettingsOfSubscriptions(t *testing.T) {
	t.Parallel()
	const query = `subscription { jobsChanged { resync } }`
	off := startGateway(t, "--demo", "--live=false")
	res, _ := subscribe(t, off, query)
	if text, err := io.ReadAll(res.Body); err != nil || res.StatusCode != http.StatusNotAcceptable ||
		!strings.Contains(string(text), "Subscriptions are switched off here") {
		t.Errorf("--live=false: %d %s %v", res.StatusCode, text, err)
	}
	_, _, sdl := getURL(t, off.public+"/schema.graphql")
	if strings.Contains(sdl, "type Subscription") {
		t.Error("--live=false serves a schema with subscriptions")
	}
	limited := startGateway(t, "--demo", "--max-streams=1")
	_, first := subscribe(t, limited, query)
	first()
	res, _ = subscribe(t, limited, query)
	if text, err := io.ReadAll(res.Body); err != nil || !strings.Contains(string(text), "SUBSCRIPTION_LIMIT_EXCEEDED") {
		t.Errorf("%s %v", text, err)
	}
	_, aging := subscribe(t, startGateway(t, "--demo", "--max-stream-age=1s"), query)
	last := ""
	for next := aging(); next != ""; next = aging() {
		last = next
	}
	if last != "data:" {
		t.Errorf("the stream ends with %q", last)
	}
}
