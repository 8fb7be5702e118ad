package document

import (
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// Shape is the size of an operation or a fragment. What fragments bring counts each time that they are
// spread. Every number is at most maxCount: beyond that it only says "too many".
//
// Example: {a: jobs {...F} jobs {...F}} fragment F on JobConnection {nodes {id}} has 6 fields, 1 alias, 2
// roots and a depth of 3.
type Shape struct {
	// Fields counts all fields, Aliases those with another name in the answer, Roots those of the outermost
	// level, which for an operation are its root fields.
	Fields, Aliases, Roots int
	// Depth is the deepest nesting of fields; one without a field inside has 1. What is inside introspection
	// does not count.
	Depth int
	// Directives counts those on fields, on spreads, on fragments, on the operation and on its variables.
	Directives int
	// Introspection counts __schema and __type, SDL counts _service.
	Introspection, SDL int
}

// maxCount keeps numbers from overflowing. Fragments that spread each other twice double a number every 10
// tokens, so 2,000 tokens reach 2^200.
const maxCount = 1 << 40

// AsksSchema reports whether the schema is asked for, by introspection or as SDL.
func (s Shape) AsksSchema() bool { return s.Introspection+s.SDL > 0 }

// Size is what Measure finds out about a document, for the caller to compare with its limits.
type Size struct {
	// Operations and Fragments have the shapes of the document's, in its order. The Roots of a fragment are
	// 0.
	Operations, Fragments []Shape
	// TooBig is the place of a number beyond 64 bits, of several the one measured last; nil when there is
	// none. Reading one would fail where nothing expects it.
	TooBig *ast.Position
}

// Measure returns the size of a parsed document, valid or not, in a time that is linear in its text. It has
// to come before validation, which is quadratic in places.
func Measure(doc *ast.QueryDocument) Size {
	var size Size
	sum := Sum[Shape]{Fragments: doc.Fragments, Of: size.of, OfFragment: ofFragment, Add: addShapes}
	for _, op := range doc.Operations {
		shape := sum.Set(op.SelectionSet)
		shape.Directives += len(op.Directives)
		for _, variable := range op.VariableDefinitions {
			shape.Directives += len(variable.Directives)
			size.checkNumbers(variable.DefaultValue)
		}
		size.Operations = append(size.Operations, shape)
	}
	// Fragments that no operation spreads, and second ones of a name, are refused by validation, which takes
	// its time over them all the same.
	for _, fragment := range doc.Fragments {
		shape := sum.Fragment(fragment)
		shape.Roots = 0
		size.Fragments = append(size.Fragments, shape)
	}
	return size
}

// of returns the shape of a selection, from the shape of what is below it. It notes numbers that are too big
// on the way.
func (s *Size) of(selection ast.Selection, shape Shape) Shape {
	shape.Directives += len(directivesOf(selection))
	field, ok := selection.(*ast.Field)
	if !ok {
		return shape
	}
	shape.Depth++
	shape.Fields++
	shape.Roots = 1
	if field.Alias != field.Name {
		shape.Aliases++
	}
	switch field.Name {
	case "__schema", "__type":
		shape.Introspection++
		shape.Depth = 1 // introspection nests deep by nature; gqlparser bounds it by a rule of its own
	case "_service":
		shape.SDL++
	}
	for _, argument := range field.Arguments {
		s.checkNumbers(argument.Value)
	}
	return shape
}

// ofFragment returns the shape of a fragment, from that of its selections. One on a type of introspection can
// be spread in introspection alone, whose depth does not count.
func ofFragment(fragment *ast.FragmentDefinition, shape Shape) Shape {
	shape.Directives += len(fragment.Directives)
	if strings.HasPrefix(fragment.TypeCondition, "__") {
		shape.Depth = 0
	}
	return shape
}

// addShapes returns the shape of two selections that stand beside each other.
func addShapes(a, b Shape) Shape {
	return Shape{
		Fields:        min(a.Fields+b.Fields, maxCount),
		Aliases:       min(a.Aliases+b.Aliases, maxCount),
		Roots:         min(a.Roots+b.Roots, maxCount),
		Depth:         max(a.Depth, b.Depth),
		Directives:    min(a.Directives+b.Directives, maxCount),
		Introspection: min(a.Introspection+b.Introspection, maxCount),
		SDL:           min(a.SDL+b.SDL, maxCount),
	}
}

// checkNumbers looks for numbers beyond 64 bits in a value.
func (s *Size) checkNumbers(value *ast.Value) {
	for value := range valuesIn(value) {
		var err error
		switch value.Kind {
		case ast.IntValue:
			_, err = strconv.ParseInt(value.Raw, 10, 64)
		case ast.FloatValue:
			_, err = strconv.ParseFloat(value.Raw, 64)
		}
		if err != nil {
			s.TooBig = value.Position
		}
	}
}
