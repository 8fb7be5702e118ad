//go:build e2e

package composition_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// keptDirectives are those of ours that a supergraph has to keep. Without them a router prices nothing and a
// contract shows everybody everything.
var keptDirectives = [...]string{"tag", "cost", "listSize", "specifiedBy"}

// The subgraph composes with nothing to remark, alone and beside another team's, and its directives and
// descriptions are all in the supergraph.
func TestComposition(t *testing.T) {
	t.Parallel()
	alone, together := []subgraph{ourSubgraph(t, "")}, []subgraph{ourSubgraph(t, ""), neighbourSubgraph(t, "")}
	turned := []subgraph{neighbourSubgraph(t, ""), ourSubgraph(t, "")}
	want := parseSDL(t, ourSubgraph(t, "").SDL)
	for i, result := range compose(t, alone, together, turned) {
		for _, composer := range composers {
			if list := result[composer].messages(); len(list) > 0 {
				t.Errorf("case %d: %s: %s", i, composer, list)
				continue
			}
			got := parseSDL(t, result[composer].Supergraph)
			if diff := cmp.Diff(facts(want), restrict(facts(got), facts(want))); diff != "" {
				t.Errorf("case %d: %s: directives and descriptions (-ours +supergraph):\n%s", i, composer, diff)
			}
			for _, name := range []string{"Job", "Dataset"} {
				if !slices.ContainsFunc(got.Definitions.ForName(name).Directives.ForNames("join__type"), func(d *ast.Directive) bool {
					key := d.Arguments.ForName("key")
					return d.Arguments.ForName("graph").Value.Raw == "JOBS" && key != nil && key.Value.Raw == "id"
				}) {
					t.Errorf("case %d: %s: %s has no key of ours", i, composer, name)
				}
			}
			if hasNode := got.Definitions.ForName("Node") != nil; hasNode != (i > 0) {
				t.Errorf("case %d: %s: Node is %v", i, composer, hasNode)
			}
		}
	}
}

// parseSDL reads a schema, or a supergraph.
func parseSDL(t *testing.T, sdl string) *ast.SchemaDocument {
	t.Helper()
	doc, err := parser.ParseSchema(&ast.Source{Name: "sdl", Input: sdl})
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// facts are the descriptions and the kept directives of a schema, by coordinate.
func facts(doc *ast.SchemaDocument) map[string]string {
	all := map[string]string{}
	tell := func(coordinate, description string, directives ast.DirectiveList) {
		lines := strings.Split(description, "\n")
		for i := range lines {
			lines[i] = strings.TrimSpace(lines[i])
		}
		all[coordinate] = strings.Join(lines, "\n")
		for _, directive := range directives {
			if slices.Contains(keptDirectives[:], directive.Name) {
				arguments := []string{}
				for _, argument := range directive.Arguments {
					arguments = append(arguments, argument.Name+": "+argument.Value.String())
				}
				slices.Sort(arguments) // composers have orders of their own
				all[coordinate+" @"+directive.Name] = strings.Join(arguments, ", ")
			}
		}
	}
	for _, def := range doc.Definitions {
		tell(def.Name, def.Description, def.Directives)
		for _, field := range def.Fields {
			tell(def.Name+"."+field.Name, field.Description, field.Directives)
			for _, argument := range field.Arguments {
				tell(def.Name+"."+field.Name+"("+argument.Name+":)", argument.Description, argument.Directives)
			}
		}
		for _, value := range def.EnumValues {
			tell(def.Name+"."+value.Name, value.Description, value.Directives)
		}
	}
	return all
}

// restrict gives the facts at the coordinates that wanted has.
func restrict(all, wanted map[string]string) map[string]string {
	some := map[string]string{}
	for coordinate := range wanted {
		if fact, ok := all[coordinate]; ok {
			some[coordinate] = fact
		}
	}
	return some
}

// What the test above compares is there: a schema without directives would pass it too.
func TestFacts(t *testing.T) {
	t.Parallel()
	all := facts(parseSDL(t, ourSubgraph(t, "").SDL))
	for coordinate, want := range map[string]string{
		"JSON @cost":             "weight: 5",
		"Job.raw @tag":           `name: "internal"`,
		"DateTime @specifiedBy":  `url: "https://www.rfc-editor.org/rfc/rfc3339"`,
		"JobState.RUNNING":       "It is running.",
		"Query.job(id:)":         "The job's UUID with dashes, in upper or lower case. Anything else is refused with BAD_USER_INPUT.",
		"Dataset.jobs @listSize": `assumedSize: 50, requireOneSlicingArgument: false, sizedFields: ["edges","nodes"], slicingArguments: ["first","last"]`,
	} {
		if all[coordinate] != want {
			t.Errorf("%s is %q, not %q", coordinate, all[coordinate], want)
		}
	}
}
