// Package direct writes answers: a selection set is compiled once to a list of appenders, which copy what the REST API
// sent into the answer's bytes. Below the root fields it stands in for gqlgen's executor and writes the same bytes, which a
// property test holds it to.
//
// Root fields are resolved by the generated code. What they came to asks for more where datasets are asked for their jobs:
// these questions are gathered level by level and answered together, then all is written at one go.
package direct

import (
	"context"
	"io"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"jobsgateway/graph/model"
	"jobsgateway/graph/paging"
)

// Plan is how the root fields of an operation are written. It holds nothing of any caller's; it is safe for concurrent use.
type Plan struct {
	roots map[string]root // by response key
	// constant is the data where they are the same for everybody: where nothing but __typename is asked for.
	constant []byte
}

// Constant gives the operation's data if no request can change them, as for the {__typename} of health checks.
func (p *Plan) Constant() (data []byte, ok bool) { return p.constant, p.constant != nil }

// Answerer fills in the answers of lookups, all of them with as few calls as it can. What asks may stand on a page, which
// may tell; nil where it stands on none. An answer without an error has a page.
type Answerer func(ctx context.Context, lookups []*Lookup, page *model.JobConnection)

// Compile makes the plan of a validated operation. Variables decide @skip and @include, and nothing else.
func Compile(schema *ast.Schema, doc *ast.QueryDocument, op *ast.OperationDefinition, variables map[string]any) *Plan {
	p := &Plan{roots: map[string]root{}}
	collector := collector{schema: schema, fragments: doc.Fragments, variables: variables}
	fields := collector.collect("Query", op.SelectionSet)
	p.constant = constantData(fields)
	common := map[string]paging.Unasked{} // of those who ask with the same arguments, so that one answer serves all of them
	for _, f := range fields {
		c := &compiler{collector: collector}
		root, ok := c.root(f)
		if !ok || c.unknown {
			continue
		}
		p.roots[f.Alias] = root
		if root.unasked == nil {
			continue
		}
		if known, ok := common[questionOf(f)]; ok {
			root.unasked.Unasked = root.unasked.Both(known)
		}
		common[questionOf(f)] = root.unasked.Unasked
	}
	for _, f := range fields {
		if root := p.roots[f.Alias]; root.unasked != nil {
			root.unasked.Unasked = common[questionOf(f)]
		}
	}
	return p
}

// questionOf spells a field with its arguments as they are written.
func questionOf(f *field) string {
	var b strings.Builder
	b.WriteString(f.Name)
	for _, argument := range f.Arguments {
		b.WriteString(" " + argument.Name + ":" + argument.Value.String())
	}
	return b.String()
}

// constantData gives the data of root fields that are all __typename; nil where there are others.
func constantData(fields []*field) []byte {
	w := writer{}
	o := object[struct{}]{}
	for i, f := range fields {
		if f.Name != "__typename" {
			return nil
		}
		o.steps = append(o.steps, step[struct{}]{keyOf(f, i), constant[struct{}](`"Query"`)})
	}
	o.write(&w, struct{}{})
	return w.b
}

// Writes reports whether the plan writes the root field with this response key; the others are left to the stock executor.
func (p *Plan) Writes(key string) bool {
	_, ok := p.roots[key]
	return ok
}

// Resolver resolves root fields as next does, has what they ask answered, and gives them as they are to be written: into
// buffer. Other fields, those of introspection, are left to the stock executor. Caught makes an error of a panic.
func (p *Plan) Resolver(buffer *Buffer, answer Answerer, caught func(value any) error) graphql.FieldMiddleware {
	return func(ctx context.Context, next graphql.Resolver) (any, error) {
		fc := graphql.GetFieldContext(ctx)
		root, ok := p.roots[fc.Field.Alias]
		value, err := next(withUnasked(ctx, root.unasked))
		if err != nil {
			return value, err
		}
		if !ok || fc.Object != "Query" || !root.is(value) {
			return value, nil
		}
		q := questions{known: map[question]Answer{}}
		root.ask(&q, value)
		page, _ := pageOf(value)
		q.settle(func(lookups []*Lookup) { answer(ctx, lookups, page) })
		return graphql.WriterFunc(func(out io.Writer) {
			w := writer{now: time.Now(), answers: q.known, caught: caught}
			buffer.write(out, func(b []byte) []byte {
				w.b = b
				if !w.try(func() { root.write(&w, value) }) {
					w.null()
				}
				return w.b
			})
			for _, failure := range w.failures {
				failure.report(ctx)
			}
		}), nil
	}
}
