package main

import (
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// scrape reads /metrics in Prometheus' text. Types has the type of each metric by its name, labels the names of
// its labels, and series each series by its name with its labels.
func scrape(t *testing.T, gw runningGateway) (types, labels map[string]string, series map[string]string) {
	t.Helper()
	status, header, text := getURL(t, gw.admin+"/metrics")
	if status != 200 || !strings.HasPrefix(header.Get("Content-Type"), "text/plain; version=0.0.4") {
		t.Fatalf("%d %v", status, header)
	}
	types, labels, series = map[string]string{}, map[string]string{}, map[string]string{}
	for _, line := range regexp.MustCompile(`(?m)^# TYPE (\S+) (\S+)$`).FindAllStringSubmatch(text, -1) {
		types[line[1]] = line[2]
	}
	for _, line := range regexp.MustCompile(`(?m)^([a-z_]+)(\{.*\})? (\S+)$`).FindAllStringSubmatch(text, -1) {
		series[line[1]+line[2]] = line[3]
		name := line[1]
		for _, suffix := range []string{"_bucket", "_sum", "_count"} {
			if base := strings.TrimSuffix(line[1], suffix); types[base] == "histogram" {
				name = base
			}
		}
		var all []string
		for _, label := range regexp.MustCompile(`([a-z_]+)="`).FindAllStringSubmatch(line[2], -1) {
			if label[1] != "le" {
				all = append(all, "`"+label[1]+"`")
			}
		}
		slices.Sort(all)
		labels[name] = strings.Join(all, ", ")
	}
	return types, labels, series
}

// docs/operations.md has every metric of a fresh process, with its type and its labels, and no others.
func TestDocumentedMetrics(t *testing.T) {
	t.Parallel()
	types, labels, _ := scrape(t, startGateway(t, "--demo"))
	documented := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `(jobsgateway_[a-z_]+)` \\| (\\w+) \\| ([^|]*)\\|").
		FindAllStringSubmatch(section(t, "docs/operations.md", "## Metrics"), -1) {
		names := strings.Split(strings.TrimSpace(row[3]), ", ")
		slices.Sort(names)
		documented[row[1]] = row[2] + " " + strings.Join(names, ", ")
	}
	there := map[string]string{}
	for name, kind := range types {
		switch {
		case strings.HasPrefix(name, "jobsgateway_"):
			there[name] = kind + " " + labels[name]
		case !strings.HasPrefix(name, "go_") && !strings.HasPrefix(name, "process_"):
			t.Errorf("%s is of nobody", name)
		}
	}
	if diff := cmp.Diff(documented, there); diff != "" {
		t.Errorf("(-page +program):\n%s", diff)
	}
	if len(there) < 10 || len(slices.Collect(maps.Keys(types))) < 40 {
		t.Errorf("%d metrics, of them %d of the gateway", len(types), len(there))
	}
}

// canary stands in every text that TestSeriesAreClosed sends, and must never come out of /metrics.
const canary = "canary"

// oddAPI is a Jobs API whose answers have random statuses, types, states, types of jobs and members.
func oddAPI(w http.ResponseWriter, r *http.Request) {
	word := func() string { return canary + strconv.Itoa(rand.IntN(1e6)) }
	types := []string{"application/json", "application/json", "text/html", canary + "/" + word()}
	w.Header().Set("Content-Type", types[rand.IntN(len(types))])
	w.Header().Set("X-"+word(), word())
	switch status := []int{200, 200, 200, 200, 204, 302, 400, 401, 403, 404, 418, 429, 500, 502, 599}[rand.IntN(15)]; status {
	case 200:
	default:
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"detail":%q,"logId":%q}`, word(), word())
		return
	}
	record := fmt.Sprintf(`{"job_id":"2a5b9ad7-dc8f-47bb-8e62-843a38f8054c","state":%q,"type":%q,"created_at":"2026-01-01T00:00:00",
		"updated_at":"2026-01-01T00:00:00",%q:1,"request_source":{"type":%q},"tags":[7,%q],"failures":[{"timestamp":%q}],"executor":%d}`,
		word(), word(), word(), word(), word(), word(), rand.IntN(9))
	if strings.Count(r.URL.Path, "/") > 1 {
		fmt.Fprint(w, record)
		return
	}
	fmt.Fprintf(w, `{"records":[%s,%q,{%q:1}],"total_records":%d,%q:0}`, record, word(), word(), rand.IntN(9), word())
}

// Whatever callers and the Jobs API send, there are only so many series, and no word of theirs is in one.
func TestSeriesAreClosed(t *testing.T) {
	t.Parallel()
	api := httptest.NewServer(http.HandlerFunc(oddAPI))
	defer api.Close()
	gw := startGateway(t, "--upstream-url", api.URL)
	_, _, fresh := scrape(t, gw)
	word := func() string { return canary + strconv.Itoa(rand.IntN(1e6)) }
	one := func(words ...string) string { return words[rand.IntN(len(words))] }
	for range 1500 {
		query := one(`{__typename}`, `query `+word()+`{jobs(first:2){nodes{`+word()+`:executor tags failures{occurredAt} state}}}`,
			`mutation `+word()+`{`+word()+`}`, `{`+word()+`}`, `{job(id:"2a5b9ad7-dc8f-47bb-8e62-843a38f8054c"){id}}`, word(), `{`, `subscription{`+word()+`}`,
			`query `+word()+`{datasets(ids:[1,2,3]){latestJob(filter:{types:["`+word()+`"]}){id}}}`)
		body := one(bodyOf(t, query, nil), bodyOf(t, query, nil), bodyOf(t, query, nil), word(), `{"query":`)
		path := one("/graphql", "/graphql", "/graphql", "/graphql", "/"+word(), "/graphql?query="+word(), "/schema.graphql", "/metrics")
		r, err := http.NewRequestWithContext(t.Context(), one("POST", "POST", "POST", "GET", "PUT", strings.ToUpper(word())), gw.public+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Host = one("", word()+".example.com")
		r.Header.Set("Authorization", one("Bearer ", "Bearer ", "Bearer ", "Basic ")+word())
		r.Header.Set("Content-Type", one("application/json", "application/json", "application/json", canary+"/"+word()))
		r.Header.Set("Accept", one("*/*", "*/*", "application/json", canary+"/"+word()))
		r.Header.Set("X-Request-Id", word())
		r.Header.Set("X-"+word(), word())
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, res.Body)
		res.Body.Close()
	}
	_, _, after := scrape(t, gw)
	codes := 0
	for series := range after {
		if strings.Contains(series, canary) || strings.Contains(series, api.Listener.Addr().String()) {
			t.Errorf("a series of a word that was sent: %s", series)
		}
		if strings.HasPrefix(series, "jobsgateway_operations_total") {
			codes++
		}
	}
	if len(after) > 800 || codes < 10 {
		t.Errorf("%d series, of them %d of operations", len(after), codes)
	}
	t.Logf("%d series of a fresh process, %d after all", len(fresh), len(after))
}
