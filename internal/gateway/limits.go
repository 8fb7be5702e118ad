package gateway

import (
	"fmt"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"jobsgateway/graph"
	"jobsgateway/internal/document"
)

// Limits bounds the documents that are executed. What fragments bring counts each time that they are spread.
type Limits struct {
	// Cost is the most that one operation may cost; see cost.go.
	Cost int
	// Depth is the deepest nesting of fields; a root field is at depth 1, and introspection does not count.
	Depth int
	// Aliases is how many fields may be renamed, and RootFields how many fields the operation itself may
	// have.
	Aliases, RootFields int
}

// Limits that no setting changes. Full introspection needs 184 tokens and about 150 fields, a page with all
// fields of a job about 60: these are generous, and they keep validation, which is quadratic in places,
// within milliseconds.
const (
	maxTokens     = 2000
	maxFields     = 500 // with fragments spread
	maxDirectives = 50  // likewise
	// Each of __schema and __type may list the whole schema some times over, and costs no token: tools ask
	// for one or two.
	maxIntrospection = 5
)

// check returns the error of a document that is over a limit, at the first operation or fragment that is; nil
// when none is.
func (l Limits) check(doc *ast.QueryDocument, size document.Size) *gqlerror.Error {
	for i, shape := range size.Operations {
		if err := l.checkShape(shape, doc.Operations[i].Position); err != nil {
			return err
		}
	}
	for i, shape := range size.Fragments {
		if err := l.checkShape(shape, doc.Fragments[i].Position); err != nil {
			return err
		}
	}
	if size.TooBig != nil {
		const message = "A number in the document is beyond 64 bits; no argument takes that."
		return at(requestError(graph.CodeBadUserInput, message), size.TooBig)
	}
	return nil
}

// checkShape returns the error of an operation or a fragment for the first limit that it is over; nil when
// there is none.
func (l Limits) checkShape(shape document.Shape, pos *ast.Position) *gqlerror.Error {
	for _, limit := range []struct {
		code     graph.Code
		what     string
		got, max int
	}{
		{codeMaxHeight, "fields", shape.Fields, maxFields},
		{codeMaxDirectives, "directives", shape.Directives, maxDirectives},
		{codeMaxDepth, "levels of nesting", shape.Depth, l.Depth},
		{codeMaxAliases, "aliases", shape.Aliases, l.Aliases},
		{codeMaxRootFields, "root fields", shape.Roots, l.RootFields},
		{codeMaxRootFields, "fields of introspection", shape.Introspection, maxIntrospection},
	} {
		if limit.got > limit.max {
			const message = "The operation has more than %d %s, counting what its fragments bring; " +
				"ask for less at once."
			return at(requestError(limit.code, fmt.Sprintf(message, limit.max, limit.what)), pos)
		}
	}
	return nil
}
