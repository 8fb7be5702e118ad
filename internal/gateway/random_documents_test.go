package gateway

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"
	"pgregory.net/rapid"

	"jobsgateway/internal/document"
)

// drawing writes a random valid document over the schema. Fragments are complete before they are spread, so
// that none is in itself, and may be spread any number of times.
type drawing struct {
	*rapid.T

	schema    *ast.Schema
	fragments map[string][]string // names by type
	texts     []string
	variables map[string]string // declared types of those in use
	names     int
}

// drawDocument gives a document and values for its variables.
func drawDocument(t *rapid.T, schema *ast.Schema) (text string, values map[string]any) {
	d := &drawing{T: t, schema: schema, fragments: map[string][]string{}, variables: map[string]string{}}
	set := d.set("Query", 5)
	declared := []string{}
	values = map[string]any{}
	for _, name := range []string{"a", "b", "c", "ids"} {
		typ, used := d.variables[name]
		if !used {
			continue
		}
		declared = append(declared, "$"+name+":"+typ)
		switch {
		case name == "ids":
			ids := make([]any, rapid.IntRange(0, 4).Draw(t, "ids"))
			for i := range ids {
				ids[i] = fmt.Sprint(i)
			}
			values[name] = ids
		case rapid.Bool().Draw(t, "given"):
			values[name] = rapid.SampledFrom([]any{nil, int64(0), int64(3), int64(500), int64(2147483647), int64(-4)}).Draw(t, name)
		}
	}
	head := ""
	if len(declared) > 0 {
		head = "query(" + strings.Join(declared, ",") + ")"
	}
	return head + set + strings.Join(d.texts, "\n"), values
}

// set writes a selection set of a composite type, which nests at most depth more levels.
func (d *drawing) set(typ string, depth int) string {
	var b strings.Builder
	b.WriteString("{")
	for range rapid.IntRange(1, 3).Draw(d.T, "selections") {
		switch kind := rapid.IntRange(0, 9).Draw(d.T, "kind"); {
		case kind < 5:
			b.WriteString(d.field(typ, depth))
		case kind < 7 && depth > 0:
			b.WriteString("..." + d.directives() + d.set(typ, depth-1))
		case kind < 8 && depth > 0:
			b.WriteString("...on " + d.narrowed(typ, depth))
		case depth > 0:
			b.WriteString("..." + d.fragment(typ, depth) + d.directives())
		default:
			b.WriteString(d.leaf())
		}
		b.WriteString(" ")
	}
	b.WriteString("}")
	return b.String()
}

// narrowed writes an inline fragment on an object type that a set of typ may hold.
func (d *drawing) narrowed(typ string, depth int) string {
	possible := []string{}
	for _, def := range d.schema.GetPossibleTypes(d.schema.Types[typ]) {
		if def.Name != "DataPlane" || typ != "_Entity" {
			possible = append(possible, def.Name)
		}
	}
	slices.Sort(possible)
	chosen := rapid.SampledFrom(possible).Draw(d.T, "type")
	return chosen + d.directives() + d.set(chosen, depth-1)
}

// fragment spreads a fragment on typ, an old one or a new one.
func (d *drawing) fragment(typ string, depth int) string {
	if known := d.fragments[typ]; len(known) > 0 && rapid.IntRange(0, 2).Draw(d.T, "old") > 0 {
		return rapid.SampledFrom(known).Draw(d.T, "fragment")
	}
	d.names++
	name := fmt.Sprintf("F%d", d.names)
	d.texts = append(d.texts, "fragment "+name+" on "+typ+d.set(typ, depth-1))
	d.fragments[typ] = append(d.fragments[typ], name)
	return name
}

func (d *drawing) leaf() string {
	d.names++
	return rapid.SampledFrom([]string{"__typename", fmt.Sprintf("x%d:__typename", d.names), "__typename:__typename"}).Draw(d.T, "leaf") + d.directives()
}

// field writes one field of typ with a name of its own, so that no two have to merge.
func (d *drawing) field(typ string, depth int) string {
	fields := ast.FieldList{}
	for _, field := range d.schema.Types[typ].Fields {
		if d.schema.Types[field.Type.Name()].IsCompositeType() && !strings.HasPrefix(field.Name, "__") && field.Name != "_service" {
			fields = append(fields, field)
		}
	}
	if len(fields) == 0 || depth == 0 {
		return d.leaf()
	}
	field := rapid.SampledFrom(fields).Draw(d.T, "field")
	alias := ""
	if len(field.Arguments) > 0 || rapid.Bool().Draw(d.T, "renamed") {
		d.names++
		alias = fmt.Sprintf("x%d:", d.names)
	}
	return alias + field.Name + d.arguments(field) + d.directives() + d.set(field.Type.Name(), depth-1)
}

func (d *drawing) arguments(field *ast.FieldDefinition) string {
	switch {
	case field.Arguments.ForName("first") != nil:
		list := []string{}
		for _, name := range []string{"first", "last"} {
			if rapid.IntRange(0, 2).Draw(d.T, name) > 0 {
				list = append(list, name+":"+d.size())
			}
		}
		if len(list) > 0 {
			return "(" + strings.Join(list, ",") + ")"
		}
	case field.Arguments.ForName("ids") != nil:
		return "(ids:" + d.ids() + ")"
	case field.Arguments.ForName("id") != nil:
		return `(id:"1")`
	case field.Arguments.ForName("representations") != nil:
		return "(representations:[" + strings.Repeat(`{__typename:"Job",id:"1"}`, rapid.IntRange(0, 3).Draw(d.T, "representations")) + "])"
	}
	return ""
}

func (d *drawing) size() string {
	size := rapid.SampledFrom([]string{"0", "1", "7", "500", "-3", "2147483647", "null", "$a", "$b", "$c"}).Draw(d.T, "size")
	if name, ok := strings.CutPrefix(size, "$"); ok {
		d.variables[name] = map[string]string{"a": "Int", "b": "Int=9", "c": "Int=null"}[name]
	}
	return size
}

func (d *drawing) ids() string {
	ids := rapid.SampledFrom([]string{`[]`, `"1"`, `["1","2"]`, `[1,1,1]`, `$ids`}).Draw(d.T, "ids")
	if ids == "$ids" {
		d.variables["ids"] = "[ID!]!"
	}
	return ids
}

func (d *drawing) directives() string {
	return rapid.SampledFrom([]string{"", "", "", "@include(if:true)", "@skip(if:false)@include(if:true)"}).Draw(d.T, "directives")
}

// plainShape measures a set in the plainest way: it goes wherever the executor would go.
func plainShape(doc *ast.QueryDocument, set ast.SelectionSet, depth int, into *document.Shape) {
	for _, selection := range set {
		switch selection := selection.(type) {
		case *ast.Field:
			into.Fields++
			into.Depth = max(into.Depth, depth)
			into.Directives += len(selection.Directives)
			if depth == 1 {
				into.Roots++
			}
			if selection.Alias != selection.Name {
				into.Aliases++
			}
			plainShape(doc, selection.SelectionSet, depth+1, into)
		case *ast.InlineFragment:
			into.Directives += len(selection.Directives)
			plainShape(doc, selection.SelectionSet, depth, into)
		case *ast.FragmentSpread:
			definition := doc.Fragments.ForName(selection.Name)
			into.Directives += len(selection.Directives) + len(definition.Directives)
			plainShape(doc, definition.SelectionSet, depth, into)
		}
	}
}

// plainCost counts objects from the root down: a set is written so many times, and each of its objects as
// often.
func plainCost(doc *ast.QueryDocument, set ast.SelectionSet, variables map[string]any, times, pageSize int) int {
	total := 0
	for _, selection := range set {
		switch selection := selection.(type) {
		case *ast.Field:
			if len(selection.SelectionSet) == 0 {
				continue
			}
			here, inner := times, 0
			value := func(name string) any {
				argument := selection.Arguments.ForName(name)
				if argument == nil {
					return nil
				}
				v, _ := argument.Value.Value(variables)
				return v
			}
			switch name := selection.Name; {
			case name == "nodes" && selection.ObjectDefinition.Name == "Query", name == "datasets", name == "_entities":
				argument := map[string]string{"datasets": "ids", "nodes": "ids", "_entities": "representations"}[name]
				if list, isList := value(argument).([]any); isList {
					here *= len(list)
				}
			case name == "nodes", name == "edges":
				here *= pageSize
			case name == "jobs":
				first, isFirst := value("first").(int64)
				last, isLast := value("last").(int64)
				if inner = max(0, int(first), int(last)); !isFirst && !isLast {
					inner = 50
				}
			case name == "jobStateCounts":
				here *= 8
			}
			total += here + plainCost(doc, selection.SelectionSet, variables, here, inner)
		case *ast.InlineFragment:
			total += plainCost(doc, selection.SelectionSet, variables, times, pageSize)
		case *ast.FragmentSpread:
			total += plainCost(doc, doc.Fragments.ForName(selection.Name).SelectionSet, variables, times, pageSize)
		}
	}
	return total
}

// Remembering fragments changes no number.
func TestMeasuresEqualPlainOnes(t *testing.T) {
	t.Parallel()
	schema := schemaOf(t)
	rapid.Check(t, func(t *rapid.T) {
		text, values := drawDocument(t, schema)
		doc := parse(t, text)
		op := doc.Operations[0]

		var want document.Shape
		plainShape(doc, op.SelectionSet, 1, &want)
		if got := document.Measure(doc).Operations[0]; got != want {
			t.Fatalf("shape %+v, want %+v of %s", got, want, text)
		}

		if list := document.NewValidator(schema, true).Validate(doc, maxErrors); len(list) > 0 {
			t.Fatalf("%v in %s", list, text)
		}
		variables, err := validator.VariableValues(schema, op, values)
		if err != nil {
			t.Fatalf("%v in %s of %s", err, values, text)
		}
		plain := plainCost(doc, op.SelectionSet, variables, 1, 0)
		if overflows := plain < 0 || plain > maxCost; overflows {
			plain = maxCost
		}
		reckoning := costing{newPrices(schema), variables, 50}
		got, limited := reckoning.check(doc, op, -1)
		if got != plain || limited.Extensions["cost"] != plain {
			t.Fatalf("cost %d, %v, want %d of %s with %v", got, limited.Extensions["cost"], plain, text, values)
		}
		if _, err := reckoning.check(doc, op, plain); err != nil {
			t.Fatalf("a cost of %d is over a limit of as much", plain)
		}
	})
}

// Documents of the generator are not all small: without this the property above could be one of trivial ones.
func TestDrawnDocumentsAreRich(t *testing.T) {
	t.Parallel()
	schema := schemaOf(t)
	seen := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		text, _ := drawDocument(t, schema)
		for _, part := range []string{"fragment", "...on", "$a", "$ids", "_entities", "nodes", "datasets", "@skip"} {
			if strings.Contains(text, part) {
				seen[part]++
			}
		}
	})
	if len(seen) != 8 {
		t.Errorf("drawn: %v", seen)
	}
}
