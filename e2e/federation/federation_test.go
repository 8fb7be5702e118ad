//go:build e2e

package federation_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"jobsgateway/e2e/program"
	"jobsgateway/internal/emulator"
)

// The tokens of the example's datasets subgraph, and the companies that they mean to the Jobs API.
const (
	acme   = "token-of-acme"
	globex = "token-of-globex"
)

var companies = map[string]int64{acme: 1, globex: 2}

// words are what the example's subgraph calls its datasets, in the order of their ids.
var words = []string{"daily audience", "store visits", "mobile ids", "hashed emails", "purchase intent", "weather panel"}

const allJobs = 120 // half of them acme's; each company has jobs of every dataset

func jobID(i int) string     { return fmt.Sprintf("00000000-0000-4000-8000-%012d", i) }
func datasetID(i int) string { return fmt.Sprint(10674 + 31*(i/2%len(words))) }

// jobRecords are the jobs, the newest first: job 0, which is acme's, job 1, which is globex's, and so on.
func jobRecords() []json.RawMessage {
	list := make([]json.RawMessage, allJobs)
	for i := range list {
		kind := "materialize-view"
		if i%3 == 0 {
			kind = "datasets_sample"
		}
		at := fmt.Sprintf("2026-01-01T%02d:%02d:00", 23-i/60, 59-i%60)
		list[i] = json.RawMessage(fmt.Sprintf(`{"job_id":%q,"state":"completed","type":%q,"created_at":%q,"updated_at":%q,
			"data_plane_id":"f79cbdae-4848-47ca-95e8-69588364d185","input":{"dataset_id":%s},"failures":[],
			"request_source":{"type":"api_user","company_id":%d,"user_id":7}}`, jobID(i), kind, at, at, datasetID(i), 1+i%2))
	}
	return list
}

// federation is the whole: the Jobs API, the gateway over it, the datasets subgraph, and routers over both.
type federation struct {
	api            *emulator.Emulator
	gateway        *program.Program
	jobs, datasets *recorder // what routers take for the subgraphs
	routers        []router
}

type router struct{ name, url string }

func newFederation(t *testing.T) *federation {
	t.Helper()
	installPackages(t, example)
	installPackages(t, ".")
	f := &federation{api: emulator.New(emulator.Options{Records: jobRecords(), Tokens: companies})}
	upstream := httptest.NewServer(f.api)
	t.Cleanup(upstream.Close)
	ports := freePorts(t, 4)

	f.gateway = program.Start(t, "--upstream-url", upstream.URL)
	f.jobs = newRecorder(t, f.gateway.Public)
	datasets := startProcess(t, "datasets", example, []string{"DATASETS_PORT=" + ports[0]}, "node", "datasets.mjs")
	f.datasets = newRecorder(t, "http://127.0.0.1:"+ports[0])

	supergraph := "SUPERGRAPH=" + filepath.Join(t.TempDir(), "supergraph.graphql")
	runCommand(t, example, []string{
		"JOBSGATEWAY=" + program.Binary, supergraph, "JOBS_URL=" + f.jobs.URL + "/graphql", "DATASETS_URL=" + f.datasets.URL + "/graphql",
	}, "node", "compose.mjs")
	hive := []string{"node_modules/@graphql-hive/gateway/dist/bin.js", "supergraph", "--disable-websockets"}
	stock := startProcess(t, "hive", example, []string{supergraph, "PORT=" + ports[1]}, "node", hive...)
	rust := startProcess(t, "hive-rust", example, []string{supergraph, "PORT=" + ports[2], "HIVE_ROUTER_RUNTIME=true"}, "node", hive...)
	apollo := startProcess(t, "apollo", ".", []string{supergraph, "PORT=" + ports[3]}, "node", "apollo.mjs")

	datasets.awaitAnswer(t, "http://127.0.0.1:"+ports[0]+"/health")
	stock.awaitAnswer(t, "http://127.0.0.1:"+ports[1]+"/readiness")
	rust.awaitAnswer(t, "http://127.0.0.1:"+ports[2]+"/readiness")
	apollo.await(t, "it listened", func() bool { return strings.Contains(apollo.output.String(), "listening") })
	// Without its package Hive Gateway falls back to its own planner, and this would be the same test twice.
	if !strings.Contains(rust.output.String(), "Using Hive Router Runtime") || strings.Contains(stock.output.String(), "Hive Router Runtime") {
		t.Fatal("the two planners of Hive Gateway are not what runs")
	}
	for i, name := range []string{"hive", "hive-rust", "apollo"} {
		f.routers = append(f.routers, router{name, "http://127.0.0.1:" + ports[1+i] + "/graphql"})
	}
	return f
}

// recorder is a proxy in front of a subgraph that remembers what routers send it.
type recorder struct {
	*httptest.Server
	away atomic.Bool // it hangs up on everyone
	mu   sync.Mutex
	seen []http.Header
}

func newRecorder(t *testing.T, target string) *recorder {
	t.Helper()
	to, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true}
	proxy := &httputil.ReverseProxy{Transport: transport, Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) }}
	r := &recorder{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.mu.Lock()
		r.seen = append(r.seen, req.Header.Clone())
		r.mu.Unlock()
		if r.away.Load() {
			panic(http.ErrAbortHandler)
		}
		proxy.ServeHTTP(w, req)
	}))
	t.Cleanup(func() {
		r.Close()
		transport.CloseIdleConnections()
	})
	return r
}

// requests gives the headers of the requests so far.
func (r *recorder) requests() []http.Header {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.seen)
}

func (r *recorder) reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen = nil
}

// cost is what one scenario has asked of everyone behind the router.
type cost struct {
	gateway  int // requests to the gateway
	rest     int // calls of the gateway to the Jobs API
	datasets int // requests to the datasets subgraph
}

func (c cost) String() string { return fmt.Sprintf("%d / %d / %d", c.gateway, c.rest, c.datasets) }

func (c cost) plus(datasets int) cost { return cost{c.gateway, c.rest, c.datasets + datasets} }

// spent gives what was asked since the last call.
func (f *federation) spent() cost {
	c := cost{gateway: len(f.jobs.requests()), rest: f.api.Total(), datasets: len(f.datasets.requests())}
	f.jobs.reset()
	f.api.Reset()
	f.datasets.reset()
	return c
}

// request is one request of a client; an empty token sends no Authorization header.
type request struct {
	query     string
	variables map[string]any
	token     string
	header    map[string]string
}

// answer is what came back, with the data decoded into what ask was given.
type answer struct {
	header http.Header
	errors []graphqlError
}

type graphqlError struct {
	Message    string `json:"message"`
	Path       []any  `json:"path"`
	Extensions struct {
		Code      string `json:"code"`
		RequestID string `json:"requestId"`
		Argument  string `json:"argument"`
	} `json:"extensions"`
}

// codes lists the codes of all errors, in their order.
func (a answer) codes() []string {
	list := make([]string, len(a.errors))
	for i, e := range a.errors {
		list[i] = e.Extensions.Code
	}
	return list
}

// ask sends one request to a URL. Anything but a JSON answer with status 200 fails the test; errors in it do
// not.
func ask(t *testing.T, url string, q request, data any) answer {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": q.query, "variables": q.variables})
	if err != nil {
		t.Error(err)
		return answer{}
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		t.Error(err)
		return answer{}
	}
	req.Header.Set("Content-Type", "application/json")
	if q.token != "" {
		req.Header.Set("Authorization", "Bearer "+q.token)
	}
	for name, value := range q.header {
		req.Header.Set(name, value)
	}
	res, err := client.Do(req)
	if err != nil {
		t.Error(err)
		return answer{}
	}
	defer res.Body.Close()
	var text bytes.Buffer
	_, _ = text.ReadFrom(res.Body)
	var envelope struct {
		Data   json.RawMessage `json:"data"`
		Errors []graphqlError  `json:"errors"`
	}
	if err := json.Unmarshal(text.Bytes(), &envelope); err != nil || res.StatusCode != http.StatusOK {
		t.Errorf("%s\n%s %v\n%s", q.query, res.Status, err, text.Bytes())
		return answer{}
	}
	if err := json.Unmarshal(envelope.Data, data); err != nil {
		t.Errorf("%s\n%v\n%s", q.query, err, text.Bytes())
	}
	return answer{header: res.Header, errors: envelope.Errors}
}
