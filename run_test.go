package main

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"jobsgateway/graph"
	"jobsgateway/internal/emulator"
	"jobsgateway/internal/logtest"
	"jobsgateway/internal/playground"
)

// The two listeners show what belongs to them and nothing else, and neither health path asks the upstream.
func TestListeners(t *testing.T) {
	t.Parallel()
	api := emulator.New(emulator.Options{})
	upstream := httptest.NewServer(api)
	defer upstream.Close()
	gw := startGateway(t, "--upstream-url", upstream.URL)
	for url, want := range map[string]int{
		gw.admin + "/healthz":         http.StatusOK,
		gw.admin + "/readyz":          http.StatusOK,
		gw.admin + "/graphql":         http.StatusNotFound,
		gw.public + "/":               http.StatusOK,
		gw.public + "/schema.graphql": http.StatusOK,
		gw.public + "/healthz":        http.StatusNotFound,
		gw.public + "/readyz":         http.StatusNotFound,
		gw.public + "/metrics":        http.StatusNotFound,
	} {
		if status, _, _ := getURL(t, url); status != want {
			t.Errorf("%s: %d, want %d", url, status, want)
		}
	}
	if api.Total() != 0 {
		t.Errorf("the upstream was asked: %v", api.Requests())
	}
}

// What is served as the clients' schema is what the binary prints, and what _service gives is its
// --federation.
func TestSchemas(t *testing.T) {
	t.Parallel()
	printed := func(args ...string) string {
		var out strings.Builder
		if err := run(t.Context(), args, nil, &out, io.Discard); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	client, subgraph := printed("schema"), printed("schema", "--federation")
	gw := startGateway(t, "--demo")
	if _, _, served := getURL(t, gw.public+"/schema.graphql"); served != client {
		t.Error("/schema.graphql differs from `jobsgateway schema`")
	}
	var service struct{ Service struct{ SDL string } }
	queryData(t, gw, `{ Service: _service { SDL: sdl } }`, nil, &service)
	if diff := cmp.Diff(subgraph, service.Service.SDL); diff != "" {
		t.Errorf("_service differs from `jobsgateway schema --federation`:\n%s", diff)
	}
	for _, word := range []string{"@key", "@link", "@shareable", "@tag", "@listSize", "_Any", "Entity", "_service", "goField"} {
		if strings.Contains(client, word) {
			t.Errorf("the clients' schema has the word %s", word)
		}
	}
	for _, word := range []string{"node(", "interface Node", "implements Node", "goField", "directive"} {
		if strings.Contains(subgraph, word) {
			t.Errorf("the subgraph's schema has the word %s", word)
		}
	}
	if want, err := graph.ClientSDL(true); err != nil || want != client {
		t.Error("the printed schema is another one")
	}
}

// --playground=false leaves nothing at the root, and nobody is told to open it.
func TestPlaygroundOff(t *testing.T) {
	t.Parallel()
	gw := startGateway(t, "--demo", "--playground=false")
	if status, _, _ := getURL(t, gw.public+"/"); status != http.StatusNotFound {
		t.Errorf("/ answers %d", status)
	}
	if line := gw.log.Await(t, "demonstration data"); line["open"] != nil || line["try"] == nil {
		t.Errorf("logged %v", line)
	}
	if line := startGateway(t, "--demo").log.Await(t, "demonstration data"); line["open"] == nil {
		t.Errorf("logged %v", line)
	}
}

// The demonstration's greeting names the page only where there is one.
func TestWelcome(t *testing.T) {
	t.Parallel()
	for page, want := range map[bool]string{
		true:  "\nJobs Gateway, with demonstration data. Open\n\n    http://a.example:1\n\nor ask from another terminal:\n\n    curl ",
		false: "\nJobs Gateway, with demonstration data. Ask from another terminal:\n\n    curl ",
	} {
		var said strings.Builder
		welcome(&said, slog.New(slog.DiscardHandler), "a.example:1", page)
		if !strings.HasPrefix(said.String(), want) {
			t.Errorf("%v: %s", page, said.String())
		}
	}
}

// The page has no example of a subscription where there are none.
func TestPlaygroundWithoutSubscriptions(t *testing.T) {
	t.Parallel()
	for none, flags := range map[bool][]string{true: {"--demo", "--live=false"}, false: {"--demo"}} {
		_, _, page := getURL(t, startGateway(t, flags...).public+"/")
		if strings.Contains(page, " data-no-subscriptions") != none {
			t.Errorf("%q: %s", flags, page)
		}
	}
}

// The page says where the schema is hidden, and does not ask for it then.
func TestPlaygroundWithoutIntrospection(t *testing.T) {
	t.Parallel()
	for hidden, flags := range map[bool][]string{true: {"--demo", "--introspection=false"}, false: {"--demo"}} {
		_, _, page := getURL(t, startGateway(t, flags...).public+"/")
		if strings.Contains(page, " data-schema-hidden") != hidden {
			t.Errorf("%q: %s", flags, page)
		}
	}
}

// The page allows no foreign source, and every example that it offers runs.
func TestPlayground(t *testing.T) {
	t.Parallel()
	gw := startGateway(t, "--demo")
	_, header, page := getURL(t, gw.public+"/")
	if policy := header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
		t.Errorf("policy %q", policy)
	}
	if foreign := regexp.MustCompile(`(?:src|href)="(?:https?:)?//[^"]*"`).FindString(page); foreign != "" {
		t.Errorf("the page loads %s", foreign)
	}
	for _, example := range playground.Examples() {
		variables := map[string]any{}
		if example.Variables != "" {
			if err := json.Unmarshal([]byte(example.Variables), &variables); err != nil {
				t.Fatal(err)
			}
		}
		var data map[string]any
		if strings.Contains(example.Query, "\nsubscription ") {
			continue // TestDemoTellsOfChanges
		}
		queryData(t, gw, example.Query, variables, &data)
		if len(data) == 0 {
			t.Errorf("%s: no data", example.Name)
		}
	}
}

// The demonstration lives: after its clock has moved on, the same query gives another answer. It is the real
// gateway over a real Jobs API, so its first page is the same as that API's.
func TestDemoLives(t *testing.T) {
	t.Parallel()
	gw := startGateway(t, "--demo")
	type page struct {
		Jobs struct {
			TotalCount int
			Nodes      []struct{ ID, State, UpdatedAt string }
		}
	}
	var first, next page
	const query = `{ jobs(first: 500, orderBy: UPDATED_AT_DESC) { totalCount nodes { id state updatedAt } } }`
	queryData(t, gw, query, nil, &first)
	if first.Jobs.TotalCount < demoJobs || len(first.Jobs.Nodes) != 500 {
		t.Fatalf("%d jobs, %d on a page", first.Jobs.TotalCount, len(first.Jobs.Nodes))
	}
	for deadline := time.Now().Add(patience); cmp.Equal(first, next) || len(next.Jobs.Nodes) == 0; {
		if time.Now().After(deadline) {
			t.Fatal("nothing has changed")
		}
		time.Sleep(100 * time.Millisecond)
		queryData(t, gw, query, nil, &next)
	}
}

// Every wrong setting is reported at once, by its name, before anything is served.
func TestWrongSettings(t *testing.T) {
	t.Parallel()
	err := run(t.Context(), []string{"--max-page-size=501", "--upstream-url=ftp://x"}, []string{"JOBSGW_LOG_LEVEL=loud", "JOBSGW_MAX_PAGES=1"},
		io.Discard, io.Discard)
	if err == nil {
		t.Fatal("accepted")
	}
	for _, name := range []string{"--max-page-size", "JOBSGW_MAX_PAGE_SIZE", "--upstream-url", "JOBSGW_LOG_LEVEL", "JOBSGW_MAX_PAGES"} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%s is not named in:\n%v", name, err)
		}
	}
}

// A port that is taken ends the program with a line that names the setting.
func TestPortInUse(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, flag := range []string{"--listen", "--admin-listen"} {
		args := []string{"--demo", "--listen=127.0.0.1:0", "--admin-listen=127.0.0.1:0", flag + "=" + taken.Addr().String()}
		if err := run(t.Context(), args, nil, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), flag) {
			t.Errorf("%s: %v", flag, err)
		}
	}
}

// On a signal the gateway is not ready at once, answers what runs and what still comes, and ends without an
// error.
func TestGracefulStop(t *testing.T) {
	t.Parallel()
	held, released := make(chan struct{}, 1), make(chan struct{})
	release := sync.OnceFunc(func() { close(released) })
	api := emulator.New(emulator.Options{})
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		held <- struct{}{}
		<-released
		api.ServeHTTP(w, r)
	}))
	defer upstream.Close()
	defer release() // else the server would wait for ever where the test fails
	ctx, signal := context.WithCancel(t.Context())
	gw, done := runGateway(ctx, t, "--upstream-url="+upstream.URL, "--drain-delay=5s") // time for two requests
	answered := make(chan int, 1)
	go func() {
		var data struct{ Jobs struct{ TotalCount int } }
		queryData(t, gw, `{ jobs(first: 0) { totalCount } }`, nil, &data)
		answered <- data.Jobs.TotalCount
	}()
	<-held
	signal()
	gw.log.Await(t, "stopping")
	if status, header, _ := getURL(t, gw.admin+"/readyz"); status != http.StatusServiceUnavailable {
		t.Errorf("readyz %d %v", status, header)
	}
	if res := openURL(t, gw.public+"/schema.graphql"); res.StatusCode != http.StatusOK || !res.Close {
		t.Errorf("while draining: %d, asks to close: %t", res.StatusCode, res.Close)
	}
	for refused, deadline := false, time.Now().Add(patience); !refused; { // the lame duck ends, and no request is taken any more
		if time.Now().After(deadline) {
			t.Fatal("requests are still taken")
		}
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(gw.public, "http://"))
		if refused = err != nil; !refused {
			_ = conn.Close()
		}
	}
	if status, _, _ := getURL(t, gw.admin+"/healthz"); status != http.StatusOK {
		t.Errorf("healthz %d while a request is being finished", status)
	}
	release()
	if n := <-answered; n != 2000 {
		t.Errorf("totalCount %d", n)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// Whoever is told to stop before anybody was served stops at once, without an error.
func TestStopBeforeStart(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	log := &logtest.Buffer{}
	for _, address := range []string{"127.0.0.1:0", "localhost:0"} {
		args := []string{"--demo", "--listen=" + address, "--admin-listen=" + address}
		if err := run(ctx, args, nil, io.Discard, log); err != nil || len(log.With("listening")) > 0 {
			t.Errorf("%s: %v %s", address, err, log)
		}
	}
}
