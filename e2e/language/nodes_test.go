//go:build e2e

package language_test

import (
	"fmt"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// nodesOf gives what a document consists of, as judge.mjs writes it.
func nodesOf(doc *ast.QueryDocument) []string {
	var n noting
	for _, op := range doc.Operations {
		for _, variable := range op.VariableDefinitions {
			n.note("Variable", variable.Position, "")
			n.value(variable.DefaultValue)
			n.directives(variable.Directives)
		}
		n.directives(op.Directives)
		n.selections(op.SelectionSet)
	}
	for _, fragment := range doc.Fragments {
		n.directives(fragment.Directives)
		n.selections(fragment.SelectionSet)
	}
	return n
}

type noting []string

func (n *noting) note(kind string, at *ast.Position, value string) {
	*n = append(*n, fmt.Sprintf("%s %d:%d %s", kind, at.Line, at.Column, value))
}

func (n *noting) selections(set ast.SelectionSet) {
	for _, selection := range set {
		switch selection := selection.(type) {
		case *ast.Field:
			n.note("Field", selection.Position, "")
			n.arguments(selection.Arguments)
			n.directives(selection.Directives)
			n.selections(selection.SelectionSet)
		case *ast.InlineFragment:
			n.note("InlineFragment", selection.Position, "")
			n.directives(selection.Directives)
			n.selections(selection.SelectionSet)
		case *ast.FragmentSpread:
			n.note("FragmentSpread", selection.Position, "")
			n.directives(selection.Directives)
		}
	}
}

func (n *noting) directives(list ast.DirectiveList) {
	for _, directive := range list {
		n.note("Directive", directive.Position, "")
		n.arguments(directive.Arguments)
	}
}

func (n *noting) arguments(list ast.ArgumentList) {
	for _, argument := range list {
		n.note("Argument", argument.Position, "")
		n.value(argument.Value)
	}
}

func (n *noting) value(value *ast.Value) {
	if value == nil {
		return
	}
	kind, raw := kinds[value.Kind], value.Raw
	if value.Kind == ast.Variable || value.Kind == ast.BooleanValue || value.Kind == ast.NullValue {
		raw = ""
	}
	n.note(kind, value.Position, raw)
	for _, child := range value.Children {
		if value.Kind == ast.ObjectValue {
			n.note("ObjectField", child.Position, "")
		}
		n.value(child.Value)
	}
}

var kinds = map[ast.ValueKind]string{
	ast.Variable: "Variable", ast.IntValue: "IntValue", ast.FloatValue: "FloatValue", ast.StringValue: "StringValue", ast.BlockValue: "StringValue",
	ast.BooleanValue: "BooleanValue", ast.NullValue: "NullValue", ast.EnumValue: "EnumValue", ast.ListValue: "ListValue", ast.ObjectValue: "ObjectValue",
}

func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }
