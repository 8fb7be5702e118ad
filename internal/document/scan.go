package document

import (
	"strings"
	"unicode/utf8"

	"github.com/vektah/gqlparser/v2/gqlerror"
)

// Kinds of tokens. A punctuator is its own kind: '{' for {.
const (
	kindName   = 'n'
	kindNumber = '0'
	kindString = '"'
	kindBlock  = 'b'
	kindSpread = '.'
)

// place is where something stands: line and column, both from 1.
type place struct{ line, column int }

// token is a token of the text: of which kind, which bytes, and where. Bytes and characters are both kept:
// the text is cut by bytes, and positions count characters.
type token struct {
	place

	kind     byte
	from, to int // bytes
	start    int // characters from the beginning of the text
}

// scanner reads the tokens of a text, strictly, and writes them down again for gqlparser: one a line, and
// strings without what its lexer reads differently.
//
// Example: the text "{ a, b } # end" is written as the four lines {, a, b and }. Of comments and commas
// nothing is kept.
type scanner struct {
	text      string
	at        int // the next byte
	line      int
	lineStart int // the byte where the line starts
	extra     int // bytes passed beyond the first of their character: é has one, € two
	lineExtra int // extra where the line starts
	tokens    []token
	plain     strings.Builder
}

// scan reads all tokens. Errors: the first fault, and more than maxTokens tokens. The tokens before it are
// there: a fault that the parser finds among them stands earlier in the text and is reported instead.
// Source: https://spec.graphql.org/September2025/#sec-Appendix-Grammar-Summary.Lexical-Tokens
func (s *scanner) scan(maxTokens int) *gqlerror.Error {
	const usual = 4 // bytes of a token with the space behind it, at least
	s.tokens = make([]token, 0, min(len(s.text)/usual+1, maxTokens))
	s.plain.Grow(min(len(s.text), usual*maxTokens))
	for {
		s.skipIgnored()
		if s.at == len(s.text) {
			return nil
		}
		if len(s.tokens) == maxTokens {
			return s.fail(s.place(), "The document has too many tokens, more than %d", maxTokens)
		}
		if err := s.next(); err != nil {
			return err
		}
	}
}

// next reads one token and adds it. Errors: what no token begins with, and the faults of numbers and strings.
// The messages are like those of graphql-js, which many people know.
func (s *scanner) next() *gqlerror.Error {
	c := s.text[s.at]
	rest := s.text[s.at:]
	switch {
	case isNameStart(c):
		n := 1
		for n < len(rest) && (isNameStart(rest[n]) || isDigit(rest[n])) {
			n++
		}
		s.take(kindName, n)
	case c == '-' || isDigit(c):
		return s.number()
	case strings.HasPrefix(rest, `"""`):
		return s.blockString()
	case c == '"':
		return s.quotedString()
	case strings.HasPrefix(rest, "..."):
		s.take(kindSpread, len("..."))
	case strings.IndexByte("!$&():=@[]{|}", c) >= 0:
		s.take(c, 1)
	case c == '\'':
		const message = `Unexpected single quote character ('), did you mean to use a double quote (")?`
		return s.fail(s.place(), message)
	default:
		return s.fail(s.place(), "Unexpected character: %s", s.describe())
	}
	return nil
}

// take adds the next n bytes as a token. They are ASCII and mean the same to gqlparser.
func (s *scanner) take(kind byte, n int) {
	s.add(token{place: s.place(), kind: kind, from: s.at, start: s.at - s.extra}, s.at+n, s.text[s.at:s.at+n])
}

// add adds a token that ends before the byte to. Plain is how gqlparser shall read it.
func (s *scanner) add(t token, to int, plain string) {
	t.to = to
	s.tokens = append(s.tokens, t)
	s.plain.WriteString(plain)
	s.plain.WriteByte('\n')
	s.at = to
}

// source returns a token as it was written.
func (s *scanner) source(i int) string { return s.text[s.tokens[i].from:s.tokens[i].to] }

// place returns where the next byte stands.
func (s *scanner) place() place { return s.placeOf(s.at) }

// placeOf returns where a byte of this line stands, when there is only ASCII between it and the next byte.
//
// Example: in the line é x the x is the fourth byte and has column 3: é has two bytes and is one character.
func (s *scanner) placeOf(at int) place {
	return place{line: s.line, column: at - s.lineStart - (s.extra - s.lineExtra) + 1}
}

// skipIgnored passes white space, commas, comments and marks of the byte order. A comment goes to the end of
// its line and may hold any character. A mark of the byte order is white space wherever it stands between
// tokens, and a character in a string.
func (s *scanner) skipIgnored() {
	for comment := false; s.at < len(s.text); {
		switch c := s.text[s.at]; {
		case c == '\n' || c == '\r':
			comment = false
			s.newLine()
		case c == '#':
			comment = true
			s.at++
		case c == ' ' || c == '\t' || c == ',' || comment && c < utf8.RuneSelf:
			s.at++
		case comment || strings.HasPrefix(s.text[s.at:], "\ufeff"):
			s.passRune()
		default:
			return
		}
	}
}

// passRune passes one character of any width. Extra counts the bytes beyond its first, so that columns count
// characters.
func (s *scanner) passRune() {
	_, width := utf8.DecodeRuneInString(s.text[s.at:])
	s.at += width
	s.extra += width - 1
}

// newLine passes the end of a line: LF, CR or both, which are one end. Columns begin again at 1, so what
// extra was here is kept to be taken off.
func (s *scanner) newLine() {
	if strings.HasPrefix(s.text[s.at:], "\r\n") {
		s.at++
	}
	s.at++
	s.line++
	s.lineStart, s.lineExtra = s.at, s.extra
}

// number reads an Int or a Float. Neither may be followed by a letter, a digit or a dot: 0x1, 007 and 1.2.3
// are no numbers. An error is placed at the character that does not fit, which is at the end where the text
// ends too early.
//
// Examples: -0, 10, 1.5 and 1e-3 are numbers. Of 1.x the x is reported, of 007 the second zero.
// Source: https://spec.graphql.org/September2025/#sec-Int-Value and the section after it.
func (s *scanner) number() *gqlerror.Error {
	end := s.at
	next := func() byte {
		if end < len(s.text) {
			return s.text[end]
		}
		return 0
	}
	skip := func(oneOf string) bool {
		found := next() != 0 && strings.IndexByte(oneOf, next()) >= 0
		if found {
			end++
		}
		return found
	}
	digits := func() bool {
		start := end
		for isDigit(next()) {
			end++
		}
		return end > start
	}
	exponent := func() bool {
		skip("+-")
		return digits()
	}
	message := "Invalid number, expected digit but got: %s"
	skip("-")
	isZero := skip("0")
	switch {
	case isZero && isDigit(next()):
		message = "Invalid number, unexpected digit after 0: %s"
	case !isZero && !digits(), skip(".") && !digits(), skip("eE") && !exponent(),
		next() == '.', isNameStart(next()):
	default:
		s.take(kindNumber, end-s.at)
		return nil
	}
	at := s.placeOf(end)
	s.at = end
	return s.fail(at, message, s.describe())
}

// isDigit reports whether a byte is a digit.
func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// isNameStart reports whether a name may begin with a byte: a letter of ASCII or an underscore.
func isNameStart(c byte) bool { return c == '_' || 'a' <= c|0x20 && c|0x20 <= 'z' }
