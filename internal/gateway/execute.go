package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"jobsgateway/graph"
	"jobsgateway/graph/direct"
)

// executor runs operations on the generated schema. It does what gqlgen's own executor does, with the codes, the
// checks and the order that this gateway promises.
type executor struct {
	schema        *ast.Schema
	exec          graphql.ExecutableSchema
	resolver      *graph.Resolver
	documents     *documents
	introspection bool
	maxCost       int
	pageSize      int
	upstream      graph.Upstream
	calls         graph.CallLimits
	logger        *slog.Logger
	present       graph.Presenter
	root          graphql.RootFieldMiddleware
}

// prepare turns an envelope into an operation that may run. Nothing has been asked of the upstream by then.
func (e *executor) prepare(request envelope, allowed func(*ast.OperationDefinition) *refusal) (*graphql.OperationContext, *refusal) {
	doc, refused := e.documents.load(request.query, func(doc *ast.QueryDocument) *refusal {
		if op := doc.Operations.ForName(request.operationName); op != nil {
			return allowed(op)
		}
		return nil
	})
	if refused != nil {
		return nil, refused
	}
	op := doc.Operations.ForName(request.operationName)
	if op == nil {
		return nil, refuse(statusByMediaType, codeOperationResolution,
			"operationName must name one operation of the document; it may be left out only when there is just one.")
	}
	if !e.introspection && usesIntrospection(doc, op.SelectionSet, map[string]bool{}) {
		return nil, refuse(statusByMediaType, codeIntrospection,
			"Introspection is switched off here; ask the gateway's operator for its schema.")
	}
	variables, err := readVariables(e.schema, op, request.variables)
	if err != nil {
		return nil, refuseVariable(err)
	}
	graph.CheckRepresentations(doc, op, variables)
	if err := checkCost(e.schema, op, variables, e.maxCost, e.pageSize); err != nil {
		return nil, &refusal{status: statusByMediaType, errors: gqlerror.List{err}}
	}
	return &graphql.OperationContext{
		RawQuery:               request.query,
		OperationName:          request.operationName,
		Doc:                    doc,
		Operation:              op,
		Variables:              variables,
		DisableIntrospection:   !e.introspection,
		RecoverFunc:            graph.Recover,
		ResolverMiddleware:     func(ctx context.Context, next graphql.Resolver) (any, error) { return next(ctx) },
		RootResolverMiddleware: e.root,
	}, nil
}

// refuseVariable explains a variable of the wrong type and names it.
func refuseVariable(err error) *refusal {
	out := requestError(graph.CodeBadUserInput, "A variable does not have the type that the operation declares.")
	if located, ok := errors.AsType[*gqlerror.Error](err); ok {
		// The path is "variable", the variable's name, and the place within it.
		if len(located.Path) > 1 {
			if name, ok := located.Path[1].(ast.PathName); ok {
				out.Message = "The variable $" + string(name) + " does not have the type that the operation declares."
				out.Extensions["argument"] = "$" + located.Path[1:].String()
			}
		}
		out.Locations = located.Locations
	}
	return &refusal{status: statusByMediaType, errors: gqlerror.List{out}}
}

// bounded keeps the errors within their bound. The last then says how many were left out, since a null without an error
// would be read as an answer.
func (e *executor) bounded(ctx context.Context, list gqlerror.List) gqlerror.List {
	if len(list) <= maxFieldErrors {
		return list
	}
	kept := list[:maxFieldErrors-1]
	summary := requestError(codeErrorsOmitted, fmt.Sprintf("%d more errors were left out: fields that are null may have failed, too.",
		len(list)-len(kept)))
	summary.Path = list[len(kept)].Path // of the first of them
	summary.Extensions["requestId"] = e.present.RequestID(ctx)
	return append(kept, summary)
}

// result is what an operation came to.
type result struct {
	data          []byte // a JSON value
	errors        gqlerror.List
	upstreamCalls int
}

// run executes a prepared operation under ctx: its token, its deadline, a memory of its own.
func (e *executor) run(ctx context.Context, op *graphql.OperationContext) result {
	buffer := direct.NewBuffer(nil)
	op.ResolverMiddleware = e.resolver.Direct(direct.Compile(e.schema, op.Doc, op.Operation, op.Variables), buffer)
	ctx = graph.WithOperation(ctx, e.upstream, e.calls, e.logger)
	ctx = graphql.WithOperationContext(ctx, op)
	ctx = graphql.WithResponseContext(ctx, e.present.Present, graph.Recover)
	response := e.exec.Exec(ctx)(ctx)
	list := append(response.Errors, graphql.GetErrors(ctx)...)
	return result{
		data:          buffer.Finish(response.Data),
		errors:        e.bounded(ctx, list),
		upstreamCalls: graph.UpstreamCalls(ctx),
	}
}
