package gateway

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"jobsgateway/graph"
	"jobsgateway/graph/direct"
	"jobsgateway/graph/operation"
)

// executor runs operations on the generated schema. It does what gqlgen's own executor does, with the codes, the
// checks and the order that this gateway promises.
type executor struct {
	schema        *ast.Schema
	exec          graphql.ExecutableSchema
	write         writing
	documents     *documents
	introspection bool
	maxCost       int
	prices        prices
	pageSize      int
	upstream      operation.Upstream
	calls         operation.Limits
	logger        *slog.Logger
	present       graph.Presenter
	root          graphql.RootFieldMiddleware
	buffers       sync.Pool // of answers that were sent
}

// prepared is an operation that may run.
type prepared struct {
	*graphql.OperationContext

	plan *direct.Plan
}

// prepare turns an envelope into an operation that may run. Nothing has been asked of the upstream by then. The name is
// the document's, since operationName can be any text; it is there as soon as it is known.
func (e *executor) prepare(request envelope, get bool) (op prepared, name string, refused *refusal) {
	doc, refused := e.documents.load(request.query, func(doc *ast.QueryDocument) *refusal {
		op := doc.Operations.ForName(request.operationName)
		if op == nil {
			return nil
		}
		name = op.Name
		if get && op.Operation != ast.Query {
			refused := refuse(http.StatusMethodNotAllowed, codeMethodNotAllowed, "Send a mutation or subscription by POST.")
			refused.allow = http.MethodPost
			return refused
		}
		return nil
	})
	if refused != nil {
		return prepared{}, name, refused
	}
	definition := doc.Operation(request.operationName)
	if definition == nil {
		return prepared{}, "", refuse(statusByMediaType, codeOperationResolution,
			"operationName must name one operation of the document; it may be left out only when there is just one.")
	}
	if !e.introspection && definition.AsksSchema() {
		return prepared{}, name, refuse(statusByMediaType, codeIntrospection,
			"Introspection is switched off here; ask the gateway's operator for its schema.")
	}
	variables, refused := e.variables(definition.OperationDefinition, request)
	if refused != nil {
		return prepared{}, name, refused
	}
	if variable, found := doc.MisplacedNull(definition.OperationDefinition, variables); found {
		return prepared{}, name, refuseOperation(argumentError(definition.VariableDefinitions.ForName(variable).Position, "$"+variable,
			"The variable $"+variable+" may not be null where the operation uses it."))
	}
	if err := graph.CheckRepresentations(definition.Representations, variables); err != nil {
		return prepared{}, name, refuseOperation(argumentError(definition.Position, "representations", err.Error()))
	}
	reckoning := costing{e.prices, variables, e.pageSize}
	if err := reckoning.checkCost(doc.Fragments, definition.OperationDefinition, e.maxCost); err != nil {
		return prepared{}, name, refuseOperation(err)
	}
	return prepared{
		OperationContext: &graphql.OperationContext{
			RawQuery:               request.query,
			OperationName:          request.operationName,
			Doc:                    doc.QueryDocument,
			Operation:              definition.OperationDefinition,
			Variables:              variables,
			DisableIntrospection:   !e.introspection,
			RecoverFunc:            graph.Recover,
			RootResolverMiddleware: e.root,
		},
		plan: doc.plans.Plan(definition.OperationDefinition, variables),
	}, name, nil
}

// variables reads the variables of a request as an operation declares them.
func (e *executor) variables(op *ast.OperationDefinition, request envelope) (map[string]any, *refusal) {
	variables, err := readVariables(e.schema, op, request.readVariables())
	if err != nil {
		return nil, refuseOperation(err)
	}
	return variables, nil
}

// writing makes what writes an operation's root fields into a buffer, by its plan.
type writing func(*direct.Plan, *direct.Buffer) graphql.FieldMiddleware

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

// outcome is what a request came to: a refusal, or an answer.
type outcome struct {
	operation string // its name
	refused   *refusal
	// answer is `{"data":` and the data and `}`, the whole answer where there are no errors.
	answer        []byte
	errors        gqlerror.List
	upstreamCalls int
	// late: the deadline ran out, so some of the answer may be missing for want of time.
	late bool
	// exclusive: nobody else has this answer.
	exclusive bool
}

// dataPrefix is how an answer without errors begins.
const dataPrefix = `{"data":`

// constant answers a request whose data no request can change, as the {__typename} of health checks, when its document is
// known: there is nothing to run, and so nothing to share.
func (e *executor) constant(request envelope) (out outcome, ok bool) {
	doc, known := e.documents.cache.GetIfPresent(request.query)
	if !known || request.variables != "" {
		return outcome{}, false
	}
	op := doc.Operations.ForName(request.operationName)
	if op == nil || len(op.VariableDefinitions) > 0 {
		return outcome{}, false
	}
	data, ok := doc.plans.Plan(op, nil).Constant()
	if !ok {
		return outcome{}, false
	}
	return outcome{operation: op.Name, answer: append(append(append(e.takeBuffer(), dataPrefix...), data...), '}'), exclusive: true}, true
}

// execute prepares and runs what a request asks for.
func (e *executor) execute(ctx context.Context, request envelope, get bool) outcome {
	op, name, refused := e.prepare(request, get)
	if refused != nil {
		return outcome{operation: name, refused: refused}
	}
	out := e.run(ctx, op)
	out.operation = name
	return out
}

// run executes a prepared operation under ctx: its token, its deadline, a memory of its own.
func (e *executor) run(ctx context.Context, op prepared) outcome {
	buffer := direct.NewBuffer(append(e.takeBuffer(), dataPrefix...))
	op.ResolverMiddleware = e.write(op.plan, buffer)
	ctx = operation.With(ctx, e.upstream, e.calls, e.logger)
	ctx = graphql.WithOperationContext(ctx, op.OperationContext)
	ctx = graphql.WithResponseContext(ctx, e.present.Present, graph.Recover)
	response := e.exec.Exec(ctx)(ctx)
	out := outcome{
		answer:        append(buffer.Finish(response.Data), '}'),
		errors:        e.bounded(ctx, append(response.Errors, graphql.GetErrors(ctx)...)),
		upstreamCalls: operation.Calls(ctx),
	}
	operation.End(ctx) // not after a panic, when something may still read
	return out
}

// maxKeptBuffer bounds what is kept of one answer for the next ones, in bytes; the collector takes larger ones. Source: four
// full pages with all fields.
const maxKeptBuffer = 2 << 20

// takeBuffer gives an empty buffer, mostly with room for an answer.
func (e *executor) takeBuffer() []byte {
	if b, ok := e.buffers.Get().(*[]byte); ok {
		return (*b)[:0]
	}
	return nil
}

// giveBuffer takes an answer back that nobody reads any more.
func (e *executor) giveBuffer(b []byte) {
	if cap(b) > 0 && cap(b) <= maxKeptBuffer {
		e.buffers.Put(&b)
	}
}
