//go:build e2e

package composition_test

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"golang.org/x/tools/txtar"
)

// namesHeading is the heading of the page's table of names.
const namesHeading = "Names we bring"

// linked stands before each schema of a clash that says nothing of its version of federation.
const linked = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9",
	import: ["@key", "@shareable", "@external", "@requires", "@cost"])
`

// clash is one row of the page, from testdata/names: the archive's comment is the row itself, so that it says
// what is expected. Its schemas are written with NAME in place of the row's names.
type clash struct {
	file    string
	row     string
	names   []string
	archive *txtar.Archive
}

var (
	quoted    = regexp.MustCompile("`([^`]+)`")
	separator = regexp.MustCompile(`\s*\|\s*`)
)

// cells are a row's five: names, what the other subgraph has, what Apollo and the Guild say, and the remedy.
func cells(t *testing.T, row string) []string {
	t.Helper()
	list := separator.Split(strings.Trim(row, "| "), -1)
	if len(list) != 5 {
		t.Fatalf("%d cells in %s", len(list), row)
	}
	return list
}

func readClashes(t *testing.T) []clash {
	t.Helper()
	files, err := filepath.Glob("testdata/names/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	list := make([]clash, len(files))
	for i, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		list[i] = clash{file: file, row: strings.TrimSpace(string(archive.Comment)), archive: archive}
		for _, name := range quoted.FindAllStringSubmatch(cells(t, list[i].row)[0], -1) {
			list[i].names = append(list[i].names, name[1])
		}
	}
	return list
}

// schema gives the archive's schema of a kind, clash or remedy, for a name: its own if there is one, else the
// common one.
func (c clash) schema(kind, name string) (string, bool) {
	_, last, found := strings.Cut(strings.TrimPrefix(name, "@"), ".")
	if !found {
		last = strings.TrimPrefix(name, "@")
	}
	for _, wanted := range []string{kind + " " + last, kind} {
		for _, file := range c.archive.Files {
			if file.Name != wanted {
				continue
			}
			sdl := strings.ReplaceAll(string(file.Data), "NAME", last)
			if !strings.Contains(sdl, "@link") {
				sdl = linked + sdl
			}
			return sdl, true
		}
	}
	return "", false
}

// subgraph is ours, or what the archive has in its place.
func (c clash) subgraph(t *testing.T) subgraph {
	t.Helper()
	for _, file := range c.archive.Files {
		if file.Name == "ours" {
			return subgraph{Name: "jobs", SDL: readText(t, strings.TrimSpace(string(file.Data)))}
		}
	}
	return ourSubgraph(t, "")
}

// The page's table is what testdata/names has, row by row, and speaks of every name that we bring.
func TestNamesAreOnThePage(t *testing.T) {
	t.Parallel()
	rows, tested := tableUnder(t, namesHeading), []string{}
	spoken := map[string]bool{}
	for _, c := range readClashes(t) {
		tested = append(tested, c.row)
		for _, name := range c.names {
			spoken[name] = true
		}
	}
	slices.Sort(rows)
	slices.Sort(tested)
	if diff := cmp.Diff(tested, rows); diff != "" {
		t.Errorf("docs/federation.md (-tested +on the page):\n%s", diff)
	}
	for _, name := range broughtNames(t) {
		if !spoken[name] {
			t.Errorf("docs/federation.md does not say what happens when another subgraph has %s", name)
		}
	}
}

// broughtNames are the types of our subgraph, its root fields and the directives that it imports.
func broughtNames(t *testing.T) []string {
	t.Helper()
	doc, err := parser.ParseSchema(&ast.Source{Name: "ours", Input: ourSubgraph(t, "").SDL})
	if err != nil {
		t.Fatal(err)
	}
	names := []string{}
	for _, def := range doc.Definitions {
		if def.Name != "Query" && def.Name != "Subscription" {
			names = append(names, def.Name)
			continue
		}
		for _, field := range def.Fields {
			names = append(names, def.Name+"."+field.Name)
		}
	}
	for _, directive := range doc.Directives {
		names = append(names, "@"+directive.Name)
	}
	for _, imported := range doc.SchemaExtension[0].Directives.ForName("link").Arguments.ForName("import").Value.Children {
		names = append(names, imported.Value.Raw)
	}
	return names
}

// Each composer says of each clash what the page says that it does, for each of the row's names, and nothing
// at all of the remedy.
func TestNames(t *testing.T) {
	t.Parallel()
	type outcome struct {
		title string
		want  map[string]string // by composer
	}
	var cases [][]subgraph
	var outcomes []outcome
	for _, c := range readClashes(t) {
		row := cells(t, c.row)
		want := map[string]string{"apollo": row[2], "guild": row[3]}
		for _, name := range c.names {
			theirs, ok := c.schema("clash", name)
			if !ok {
				t.Fatalf("%s: no clash for %s", c.file, name)
			}
			cases = append(cases, []subgraph{c.subgraph(t), {Name: "theirs", SDL: theirs}})
			outcomes = append(outcomes, outcome{c.file + ", clash of " + name, want})
			remedy, ok := c.schema("remedy", name)
			if harmless := row[2] == "composes" && row[3] == "composes"; ok == harmless {
				t.Fatalf("%s: a remedy is %v", c.file, ok)
			} else if harmless {
				continue
			}
			cases = append(cases, []subgraph{ourSubgraph(t, ""), {Name: "theirs", SDL: remedy}})
			outcomes = append(outcomes, outcome{c.file + ", remedy of " + name, map[string]string{"apollo": "composes", "guild": "composes"}})
		}
	}
	for i, result := range compose(t, cases...) {
		for _, composer := range composers {
			if got := result[composer].cell(); got != outcomes[i].want[composer] {
				t.Errorf("%s: %s says %s, not %s\n%+v", outcomes[i].title, composer, got, outcomes[i].want[composer], result[composer].messages())
			}
		}
	}
}

// cell is what the page says of a composition: the codes of the errors, else those of the hints, else that it
// composes.
func (s said) cell() string {
	list, prefix := s.Errors, ""
	if len(list) == 0 {
		list, prefix = s.Hints, "hint "
	}
	codes := []string{}
	for _, said := range list {
		if said.Code == "" {
			return "an error without a code"
		}
		codes = append(codes, "`"+said.Code+"`")
	}
	slices.Sort(codes)
	if len(codes) == 0 {
		return "composes"
	}
	return prefix + strings.Join(slices.Compact(codes), ", ")
}

// messages are those of the errors and hints.
func (s said) messages() []string {
	list := []string{}
	for _, said := range slices.Concat(s.Errors, s.Hints) {
		list = append(list, said.Code+": "+said.Message)
	}
	return list
}
