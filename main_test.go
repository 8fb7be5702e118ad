package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sync/errgroup"

	"jobsgateway/internal/logtest"
)

// patience is how long a test waits for what has to come; only a test that hangs meets it.
const patience = time.Minute

// ending are the gateways whose tests are over. Each may take half a second to end: no test waits for that,
// TestMain does.
var ending errgroup.Group

// TestMain fails when a gateway has ended with an error, or when anything that a test has started is still
// running, but for connections of the tests' own client, which it closes.
func TestMain(m *testing.M) {
	code := m.Run()
	err := ending.Wait()
	http.DefaultClient.CloseIdleConnections()
	if err == nil && code == 0 {
		err = goleak.Find()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// runningGateway is the whole program, started by run.
type runningGateway struct {
	public, admin string // the URLs of its listeners
	log           *logtest.Buffer
}

// startGateway runs the program, on ports of its own and with the log's level debug, until the test ends.
func startGateway(t *testing.T, flags ...string) runningGateway {
	t.Helper()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	gw, ended := runGateway(ctx, t, append([]string{"--log-level=debug", "--drain-delay=0s"}, flags...)...)
	name := t.Name()
	t.Cleanup(func() {
		stop()
		ending.Go(func() error {
			if err := <-ended; err != nil {
				return fmt.Errorf("%s: run: %w", name, err)
			}
			return nil
		})
	})
	return gw
}

// runGateway runs the program until ctx ends. The channel then gets what run has returned.
func runGateway(ctx context.Context, t *testing.T, flags ...string) (gw runningGateway, ended <-chan error) {
	t.Helper()
	return runGatewayIn(ctx, t, nil, flags...)
}

// runGatewayIn is runGateway in an environment. The time of an operation is one that only a test that hangs can meet,
// unless the test says otherwise.
func runGatewayIn(
	ctx context.Context, t *testing.T, environ []string, flags ...string,
) (gw runningGateway, ended <-chan error) {
	t.Helper()
	log, done := &logtest.Buffer{}, make(chan error, 1)
	environ = append([]string{"JOBSGW_UPSTREAM_TIMEOUT=1m", "JOBSGW_REQUEST_TIMEOUT=2m"}, environ...) // flags count first
	go func() {
		defer log.End()
		done <- run(ctx, append([]string{"--listen=127.0.0.1:0", "--admin-listen=127.0.0.1:0"}, flags...), environ, io.Discard, log)
	}()
	listening := log.Await(t, "listening")
	return runningGateway{
		public: fmt.Sprint("http://", listening["public"]), admin: fmt.Sprint("http://", listening["admin"]), log: log,
	}, done
}

// openURL sends a GET. The body is closed when the test ends.
func openURL(t *testing.T, url string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = res.Body.Close() })
	return res
}

// getURL sends a GET and returns the whole answer.
func getURL(t *testing.T, url string) (status int, header http.Header, body string) {
	t.Helper()
	res := openURL(t, url)
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, res.Header, string(text)
}

// bodyOf is the body of a POST that asks a query; nil variables are left out.
func bodyOf(t *testing.T, query string, variables any) string {
	t.Helper()
	members := map[string]any{"query": query}
	if variables != nil {
		members["variables"] = variables
	}
	body, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// postBody sends a body to /graphql with the token demo, and with further headers in pairs: a name and a
// value, which replaces the usual one; an empty value removes it.
func postBody(t *testing.T, gw runningGateway, body string, header ...string) (status int, answer []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, gw.public+"/graphql", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer demo")
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
		if header[i+1] == "" {
			req.Header.Del(header[i])
		}
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err = io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, answer
}

// queryData sends a query, decodes the data of the answer into data, and fails the test when the answer has
// errors.
func queryData(t *testing.T, gw runningGateway, query string, variables, data any) {
	t.Helper()
	_, text := postBody(t, gw, bodyOf(t, query, variables))
	answer := struct {
		Data   any             `json:"data"`
		Errors json.RawMessage `json:"errors"`
	}{Data: data}
	if err := json.Unmarshal(text, &answer); err != nil || answer.Errors != nil {
		t.Fatalf("%v\n%s", err, bytes.TrimSpace(text))
	}
}

// readText returns the text of a file of the repository.
func readText(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
