package gateway

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// readVariables returns the caller's values as an operation declares its variables, with the defaults filled
// in. What follows sees one form of each: an Int is an int64 of 32 bits, an ID a string, a list a []any, also
// where one value was sent for it, an input object a map[string]any. A variable without a value and a default
// is absent. The error names the first place that does not fit, and repeats nothing of its value.
// Source: https://spec.graphql.org/September2025/#sec-Coercing-Variable-Values
//
// Example: for ($ids: [ID!]!, $n: Int = 20) and {"ids": 7} it returns {"ids": ["7"], "n": 20}; for {"ids":
// [7, null]} the error names $ids[1].
func readVariables(
	schema *ast.Schema, op *ast.OperationDefinition, given map[string]any,
) (map[string]any, *gqlerror.Error) {
	values := make(map[string]any, len(op.VariableDefinitions))
	for _, declared := range op.VariableDefinitions {
		value, has := given[declared.Variable]
		if !has && declared.DefaultValue != nil {
			value, _ = declared.DefaultValue.Value(nil) // it can be read: the document's numbers have been
			has = true
		}
		if !has && !declared.Type.NonNull {
			continue // absent, which is not null
		}
		read, misfit := coerce(schema, declared.Type, value, ast.Path{ast.PathName(declared.Variable)})
		if misfit != nil {
			return nil, argumentError(declared.Position, "$"+misfit.String(),
				"The variable $"+declared.Variable+" does not have the type that the operation declares.")
		}
		values[declared.Variable] = read
	}
	return values, nil
}

// coerce returns a value in the form of its type, or else the place in it that does not fit. Path is the
// value's own place. Objects and lists may be changed in place.
func coerce(schema *ast.Schema, typ *ast.Type, value any, path ast.Path) (read any, misfit ast.Path) {
	if value == nil && typ.NonNull {
		return nil, path
	}
	if value == nil {
		return nil, nil
	}
	if typ.Elem != nil {
		return coerceList(schema, typ.Elem, value, path)
	}
	def := schema.Types[typ.NamedType]
	if def.Kind == ast.InputObject {
		return coerceObject(schema, def, value, path)
	}
	read, fits := coerceLeaf(def, value)
	if !fits {
		return nil, path
	}
	return read, nil
}

// coerceList is coerce for a list of elem. One value is taken for a list of it.
func coerceList(schema *ast.Schema, elem *ast.Type, value any, path ast.Path) (read any, misfit ast.Path) {
	list, isList := value.([]any)
	if !isList {
		read, misfit = coerce(schema, elem, value, path)
		return []any{read}, misfit
	}
	for i, element := range list {
		if list[i], misfit = coerce(schema, elem, element, append(path, ast.PathIndex(i))); misfit != nil {
			return nil, misfit
		}
	}
	return list, nil
}

// coerceObject is coerce for an input object. What is left out stays left out: the generated code fills in
// the defaults of fields. Of several unknown members the first in alphabetical order is the place, so that
// the error does not change from one request to the next.
func coerceObject(
	schema *ast.Schema, def *ast.Definition, value any, path ast.Path,
) (read any, misfit ast.Path) {
	members, isObject := value.(map[string]any)
	if !isObject {
		return nil, path
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if def.Fields.ForName(name) == nil {
			return nil, append(path, ast.PathName(name))
		}
	}
	for _, field := range def.Fields {
		member, has := members[field.Name]
		if !has && (!field.Type.NonNull || field.DefaultValue != nil) {
			continue
		}
		at := append(path, ast.PathName(field.Name))
		if members[field.Name], misfit = coerce(schema, field.Type, member, at); misfit != nil {
			return nil, misfit
		}
	}
	return members, nil
}

// coerceLeaf is coerce for a scalar or an enum. The schema's own scalars take any JSON, in which whole
// numbers are written as such; those of a Float are, too, since a Float can stand in one.
func coerceLeaf(def *ast.Definition, value any) (read any, fits bool) {
	text, isText := value.(string)
	switch {
	case def.Kind == ast.Enum:
		return text, isText && def.EnumValues.ForName(text) != nil
	case def.Name == "Int":
		n, err := strconv.ParseInt(integerDigits(value), 10, 32)
		return n, err == nil
	case def.Name == "ID" && isText, def.Name == "String":
		return text, isText
	case def.Name == "ID":
		digits := integerDigits(value)
		return digits, digits != ""
	case def.Name == "Boolean":
		is, isBoolean := value.(bool)
		return is, isBoolean
	case def.Name == "Float":
		_, isInt := value.(int64)
		_, isFloat := value.(float64)
		number, _ := value.(json.Number)
		_, err := number.Float64()
		return normalized(value), isInt || isFloat || err == nil
	}
	return normalized(value), true
}

// normalized returns a value in which numbers that are whole and fit into 64 bits are written without a point
// or an exponent, so that all that compare them see one spelling.
//
// Example: {"id": 1.0, "x": 2.5} becomes {"id": 1, "x": 2.5}.
func normalized(value any) any {
	switch value := value.(type) {
	case json.Number:
		if digits := integerDigits(value); digits != "" {
			return json.Number(digits)
		}
	case []any:
		for i, element := range value {
			value[i] = normalized(element)
		}
	case map[string]any:
		for name, member := range value {
			value[name] = normalized(member)
		}
	}
	return value
}
