package gateway

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"jobsgateway/graph"
)

// Limits bounds the documents that are executed.
type Limits struct {
	// Cost is the most that one operation may cost; see cost.go.
	Cost int
	// Depth is the deepest nesting of fields; a root field is at depth 1, and introspection does not count.
	Depth int
	// Aliases is how many fields may be renamed, and RootFields how many fields the operation itself may have. Both
	// count what fragments bring, each time they are spread.
	Aliases, RootFields int
}

// Limits that no setting changes. Full introspection needs 184 tokens and about 150 fields, a page with all fields of
// a job about 60: these are generous, and they keep validation, which is quadratic in places, within milliseconds.
const (
	maxTokens     = 2000
	maxFields     = 500 // with fragments spread
	maxDirectives = 50  // likewise
	// Each of __schema and __type may list the whole schema some times over, and costs no token: tools ask for one or two.
	maxIntrospection = 5
	saturation       = 1 << 40
)

// shape is what a selection set amounts to with its fragments spread. Numbers saturate, so that nothing overflows.
type shape struct {
	depth, fields, aliases, directives, width, introspection int
}

// shaper measures a parsed document that is not validated yet. Each fragment is measured once, so the time is linear
// in the document, whatever the fragments multiply to.
type shaper struct {
	fragments ast.FragmentDefinitionList
	known     map[string]shape
	open      map[string]bool // fragments being measured: a cycle adds nothing, and validation refuses it later
	tooBig    *ast.Position   // of a number that no type of ours could hold
}

// checkShape refuses a document whose shape could cost more than its answer is worth, before it is validated.
func checkShape(doc *ast.QueryDocument, limits Limits) *gqlerror.Error {
	s := shaper{fragments: doc.Fragments, known: map[string]shape{}, open: map[string]bool{}}
	for _, op := range doc.Operations {
		total := s.selectionSet(op.SelectionSet)
		total.directives += len(op.Directives)
		for _, variable := range op.VariableDefinitions {
			total.directives += len(variable.Directives)
			s.value(variable.DefaultValue)
		}
		if err := total.exceeds(limits, op.Position); err != nil {
			return err
		}
	}
	// Fragments that no operation spreads, and second ones of a name, are refused by validation, which takes its time
	// over them all the same.
	for _, fragment := range doc.Fragments {
		total := s.fragmentSet(fragment)
		total.width = 0 // not at a root
		if err := total.exceeds(limits, fragment.Position); err != nil {
			return err
		}
	}
	if s.tooBig != nil {
		return at(requestError(graph.CodeBadUserInput, "A number in the document is beyond 64 bits; no argument takes that."), s.tooBig)
	}
	return nil
}

// exceeds explains the first limit that a shape is over; nil when there is none.
func (t *shape) exceeds(limits Limits, pos *ast.Position) *gqlerror.Error {
	for _, limit := range []struct {
		code     graph.Code
		what     string
		got, max int
	}{
		{codeMaxHeight, "fields", t.fields, maxFields},
		{codeMaxDirectives, "directives", t.directives, maxDirectives},
		{codeMaxDepth, "levels of nesting", t.depth, limits.Depth},
		{codeMaxAliases, "aliases", t.aliases, limits.Aliases},
		{codeMaxRootFields, "root fields", t.width, limits.RootFields},
		{codeMaxRootFields, "fields of introspection", t.introspection, maxIntrospection},
	} {
		if limit.got > limit.max {
			return at(requestError(limit.code, fmt.Sprintf("The operation has more than %d %s, counting what its fragments bring; "+
				"ask for less at once.", limit.max, limit.what)), pos)
		}
	}
	return nil
}

// selectionSet adds up a set. Its width is the number of fields at its own level.
func (s *shaper) selectionSet(set ast.SelectionSet) shape {
	var total shape
	for _, selection := range set {
		switch selection := selection.(type) {
		case *ast.Field:
			total.add(s.field(selection))
		case *ast.InlineFragment:
			inner := s.selectionSet(selection.SelectionSet)
			inner.directives += len(selection.Directives)
			total.add(inner)
		case *ast.FragmentSpread:
			inner := s.fragment(selection.Name)
			inner.directives += len(selection.Directives)
			total.add(inner)
		}
	}
	return total
}

func (s *shaper) field(field *ast.Field) shape {
	inner := s.selectionSet(field.SelectionSet)
	inner.depth++
	inner.fields++
	inner.directives += len(field.Directives)
	inner.width = 1
	if field.Alias != field.Name {
		inner.aliases++
	}
	if field.Name == "__schema" || field.Name == "__type" {
		inner.introspection++
		inner.depth = 1 // introspection nests deep by nature; gqlparser bounds it by a rule of its own
	}
	for _, argument := range field.Arguments {
		s.value(argument.Value)
	}
	return inner
}

func (s *shaper) fragment(name string) shape {
	if known, ok := s.known[name]; ok {
		return known
	}
	definition := s.fragments.ForName(name)
	if definition == nil || s.open[name] {
		return shape{}
	}
	s.open[name] = true
	total := s.fragmentSet(definition)
	delete(s.open, name)
	s.known[name] = total
	return total
}

// fragmentSet measures a fragment by itself. A fragment on a type of introspection can be spread there alone, so it has no depth.
func (s *shaper) fragmentSet(fragment *ast.FragmentDefinition) shape {
	total := s.selectionSet(fragment.SelectionSet)
	total.directives += len(fragment.Directives)
	if strings.HasPrefix(fragment.TypeCondition, "__") {
		total.depth = 0
	}
	return total
}

// value looks for numbers beyond 64 bits: reading one would fail where nothing expects it.
func (s *shaper) value(v *ast.Value) {
	if v == nil {
		return
	}
	var err error
	switch v.Kind {
	case ast.IntValue:
		_, err = strconv.ParseInt(v.Raw, 10, 64)
	case ast.FloatValue:
		_, err = strconv.ParseFloat(v.Raw, 64)
	}
	if err != nil {
		s.tooBig = v.Position
	}
	for _, child := range v.Children {
		s.value(child.Value)
	}
}

// add puts another shape beside this one.
func (t *shape) add(o shape) {
	t.depth = max(t.depth, o.depth)
	t.fields = min(t.fields+o.fields, saturation)
	t.aliases = min(t.aliases+o.aliases, saturation)
	t.directives = min(t.directives+o.directives, saturation)
	t.width = min(t.width+o.width, saturation)
	t.introspection = min(t.introspection+o.introspection, saturation)
}
