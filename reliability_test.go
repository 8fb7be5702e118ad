package main

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// docs/reliability.md has each goal once, in order, with a bar, a figure and a command. The command is a target of
// the Makefile, or runs a test or a benchmark that is in the package it names and writes a line for the goal.
func TestGoalsAreMeasured(t *testing.T) {
	t.Parallel()
	rows := regexp.MustCompile("(?m)^\\| (G\\d+) \\| ([^|]+) \\| ([^|]+) \\| ([^|]+) \\| `([^`|]+(?:\\|[^`|]+)*)` \\|$").
		FindAllStringSubmatch(readText(t, "docs/reliability.md"), -1)
	const first, last = 3, 22
	if len(rows) != last-first+1 {
		t.Fatalf("%d goals", len(rows))
	}
	makefile := readText(t, "Makefile")
	target := regexp.MustCompile(`^make ([a-z-]+)( SOAK=\w+)?$`)
	run := regexp.MustCompile(`^go test (-tags e2e )?-v (?:-run '\^\$' -bench|-run) (\w+)\S* (\./\S+|\.)( -slow-clients=\d+| -full)?$`)
	for i, row := range rows {
		goal, command := row[1], row[5]
		if want := fmt.Sprint("G", first+i); goal != want {
			t.Errorf("%s stands where %s should", goal, want)
		}
		if made := target.FindStringSubmatch(command); made != nil {
			if !strings.Contains(makefile, "\n"+made[1]+": ") {
				t.Errorf("%s: there is no target %s", goal, made[1])
			}
			continue
		}
		named := run.FindStringSubmatch(command)
		if named == nil {
			t.Errorf("%s: %q is no command that is known here", goal, command)
			continue
		}
		files, err := filepath.Glob(filepath.Join(named[3], "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		found, told, tagged := false, false, false
		for _, file := range files {
			text := readText(t, file)
			if regexp.MustCompile(`(?m)^func (?:Test|Benchmark)?` + named[2] + `\(`).MatchString(text) {
				found, tagged = true, strings.HasPrefix(text, "//go:build e2e\n")
			}
			told = told || strings.Contains(text, `"`+goal)
		}
		if !found || !told || tagged != (named[1] != "") {
			t.Errorf("%s: %q: its test is there: %t, it has the tag e2e: %t, it tells of the goal: %t", goal, command, found, tagged, told)
		}
	}
}
