//go:build e2e

// Package composition_test holds the subgraph's schema to what composers and a router make of it, and
// docs/federation.md to both.
package composition_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"jobsgateway/e2e/npm"
	"jobsgateway/e2e/program"
	"jobsgateway/graph"
)

const (
	commandLimit = 3 * time.Minute // of a script on a slow machine
	askLimit     = 20 * time.Second
)

// install gets the versions that the lock file pins, once for all tests.
var install = sync.OnceValue(func() error { return npm.Install(context.Background(), ".") })

// runNode runs a script over what is marshalled from in, and unmarshals what it prints into out.
func runNode(t *testing.T, script string, in, out any) {
	t.Helper()
	if err := install(); err != nil {
		t.Fatal(err)
	}
	input, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), commandLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", script)
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(input), &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", script, err, stderr.Bytes())
	}
	if err := json.Unmarshal(stdout.Bytes(), out); err != nil {
		t.Fatalf("%s: %v\n%s", script, err, stdout.Bytes())
	}
}

// subgraph is one schema to compose.
type subgraph struct {
	Name string `json:"name"`
	URL  string `json:"url,omitempty"`
	SDL  string `json:"sdl"`
}

// said is what a composer says of a list of subgraphs.
type said struct {
	Errors     []remark `json:"errors"`
	Hints      []remark `json:"hints"`
	Supergraph string   `json:"supergraph"` // empty when there are errors
}

type remark struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// composers are the names that compose.mjs gives them.
var composers = [...]string{"apollo", "guild"}

// compose gives, for each list of subgraphs, what each composer says of it.
func compose(t *testing.T, cases ...[]subgraph) []map[string]said {
	t.Helper()
	var results []map[string]said
	runNode(t, "compose.mjs", cases, &results)
	if len(results) != len(cases) {
		t.Fatalf("%d results of %d cases", len(results), len(cases))
	}
	for i, result := range results {
		for _, composer := range composers {
			if _, ok := result[composer]; !ok || len(result) != len(composers) {
				t.Fatalf("case %d: composers %v", i, result)
			}
		}
	}
	return results
}

// ourSubgraph is the gateway's subgraph, served at url.
func ourSubgraph(t *testing.T, url string) subgraph {
	t.Helper()
	sdl, err := graph.SubgraphSDL(true)
	if err != nil {
		t.Fatal(err)
	}
	return subgraph{Name: "jobs", URL: url, SDL: sdl}
}

// neighbourSubgraph is the committed subgraph of another team, served at url.
func neighbourSubgraph(t *testing.T, url string) subgraph {
	t.Helper()
	return subgraph{Name: "neighbour", URL: url, SDL: readText(t, "neighbour.graphql")}
}

func readText(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestMain(m *testing.M) { os.Exit(program.Main(m)) }

// startGateway runs the built gateway over its embedded Jobs API until the test ends, and gives the URL of
// its endpoint.
func startGateway(t *testing.T, flags ...string) (endpoint string) {
	t.Helper()
	return program.Start(t, append([]string{"--demo"}, flags...)...).Public + "/graphql"
}

// operation is what a client sends.
type operation struct {
	Query     string         `json:"query"`
	Variables map[string]any `json:"variables,omitempty"`
}

// answer is what a client gets.
type answer struct {
	Data   json.RawMessage `json:"data"`
	Errors []struct {
		Path       []any `json:"path"`
		Extensions struct {
			Code      string `json:"code"`
			RequestID string `json:"requestId"`
			Cost      int    `json:"cost"` // when the cost is over the limit
		} `json:"extensions"`
	} `json:"errors"`
	Extensions struct {
		Cost struct {
			Estimated int `json:"estimated"`
		} `json:"cost"`
	} `json:"extensions"`
}

// codes are the codes of the answer's errors with their paths, as "path code".
func (a answer) codes() []string {
	list := []string{}
	for _, e := range a.Errors {
		path, _ := json.Marshal(e.Path)
		list = append(list, string(path)+" "+e.Extensions.Code)
	}
	return list
}

// postOperation sends an operation to a gateway, with the token demo.
func postOperation(t *testing.T, url string, op operation) answer {
	t.Helper()
	body, err := json.Marshal(op)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), askLimit)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer demo")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var got answer
	if err := json.NewDecoder(res.Body).Decode(&got); err != nil {
		t.Fatal(err)
	}
	return got
}

// forwarded are the headers that a router has to forward, as a client sends them.
var forwarded = map[string]string{
	"authorization": "Bearer demo",
	"x-request-id":  "asked-through-the-router",
	"traceparent":   "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
	"tracestate":    "rojo=1",
}

// routeOperations sends operations with the headers above through the router over a supergraph. The
// configuration is the page's, or empty for none.
func routeOperations(t *testing.T, supergraph, config string, operations ...operation) []answer {
	t.Helper()
	var answers []answer
	runNode(t, "route.mjs", map[string]any{
		"supergraph": supergraph, "headers": forwarded, "config": config, "operations": operations,
	}, &answers)
	if len(answers) != len(operations) {
		t.Fatalf("%d answers to %d operations", len(answers), len(operations))
	}
	return answers
}

// federationPage is docs/federation.md.
func federationPage(t *testing.T) string {
	t.Helper()
	return readText(t, filepath.Join("..", "..", "docs", "federation.md"))
}

// configurationOfPage is the router's configuration on the page: what is there for all operations.
func configurationOfPage(t *testing.T) string {
	t.Helper()
	return configurationsOfPage(t)[0]
}

// configurationsOfPage are the parts of the router's configuration on the page: what is there for all operations, and
// what comes behind it for subscriptions over a WebSocket.
func configurationsOfPage(t *testing.T) []string {
	t.Helper()
	blocks := []string{}
	for _, block := range strings.Split(federationPage(t), "\n```js\n")[1:] {
		block, _, closed := strings.Cut(block, "\n```\n")
		if !closed || !strings.Contains(block, "gatewayConfig") {
			t.Fatalf("docs/federation.md has a block of another kind: %s", block)
		}
		blocks = append(blocks, block)
	}
	if len(blocks) != 2 {
		t.Fatalf("docs/federation.md has %d parts of the router's configuration", len(blocks))
	}
	return blocks
}

// tableUnder gives the rows of the page's table under a heading, without the two lines of its head.
func tableUnder(t *testing.T, heading string) []string {
	t.Helper()
	_, section, found := strings.Cut(federationPage(t), "\n## "+heading+"\n")
	if !found {
		t.Fatalf("docs/federation.md has no heading %q", heading)
	}
	section, _, _ = strings.Cut(section, "\n## ")
	rows := []string{}
	for line := range strings.Lines(section) {
		if strings.HasPrefix(line, "|") {
			rows = append(rows, strings.TrimSpace(line))
		}
	}
	if len(rows) < 3 {
		t.Fatalf("docs/federation.md has no table under %q", heading)
	}
	return rows[2:]
}
