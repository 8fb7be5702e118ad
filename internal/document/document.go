// Package document reads the text of a request by the rules of the GraphQL specification, September 2025. It
// has never heard of jobs. The parser and most rules are gqlparser's; what it cannot do is done here, before
// it or after it, and told to its maintainers in docs/gqlparser.md.
//
// A text becomes a Document in four steps, from the cheapest to the dearest:
//
//	Parse    reads the text, in scan.go, strings.go, parse.go and positions.go
//	Measure  takes the size, so that the caller can refuse what is too large, in shape.go
//	Validate holds it to the specification's rules, in validate.go, rules.go, valuerules.go and guesses.go
//	New      finds out once what every request asks again, in document.go
//
// Variables reads the values that are sent with it, in variables.go. What is said of values that do not fit, sent
// or in the text, is made in words.go.
//
// Whoever walks through a document does it by Walk or by Sum, in walk.go: both take a time that is linear in
// the text, though fragments that spread each other can stand for more fields than there are atoms.
package document

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// Document is a valid document with what is known of it. Nothing changes it after New; safe for concurrent
// use.
type Document struct {
	*ast.QueryDocument

	// Conditions are the names of the variables that @skip and @include read, sorted.
	Conditions []string
	// MostFields is how many fields the operation has that has the most.
	MostFields int

	operations []Operation
}

// Operation is one operation of a document with what is known of it.
type Operation struct {
	*ast.OperationDefinition
	Shape
}

// New makes the Document of a document that was measured and found valid. It is the Document's own from then
// on, and is changed: what validation has written into it of one operation is taken out, since a fragment may
// be shared by several.
func New(doc *ast.QueryDocument, size Size) *Document {
	d := &Document{QueryDocument: doc}
	for i, op := range doc.Operations {
		d.prepare(op.SelectionSet)
		d.MostFields = max(d.MostFields, size.Operations[i].Fields)
		d.operations = append(d.operations, Operation{op, size.Operations[i]})
	}
	for _, fragment := range doc.Fragments {
		d.prepare(fragment.SelectionSet)
	}
	slices.Sort(d.Conditions)
	d.Conditions = slices.Compact(d.Conditions)
	return d
}

// Operation returns the operation of a name, or the only one for "". Nil when there is no such operation, or
// when "" could be several.
func (d *Document) Operation(name string) *Operation {
	if i := slices.Index(d.Operations, d.Operations.ForName(name)); i >= 0 {
		return &d.operations[i]
	}
	return nil
}

// prepare notes the conditions of a set, and makes its values ready to be read for any operation. Fragments
// are prepared by themselves.
func (d *Document) prepare(set ast.SelectionSet) {
	Walk(set, nil, func(selection ast.Selection) bool {
		for _, directive := range directivesOf(selection) {
			forgetDefinitions(directive.Arguments)
			condition := directive.Arguments.ForName("if")
			if condition != nil && condition.Value.Kind == ast.Variable {
				d.Conditions = append(d.Conditions, condition.Value.Raw)
			}
		}
		if field, ok := selection.(*ast.Field); ok {
			forgetDefinitions(field.Arguments)
		}
		return true
	})
}

// forgetDefinitions takes the definitions of variables out of arguments. Validation writes that of one
// operation into the fragments that several share, and a value that a request leaves out would have its
// default.
func forgetDefinitions(arguments ast.ArgumentList) {
	for _, argument := range arguments {
		for value := range valuesIn(argument.Value) {
			value.VariableDefinition = nil
		}
	}
}
