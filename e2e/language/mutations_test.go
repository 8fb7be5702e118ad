//go:build e2e

package language_test

import (
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// fineStrings are strings as the language has them.
var fineStrings = []string{
	`"a"`, `""`, `"é😀"`, `"\u00e9\uD83D\uDE00\u{1F600}"`, `"\"\\\/\b\f\n\r\t"`, "\"tab\there\"", "\"bell\x07\"", `"# no comment"`,
	`"""block"""`, `""""""`, "\"\"\"\n  two\r\n   lines\r \"\" \\\"\"\" \\u0000 \\x\n\"\"\"", "\"\"\"\x01\ufeff😀\"\"\"", `"on"`,
}

// literals are values of all kinds.
var literals = []string{
	"0", "-1", "1.5", "1.0", "1e3", "-0", "2147483648", "-2147483649", "12345678901234567890", `"x"`, `"""x"""`, "true", "false", "null",
	"RUNNING", "Running", "on", "query", "[]", "[1]", `["x"]`, "[null]", "[[RUNNING]]", "[{}]", "{}", "{a:1}", `{states:[RUNNING]}`,
	`{states:"RUNNING"}`, `{types:["a" 1]}`, `{datasetId:{}}`, "{types:[] types:[]}", "[1 [2]]", "[$v0]", "{types:$v0}", "{types:[$v1]}", "$v0",
	"[true]", "{states:RUNNING}", "{states:[RUNNING null]}", `{datasetId:7 dataPlaneId:"x"}`, "[PENDING UNKNOWN]",
}

// oddTokens are tokens that mean nothing, or not what they seem to.
var oddTokens = []string{
	"01", "-", "1.", ".5", "1e", "1e+", "0x1", "1a", "1.a", "1.5.5", "1_", "--1", "+1", "-01", "0.0.", "1...", "1..", "1...on",
	`"`, `"""`, `"a`, "\"a\nb\"", "\"a\rb\"", `"\uD83D"`, `"\uDE00"`, `"\uD83D\u0041"`, `"\uD83D\n"`, `"\uDE00\uD83D"`, `"\uD83Dx"`,
	`"\uD83D\u{DE00}"`, `"\u{D83D}\u{DE00}"`, `"\u{D83D}"`, `"\u{110000}"`, `"\u{10FFFF}"`, `"\u{}"`, `"\u{0}"`, `"\u{000000041}"`, `"\u{00000041}"`,
	`"\u{41"`, `"\u{xyz}"`, `"\u12"`, `"\u"`, `"\uD83D\uD83D\uDE00"`, `"\x"`, `"\`, `"\'"`, `"\U0041"`, `"\u{1F600"`, `"\uD83D\u"`, `"\uDBFF\uDFFF"`,
	`"""\uD83D"""`, `"""a""""`, `"""a"""""""`, `""""a"""`, `"""\"""`, `"""\\"""`, `'a'`, "\x00", "\x07", "\x7f", "\ufeff", "\u00a0", "é", "😀", "\u2028",
	"..", ".", "&", "|", "?", "%", "\\", "/", "~", "^", "`", ";", "<", "*", "...on", `..."on"`, `... "on"`, "@", "$", "#", "# \x01\x02\n", "#\r\n", "#é😀\n",
	"query", "mutation", "subscription", "fragment", "on", "true", "false", "null", "type", "extend", "schema", "{", "}", "(", ")", "[", "]", ":", "=", "!",
	"(", "()", "{}", "[,]", "[$a,]", "($a: Int)", "($a: Int = $b)", "($a: Int @skip(if: $b))", "($a: [Int!]! = [1] @x)", "@skip", "@nope", "@include(if: $v0)",
	"@skip(if: {})", "@defer(label: 1)", "@deprecated", "@key(fields: \"id\")", `"about this"`, `"""about this"""`, "fragment F0($a: Int) on Query",
	"fragment on", "... on Job", "...F0", "...F1", "...on{__typename}", "...on{x}", "query Q{__typename}", "{__typename}",
	"mutation{x}", "subscription{x}", `"about" {__typename}`, `"about" query Z{__typename}`, `"about" fragment Z on Job{id}`,
}

// namesOf gives the names of a schema, which mutations put where they do not belong.
func namesOf(schema *ast.Schema) []string {
	names := []string{"nope", "__typename", "__schema", "__type", "_", "__"}
	for _, name := range sortedKeys(schema.Types) {
		names = append(names, name)
		for _, field := range schema.Types[name].Fields {
			names = append(names, field.Name)
			for _, argument := range field.Arguments {
				names = append(names, argument.Name)
			}
		}
		for _, value := range schema.Types[name].EnumValues {
			names = append(names, value.Name)
		}
	}
	return names
}

// separators stand between tokens, and mean nothing.
var separators = []string{" ", "\n", "\r\n", "\r", "\t", ",", " # why\n", "\ufeff", "\r\n\r\n  ", "#é😀\r\n", "#\x00\x1f\n"}

// written writes tokens with what may stand between them; now and then nothing does.
func written(r *rand.Rand, tokens []string) string {
	var b strings.Builder
	odd, none := r.IntN(2) == 0, r.IntN(8) == 0
	for _, token := range tokens {
		b.WriteString(token)
		switch {
		case none && r.IntN(4) == 0:
		case odd:
			b.WriteString(pick(r, separators...))
		default:
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// mutated changes a few tokens: mostly so that the text remains GraphQL.
func mutated(r *rand.Rand, tokens, words []string) []string {
	tokens = slices.Clone(tokens)
	for range 1 + r.IntN(5)/4 {
		i := r.IntN(len(tokens))
		switch r.IntN(20) {
		case 0:
			tokens = slices.Delete(tokens, i, i+1)
		case 1:
			tokens = slices.Insert(tokens, i, tokens[r.IntN(len(tokens))])
		case 2:
			j := r.IntN(len(tokens))
			tokens[i], tokens[j] = tokens[j], tokens[i]
		case 3:
			tokens = slices.Insert(tokens, i, pick(r, oddTokens...))
		case 4:
			tokens[i] = pick(r, oddTokens...)
		case 5, 6, 7, 8:
			tokens[after(r, tokens, i, isName)] = pick(r, words...)
		case 9, 10, 11: // a name that stands elsewhere
			tokens[after(r, tokens, i, isName)] = tokens[after(r, tokens, r.IntN(len(tokens)), isName)]
		case 12, 13: // what is asked once is asked again, in another place
			from := after(r, tokens, i, isOpen)
			if to := closing(tokens, from); to > from {
				tokens = slices.Insert(tokens, after(r, tokens, r.IntN(len(tokens)), isOpen)+1, slices.Clone(tokens[from+1:to])...)
			}
		case 14:
			tokens = append(tokens, pick(r, definitions...))
		default:
			tokens[after(r, tokens, i, isColon)] = pick(r, literals...)
		}
		if len(tokens) == 0 {
			return []string{"{"}
		}
	}
	return tokens
}

// definitions may follow a document.
var definitions = []string{
	"{__typename}", "query Q{__typename}", "query Q2($v0:ID!){job(id:$v0){...F0}}", "fragment F0 on Job{id}", "fragment F1 on Query{...F1}",
	"query Q3{...F0 ...F1}", "fragment X on JobState{a}", "fragment X on Nope{a}", `"about" query Q4{__typename}`, "query Q5($v0:Job){__typename}",
}

// after is the first place at or behind i, round about, whose token or the one before is as asked.
func after(r *rand.Rand, tokens []string, i int, is func(before, token string) bool) int {
	before := ""
	for j := range tokens {
		k := (i + j) % len(tokens)
		if k > 0 {
			before = tokens[k-1]
		}
		if is(before, tokens[k]) {
			return k
		}
	}
	return r.IntN(len(tokens))
}

func isColon(before, _ string) bool { return before == ":" }

func isOpen(_, token string) bool { return token == "{" }

func isName(_, token string) bool {
	return token != "" && (token[0] == '_' || 'a' <= token[0]|0x20 && token[0]|0x20 <= 'z')
}

// closing is where the brace at i is closed.
func closing(tokens []string, i int) int {
	depth := 0
	for j := i; j < len(tokens); j++ {
		switch tokens[j] {
		case "{":
			depth++
		case "}":
			if depth--; depth == 0 {
				return j
			}
		}
	}
	return -1
}

// damaged changes a few bytes, and leaves UTF-8.
func damaged(r *rand.Rand, text string) string {
	runes := []rune(text)
	for range 1 + r.IntN(2) {
		i := r.IntN(len(runes) + 1)
		switch {
		case r.IntN(3) == 0 && i < len(runes):
			runes = slices.Delete(runes, i, i+1)
		case r.IntN(3) == 0:
			runes = runes[:i]
		default:
			runes = slices.Insert(runes, i, pick(r, []rune("\"\"\\#{}()[]:$@!.-019eE_auntrl\x00\x01\r\n\t é😀\ufeff'")...))
		}
	}
	return string(runes)
}
