package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func readFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The README's table has every setting with its variable and default, as --help tells them.
func TestReadmeSettings(t *testing.T) {
	t.Parallel()
	var help strings.Builder
	if err := run(t.Context(), []string{"--help"}, nil, &help, io.Discard); err != nil {
		t.Fatal(err)
	}
	readme := readFile(t, "README.md")
	settings := regexp.MustCompile(`(JOBSGW_[A-Z_]+), default (\S+)`).FindAllStringSubmatch(help.String(), -1)
	if len(settings) < 20 {
		t.Fatalf("%d settings in --help", len(settings))
	}
	for _, setting := range settings {
		flag := "--" + strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(setting[1], "JOBSGW_")), "_", "-")
		row := "| `" + flag + "` | `" + setting[1] + "` | `" + setting[2] + "`"
		if !strings.Contains(readme, row) {
			t.Errorf("no row %s", row)
		}
	}
	if rows := strings.Count(readme, "` | `JOBSGW_"); rows != len(settings) {
		t.Errorf("%d rows for %d settings", rows, len(settings))
	}
}

// The README's table has every error code, and every code that it has is one.
func TestReadmeCodes(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, source := range []string{"graph/errors.go", "internal/gateway/codes.go"} {
		codes := regexp.MustCompile(`Code\s+= "([A-Z_]+)"`).FindAllStringSubmatch(readFile(t, source), -1)
		if len(codes) < 10 {
			t.Fatalf("%d codes in %s", len(codes), source)
		}
		for _, code := range codes {
			known[code[1]] = true
		}
	}
	_, table, _ := strings.Cut(readFile(t, "README.md"), "| code | when | try again |")
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

// The README's query works as typed, and its answer has the members that the README shows.
func TestReadmeQuery(t *testing.T) {
	t.Parallel()
	readme := readFile(t, "README.md")
	gw := start(t, "--demo")
	_, command, _ := strings.Cut(readme, "```sh\ncurl")
	command, rest, _ := strings.Cut(command, "```")
	_, shown, _ := strings.Cut(rest, "```json")
	shown, _, _ = strings.Cut(shown, "```")
	command = "curl" + strings.ReplaceAll(command, "http://127.0.0.1:8080", gw.public)
	answer, err := exec.CommandContext(t.Context(), "sh", "-c", command).Output()
	if err != nil {
		t.Fatalf("%s: %v", command, err)
	}
	if calls := gw.log.await(t, "operation")["upstream_calls"]; calls != 2.0 {
		t.Errorf("%v REST calls, and the README says two", calls)
	}
	members := regexp.MustCompile(`"(\w+)":`)
	var want, got []string
	for _, m := range members.FindAllStringSubmatch(shown, -1) {
		want = append(want, m[1])
	}
	for _, m := range members.FindAllStringSubmatch(string(answer), -1) {
		got = append(got, m[1])
	}
	if strings.Join(want, " ") != strings.Join(got, " ") {
		t.Errorf("%s\nhas %v, the README shows %v", answer, got, want)
	}
}

// The questions of docs/comparing.md are answered, each with full pages of what it asks for, wherever they begin.
func TestComparingQuestions(t *testing.T) {
	t.Parallel()
	gw := start(t, "--demo")
	questions := regexp.MustCompile("(?m)^\\| [a-z ,]+ \\| `([^`]*\\{[^`]*)` \\|$").FindAllStringSubmatch(readFile(t, "docs/comparing.md"), -1)
	if len(questions) != 5 {
		t.Fatalf("%d questions", len(questions))
	}
	for _, question := range questions {
		size := regexp.MustCompile(`jobs\(first: (\d+)`).FindStringSubmatch(question[1])
		if size == nil { // it asks for no page
			var data map[string]any
			if post(t, gw, question[1], nil, &data); data["__typename"] != "Query" {
				t.Errorf("%s: %v", question[1], data)
			}
			continue
		}
		pages := map[string]bool{}
		for _, offset := range []int{0, 500} {
			var data struct {
				Jobs struct{ Nodes []map[string]any }
			}
			post(t, gw, question[1], map[string]any{"o": offset}, &data)
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
