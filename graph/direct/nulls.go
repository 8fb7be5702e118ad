package direct

import "github.com/vektah/gqlparser/v2/ast"

// MisplacedNull finds a variable that the request has set to null and that the operation uses where the schema takes no null.
// Validation lets it pass where the variable or the argument has a default, which the null replaces. What @skip and @include
// leave out is not looked at. False when there is no such variable.
func (d *Document) MisplacedNull(op *ast.OperationDefinition, variables map[string]any) (name string, found bool) {
	for _, declared := range op.VariableDefinitions {
		if value, given := variables[declared.Variable]; given && value == nil {
			search := nullSearch{collector{schema: d.schema, fragments: d.Fragments, variables: variables}}
			return search.selectionSet(op.SelectionSet)
		}
	}
	return "", false
}

// nullSearch looks through one operation, into each fragment as often as it is spread. The limits of a document's shape bound that.
type nullSearch struct{ collector }

func (s *nullSearch) selectionSet(set ast.SelectionSet) (name string, found bool) {
	for _, selection := range set {
		directives := directivesOf(selection)
		for _, directive := range directives { // all of them, before one is read
			if name, found = s.arguments(directive.Arguments); found {
				return name, true
			}
		}
		if !s.included(directives) {
			continue
		}
		switch selection := selection.(type) {
		case *ast.Field:
			if name, found = s.arguments(selection.Arguments); !found {
				name, found = s.selectionSet(selection.SelectionSet)
			}
		case *ast.InlineFragment:
			name, found = s.selectionSet(selection.SelectionSet)
		case *ast.FragmentSpread:
			name, found = s.selectionSet(s.fragments.ForName(selection.Name).SelectionSet)
		}
		if found {
			return name, true
		}
	}
	return "", false
}

func (s *nullSearch) arguments(arguments ast.ArgumentList) (name string, found bool) {
	for _, argument := range arguments {
		if name, found = s.value(argument.Value); found {
			return name, true
		}
	}
	return "", false
}

// value looks through a value. A variable that is absent has the default of its place, and free JSON takes a null.
func (s *nullSearch) value(value *ast.Value) (name string, found bool) {
	if value.Kind == ast.Variable {
		held, given := s.variables[value.Raw]
		return value.Raw, given && held == nil && value.ExpectedType != nil && value.ExpectedType.NonNull
	}
	for _, child := range value.Children {
		if name, found = s.value(child.Value); found {
			return name, true
		}
	}
	return "", false
}
