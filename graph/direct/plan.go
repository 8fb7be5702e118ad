// Package direct writes answers. A selection set is compiled once into a list of appenders, one for each
// field, which copy what the REST API sent into the answer's bytes.
//
// Root fields are resolved by gqlgen's generated code; everything below them is written here, as gqlgen would
// write it: a test compares the bytes with those of a complete executor (package graph/oracle). A field of a
// dataset that needs the REST API is a lookup. Lookups are gathered before anything is written, level by
// level, and each level is answered together. For {jobs {nodes {dataset {latestJob {dataset {jobs
// {totalCount}}}}}}} the first level has one latestJob for each dataset on the page, and the second one jobs
// for each dataset that those name. Then all is written in one go.
//
// Where to find what: plan.go and plans.go have the plan of an operation and remember it, collect.go merges
// selections, object.go compiles them, writer.go appends values. What a field means stands in a row: those of
// Query in root.go, of JobConnection, JobEdge and PageInfo in connection.go, of Job in job.go, of its input
// and result in payload.go, of Dataset in dataset.go. lookup.go gathers what needs the REST API, and
// unasked.go finds out what a page need not have. change.go writes the events of subscriptions.
package direct

import (
	"context"
	"strings"
	"sync/atomic"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"jobsgateway/graph/paging"
)

// Plan is how the root fields of an operation are written. It holds nothing of any caller's; it is safe for
// concurrent use.
type Plan struct {
	roots map[string]root // by response key
	// subscribed is the root field of a subscription; nil for other operations.
	subscribed *field
	// constant is the answer of an operation that asks for nothing but __typename; nil for others.
	constant []byte
	// size is how many bytes the last answer had; 0 before there was one.
	size atomic.Int64
}

// Constant returns the operation's whole answer if no request can change it, as {"data":{"__typename":"Query"}}
// for the {__typename} of health checks.
func (p *Plan) Constant() (answer []byte, ok bool) { return p.constant, p.constant != nil }

// Expected returns how many bytes the answer probably has: as many as the last one, 0 before there was one.
func (p *Plan) Expected() int { return int(p.size.Load()) }

// Expect notes how many bytes an answer had.
func (p *Plan) Expect(size int) { p.size.Store(int64(size)) }

// Answerer fills in the answers of lookups, with as few REST calls as it can. Page is the value of the root
// field, whose records may answer a lookup; nil if the value is no connection. An answer without an error has
// a page.
type Answerer func(ctx context.Context, lookups []*Lookup, page *paging.Page)

// Compile makes the plan of a validated operation. Variables decide @skip and @include, and nothing else.
func Compile(
	schema *ast.Schema, doc *ast.QueryDocument, op *ast.OperationDefinition, variables map[string]any,
) *Plan {
	p := &Plan{roots: map[string]root{}}
	c := &compiler{collector{schema: schema, fragments: doc.Fragments, variables: variables}}
	fields := c.collect(rootOf(op), op.SelectionSet)
	if op.Operation == ast.Subscription {
		p.subscribed = fields[0]
	}
	p.constant = constantAnswer(fields)
	// Of connections with the same arguments, so that one answer serves all of them.
	common := map[string]paging.Unasked{}
	for _, f := range fields {
		root, ok := c.root(f)
		if !ok {
			continue
		}
		p.roots[f.Alias] = root
		if root.unasked == nil {
			continue
		}
		if known, ok := common[spell(f)]; ok {
			root.unasked.Unasked = root.unasked.Both(known)
		}
		common[spell(f)] = root.unasked.Unasked
	}
	for _, f := range fields {
		if root := p.roots[f.Alias]; root.unasked != nil {
			root.unasked.Unasked = common[spell(f)]
		}
	}
	return p
}

// rootOf returns the type of an operation's root fields.
func rootOf(op *ast.OperationDefinition) string {
	if op.Operation == ast.Subscription {
		return "Subscription"
	}
	return "Query"
}

// spell returns a field with its arguments as they are written, as in `jobs first:20`.
func spell(f *field) string {
	var b strings.Builder
	b.WriteString(f.Name)
	for _, argument := range f.Arguments {
		b.WriteString(" " + argument.Name + ":" + argument.Value.String())
	}
	return b.String()
}

// constantAnswer returns the answer of root fields that are all __typename; nil if there are others.
func constantAnswer(fields []*field) []byte {
	answer := []byte(`{"data":{`)
	for i, f := range fields {
		if f.Name != "__typename" {
			return nil
		}
		answer = append(append(answer, keyOf(f, i)...), `"Query"`...)
	}
	return append(answer, "}}"...)
}

// Writes reports whether the plan writes the root field with this response key; gqlgen writes the others.
func (p *Plan) Writes(key string) bool {
	_, ok := p.roots[key]
	return ok
}

// Resolver returns a middleware for all fields of one operation. It resolves a root field as next does, has
// the field's lookups answered, and returns a value that writes itself into buffer. Other fields, those of
// introspection, are next's. Caught makes an error of a panic.
func (p *Plan) Resolver(
	buffer *Buffer, answer Answerer, caught func(value any) error,
) graphql.FieldMiddleware {
	return func(ctx context.Context, next graphql.Resolver) (any, error) {
		fc := graphql.GetFieldContext(ctx)
		root, ok := p.roots[fc.Field.Alias]
		if !ok || fc.Object != "Query" {
			return next(ctx)
		}
		value, err := next(withUnasked(ctx, root.unasked))
		if err != nil || isNull(value) {
			return value, err
		}
		return p.valueOf(ctx, root, buffer, answer, caught, value), nil
	}
}
