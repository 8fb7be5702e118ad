package document

import (
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
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
