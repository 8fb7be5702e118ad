package gateway

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// The cost of an operation is how many objects it can make the gateway write, before anything is asked: each object counts 1, a
// JSON value 5, each other scalar nothing, and a list counts its elements as often as its @listSize says, which is the page size
// that the arguments ask for. A page of which only the cursors are asked, or that stops at a cursor, is read all the same, so
// its records count. Routers reckon from the same directives; docs/federation.md tells where they differ.
// Source: https://specs.apollo.dev/cost/v0.1

// cost is what a selection set costs: fixed, and per element of the list that the enclosing field slices.
type cost struct{ fixed, sized int }

// costing reckons one operation with its variables. Each fragment is reckoned once.
type costing struct {
	schema    *ast.Schema
	variables map[string]any
	pageSize  int
	known     map[string]cost
}

// checkCost refuses a validated operation that costs more than limit. A page whose size is not asked for has pageSize.
func checkCost(
	schema *ast.Schema, op *ast.OperationDefinition, variables map[string]any, limit, pageSize int,
) *gqlerror.Error {
	c := costing{schema: schema, variables: variables, pageSize: pageSize, known: map[string]cost{}}
	total := c.selectionSet(op.SelectionSet, nil).fixed
	if total <= limit {
		return nil
	}
	err := at(requestError(codeComplexity, fmt.Sprintf("The operation could return more than %d objects, a JSON value counting as 5; "+
		"ask for smaller pages or nest fewer lists.", limit)), op.Position)
	err.Extensions["cost"], err.Extensions["limit"] = total, limit
	return err
}

// selectionSet reckons a set of an object whose enclosing field has the sizedFields given.
func (c costing) selectionSet(set ast.SelectionSet, sizedFields []string) cost {
	var total cost
	for _, selection := range set {
		switch selection := selection.(type) {
		case *ast.Field:
			n := c.field(selection)
			if slices.Contains(sizedFields, selection.Name) {
				total.add(cost{sized: n})
			} else {
				total.add(cost{fixed: n})
			}
		case *ast.InlineFragment:
			total.add(c.selectionSet(selection.SelectionSet, sizedFields))
		case *ast.FragmentSpread:
			known, ok := c.known[selection.Name]
			if !ok {
				// What a fragment's fields are sized by depends on its type alone, since a type is returned by
				// fields with the same sizedFields.
				known = c.selectionSet(selection.Definition.SelectionSet, sizedFields)
				c.known[selection.Name] = known
			}
			total.add(known)
		}
	}
	return total
}

// field reckons one field with all below it.
func (c costing) field(field *ast.Field) int {
	if field.Definition == nil {
		return 0
	}
	if len(field.SelectionSet) == 0 {
		return c.weight(field.Definition.Type.Name())
	}
	size, sizedFields := 1, []string(nil)
	switch listSize := field.Definition.Directives.ForName("listSize"); {
	case listSize != nil:
		size, sizedFields = c.listSize(field, listSize)
	case field.Name == "datasets":
		size = c.length(field, "ids")
	case field.Name == "_entities":
		size = c.length(field, "representations")
	}
	inner := c.selectionSet(field.SelectionSet, sizedFields)
	if sizedFields == nil { // the field is itself the list
		return saturate(size, 1+inner.fixed)
	}
	if inner.sized == 0 && (asksCursors(field.SelectionSet) || c.stopsAtCursor(field)) {
		inner.sized = 1 // the records are read all the same
	}
	return min(1+inner.fixed+saturate(size, inner.sized), saturation)
}

// asksCursors reports whether a connection is asked for the cursors of its page. Fragments are followed wherever they are
// spread, which the shape of a document bounds.
func asksCursors(set ast.SelectionSet) bool {
	return slices.ContainsFunc(set, func(selection ast.Selection) bool {
		switch selection := selection.(type) {
		case *ast.Field:
			return selection.Name == "startCursor" || selection.Name == "endCursor" ||
				selection.Name == "pageInfo" && asksCursors(selection.SelectionSet)
		case *ast.InlineFragment:
			return asksCursors(selection.SelectionSet)
		case *ast.FragmentSpread:
			return asksCursors(selection.Definition.SelectionSet)
		}
		return false
	})
}

// stopsAtCursor reports whether a page is read towards a cursor: forwards with before, or backwards with after. Where it stops is
// known only when its records are read, whatever is asked of them.
func (c costing) stopsAtCursor(field *ast.Field) bool {
	gives := func(name string) bool {
		argument := field.Arguments.ForName(name)
		if argument == nil {
			return false
		}
		value, _ := argument.Value.Value(c.variables)
		return value != nil
	}
	stop := "before"
	if gives("last") {
		stop = "after"
	}
	return gives(stop)
}

// weight is what a scalar costs by its @cost: nothing, but for those that can be long.
func (c costing) weight(typeName string) int {
	def := c.schema.Types[typeName]
	if def == nil {
		return 0
	}
	directive := def.Directives.ForName("cost")
	if directive == nil {
		return 0
	}
	weight, _ := strconv.Atoi(directive.Arguments.ForName("weight").Value.Raw)
	return weight
}

// listSize reads @listSize: the largest slicing argument of those that are given, else the page size that the settings
// have, which is the assumed size unless they were changed. A negative size, which is refused later, counts nothing here.
func (c costing) listSize(field *ast.Field, directive *ast.Directive) (size int, sizedFields []string) {
	size = -1
	for _, name := range children(directive.Arguments.ForName("slicingArguments")) {
		if n, given := c.integer(field.Arguments.ForName(name)); given {
			size = max(0, n, size)
		}
	}
	if size < 0 {
		size = c.pageSize
	}
	return size, children(directive.Arguments.ForName("sizedFields"))
}

// integer reads an argument, written as a literal or by a variable; false when it is absent or null.
func (c costing) integer(argument *ast.Argument) (int, bool) {
	if argument == nil {
		return 0, false
	}
	value, _ := argument.Value.Value(c.variables) // an Int, as validation and the reading of variables have seen, or null
	n, given := value.(int64)
	return int(n), given
}

// length is how many elements an argument that is a list has.
func (c costing) length(field *ast.Field, name string) int {
	argument := field.Arguments.ForName(name)
	if argument == nil {
		return 1
	}
	value, _ := argument.Value.Value(c.variables)
	if list, ok := value.([]any); ok {
		return len(list)
	}
	return 1
}

func (t *cost) add(o cost) {
	t.fixed = min(t.fixed+o.fixed, saturation)
	t.sized = min(t.sized+o.sized, saturation)
}

// saturate multiplies two numbers from 0 to saturation.
func saturate(a, b int) int {
	if a > 0 && b > saturation/a {
		return saturation
	}
	return a * b
}

// children are the strings of an argument that is a list.
func children(argument *ast.Argument) []string {
	if argument == nil {
		return nil
	}
	list := make([]string, len(argument.Value.Children))
	for i, child := range argument.Value.Children {
		list[i] = child.Value.Raw
	}
	return list
}
