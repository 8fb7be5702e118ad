package graph

import (
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/introspection"
	"github.com/vektah/gqlparser/v2/ast"
)

// kindsOf are the kinds of types that a field of __Type means something for; what is not here means something for all.
// Source: https://spec.graphql.org/September2025/#sec-The-__Type-Type
var kindsOf = map[string][]ast.DefinitionKind{
	"fields":        {ast.Object, ast.Interface},
	"interfaces":    {ast.Object, ast.Interface},
	"possibleTypes": {ast.Interface, ast.Union},
	"enumValues":    {ast.Enum},
	"inputFields":   {ast.InputObject},
	"isOneOf":       {ast.InputObject},
}

// saysNothing reports whether a field is one of __Type that means nothing for the type at hand, and so has to be null; the
// generated code would answer with an empty list or false.
func saysNothing(field *graphql.FieldContext) bool {
	if field.Object != "__Type" {
		return false
	}
	kinds, some := kindsOf[field.Field.Name]
	typ, known := field.Parent.Result.(*introspection.Type)
	return some && known && !slices.Contains(kinds, ast.DefinitionKind(typ.Kind()))
}
