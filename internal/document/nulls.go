package document

import "github.com/vektah/gqlparser/v2/ast"

// MisplacedNull returns the name of a variable that the request has set to null and that an operation uses
// where the schema takes no null; false when there is none. Validation lets such a use pass where the
// variable or the argument has a default, which the null replaces. What @skip and @include leave out is not
// looked at. It takes no time where no variable is null.
//
// Example: for query($x: ID = "1") {dataset(id: $x) {id}} with {"x": null} it returns x.
func (d *Document) MisplacedNull(op *ast.OperationDefinition, variables map[string]any) (
	name string, found bool,
) {
	for _, declared := range op.VariableDefinitions {
		if value, given := variables[declared.Variable]; given && value == nil {
			return d.findNull(op, variables)
		}
	}
	return "", false
}

// findNull is MisplacedNull where a variable is null.
func (d *Document) findNull(op *ast.OperationDefinition, variables map[string]any) (name string, found bool) {
	look := func(arguments ast.ArgumentList) {
		for _, argument := range arguments {
			for value := range valuesIn(argument.Value) {
				if !found && isMisplacedNull(value, variables) {
					name, found = value.Raw, true
				}
			}
		}
	}
	Walk(op.SelectionSet, d.Fragments, func(selection ast.Selection) bool {
		for _, directive := range directivesOf(selection) { // all of them, before one is read
			look(directive.Arguments)
		}
		if found || !Included(selection, variables) {
			return false
		}
		if field, ok := selection.(*ast.Field); ok {
			look(field.Arguments)
		}
		return !found
	})
	return name, found
}

// isMisplacedNull reports whether a value is a variable that is null where its place takes no null. A
// variable that is absent has the default of its place, and free JSON takes a null. The type of the place is
// what validation has written into the value, so the document has to be valid.
func isMisplacedNull(value *ast.Value, variables map[string]any) bool {
	held, given := variables[value.Raw]
	return value.Kind == ast.Variable && given && held == nil &&
		value.ExpectedType != nil && value.ExpectedType.NonNull
}

// Included reports whether @skip and @include leave a selection in, in a valid document. Both have to: what
// has @skip(if: true) and @include(if: true) is left out.
func Included(selection ast.Selection, variables map[string]any) bool {
	for _, directive := range directivesOf(selection) {
		if directive.Name != "skip" && directive.Name != "include" {
			continue
		}
		value, _ := directive.Arguments.ForName("if").Value.Value(variables) // validation has seen a Boolean
		if is, _ := value.(bool); is == (directive.Name == "skip") {
			return false
		}
	}
	return true
}
