package gateway

import (
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Codes has every code that is declared, and docs/errors.md explains each.
func TestCodes(t *testing.T) {
	t.Parallel()
	read := func(file string) string {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	var declared []string
	for _, file := range []string{"../../graph/errors.go", "codes.go"} {
		for _, line := range regexp.MustCompile(`(?m)^\t\w+ +(?:graph\.)?Code = "(\w+)"$`).FindAllStringSubmatch(read(file), -1) {
			declared = append(declared, line[1])
		}
	}
	var listed []string
	explained := read("../../docs/errors.md")
	for _, code := range Codes() {
		listed = append(listed, string(code))
		if !regexp.MustCompile("(?m)^\\|[^|]*`" + string(code) + "`").MatchString(explained) {
			t.Errorf("docs/errors.md does not explain %s", code)
		}
	}
	slices.Sort(declared)
	slices.Sort(listed)
	if diff := cmp.Diff(declared, listed); diff != "" {
		t.Errorf("(-declared +listed):\n%s", diff)
	}
}
