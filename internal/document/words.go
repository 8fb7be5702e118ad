package document

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/core"
)

// Misfit is a value of a variable that its declaration does not take.
type Misfit struct {
	// Place is where, such as $filter.states[0].
	Place string
	// Message is a sentence that says what fits there. It has no part of the value, which can be a secret: of
	// what the caller has sent, it tells names of fields alone.
	Message string
	// Position is where the document declares the variable.
	Position *ast.Position
}

// words makes the sentences about values that do not fit, of variables and of literals. Unless tellNames,
// they have no name of the schema: the type of a variable is one that the document has itself.
type words struct{ tellNames bool }

// Bounds of what a sentence has, so that a schema or a caller does not make it long.
const (
	maxPlace  = 200 // characters of a place
	maxListed = 20  // values of an enum, fields of an object
	maxNear   = 3   // names that somebody may have meant
	maxWord   = 40  // bytes of a name that may be a mistyped one
)

// placeOf returns a place as it is written, with an ellipsis at the end of a very long one.
func placeOf(path ast.Path) string { return cut("$"+path.String(), maxPlace) }

// says makes a misfit of what is wrong at a place.
func says(path ast.Path, wrong string) *Misfit {
	place := placeOf(path)
	return &Misfit{Place: place, Message: place + " " + wrong}
}

// isDeclared reports whether the type of a place is one that the declaration of its variable names: that of
// the variable itself, or of an element of its list.
func isDeclared(path ast.Path) bool {
	for _, part := range path[1:] {
		if _, isName := part.(ast.PathName); isName {
			return false
		}
	}
	return true
}

// missing is said of a variable or a field that has to be there.
//
// Example: $first is an Int, and was not given.
func (w words) missing(path ast.Path, typ *ast.Type) *Misfit {
	if !w.tellNames && !isDeclared(path) {
		return says(path[:len(path)-1], "lacks a field that is required.")
	}
	return says(path, "is "+nameOf(typ)+", and was not given.")
}

// null is said of a null where there has to be a value.
//
// Example: $ids[1] is an ID, and may not be null.
func (w words) null(path ast.Path, typ *ast.Type) *Misfit {
	if !w.tellNames && !isDeclared(path) {
		return says(path, "may not be null.")
	}
	return says(path, "is "+nameOf(typ)+", and may not be null.")
}

// wrong is said of a value of another type. But is what it is instead; empty where only the word is another.
//
// Example: $filter.states[0] is no JobState: RUNNING or FAILED.
func (w words) wrong(path ast.Path, def *ast.Definition, but string) *Misfit {
	if !w.tellNames && !isDeclared(path) {
		return says(path, "does not fit: another value is expected there.")
	}
	text := "is no " + def.Name
	if but != "" {
		text += " but " + but
	}
	switch takes := takes(def); {
	case !w.tellNames && (def.Kind == ast.Enum || def.Kind == ast.InputObject):
	case but == "":
		text += ": " + takes
	default:
		text += ": it takes " + takes
	}
	return says(path, text+".")
}

// noScalar is said of a value that a scalar of the schema's own does not take; err says why.
//
// Example: $from is no DateTime but a number. A time is written as RFC 3339.
func (w words) noScalar(path ast.Path, def *ast.Definition, but string, err error) *Misfit {
	if !w.tellNames && !isDeclared(path) {
		return says(path, "does not fit. "+err.Error())
	}
	text := "is no " + def.Name
	if but != aString {
		text += " but " + but
	}
	return says(path, text+". "+err.Error())
}

// unknown is said of a member that an input object does not have. A name that cannot be one of a field is not
// repeated.
//
// Example: $filter.state is not known: JobFilter has no such field. Did you mean states?
func (w words) unknown(path ast.Path, def *ast.Definition, name string) *Misfit {
	text := "has a field that is not known"
	if isWord(name) {
		path, text = append(path, ast.PathName(name)), "is not known"
	}
	if !w.tellNames {
		return says(path, text+".")
	}
	names := fieldNames(def)
	text += ": " + def.Name + " has no such field. "
	if near := near(name, names); len(near) > 0 {
		return says(path, text+"Did you mean "+listed(near, " or ")+"?")
	}
	return says(path, text+"It has "+listed(names, " and ")+".")
}

// notOne is said of an input object that takes one field and has another number of them.
//
// Example: $by takes exactly one of the fields id and name, and has 2.
func (w words) notOne(path ast.Path, def *ast.Definition, has int) *Misfit {
	text := "takes exactly one field"
	if w.tellNames {
		text = "takes exactly one of the fields " + listed(fieldNames(def), " and ")
	}
	return says(path, text+", and has "+strconv.Itoa(has)+".")
}

// nameOf returns a type as a sentence names it.
//
// Example: [ID!]! is a list of ID, and Int an Int.
func nameOf(typ *ast.Type) string {
	if typ.Elem != nil {
		return "a list of " + typ.Name()
	}
	if strings.ContainsRune("AEIO", rune(typ.NamedType[0])) {
		return "an " + typ.NamedType
	}
	return "a " + typ.NamedType
}

// takes returns what values a type takes.
func takes(def *ast.Definition) string {
	switch {
	case def.Kind == ast.Enum:
		var names []string
		for _, value := range def.EnumValues {
			names = append(names, value.Name)
		}
		return listed(names, " or ")
	case def.Kind == ast.InputObject:
		return "an object with " + listed(fieldNames(def), ", ")
	case def.Name == "Int":
		return "a whole number from -2147483648 to 2147483647"
	case def.Name == "Float":
		return "a number"
	case def.Name == "Boolean":
		return "true or false, without quotes"
	case def.Name == "ID":
		return "a string, or a whole number of 64 bits"
	case def.Name == "String":
		return "a string, in quotes"
	}
	return "one value"
}

// listed returns names one after the other, the first of them if there are many.
//
// Example: of a, b and c, with " or ", it returns a, b or c.
func listed(names []string, last string) string {
	if n := len(names) - maxListed; n > 0 {
		return strings.Join(names[:maxListed], ", ") + " and " + strconv.Itoa(n) + " others"
	}
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	end := len(names) - 1
	return strings.Join(names[:end], ", ") + last + names[end]
}

// fieldNames returns the names of a type's fields, without those of introspection.
func fieldNames(def *ast.Definition) (names []string) {
	for _, field := range def.Fields {
		if !strings.HasPrefix(field.Name, "__") {
			names = append(names, field.Name)
		}
	}
	return names
}

// near returns those of the names that somebody may have meant, the nearest first.
func near(name string, names []string) []string {
	if !isWord(name) {
		return nil
	}
	found := core.SuggestionList(name, names)
	return found[:min(len(found), maxNear)]
}

// isWord reports whether a text may be a mistyped name: it is a name of GraphQL's, and not long.
func isWord(text string) bool {
	for i, char := range []byte(text) {
		isLetter := char == '_' || 'a' <= char|0x20 && char|0x20 <= 'z'
		if !isLetter && (i == 0 || char < '0' || char > '9') {
			return false
		}
	}
	return text != "" && len(text) <= maxWord
}

// Kinds of values, as sentences name them.
const (
	aString  = "a string"
	aNumber  = "a number"
	aBoolean = "true or false"
	aList    = "a list"
	anObject = "an object"
)

// kindOf returns what a value is that was sent as JSON, or that stands in the document as a default.
func kindOf(value any) string {
	switch value.(type) {
	case string:
		return aString
	case bool:
		return aBoolean
	case []any:
		return aList
	case map[string]any:
		return anObject
	case nil:
		return "null"
	}
	return aNumber
}

// numberFor returns what a number is that a type of so many bits does not take.
func numberFor(value any, bits int) string {
	number, _ := value.(json.Number)
	size, err := number.Float64()
	if err != nil || math.Abs(size) >= math.Exp2(float64(bits-1)) || integerDigits(value) != "" {
		return "a number beyond " + strconv.Itoa(bits) + " bits"
	}
	return "a number with a fraction"
}
