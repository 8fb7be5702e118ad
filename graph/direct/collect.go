package direct

import (
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"jobsgateway/internal/document"
)

// field is a field of a selection set, merged from all selections with its response key: {a: job {id} a: job
// {state}} has one field a with two selections.
type field struct {
	graphql.CollectedField
	// object is the name of the type that it is a field of.
	object string
}

// collector gathers the fields that an operation asks of an object.
// Source: https://spec.graphql.org/September2025/#CollectFields()
type collector struct {
	schema    *ast.Schema
	fragments ast.FragmentDefinitionList
	// variables decide @skip and @include.
	variables map[string]any
}

// collect returns the fields that a selection set asks of an object type, in the order of their first
// appearance, those in fragments that apply to the type included. Example: of {a {x} ...F b} with fragment F
// on Node {a {y} c}, an object that is a Node has a with {x} and {y}, then c, then b.
func (c *collector) collect(object string, set ast.SelectionSet) []*field {
	var fields []*field
	document.Walk(set, c.fragments, func(selection ast.Selection) (below bool) {
		if !document.Included(selection, c.variables) {
			return false
		}
		switch selection := selection.(type) {
		case *ast.Field:
			merge(&fields, object, selection)
		case *ast.InlineFragment:
			return c.applies(selection.TypeCondition, object)
		case *ast.FragmentSpread:
			return c.applies(c.fragments.ForName(selection.Name).TypeCondition, object)
		}
		return false
	})
	return fields
}

// merge adds a field, or its selections to the field with the same response key. Validation has seen that the
// two agree. The selections of the document are not changed: other operations share them.
func merge(fields *[]*field, object string, selection *ast.Field) {
	for _, known := range *fields {
		if known.Alias == selection.Alias {
			known.Selections = append(slices.Clip(known.Selections), selection.SelectionSet...)
			return
		}
	}
	*fields = append(*fields, &field{
		CollectedField: graphql.CollectedField{Field: selection, Selections: selection.SelectionSet},
		object:         object,
	})
}

// applies reports whether a fragment on a type applies to an object: on its own type, or on an interface or
// union of it.
func (c *collector) applies(condition, object string) bool {
	if condition == "" || condition == object {
		return true
	}
	isObject := func(def *ast.Definition) bool { return def.Name == object }
	return slices.ContainsFunc(c.schema.PossibleTypes[condition], isObject)
}
