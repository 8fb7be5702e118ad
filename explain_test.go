package main

import (
	"maps"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What an operation took has the members that the documents list and show, with a limit that is the setting's.
func TestDocumentedExplain(t *testing.T) {
	t.Parallel()
	gw := startGateway(t, "--demo", "--max-cost=12345")
	_, text := postBody(t, gw, bodyOf(t, `{jobs(first: 10) {nodes {id}}}`, nil), "X-Explain", "1")
	explain := func(text string) map[string]any {
		answer, _ := decoded(t, text).(map[string]any)
		extensions, _ := answer["extensions"].(map[string]any)
		members, _ := extensions["explain"].(map[string]any)
		return members
	}
	got := explain(string(text))
	if got["costLimit"] != 12345.0 || got["cost"] != 11.0 || got["upstreamCalls"] != 1.0 || got["shared"] != false {
		t.Errorf("%v", got)
	}
	names := slices.Sorted(maps.Keys(got))
	listed := []string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `(\\w+)` \\|").FindAllStringSubmatch(section(t, "docs/operations.md", "## Explain"), -1) {
		listed = append(listed, row[1])
	}
	slices.Sort(listed)
	shown := explain(fenced(t, section(t, "docs/frontends.md", "## What a query takes"), "json", 0))
	if diff := cmp.Diff(listed, names); diff != "" {
		t.Errorf("docs/operations.md (-page +answer):\n%s", diff)
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(shown)), names); diff != "" {
		t.Errorf("docs/frontends.md (-page +answer):\n%s", diff)
	}
	gw = startGateway(t, "--demo", "--explain=false")
	if _, text := postBody(t, gw, bodyOf(t, `{__typename}`, nil), "X-Explain", "1"); string(text) != `{"data":{"__typename":"Query"}}` {
		t.Errorf("%s", text)
	}
}
