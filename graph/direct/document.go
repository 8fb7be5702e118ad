package direct

import (
	"math/bits"
	"slices"
	"sync"

	"github.com/vektah/gqlparser/v2/ast"
)

// Document is a validated document with the plans of its operations, which are compiled when first asked for. Safe for
// concurrent use.
type Document struct {
	*ast.QueryDocument

	schema *ast.Schema
	// conditions are the variables that @skip and @include read: all that a plan depends on.
	conditions []string

	mu    sync.RWMutex
	plans map[string]*Plan // by operation name and conditions
}

// maxPlans bounds the plans that a document remembers: conditions double them, clients use few of the combinations.
const maxPlans = 16

// NewDocument makes the Document of a document that is valid in schema, which is its own from then on: what validation has
// written into it of one operation is taken out, so that each is read with its own definitions alone.
func NewDocument(schema *ast.Schema, doc *ast.QueryDocument) *Document {
	d := &Document{QueryDocument: doc, schema: schema, plans: map[string]*Plan{}}
	for _, op := range doc.Operations {
		d.addSet(op.SelectionSet)
	}
	for _, fragment := range doc.Fragments {
		d.addSet(fragment.SelectionSet)
	}
	slices.Sort(d.conditions)
	d.conditions = slices.Compact(d.conditions)
	return d
}

func (d *Document) addSet(set ast.SelectionSet) {
	for _, selection := range set {
		for _, directive := range directivesOf(selection) {
			forget(directive.Arguments)
			if condition := directive.Arguments.ForName("if"); condition != nil && condition.Value.Kind == ast.Variable {
				d.conditions = append(d.conditions, condition.Value.Raw)
			}
		}
		switch selection := selection.(type) {
		case *ast.Field:
			forget(selection.Arguments)
			if list := selection.Arguments.ForName("representations"); list != nil { // of _entities
				emptyScalars(list.Value)
			}
			d.addSet(selection.SelectionSet)
		case *ast.InlineFragment:
			d.addSet(selection.SelectionSet)
		}
	}
}

// forget takes the definitions of variables out of arguments. Validation writes that of one operation into the fragments
// that several share, and a value that a request leaves out would have its default.
func forget(arguments ast.ArgumentList) {
	for _, argument := range arguments {
		forgetIn(argument.Value)
	}
}

func forgetIn(value *ast.Value) {
	value.VariableDefinition = nil
	for _, child := range value.Children {
		forgetIn(child.Value)
	}
}

// emptyScalars replaces each representation that is not an object by an object without members. That one alone is then refused,
// at its place; the generated code would refuse the whole list.
func emptyScalars(list *ast.Value) {
	elements := []*ast.Value{list} // one may stand without brackets
	if list.Kind == ast.ListValue {
		elements = elements[:0]
		for _, child := range list.Children {
			elements = append(elements, child.Value)
		}
	}
	for _, element := range elements {
		if element.Kind != ast.Variable && element.Kind != ast.ObjectValue {
			element.Kind, element.Children = ast.ObjectValue, nil
		}
	}
}

// directivesOf gives the directives that stand on a selection.
func directivesOf(selection ast.Selection) ast.DirectiveList {
	switch selection := selection.(type) {
	case *ast.Field:
		return selection.Directives
	case *ast.InlineFragment:
		return selection.Directives
	case *ast.FragmentSpread:
		return selection.Directives
	}
	return nil
}

// PlannedFields is how many fields the plans have together that the document may come to remember: what their memory is
// reckoned by. Fragments count each time they are spread, so a short text can have many.
func (d *Document) PlannedFields() int {
	most := 0
	known := map[string]int{}
	for _, op := range d.Operations {
		most = max(most, d.fieldsOf(op.SelectionSet, known))
	}
	plans := maxPlans
	if n := len(d.conditions); n < bits.Len(maxPlans) {
		plans = min(maxPlans, len(d.Operations)<<n)
	}
	return most * plans
}

// fieldsOf counts the fields of a valid selection set, which has no cycles. Each fragment is counted once.
func (d *Document) fieldsOf(set ast.SelectionSet, known map[string]int) int {
	n := 0
	for _, selection := range set {
		switch selection := selection.(type) {
		case *ast.Field:
			n += 1 + d.fieldsOf(selection.SelectionSet, known)
		case *ast.InlineFragment:
			n += d.fieldsOf(selection.SelectionSet, known)
		case *ast.FragmentSpread:
			inner, ok := known[selection.Name]
			if !ok {
				inner = d.fieldsOf(d.Fragments.ForName(selection.Name).SelectionSet, known)
				known[selection.Name] = inner
			}
			n += inner
		}
	}
	return n
}

// Plan gives the plan of one of the document's operations. Variables decide @skip and @include, and nothing else.
func (d *Document) Plan(op *ast.OperationDefinition, variables map[string]any) *Plan {
	key := op.Name
	if len(d.conditions) > 0 {
		key = d.keyOf(op, variables)
	}
	d.mu.RLock()
	plan, ok := d.plans[key]
	d.mu.RUnlock()
	if ok {
		return plan
	}
	plan = Compile(d.schema, d.QueryDocument, op, variables)
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.plans) < maxPlans {
		d.plans[key] = plan
	}
	return plan
}

// keyOf tells the operation and what its conditions come to; an operation's name has no blank.
func (d *Document) keyOf(op *ast.OperationDefinition, variables map[string]any) string {
	key := append([]byte(op.Name), ' ')
	for _, name := range d.conditions {
		if is, _ := variables[name].(bool); is {
			key = append(key, '1')
		} else {
			key = append(key, '0')
		}
	}
	return string(key)
}
