//go:build e2e

package codegen_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"jobsgateway/e2e/clients"
	"jobsgateway/e2e/program"
)

// released is what /schema.graphql had in the last release. CONTRIBUTING.md says when it is written anew.
const released = "../../../deploy/release/released.graphql"

// inspect runs inspect.mjs, and returns what it finds wrong, one line each.
func inspect(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "node", append([]string{"inspect.mjs"}, args...)...)
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	found, err := cmd.Output()
	if (err != nil) != (len(found) > 0) || complaints.Len() > 0 {
		t.Fatalf("inspect.mjs %q: %v\n%s%s", args, err, found, complaints.Bytes())
	}
	return string(found)
}

// served returns the schema that the gateway serves.
func served(t *testing.T) string {
	t.Helper()
	text, err := exec.CommandContext(t.Context(), program.Binary, "schema").Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// write writes a file that the test removes, and returns its path.
func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "schema.graphql")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// What a client of the last release asks can still be asked. What is added breaks nobody.
func TestSchemaOnlyGrows(t *testing.T) {
	clients.Install(t, ".")
	schema := served(t)
	if found := inspect(t, "diff", released, write(t, schema)); found != "" {
		t.Errorf("since the last release:\n%s", found)
	}
	cases := []struct{ name, from, to, found string }{
		{"a field is renamed", "  isFinal: Boolean!\n", "  final: Boolean!\n", "Field 'isFinal' was removed from object type 'Job'"},
		{"a field can be null", "  isFinal: Boolean!\n", "  isFinal: Boolean\n", "Field 'Job.isFinal' changed type"},
		{"a value is renamed", "  SCHEDULED\n", "  PLANNED\n", "Enum value 'SCHEDULED' was removed"},
		{"an argument has to be given", "job(", "job(\n    why: String!", "Argument 'why: String!' added to field 'Query.job'"},
		{"a field of a filter has to be given", "input TimeRange {", "input TimeRange {\n  why: String!", "Input field 'why' of type 'String!' was added"},
		{"a default is another", "  from: DateTime\n", "  from: DateTime = \"2020-01-01T00:00:00Z\"\n", "Input field 'TimeRange.from' default value changed"},
		{"a field is added", "  isFinal: Boolean!\n", "  isFinal: Boolean!\n  region: String\n", ""},
		{"a value is added", "  SCHEDULED\n", "  SCHEDULED\n  ARCHIVED\n", ""},
		{"an argument is added", "job(", "job(\n    why: String", ""},
	}
	args := []string{"diff", write(t, schema)}
	for _, c := range cases {
		if strings.Count(schema, c.from) != 1 {
			t.Fatalf("%q is not once in the schema", c.from)
		}
		args = append(args, write(t, strings.Replace(schema, c.from, c.to, 1)))
	}
	found := strings.Split(inspect(t, args...), "\n")
	for i, c := range cases {
		var messages []string
		for _, line := range found {
			if message, ok := strings.CutPrefix(line, args[2+i]+": "); ok {
				messages = append(messages, message)
			}
		}
		if got := strings.Join(messages, "\n"); !strings.Contains(got, c.found) || (c.found == "") != (got == "") {
			t.Errorf("%s: found %q, want %q", c.name, got, c.found)
		}
	}
}

// The documents of all clients are valid, and use nothing that is deprecated. Relay's are compiled by Relay.
func TestDocumentsOfClients(t *testing.T) {
	clients.Install(t, ".")
	schema := served(t)
	files, err := filepath.Glob("../*/documents.*")
	if err != nil || len(files) < 3 {
		t.Fatalf("%v: %v", files, err)
	}
	files = append(files, "src/documents.ts")
	if found := inspect(t, append([]string{"validate", write(t, schema)}, files...)...); found != "" {
		t.Error(found)
	}
	const field = "  isFinal: Boolean!"
	if !strings.Contains(schema, field) {
		t.Fatalf("the schema has no %q", field)
	}
	for name, c := range map[string]struct{ instead, found string }{
		"a field is renamed":    {"  final: Boolean!", `Cannot query field "isFinal"`},
		"a field is deprecated": {field + " @deprecated", "The field 'Job.isFinal' is deprecated"},
	} {
		t.Run(name, func(t *testing.T) {
			found := inspect(t, append([]string{"validate", write(t, strings.Replace(schema, field, c.instead, 1))}, files...)...)
			if !strings.Contains(found, c.found) {
				t.Errorf("%q, want %q", found, c.found)
			}
		})
	}
}
