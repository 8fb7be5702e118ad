package graph

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"jobsgateway/graph/paging"
	"jobsgateway/restclient"
)

// composer draws an operation from the schema, so that a new field is drawn without a word here.
type composer struct {
	dice

	schema    *ast.Schema
	fragments []drawnFragment
	keys      map[string]string   // of a response key, the field and arguments that it stands for, here as everywhere
	names     map[string][]string // of a field and arguments, its response keys
	asked     map[string][]string // of a field, the arguments that it has been asked with
	variables []string            // their definitions
	given     []string            // their values, as members of a JSON object
	places    []string            // cursors
	left      int                 // fields that may still be drawn
}

// drawnFragment is a fragment that is complete, so that spreading it makes no cycle.
type drawnFragment struct {
	name, on, text string
	depth          int
}

// introspective fields are the oracle's in any case.
func introspective(name string) bool {
	return strings.HasPrefix(name, "__") || name == "_service"
}

// operation draws a query and its variables.
func (c *composer) operation() (query, variables string) {
	c.keys, c.names, c.asked = map[string]string{}, map[string][]string{}, map[string][]string{}
	c.left = 20 + c.below(80)
	set := c.selections("Query", 5+c.below(8))
	var b strings.Builder
	b.WriteString("query")
	if len(c.variables) > 0 {
		b.WriteString("(" + strings.Join(c.variables, ", ") + ")")
	}
	b.WriteString(" " + set)
	for _, f := range c.fragments {
		b.WriteString("\nfragment " + f.name + " on " + f.on + " " + f.text)
	}
	return b.String(), "{" + strings.Join(c.given, ",") + "}"
}

// selections draws a selection set of a type, with at most depth levels below.
func (c *composer) selections(typeName string, depth int) string {
	def := c.schema.Types[typeName]
	var written []string
	for range 1 + c.below(8) {
		if c.left--; c.left < 0 {
			break
		}
		switch roll := c.below(20); {
		case roll == 19:
			written = append(written, c.alias(typeName, "__typename", "String!", "")+c.directives())
		case roll > 16 && depth > 0:
			written = append(written, c.spread(typeName, depth))
		case roll > 13 || roll > 6 && def.Kind == ast.Interface || def.Kind == ast.Union:
			on := c.condition(typeName)
			condition := " on " + on
			if on == typeName && c.oneIn(2) {
				condition = ""
			}
			if depth > 0 {
				written = append(written, "..."+condition+c.directives()+" "+c.selections(on, depth-1))
			}
		default:
			if text, ok := c.field(def, depth); ok {
				written = append(written, text)
			}
		}
	}
	if len(written) == 0 {
		written = append(written, "__typename")
	}
	return "{ " + strings.Join(written, " ") + " }"
}

// condition draws a type that a fragment within typeName may be on.
func (c *composer) condition(typeName string) string {
	possible := c.schema.PossibleTypes[typeName]
	switch c.below(4) {
	case 0:
		return typeName
	case 1, 2:
		one, other := pick(c.dice, possible), pick(c.dice, possible)
		if len(one.Fields) < len(other.Fields) { // what has the most to say is asked the most
			one = other
		}
		return one.Name
	}
	var fitting []string
	for _, name := range sortedKeys(c.schema.PossibleTypes) {
		overlaps := func(def *ast.Definition) bool { return slices.Contains(possible, def) }
		if slices.ContainsFunc(c.schema.PossibleTypes[name], overlaps) {
			fitting = append(fitting, name)
		}
	}
	return pick(c.dice, fitting)
}

// spread draws a fragment, or one that there is.
func (c *composer) spread(typeName string, depth int) string {
	on := c.condition(typeName)
	if c.oneIn(2) {
		for _, f := range c.fragments {
			if f.on == on && f.depth <= depth {
				return "..." + f.name + c.directives()
			}
		}
	}
	f := drawnFragment{on: on, depth: depth, text: c.selections(on, depth-1)}
	f.name = fmt.Sprintf("F%d", len(c.fragments))
	c.fragments = append(c.fragments, f)
	return "..." + f.name + c.directives()
}

// field draws a field of a type; false when none may be drawn any more.
func (c *composer) field(def *ast.Definition, depth int) (string, bool) {
	var leaves, others ast.FieldList
	for _, f := range def.Fields {
		switch {
		case introspective(f.Name):
		case c.schema.Types[f.Type.Name()].IsLeafType():
			leaves = append(leaves, f)
		case depth > 0 && c.left > 0:
			others = append(others, f)
		}
	}
	from := append(leaves, others...)
	if len(others) > 0 && c.below(3) > 0 {
		from = others
	}
	if len(from) == 0 {
		return "", false
	}
	f := pick(c.dice, from)
	text := c.alias(def.Name, f.Name, f.Type.String(), c.arguments(def.Name, f)) + c.directives()
	if !c.schema.Types[f.Type.Name()].IsLeafType() {
		text += " " + c.selections(f.Type.Name(), depth-1)
	}
	return text, true
}

// alias draws the response key of a field with its arguments. One key stands for one field and arguments in the whole
// operation, so that whatever meets below it merges.
func (c *composer) alias(typeName, name, typ, arguments string) string {
	what := name + ":" + typ + arguments
	key := name
	known := c.names[what]
	switch {
	case len(known) > 0 && !c.oneIn(3):
		key = pick(c.dice, known)
	case c.oneIn(6):
		key = "a" + strconv.Itoa(c.below(3))
	case c.oneIn(5):
		if fields := c.schema.Types[typeName].Fields; len(fields) > 0 { // a key that looks like another field
			key = pick(c.dice, fields).Name
		}
	}
	for n := 1; strings.HasPrefix(key, "__") && key != name || c.keys[key] != "" && c.keys[key] != what; n++ {
		key = strings.TrimLeft(name, "_") + strconv.Itoa(n)
	}
	c.keys[key] = what
	if !slices.Contains(known, key) {
		c.names[what] = append(known, key)
	}
	if key == name {
		return name + arguments
	}
	return key + ": " + name + arguments
}

// directives draws @skip and @include, mostly none.
func (c *composer) directives() string {
	if !c.oneIn(8) {
		return ""
	}
	condition := func() string {
		switch c.below(3) {
		case 0:
			return pick(c.dice, []string{"true", "false"})
		case 1:
			return c.variable("Boolean! = "+pick(c.dice, []string{"true", "false"}), "")
		}
		return c.variable("Boolean!", pick(c.dice, []string{"true", "false"}))
	}
	switch c.below(5) {
	case 0, 1:
		return " @skip(if: " + condition() + ")"
	case 2, 3:
		return " @include(if: " + condition() + ")"
	}
	return " @include(if: " + condition() + ") @skip(if: " + condition() + ")"
}

// variable defines a variable; without a value it is left out of what is sent.
func (c *composer) variable(definition, value string) string {
	name := fmt.Sprintf("v%d", len(c.variables))
	c.variables = append(c.variables, "$"+name+": "+definition)
	if value != "" {
		c.given = append(c.given, fmt.Sprintf("%q:%s", name, value))
	}
	return "$" + name
}

// arguments draws what a field is asked with; often what it was asked with before.
func (c *composer) arguments(typeName string, f *ast.FieldDefinition) string {
	if len(f.Arguments) == 0 {
		return ""
	}
	field := typeName + "." + f.Name
	if known := c.asked[field]; len(known) > 0 && c.oneIn(2) {
		return pick(c.dice, known)
	}
	var written []string
	for _, argument := range f.Arguments {
		required := argument.Type.NonNull && argument.DefaultValue == nil
		if required || c.oneIn(7) || argument.Name == "first" && c.oneIn(3) {
			written = append(written, argument.Name+": "+c.argument(field+"."+argument.Name, argument.Type, argument.DefaultValue != nil))
		}
	}
	text := ""
	if len(written) > 0 {
		text = "(" + strings.Join(written, ", ") + ")"
	}
	c.asked[field] = append(c.asked[field], text)
	return text
}

// argument draws the value of an argument, or of a field of an input object, as it stands in the document.
func (c *composer) argument(place string, typ *ast.Type, hasDefault bool) string {
	anything := typ.Name() == "_Any"
	if !anything && !c.oneIn(3) {
		return c.literal(place, typ)
	}
	definition := typ.String()
	value := c.json(place, typ)
	switch {
	case typ.NonNull && hasDefault && c.oneIn(2): // a variable that may be null, where null is not
		definition = strings.TrimSuffix(definition, "!")
		value = pick(c.dice, []string{"", "null", value})
	case typ.NonNull:
	case c.oneIn(3):
		definition += "!"
	default:
		value = pick(c.dice, []string{"", "null", value, value, value})
		if c.oneIn(4) && c.schema.Types[typ.Name()].IsLeafType() && typ.Elem == nil {
			definition += " = " + c.literal(place, typ)
		}
	}
	return c.variable(definition, value)
}

// literal draws a value as it is written in a document.
func (c *composer) literal(place string, typ *ast.Type) string {
	if !typ.NonNull && c.oneIn(12) {
		return "null"
	}
	if typ.Elem != nil {
		if c.oneIn(6) {
			return c.literal(place, typ.Elem) // one value is a list of one
		}
		return c.elements(place, typ, c.literal)
	}
	def := c.schema.Types[typ.Name()]
	if def.Kind == ast.InputObject {
		var fields []string
		for _, f := range def.Fields {
			if f.Type.NonNull && f.DefaultValue == nil || c.oneIn(3) {
				fields = append(fields, f.Name+": "+c.argument(place+"."+f.Name, f.Type, f.DefaultValue != nil))
			}
		}
		return "{" + strings.Join(fields, ", ") + "}"
	}
	if def.Kind == ast.Enum {
		return pick(c.dice, def.EnumValues).Name
	}
	if typ.Name() == "Int" && c.oneIn(20) {
		return pick(c.dice, []string{"2147483648", "-2147483649", "9223372036854775807"})
	}
	return c.scalar(place, typ.Name())
}

// json draws a value as it is sent for a variable.
func (c *composer) json(place string, typ *ast.Type) string {
	if typ.Elem != nil {
		return c.elements(place, typ, c.json)
	}
	def := c.schema.Types[typ.Name()]
	switch def.Kind {
	case ast.InputObject:
		var fields []string
		for _, f := range def.Fields {
			if f.Type.NonNull && f.DefaultValue == nil || c.oneIn(3) {
				fields = append(fields, fmt.Sprintf("%q:%s", f.Name, c.json(place+"."+f.Name, f.Type)))
			}
		}
		return "{" + strings.Join(fields, ",") + "}"
	case ast.Enum:
		return strconv.Quote(pick(c.dice, def.EnumValues).Name)
	}
	return c.scalar(place, typ.Name())
}

func (c *composer) elements(place string, typ *ast.Type, element func(string, *ast.Type) string) string {
	written := []string{}
	for range (1 + c.below(5)) % 5 {
		written = append(written, element(place, typ.Elem))
	}
	return "[" + strings.Join(written, ",") + "]"
}

// scalar draws a value that is spelled the same in JSON and in a document, or a representation.
func (c *composer) scalar(place, typeName string) string {
	uuids := []string{strconv.Quote(idOf(1)), strconv.Quote(idOf(2)), strconv.Quote(idOf(3)), `"ABCDEF00-0000-4000-8000-00000000ABCD"`}
	numbers := []string{`"1"`, `"2"`, "2", `"10736"`}
	if c.oneIn(12) {
		uuids = []string{`"7"`, "7", `""`, `"00000000000040008000000000000001"`}
		numbers = []string{`"-1"`, `"007"`, `"x"`, `"9223372036854775808"`, "-1"}
	}
	last := place[strings.LastIndexByte(place, '.')+1:]
	switch typeName {
	case "Int":
		if c.oneIn(8) {
			return pick(c.dice, []string{"501", "-1", "2147483647", "500"})
		}
		return pick(c.dice, []string{"0", "1", "2", "3", "4", "50"})
	case "DateTime":
		if c.oneIn(12) {
			return pick(c.dice, []string{`"2024-01-01"`, `""`, `7`, `"2024-01-01T00:00:00.0123456789Z"`})
		}
		return pick(c.dice, []string{
			`"2024-01-01T00:00:00Z"`, `"2024-01-02T00:00:00+01:00"`, `"2024-06-01T00:00:00.5Z"`, `"1970-01-01T00:00:00Z"`, `"2030-01-01T00:00:00-12:00"`,
		})
	case "ID":
		if last == "ids" && strings.HasPrefix(place, "Query.nodes") {
			return pick(c.dice, append(uuids, numbers...))
		}
		if last == "dataPlaneId" || place == "Query.job.id" || place == "Query.node.id" {
			return pick(c.dice, uuids)
		}
		return pick(c.dice, numbers)
	case "Boolean":
		return pick(c.dice, []string{"true", "false"})
	case "_Any":
		return pick(c.dice, []string{
			`{"__typename":"Job","id":` + pick(c.dice, uuids) + `}`, `{"__typename":"Dataset","id":` + pick(c.dice, numbers) + `}`,
			`{"__typename":"Job","id":` + pick(c.dice, uuids) + `}`, `{"__typename":"Dataset","id":` + pick(c.dice, numbers) + `}`,
			`{"__typename":"Cat","id":"1"}`, `{"__typename":"Job","id":null}`,
		})
	}
	if last == "after" || last == "before" {
		return strconv.Quote(pick(c.dice, append([]string{"AAAA"}, c.places...)))
	}
	return pick(c.dice, []string{`"nightly"`, `"a&b"`, `"é"`, `""`})
}

// cursorsOf gives cursors of jobs in some lists, each at the place where it stands when nothing is filtered.
func cursorsOf(records []restclient.Record) []string {
	var cursors []string
	for i, record := range records {
		if record.Err != nil || i > 2 {
			continue
		}
		for _, filter := range []restclient.JobsFilter{{}, {DatasetID: "1"}, {DatasetID: "2"}} {
			for _, order := range []restclient.Order{restclient.CreatedAtDesc, restclient.UpdatedAtAsc} {
				plan := paging.Plan{Key: paging.Key{List: restclient.JobsQuery{Filter: filter.Encode(), OrderBy: order}, Size: len(records)}}
				cursors = append(cursors, string(plan.FirstPage(records, true).AppendCursor(nil, i)))
			}
		}
	}
	return append(cursors, stranger)
}

// stranger is a cursor of the list of all jobs, the newest first, of a job that is not there.
const stranger = "Ak6DTRN-ypVZAgWAxJ_VDAAAAAAAAAAAQACAAAAAAAAAdwAAiYeTTA"
