package document_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/vektah/gqlparser/v2/ast"

	"jobsgateway/internal/document"
)

// Texts that are no GraphQL, with the first fault: line, column, and what is said of it.
func TestSyntaxErrors(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ text, want string }{
		{`{`, `1:2 Expected Name, found <EOF>`},
		{``, ``},
		{`{}`, `1:2 Expected at least one element, found }`},
		{`{a()}`, `1:4 Expected at least one element, found )`},
		{`query(){a}`, `1:7 Expected at least one element, found )`},
		{`{a{}}`, `1:4 Expected at least one element, found }`},
		{"{a}\x00", `1:4 Unexpected character: U+0000`},
		{"{a}\n\n  é", `3:3 Unexpected character: U+00E9`},
		{`{a 'b'}`, `1:4 Unexpected single quote character ('), did you mean to use a double quote (")?`},
		{`{a ? b}`, `1:4 Unexpected character: "?"`},
		{`{a..b}`, `1:3 Unexpected character: "."`},
		{`{a"b"}`, `1:3 Expected Name, found String`},

		// A number ends before no letter, no digit and no dot.
		{`{jobs(first:1offset:2)}`, `1:14 Invalid number, expected digit but got: "o"`},
		{`{a(b:01)}`, `1:7 Invalid number, unexpected digit after 0: "1"`},
		{`{a(b:-)}`, `1:7 Invalid number, expected digit but got: ")"`},
		{`{a(b:1.)}`, `1:8 Invalid number, expected digit but got: ")"`},
		{`{a(b:.5)}`, `1:6 Unexpected character: "."`},
		{`{a(b:1e)}`, `1:8 Invalid number, expected digit but got: ")"`},
		{`{a(b:0x1)}`, `1:7 Invalid number, expected digit but got: "x"`},
		{`{a(b:1.2.3)}`, `1:9 Invalid number, expected digit but got: "."`},
		{`{a(b:1...on)}`, `1:8 Invalid number, expected digit but got: "."`},
		{`{a(b:1`, `1:7 Expected Name, found <EOF>`},
		{`{a(b:-`, `1:7 Invalid number, expected digit but got: <EOF>`},
		{`{a(b:- 1)}`, `1:7 Invalid number, expected digit but got: " "`},
		{`{a ~}`, `1:4 Unexpected character: "~"`},
		{"{a \x7f}", `1:4 Unexpected character: U+007F`},
		{`{a(b:"\u0041`, `1:13 Unterminated string`},
		{`{a(b:+1)}`, `1:6 Unexpected character: "+"`},

		// Strings, and half characters in them.
		{`{a(b:"`, `1:7 Unterminated string`},
		{`{a(b:"c`, `1:8 Unterminated string`},
		{"{a(b:\"c\n\")}", `1:8 Unterminated string`},
		{"{a(b:\"c\r\n\")}", `1:8 Unterminated string`},
		{`{a(b:"""c`, `1:10 Unterminated string`},
		{"{a(b:\"\"\"c\r\nd", `2:2 Unterminated string`},
		{`{a(b:"""c"""")}`, `1:16 Unterminated string`},
		{`{a(b:"\`, `1:7 Invalid character escape sequence: "\\"`},
		{`{a(b:"\x")}`, `1:7 Invalid character escape sequence: "\\x"`},
		{`{a(b:"\u12")}`, `1:7 Invalid Unicode escape sequence: "\\u12\")"`},
		{`{a(b:"\u1`, `1:7 Invalid Unicode escape sequence: "\\u1"`},
		{`{a(b:"\uD83D\u1`, `1:7 Invalid Unicode escape sequence: "\\uD83D"`},
		{`{a(b:"\uD83D")}`, `1:7 Invalid Unicode escape sequence: "\\uD83D"`},
		{`{a(b:"\ud83d")}`, `1:7 Invalid Unicode escape sequence: "\\ud83d"`},
		{`{a(b:"\uDE00")}`, `1:7 Invalid Unicode escape sequence: "\\uDE00"`},
		{`{a(b:"x\uDE00\uD83D")}`, `1:8 Invalid Unicode escape sequence: "\\uDE00"`},
		{`{a(b:"\uD83D\uD83D\uDE00")}`, `1:7 Invalid Unicode escape sequence: "\\uD83D"`},
		{`{a(b:"\uD83D\u{DE00}")}`, `1:7 Invalid Unicode escape sequence: "\\uD83D"`},
		{`{a(b:"\u{D83D}\u{DE00}")}`, `1:7 Invalid Unicode escape sequence: "\\u{D83D}"`},
		{`{a(b:"\u{D83D}")}`, `1:7 Invalid Unicode escape sequence: "\\u{D83D}"`},
		{`{a(b:"\uD83Dé")}`, `1:7 Invalid Unicode escape sequence: "\\uD83D"`},
		{`{a(b:"\uD83D\n")}`, `1:7 Invalid Unicode escape sequence: "\\uD83D"`},
		{`{a(b:["\uD83D"])}`, `1:8 Invalid Unicode escape sequence: "\\uD83D"`},
		{`{a(b:{c:"\uD83D"})}`, `1:10 Invalid Unicode escape sequence: "\\uD83D"`},
		{`query($a:String="\uD83D"){a(b:$a)}`, `1:18 Invalid Unicode escape sequence: "\\uD83D"`},
		{`{a @b(c:"\uD83D")}`, `1:10 Invalid Unicode escape sequence: "\\uD83D"`},
		{`"\uD83D" query Q{a}`, `1:2 Invalid Unicode escape sequence: "\\uD83D"`},
		{`{a(b:"\u{110000}")}`, `1:7 Invalid Unicode escape sequence: "\\u{110000}"`},
		{`{a(b:"\u{FFFFFFFFFFFFFFFF}")}`, `1:7 Invalid Unicode escape sequence: "\\u{FFFFFFF"`},
		{`{a(b:"\u{}")}`, `1:7 Invalid Unicode escape sequence: "\\u{}"`},
		{`{a(b:"\u{41")}`, `1:7 Invalid Unicode escape sequence: "\\u{41\""`},
		{`{a(b:"\u{000000041}")}`, `1:7 Invalid Unicode escape sequence: "\\u{000000041"`},

		// What gqlparser lets through.
		{`{..."on" Query{a}}`, `1:5 Expected a name, on or {, found a string`},
		{`{...""{a}}`, `1:5 Expected a name, on or {, found a string`},
		{`{..."""on""" Query{a}}`, `1:5 Expected a name, on or {, found a string`},
		{`fragment F($a:Int) on Query{a}`, `1:11 Expected on, found (`},
		{"{a}\r\n\"about\" fragment F # why\r\n(", `3:1 Expected on, found (`},
		{`query($a:Int @b(c:$d)){a}`, `1:19 Unexpected variable "$d" in a constant value`},
		{`query($a:Int @b(c:[{d:$e}])){a(b:$a)`, `1:23 Unexpected variable "$e" in a constant value`},
		{`query($a:Int=$b){a}`, `1:14 Unexpected $`},
		{`query($a:[Int]=[$b]){a}`, `1:17 Unexpected $`},

		// The first fault is told, whoever finds it.
		{`{a(}"`, `1:4 Expected Name, found }`},
		{`fragment F($a:Int) on Query{a(}`, `1:11 Expected on, found (`},
		{`fragment on($a:Int){`, `1:10 Unexpected Name "on"`},
		{`query($a:Int @b(c:$d)){a(b:"\uD83D")}`, `1:19 Unexpected variable "$d" in a constant value`},
		{`type Query{a:Int}`, `1:1 Unexpected Name "type"`},
		{`fragment on @a on Query{a}`, `1:10 Unexpected Name "on"`},
		{"{\"" + strings.Repeat("x", 400) + "\"}", `1:2 Expected Name, found String`},
		{"é" + strings.Repeat("x", 400), `1:1 Unexpected character: U+00E9`},
		{strings.Repeat("x", 400), `1:1 Unexpected Name "` + strings.Repeat("x", 283) + "…"},

		// Columns count characters, after any end of a line.
		{"{\r\n a(b: \"é\U0001f600\", c: ?)}", `2:16 Unexpected character: "?"`},
		{"# \x00\x01\x1f\U0001f600\r{\r\r\n\n\ta ?", `5:4 Unexpected character: "?"`},
		{"\ufeff?", `1:2 Unexpected character: "?"`},
		{"{a(b:\"\"\"\r\nx\ré\n\U0001f600\"\"\" ?", `4:6 Unexpected character: "?"`},
	} {
		_, err := document.Parse(tc.text, 1000)
		got := ""
		if err != nil {
			got = fmt.Sprintf("%s %s", err.Locations[0], err.Message)
		}
		if got != tc.want {
			t.Errorf("%q\n got %s\nwant %s", tc.text, got, tc.want)
		}
	}
}

// The values of strings, as they go to the Jobs API.
func TestStrings(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ literal, want string }{
		{`""`, ""},
		{`"a b"`, "a b"},
		{`"\"\\\/\b\f\n\r\t"`, "\"\\/\b\f\n\r\t"},
		{`"\u00e9\u00E9"`, "éé"},
		{`"\uaAfF"`, "\uaaff"},
		{`"\uD83D\uDE00"`, "\U0001f600"},
		{`"\ud83d\ude00"`, "\U0001f600"},
		{`"\u{1F600}\u{41}\u{00000041}\u{0}\u{10FFFF}"`, "\U0001f600AA\x00\U0010ffff"},
		{"\"\U0001f600é\x07\t\x7f\ufeff\"", "\U0001f600é\x07\t\x7f\ufeff"},
		{`"# no, comment"`, "# no, comment"},
		{`"\u005c\u0022"`, `\"`},
		{`""""""`, ""},
		{`"""a\n\uD83D\u{1F600}\x\\ """`, `a\n\uD83D\u{1F600}\x\\ `},
		{`"""a "b" ""c \""" d\""" """`, `a "b" ""c """ d""" `},
		{"\"\"\"abc\n   def\"\"\"", "abc\ndef"},
		{"\"\"\"\r\n    a\r\n      b\r    c\n\n  \"\"\"", "a\n  b\nc"},
		{"\"\"\"\n\n  \t\n\"\"\"", ""},
		{"\"\"\"\n a\n\n b\n\"\"\"", "a\n\nb"},
		{"\"\"\"\x01\x00\"\"\"", "\x01\x00"},
	} {
		for _, text := range []string{"{a(b:" + tc.literal + ")}", "{a(b:[[" + tc.literal + "]])}", "query($c:X=" + tc.literal + "){a}"} {
			doc, err := document.Parse(text, 1000)
			if err != nil {
				t.Errorf("%q: %v", text, err)
				continue
			}
			var value *ast.Value
			if op := doc.Operations[0]; len(op.VariableDefinitions) > 0 {
				value = op.VariableDefinitions[0].DefaultValue
			} else {
				value = op.SelectionSet[0].(*ast.Field).Arguments[0].Value
			}
			for value.Kind == ast.ListValue {
				value = value.Children[0].Value
			}
			if block := strings.HasPrefix(tc.literal, `"""`); value.Raw != tc.want || (value.Kind == ast.BlockValue) != block {
				t.Errorf("%q is %q of the kind %v, want %q", text, value.Raw, value.Kind, tc.want)
			}
		}
	}
}

// Only tokens count: no comments, no commas, nothing in strings. The first token too many is the fault.
func TestTokens(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		text  string
		fails bool
	}{
		{"{" + strings.Repeat("a ", 8) + "}", false},
		{"{" + strings.Repeat("a ", 9) + "}", true},
		{strings.Repeat("# a b c\n,,,", 100) + `{a(b:"` + strings.Repeat("{ ", 100) + `")}`, false},
		{`{a(b:"""` + strings.Repeat("{\n", 100) + `""")}`, false},
	} {
		_, err := document.Parse(tc.text, 10)
		if (err != nil) != tc.fails {
			t.Errorf("%.50q: %v", tc.text, err)
		}
		if tc.fails && (err.Locations[0].Column != len(tc.text) || !strings.Contains(err.Message, "too many tokens")) {
			t.Errorf("%.50q: %v", tc.text, err)
		}
	}
}

// FuzzParse reads any text: an error has a place within it, and a document keeps its places when every line
// ends in another way.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"{a}", "{\r\n a(b: \"é\", c: \"\"\"x\r\ny\"\"\")\r\n ...F @d }\r\nfragment F on X { b }", `query Q($a:[Int!]!=[1]@x){a(b:{c:$a})}`,
		`{a(b:"\uD83D")}`, "# \x00\n{a}", `{a(b:1.5e3)}`, `{..."on"{a}}`, "\ufeff{a}", `fragment F($a:Int) on X{a}`, `"x" {a}`, "{a(b:\"\xff\")}",
	} {
		f.Add(text)
	}
	v := document.NewValidator(kennelSchema(f), false)
	f.Fuzz(func(t *testing.T, text string) {
		doc, err := document.Parse(text, 500)
		if err != nil {
			at := err.Locations[0]
			lines := strings.Split(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text), "\n")
			if len(err.Locations) != 1 || at.Line < 1 || at.Line > len(lines) || at.Column < 1 || at.Column > utf8.RuneCountInString(lines[at.Line-1])+1 {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		if !strings.Contains(text, "\r") {
			again, err := document.Parse(strings.ReplaceAll(text, "\n", "\r\n"), 500)
			if err != nil || !slices.Equal(places(doc), places(again)) {
				t.Errorf("%q with CRLF: %v", text, err)
			}
		}
		for _, err := range v.Validate(doc, 10) {
			if len(err.Locations) == 0 {
				t.Errorf("%q: no place: %v", text, err)
			}
		}
	})
}

// places gives where the fields of a document stand.
func places(doc *ast.QueryDocument) (list []string) {
	var walk func(set ast.SelectionSet)
	walk = func(set ast.SelectionSet) {
		for _, selection := range set {
			at := selection.GetPosition()
			list = append(list, fmt.Sprintf("%d:%d", at.Line, at.Column))
			switch selection := selection.(type) {
			case *ast.Field:
				walk(selection.SelectionSet)
			case *ast.InlineFragment:
				walk(selection.SelectionSet)
			}
		}
	}
	for _, op := range doc.Operations {
		walk(op.SelectionSet)
	}
	for _, fragment := range doc.Fragments {
		walk(fragment.SelectionSet)
	}
	return list
}
