package playground

import (
	"embed"
	"io/fs"
	"path"
	"strings"
)

//go:embed examples
var exampleFiles embed.FS

// Example is a worked query of the playground, in a tab of its own at the first visit.
type Example struct {
	// Name is the file's name without its number and ending, such as "latest-jobs". Unique.
	Name string `json:"name"`
	// Query is a GraphQL document of one named operation; a comment on top says what it shows.
	Query string `json:"query"`
	// Variables is the JSON object that goes with Query, or "" when it declares none. The page puts the time
	// of a day ago in the place of 1970-01-01T00:00:00Z.
	Variables string `json:"variables"`
}

// Examples returns the examples in the order of their tabs. The caller owns the slice. The page shows these
// very documents, so a test that runs them runs what a visitor will.
func Examples() []Example {
	names, err := fs.Glob(exampleFiles, "examples/*.graphql")
	if err != nil {
		panic(err) // the pattern is a constant
	}
	examples := make([]Example, 0, len(names))
	for _, name := range names {
		base := strings.TrimSuffix(name, ".graphql")
		_, title, _ := strings.Cut(path.Base(base), "-")
		query, err := exampleFiles.ReadFile(name)
		if err != nil {
			panic(err) // the name is of the embedded directory itself
		}
		variables, err := exampleFiles.ReadFile(base + ".json")
		if err != nil {
			variables = nil // an example without variables has no such file
		}
		examples = append(examples, Example{
			Name:      title,
			Query:     strings.TrimSpace(string(query)),
			Variables: strings.TrimSpace(string(variables)),
		})
	}
	return examples
}
