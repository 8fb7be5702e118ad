package playground_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"jobsgateway/internal/playground"
)

func TestExamples(t *testing.T) {
	t.Parallel()
	var names []string
	for _, example := range playground.Examples() {
		names = append(names, example.Name)
		t.Run(example.Name, func(t *testing.T) {
			t.Parallel()
			document, err := parser.ParseQuery(&ast.Source{Name: example.Name, Input: example.Query})
			if err != nil {
				t.Fatal(err)
			}
			if len(document.Operations) != 1 || document.Operations[0].Name == "" {
				t.Fatal("an example is one operation with a name: the name is the title of its tab")
			}
			title := strings.ReplaceAll(example.Name, "-", "")
			if !strings.EqualFold(document.Operations[0].Name, title) {
				t.Errorf("the tab is called %s, the example %s", document.Operations[0].Name, example.Name)
			}
			for line := range strings.Lines(example.Query) {
				if strings.HasPrefix(line, "#") && len(line) > 52 {
					t.Errorf("a comment is wider than the editor: %s", line)
				}
			}
			if !strings.HasPrefix(example.Query, "# ") {
				t.Error("no comment on top: it is the description in the list of examples")
			}
			variables := map[string]any{}
			if example.Variables != "" {
				if err := json.Unmarshal([]byte(example.Variables), &variables); err != nil {
					t.Fatal(err)
				}
			}
			for _, declared := range document.Operations[0].VariableDefinitions {
				if _, ok := variables[declared.Variable]; !ok {
					t.Errorf("$%s has no value to begin with", declared.Variable)
				}
				delete(variables, declared.Variable)
			}
			for name := range variables {
				t.Errorf("%q is no variable of the query", name)
			}
		})
	}
	want := []string{
		"newest-jobs", "filter-by-state-and-time", "page-through-a-filter",
		"fields-of-one-type", "count-without-reading", "many-datasets-at-once",
		"watch-what-changes",
	}
	if !slices.Equal(names, want) {
		t.Errorf("got %q, want %q", names, want)
	}
	if len(names) > 7 {
		t.Errorf("%d examples are more than a bar of tabs shows", len(names))
	}
}

func TestPageShowsTheExamples(t *testing.T) {
	t.Parallel()
	h := playground.New(playground.Options{})
	_, body := get(t, h, http.MethodGet, assetPath(t, h, "examples.json"))
	var shown []playground.Example
	if err := json.Unmarshal([]byte(body), &shown); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(shown, playground.Examples()) {
		t.Errorf("got %v, want %v", shown, playground.Examples())
	}
}
