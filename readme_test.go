package main

import (
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The table of docs/operations.md has every setting with its variable and default, as --help tells them.
func TestReadmeSettings(t *testing.T) {
	t.Parallel()
	var help strings.Builder
	if err := run(t.Context(), []string{"--help"}, nil, &help, io.Discard); err != nil {
		t.Fatal(err)
	}
	table := readText(t, "docs/operations.md")
	settings := regexp.MustCompile(`(JOBSGW_[A-Z_]+), default (\S+)`).FindAllStringSubmatch(help.String(), -1)
	if len(settings) < 20 {
		t.Fatalf("%d settings in --help", len(settings))
	}
	for _, setting := range settings {
		flag := "--" + strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(setting[1], "JOBSGW_")), "_", "-")
		row := "| `" + flag + "` | `" + setting[1] + "` | `" + setting[2] + "`"
		if !strings.Contains(table, row) {
			t.Errorf("no row %s", row)
		}
	}
	if rows := strings.Count(table, "` | `JOBSGW_"); rows != len(settings) {
		t.Errorf("%d rows for %d settings", rows, len(settings))
	}
}

// Every flag that a document names is one.
func TestDocumentedFlags(t *testing.T) {
	t.Parallel()
	var help strings.Builder
	if err := run(t.Context(), []string{"--help"}, nil, &help, io.Discard); err != nil {
		t.Fatal(err)
	}
	known := strings.ReplaceAll(help.String(), "--[no-]", "--")
	documents, err := filepath.Glob("docs/*.md")
	if err != nil || len(documents) < 5 {
		t.Fatal(documents, err)
	}
	for _, name := range append(documents, "README.md", "SECURITY.md", "schema.graphqls") {
		flags := regexp.MustCompile("`--(?:no-)?([a-z-]+)").FindAllStringSubmatch(readText(t, name), -1)
		for _, flag := range flags {
			if !regexp.MustCompile(`--` + flag[1] + `[=\s]`).MatchString(known) {
				t.Errorf("%s names --%s", name, flag[1])
			}
		}
	}
}

// The table of docs/errors.md has every error code, and every code that it has is one.
func TestReadmeCodes(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, source := range []string{"graph/errors.go", "internal/gateway/codes.go"} {
		codes := regexp.MustCompile(`Code\s+= "([A-Z_]+)"`).FindAllStringSubmatch(readText(t, source), -1)
		if len(codes) < 10 {
			t.Fatalf("%d codes in %s", len(codes), source)
		}
		for _, code := range codes {
			known[code[1]] = true
		}
	}
	_, table, _ := strings.Cut(readText(t, "docs/errors.md"), "| code | when | try again |")
	table, _, _ = strings.Cut(table, "\n\n")
	explained := map[string]bool{}
	for _, row := range regexp.MustCompile(`(?m)^\| ([^|]+) \|`).FindAllStringSubmatch(table, -1) {
		for _, code := range regexp.MustCompile("`([A-Z_]+)`").FindAllStringSubmatch(row[1], -1) {
			if explained[code[1]] {
				t.Errorf("%s is explained twice", code[1])
			}
			explained[code[1]] = true
		}
	}
	for _, code := range slices.Sorted(maps.Keys(known)) {
		if !explained[code] {
			t.Errorf("%s is not explained", code)
		}
	}
	for _, code := range slices.Sorted(maps.Keys(explained)) {
		if !known[code] {
			t.Errorf("%s is no code", code)
		}
	}
}

// The questions of docs/comparing.md are answered, each with full pages of what it asks for, wherever they
// begin.
func TestComparingQuestions(t *testing.T) {
	t.Parallel()
	gw := startGateway(t, "--demo")
	questions := regexp.MustCompile("(?m)^\\| [a-z ,]+ \\| `([^`]*\\{[^`]*)` \\|$").FindAllStringSubmatch(readText(t, "docs/comparing.md"), -1)
	if len(questions) != 5 {
		t.Fatalf("%d questions", len(questions))
	}
	for _, question := range questions {
		size := regexp.MustCompile(`jobs\(first: (\d+)`).FindStringSubmatch(question[1])
		if size == nil { // it asks for no page
			var data map[string]any
			if queryData(t, gw, question[1], nil, &data); data["__typename"] != "Query" {
				t.Errorf("%s: %v", question[1], data)
			}
			continue
		}
		pages := map[string]bool{}
		for _, offset := range []int{0, 500} {
			var data struct {
				Jobs struct{ Nodes []map[string]any }
			}
			queryData(t, gw, question[1], map[string]any{"o": offset}, &data)
			if got := strconv.Itoa(len(data.Jobs.Nodes)); got != size[1] {
				t.Fatalf("%s at %d: %s jobs", question[1], offset, got)
			}
			for _, node := range data.Jobs.Nodes {
				if len(node) == 0 {
					t.Errorf("%s at %d: a job without a field", question[1], offset)
				}
			}
			pages[fmt.Sprint(data.Jobs.Nodes)] = true
		}
		if len(pages) != 2 {
			t.Errorf("%s: the same page at both places", question[1])
		}
	}
}
