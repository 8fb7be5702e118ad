package main

import (
	"errors"
	"fmt"
	"go/build"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// goPackage is a package of this module: its folder ("." for main) and the folders of what it imports of
// ours.
type goPackage struct {
	folder         string
	imports, tests []string // sorted; tests has what only its tests import, too
	libraries      []string
	files          []string
}

// goPackages reads all packages of this module, those with the tag e2e among them.
func goPackages(t *testing.T) []goPackage {
	t.Helper()
	tagged := build.Default
	tagged.BuildTags = []string{"e2e"}
	var all []goPackage
	err := filepath.WalkDir(".", func(folder string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		_, noModule := os.Stat(filepath.Join(folder, "go.mod"))
		if folder != "." && (noModule == nil || slices.Contains([]string{"testdata", "node_modules", ".git"}, entry.Name())) {
			return fs.SkipDir
		}
		read, err := tagged.ImportDir(folder, 0)
		if noGo := (&build.NoGoError{}); errors.As(err, &noGo) {
			return nil
		}
		p := goPackage{folder: filepath.ToSlash(folder), files: slices.Concat(read.GoFiles, read.TestGoFiles, read.XTestGoFiles)}
		p.imports, p.libraries = ourOwn(read.Imports)
		tests, libraries := ourOwn(slices.Concat(read.TestImports, read.XTestImports))
		p.tests, p.libraries = tests, append(p.libraries, libraries...)
		all = append(all, p)
		return err
	})
	if err != nil || len(all) < 10 {
		t.Fatalf("%d packages, %v", len(all), err)
	}
	return all
}

// ourOwn parts import paths into the folders of ours, sorted, and the libraries.
func ourOwn(imports []string) (folders, libraries []string) {
	for _, imported := range imports {
		if folder, ok := strings.CutPrefix(imported, "jobsgateway/"); ok {
			folders = append(folders, folder)
		} else if strings.Contains(imported, ".") {
			libraries = append(libraries, imported)
		}
	}
	slices.Sort(folders)
	return folders, libraries
}

// row is a package in the table of ARCHITECTURE.md, and what it imports of ours by it.
type row struct {
	folder  string
	imports []string
	all     bool // it imports what it likes
}

// importTable reads the table of ARCHITECTURE.md.
func importTable(t *testing.T) []row {
	t.Helper()
	_, table, _ := strings.Cut(readText(t, "ARCHITECTURE.md"), "\n## Who imports whom\n")
	code := regexp.MustCompile("`([^`]+)`")
	var rows []row
	for _, cells := range regexp.MustCompile("(?m)^\\| `([^`]+)`[^|]* \\|[^|]*\\| ([^|]+) \\|$").FindAllStringSubmatch(table, -1) {
		r := row{folder: cells[1], all: cells[2] == "all"}
		if r.folder == "main" {
			r.folder = "."
		}
		for _, imported := range code.FindAllStringSubmatch(cells[2], -1) {
			r.imports = append(r.imports, imported[1])
		}
		if len(r.imports) == 0 && !r.all && cells[2] != "none" {
			t.Errorf("ARCHITECTURE.md: %q is no list of what %s imports: write `x`, `y`, or all, or none", cells[2], r.folder)
		}
		slices.Sort(r.imports)
		rows = append(rows, r)
	}
	return rows
}

// forTests are what every package's tests may import.
var forTests = []string{
	"internal/badapi", "internal/clienttest", "internal/emulator", "internal/logtest", "internal/otlptest",
}

// testsAbove are packages whose tests import more than the package does, and what.
var testsAbove = map[string][]string{
	"graph":              {"graph/oracle"},                    // answers are compared with its
	"graph/direct":       {"graph"},                           // its plans are read from the real schema
	"internal/telemetry": {"graph/operation", "graph/paging"}, // a whole gateway is measured
}

// The table of ARCHITECTURE.md has a row for every package, from the top down, and says exactly what it
// imports of ours. Tests import what their package does, the package itself, and what is for tests.
func TestImportTable(t *testing.T) {
	t.Parallel()
	rows := map[string]row{}
	above := map[string]bool{}
	for _, r := range importTable(t) {
		for _, imported := range r.imports {
			if above[imported] {
				t.Errorf("ARCHITECTURE.md: %s imports %s, which stands above it: imports run downwards", r.folder, imported)
			}
		}
		rows[r.folder], above[r.folder] = r, true
	}
	for _, p := range goPackages(t) {
		if strings.HasPrefix(p.folder, "e2e/") {
			continue // tests of the whole
		}
		r, ok := rows[p.folder]
		delete(rows, p.folder)
		switch {
		case !ok:
			t.Errorf("ARCHITECTURE.md: the table has no row for %s, which imports %q", p.folder, p.imports)
		case r.all:
		case !slices.Equal(r.imports, p.imports):
			t.Errorf("%s imports %q, and its row in ARCHITECTURE.md says %q: change the import or the row", p.folder, p.imports, r.imports)
		default:
			for _, imported := range p.tests {
				if !slices.Contains(slices.Concat(r.imports, forTests, []string{p.folder}, testsAbove[p.folder]), imported) {
					t.Errorf("the tests of %s import %s, which is neither in its row of ARCHITECTURE.md nor for tests", p.folder, imported)
				}
			}
		}
	}
	for folder := range rows {
		t.Errorf("ARCHITECTURE.md: the table has a row for %s, which is not there", folder)
	}
}

// depguardRule is how .golangci.yml says what the table's row says.
func depguardRule(r row) string {
	allowed := ""
	if len(r.imports) > 0 {
		allowed = "          allow: [jobsgateway/" + strings.Join(r.imports, "$, jobsgateway/") + "$]\n"
	}
	return fmt.Sprintf(`        %[1]s:
          list-mode: lax
          files: ["!$test", "${base-path}/%[1]s/*.go"]
%[2]s          deny: [{pkg: jobsgateway, desc: "see Who imports whom in ARCHITECTURE.md"}]
`, r.folder, allowed)
}

// The linter holds the table, and nothing in its configuration is about what is not there. With -update the
// test writes the rules of the table anew.
func TestLinterConfiguration(t *testing.T) {
	t.Parallel()
	config := readText(t, ".golangci.yml")
	const head, tail = "Who imports whom; go test -run TestLinterConfiguration -update . writes them.\n", "    exhaustive:\n"
	before, rest, found := strings.Cut(config, head)
	got, after, closed := strings.Cut(rest, tail)
	if !found || !closed {
		t.Fatalf(".golangci.yml: the rules of the table stand between %q and %q", head, tail)
	}
	var want strings.Builder
	for _, r := range importTable(t) {
		if !r.all {
			want.WriteString(depguardRule(r))
		}
	}
	if diff := cmp.Diff(got, want.String()); diff != "" && *update {
		if err := os.WriteFile(".golangci.yml", []byte(before+head+want.String()+tail+after), 0o600); err != nil {
			t.Fatal(err)
		}
	} else if diff != "" {
		t.Errorf(".golangci.yml: depguard has other rules than the table of ARCHITECTURE.md (-linter +table):\n%s", diff)
	}
	packages := goPackages(t)
	for _, pattern := range regexp.MustCompile(`\$\{base-path\}/([\w/]+)/\*`).FindAllStringSubmatch(config, -1) {
		if !slices.ContainsFunc(packages, func(p goPackage) bool { return strings.HasPrefix(p.folder+"/", pattern[1]+"/") }) {
			t.Errorf(".golangci.yml: there is no package for the pattern %s", pattern[0])
		}
	}
	for _, named := range regexp.MustCompile(`jobsgateway/([\w/]+)`).FindAllStringSubmatch(config, -1) {
		if !slices.ContainsFunc(packages, func(p goPackage) bool { return p.folder == named[1] }) {
			t.Errorf(".golangci.yml: there is no package %s", named[0])
		}
	}
	for _, library := range regexp.MustCompile(`(?m)^            - (\S+\.\S+)$`).FindAllStringSubmatch(config, -1) {
		if !slices.ContainsFunc(packages, func(p goPackage) bool {
			return slices.ContainsFunc(p.libraries, func(imported string) bool { return strings.HasPrefix(imported+"/", library[1]+"/") })
		}) {
			t.Errorf(".golangci.yml: depguard allows %s, which nothing imports", library[1])
		}
	}
	for _, excluded := range regexp.MustCompile(`(?m)^(?:      - |        )path: (.+)$`).FindAllStringSubmatch(config, -1) {
		pattern := regexp.MustCompile(excluded[1])
		if !slices.ContainsFunc(packages, func(p goPackage) bool {
			return slices.ContainsFunc(p.files, func(file string) bool { return pattern.MatchString(path.Join(p.folder, file)) })
		}) {
			t.Errorf(".golangci.yml: no file is at %s", excluded[1])
		}
	}
}

// What needs node, curl or a network does not run in `go test ./...`: every Go file of e2e has the tag.
func TestTagOfE2E(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("e2e/*/*.go")
	clients, clientsErr := filepath.Glob("e2e/clients/*/*.go")
	if err != nil || clientsErr != nil || len(files) < 10 || len(clients) == 0 {
		t.Fatalf("%d files and %d of clients, %v, %v", len(files), len(clients), err, clientsErr)
	}
	for _, file := range slices.Concat(files, clients) {
		if !strings.HasPrefix(readText(t, file), "//go:build e2e\n\n") {
			t.Errorf("%s does not begin with //go:build e2e", file)
		}
	}
}
