package gateway

import (
	"encoding/json"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator"
)

// readVariables checks the caller's values against the variables that an operation declares, and gives them with the
// defaults filled in. An error has the path "variable", the variable's name, and the place within it.
func readVariables(schema *ast.Schema, op *ast.OperationDefinition, given map[string]any) (map[string]any, error) {
	for _, declared := range op.VariableDefinitions {
		path := ast.Path{ast.PathName("variable"), ast.PathName(declared.Variable)}
		if err := checkKind(schema, declared.Type, given[declared.Variable], path); err != nil {
			return nil, err
		}
	}
	return validator.VariableValues(schema, op, given)
}

// checkKind refuses values whose JSON kind is not that of their scalar. The library would take a number for a text and
// a text for a number, since in Go a json.Number is both; everything else is left to it.
func checkKind(schema *ast.Schema, typ *ast.Type, value any, path ast.Path) error {
	if value == nil {
		return nil
	}
	if list, isList := value.([]any); isList && typ.Elem != nil {
		for i, element := range list {
			if err := checkKind(schema, typ.Elem, element, append(path, ast.PathIndex(i))); err != nil {
				return err
			}
		}
		return nil
	}
	def := schema.Types[typ.Name()]
	if members, isObject := value.(map[string]any); isObject && def.Kind == ast.InputObject {
		for _, field := range def.Fields {
			if err := checkKind(schema, field.Type, members[field.Name], append(path, ast.PathName(field.Name))); err != nil {
				return err
			}
		}
		return nil
	}
	if !fits(def, value) {
		return gqlerror.ErrorPathf(path, "not a %s", typ.Name())
	}
	return nil
}

// fits reports whether a value has the JSON kind of a built-in scalar or an enum; other types take anything here.
func fits(def *ast.Definition, value any) bool {
	number, _ := value.(json.Number)
	_, isText := value.(string)
	switch {
	case def.Name == "Int":
		_, err := strconv.ParseInt(string(number), 10, 32)
		return err == nil
	case def.Name == "ID":
		_, err := strconv.ParseInt(string(number), 10, 64)
		return isText || err == nil
	case def.Name == "String" || def.Kind == ast.Enum:
		return isText
	}
	return true
}
