package graph

import (
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/introspection"
	"github.com/vektah/gqlparser/v2/ast"
)

// kindsOf has, for a field of __Type, the kinds of types for which it is not null; a field that is not here
// is for all kinds. Source: https://spec.graphql.org/September2025/#sec-The-__Type-Type
var kindsOf = map[string][]ast.DefinitionKind{
	"fields":        {ast.Object, ast.Interface},
	"interfaces":    {ast.Object, ast.Interface},
	"possibleTypes": {ast.Interface, ast.Union},
	"enumValues":    {ast.Enum},
	"inputFields":   {ast.InputObject},
	"isOneOf":       {ast.InputObject},
}

// saysNothing reports whether a field of __Type has to be null for the type at hand. The generated code would
// answer with an empty list or false. Example: enumValues of the type Job is null, and that of JobState is a
// list.
func saysNothing(field *graphql.FieldContext) bool {
	if field.Object != "__Type" {
		return false
	}
	kinds, some := kindsOf[field.Field.Name]
	typ, known := field.Parent.Result.(*introspection.Type)
	return some && known && !slices.Contains(kinds, ast.DefinitionKind(typ.Kind()))
}
