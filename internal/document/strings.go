package document

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// quotedString reads a string of one line and adds it as its value, so that gqlparser does not read its
// escapes. Escapes give characters: half a surrogate pair is none, however it is written. Errors: a string
// that does not end on its line, and an escape that there is not.
//
// Example: "a\u00e9\n" is added as the three characters a, é and line feed.
// Source: https://spec.graphql.org/September2025/#sec-String-Value
func (s *scanner) quotedString() *gqlerror.Error {
	t := token{place: s.place(), kind: kindString, from: s.at, start: s.at - s.extra}
	var value strings.Builder
	for s.at++; s.at < len(s.text); {
		switch s.text[s.at] {
		case '"':
			s.add(t, s.at+1, plainString(value.String()))
			return nil
		case '\n', '\r':
			return s.fail(s.place(), "Unterminated string")
		case '\\':
			if err := s.escape(&value); err != nil {
				return err
			}
		default:
			from := s.at
			s.passRune()
			value.WriteString(s.text[from:s.at])
		}
	}
	return s.fail(s.place(), "Unterminated string")
}

// simpleEscapes are the escapes of one letter, and what each stands for: \n is a line feed.
var simpleEscapes = map[byte]byte{
	'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t',
}

// escape reads one escape, or two that are a surrogate pair, and adds what it stands for to value. Errors
// quote the escape as far as it was read, and nothing behind its line.
func (s *scanner) escape(value *strings.Builder) *gqlerror.Error {
	rest := s.text[s.at:]
	if strings.HasPrefix(rest, `\u`) {
		r, n := unicodeEscape(rest)
		if n < 0 {
			return s.fail(s.place(), "Invalid Unicode escape sequence: %q", cutLine(rest, -n))
		}
		value.WriteRune(r)
		s.at += n
		return nil
	}
	if len(rest) > 1 {
		if c, ok := simpleEscapes[rest[1]]; ok {
			value.WriteByte(c)
			s.at += 2
			return nil
		}
	}
	return s.fail(s.place(), "Invalid character escape sequence: %q", cutLine(rest, 2))
}

// unicodeEscape reads an escape at the beginning of a text: `\u1234`, `\u{1F600}` or the pair `\uD83D\uDE00`.
// It returns the character and how many bytes the escape takes. When it is no character, such as half a pair,
// it returns the negative number of bytes that the error shall quote. Between braces at most eight digits are
// read, since leading zeros are allowed; more than that is a fault, and so no escape costs much time.
//
// Examples: `\u0041` is A in 6 bytes, `\u{1F600}` and `\uD83D\uDE00` are the same face in 9 and 12 bytes, and
// `\uD83D` alone is -6.
func unicodeEscape(text string) (r rune, n int) {
	const short, long, longest = len(`\u0000`), len(`\u{`), len(`\u{00000000}`)
	if strings.HasPrefix(text, `\u{`) {
		for i := long; i < min(len(text), longest); i++ {
			if text[i] == '}' {
				if i == long || !utf8.ValidRune(r) {
					return 0, -(i + 1)
				}
				return r, i + 1
			}
			digit, ok := hexDigit(text[i])
			if !ok || r > utf8.MaxRune {
				return 0, -(i + 1)
			}
			r = r<<4 | digit
		}
		return 0, -min(len(text), longest)
	}
	r, ok := hexDigits(text)
	if !ok {
		return 0, -short
	}
	if utf8.ValidRune(r) {
		return r, short
	}
	if low, ok := hexDigits(text[short:]); ok {
		if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
			return pair, 2 * short
		}
	}
	return 0, -short
}

// hexDigits reads `\u` and four digits; false for anything else. What it returns may be half of a pair, so no
// character yet.
func hexDigits(text string) (r rune, ok bool) {
	if len(text) < len(`\u0000`) || text[:2] != `\u` {
		return 0, false
	}
	for _, c := range []byte(text[2:6]) {
		digit, ok := hexDigit(c)
		if !ok {
			return 0, false
		}
		r = r<<4 | digit
	}
	return r, true
}

// hexDigit returns the value of a hexadecimal digit.
func hexDigit(c byte) (rune, bool) {
	switch {
	case isDigit(c):
		return rune(c - '0'), true
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return rune(c|0x20-'a') + 10, true
	}
	return 0, false
}

// blockString reads a string between three quotes and adds it as its value. It has no escapes but the one for
// three quotes, and ends at the first three others. Every end of a line in it becomes a line feed.
//
// Source: https://spec.graphql.org/September2025/#sec-String-Value.Block-Strings
func (s *scanner) blockString() *gqlerror.Error {
	const quotes, escaped = `"""`, `\"""`
	t := token{place: s.place(), kind: kindBlock, from: s.at, start: s.at - s.extra}
	var value strings.Builder
	for s.at += len(quotes); s.at < len(s.text); {
		switch rest := s.text[s.at:]; {
		case strings.HasPrefix(rest, quotes):
			s.add(t, s.at+len(quotes), plainString(blockValue(value.String())))
			return nil
		case strings.HasPrefix(rest, escaped):
			value.WriteString(quotes)
			s.at += len(escaped)
		case rest[0] == '\n' || rest[0] == '\r':
			value.WriteByte('\n')
			s.newLine()
		default:
			from := s.at
			s.passRune()
			value.WriteString(s.text[from:s.at])
		}
	}
	return s.fail(s.place(), "Unterminated string")
}

// blockValue returns the value of a block string: without the indentation that all lines but the first share,
// and without blank lines at both ends. A tab counts as one character of indentation, and a line of nothing
// but spaces does not count when the common indentation is found.
// Source: https://spec.graphql.org/September2025/#BlockStringValue()
//
// Example: the lines "", " a", " b" and " " are the value "a\n b".
func blockValue(raw string) string {
	lines := strings.Split(raw, "\n")
	common := math.MaxInt
	first, last := len(lines), 0
	for i, line := range lines {
		indent := len(line) - len(strings.TrimLeft(line, " \t"))
		if indent == len(line) {
			continue
		}
		first, last = min(first, i), i+1
		if i > 0 {
			common = min(common, indent)
		}
	}
	if first >= last {
		return ""
	}
	for i := 1; i < last; i++ {
		lines[i] = lines[i][min(common, len(lines[i])):]
	}
	return strings.Join(lines[first:last], "\n")
}

// plainString returns a string as gqlparser reads it: in quotes, on one line, control characters escaped.
// JSON has the same escapes.
func plainString(value string) string {
	quoted, _ := jsontext.AppendQuote(nil, value) // bytes that are no UTF-8 become U+FFFD
	return string(quoted)
}

// describe returns the next character for an error: itself in quotes, or its number where it is not of ASCII.
func (s *scanner) describe() string {
	if s.at >= len(s.text) {
		return "<EOF>"
	}
	r, _ := utf8.DecodeRuneInString(s.text[s.at:])
	if ' ' <= r && r <= '~' {
		return fmt.Sprintf("%q", string(r))
	}
	return fmt.Sprintf("U+%04X", r)
}

// cutLine returns at most n bytes of a text, and nothing behind its first line.
func cutLine(text string, n int) string {
	text = text[:min(n, len(text))]
	if i := strings.IndexAny(text, "\r\n"); i >= 0 {
		text = text[:i]
	}
	return strings.ToValidUTF8(text, "")
}
