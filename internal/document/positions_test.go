package document_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"jobsgateway/internal/document"
)

// Every node of a document has the place of its first token, in lines and columns as in characters from the
// beginning.
func TestPlaces(t *testing.T) {
	t.Parallel()
	const text = "\r\n  query Q(\r\n \"é\" $a: [\r\nInt!] = [1 \"\"\"x\r\n\"\"\"] @d(n: 2)) @e {\r\n\ta: b(c: {d: \"é\" e: $a}) @f {\r\n" +
		" ... @g { h } ...\r\n on I { j } ... F @k } }\r\n# \U0001f600\r\n  fragment F on L @m { n }\r\n"
	doc, err := document.Parse(text, 1000)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	note := func(what string, at *ast.Position) {
		if at.Src.Input != text {
			t.Errorf("%s is placed in %q", what, at.Src.Input)
		}
		got = append(got, fmt.Sprintf("%s %d:%d %q", what, at.Line, at.Column, string([]rune(text)[at.Start:at.End])))
	}
	op, fragment := doc.Operations[0], doc.Fragments[0]
	note("operation", op.Position)
	variable := op.VariableDefinitions[0]
	note("variable", variable.Position)
	note("list", variable.Type.Position)
	note("type", variable.Type.Elem.Position)
	note("default", variable.DefaultValue.Position)
	note("item", variable.DefaultValue.Children[0].Value.Position)
	note("block", variable.DefaultValue.Children[1].Value.Position)
	note("directive", variable.Directives[0].Position)
	note("argument", variable.Directives[0].Arguments[0].Position)
	note("directive", op.Directives[0].Position)
	field := op.SelectionSet[0].(*ast.Field)
	note("field", field.Position)
	note("argument", field.Arguments[0].Position)
	note("object", field.Arguments[0].Value.Position)
	note("member", field.Arguments[0].Value.Children[0].Position)
	note("string", field.Arguments[0].Value.Children[0].Value.Position)
	note("variable", field.Arguments[0].Value.Children[1].Value.Position)
	note("directive", field.Directives[0].Position)
	plain, on, spread := field.SelectionSet[0].(*ast.InlineFragment), field.SelectionSet[1].(*ast.InlineFragment), field.SelectionSet[2].(*ast.FragmentSpread)
	note("inline", plain.Position)
	note("directive", plain.Directives[0].Position)
	note("inner", plain.SelectionSet[0].GetPosition())
	note("inline", on.Position)
	note("inner", on.SelectionSet[0].GetPosition())
	note("spread", spread.Position)
	note("directive", spread.Directives[0].Position)
	note("fragment", fragment.Position)
	note("directive", fragment.Directives[0].Position)
	note("inner", fragment.SelectionSet[0].GetPosition())
	note("last", doc.Position)
	want := []string{
		`operation 2:3 "query"`, `variable 3:6 "$"`, `list 3:10 "["`, `type 4:1 "Int"`, `default 4:9 "["`, `item 4:10 "1"`,
		`block 4:12 "\"\"\"x\r\n\"\"\""`, `directive 5:6 "@"`, `argument 5:9 "n"`, `directive 5:16 "@"`, `field 6:2 "a"`, `argument 6:7 "c"`, `object 6:10 "{"`,
		`member 6:11 "d"`, `string 6:14 "\"é\""`, `variable 6:21 "$"`, `directive 6:26 "@"`, `inline 7:2 "..."`, `directive 7:6 "@"`, `inner 7:11 "h"`,
		`inline 7:15 "..."`, `inner 8:9 "j"`, `spread 8:13 "..."`, `directive 8:19 "@"`, `fragment 10:3 "fragment"`, `directive 10:19 "@"`, `inner 10:24 "n"`,
		`last 10:3 "fragment"`,
	}
	for i := range want {
		if i >= len(got) || got[i] != want[i] {
			t.Errorf("got  %s\nwant %s", got[i], want[i])
		}
	}
	if len(got) != len(want) || !slices.Equal(got, want) {
		t.Errorf("%d nodes, want %d", len(got), len(want))
	}
}

// Numbers keep their digits.
func TestNumbers(t *testing.T) {
	t.Parallel()
	for literal, kind := range map[string]ast.ValueKind{
		"0": ast.IntValue, "-0": ast.IntValue, "123": ast.IntValue, "-9": ast.IntValue, "12345678901234567890": ast.IntValue, "0.0": ast.FloatValue,
		"-1.50": ast.FloatValue, "1e3": ast.FloatValue, "1E+3": ast.FloatValue, "1e-3": ast.FloatValue, "0.1e0": ast.FloatValue, "1.25e400": ast.FloatValue,
	} {
		doc, err := document.Parse("{a(b:"+literal+")}", 10)
		if err != nil {
			t.Errorf("%s: %v", literal, err)
			continue
		}
		if value := doc.Operations[0].SelectionSet[0].(*ast.Field).Arguments[0].Value; value.Kind != kind || value.Raw != literal {
			t.Errorf("%s is %s of the kind %v", literal, value.Raw, value.Kind)
		}
	}
}
