package document

import (
	"iter"

	"github.com/vektah/gqlparser/v2/ast"
)

// Visitor sees a selection, and reports whether those below it are to be visited, too.
type Visitor func(selection ast.Selection) (below bool)

// Walk visits the selections of a set in the order of the text, each before those below it. Visit reports
// whether those below are to be visited, too. What is below a fragment spread is what its fragment selects:
// it is visited once, the first time that visit asks for it, so a walk takes no longer than the document is
// long, and a fragment that spreads itself ends. Without fragments nothing is below a spread.
//
// Example: {a{b} ...F ...F} fragment F on T{c} is visited as a, b, ...F, c, ...F.
func Walk(set ast.SelectionSet, fragments ast.FragmentDefinitionList, visit Visitor) {
	seen := map[string]bool{}
	var walk func(set ast.SelectionSet)
	walk = func(set ast.SelectionSet) {
		for _, selection := range set {
			if !visit(selection) {
				continue
			}
			switch selection := selection.(type) {
			case *ast.Field:
				walk(selection.SelectionSet)
			case *ast.InlineFragment:
				walk(selection.SelectionSet)
			case *ast.FragmentSpread:
				if fragment := fragments.ForName(selection.Name); fragment != nil && !seen[selection.Name] {
					seen[selection.Name] = true
					walk(fragment.SelectionSet)
				}
			}
		}
	}
	walk(set)
}

// Sum adds up what selection sets amount to, with fragments counted each time that they are spread. The zero
// T amounts to nothing. Each fragment is added up once and remembered, so the time is linear in the document,
// whatever the fragments multiply to. A fragment that spreads itself adds nothing there.
//
// Example: where Of counts 1 for a field, {a{b} ...F ...F} fragment F on T{c d} amounts to 2 + 2 + 2 = 6.
type Sum[T any] struct {
	Fragments ast.FragmentDefinitionList
	// Of returns what a selection amounts to, from the sum of those below it.
	Of func(selection ast.Selection, below T) T
	// OfFragment returns the same of a fragment's definition; the sum itself when nil.
	OfFragment func(fragment *ast.FragmentDefinition, below T) T
	Add        func(a, b T) T

	known map[string]T // of fragments; of one that is being added up, nothing
}

// Set returns what a set amounts to.
func (s *Sum[T]) Set(set ast.SelectionSet) T {
	var total T
	for _, selection := range set {
		var below T
		switch selection := selection.(type) {
		case *ast.Field:
			below = s.Set(selection.SelectionSet)
		case *ast.InlineFragment:
			below = s.Set(selection.SelectionSet)
		case *ast.FragmentSpread:
			below = s.spread(selection.Name)
		}
		total = s.Add(total, s.Of(selection, below))
	}
	return total
}

// Fragment returns what a fragment amounts to.
func (s *Sum[T]) Fragment(fragment *ast.FragmentDefinition) T {
	total := s.Set(fragment.SelectionSet)
	if s.OfFragment != nil {
		total = s.OfFragment(fragment, total)
	}
	return total
}

// spread is Fragment by name; nothing for a name that the document does not have.
func (s *Sum[T]) spread(name string) T {
	total, ok := s.known[name]
	if ok {
		return total
	}
	if s.known == nil {
		s.known = map[string]T{}
	}
	s.known[name] = total // nothing, until it is added up
	if fragment := s.Fragments.ForName(name); fragment != nil {
		s.known[name] = s.Fragment(fragment)
	}
	return s.known[name]
}

// directivesOf returns the directives that stand on a selection.
func directivesOf(selection ast.Selection) ast.DirectiveList {
	switch selection := selection.(type) {
	case *ast.Field:
		return selection.Directives
	case *ast.InlineFragment:
		return selection.Directives
	case *ast.FragmentSpread:
		return selection.Directives
	}
	return nil
}

// valuesIn iterates over a value and the values inside it, each before those that are inside of it. A nil
// value, as of a variable without a default, has none.
//
// Example: {a: [1, 2]} is visited as {a: [1, 2]}, [1, 2], 1, 2.
func valuesIn(value *ast.Value) iter.Seq[*ast.Value] {
	return func(yield func(*ast.Value) bool) { yieldValues(value, yield) }
}

// yieldValues returns false when nothing more is asked for.
func yieldValues(value *ast.Value, yield func(*ast.Value) bool) bool {
	if value == nil {
		return true
	}
	if !yield(value) {
		return false
	}
	for _, child := range value.Children {
		if !yieldValues(child.Value, yield) {
			return false
		}
	}
	return true
}
