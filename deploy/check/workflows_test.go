package check

import (
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rhysd/actionlint"
)

// workflows are the files of .github/workflows with their texts, and those that actionlint finds without a
// fault: syntax, types of expressions, names of jobs, and values of a stranger in a script.
func workflows(t *testing.T) map[string]*actionlint.Workflow {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, ".github/workflows/*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no workflows, %v", err)
	}
	linter, err := actionlint.NewLinter(io.Discard, &actionlint.LinterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	parsed := map[string]*actionlint.Workflow{}
	for _, file := range files {
		name := ".github/workflows/" + filepath.Base(file)
		text := []byte(read(t, name))
		found, err := linter.Lint(name, text, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, fault := range found {
			t.Error(fault)
		}
		workflow, _ := actionlint.Parse(text) // its faults are among those of Lint
		parsed[name] = workflow
	}
	if t.Failed() {
		t.FailNow()
	}
	return parsed
}

// steps returns the commands of a workflow and the actions that it uses, those of whole jobs among them.
func steps(workflow *actionlint.Workflow) (commands, uses []string) {
	for _, job := range workflow.Jobs {
		if job.WorkflowCall != nil {
			uses = append(uses, job.WorkflowCall.Uses.Value)
		}
		for _, step := range job.Steps {
			switch exec := step.Exec.(type) {
			case *actionlint.ExecRun:
				commands = append(commands, exec.Run.Value)
			case *actionlint.ExecAction:
				uses = append(uses, exec.Uses.Value)
			}
		}
	}
	return commands, uses
}

// There is a workflow for tests, for fuzzing each night and for releases. Each action of others is named by
// the 40 digits of a commit, the same in all workflows, with its version beside it.
func TestActionsArePinned(t *testing.T) {
	pinned := regexp.MustCompile(`^([\w-]+/[\w/-]+)@([0-9a-f]{40})$`)
	commits := map[string]string{}
	parsed := workflows(t)
	for name, workflow := range parsed {
		text := read(t, name)
		_, uses := steps(workflow)
		for _, use := range uses {
			if local, ok := strings.CutPrefix(use, "./"); ok {
				if parsed[local] == nil {
					t.Errorf("%s: there is no %s", name, use)
				}
				continue
			}
			parts := pinned.FindStringSubmatch(use)
			if parts == nil {
				t.Errorf("%s: %s is not named by a commit", name, use)
				continue
			}
			if before := commits[parts[1]]; before != "" && before != parts[2] {
				t.Errorf("%s: %s is %s elsewhere", name, use, before)
			}
			commits[parts[1]] = parts[2]
			if !regexp.MustCompile(regexp.QuoteMeta(use) + ` # v\d+\.\d+\.\d+\n`).MatchString(text) {
				t.Errorf("%s: no version beside %s", name, use)
			}
		}
	}
	for _, name := range []string{"test", "fuzz", "release"} {
		if parsed[".github/workflows/"+name+".yml"] == nil {
			t.Errorf("there is no workflow %s", name)
		}
	}
}

// Each target of make that a workflow calls is there, with the variables that it sets.
func TestWorkflowsCallTargets(t *testing.T) {
	makefile := read(t, "Makefile")
	var targets []string
	for _, phony := range regexp.MustCompile(`(?m)^\.PHONY: (.+)$`).FindAllStringSubmatch(makefile, -1) {
		targets = append(targets, strings.Fields(phony[1])...)
	}
	called := map[string]bool{}
	for name, workflow := range workflows(t) {
		commands, _ := steps(workflow)
		for _, line := range regexp.MustCompile(`\bmake ([^\n;&|]+)`).FindAllStringSubmatch(strings.Join(commands, "\n"), -1) {
			for word := range strings.FieldsSeq(line[1]) {
				variable, _, isVariable := strings.Cut(word, "=")
				switch {
				case isVariable && !regexp.MustCompile(`(?m)^`+variable+` +\?=`).MatchString(makefile):
					t.Errorf("%s: make has no variable %s", name, variable)
				case !isVariable && !slices.Contains(targets, word):
					t.Errorf("%s: make has no target %s", name, word)
				case !isVariable:
					called[word] = true
				}
			}
		}
	}
	for _, target := range []string{"test", "fuzz", "release"} {
		if !called[target] {
			t.Errorf("no workflow calls make %s", target)
		}
	}
}

// No job may write anything but the release's, each has an end, and Go is what go.mod and the Dockerfile say.
func TestWorkflowsAreModest(t *testing.T) {
	release := regexp.MustCompile(`(?m)^go (\d+\.\d+)\.`).FindStringSubmatch(read(t, "go.mod"))
	if release == nil || !slices.Equal(instructions(t, "FROM golang:"+release[1]), []string{"AS build"}) {
		t.Fatalf("go.mod and the Dockerfile have other releases of Go: %q", release)
	}
	for name, workflow := range workflows(t) {
		all := workflow.Permissions
		if all == nil || all.All != nil || len(all.Scopes) != 1 || all.Scopes["contents"].Value.Value != "read" {
			t.Errorf("%s: its token may do more than read", name)
		}
		for id, job := range workflow.Jobs {
			if job.Permissions != nil && (name != ".github/workflows/release.yml" || id != "release" || len(job.Permissions.Scopes) != 1) {
				t.Errorf("%s: the token of %s may do more than read", name, id)
			}
			if job.WorkflowCall == nil && job.TimeoutMinutes == nil {
				t.Errorf("%s: %s has no end", name, id)
			}
			for _, step := range job.Steps {
				action, ok := step.Exec.(*actionlint.ExecAction)
				if !ok {
					continue
				}
				given := func(input string) string {
					if value := action.Inputs[input]; value != nil {
						return value.Value.Value
					}
					return ""
				}
				if strings.HasPrefix(action.Uses.Value, "actions/checkout@") && given("persist-credentials") != "false" {
					t.Errorf("%s: %s leaves its token in the folder", name, id)
				}
				if strings.HasPrefix(action.Uses.Value, "actions/setup-go@") && given("go-version") != release[1] {
					t.Errorf("%s: %s has Go %s", name, id, given("go-version"))
				}
			}
		}
	}
}
