//go:build e2e

package program_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"jobsgateway/e2e/program"
	"jobsgateway/internal/badapi"
)

const canary = "tokA-5f0c2b7e9d4146a8b3c1d2e3f4a5b6c7"

// spare is how many goroutines or descriptors a process may have more than before.
const spare = 5

// ask sends a query with a token by a client, and returns the whole answer.
func ask(t testing.TB, client *http.Client, gw *program.Program, token, query string) (header http.Header, text string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, gw.Public+"/graphql", strings.NewReader(fmt.Sprintf(`{"query":%q}`, query)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer " + token}}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.Header, string(body)
}

// newClient is a client with connections of its own, which end with the test.
func newClient(t testing.TB) *http.Client {
	t.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: 100}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// until waits until something holds.
func until(t testing.TB, holds func() bool, otherwise string) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal(otherwise)
		}
	}
}

// quiet is how many goroutines a gateway has that has answered and has no connection. It is what others are
// compared with.
func quiet(t testing.TB) int {
	t.Helper()
	api := program.StartUpstream(t, nil)
	gw, client := program.Start(t, "--upstream-url="+api.URL), newClient(t)
	before := gw.Usage(t).Descriptors
	ask(t, client, gw, canary, oneCall)
	client.CloseIdleConnections()
	api.Disconnect()
	until(t, func() bool { return gw.Usage(t).Descriptors <= before+1 }, "connections stay open")
	return len(gw.Goroutines(t))
}

// After every fault of the catalogue, one after the other in one process, nothing is left of them (PC2), and no
// token, no byte of the API's answers and no address is in an answer, in the log, or in the stacks that the
// process writes when it is made to crash (PC3).
func TestNothingIsLeft(t *testing.T) {
	t.Parallel()
	normal := quiet(t)
	api := badapi.Start(t)
	gw, client := program.Start(t, "--upstream-url="+api.URL, "--upstream-timeout=3s", "--max-upstream-body=1MiB", "--log-level=debug"), newClient(t)
	before := gw.Usage(t).Descriptors
	answers := strings.Builder{}
	meet := func(name, code string, speak badapi.Speak) {
		api.Answer(nil, speak)
		header, text := ask(t, client, gw, canary+name, `{ jobs(first: 1) { nodes { id } } }`)
		if !strings.Contains(text, fmt.Sprintf(`"code":%q`, code)) && code != "" {
			t.Errorf("%s: %s", name, text)
		}
		fmt.Fprintln(&answers, header, text)
		for _, path := range []string{"/healthz", "/readyz"} { // PC1
			if status := statusOf(t, client, gw.Admin+path); status != http.StatusOK {
				t.Errorf("after %s: %s is %d", name, path, status)
			}
		}
		for n := range 5 { // calls that succeed: it is no outage
			if _, text := ask(t, client, gw, fmt.Sprint(canary, name, n), oneCall); text != `{"data":{"jobs":{"totalCount":0}}}` {
				t.Errorf("after %s: %s", name, text)
			}
		}
	}
	for i, fault := range badapi.Faults() {
		meet(fmt.Sprintf("-fault-%d", i), fault.Code, fault.Speak)
	}
	for name, speak := range badapi.TooLarge() {
		meet("-"+name[:3], "UPSTREAM_BAD_RESPONSE", speak)
	}
	until(t, func() bool { connections, requests := api.Open(); return connections <= 1 && requests == 0 }, "connections of the Jobs API stay open")
	client.CloseIdleConnections()
	until(t, func() bool { return gw.Usage(t).Descriptors <= before+spare }, "descriptors stay open")
	api.Disconnect()
	left := gw.Usage(t).Descriptors
	stacks := gw.Goroutines(t)
	if len(stacks) > normal+spare {
		t.Errorf("%d goroutines, %d in a quiet process:\n%s", len(stacks), normal, strings.Join(stacks, "\n"))
	}
	t.Logf("G19: after %d faults %d goroutines, %d in a quiet process, and %d descriptors, %d before", len(badapi.Faults()), len(stacks), normal, left, before)
	hits := 0
	for _, secret := range []string{canary, "LEAK", "Bearer", "panic:"} {
		hits += strings.Count(gw.Log.String()+gw.Stdout.String()+answers.String(), secret)
		if strings.Contains(gw.Log.String()+gw.Stdout.String()+answers.String(), secret) {
			t.Errorf("%s is in an answer or in the log", secret)
		}
	}
	t.Logf("G22: %d tokens, marks and addresses are in answers, in the log, or in what a crash writes", hits)
	if address := strings.TrimPrefix(api.URL, "http://"); strings.Contains(answers.String(), address) {
		t.Errorf("%s is in an answer", address)
	}
}

// A71, A72, A79: whatever the Jobs API sends, memory and CPU stay small, and the connection is dropped: with the
// profile of the catalogue, and with the cap that is set by default, 32 MiB.
func TestGreatAnswers(t *testing.T) {
	t.Parallel()
	const mebibyte = 1 << 20
	for name, speak := range map[string]badapi.Speak{
		"A71 a bomb":                    badapi.TooLarge()["A71 a bomb"],
		"A72 a body of 1 GiB":           badapi.TooLarge()["A72 a body of 1 GiB"],
		"A79 a job of a million levels": badapi.Page(`{"records":[` + strings.Repeat("[", 1<<20) + strings.Repeat("]", 1<<20) + `]}`),
		"A79 a job of 16 MiB":           badapi.Page(`{"records":[{"x":"` + strings.Repeat("x", 16<<20) + `"}]}`),
		"A79 a million records":         badapi.Page(`{"records":[` + strings.Repeat("{},", 1<<20) + `{}]}`),
		"A79 a million numbers":         badapi.Page(`{"records":[` + strings.Repeat("1,", 1<<20) + `1]}`),
	} {
		for profile, bounds := range map[string]struct {
			cap string
			rss int64 // above what the process has when it is idle, in MiB
			cpu time.Duration
		}{
			"of the catalogue": {"1MiB", 32, 200 * time.Millisecond},
			"by default":       {"32MiB", 128, 2 * time.Second},
		} {
			t.Run(name+" "+profile, func(t *testing.T) {
				t.Parallel()
				api := badapi.Start(t)
				gw, client := program.Start(t, "--upstream-url="+api.URL, "--max-upstream-body="+bounds.cap, "--upstream-timeout=1m", "--request-timeout=2m"), newClient(t)
				ask(t, client, gw, canary, oneCall)
				api.Answer(speak)
				gw.ForgetPeak(t)
				idle := gw.Usage(t)
				_, text := ask(t, client, gw, canary, `{ jobs(first: 500) { nodes { id } } }`)
				if !strings.Contains(text, `"code":"UPSTREAM_BAD_RESPONSE"`) {
					t.Errorf("%.500s", text)
				}
				used := gw.Usage(t)
				rss, cpu := (used.PeakRSS-idle.RSS)/mebibyte, used.CPU-idle.CPU
				t.Logf("G9: %s, %s: %d calls, %d MiB above idle, %v of CPU", name, profile, len(api.Since(0))-1, rss, cpu)
				if rss > bounds.rss || cpu > bounds.cpu {
					t.Errorf("%d MiB above idle, %v of CPU", rss, cpu)
				}
				until(t, func() bool { connections, requests := api.Open(); return connections <= 1 && requests == 0 }, "a connection is not dropped")
			})
		}
	}
}

// A64 over TLS: a redirect from https to http is not followed either.
func TestRedirectOutOfTLS(t *testing.T) {
	t.Parallel()
	var came atomic.Int64
	plain := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	plain.Config.ConnState = func(net.Conn, http.ConnState) { came.Add(1) }
	defer plain.Close()
	api := httptest.NewTLSServer(http.RedirectHandler(plain.URL+"/jobs", http.StatusMovedPermanently))
	defer api.Close()
	gw := program.StartWith(t, []string{"SSL_CERT_FILE=" + certificateOf(t, api)}, "--upstream-url="+api.URL)
	_, text := ask(t, newClient(t), gw, canary, oneCall)
	if !strings.Contains(text, "UPSTREAM_REJECTED") || came.Load() != 0 {
		t.Errorf("%d connections: %s", came.Load(), text)
	}
	gw.Log.Await(t, "upstream call failed")
}

// A83: of 50 callers who leave nothing runs on: the Jobs API sees its calls end, none is made again, and the
// log has a line with 499 for each, and no warning.
func TestCallersWhoLeave(t *testing.T) {
	t.Parallel()
	const callers, datasets = 50, 4
	normal := quiet(t)
	var held, ended atomic.Int64
	api := program.StartUpstream(t, func(r *http.Request) {
		if r.Header.Get("Authorization") == "Bearer stays" {
			return
		}
		held.Add(1)
		<-r.Context().Done()
		ended.Add(1)
	})
	gw := program.Start(t, "--upstream-url="+api.URL, "--upstream-timeout=5m", "--request-timeout=5m") // nothing else ends the calls
	before := gw.Usage(t).Descriptors
	ctx, leave := context.WithCancel(t.Context())
	var all sync.WaitGroup
	transport := &http.Transport{}
	for i := range callers {
		all.Go(func() {
			body := fmt.Sprintf(`{"query":"{ datasets(ids: [%d, %d, %d, %d]) { latestJob { state } } }"}`, i, i+1000, i+2000, i+3000)
			req, err := http.NewRequestWithContext(ctx, http.MethodPost, gw.Public+"/graphql", strings.NewReader(body))
			if err != nil {
				t.Error(err)
				return
			}
			req.Header = http.Header{"Content-Type": {"application/json"}, "Authorization": {fmt.Sprint("Bearer ", canary, i)}}
			if res, err := transport.RoundTrip(req); err == nil {
				res.Body.Close()
				t.Error("a caller has an answer")
			}
		})
	}
	until(t, func() bool { return held.Load() == callers*datasets }, "not all calls are made")
	leave()
	all.Wait()
	left := time.Now()
	until(t, func() bool { return ended.Load() == callers*datasets }, "calls do not end")
	took := time.Since(left)
	idle := gw.Usage(t).CPU
	const watched = 500 * time.Millisecond
	time.Sleep(watched)
	t.Logf("G15: %d callers leave: their %d calls have ended after %v; then the process takes %v of CPU in %v", callers, callers*datasets, took, gw.Usage(t).CPU-idle, watched)
	until(t, func() bool { return len(gw.Log.With("operation")) == callers }, "lines of the log are missing")
	for _, line := range gw.Log.With("operation") {
		if line["status"] != 499.0 || line["upstream_calls"] != float64(datasets) || line["level"] != "INFO" {
			t.Errorf("a line %v", line)
		}
	}
	client := newClient(t)
	if _, text := ask(t, client, gw, "stays", oneCall); text != `{"data":{"jobs":{"totalCount":2000}}}` {
		t.Error(text)
	}
	if n := held.Load(); n != callers*datasets {
		t.Errorf("%d calls: some were made again", n)
	}
	if log := gw.Log.String(); strings.Contains(log, "WARN") || strings.Contains(log, "ERROR") {
		t.Error(log)
	}
	client.CloseIdleConnections()
	api.Disconnect()
	until(t, func() bool { return gw.Usage(t).Descriptors <= before+spare }, "descriptors stay open")
	if stacks := gw.Goroutines(t); len(stacks) > normal+spare {
		t.Errorf("%d goroutines, %d in a quiet process:\n%s", len(stacks), normal, strings.Join(stacks, "\n"))
	}
}
