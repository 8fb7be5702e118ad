package document

import (
	"fmt"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// spell returns a selection as it is written, without what is below it.
func spell(selection ast.Selection) string {
	switch selection := selection.(type) {
	case *ast.Field:
		return selection.Name
	case *ast.FragmentSpread:
		return "..." + selection.Name
	}
	return "..."
}

// What a walk visits, where it does not look into a field named closed, and what a sum counts.
func TestSelections(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text    string
		visited string
		fields  int
	}{
		{`{a{b} ...F ...F} fragment F on T{c}`, "a b ...F c ...F", 4},
		{`{a{b} ...F ...F} fragment F on T{c d}`, "a b ...F c d ...F", 6},
		{`{a ...on T{b ...{c}} d}`, "a ... b ... c d", 4},
		{`{closed{a} b}`, "closed b", 3},
		{`{closed{...F} ...F} fragment F on T{a}`, "closed ...F a", 3},
		{`{...F a} fragment F on T{b ...F}`, "...F b ...F a", 2},
		{`{...F} fragment F on T{...G a} fragment G on T{...F b}`, "...F ...G ...F b a", 2},
		{`{...None a}`, "...None a", 1},
		{`{...F} fragment F on T{a} fragment F on T{b c}`, "...F a", 1},
	} {
		doc, err := parser.ParseQuery(&ast.Source{Input: c.text})
		if err != nil {
			t.Fatal(err)
		}
		var visited []string
		Walk(doc.Operations[0].SelectionSet, doc.Fragments, func(selection ast.Selection) bool {
			visited = append(visited, spell(selection))
			return spell(selection) != "closed"
		})
		if got := strings.Join(visited, " "); got != c.visited {
			t.Errorf("%s: visited %s, want %s", c.text, got, c.visited)
		}
		if got := Measure(doc).Operations[0].Fields; got != c.fields {
			t.Errorf("%s: %d fields, want %d", c.text, got, c.fields)
		}
	}
}

// A walk visits 62 selections of a document that stands for 2^30 fields.
func TestWalkIsLinear(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	text.WriteString("{...f0}")
	for i := range 30 {
		fmt.Fprintf(&text, " fragment f%d on T{...f%d ...f%d}", i, i+1, i+1)
	}
	doc, err := parser.ParseQuery(&ast.Source{Input: text.String() + " fragment f30 on T{a}"})
	if err != nil {
		t.Fatal(err)
	}
	visited := 0
	Walk(doc.Operations[0].SelectionSet, doc.Fragments, func(ast.Selection) bool {
		visited++
		return true
	})
	if visited != 1+2*30+1 {
		t.Errorf("%d selections", visited)
	}
	if got := Measure(doc).Operations[0].Fields; got != 1<<30 {
		t.Errorf("%d fields", got)
	}
}
