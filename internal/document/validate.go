package document

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/core"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

const (
	// maxPlaces bounds the places of one error: after twenty the others are easily found.
	maxPlaces = 20
	// maxFaults bounds what one rule finds before faults are gathered: fragments are looked at for each operation again.
	maxFaults = 1000
)

// Validator holds documents to the specification's rules on one schema. Safe for concurrent use.
type Validator struct {
	schema *ast.Schema
	above  *ast.Schema // whose Query has the operations' types for fields
	rules  map[string]core.RuleFunc
	secret map[string]bool // names of the schema that no error may tell; nil when all may be told
}

// NewValidator makes a validator. Unless tellNames, no error has a name of the schema that the document does not have.
func NewValidator(schema *ast.Schema, tellNames bool) Validator {
	v := Validator{schema: schema, above: above(schema), rules: specified().GetInner()}
	if !tellNames {
		v.secret = namesOf(schema)
	}
	return v
}

// Validate gives what is wrong with a document that Parse gave, the first errors in the order of the text: equal faults
// are one error with all their places. It writes what it finds out into the document, as gqlparser's validation does.
func (v Validator) Validate(doc *ast.QueryDocument, maxErrors int) gqlerror.List {
	bounded := rules.NewRules()
	for name, rule := range v.rules {
		bounded.AddRule(name, bound(rule))
	}
	list := append(v.overlapping(doc), validator.ValidateWithRules(v.schema, doc, bounded)...)
	slices.SortStableFunc(list, func(a, b *gqlerror.Error) int {
		return slices.CompareFunc(a.Locations, b.Locations, compareLocations)
	})
	said := map[string]*gqlerror.Error{} // by the messages of the rules
	var out gqlerror.List
	for _, err := range list {
		known := said[err.Message]
		if known == nil {
			// The first cut keeps a very long message from costing time; what is left out of it cannot be in the first maxMessage
			// characters of what discreet makes of it.
			message := cut(v.discreet(cut(err.Message, 10*maxMessage), doc), maxMessage)
			i := slices.IndexFunc(out, func(other *gqlerror.Error) bool { return other.Message == message })
			switch {
			case i >= 0:
				known = out[i]
			case len(out) == maxErrors:
				continue
			default:
				known = &gqlerror.Error{Message: message, Rule: err.Rule}
				out = append(out, known)
			}
			said[err.Message] = known
		}
		for _, location := range err.Locations {
			if len(known.Locations) < maxPlaces && !slices.Contains(known.Locations, location) {
				known.Locations = append(known.Locations, location)
			}
		}
	}
	return out
}

// overlapping finds fields that cannot be merged. gqlparser compares all pairs of a fragment's fields, again for each operation
// that spreads the fragment. Here all operations become fields of one operation, so that each fragment is compared once.
func (v Validator) overlapping(doc *ast.QueryDocument) gqlerror.List {
	all := &ast.OperationDefinition{Operation: ast.Query}
	for i, op := range doc.Operations {
		all.SelectionSet = append(all.SelectionSet, &ast.Field{
			Alias: strconv.Itoa(i), Name: string(op.Operation), SelectionSet: op.SelectionSet, Position: op.Position,
		})
	}
	return validator.ValidateWithRules(v.above, &ast.QueryDocument{Operations: ast.OperationList{all}, Fragments: doc.Fragments},
		rules.NewRules(core.Rule{
			Name:     rules.OverlappingFieldsCanBeMergedRule.Name,
			RuleFunc: bound(rules.OverlappingFieldsCanBeMergedRule.RuleFunc),
		}))
}

// above makes a schema whose query type has a field for each type of operation.
func above(schema *ast.Schema) *ast.Schema {
	query := &ast.Definition{Kind: ast.Object}
	for operation, root := range map[ast.Operation]*ast.Definition{
		ast.Query: schema.Query, ast.Mutation: schema.Mutation, ast.Subscription: schema.Subscription,
	} {
		if root != nil {
			query.Fields = append(query.Fields, &ast.FieldDefinition{Name: string(operation), Type: ast.NamedType(root.Name, nil)})
		}
	}
	out := *schema
	out.Query = query
	return &out
}

// bound makes a rule that reports at most maxFaults faults.
func bound(rule core.RuleFunc) core.RuleFunc {
	return func(observers *core.Events, addError core.AddErrFunc) {
		faults := 0
		rule(observers, func(options ...core.ErrorOption) {
			if faults++; faults <= maxFaults {
				addError(options...)
			}
		})
	}
}

func compareLocations(a, b gqlerror.Location) int {
	return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
}

// specified are the specification's rules, without suggestions: those tell names of the schema to whoever guesses,
// and grow with the square of the document.
func specified() *rules.Rules {
	all := rules.NewDefaultRules()
	all.RemoveRule(rules.OverlappingFieldsCanBeMergedRule.Name) // see overlapping
	all.ReplaceRule(rules.FieldsOnCorrectTypeRule.Name, rules.FieldsOnCorrectTypeRuleWithoutSuggestions.RuleFunc)
	all.ReplaceRule(rules.KnownArgumentNamesRule.Name, knownArguments)
	all.ReplaceRule(rules.KnownTypeNamesRule.Name, rules.KnownTypeNamesRuleWithoutSuggestions.RuleFunc)
	all.ReplaceRule(rules.ScalarLeafsRule.Name, rules.ScalarLeafsRuleWithoutSuggestions.RuleFunc)
	all.ReplaceRule(rules.ValuesOfCorrectTypeRule.Name, valuesOfCorrectType)
	all.ReplaceRule(rules.SingleFieldSubscriptionsRule.Name, singleRootField)
	all.ReplaceRule(rules.UniqueOperationNamesRule.Name, uniqueOperationNames)
	all.ReplaceRule(rules.UniqueDirectivesPerLocationRule.Name, uniqueDirectives)
	return all
}

// knownArguments blames an argument that is not known where it stands, which gqlparser does where its field or directive stands.
func knownArguments(observers *core.Events, addError core.AddErrFunc) {
	check := func(given ast.ArgumentList, known ast.ArgumentDefinitionList, on string) {
		for _, argument := range given {
			if known.ForName(argument.Name) == nil {
				addError(core.Message(`Unknown argument "%s" on %s.`, argument.Name, on), core.At(argument.Position))
			}
		}
	}
	observers.OnField(func(_ *core.Walker, field *ast.Field) {
		if field.Definition != nil && field.ObjectDefinition != nil {
			check(field.Arguments, field.Definition.Arguments, `field "`+field.ObjectDefinition.Name+"."+field.Name+`"`)
		}
	})
	observers.OnDirective(func(_ *core.Walker, directive *ast.Directive) {
		if directive.Definition != nil {
			check(directive.Arguments, directive.Definition.Arguments, `directive "@`+directive.Name+`"`)
		}
	})
}

// uniqueOperationNames leaves operations without a name to the rule that they must stand alone.
func uniqueOperationNames(observers *core.Events, addError core.AddErrFunc) {
	seen := map[string]bool{"": false}
	observers.OnOperation(func(_ *core.Walker, op *ast.OperationDefinition) {
		if seen[op.Name] {
			addError(core.Message(`There can be only one operation named "%s".`, op.Name), core.At(op.Position))
		}
		seen[op.Name] = op.Name != ""
	})
}

// uniqueDirectives leaves directives that the schema does not know to the rule that they must be known.
func uniqueDirectives(observers *core.Events, addError core.AddErrFunc) {
	observers.OnDirectiveList(func(_ *core.Walker, list []*ast.Directive) {
		seen := map[string]bool{}
		for _, directive := range list {
			if directive.Definition == nil || directive.Definition.IsRepeatable {
				continue
			}
			if seen[directive.Name] {
				addError(core.Message(`The directive "@%s" can only be used once at this location.`, directive.Name),
					core.At(directive.Position))
			}
			seen[directive.Name] = true
		}
	})
}

// singleRootField holds a subscription to one root field, by the name that its answer has, which no condition may take away.
// Source: https://spec.graphql.org/September2025/#sec-Single-Root-Field
func singleRootField(observers *core.Events, addError core.AddErrFunc) {
	observers.OnOperation(func(walker *core.Walker, op *ast.OperationDefinition) {
		if op.Operation != ast.Subscription {
			return
		}
		var first *ast.Field
		Walk(op.SelectionSet, walker.Document.Fragments, func(selection ast.Selection) bool {
			for _, directive := range directivesOf(selection) {
				if directive.Name == "skip" || directive.Name == "include" {
					addError(core.Message(`A subscription's root field may not depend on "@%s".`, directive.Name),
						core.At(directive.Position))
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
				addError(core.Message("A subscription must select only one root field."), core.At(field.Position))
			}
			if len(field.Name) > 1 && field.Name[:2] == "__" {
				addError(core.Message("A subscription must not select introspection at its root."), core.At(field.Position))
			}
			return false
		})
	})
}
