package document_test

import (
	"fmt"
	"strings"
	"testing"

	"jobsgateway/internal/document"
)

// repeat writes a format with the numbers from 0.
func repeat(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// hostile are documents within the gateway's limits that a rule could take long over.
var hostile = []struct{ name, text string }{
	{"one fragment for many operations", repeat(150, "query q%d{...F} ") + "fragment F on Query{dog{" + strings.Repeat("name ", 150) + "}}"},
	{"and a fault in each", repeat(150, "query q%d{...F} ") + "fragment F on Query{dog{" + strings.Repeat("nope(b:$x) ", 150) + "}}"},
	{"many fragments in one place", "{" + repeat(150, "...F%d ") + "}" + repeat(150, "fragment F%d on Query{dog{name}}")},
	{"fragments of fragments", "{...F0}" + repeat(150, "fragment F%[1]d on Query{x:__typename ...G%[1]d} ")},
	{"one field many times", "{" + strings.Repeat("dog{name} ", 400) + "}"},
	{"one field many times, deep", "{" + strings.Repeat("dog{owner{pets{__typename}}} ", 150) + "}"},
	{"an argument many times", "{find(" + strings.Repeat("n:1 ", 600) + "){name}}"},
	{"an object of many fields", "{find(where:{" + repeat(600, "f%d:1 ") + "}){name}}"},
	{"a long name", "{" + strings.Repeat("x", 250_000) + "}"},
	{"a long string", `{find(text:"` + strings.Repeat(`\u0041é`, 30_000) + `"){name}}`},
	{"a long block string", `{find(text:"""` + strings.Repeat("\n é", 60_000) + `"""){name}}`},
	{"a long comment", "#" + strings.Repeat("é", 120_000) + "\n{dog{name}}"},
}

// Hostile documents take milliseconds: the rules look at each pair of fields once, whoever comes to it.
func BenchmarkHostile(b *testing.B) {
	v := document.NewValidator(kennelSchema(b), false)
	for _, tc := range hostile {
		b.Run(strings.ReplaceAll(tc.name, " ", "-"), func(b *testing.B) {
			for b.Loop() {
				doc, err := document.Parse(tc.text, 2000)
				if err != nil {
					b.Fatal(err)
				}
				v.Validate(doc, 10)
			}
		})
	}
}
