package gateway

import (
	"fmt"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"jobsgateway/internal/document"
)

// The cost of an operation is how many objects it can make the gateway write, before anything is asked: each
// object counts 1, a JSON value 5, each other scalar nothing, and a list counts its elements as often as its
// @listSize says, which is the page size that the arguments ask for. A page of which only the cursors are
// asked, or that stops at a cursor, is read all the same, so its records count, and so do those that the
// search for an end of a time range reads. Routers reckon from the same directives; docs/federation.md tells
// where they differ.
// Source: https://specs.apollo.dev/cost/v0.1
//
// Example: {jobs(first: 2) {nodes {id input {raw}}}} costs 1 for the connection and 2 times 1 + 1 + 5 for a
// job with an input and its JSON value, 15 in all.

// prices are what @cost and @listSize say in a schema, read once.
type prices struct {
	// scalars has the weights of scalar types by their names; the others weigh nothing.
	scalars map[string]int
	// slicing has the arguments that say how long the pages of a connection field are.
	slicing map[*ast.FieldDefinition][]string
	// paged are the fields of connections that are as long as the page.
	paged map[*ast.FieldDefinition]bool
	// assumed are the lengths of lists that no argument changes.
	assumed map[*ast.FieldDefinition]int
	// states is how many states a job can be in.
	states int
}

// newPrices reads the directives of a schema.
func newPrices(schema *ast.Schema) prices {
	p := prices{
		scalars: map[string]int{}, slicing: map[*ast.FieldDefinition][]string{},
		paged: map[*ast.FieldDefinition]bool{}, assumed: map[*ast.FieldDefinition]int{}, states: len(schema.Types["JobState"].EnumValues),
	}
	for name, def := range schema.Types {
		if directive := def.Directives.ForName("cost"); directive != nil {
			p.scalars[name], _ = strconv.Atoi(directive.Arguments.ForName("weight").Value.Raw)
		}
		for _, field := range def.Fields {
			directive := field.Directives.ForName("listSize")
			if directive == nil {
				continue
			}
			if directive.Arguments.ForName("slicingArguments") == nil {
				p.assumed[field], _ = strconv.Atoi(directive.Arguments.ForName("assumedSize").Value.Raw)
				continue
			}
			p.slicing[field] = wordsOf(directive, "slicingArguments")
			for _, name := range wordsOf(directive, "sizedFields") {
				p.paged[schema.Types[field.Type.Name()].Fields.ForName(name)] = true
			}
		}
	}
	return p
}

// wordsOf returns the strings of a directive's argument that is a list.
func wordsOf(directive *ast.Directive, argument string) (words []string) {
	for _, child := range directive.Arguments.ForName(argument).Value.Children {
		words = append(words, child.Value.Raw)
	}
	return words
}

// cost is what a selection costs: once, and for each element of the page that it is a part of.
//
// Example: of {jobs {nodes {id} totalCount}} nodes costs 1 for each element and totalCount nothing, so jobs
// costs 1 + 50 * 1 where a page has 50.
type cost struct {
	once, perElement int
	// cursors: a connection is asked for the cursors of its page.
	cursors bool
}

// maxCost keeps costs from overflowing: beyond it they only say "too much". Source: far above any --max-cost,
// and the product of two is compared before it is made.
const maxCost = 1 << 40

// costing reckons one operation with its variables. A page whose size is not asked for has pageSize.
type costing struct {
	prices    prices
	variables map[string]any
	pageSize  int
}

// check returns what a valid operation costs, and an error, which tells cost and limit, if that is more than
// limit.
func (c costing) check(
	doc *ast.QueryDocument, op *ast.OperationDefinition, limit int,
) (total int, tooMuch *gqlerror.Error) {
	sum := document.Sum[cost]{Fragments: doc.Fragments, Of: c.of, Add: addCosts}
	total = sum.Set(op.SelectionSet).once
	if total <= limit {
		return total, nil
	}
	const message = "The operation could return more than %d objects, a JSON value counting as 5; " +
		"ask for smaller pages or nest fewer lists."
	err := at(requestError(codeComplexity, fmt.Sprintf(message, limit)), op.Position)
	err.Extensions["cost"], err.Extensions["limit"] = total, limit
	return total, err
}

// of returns what a selection costs, from the cost of those below it.
func (c costing) of(selection ast.Selection, below cost) cost {
	field, ok := selection.(*ast.Field)
	if !ok {
		return below
	}
	total := cost{once: c.field(field, below)}
	switch field.Name {
	case "startCursor", "endCursor":
		total.cursors = true
	case "pageInfo":
		total.cursors = below.cursors
	}
	if c.prices.paged[field.Definition] {
		total.once, total.perElement = 0, total.once
	}
	return total
}

// rangeEnd is what an end of a time range costs: as many objects as its search reads records, for one end of
// two in a list of some thousand jobs. Source: BenchmarkCallsOfRanges in graph/paging.
const rangeEnd = 200

// field returns what one field costs with all below it: a scalar its weight, a connection itself and its
// page, any other list as many objects as it may have. Each end of a time range costs rangeEnd.
func (c costing) field(field *ast.Field, below cost) int {
	if len(field.SelectionSet) == 0 {
		return c.prices.scalars[field.Definition.Type.Name()]
	}
	if slicing, isConnection := c.prices.slicing[field.Definition]; isConnection {
		if below.perElement == 0 && (below.cursors || c.stopsAtCursor(field)) {
			below.perElement = 1 // the records are read all the same
		}
		page := product(c.size(field, slicing), below.perElement)
		return min(1+below.once+page+c.ranges(field), maxCost)
	}
	length := max(1, c.prices.assumed[field.Definition])
	switch field.Name {
	case "datasets":
		length = c.length(field, "ids")
	case "nodes":
		if c.argument(field, "ids") != nil { // JobConnection.nodes is counted with its page
			length = c.length(field, "ids")
		}
	case "jobStateCounts":
		length = c.states(field)
	case "_entities":
		length = c.length(field, "representations")
	}
	return product(length, 1+below.once+c.ranges(field))
}

// ranges returns what the ends of the time ranges of a field's filter cost.
func (c costing) ranges(field *ast.Field) (sum int) {
	filter, _ := c.argument(field, "filter").(map[string]any)
	for _, name := range [...]string{"createdAt", "updatedAt"} {
		times, _ := filter[name].(map[string]any)
		for _, end := range [...]string{"from", "to"} {
			if times[end] != nil {
				sum += rangeEnd
			}
		}
	}
	return sum
}

// states returns how many states Query.jobStateCounts counts: those of its filter, or all that the schema
// has.
func (c costing) states(field *ast.Field) int {
	filter, _ := c.argument(field, "filter").(map[string]any)
	switch states := filter["states"].(type) {
	case nil:
		return c.prices.states
	case []any:
		return len(states)
	}
	return 1 // one may stand without its list
}

// stopsAtCursor reports whether a page is read towards a cursor: forwards with before, or backwards with
// after. Where it stops is known only when its records are read, whatever is asked of them.
func (c costing) stopsAtCursor(field *ast.Field) bool {
	if c.argument(field, "last") != nil {
		return c.argument(field, "after") != nil
	}
	return c.argument(field, "before") != nil
}

// size returns the page size that a connection's arguments ask for: the largest slicing argument of those
// that are given, else the page size of the settings, which is the assumedSize of @listSize unless they were
// changed. A negative size, which is refused later, counts nothing here.
func (c costing) size(field *ast.Field, slicing []string) int {
	size := -1
	for _, name := range slicing {
		if n, given := c.argument(field, name).(int64); given {
			size = max(0, int(n), size)
		}
	}
	if size < 0 {
		return c.pageSize
	}
	return size
}

// length returns how many elements an argument that is a list has; one may stand without its list.
func (c costing) length(field *ast.Field, name string) int {
	if list, ok := c.argument(field, name).([]any); ok {
		return len(list)
	}
	return 1
}

// argument returns an argument's value, written as a literal or by a variable; nil when it is absent or null.
func (c costing) argument(field *ast.Field, name string) any {
	argument := field.Arguments.ForName(name)
	if argument == nil {
		return nil
	}
	value, _ := argument.Value.Value(c.variables) // it can be read, as validation has seen
	return value
}

// addCosts adds two costs, to maxCost at most.
func addCosts(a, b cost) cost {
	return cost{min(a.once+b.once, maxCost), min(a.perElement+b.perElement, maxCost), a.cursors || b.cursors}
}

// product multiplies two numbers from 0 to maxCost, to maxCost at most.
func product(a, b int) int {
	if a > 0 && b > maxCost/a {
		return maxCost
	}
	return a * b
}
