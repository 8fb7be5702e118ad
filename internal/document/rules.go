package document

import (
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/core"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// specified returns the specification's rules. Where names may be told, the nearest ones are told of fields,
// arguments and types that are not known; gqlparser's own suggestions grow with the square of the document.
// Each rule below says where gqlparser's of the same name falls short; docs/gqlparser.md has documents that
// show it.
func specified(tellNames bool) *rules.Rules {
	all := rules.NewDefaultRules()
	all.RemoveRule(rules.OverlappingFieldsCanBeMergedRule.Name) // see overlapping
	all.ReplaceRule(rules.KnownTypeNamesRule.Name, guessing(tellNames, knownTypes))
	all.ReplaceRule(rules.FieldsOnCorrectTypeRule.Name, guessing(tellNames, knownFields))
	all.ReplaceRule(rules.ScalarLeafsRule.Name, rules.ScalarLeafsRuleWithoutSuggestions.RuleFunc)
	all.ReplaceRule(rules.KnownArgumentNamesRule.Name, guessing(tellNames, knownArguments))
	all.ReplaceRule(rules.ValuesOfCorrectTypeRule.Name, guessing(tellNames, valuesOfCorrectType))
	all.ReplaceRule(rules.SingleFieldSubscriptionsRule.Name, ruleOf(singleRootField))
	all.ReplaceRule(rules.UniqueOperationNamesRule.Name, ruleOf(uniqueOperationNames))
	all.ReplaceRule(rules.UniqueDirectivesPerLocationRule.Name, ruleOf(uniqueDirectives))
	return all
}

// report adds an error at a place of the document. Equal messages become one error later, with all their
// places, so a message says what is wrong and not where.
type report func(at *ast.Position, format string, args ...any)

// ruleOf makes a rule of gqlparser's of one that reports.
func ruleOf(rule func(*core.Events, report)) core.RuleFunc {
	return func(observers *core.Events, addError core.AddErrFunc) {
		rule(observers, func(at *ast.Position, format string, args ...any) {
			addError(core.Message(format, args...), core.At(at))
		})
	}
}

// knownArguments reports an argument that is not known, at its own place; gqlparser reports it where its
// field or directive stands. Where the field or the directive is unknown itself, it says nothing: that is one
// fault, which another rule reports.
//
// Example: of {dog(nope: 1) {name}} column 6 is reported, where nope stands; gqlparser reports column 2.
func knownArguments(observers *core.Events, report report, guess *guesses) {
	check := func(given ast.ArgumentList, known ast.ArgumentDefinitionList, on string) {
		for _, argument := range given {
			if known.ForName(argument.Name) == nil {
				names := func() (names []string) {
					for _, argument := range known {
						names = append(names, argument.Name)
					}
					return names
				}
				meant := guess.of(argument.Name, on, names)
				report(argument.Position, `Unknown argument "%s" on %s.%s`, argument.Name, on, meant)
			}
		}
	}
	observers.OnField(func(_ *core.Walker, field *ast.Field) {
		if field.Definition != nil && field.ObjectDefinition != nil {
			on := `field "` + field.ObjectDefinition.Name + "." + field.Name + `"`
			check(field.Arguments, field.Definition.Arguments, on)
		}
	})
	observers.OnDirective(func(_ *core.Walker, directive *ast.Directive) {
		if directive.Definition != nil {
			check(directive.Arguments, directive.Definition.Arguments, `directive "@`+directive.Name+`"`)
		}
	})
}

// uniqueOperationNames reports each further operation of a name, and leaves operations without a name to the
// rule that they must stand alone. gqlparser's rule counts them as one name, so two of them are two faults.
func uniqueOperationNames(observers *core.Events, report report) {
	seen := map[string]bool{"": false}
	observers.OnOperation(func(_ *core.Walker, op *ast.OperationDefinition) {
		if seen[op.Name] {
			report(op.Position, `There can be only one operation named "%s".`, op.Name)
		}
		seen[op.Name] = op.Name != ""
	})
}

// uniqueDirectives reports a directive that stands twice in one place and may not, and leaves directives that
// the schema does not know to the rule that they must be known.
//
// Example: of name @skip(if: true) @skip(if: false) the second @skip is reported. A repeatable directive may
// stand there as often as it likes.
func uniqueDirectives(observers *core.Events, report report) {
	observers.OnDirectiveList(func(_ *core.Walker, list []*ast.Directive) {
		seen := map[string]bool{}
		for _, directive := range list {
			if directive.Definition == nil || directive.Definition.IsRepeatable {
				continue
			}
			if seen[directive.Name] {
				const message = `The directive "@%s" can only be used once at this location.`
				report(directive.Position, message, directive.Name)
			}
			seen[directive.Name] = true
		}
	})
}

// singleRootField reports a subscription that has more than one root field by the names that its answer has,
// or one that a condition may take away, or one of introspection. What fragments bring to the root counts as
// if it stood there.
//
// Example: subscription {bark again: bark} has two names, so its second field is reported. The same field
// twice, as in {bark bark}, is one name.
// Source: https://spec.graphql.org/September2025/#sec-Single-Root-Field
func singleRootField(observers *core.Events, report report) {
	observers.OnOperation(func(walker *core.Walker, op *ast.OperationDefinition) {
		if op.Operation != ast.Subscription {
			return
		}
		var first *ast.Field
		Walk(op.SelectionSet, walker.Document.Fragments, func(selection ast.Selection) bool {
			for _, directive := range directivesOf(selection) {
				if directive.Name == "skip" || directive.Name == "include" {
					const message = `A subscription's root field may not depend on "@%s".`
					report(directive.Position, message, directive.Name)
				}
			}
			field, ok := selection.(*ast.Field)
			if !ok {
				return true
			}
			if first == nil {
				first = field
			}
			if field.Alias != first.Alias {
				report(field.Position, "A subscription must select only one root field.")
			}
			if len(field.Name) > 1 && field.Name[:2] == "__" {
				report(field.Position, "A subscription must not select introspection at its root.")
			}
			return false
		})
	})
}
