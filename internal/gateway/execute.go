package gateway

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"jobsgateway/graph"
	"jobsgateway/graph/direct"
	"jobsgateway/graph/live"
	"jobsgateway/graph/operation"
	"jobsgateway/internal/document"
	"jobsgateway/internal/memory"
)

// executor runs operations on the generated schema. It does what gqlgen's own executor does, with the codes,
// the checks and the order that this gateway promises. Nothing changes it but its cache and its buffers; safe
// for concurrent use.
type executor struct {
	exec      graphql.ExecutableSchema
	documents *documents
	variables document.Variables
	// introspection: the schema may be asked for.
	introspection bool
	prices        prices
	maxCost       int
	// liftTrusted: the cost of a listed document is not limited.
	liftTrusted bool
	pageSize    int // of a page whose size is not asked for
	upstream    operation.Upstream
	calls       operation.Limits
	logger      *slog.Logger
	observer    Observer // nil for none
	present     graph.Presenter
	root        graphql.RootFieldMiddleware
	write       rootWriter
	event       eventWriter
	live        *live.Engine // nil: the schema has no subscriptions
	// memory is what answers, and those of the Jobs API, are in; most is how many bytes of it one operation may
	// hold.
	memory *memory.Memory
	most   int64
	// turns bounds how many requests with many variables are prepared at a time.
	turns chan struct{}
}

// rootWriter makes the middleware that writes an operation's root fields into a buffer, by its plan.
type rootWriter func(*direct.Plan, *direct.Buffer) graphql.FieldMiddleware

// eventWriter writes the data of one event of a subscription into a buffer: see graph.Resolver.Event.
type eventWriter func(ctx context.Context, plan *direct.Plan, buffer *direct.Buffer, value any) (data []byte)

// outcome is what a request came to: a refusal, or an answer.
type outcome struct {
	called  calling
	refused *refusal
	// answer is nil for a refusal.
	answer        *heldAnswer
	errors        gqlerror.List
	upstreamCalls int
	waited        time.Duration // for those calls
	cost          reckoned
	// late: the deadline ran out, so some of the answer may be missing for want of time.
	late bool
}

// constant returns the outcome of a request whose data no request can change, as the {__typename} of health
// checks, when its document is remembered: there is nothing to run, and so nothing to share. It costs
// nothing. False for any other request.
//
// BenchmarkOperations/trivial: 7 µs and 39 allocations with it, 12 µs and 99 without.
func (e *executor) constant(request envelope) (out outcome, ok bool) {
	if request.variables != "" {
		return outcome{}, false
	}
	doc, known := e.documents.remembered(request)
	if !known {
		return outcome{}, false
	}
	op := doc.Operations.ForName(request.operationName)
	if op == nil || len(op.VariableDefinitions) > 0 {
		return outcome{}, false
	}
	constant, ok := doc.plans.Plan(op, nil).Constant()
	if !ok {
		return outcome{}, false
	}
	answer := &heldAnswer{parts: [][]byte{constant}, size: len(constant)}
	return outcome{called: callingOf(op), answer: answer, cost: reckoned{known: true}}, true
}

// execute prepares and runs what a request asks for. Get says that it came by GET, which runs queries alone.
func (e *executor) execute(ctx context.Context, request envelope, get bool) outcome {
	op, called, refused := e.prepareInTurn(ctx, request, get)
	if refused != nil {
		return outcome{called: called, refused: refused, cost: op.cost}
	}
	out := e.run(ctx, op, request.sizeOfVariables())
	out.called, out.cost = called, op.cost
	return out
}

// run executes a prepared operation under ctx: its token, its deadline, a memory of its own, which ends with
// it, or with its answer if that refers to it. An operation for which there was no room or no memory is refused:
// nothing is told of what it has. Its variables take so many bytes.
func (e *executor) run(ctx context.Context, op preparedOperation, variables int64) (out outcome) {
	token, _ := TokenFrom(ctx)
	ctx = operation.With(ctx, e.upstream, e.calls, e.logger)
	if e.observer != nil {
		operation.Observe(ctx, e.observer)
	}
	defer operation.Leave(ctx)
	operation.Lend(ctx, e.memory, token, e.most)
	account := operation.AccountOf(ctx)
	if variables > 0 {
		if err := account.Count(ctx, variables); err != nil {
			return outcome{refused: refuseWithout(err)}
		}
		defer account.Drop(variables)
	}
	buffer := direct.NewBuffer(ctx, account, dataPrefix, op.plan.Expected())
	ended := false
	defer func() {
		if !ended { // after a panic something may still read
			buffer.Abandon()
			operation.Abandon(ctx)
		}
	}()
	op.ResolverMiddleware = e.write(op.plan, buffer)
	ctx = graphql.WithOperationContext(ctx, op.OperationContext)
	ctx = graphql.WithResponseContext(ctx, e.present.Present, graph.Recover)
	response := e.exec.Exec(ctx)(ctx)
	parts, size := buffer.Finish(response.Data, "}")
	ended = true
	if refused := refusalOf(ctx, account); refused != nil {
		buffer.Free()
		operation.End(ctx)
		return outcome{refused: refused}
	}
	op.plan.Expect(size)
	out = outcome{
		answer:        &heldAnswer{parts: parts, size: size, buffer: buffer},
		errors:        boundErrors(append(response.Errors, graphql.GetErrors(ctx)...), buffer.Omitted(), RequestID(ctx)),
		upstreamCalls: operation.Calls(ctx),
		waited:        operation.Waited(ctx),
	}
	if buffer.Refers() {
		out.answer.ran = ctx
	} else {
		operation.End(ctx)
	}
	return out
}

// refusalOf returns the refusal of an operation that was run and found no room or no memory; nil for any other.
func refusalOf(ctx context.Context, account *memory.Account) *refusal {
	switch {
	case operation.Busy(ctx) && operation.Admitted(ctx):
		return refuseBusy(LackCalls)
	case operation.Busy(ctx):
		return refuseBusy(LackPlaces)
	case account.Starved():
		return refuseForMemory()
	}
	return nil
}

// maxFieldErrors bounds the errors of one answer: a page of 500 jobs can have several for each.
const maxFieldErrors = 100

// boundErrors returns at most 100 errors. Of more it keeps the first 99, and the last says how many were left
// out: a null without an error would be read as an answer. Omitted were left out before; then the list has 100 at
// least.
func boundErrors(list gqlerror.List, omitted int, requestID string) gqlerror.List {
	if len(list)+omitted <= maxFieldErrors {
		return list
	}
	kept := list[:maxFieldErrors-1]
	const message = "%d more errors were left out: fields that are null may have failed, too."
	summary := requestError(codeErrorsOmitted, fmt.Sprintf(message, len(list)+omitted-len(kept)))
	summary.Path = list[len(kept)].Path // of the first of them
	summary.Extensions["requestId"] = requestID
	return append(kept, summary)
}
