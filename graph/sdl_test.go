package graph

import (
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
	"github.com/vektah/gqlparser/v2/parser"
)

// printed calls a printer twice, since what is printed is compared and committed by its readers.
func printed(t *testing.T, sdlOf func(live bool) (string, error)) (string, *ast.SchemaDocument) {
	t.Helper()
	first, err := sdlOf(true)
	if err != nil {
		t.Fatal(err)
	}
	if second, err := sdlOf(true); err != nil || second != first {
		t.Errorf("printed again it differs: %v", err)
	}
	doc, err := parser.ParseSchema(&ast.Source{Name: "printed", Input: first})
	if err != nil {
		t.Fatal(err)
	}
	return first, doc
}

// without gives the lines of a schema that have none of the words, with the directives of routers taken off.
func without(lines []string, words ...string) []string {
	forRouters := regexp.MustCompile(` @(key|tag|shareable|listSize|cost)\b[^@]*`)
	kept := []string{}
	for _, line := range lines {
		if !slices.ContainsFunc(words, func(word string) bool { return strings.Contains(line, word) }) {
			kept = append(kept, forRouters.ReplaceAllString(line, ""))
		}
	}
	return kept
}

// A client's tool can read the whole schema by itself, and loses nothing but what is meant for routers.
func TestClientSDL(t *testing.T) {
	t.Parallel()
	sdl, doc := printed(t, ClientSDL)
	if _, err := gqlparser.LoadSchema(&ast.Source{Name: "client", Input: sdl}); err != nil {
		t.Errorf("no schema of its own: %v", err)
	}
	if diff := cmp.Diff(without(contract), signatures(doc)); diff != "" {
		t.Errorf("contract (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(descriptions(ownSchema(t)), descriptions(doc)); diff != "" {
		t.Errorf("descriptions (-want +got):\n%s", diff)
	}
	for _, word := range []string{"@key", "@link", "@tag", "@shareable", "@cost", "@listSize", "extend", "FieldSet", "_Any", "_Entity", "_Service"} {
		if strings.Contains(sdl, word) {
			t.Errorf("it has the word %s", word)
		}
	}
}

// A composer gets the whole schema, directives included, but for Query.node, Query.nodes and their interface.
func TestSubgraphSDL(t *testing.T) {
	t.Parallel()
	sdl, doc := printed(t, SubgraphSDL)
	// What a composer knows by itself: the directives, and the query type that the schema does not have to name.
	declared := []*ast.Source{{Name: "subgraph", Input: sdl}}
	for _, source := range sources {
		if strings.HasSuffix(source.Name, "directives.graphql") || strings.HasSuffix(source.Name, "demand.graphqls") {
			declared = append(declared, source)
		}
	}
	if len(declared) != 3 {
		t.Fatalf("%d sources of directives", len(declared)-1)
	}
	if _, err := gqlparser.LoadSchema(declared...); err != nil {
		t.Errorf("no schema, even with the directives declared: %v", err)
	}

	want := []string{}
	for _, line := range contract {
		if line != "interface Node" && !strings.HasPrefix(line, "Node.") && !strings.HasPrefix(line, "Query.node") {
			want = append(want, strings.Replace(line, " implements Node", "", 1))
		}
	}
	if diff := cmp.Diff(want, signatures(doc)); diff != "" {
		t.Errorf("contract (-want +got):\n%s", diff)
	}
	told := descriptions(ownSchema(t))
	for _, gone := range []string{"Node", "Node.id", "Query.node", "Query.node(id:)", "Query.nodes", "Query.nodes(ids:)"} {
		delete(told, gone)
	}
	if diff := cmp.Diff(told, descriptions(doc)); diff != "" {
		t.Errorf("descriptions (-want +got):\n%s", diff)
	}
	if n := len(doc.SchemaExtension); n != 1 || doc.SchemaExtension[0].Directives.ForName("link") == nil {
		t.Errorf("%d extensions of the schema; composers need its @link", n)
	}
}

// clientTypes are the types that every client may see.
func clientTypes(t *testing.T) []string {
	t.Helper()
	names := []string{}
	for _, def := range ownSchema(t).Definitions {
		names = append(names, def.Name)
	}
	return names
}

// typesOf gives a schema's types but for those of GraphQL itself.
func typesOf(schema *ast.Schema) []string {
	builtIn := []string{"Int", "Float", "String", "Boolean", "ID"}
	return slices.DeleteFunc(sortedKeys(schema.Types), func(name string) bool {
		return strings.HasPrefix(name, "__") || slices.Contains(builtIn, name)
	})
}

func TestNewSchema(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		federation bool
		types      []string // beside the clients' own
		fields     []string // of Query, likewise
	}{
		{false, nil, nil},
		{true, []string{"_Any", "_Entity", "_Service"}, []string{"_entities", "_service"}},
	} {
		schema, err := NewSchema(Parts{Federation: c.federation, Live: true})
		if err != nil {
			t.Fatal(err)
		}
		want := slices.Sorted(slices.Values(slices.Concat(clientTypes(t), c.types)))
		if diff := cmp.Diff(want, typesOf(schema)); diff != "" {
			t.Errorf("federation %v: types (-want +got):\n%s", c.federation, diff)
		}
		fields := []string{}
		for _, field := range schema.Query.Fields {
			fields = append(fields, field.Name)
		}
		wantFields := append([]string{"jobs", "job", "dataset", "datasets", "jobStateCounts", "node", "nodes"}, c.fields...)
		wantFields = append(wantFields, "__schema", "__type") // the parser's own
		slices.Sort(fields)
		slices.Sort(wantFields)
		if diff := cmp.Diff(wantFields, fields); diff != "" {
			t.Errorf("federation %v: fields of Query (-want +got):\n%s", c.federation, diff)
		}
		// What a document may use, and what explains the schema to a client.
		directives := []string{"defer", "deprecated", "include", "oneOf", "skip", "specifiedBy"}
		if diff := cmp.Diff(directives, sortedKeys(schema.Directives)); diff != "" {
			t.Errorf("federation %v: directives (-want +got):\n%s", c.federation, diff)
		}
		wantWhole(t, schema)

		again, err := NewSchema(Parts{Federation: c.federation, Live: true})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(formatted(schema), formatted(again)); diff != "" {
			t.Errorf("federation %v: made again it differs:\n%s", c.federation, diff)
		}
	}
}

func formatted(schema *ast.Schema) string {
	var b strings.Builder
	formatter.NewFormatter(&b).FormatSchema(schema)
	return b.String()
}

// wantWhole checks that a schema names no type that it does not have: a client that walks it would stumble.
func wantWhole(t *testing.T, schema *ast.Schema) {
	t.Helper()
	known := func(place, name string) {
		if schema.Types[name] == nil {
			t.Errorf("%s names the type %s, which is not there", place, name)
		}
	}
	for _, def := range schema.Types {
		for _, name := range slices.Concat(def.Interfaces, def.Types) {
			known(def.Name, name)
		}
		for _, field := range def.Fields {
			known(def.Name+"."+field.Name, field.Type.Name())
			for _, arg := range field.Arguments {
				known(def.Name+"."+field.Name+"("+arg.Name+")", arg.Type.Name())
			}
		}
	}
	for _, directive := range schema.Directives {
		for _, arg := range directive.Arguments {
			known("@"+directive.Name+"("+arg.Name+")", arg.Type.Name())
		}
	}
}

// The service field answers with the given text under any alias, and leaves other root fields alone.
func TestServeSDL(t *testing.T) {
	t.Parallel()
	exec := newExecutor(t, stub{})
	sdl := "type Query { \"with quotes\"\n word: String }"
	serve := ServeSDL(sdl)
	exec.root = func(ctx context.Context, next graphql.RootResolver) graphql.Marshaler { return serve(ctx, next) }
	quoted, err := json.Marshal(sdl)
	if err != nil {
		t.Fatal(err)
	}
	exec.ask(`query($no: Boolean!) {
		_service { a: sdl __typename ...F b: sdl @include(if: $no) } again: _service { sdl } dataset(id: 5) { id }
	} fragment F on _Service { sdl }`, `{"no": false}`).
		wantData(t, `{"_service":{"a":`+string(quoted)+`,"__typename":"_Service","sdl":`+string(quoted)+`},`+
			`"again":{"sdl":`+string(quoted)+`},"dataset":{"id":"5"}}`)
}
