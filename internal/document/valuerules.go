package document

import (
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/core"
)

// valuesOfCorrectType reports every literal that is not of the type of its place. A scalar that the
// specification does not know takes any literal. gqlparser's rule of this name takes an Int of any size, and
// an object where a Boolean belongs.
//
// Example: jobs(first: "2") is reported at the "2", and jobs(first: 3000000000) as beyond 32 bits. Whether a
// variable fits is another rule.
// Source: https://spec.graphql.org/September2025/#sec-Values-of-Correct-Type and the three sections after it.
func valuesOfCorrectType(observers *core.Events, report report) {
	observers.OnValue(func(_ *core.Walker, value *ast.Value) {
		typ, def := value.ExpectedType, value.Definition
		if typ == nil || def == nil || value.Kind == ast.Variable {
			return // another rule's: an unknown name, or a variable
		}
		wrong := func() {
			report(value.Position, `Expected value of type "%s", found %s.`, typ, value)
		}
		switch value.Kind { // any other kind is right or wrong by the type, below
		case ast.NullValue:
			if typ.NonNull {
				wrong()
			}
			return
		case ast.ListValue: // the walker visits its items one by one
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
			checkInputObject(def, value, report)
		case ast.Enum:
			switch {
			case value.Kind != ast.EnumValue:
				report(value.Position, `Enum "%s" cannot represent non-enum value: %s.`, def.Name, value)
			case def.EnumValues.ForName(value.Raw) == nil:
				report(value.Position, `Value "%s" does not exist in "%s" enum.`, value.Raw, def.Name)
			}
		case ast.Scalar:
			switch {
			case scalarTakes(def, value):
			case def.Name == "Int" && value.Kind == ast.IntValue:
				const message = "Int takes a whole number from -2147483648 to 2147483647, found %s."
				report(value.Position, message, value)
			default:
				wrong()
			}
		}
	})
}

// isCustom reports whether a type is a scalar that the specification does not know, such as Time or JSON. Of
// its literals only a null can be wrong here.
func isCustom(def *ast.Definition) bool {
	return def.Kind == ast.Scalar && !def.OneOf("Int", "Float", "String", "Boolean", "ID")
}

// scalarTakes reports whether a literal that is neither null nor a list may stand for a scalar. An Int has 32
// bits, a Float takes whole numbers, and an ID takes a whole number or a string.
//
// Example: 2147483647 may stand for an Int and 2147483648 may not; 1e400 may not stand for a Float.
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

// checkInputObject reports fields that are missing or unknown, and the wrong number of fields of a @oneOf
// type. A missing field is reported at the object, an unknown one at itself. The walker visits the values of
// the fields one by one, so they are not looked at here.
//
// Example: for input Where {need: Int!, with: Int! = 1}, the object {x: 1} has two faults: need is missing,
// and x is unknown. With has a default, so it may be left out.
func checkInputObject(def *ast.Definition, value *ast.Value, report report) {
	for _, field := range def.Fields {
		if field.Type.NonNull && field.DefaultValue == nil && value.Children.ForName(field.Name) == nil {
			const message = `Field "%s.%s" of required type "%s" was not provided.`
			report(value.Position, message, def.Name, field.Name, field.Type)
		}
	}
	for _, child := range value.Children {
		if def.Fields.ForName(child.Name) == nil {
			report(child.Position, `Field "%s" is not defined by type "%s".`, child.Name, def.Name)
		}
	}
	if def.Directives.ForName("oneOf") == nil {
		return
	}
	switch children := value.Children; {
	case len(children) != 1:
		report(value.Position, `OneOf Input Object "%s" must specify exactly one key.`, def.Name)
	case children[0].Value.Kind == ast.NullValue:
		report(children[0].Position, `Field "%s.%s" must be non-null.`, def.Name, children[0].Name)
	}
}
