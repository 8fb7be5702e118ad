//go:build e2e

package language_test

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// writing puts a random document over a schema together, token by token. It is valid but for some cases that
// a mutation would hardly meet, such as two fields of one name with other arguments.
type writing struct {
	*rand.Rand

	schema    *ast.Schema
	tokens    []string
	variables map[string]string // declared types of those in use
	fragments []fragment
}

type fragment struct {
	name, on string
	tokens   []string
}

// drawDocument gives the tokens of a random document.
func drawDocument(r *rand.Rand, schema *ast.Schema) []string {
	w := &writing{Rand: r, schema: schema, variables: map[string]string{}}
	w.selections(schema.Query, 1+r.IntN(4))
	body := w.tokens
	w.tokens = nil
	if len(w.variables) > 0 || r.IntN(2) == 0 {
		w.put("query")
		if r.IntN(2) == 0 {
			w.put("Q")
		}
		w.declarations()
	}
	w.tokens = append(w.tokens, body...)
	for _, f := range w.fragments {
		w.put("fragment", f.name, "on", f.on)
		w.tokens = append(w.tokens, f.tokens...)
	}
	return w.tokens
}

func (w *writing) put(tokens ...string) { w.tokens = append(w.tokens, tokens...) }

// declarations declares the variables that are in use; some have a default that their type may not have.
func (w *writing) declarations() {
	if len(w.variables) == 0 {
		return
	}
	w.put("(")
	for _, name := range sortedKeys(w.variables) {
		w.put("$", name, ":")
		w.put(typeTokens(w.variables[name])...)
		if w.IntN(4) == 0 {
			w.put("=", w.literal())
		}
	}
	w.put(")")
}

// typeTokens parts "[ID!]!" into tokens.
func typeTokens(typ string) []string {
	var tokens []string
	name := ""
	for _, c := range typ {
		if c == '[' || c == ']' || c == '!' {
			if name != "" {
				tokens, name = append(tokens, name), ""
			}
			tokens = append(tokens, string(c))
			continue
		}
		name += string(c)
	}
	if name != "" {
		tokens = append(tokens, name)
	}
	return tokens
}

// selections writes what is asked of an object, a union or an interface.
func (w *writing) selections(def *ast.Definition, depth int) {
	w.put("{")
	for range 1 + w.IntN(3) {
		switch choice := w.IntN(12); {
		case choice == 0:
			w.put("__typename")
		case choice == 1 && depth > 0:
			w.put("...")
			on := def
			if w.IntN(2) == 0 {
				on = w.possible(def)
				w.put("on", on.Name)
			}
			w.directives(true)
			w.selections(on, depth-1)
		case choice == 2 && depth > 0:
			w.put("...", w.fragment(w.possible(def), depth-1))
			w.directives(true)
		default:
			w.field(def, depth)
		}
	}
	w.put("}")
}

// possible is a type that an object of this one can be, too.
func (w *writing) possible(def *ast.Definition) *ast.Definition {
	types := append([]*ast.Definition{def}, w.schema.GetPossibleTypes(def)...)
	for _, name := range def.Interfaces {
		types = append(types, w.schema.Types[name])
	}
	types = slices.DeleteFunc(types, func(d *ast.Definition) bool { return d == nil || w.schema.Types[d.Name] == nil })
	return types[w.IntN(len(types))]
}

// fragment writes a fragment, or takes one that is there.
func (w *writing) fragment(on *ast.Definition, depth int) string {
	for _, f := range w.fragments {
		if f.on == on.Name && w.IntN(2) == 0 {
			return f.name
		}
	}
	outside := w.tokens
	w.tokens = nil
	w.selections(on, depth)
	f := fragment{name: fmt.Sprintf("F%d", len(w.fragments)), on: on.Name, tokens: w.tokens}
	w.tokens = outside
	w.fragments = append(w.fragments, f)
	return f.name
}

func (w *writing) field(def *ast.Definition, depth int) {
	var fields []*ast.FieldDefinition
	for _, field := range def.Fields {
		if leaf := w.schema.Types[field.Type.Name()].IsLeafType(); leaf || depth > 0 {
			fields = append(fields, field)
		}
	}
	if len(fields) == 0 {
		w.put("__typename")
		return
	}
	field := fields[w.IntN(len(fields))]
	switch w.IntN(8) {
	case 0:
		w.put(fmt.Sprintf("a%d", w.IntN(3)), ":", field.Name)
	case 1: // now and then a name that another field has
		w.put(def.Fields[w.IntN(len(def.Fields))].Name, ":", field.Name)
	default:
		w.put(field.Name)
	}
	w.arguments(field.Arguments)
	w.directives(false)
	if of := w.schema.Types[field.Type.Name()]; !of.IsLeafType() {
		w.selections(of, depth-1)
	}
}

func (w *writing) arguments(list ast.ArgumentDefinitionList) {
	open := false
	for _, argument := range list {
		required := argument.Type.NonNull && argument.DefaultValue == nil
		if !required && w.IntN(3) > 0 {
			continue
		}
		if !open {
			w.put("(")
			open = true
		}
		w.put(argument.Name, ":")
		w.value(argument.Type, 3)
	}
	if open {
		w.put(")")
	}
}

func (w *writing) directives(onFragment bool) {
	switch w.IntN(14) {
	case 0:
		w.put("@", "skip", "(", "if", ":")
		w.value(ast.NonNullNamedType("Boolean", nil), 0)
		w.put(")")
	case 1:
		w.put("@", "include", "(", "if", ":")
		w.value(ast.NonNullNamedType("Boolean", nil), 0)
		w.put(")")
	case 2:
		if onFragment {
			w.put("@", "defer")
		}
	}
}

// value writes a value of a type: a literal, or a variable that is declared with this type or one like it.
func (w *writing) value(typ *ast.Type, depth int) {
	switch {
	case w.IntN(5) == 0:
		name := fmt.Sprintf("v%d", w.IntN(4))
		if declared, ok := w.variables[name]; !ok || declared == typ.String() || w.IntN(4) == 0 {
			if !ok {
				w.variables[name] = w.declared(typ)
			}
			w.put("$", name)
			return
		}
	case !typ.NonNull && w.IntN(8) == 0:
		w.put("null")
		return
	}
	if typ.Elem != nil {
		if w.IntN(5) == 0 { // one stands for a list of one
			w.value(typ.Elem, depth-1)
			return
		}
		w.put("[")
		for range w.IntN(4) {
			w.value(typ.Elem, depth-1)
		}
		w.put("]")
		return
	}
	w.named(w.schema.Types[typ.NamedType], depth)
}

// declared is the type of a new variable: mostly the place's own.
func (w *writing) declared(typ *ast.Type) string {
	plain := *typ
	plain.NonNull = false
	switch w.IntN(6) {
	case 0:
		return plain.String()
	case 1:
		return plain.String() + "!"
	case 2:
		return "[" + typ.String() + "]"
	}
	return typ.String()
}

func (w *writing) named(def *ast.Definition, depth int) {
	switch {
	case def.Kind == ast.Enum:
		w.put(def.EnumValues[w.IntN(len(def.EnumValues))].Name)
	case def.Kind == ast.InputObject:
		w.put("{")
		for _, field := range def.Fields {
			if depth > 0 && (field.Type.NonNull || w.IntN(2) == 0) {
				w.put(field.Name, ":")
				w.value(field.Type, depth-1)
			}
		}
		w.put("}")
	case def.Name == "Int":
		w.put(pick(w.Rand, "0", "1", "-7", "500", "2147483647"))
	case def.Name == "Float":
		w.put(pick(w.Rand, "1", "-0.5", "1e9", "1.25E-3"))
	case def.Name == "Boolean":
		w.put(pick(w.Rand, "true", "false"))
	case def.Name == "ID":
		w.put(pick(w.Rand, `"1"`, "10736", `"00000000-0000-4000-8000-000000000001"`, `"""x"""`))
	case def.Name == "String":
		w.put(pick(w.Rand, fineStrings...))
	default:
		w.put(pick(w.Rand, `{`+`__typename:"Job" id:"x"}`, `"2024-01-01T00:00:00Z"`, "[1 {a:ON}]", "7"))
	}
}

// literal is a value of any kind.
func (w *writing) literal() string { return pick(w.Rand, literals...) }

func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
