package direct

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"jobsgateway/graph/paging"
)

// unasked returns what the selection set of a connection does not ask for: {totalCount} asks for neither
// records nor flags. RecordsAlone: it asks for jobs, and for no cursor, totalCount or pageInfo.
func (c *collector) unasked(set ast.SelectionSet) (u paging.Unasked, recordsAlone bool) {
	u, recordsAlone = paging.Unasked{Records: true, Flags: true, Total: true}, true
	for _, f := range c.collect("JobConnection", set) {
		switch f.Name {
		case "nodes":
			u.Records = false
		case "edges":
			u.Records = false
			for _, inner := range c.collect("JobEdge", f.Selections) {
				recordsAlone = recordsAlone && inner.Name != "cursor"
			}
		case "totalCount":
			u.Total, recordsAlone = false, false
		case "pageInfo":
			recordsAlone = false
			for _, inner := range c.collect("PageInfo", f.Selections) {
				switch inner.Name {
				case "startCursor", "endCursor":
					u.Records = false
				case "hasNextPage", "hasPreviousPage":
					u.Flags = false
				}
			}
		}
	}
	return u, recordsAlone
}

type unaskedKey struct{}

// ofRoot is what a root field does not ask for, also for its siblings with the same arguments.
type ofRoot struct {
	field *ast.Field
	paging.Unasked
}

// withUnasked lets the resolver of a root field know what is not asked of its connection. A sibling with the
// same arguments may ask for more than the field itself, so the plan knows better than the field's selection
// set.
func withUnasked(ctx context.Context, root *ofRoot) context.Context {
	if root == nil {
		return ctx
	}
	return context.WithValue(ctx, unaskedKey{}, root)
}

// UnaskedOf returns what is not asked of the connection that the field of ctx resolves to: by its plan, or by
// its selection set if it has none.
func UnaskedOf(ctx context.Context) paging.Unasked {
	field := graphql.GetFieldContext(ctx).Field
	if known, ok := ctx.Value(unaskedKey{}).(*ofRoot); ok && known.field == field.Field {
		return known.Unasked
	}
	op := graphql.GetOperationContext(ctx)
	c := collector{fragments: op.Doc.Fragments, variables: op.Variables}
	unasked, _ := c.unasked(field.Selections)
	return unasked
}
