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
	// maxFaults bounds what one rule finds before faults are gathered: fragments are looked at for each
	// operation again.
	maxFaults = 1000
)

// Validator holds documents to the specification's rules on one schema. Safe for concurrent use.
type Validator struct {
	schema *ast.Schema
	above  *ast.Schema // whose Query has the operations' types for fields
	rules  map[string]core.RuleFunc
	hidden map[string]bool // names of the schema that no error may tell; nil when all may be told
}

// NewValidator makes a validator. Unless tellNames, no error has a name of the schema that the document does
// not have.
func NewValidator(schema *ast.Schema, tellNames bool) Validator {
	v := Validator{schema: schema, above: above(schema), rules: specified(tellNames).GetInner()}
	if !tellNames {
		v.hidden = namesOf(schema)
	}
	return v
}

// Validate returns what is wrong with a document that Parse gave; nothing for a valid one. There are at most
// maxErrors errors, those that stand first in the text; equal faults are one error with all their places. It
// writes what it finds out into the document, as gqlparser's validation does.
func (v Validator) Validate(doc *ast.QueryDocument, maxErrors int) gqlerror.List {
	// Each call has rules of its own: a rule that is bound counts its faults.
	bounded := rules.NewRules()
	for name, rule := range v.rules {
		bounded.AddRule(name, bound(rule))
	}
	// Rules run in any order, so their errors are put into the order of the text.
	list := append(v.overlapping(doc), validator.ValidateWithRules(v.schema, doc, bounded)...)
	slices.SortStableFunc(list, func(a, b *gqlerror.Error) int {
		return slices.CompareFunc(a.Locations, b.Locations, compareLocations)
	})
	said := map[string]*gqlerror.Error{} // by the messages of the rules
	var out gqlerror.List
	for _, err := range list {
		known := said[err.Message]
		if known == nil {
			// The first cut keeps a very long message from costing time; what is left out of it cannot be in
			// the first maxMessage characters of what is made of it.
			message := cut(v.reworded(cut(err.Message, 10*maxMessage), doc), maxMessage)
			// Two messages of the rules can become the same one when names are hidden.
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

// overlapping returns the errors of fields that cannot be merged. gqlparser compares all pairs of a
// fragment's fields, again for each operation that spreads the fragment. Here all operations become fields of
// one operation, so that each fragment is compared once.
//
// BenchmarkHostile/one-fragment-for-many-operations measures it.
func (v Validator) overlapping(doc *ast.QueryDocument) gqlerror.List {
	all := &ast.OperationDefinition{Operation: ast.Query}
	for i, op := range doc.Operations {
		all.SelectionSet = append(all.SelectionSet, &ast.Field{
			Alias: strconv.Itoa(i), Name: string(op.Operation),
			SelectionSet: op.SelectionSet, Position: op.Position,
		})
	}
	rule := rules.OverlappingFieldsCanBeMergedRule
	rule.RuleFunc = bound(rule.RuleFunc)
	one := &ast.QueryDocument{Operations: ast.OperationList{all}, Fragments: doc.Fragments}
	return validator.ValidateWithRules(v.above, one, rules.NewRules(rule))
}

// above returns a schema whose query type has a field for each type of operation, for overlapping.
func above(schema *ast.Schema) *ast.Schema {
	query := &ast.Definition{Kind: ast.Object}
	for operation, root := range map[ast.Operation]*ast.Definition{
		ast.Query: schema.Query, ast.Mutation: schema.Mutation, ast.Subscription: schema.Subscription,
	} {
		if root != nil {
			field := &ast.FieldDefinition{Name: string(operation), Type: ast.NamedType(root.Name, nil)}
			query.Fields = append(query.Fields, field)
		}
	}
	out := *schema
	out.Query = query
	return &out
}

// bound makes a rule that reports at most maxFaults faults of a document. Without it, a fragment with 100
// faults that 1,000 operations spread would be 100,000 errors before any is left out.
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

// compareLocations orders places as they stand in the text.
func compareLocations(a, b gqlerror.Location) int {
	return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
}
