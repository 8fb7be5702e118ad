package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// regions are the parts of a client's file that docs/frontends.md shows: they stand between a line
// "// region name" (or "# region name") and the next "endregion", without the indentation of their first line.
func regions(t *testing.T, path string) map[string]string {
	t.Helper()
	const pattern = `(?m)^[ \t]*(?://|#) region (\w+)\n((?s:.*?))^[ \t]*(?://|#) endregion$`
	named := map[string]string{}
	for _, found := range regexp.MustCompile(pattern).FindAllStringSubmatch(readText(t, path), -1) {
		body := found[2]
		indent := body[:len(body)-len(strings.TrimLeft(body, " \t"))]
		named[found[1]] = strings.ReplaceAll(strings.TrimPrefix(body, indent), "\n"+indent, "\n")
	}
	return named
}

// allRegions are the regions of all files of e2e/clients, by "path#name".
func allRegions(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	if err := filepath.WalkDir("e2e/clients", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case slices.Contains([]string{"node_modules", "__generated__", "gql"}, entry.Name()): // written while tests run
			return fs.SkipDir
		case !entry.IsDir():
			for name, text := range regions(t, path) {
				all[filepath.ToSlash(path)+"#"+name] = text
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

// Each block of code in docs/frontends.md is a region of a file that a client's test runs, named by the comment
// above the block, and each region is shown. With -update the test writes the blocks anew. An answer (json) is
// held by a test of its own.
func TestFrontendSnippets(t *testing.T) {
	t.Parallel()
	const document = "docs/frontends.md"
	all := allRegions(t)
	text := readText(t, document)
	fence := regexp.MustCompile("(?s)(?:<!-- (\\S+) -->\n)?(```(\\w+)\n)(.*?)(```\n)")
	shown := map[string]bool{}
	wanted := fence.ReplaceAllStringFunc(text, func(block string) string {
		parts := fence.FindStringSubmatch(block)
		if parts[3] == "json" {
			return block
		}
		region, ok := all[parts[1]]
		if !ok {
			t.Errorf("%s: no region %q for\n%s", document, parts[1], parts[4])
			return block
		}
		shown[parts[1]] = true
		return "<!-- " + parts[1] + " -->\n" + parts[2] + region + parts[5]
	})
	if diff := cmp.Diff(text, wanted); diff != "" && *update {
		if err := os.WriteFile(document, []byte(wanted), 0o600); err != nil {
			t.Fatal(err)
		}
	} else if diff != "" {
		t.Errorf("%s (-page +files):\n%s", document, diff)
	}
	for name := range all {
		if !shown[name] {
			t.Errorf("%s does not show %s", document, name)
		}
	}
}

// The versions that docs/frontends.md names are those that the tests install.
func TestFrontendVersions(t *testing.T) {
	t.Parallel()
	installed := map[string]bool{}
	clients, err := filepath.Glob("e2e/clients/*/package.json")
	older, olderErr := filepath.Glob("e2e/clients/*/*/package.json")
	if err != nil || olderErr != nil {
		t.Fatal(err, olderErr)
	}
	for _, path := range slices.Concat(clients, older) {
		var file struct {
			Dependencies    map[string]string `json:"dependencies"`
			DevDependencies map[string]string `json:"devDependencies"`
		}
		if err := json.Unmarshal([]byte(readText(t, path)), &file); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		for _, list := range []map[string]string{file.Dependencies, file.DevDependencies} {
			for name, version := range list {
				installed[name+" "+version] = true
			}
		}
	}
	named := regexp.MustCompile("`(@?[a-z-]+(?:/[a-z-]+)?)` (\\d+\\.\\d+\\.\\d+)").FindAllStringSubmatch(readText(t, "docs/frontends.md"), -1)
	if len(named) < 2 {
		t.Fatalf("%d versions", len(named))
	}
	for _, found := range named {
		if !installed[fmt.Sprint(found[1], " ", found[2])] {
			t.Errorf("docs/frontends.md names %s %s, which no test installs", found[1], found[2])
		}
	}
}
