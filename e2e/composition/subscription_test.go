//go:build e2e

package composition_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"
)

// followed is a subscription, and how many of its answers are waited for; 0 for all of them.
type followed struct {
	operation
	Events int `json:"events,omitempty"`
}

// followOperations sends subscriptions with the forwarded headers through the router over a supergraph.
func followOperations(t *testing.T, supergraph, config string, operations ...followed) [][]answer {
	t.Helper()
	var streams [][]answer
	runNode(t, "follow.mjs", map[string]any{
		"supergraph": supergraph, "headers": forwarded, "config": config, "operations": operations,
	}, &streams)
	if len(streams) != len(operations) {
		t.Fatalf("%d streams of %d operations", len(streams), len(operations))
	}
	return streams
}

// A subscription to our subgraph comes through the router, with what the neighbour knows of each event: by server-sent
// events, and over a WebSocket. Over a WebSocket the router tells nobody why a subscription has failed.
func TestRouterSubscriptions(t *testing.T) {
	t.Parallel()
	gateway := startGateway(t, "--poll-interval=200ms")
	target, err := url.Parse(gateway)
	if err != nil {
		t.Fatal(err)
	}
	sockets := atomic.Int32{}
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: target.Scheme, Host: target.Host})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") == "websocket" {
			sockets.Add(1)
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	neighbourURL, _ := serveNeighbour(t)
	graph := supergraph(t, server.URL+target.Path, neighbourURL)
	one := followed{operation: operation{
		Query:     `subscription ($id: ID!) {jobUpdated(id: $id) {isFinal dataset {id name}}}`,
		Variables: map[string]any{"id": endedJob(t, gateway)},
	}}
	refused := followed{operation: operation{Query: `subscription {jobUpdated(id: "no-uuid") {id}}`}}
	changes := followed{operation{Query: `subscription {jobsChanged {resync jobs {id dataset {id name}}}}`}, 4}
	parts := configurationsOfPage(t)

	follow := func(config, dataOfRefused, code string) {
		t.Helper()
		streams := followOperations(t, graph, config, one, refused, changes)
		if len(streams[0]) != 1 || len(streams[1]) != 1 || len(streams[2]) != changes.Events {
			t.Fatalf("%d, %d, %d answers", len(streams[0]), len(streams[1]), len(streams[2]))
		}
		wantAnswer(t, streams[0][0], `{"jobUpdated":{"isFinal":true,"dataset":{"id":"11852","name":"dataset 11852"}}}`)
		wantAnswer(t, streams[1][0], dataOfRefused, code)
		checkChanges(t, streams[2])
	}
	follow(parts[0], `{"jobUpdated":null}`, `["jobUpdated"] BAD_USER_INPUT`)
	if sockets.Load() > 0 {
		t.Error("the router uses WebSockets without being told")
	}
	follow(parts[0]+parts[1], "", `null INTERNAL_SERVER_ERROR`)
	if sockets.Load() == 0 {
		t.Error("the router uses no WebSocket")
	}

	untold := followOperations(t, graph, "", changes)[0]
	if len(untold) != 1 || len(untold[0].Errors) != 1 || untold[0].Errors[0].Extensions.Code != "UNAUTHENTICATED" {
		t.Errorf("without a token: %+v", untold)
	}
}

// endedJob is a job of the dataset 11852 that is final.
func endedJob(t *testing.T, gateway string) (id string) {
	t.Helper()
	var ended struct {
		Jobs struct {
			Nodes []struct {
				ID string `json:"id"`
			} `json:"nodes"`
		} `json:"jobs"`
	}
	data := postOperation(t, gateway, operation{Query: `{jobs(first: 1, filter: {datasetId: "11852", states: [COMPLETED]}) {nodes {id}}}`}).Data
	if err := json.Unmarshal(data, &ended); err != nil || len(ended.Jobs.Nodes) != 1 {
		t.Fatalf("%s %v", data, err)
	}
	return ended.Jobs.Nodes[0].ID
}

// checkChanges ensures that jobs have changed, and that each dataset has the neighbour's name.
func checkChanges(t *testing.T, answers []answer) {
	t.Helper()
	jobs, named := 0, 0
	for _, got := range answers {
		var event struct {
			JobsChanged struct {
				Resync bool `json:"resync"`
				Jobs   []struct {
					ID      string `json:"id"`
					Dataset *struct {
						ID   string `json:"id"`
						Name string `json:"name"`
					} `json:"dataset"`
				} `json:"jobs"`
			} `json:"jobsChanged"`
		}
		if err := json.Unmarshal(got.Data, &event); err != nil || len(got.Errors) > 0 || event.JobsChanged.Resync {
			t.Errorf("%s %v %v", got.Data, got.Errors, err)
		}
		for _, job := range event.JobsChanged.Jobs {
			jobs++
			if job.Dataset != nil {
				named++
				if job.Dataset.Name != "dataset "+job.Dataset.ID {
					t.Errorf("%s is %q", job.Dataset.ID, job.Dataset.Name)
				}
			}
		}
	}
	if jobs < len(answers)-1 {
		t.Errorf("%d jobs in %d events", jobs, len(answers))
	}
	t.Logf("%d jobs, %d of a dataset", jobs, named)
}
