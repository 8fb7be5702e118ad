package document_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// What docs/gqlparser.md reports is still so: where a release of gqlparser has mended it, this fails, and what
// is done about it here can go. Each text stands in the report, too.
func TestReportIsTrue(t *testing.T) {
	t.Parallel()
	report, err := os.ReadFile("../../docs/gqlparser.md")
	if err != nil {
		t.Fatal(err)
	}
	schema := kennelSchema(t)
	for _, tc := range []struct{ text, says string }{
		// The lexer.
		{`{ find(n:1text:"x") { name } }`, "1:17 x | valid"},
		{`{ find(text: "\uD83D") { name } }`, "1:15 \ufffd | valid"},
		{"{ find(text: \"\"\"a\n   b\"\"\") { name } }", "2:-1 a\n   b | valid"},
		{`{ find(text: """a"""") { name } }`, `1:17 a" | valid`},
		{"{ find(text: \"\a\") { name } }", `1:15 Unexpected <Invalid>`},
		{"# \a\n{ dog { name } }", `1:3 Unexpected <Invalid>`},
		{`{ dog { name ? } }`, `1:14 Expected Name, found <Invalid>`},
		{"\r\n{ nope }", `2:4 Cannot query field "nope" on type "Query".`},
		{`{ find(flag: "x") { name } }`, `1:15 Boolean cannot represent a non boolean value: "x"`},
		// The parser.
		{`{ ... "on" Query { dog { name } } }`, "valid"},
		{`fragment F($a: Int) on Query { dog { name } } { ...F }`, "valid"},
		{`query ($a: Int @onVariable(n: $b), $b: Int) { find(n: $a) { name } }`, "valid"},
		{`{ dog { } }`, "1:9 expected at least one definition, found }"},
		// The rules.
		{`{ dog { name @include(if: {}) } }`, "valid"},
		{`{ find(color: {}) { name } }`, "valid"},
		{`{ list(of: [{}]) }`, "valid"},
		{`{ find(n: 3000000000) { name } }`, "valid"},
		{`subscription { bark again: bark }`, "valid"},
		{`subscription { bark @skip(if: true) }`, "valid"},
		{`{ dog { name @nope @nope } }`, `1:15 Unknown directive "@nope". | 1:21 Unknown directive "@nope". | 1:21 The directive "@nope" can only be used once at this location.`},
		{`{ dog(nope: 1) { name } }`, `1:3 Unknown argument "nope" on field "Query.dog".`},
	} {
		if !strings.Contains(string(report), strings.NewReplacer("\a", `\u0007`, "\r\n", `\r\n`, "\n", `\n`).Replace(tc.text)) {
			t.Errorf("not in the report: %q", tc.text)
		}
		if got := saidByGqlparser(schema, tc.text); got != tc.says {
			t.Errorf("%q\n  now %q\n then %q", tc.text, got, tc.says)
		}
	}
}

// saidByGqlparser is what gqlparser says alone: errors, or that a document is valid, with the value of the argument
// "text".
func saidByGqlparser(schema *ast.Schema, text string) string {
	doc, err := parser.ParseQuery(&ast.Source{Input: text})
	if err != nil {
		located := gqlerror.WrapIfUnwrapped(err)
		return located.Locations[0].String() + " " + located.Message
	}
	all := rules.NewDefaultRules()
	all.ReplaceRule(rules.FieldsOnCorrectTypeRule.Name, rules.FieldsOnCorrectTypeRuleWithoutSuggestions.RuleFunc)
	var said []string
	for _, op := range doc.Operations {
		for _, selection := range op.SelectionSet {
			if field, ok := selection.(*ast.Field); ok && len(field.Arguments) > 0 && strings.Contains(text, "text") {
				value := field.Arguments[len(field.Arguments)-1].Value
				said = append(said, fmt.Sprintf("%d:%d %s", value.Position.Line, value.Position.Column, value.Raw))
			}
		}
	}
	list := validator.ValidateWithRules(schema, doc, all)
	for _, err := range list {
		said = append(said, err.Locations[0].String()+" "+err.Message)
	}
	if len(list) == 0 {
		said = append(said, "valid")
	}
	return strings.Join(said, " | ")
}
