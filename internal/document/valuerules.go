package document

import (
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/core"
)

// valuesOfCorrectType refuses every literal that is not of the type of its place. A custom scalar takes any
// literal.
// Source: https://spec.graphql.org/September2025/#sec-Values-of-Correct-Type and the three sections after it.
func valuesOfCorrectType(observers *core.Events, addError core.AddErrFunc) {
	observers.OnValue(func(_ *core.Walker, value *ast.Value) {
		typ, def := value.ExpectedType, value.Definition
		if typ == nil || def == nil || value.Kind == ast.Variable {
			return // another rule's: an unknown name, or a variable
		}
		wrong := func() {
			addError(core.Message(`Expected value of type "%s", found %s.`, typ, value), core.At(value.Position))
		}
		switch value.Kind { // the others are the type's affair
		case ast.NullValue:
			if typ.NonNull {
				wrong()
			}
			return
		case ast.ListValue: // its items are asked for themselves
			if typ.Elem == nil && !isCustom(def) {
				wrong()
			}
			return
		}
		switch def.Kind { // no input type, which another rule says
		case ast.InputObject:
			if value.Kind != ast.ObjectValue {
				wrong()
				return
			}
			checkInputObject(def, value, addError)
		case ast.Enum:
			switch {
			case value.Kind != ast.EnumValue:
				addError(core.Message(`Enum "%s" cannot represent non-enum value: %s.`, def.Name, value), core.At(value.Position))
			case def.EnumValues.ForName(value.Raw) == nil:
				addError(core.Message(`Value "%s" does not exist in "%s" enum.`, value.Raw, def.Name), core.At(value.Position))
			}
		case ast.Scalar:
			switch {
			case scalarTakes(def, value):
			case def.Name == "Int" && value.Kind == ast.IntValue:
				addError(core.Message("Int takes a whole number from -2147483648 to 2147483647, found %s.", value), core.At(value.Position))
			default:
				wrong()
			}
		}
	})
}

// isCustom reports whether a type is a scalar that the specification does not know.
func isCustom(def *ast.Definition) bool {
	return def.Kind == ast.Scalar && !def.OneOf("Int", "Float", "String", "Boolean", "ID")
}

// scalarTakes reports whether a literal that is neither null nor a list may stand for a scalar.
func scalarTakes(def *ast.Definition, value *ast.Value) bool {
	isInt := value.Kind == ast.IntValue
	isText := value.Kind == ast.StringValue || value.Kind == ast.BlockValue
	switch def.Name {
	case "Int":
		_, err := strconv.ParseInt(value.Raw, 10, 32)
		return isInt && err == nil
	case "Float":
		_, err := strconv.ParseFloat(value.Raw, 64)
		return (isInt || value.Kind == ast.FloatValue) && err == nil
	case "String":
		return isText
	case "Boolean":
		return value.Kind == ast.BooleanValue
	case "ID":
		return isInt || isText
	}
	return true
}

// checkInputObject looks at the fields of an input object; their values are asked for themselves.
func checkInputObject(def *ast.Definition, value *ast.Value, addError core.AddErrFunc) {
	for _, field := range def.Fields {
		if field.Type.NonNull && field.DefaultValue == nil && value.Children.ForName(field.Name) == nil {
			addError(core.Message(`Field "%s.%s" of required type "%s" was not provided.`, def.Name, field.Name, field.Type),
				core.At(value.Position))
		}
	}
	for _, child := range value.Children {
		if def.Fields.ForName(child.Name) == nil {
			addError(core.Message(`Field "%s" is not defined by type "%s".`, child.Name, def.Name), core.At(child.Position))
		}
	}
	if def.Directives.ForName("oneOf") == nil {
		return
	}
	switch {
	case len(value.Children) != 1:
		addError(core.Message(`OneOf Input Object "%s" must specify exactly one key.`, def.Name), core.At(value.Position))
	case value.Children[0].Value.Kind == ast.NullValue:
		addError(core.Message(`Field "%s.%s" must be non-null.`, def.Name, value.Children[0].Name), core.At(value.Children[0].Position))
	}
}
