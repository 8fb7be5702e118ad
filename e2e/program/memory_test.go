//go:build e2e

package program_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"jobsgateway/e2e/program"
)

// mostAboveIdle is how much more memory the process takes than when it is idle, in bytes, whatever it is asked.
const mostAboveIdle = 128 << 20

// memoryCases are what takes most memory, each with the default settings.
var memoryCases = []struct {
	name string
	// api answers in the place of the Jobs API.
	api func() http.Handler
	// query is sent by so many callers at once, each with a token of its own or all with one.
	query   string
	callers int
	tokens  int
	flags   []string
	// deaf callers do not read their answers. body is what follows the query, as a comment.
	deaf bool
	body int
	// answered is how many callers at least get data, also where others are refused.
	answered int
}{
	{name: "a large page", api: heavyJobs(false), query: rawTimes(1), callers: 1, tokens: 1, answered: 1},
	{name: "seven times", api: heavyJobs(false), query: rawTimes(7), callers: 1, tokens: 1, flags: costly, answered: 1},
	{name: "seven times, of unknown length", api: heavyJobs(true), query: rawTimes(7), callers: 1, tokens: 1, flags: costly, answered: 1},
	{name: "eight of them with one token", api: heavyJobs(false), query: rawTimes(7), callers: 8, tokens: 1, flags: costly, answered: 1},
	{name: "eight of them with eight tokens", api: heavyJobs(false), query: rawTimes(7), callers: 8, tokens: 8, flags: costly, answered: 1},
	{name: "eight of unknown length", api: heavyJobs(true), query: rawTimes(7), callers: 8, tokens: 8, flags: costly, answered: 1},
	{name: "64 calls", api: heavyJobs(false), query: ofDatasets(64), callers: 1, tokens: 1, flags: costly, answered: 1},
	{name: "64 calls of unknown length", api: heavyJobs(true), query: ofDatasets(64), callers: 1, tokens: 1, flags: costly, answered: 1},
	{name: "records that are copied", api: jobsOf(15_000, false), query: rawInEach(29, 60), callers: 16, tokens: 16, answered: 1},
	{name: "records that are copied, for more than there may be", api: jobsOf(15_000, false), query: rawInEach(29, 130), callers: 16, tokens: 16},
	{name: "a body of a gigabyte", api: endlessBody, query: rawTimes(1), callers: 4, tokens: 4, answered: 1},
	{name: "a gzip bomb", api: gzipBomb, query: rawTimes(1), callers: 4, tokens: 4, answered: 1},
	{name: "callers that do not read", api: heavyJobs(false), query: rawTimes(1), callers: 100, tokens: 100, deaf: true, answered: 1},
	{name: "large requests", api: heavyJobs(false), query: `{ jobs(first: 0) { totalCount } }`, callers: 300, tokens: 50, body: 255 << 10, answered: 1},
}

// costly lets an operation ask seven times for 500 records with their raw form.
var costly = []string{"--max-cost=1000000"}

// rawTimes asks so many times for 500 records as they are.
func rawTimes(n int) string {
	query := "{"
	for i := range n {
		query += fmt.Sprintf(" r%d: jobs(first: 500) { nodes { raw } }", i)
	}
	return query + " }"
}

// rawInEach asks so many times for each of some records as it is.
func rawInEach(times, records int) string {
	query := fmt.Sprintf("{ jobs(first: %d) { nodes {", records)
	for i := range times {
		query += fmt.Sprintf(" r%d: raw", i)
	}
	return query + " } } }"
}

// ofDatasets asks for 500 records of each of so many datasets.
func ofDatasets(n int) string {
	ids := []string{}
	for i := range n {
		ids = append(ids, strconv.Itoa(i+1))
	}
	return "{ datasets(ids: [" + strings.Join(ids, ",") + "]) { jobs(first: 500) { nodes { raw } } } }"
}

// heavyJobs is a Jobs API whose records have 60 kB each; hidden: no answer says how long it is.
func heavyJobs(hidden bool) func() http.Handler { return jobsOf(60_000, hidden) }

// jobsOf is a Jobs API whose records have a little more than size bytes each.
func jobsOf(size int, hidden bool) func() http.Handler {
	return func() http.Handler {
		var making sync.Mutex // many ask for the same page at once
		pages := map[int][]byte{}
		pad := strings.Repeat("x", size)
		pageOf := func(n int) []byte {
			making.Lock()
			defer making.Unlock()
			if page, ok := pages[n]; ok {
				return page
			}
			b := bytes.NewBuffer(make([]byte, 0, n*(len(pad)+300)+100))
			b.WriteString(`{"total_records":500,"records":[`)
			for i := range n {
				if i > 0 {
					b.WriteByte(',')
				}
				fmt.Fprintf(b, `{"job_id":"%08d-0000-4000-8000-000000000000","state":"completed","type":"x","created_at":"2024-01-01T00:00:00.%06d",`+
					`"updated_at":"2024-01-01T00:00:00","result":{"pad":"%s"}}`, i, 999_999-i, pad)
			}
			b.WriteString("]}")
			pages[n] = b.Bytes()
			return pages[n]
		}
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			n, _ := strconv.Atoi(r.URL.Query().Get("per_page"))
			page := pageOf(n)
			w.Header().Set("Content-Type", "application/json")
			if hidden {
				_ = http.NewResponseController(w).Flush()
			} else {
				w.Header().Set("Content-Length", strconv.Itoa(len(page)))
			}
			_, _ = w.Write(page)
		})
	}
}

// endlessBody sends a gigabyte of blanks, as long as somebody reads it.
func endlessBody() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		blanks := bytes.Repeat([]byte(" "), 1<<20)
		for range 1 << 10 {
			if _, err := w.Write(blanks); err != nil {
				return
			}
		}
	})
}

// gzipBomb sends half a megabyte that becomes a string of 512 MiB.
func gzipBomb() http.Handler {
	var bomb bytes.Buffer
	zip := gzip.NewWriter(&bomb)
	_, _ = zip.Write([]byte(`{"total_records":1,"records":["`))
	for range 512 {
		_, _ = zip.Write(bytes.Repeat([]byte("a"), 1<<20))
	}
	_ = zip.Close()
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(bomb.Bytes())
	})
}

// The process takes at most 128 MiB more than when it is idle, whatever is asked of it. Each answer is whole and
// says what it lacks, or is refused with 503 and Retry-After; afterwards the process answers as ever.
func TestMemory(t *testing.T) {
	for _, tc := range memoryCases { // one after the other: the callers take memory, too
		t.Run(tc.name, func(t *testing.T) {
			api := httptest.NewServer(tc.api())
			defer api.Close()
			gw := program.Start(t, append(tc.flags, "--upstream-url="+api.URL)...)
			before := gw.Memory(t, "VmRSS")
			results, done := make(chan bool, tc.callers), make(chan struct{})
			for i := range tc.callers {
				query := fmt.Sprintf("query q%d %s", i, tc.query)
				if tc.body > 0 {
					query += " #" + strings.Repeat("x", tc.body)
				}
				go func() { results <- isAnswered(t, gw, fmt.Sprint("token-", i%tc.tokens), query, tc.deaf, done) }()
			}
			answered := 0
			for range tc.callers {
				if <-results {
					answered++
				}
			}
			peak := gw.Memory(t, "VmHWM") - before
			t.Logf("%d MiB above %d MiB; %d of %d answered", peak>>20, before>>20, answered, tc.callers)
			if peak > mostAboveIdle {
				t.Errorf("%d MiB more than when it is idle", peak>>20)
			}
			if answered < tc.answered {
				t.Errorf("%d of %d are answered", answered, tc.callers)
			}
			if !isAnswered(t, gw, "another", `{ jobs(first: 0) { __typename } }`, false, nil) {
				t.Error("it does not answer any more")
			}
			close(done)
			gw.Stop(t)
		})
	}
}

// isAnswered sends a query and reports whether the answer has data; it is refused otherwise. A deaf caller reads the
// first line alone, and is connected until done is closed.
func isAnswered(t *testing.T, gw *program.Program, token, query string, deaf bool, done <-chan struct{}) bool {
	t.Helper()
	body, _ := json.Marshal(map[string]string{"query": query})
	if deaf {
		conn, err := net.Dial("tcp", strings.TrimPrefix(gw.Public, "http://"))
		if err != nil {
			t.Error(err)
			return false
		}
		go func() {
			<-done
			_ = conn.Close()
		}()
		_ = conn.(*net.TCPConn).SetReadBuffer(4 << 10)
		_ = conn.SetDeadline(time.Now().Add(patience))
		_, _ = fmt.Fprintf(conn, "POST /graphql HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", token, len(body), body)
		line := make([]byte, len("HTTP/1.1 200"))
		if _, err := io.ReadFull(conn, line); err != nil {
			t.Error(err)
		}
		return strings.HasSuffix(string(line), "200")
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, gw.Public+"/graphql", bytes.NewReader(body))
	if err != nil {
		t.Error(err)
		return false
	}
	req.Header = http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer " + token}, "Accept-Encoding": {"identity"}}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Error(err)
		return false
	}
	defer res.Body.Close()
	start := make([]byte, 2000)
	n, _ := io.ReadFull(res.Body, start)
	rest, err := io.Copy(io.Discard, res.Body)
	switch length := int64(n) + rest; {
	case err != nil || length != res.ContentLength:
		t.Errorf("cut after %d bytes of %d: %v", length, res.ContentLength, err)
	case res.StatusCode == http.StatusServiceUnavailable && res.Header.Get("Retry-After") == "1" &&
		bytes.Contains(start, []byte(`"REQUEST_CONCURRENCY_LIMITED"`)):
		return false
	case res.StatusCode != http.StatusOK:
		t.Errorf("%d %s", res.StatusCode, start[:n])
	}
	return true
}

// A process whose memory limit has no room for the total says so when it starts.
func TestLittleMemory(t *testing.T) {
	t.Parallel()
	const message = "there is little memory for --max-total-bytes: lower it, or give the process more"
	for environment, lines := range map[string]int{"GOMEMLIMIT=199MiB": 1, "GOMEMLIMIT=200MiB": 0} {
		gw := program.StartWith(t, []string{environment}, "--demo")
		if got := len(gw.Log.With(message)); got != lines {
			t.Errorf("%s: %d lines", environment, got)
		}
		gw.Stop(t)
	}
}
