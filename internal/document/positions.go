package document

import (
	"unicode/utf8"

	"github.com/vektah/gqlparser/v2/ast"
)

// positions replaces every position of a parsed document, whose line is the number of a token, by the place
// that the token has in the caller's text. The parser got the tokens one a line (see Parse), so its line 4 is
// the fourth token, wherever that stands.
//
// Example: in the text "{ a,\n  b }" gqlparser places b in line 3, and it gets line 2, column 3.
type positions struct {
	tokens   []token
	from, to *ast.Source // what the parser got, and the caller's text
}

// restore replaces one position. Before is how many tokens earlier that begins which the position is of:
// gqlparser places a fragment behind its dots, and the specification at its dots. A position that was
// replaced before is left alone, since gqlparser gives one to several nodes. Start and End count characters
// from the beginning of the text.
func (p positions) restore(pos *ast.Position, before int) {
	if pos == nil || pos.Src != p.from {
		return
	}
	pos.Src = p.to
	i := pos.Line - 1 - before
	if i < 0 || i >= len(p.tokens) { // the end of the text
		return
	}
	t := p.tokens[i]
	pos.Line, pos.Column = t.line, t.column
	pos.Start, pos.End = t.start, t.start+utf8.RuneCountInString(p.to.Input[t.from:t.to])
}

// document replaces the positions of a document: of each node that has one, since validation reports faults
// at any of them. A node that is forgotten here would be reported at the number of its token.
func (p positions) document(doc *ast.QueryDocument) {
	p.restore(doc.Position, 0)
	for _, op := range doc.Operations {
		p.restore(op.Position, 0)
		for _, variable := range op.VariableDefinitions {
			p.restore(variable.Position, 0)
			p.typ(variable.Type)
			p.value(variable.DefaultValue)
			p.directives(variable.Directives)
		}
		p.directives(op.Directives)
		p.selections(op.SelectionSet)
	}
	for _, fragment := range doc.Fragments {
		p.restore(fragment.Position, 0)
		p.directives(fragment.Directives)
		p.selections(fragment.SelectionSet)
	}
}

// selections replaces those of a set and of all that is below it. A spread is replaced without its fragment,
// which stands elsewhere and is replaced by itself.
func (p positions) selections(set ast.SelectionSet) {
	Walk(set, nil, func(selection ast.Selection) bool {
		const dots = 1 // before a fragment
		switch selection := selection.(type) {
		case *ast.Field:
			p.restore(selection.Position, 0)
			p.arguments(selection.Arguments)
		case *ast.InlineFragment:
			p.restore(selection.Position, dots)
		case *ast.FragmentSpread:
			p.restore(selection.Position, dots)
		}
		p.directives(directivesOf(selection))
		return true
	})
}

// directives replaces those of directives and of their arguments.
func (p positions) directives(list ast.DirectiveList) {
	for _, directive := range list {
		p.restore(directive.Position, 1) // the @
		p.arguments(directive.Arguments)
	}
}

// arguments replaces those of arguments and of their values.
func (p positions) arguments(list ast.ArgumentList) {
	for _, argument := range list {
		p.restore(argument.Position, 0)
		p.value(argument.Value)
	}
}

// value replaces those of a value, and makes a block string one again: gqlparser got it as a string of one
// line, and whoever prints the document shall see what the caller wrote.
func (p positions) value(value *ast.Value) {
	if value == nil {
		return
	}
	at := value.Position
	if value.Kind == ast.StringValue && at.Src == p.from && p.tokens[at.Line-1].kind == kindBlock {
		value.Kind = ast.BlockValue
	}
	p.restore(value.Position, 0)
	for _, child := range value.Children {
		p.restore(child.Position, 0)
		p.value(child.Value)
	}
}

// typ replaces those of a variable's type, from the outside in: of [Int!] that of the list, which gqlparser
// places behind the bracket, then that of Int.
func (p positions) typ(typ *ast.Type) {
	for ; typ != nil; typ = typ.Elem {
		before := 0
		if typ.Elem != nil {
			before = 1 // the bracket
		}
		p.restore(typ.Position, before)
	}
}
