package document

import (
	"unicode/utf8"

	"github.com/vektah/gqlparser/v2/ast"
)

// mapper gives every position of a parsed document the place that its token has in the caller's text.
type mapper struct {
	tokens   []token
	from, to *ast.Source
}

// put mends a position that has the number of a token for its line. What stands that many tokens before is meant.
// A position that was mended before is left alone.
func (m mapper) put(pos *ast.Position, before int) {
	if pos == nil || pos.Src != m.from {
		return
	}
	pos.Src = m.to
	i := pos.Line - 1 - before
	if i < 0 || i >= len(m.tokens) { // the end of the text
		return
	}
	t := m.tokens[i]
	pos.Line, pos.Column = t.line, t.column
	pos.Start, pos.End = t.start, t.start+utf8.RuneCountInString(m.to.Input[t.from:t.to])
}

func (m mapper) document(doc *ast.QueryDocument) {
	m.put(doc.Position, 0)
	for _, op := range doc.Operations {
		m.put(op.Position, 0)
		for _, variable := range op.VariableDefinitions {
			m.put(variable.Position, 0)
			m.typ(variable.Type)
			m.value(variable.DefaultValue)
			m.directives(variable.Directives)
		}
		m.directives(op.Directives)
		m.selections(op.SelectionSet)
	}
	for _, fragment := range doc.Fragments {
		m.put(fragment.Position, 0)
		m.directives(fragment.Directives)
		m.selections(fragment.SelectionSet)
	}
}

func (m mapper) selections(set ast.SelectionSet) {
	Walk(set, nil, func(selection ast.Selection) bool {
		const dots = 1 // before a fragment
		switch selection := selection.(type) {
		case *ast.Field:
			m.put(selection.Position, 0)
			m.arguments(selection.Arguments)
		case *ast.InlineFragment:
			m.put(selection.Position, dots)
		case *ast.FragmentSpread:
			m.put(selection.Position, dots)
		}
		m.directives(directivesOf(selection))
		return true
	})
}

func (m mapper) directives(list ast.DirectiveList) {
	for _, directive := range list {
		m.put(directive.Position, 1) // the @
		m.arguments(directive.Arguments)
	}
}

func (m mapper) arguments(list ast.ArgumentList) {
	for _, argument := range list {
		m.put(argument.Position, 0)
		m.value(argument.Value)
	}
}

// value mends a value, and makes a block string one again.
func (m mapper) value(value *ast.Value) {
	if value == nil {
		return
	}
	if value.Kind == ast.StringValue && value.Position.Src == m.from && m.tokens[value.Position.Line-1].kind == kindBlock {
		value.Kind = ast.BlockValue
	}
	m.put(value.Position, 0)
	for _, child := range value.Children {
		m.put(child.Position, 0)
		m.value(child.Value)
	}
}

func (m mapper) typ(typ *ast.Type) {
	for ; typ != nil; typ = typ.Elem {
		before := 0
		if typ.Elem != nil {
			before = 1 // the bracket
		}
		m.put(typ.Position, before)
	}
}
