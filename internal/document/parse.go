package document

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
)

// Parse returns the document of a text of at most maxTokens tokens; comments and commas are none. Errors: the
// first fault of the text, with its place. Lines end with LF, CR or CRLF, and columns count characters (code
// points) from 1, here and in every position of the document.
//
// gqlparser's own lexer reads some texts that are no GraphQL, and its positions are off behind some strings
// and comments. So the text is scanned here, and gqlparser gets the tokens back, one a line: what it says of
// line n is said of token n.
func Parse(text string, maxTokens int) (*ast.QueryDocument, *gqlerror.Error) {
	s := scanner{text: text, line: 1}
	fault := s.scan(maxTokens)
	found := firstFault{at: len(s.tokens), err: fault}
	if i, message := misplaced(&s); message != "" {
		found.add(i, s.fail(s.tokens[i].place, "%s", message))
	}

	rewritten := &ast.Source{Input: s.plain.String()}
	doc, err := parser.ParseQuery(rewritten)
	if located, ok := errors.AsType[*gqlerror.Error](err); ok && len(located.Locations) == 1 {
		i := min(located.Locations[0].Line-1, len(s.tokens))
		where := s.place() // the end
		if i < len(s.tokens) {
			where = s.tokens[i].place
		}
		message := strings.Replace(located.Message, noElement, "Expected at least one element", 1)
		if literal := unexpectedLiteral.FindStringSubmatch(message); literal != nil {
			message = literal[1] // without the literal, which can be a secret
		}
		found.add(i, s.fail(where, "%s", message))
	} else if err != nil {
		found.add(0, s.fail(place{line: 1, column: 1}, "%v", err))
	}
	if variable := variableOfDefinitions(doc); variable != nil {
		i := variable.Position.Line - 1
		found.add(i, s.fail(s.tokens[i].place, `Unexpected variable "$%s" in a constant value`, variable.Raw))
	}
	if found.err != nil {
		return nil, found.err
	}
	positions{tokens: s.tokens, from: rewritten, to: &ast.Source{Input: text}}.document(doc)
	return doc, nil
}

// noElement is what gqlparser says of brackets with nothing between them, whatever they are for.
const noElement = "expected at least one definition"

// unexpectedLiteral is what gqlparser says of a number or a string that stands where there may be none.
var unexpectedLiteral = regexp.MustCompile(`(?s)^(Unexpected (?:Int|Float|String|BlockString)) ".*"$`)

// firstFault is the fault that stands first in the text, of those that the scanner and the parser found. At
// is the number of its token. Each finds its own first fault without knowing of the other's.
//
// Example: in {a(: 1) "} the parser does not expect the fourth token, the colon, and the scanner finds a
// string without an end behind it. The colon is reported.
type firstFault struct {
	at  int
	err *gqlerror.Error
}

// add takes note of a fault at a token. Of two at the same token the first that was added stays.
func (f *firstFault) add(at int, err *gqlerror.Error) {
	if f.err == nil || at < f.at {
		f.at, f.err = at, err
	}
}

// misplaced returns the first token that gqlparser takes for what it is not, and what is wrong with it: a
// string for the word "on", and variables of a fragment, which the specification does not have. The message
// is empty when there is none.
func misplaced(s *scanner) (index int, message string) {
	depth := 0
	for i, t := range s.tokens {
		switch t.kind {
		case '{':
			depth++
		case '}':
			depth--
		case kindString, kindBlock:
			if i > 0 && s.tokens[i-1].kind == kindSpread {
				return i, "Expected a name, on or {, found a string"
			}
		case '(':
			if depth == 0 && i > 1 && s.tokens[i-1].kind == kindName && s.source(i-2) == "fragment" {
				return i, "Expected on, found ("
			}
		}
	}
	return 0, ""
}

// variableOfDefinitions returns a variable in a directive of a variable's definition, where only constants
// may stand; nil when there is none. gqlparser reads it, although the grammar has no place for it.
//
// Example: query($a: Int, $b: Int @d(n: $a)) {x} has $a in the directive of $b.
func variableOfDefinitions(doc *ast.QueryDocument) *ast.Value {
	for _, op := range doc.Operations {
		for _, definition := range op.VariableDefinitions {
			for _, directive := range definition.Directives {
				for _, argument := range directive.Arguments {
					for value := range valuesIn(argument.Value) {
						if value.Kind == ast.Variable {
							return value
						}
					}
				}
			}
		}
	}
	return nil
}

// fail makes the error of a text that is not GraphQL, with a place.
func (s *scanner) fail(at place, format string, args ...any) *gqlerror.Error {
	return &gqlerror.Error{
		Message:   cut(fmt.Sprintf(format, args...), maxMessage),
		Locations: []gqlerror.Location{{Line: at.line, Column: at.column}},
	}
}

// maxMessage bounds what an error says, in characters: names and strings of the caller's can be as long as
// the document.
const maxMessage = 300

// cut returns a message of at most so many characters, and an ellipsis where some were left out. It reads no
// further than that.
func cut(message string, most int) string {
	n := 0
	for i := range message {
		if n == most {
			return message[:i] + "…"
		}
		n++
	}
	return message
}
