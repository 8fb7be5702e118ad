package document

import (
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// No value of a document tells of an operation: a fragment may be shared.
func TestDocumentForgetsDefinitions(t *testing.T) {
	t.Parallel()
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: `type Query { dataset: Dataset } type Dataset { id: ID! }`})
	doc, err := gqlparser.LoadQueryWithRules(schema, `query($x: Boolean = true) { dataset @include(if: $x) { id ...F @skip(if: $x) ... @skip(if: $x) { id } } } fragment F on Dataset { id }`, nil)
	if err != nil {
		t.Fatal(err)
	}
	d := New(doc, Measure(doc))
	dataset, _ := d.Operations[0].SelectionSet[0].(*ast.Field)
	for i, selection := range append(ast.SelectionSet{dataset}, dataset.SelectionSet[1:]...) {
		if condition := directivesOf(selection)[0].Arguments[0].Value; condition.VariableDefinition != nil {
			t.Errorf("condition %d is %v", i, condition.VariableDefinition)
		}
	}
}

// What is written into a list of representations and is no object becomes one without members; objects and
// variables are left as they are, and so is any other argument.
func TestScalarsAmongRepresentations(t *testing.T) {
	t.Parallel()
	for written, want := range map[string]string{
		`representations: [1, "x", E, true, [1], {a: 1}, {}, $v]`: `representations: [{},{},{},{},{},{a:1},{},$v]`,
		`representations: 1`:      `representations: {}`,
		`representations: {a: 1}`: `representations: {a:1}`,
		`representations: $v`:     `representations: $v`,
		`v: [1, "x", $v]`:         `v: [1,"x",$v]`,
	} {
		name := "_entities"
		if strings.HasPrefix(written, "v") {
			name = "other"
		}
		doc, err := parser.ParseQuery(&ast.Source{Input: "query($v: _Any) { " + name + "(" + written + ") }"})
		if err != nil {
			t.Fatal(err)
		}
		argument := New(doc, Measure(doc)).Operations[0].SelectionSet[0].(*ast.Field).Arguments[0]
		if got := argument.Name + ": " + argument.Value.String(); got != want {
			t.Errorf("%s: %s, want %s", written, got, want)
		}
	}
}
