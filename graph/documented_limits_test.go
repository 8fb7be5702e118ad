package graph

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
)

// documentedLimit reads a number from a row of the table of limits in docs/errors.md.
func documentedLimit(t testing.TB, row, pattern string) int {
	t.Helper()
	readme, err := os.ReadFile("../docs/errors.md")
	if err != nil {
		t.Fatal(err)
	}
	_, cell, _ := strings.Cut(string(readme), "\n| "+row+" | ")
	cell, _, _ = strings.Cut(cell, "\n")
	found := regexp.MustCompile(pattern).FindStringSubmatch(cell)
	if found == nil {
		t.Fatalf("docs/errors.md has no %s in the row %q", pattern, row)
	}
	n, err := strconv.Atoi(strings.ReplaceAll(found[1], ",", ""))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// The limits of docs/errors.md are those that a request meets: so many are answered, and one more is refused by name.
func TestDocumentedLimits(t *testing.T) {
	t.Parallel()
	repeat := func(element string) func(n int) string {
		return func(n int) string { return "[" + strings.TrimSuffix(strings.Repeat(element+",", n), ",") + "]" }
	}
	text := func(n int) string { return `"` + strings.Repeat("é", n) + `"` }
	const row = "a filter's list"
	for _, c := range []struct {
		row, pattern, query, argument string
		value                         func(n int) string
	}{
		{"`datasets(ids:)`", `^(\d+) ids`, `query($v: [ID!]!) { datasets(ids: $v) { id } }`, "ids", repeat("7")},
		{"`nodes(ids:)`", `^(\d+) ids`, `query($v: [ID!]!) { nodes(ids: $v) { id } }`, "ids", repeat("7")},
		{row, `^(\d+) values`, `query($v: [JobState!]) { jobs(filter: {states: $v}) { totalCount } }`, "filter.states", repeat(`"FAILED"`)},
		{row, `^(\d+) values`, `query($v: [String!]) { jobs(filter: {types: $v}) { totalCount } }`, "filter.types", repeat(`"t"`)},
		{row, `^(\d+) values`, `query($v: [String!]) { dataset(id: 1) { latestJob(filter: {tagsAny: $v}) { id } } }`, "filter.tagsAny", repeat(`"t"`)},
		{row, `to (\d+) characters`, `query($v: [String!]) { jobs(filter: {types: $v}) { totalCount } }`, "filter.types", text},
		{row, `to (\d+) characters`, `query($v: [String!]) { jobs(filter: {tagsAny: $v}) { totalCount } }`, "filter.tagsAny", text},
	} {
		exec, _ := newExecutorOver(t)
		most := documentedLimit(t, c.row, c.pattern)
		if got := exec.ask(c.query, `{"v":`+c.value(most)+`}`); len(got.errors) > 0 {
			t.Errorf("%s of %d: %s", c.argument, most, got.wire)
		}
		got := exec.ask(c.query, `{"v":`+c.value(most+1)+`}`)
		if len(got.errors) != 1 || codeOf(got.errors[0]) != "BAD_USER_INPUT" || got.errors[0].Extensions["argument"] != c.argument {
			t.Errorf("%s of %d: %s", c.argument, most+1, got.wire)
		}
	}
}

// Of representations, too many are refused before anything runs.
func TestDocumentedLimitOfEntities(t *testing.T) {
	t.Parallel()
	most := documentedLimit(t, "`_entities`", `^(\d+) representations`)
	exec := newExecutor(t, nil)
	doc, refused := gqlparser.LoadQueryWithRules(exec.schema, entitiesQuery, nil)
	if refused != nil {
		t.Fatal(refused)
	}
	lists := Representations(doc, doc.Operations[0])
	one := map[string]any{"__typename": "Dataset", "id": "7"}
	for _, n := range []int{most, most + 1} {
		list := make([]any, n)
		for i := range list {
			list[i] = one
		}
		err := CheckRepresentations(lists, map[string]any{"r": list})
		if refused := err != nil; refused != (n > most) || refused && !strings.Contains(err.Error(), fmt.Sprintf("at most %d ", most)) {
			t.Errorf("%d: %v", n, err)
		}
	}
}
