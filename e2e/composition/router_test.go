//go:build e2e

package composition_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	missing = "00000000-0000-4000-8000-000000000000" // a job that is not there
	pinned  = `"pinned":[{"name":"dataset 11852"},{"name":"dataset 11853"}]`
)

// recorder remembers the headers of the last request.
type recorder struct {
	mu   sync.Mutex
	seen http.Header
}

// serve serves a handler and records what comes to it.
func (r *recorder) serve(t *testing.T, handler http.Handler) (url string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.mu.Lock()
		r.seen = req.Header.Clone()
		r.mu.Unlock()
		handler.ServeHTTP(w, req)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// got gives those of the forwarded headers that the last request had as the client sent them.
func (r *recorder) got() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	names := []string{}
	for name, value := range forwarded {
		if r.seen.Get(name) == value {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

// serveNeighbour answers for the neighbour: two pinned datasets, a data plane, a bill for a job that is not
// there, and a name for whichever dataset is asked for.
func serveNeighbour(t *testing.T) (url string, seen *recorder) {
	t.Helper()
	seen = &recorder{}
	return seen.serve(t, http.HandlerFunc(answerAsNeighbour)), seen
}

func answerAsNeighbour(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		Query     string `json:"query"`
		Variables struct {
			Representations []map[string]any `json:"representations"`
		} `json:"variables"`
	}
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	data := map[string]any{
		"pinned":     []any{datasetEntity("11852"), datasetEntity("11853")},
		"dataPlanes": map[string]any{"nodes": []any{map[string]any{"__typename": "DataPlane", "id": "1", "labels": map[string]any{}}}},
		"bills":      []any{map[string]any{"cents": 7, "job": map[string]any{"__typename": "Job", "id": missing}}},
	}
	if strings.Contains(asked.Query, "_entities") {
		entities := []any{}
		for _, representation := range asked.Variables.Representations {
			id, _ := representation["id"].(string)
			entities = append(entities, datasetEntity(id))
		}
		data = map[string]any{"_entities": entities}
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"data": data})
}

func datasetEntity(id string) map[string]any {
	return map[string]any{"__typename": "Dataset", "id": id, "name": "dataset " + id}
}

// supergraph composes ours with the neighbour's, served at two URLs.
func supergraph(t *testing.T, oursURL, neighbourURL string) string {
	t.Helper()
	said := compose(t, []subgraph{ourSubgraph(t, oursURL), neighbourSubgraph(t, neighbourURL)})[0]["apollo"]
	if said.Supergraph == "" {
		t.Fatal(said.messages())
	}
	return said.Supergraph
}

// Told as the page tells it, the router forwards to us what we are to get, and to nobody else; untold, the
// request id and nothing else. What we cannot answer leaves the others' data alone.
func TestRouterHeaders(t *testing.T) {
	t.Parallel()
	target, err := url.Parse(startGateway(t))
	if err != nil {
		t.Fatal(err)
	}
	toUs := &recorder{}
	oursURL := toUs.serve(t, httputil.NewSingleHostReverseProxy(&url.URL{Scheme: target.Scheme, Host: target.Host})) + target.Path
	neighbourURL, toThem := serveNeighbour(t)
	graph := supergraph(t, oursURL, neighbourURL)
	listed := operation{Query: `{pinned {name} jobs(first: 1) {pageInfo {hasPreviousPage}}}`}
	refused := operation{Query: `{pinned {name} jobs(first: -1) {totalCount}}`}
	joined := operation{Query: `{jobs(first: 1, filter: {datasetId: "11852"}) {nodes {dataset {id name}}}}`}

	answers := routeOperations(t, graph, configurationOfPage(t), listed, refused, joined)
	wantAnswer(t, answers[0], `{`+pinned+`,"jobs":{"pageInfo":{"hasPreviousPage":false}}}`)
	wantAnswer(t, answers[1], `{`+pinned+`,"jobs":null}`, `["jobs"] BAD_USER_INPUT`)
	wantAnswer(t, answers[2], `{"jobs":{"nodes":[{"dataset":{"id":"11852","name":"dataset 11852"}}]}}`)
	if toUs.got() != "authorization traceparent tracestate x-request-id" || toThem.got() != "x-request-id" {
		t.Errorf("told, the router forwarded to us %s, to the others %s", toUs.got(), toThem.got())
	}
	if len(answers[1].Errors) == 1 && answers[1].Errors[0].Extensions.RequestID != forwarded["x-request-id"] {
		t.Errorf("request id %s", answers[1].Errors[0].Extensions.RequestID)
	}

	answers = routeOperations(t, graph, "", listed)
	wantAnswer(t, answers[0], `{`+pinned+`,"jobs":null}`, `["jobs"] UNAUTHENTICATED`)
	if toUs.got() != "x-request-id" || toThem.got() != "x-request-id" {
		t.Errorf("untold, the router forwarded to us %s, to the others %s", toUs.got(), toThem.got())
	}
}

// Without the gateway, its roots, its fields of others' objects and others' references to jobs are null, and
// everything else is there. A reference to a job that is not there comes to the same.
func TestRouterOutage(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(http.NotFoundHandler())
	goneURL := gone.URL + "/graphql"
	gone.Close()
	neighbourURL, _ := serveNeighbour(t)
	bill := operation{Query: `{bills {cents job {id state}}}`}
	const unpaid = `{"bills":[{"cents":7,"job":null}]}`
	answers := routeOperations(t, supergraph(t, goneURL, neighbourURL), configurationOfPage(t), bill,
		operation{Query: `{pinned {name} jobs(first: 1) {totalCount} job(id: "x") {id} dataset(id: "1") {jobs {totalCount}} datasets(ids: ["1"]) {id}}`},
		operation{Query: `{pinned {name latestJob {id} jobs {totalCount}}}`},
	)
	for i, want := range []string{
		unpaid,
		`{` + pinned + `,"jobs":null,"job":null,"dataset":null,"datasets":null}`,
		`{` + strings.ReplaceAll(pinned, `"}`, `","latestJob":null,"jobs":null}`) + `}`,
	} {
		if string(answers[i].Data) != want || len(answers[i].Errors) == 0 {
			t.Errorf("%s with %d errors, want %s with some", answers[i].Data, len(answers[i].Errors), want)
		}
	}
	if got := routeOperations(t, supergraph(t, startGateway(t), neighbourURL), configurationOfPage(t), bill)[0]; string(got.Data) != unpaid {
		t.Errorf("%s, want %s", got.Data, unpaid)
	}
}

// wantAnswer checks an answer's data, and its errors as "path code".
func wantAnswer(t *testing.T, got answer, data string, codes ...string) {
	t.Helper()
	if string(got.Data) != data {
		t.Errorf("%s, want %s", got.Data, data)
	}
	if !slices.Equal(got.codes(), codes) && len(got.codes())+len(codes) > 0 {
		t.Errorf("%s, want %s", got.codes(), codes)
	}
}

const entities = `query ($r: [_Any!]!) {_entities(representations: $r) {__typename ... on Dataset {id} ... on Job {id}}}`

// What the page promises of _entities: order, null without an error for a job that is not there, a bad
// representation's error at its own place, and one call for each distinct job, as many as an operation may
// make.
func TestEntities(t *testing.T) {
	t.Parallel()
	gateway := startGateway(t)
	unknown := func(i int) map[string]any {
		return map[string]any{"__typename": "Job", "id": fmt.Sprintf("00000000-0000-4000-8000-%012d", i)}
	}
	representation := func(name, id string) map[string]any { return map[string]any{"__typename": name, "id": id} }
	asked := func(list ...map[string]any) answer {
		return postOperation(t, gateway, operation{Query: entities, Variables: map[string]any{"r": list}})
	}

	var listed struct {
		Jobs struct {
			Nodes []struct {
				ID string `json:"id"`
			} `json:"nodes"`
		} `json:"jobs"`
	}
	if err := json.Unmarshal(postOperation(t, gateway, operation{Query: `{jobs(first: 2) {nodes {id}}}`}).Data, &listed); err != nil || len(listed.Jobs.Nodes) != 2 {
		t.Fatalf("%d jobs, %v", len(listed.Jobs.Nodes), err)
	}
	first, second := listed.Jobs.Nodes[0].ID, listed.Jobs.Nodes[1].ID
	wantAnswer(t, asked(representation("Job", second), unknown(1), representation("Dataset", "1"), representation("Job", first)),
		`{"_entities":[{"__typename":"Job","id":"`+second+`"},null,{"__typename":"Dataset","id":"1"},{"__typename":"Job","id":"`+first+`"}]}`)

	wantAnswer(t, asked(representation("Dataset", "2"), unknown(1), representation("Dataset", "none"), representation("Nothing", "1"),
		representation("Dataset", "1"), representation("Dataset", "2")),
		`{"_entities":[{"__typename":"Dataset","id":"2"},null,null,null,{"__typename":"Dataset","id":"1"},{"__typename":"Dataset","id":"2"}]}`,
		`["_entities",2] BAD_USER_INPUT`, `["_entities",3] BAD_USER_INPUT`)

	list := []map[string]any{}
	for i := range 200 {
		list = append(list, unknown(i), unknown(i)) // the second is no call of its own
	}
	nulls := strings.TrimSuffix(strings.Repeat("null,", 401), ",")
	wantAnswer(t, asked(list...), `{"_entities":[`+strings.TrimSuffix(nulls, ",null")+`]}`)
	wantAnswer(t, asked(append(list, unknown(200))...), `{"_entities":[`+nulls+`]}`, `["_entities",400] REQUEST_LIMIT_EXCEEDED`)
}

// With --federation=false the endpoint is no subgraph: neither of federation's fields is there, and node is.
func TestFederationOff(t *testing.T) {
	t.Parallel()
	gateway := startGateway(t, "--federation=false")
	fields := postOperation(t, gateway, operation{Query: `{__schema {queryType {fields {name}}}}`})
	want := `{"__schema":{"queryType":{"fields":[{"name":"jobs"},{"name":"job"},{"name":"dataset"},{"name":"datasets"},{"name":"jobStateCounts"},{"name":"node"},{"name":"nodes"}]}}}`
	if diff := cmp.Diff(want, string(fields.Data)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, query := range []string{`{_service {sdl}}`, `{_entities(representations: []) {__typename}}`} {
		if got := postOperation(t, gateway, operation{Query: query}); len(got.Errors) == 0 || got.Errors[0].Extensions.Code != "GRAPHQL_VALIDATION_FAILED" {
			t.Errorf("%s: %s %s", query, got.Data, got.codes())
		}
	}
	on := startGateway(t)
	if got := postOperation(t, on, operation{Query: `{_service {sdl} node(id: "x") {id}}`}); !strings.Contains(string(got.Data), "@link") ||
		!slices.Equal(got.codes(), []string{`["node"] BAD_USER_INPUT`}) {
		t.Errorf("with federation: %s %s", got.Data, got.codes())
	}
}
