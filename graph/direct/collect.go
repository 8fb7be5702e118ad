package direct

import (
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
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
// appearance, those in fragments that apply to the type included.
func (c *collector) collect(object string, set ast.SelectionSet) []*field {
	var fields []*field
	c.gather(object, set, map[string]bool{}, &fields)
	return fields
}

// gather adds to fields what collect returns. Spread are the fragments that were added already: each is added
// once.
func (c *collector) gather(object string, set ast.SelectionSet, spread map[string]bool, fields *[]*field) {
	for _, selection := range set {
		switch selection := selection.(type) {
		case *ast.Field:
			if c.included(selection.Directives) {
				merge(fields, object, selection)
			}
		case *ast.InlineFragment:
			if c.included(selection.Directives) && c.applies(selection.TypeCondition, object) {
				c.gather(object, selection.SelectionSet, spread, fields)
			}
		case *ast.FragmentSpread:
			if spread[selection.Name] || !c.included(selection.Directives) {
				continue
			}
			spread[selection.Name] = true
			if fragment := c.fragments.ForName(selection.Name); c.applies(fragment.TypeCondition, object) {
				c.gather(object, fragment.SelectionSet, spread, fields)
			}
		}
	}
}

// merge adds a field, or its selections to the field with the same response key. Validation has seen that the
// two agree.
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

// included reports whether @skip and @include let a selection in.
func (c *collector) included(directives ast.DirectiveList) bool {
	for _, directive := range directives {
		switch directive.Name {
		case "skip":
			if c.condition(directive) {
				return false
			}
		case "include":
			if !c.condition(directive) {
				return false
			}
		}
	}
	return true
}

// condition returns the value of the argument "if".
func (c *collector) condition(directive *ast.Directive) bool {
	value, _ := directive.Arguments.ForName("if").Value.Value(c.variables)
	is, _ := value.(bool) // as validation has seen
	return is
}
