//go:build e2e

// Package language_test compares what the gateway takes for GraphQL with what the reference implementation
// does.
package language_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"jobsgateway/e2e/npm"
	"jobsgateway/graph"
	"jobsgateway/graph/operation"
	"jobsgateway/graph/paging"
	"jobsgateway/internal/clienttest"
	"jobsgateway/internal/document"
	"jobsgateway/internal/emulator"
	"jobsgateway/internal/gateway"
	"jobsgateway/restclient"
)

var (
	seed    = flag.Uint64("language.seed", 1, "where the random documents start")
	samples = flag.Int("language.documents", 2000, "how many random documents are compared, for each schema")
)

// TestDocuments ensures that the gateway and the reference implementation agree on random documents and on
// their mutations: which are GraphQL, which are valid, and where a text stops being GraphQL. What they may
// differ in is written in differences.
func TestDocuments(t *testing.T) {
	if err := npm.Install(t.Context(), "."); err != nil {
		t.Fatal(err)
	}
	for _, federation := range []bool{true, false} {
		t.Run(fmt.Sprintf("federation %v", federation), func(t *testing.T) {
			compare(t, federation)
		})
	}
}

func compare(t *testing.T, federation bool) {
	t.Helper()
	h := startServer(t, federation)
	schema, err := graph.NewSchema(graph.Parts{Federation: federation, Live: true})
	if err != nil {
		t.Fatal(err)
	}
	texts := fixedDocuments()
	r := rand.New(rand.NewPCG(*seed, 0))
	names := namesOf(schema)
	for n := len(texts) + *samples; len(texts) < n; {
		tokens := drawDocument(r, schema)
		texts = append(texts, written(r, tokens), written(r, tokens))
		for range 8 {
			texts = append(texts, written(r, mutated(r, tokens, names)))
		}
		for range 2 {
			texts = append(texts, damaged(r, written(r, tokens)))
		}
	}
	theirs := h.judged(t, texts)
	ours := make([]verdict, len(texts))
	var callers sync.WaitGroup
	for worker := range workers {
		callers.Go(func() {
			for i := worker; i < len(texts); i += workers {
				ours[i] = h.read(texts[i])
			}
		})
	}
	callers.Wait()

	counts := map[string]int{}
	shown := 0
	for i, text := range texts {
		counts[theirs[i].Kind]++
		why := excuse(text, ours[i], theirs[i])
		counts[why]++
		if doc, err := document.Parse(text, len(text)+1); err == nil && len(theirs[i].Nodes) > 0 {
			if diff := cmp.Diff(sorted(theirs[i].Nodes), sorted(nodesOf(doc))); diff != "" {
				t.Errorf("%q is read as (-graphql-js +ours):\n%s", text, diff)
			}
		}
		if why == "" && !ours[i].agrees(theirs[i]) {
			if shown++; shown <= 20 {
				t.Errorf("%q\n ours   %v\n theirs %v", text, ours[i], theirs[i])
			}
		}
	}
	if shown > 20 {
		t.Errorf("%d documents more", shown-20)
	}
	t.Logf("%d documents: %v", len(texts), counts)
	for _, kind := range []string{"valid", "invalid", "syntax"} {
		if counts[kind] < len(texts)/20 {
			t.Errorf("only %d of %d documents are of the kind %q", counts[kind], len(texts), kind)
		}
	}
	for _, d := range differences {
		if counts[d.why] == 0 {
			t.Errorf("no document shows the difference: %s", d.why)
		}
	}
	h.checkLog(t)
}

// verdict is what somebody says of a document: "syntax", "invalid" or "valid", or a limit that it is over.
type verdict struct {
	Kind   string   `json:"kind"`
	Errors []fault  `json:"errors"`
	Nodes  []string `json:"nodes"` // what a document consists of, and where; none of a long one
}

type fault struct {
	Message string `json:"message"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
}

// agrees reports whether two say the same, and of a text that is not GraphQL, whether they stop at the same
// place.
func (v verdict) agrees(other verdict) bool {
	if v.Kind != other.Kind || v.Kind != "syntax" {
		return v.Kind == other.Kind
	}
	return v.Errors[0].Line == other.Errors[0].Line && v.Errors[0].Column == other.Errors[0].Column
}

// workers is how many documents are read at once.
const workers = 4

// server is a gateway over an emulator, and the schema that it shows.
type server struct {
	url           string
	client        *http.Client
	introspection string // a file
	log           *bytes.Buffer
}

func startServer(t *testing.T, federation bool) *server {
	t.Helper()
	h := &server{log: &bytes.Buffer{}}
	client := clienttest.New(t, emulator.New(emulator.Options{Seed: 1, Jobs: 30}), func(c *restclient.Config) {
		c.Token, c.Identity = gateway.TokenFrom, gateway.Identity
	})
	handler, err := gateway.New(gateway.Config{
		Upstream: client,
		Pages:    paging.Limits{Default: 50, Max: 500},
		Calls:    operation.Limits{Calls: 50, Concurrency: 16},
		Limits:   gateway.Limits{Cost: 1_000_000, Depth: 50, Aliases: 300, RootFields: 300},
		MaxBody:  1 << 20, Timeout: 20 * time.Second, Introspection: true, Federation: federation,
		Logger: slog.New(slog.NewJSONHandler(h.log, nil)), // its handler locks
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	h.url, h.client = server.URL+"/graphql", server.Client()

	query, err := os.ReadFile(filepath.Join("..", "..", "internal", "gateway", "testdata", "introspection.graphql"))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := h.post(map[string]any{"query": string(query)})
	if err != nil {
		t.Fatal(err)
	}
	h.introspection = filepath.Join(t.TempDir(), "introspection.json")
	if err := os.WriteFile(h.introspection, answer.Data, 0o600); err != nil {
		t.Fatal(err)
	}
	return h
}

// answer is what the gateway sends.
type answer struct {
	Data   json.RawMessage `json:"data"`
	Errors []struct {
		Message    string  `json:"message"`
		Locations  []fault `json:"locations"`
		Extensions struct {
			Code string `json:"code"`
		} `json:"extensions"`
	} `json:"errors"`
}

// post asks the gateway. What goes wrong on the way is an error, too.
func (h *server) post(envelope map[string]any) (out answer, err error) {
	body, _ := json.Marshal(envelope)
	request, _ := http.NewRequest(http.MethodPost, h.url, bytes.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer demo")
	response, err := h.client.Do(request)
	if err == nil {
		defer response.Body.Close()
		body, _ = io.ReadAll(response.Body)
		err = json.Unmarshal(body, &out)
	}
	return out, err
}

// read asks the gateway for an operation that the document does not have, which it says when nothing else is
// wrong; then, of a valid document, for what it has.
func (h *server) read(text string) verdict {
	got, err := h.post(map[string]any{"query": text, "operationName": "no such name"})
	if err != nil {
		return verdict{Kind: "failed: " + err.Error()}
	}
	v := verdict{Kind: "no error"}
	for i, e := range got.Errors {
		if i == 0 {
			switch code := e.Extensions.Code; code {
			case "OPERATION_RESOLUTION_FAILURE":
				v.Kind = "valid"
			case "GRAPHQL_VALIDATION_FAILED":
				v.Kind = "invalid"
			case "GRAPHQL_PARSE_FAILED":
				v.Kind = "syntax"
			default:
				v.Kind = "limit " + code
			}
		}
		at := fault{Message: e.Message}
		if len(e.Locations) > 0 {
			at.Line, at.Column = e.Locations[0].Line, e.Locations[0].Column
		} else if v.Kind == "syntax" || v.Kind == "invalid" && e.Message != "The document has no operation." {
			v.Kind = "an error without a place"
		}
		v.Errors = append(v.Errors, at)
	}
	if v.Kind == "valid" {
		got, err := h.post(map[string]any{"query": text})
		if err != nil {
			v.Kind = "failed: " + err.Error()
		}
		for _, e := range got.Errors {
			if e.Extensions.Code == "INTERNAL_SERVER_ERROR" || e.Extensions.Code == "" {
				v.Kind = "failed: " + e.Message
			}
		}
	}
	return v
}

// judged asks the reference implementation.
func (h *server) judged(t *testing.T, texts []string) []verdict {
	t.Helper()
	var lines bytes.Buffer
	encoder := json.NewEncoder(&lines)
	for _, text := range texts {
		if err := encoder.Encode(text); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "node", "judge.mjs", h.introspection)
	var stderr strings.Builder
	cmd.Stdin, cmd.Stderr = &lines, &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	var verdicts []verdict
	scanner := bufio.NewScanner(bytes.NewReader(out))
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		var v verdict
		if err := json.Unmarshal(scanner.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		verdicts = append(verdicts, v)
	}
	if len(verdicts) != len(texts) {
		t.Fatalf("%d verdicts for %d documents", len(verdicts), len(texts))
	}
	return verdicts
}

// checkLog makes sure that no document of a caller's is a fault of the gateway's.
func (h *server) checkLog(t *testing.T) {
	t.Helper()
	for line := range strings.Lines(h.log.String()) {
		if strings.Contains(line, `"level":"ERROR"`) {
			t.Errorf("logged: %s", line)
		}
	}
}
