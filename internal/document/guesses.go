package document

import (
	"maps"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/core"
)

// maxGuesses bounds the names of a document that others are compared with, for each rule: far fewer errors are
// told.
const maxGuesses = 20

// guesses are what somebody may have meant by names that are not known.
type guesses struct {
	// known has what is said of a name, behind the name of what should have it. Equal names in one place are
	// equal errors, so what is said of them is the same.
	known map[string]string
}

// of returns what is said of a name that something does not have: nothing, or a question with the nearest of
// the names that there are.
//
// Example: of limit, it is " Did you mean \"last\"?" where last is near enough.
func (g *guesses) of(name, on string, names func() []string) string {
	if g == nil {
		return ""
	}
	key := on + "\x00" + name
	said, known := g.known[key]
	if !known && len(g.known) < maxGuesses {
		if found := near(name, names()); len(found) > 0 {
			said = ` Did you mean "` + strings.Join(found, `" or "`) + `"?`
		}
		g.known[key] = said
	}
	return said
}

// guessing makes a rule that can say what somebody may have meant, where names may be told. What it guesses is
// of one document.
func guessing(tellNames bool, rule func(*core.Events, report, *guesses)) core.RuleFunc {
	return ruleOf(func(observers *core.Events, report report) {
		var guess *guesses
		if tellNames {
			guess = &guesses{map[string]string{}}
		}
		rule(observers, report, guess)
	})
}

// knownFields reports a field that its type does not have. Where an object of the type can have it, it says
// how to ask for that; gqlparser's rule of this name looks for that in every type each time.
//
// Example: of {node(id: 1) {state}} state is reported, with the inline fragment on Job that it needs.
func knownFields(observers *core.Events, report report, guess *guesses) {
	observers.OnField(func(walker *core.Walker, field *ast.Field) {
		def := field.ObjectDefinition
		if def == nil || field.Definition != nil {
			return
		}
		meant := guess.of(field.Name, def.Name, func() []string { return fieldNames(def) })
		if guess != nil && def.IsAbstractType() {
			for _, possible := range walker.Schema.GetPossibleTypes(def) {
				if possible.Fields.ForName(field.Name) != nil {
					meant = ` It needs an inline fragment, such as "... on ` + possible.Name + `".`
					break
				}
			}
		}
		report(field.Position, `Cannot query field "%s" on type "%s".%s`, field.Name, def.Name, meant)
	})
}

// knownTypes reports a type that the schema does not have.
func knownTypes(observers *core.Events, report report, guess *guesses) {
	check := func(schema *ast.Schema, name string, at *ast.Position) {
		if name == "" || schema.Types[name] != nil {
			return // an inline fragment may have no type
		}
		names := func() []string { return slices.Sorted(maps.Keys(schema.Types)) }
		report(at, `Unknown type "%s".%s`, name, guess.of(name, "", names))
	}
	observers.OnVariable(func(walker *core.Walker, variable *ast.VariableDefinition) {
		check(walker.Schema, variable.Type.Name(), variable.Position)
	})
	observers.OnInlineFragment(func(walker *core.Walker, fragment *ast.InlineFragment) {
		check(walker.Schema, fragment.TypeCondition, fragment.Position)
	})
	observers.OnFragment(func(walker *core.Walker, fragment *ast.FragmentDefinition) {
		check(walker.Schema, fragment.TypeCondition, fragment.Position)
	})
}
