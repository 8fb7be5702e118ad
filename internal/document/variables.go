package document

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
)

// Variables reads the values that callers send for variables. Safe for concurrent use.
type Variables struct {
	schema *ast.Schema
	// scalars says of scalars that the specification does not know what is wrong with a value, in a sentence
	// that has nothing of it. One that is not here takes any JSON.
	scalars map[string]func(value any) error
	words   words
}

// NewVariables makes a reader of variables for a schema. Unless tellNames, no error has a name of the schema
// that the request does not have.
func NewVariables(schema *ast.Schema, tellNames bool, scalars map[string]func(value any) error) Variables {
	return Variables{schema, scalars, words{tellNames}}
}

// Read returns the caller's values as an operation declares its variables, with the defaults filled in. What
// follows sees one form of each: an Int is an int64 of 32 bits, an ID a string, a list a []any, also where one
// value was sent for it, an input object a map[string]any. A variable without a value and a default is absent.
// The misfit is the first place that does not fit; nil for none. Objects and lists may be changed in place.
// Source: https://spec.graphql.org/September2025/#sec-Coercing-Variable-Values
//
// Example: for ($ids: [ID!]!, $n: Int = 20) and {"ids": 7} it returns {"ids": ["7"], "n": 20}; for {"ids":
// [7, null]} the place of the misfit is $ids[1].
func (v Variables) Read(op *ast.OperationDefinition, given map[string]any) (map[string]any, *Misfit) {
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
		path := ast.Path{ast.PathName(declared.Variable)}
		var read any
		var misfit *Misfit
		if has {
			read, misfit = v.coerce(declared.Type, value, path)
		} else {
			misfit = v.words.missing(path, declared.Type)
		}
		if misfit != nil {
			misfit.Position = declared.Position
			return nil, misfit
		}
		values[declared.Variable] = read
	}
	return values, nil
}

// coerce returns a value in the form of its type, or else what does not fit. Path is the value's own place.
func (v Variables) coerce(typ *ast.Type, value any, path ast.Path) (read any, misfit *Misfit) {
	if value == nil && typ.NonNull {
		return nil, v.words.null(path, typ)
	}
	if value == nil {
		return nil, nil
	}
	if typ.Elem != nil {
		return v.coerceList(typ.Elem, value, path)
	}
	def := v.schema.Types[typ.NamedType]
	if def.Kind == ast.InputObject {
		return v.coerceObject(def, value, path)
	}
	return v.coerceLeaf(def, value, path)
}

// coerceList is coerce for a list of elem. One value is taken for a list of it.
func (v Variables) coerceList(elem *ast.Type, value any, path ast.Path) (read any, misfit *Misfit) {
	list, isList := value.([]any)
	if !isList {
		read, misfit = v.coerce(elem, value, path)
		return []any{read}, misfit
	}
	for i, element := range list {
		if list[i], misfit = v.coerce(elem, element, append(path, ast.PathIndex(i))); misfit != nil {
			return nil, misfit
		}
	}
	return list, nil
}

// coerceObject is coerce for an input object. What is left out stays left out: the generated code fills in
// the defaults of fields. Of several unknown members the first in alphabetical order is the place, so that
// the error does not change from one request to the next.
func (v Variables) coerceObject(def *ast.Definition, value any, path ast.Path) (read any, misfit *Misfit) {
	members, isObject := value.(map[string]any)
	if !isObject {
		return nil, v.words.wrong(path, def, kindOf(value))
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if def.Fields.ForName(name) == nil {
			return nil, v.words.unknown(path, def, name)
		}
	}
	if def.Directives.ForName("oneOf") != nil && len(members) != 1 {
		return nil, v.words.notOne(path, def, len(members))
	}
	for _, field := range def.Fields {
		member, has := members[field.Name]
		at := append(path, ast.PathName(field.Name))
		switch {
		case !has && (!field.Type.NonNull || field.DefaultValue != nil):
			continue
		case !has:
			return nil, v.words.missing(at, field.Type)
		case member == nil && def.Directives.ForName("oneOf") != nil:
			return nil, v.words.null(at, field.Type)
		}
		if members[field.Name], misfit = v.coerce(field.Type, member, at); misfit != nil {
			return nil, misfit
		}
	}
	return members, nil
}

// coerceLeaf is coerce for a scalar or an enum. The schema's own scalars take any JSON, unless somebody knows
// better, in which whole numbers are written as such; those of a Float are, too, since a Float can stand in
// one.
func (v Variables) coerceLeaf(def *ast.Definition, value any, path ast.Path) (read any, misfit *Misfit) {
	if check := v.scalars[def.Name]; check != nil {
		if err := check(value); err != nil {
			return nil, v.words.noScalar(path, def, kindOf(value), err)
		}
	}
	read, fits := leafOf(def, value)
	if fits {
		return read, nil
	}
	kind := kindOf(value)
	switch {
	case kind == aNumber && def.Name == "Int":
		kind = numberFor(value, 32)
	case kind == aNumber && (def.Name == "ID" || def.Name == "Float"):
		kind = numberFor(value, 64)
	case kind == aString && def.Kind == ast.Enum:
		kind = ""
	}
	return nil, v.words.wrong(path, def, kind)
}

// leafOf returns a scalar or a value of an enum in the form of its type.
func leafOf(def *ast.Definition, value any) (read any, fits bool) {
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
