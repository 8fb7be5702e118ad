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
// Example: jobs(first: "2") is reported at the "2", with what an Int takes. No literal is repeated, since it can
// be a secret. Whether a variable fits is another rule.
// Source: https://spec.graphql.org/September2025/#sec-Values-of-Correct-Type and the three sections after it.
func valuesOfCorrectType(observers *core.Events, report report, guess *guesses) {
	observers.OnValue(func(_ *core.Walker, value *ast.Value) {
		typ, def := value.ExpectedType, value.Definition
		if typ == nil || def == nil || value.Kind == ast.Variable {
			return // another rule's: an unknown name, or a variable
		}
		wrong := func() {
			report(value.Position, `Expected value of type "%s": %s, found %s.`, typ, takes(def), literalKind(def, value))
		}
		switch value.Kind { // any other kind is right or wrong by the type, below
		case ast.NullValue:
			if typ.NonNull {
				report(value.Position, `Expected value of type "%s", which may not be null.`, typ)
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
			checkInputObject(def, value, report, guess)
		case ast.Enum:
			if value.Kind != ast.EnumValue || def.EnumValues.ForName(value.Raw) == nil {
				wrong()
			}
		case ast.Scalar:
			if !scalarTakes(def, value) {
				wrong()
			}
		}
	})
}

// literalKind returns what a literal is that its type does not take, without any of it.
func literalKind(def *ast.Definition, value *ast.Value) string {
	switch value.Kind {
	case ast.StringValue, ast.BlockValue:
		return aString
	case ast.BooleanValue:
		return aBoolean
	case ast.ListValue:
		return aList
	case ast.ObjectValue:
		return anObject
	case ast.EnumValue:
		if def.Kind == ast.Enum {
			return "another word"
		}
		return "a word without quotes"
	case ast.IntValue:
		if def.Name == "Int" {
			return "a number beyond 32 bits"
		}
	case ast.FloatValue:
		if def.Name == "Int" || def.Name == "ID" {
			return "a number with a point or an exponent"
		}
	}
	return aNumber
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
func checkInputObject(def *ast.Definition, value *ast.Value, report report, guess *guesses) {
	for _, field := range def.Fields {
		if field.Type.NonNull && field.DefaultValue == nil && value.Children.ForName(field.Name) == nil {
			const message = `Field "%s.%s" of required type "%s" was not provided.`
			report(value.Position, message, def.Name, field.Name, field.Type)
		}
	}
	for _, child := range value.Children {
		if def.Fields.ForName(child.Name) == nil {
			meant := guess.of(child.Name, def.Name, func() []string { return fieldNames(def) })
			report(child.Position, `Field "%s" is not defined by type "%s".%s`, child.Name, def.Name, meant)
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
