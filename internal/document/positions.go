package document

import (
	"unicode/utf8"

	"github.com/vektah/gqlparser/v2/ast"
)

// positions gives every position of a parsed document the place that its token has in the caller's text.
type positions struct {
	tokens   []token
	from, to *ast.Source
}

// restore replaces a position whose line is the number of a token. Before says how many tokens earlier that
// begins which the position is of. A position that was restored before is left alone: gqlparser gives one to
// several nodes.
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

func (p positions) directives(list ast.DirectiveList) {
	for _, directive := range list {
		p.restore(directive.Position, 1) // the @
		p.arguments(directive.Arguments)
	}
}

func (p positions) arguments(list ast.ArgumentList) {
	for _, argument := range list {
		p.restore(argument.Position, 0)
		p.value(argument.Value)
	}
}

// value mends a value, and makes a block string one again.
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

func (p positions) typ(typ *ast.Type) {
	for ; typ != nil; typ = typ.Elem {
		before := 0
		if typ.Elem != nil {
			before = 1 // the bracket
		}
		p.restore(typ.Position, before)
	}
}
