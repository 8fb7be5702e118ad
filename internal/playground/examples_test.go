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
		"latest-jobs", "failures-of-the-last-day", "page-through-a-filter",
		"one-job-typed", "counts-by-state", "dataset-board",
	}
	if !slices.Equal(names, want) {
		t.Errorf("got %q, want %q", names, want)
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
