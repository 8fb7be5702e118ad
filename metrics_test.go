package main

import (
	"maps"
	"regexp"
	"slices"
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
