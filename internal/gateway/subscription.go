package gateway

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"jobsgateway/graph"
	"jobsgateway/graph/direct"
	"jobsgateway/graph/live"
	"jobsgateway/graph/operation"
	"jobsgateway/internal/memory"
	"jobsgateway/restclient"
)

// What a subscription is, whatever transport it has: transports read a live.Stream, whose events are whole
// answers in one line each.

// isSubscription reports whether a request is a subscription, or why its document may not be executed. It costs
// nothing for a text without that word.
func (e *executor) isSubscription(request envelope) (is bool, refused *refusal) {
	if e.live == nil || !strings.Contains(request.query, string(ast.Subscription)) {
		return false, nil
	}
	doc, refused := e.documents.of(request, func(*ast.QueryDocument) *refusal { return nil })
	if refused != nil {
		return false, refused
	}
	chosen := doc.Operation(request.operationName)
	return chosen != nil && chosen.Operation == ast.Subscription, nil
}

// refuseStream refuses a subscription whose caller accepts a stream, where there are none; nil for anything else. It
// costs nothing for a text without that word.
func (e *executor) refuseStream(headers []string, request envelope) (refused *refusal) {
	if !strings.Contains(request.query, string(ast.Subscription)) || streamOf(headers) == nil {
		return nil
	}
	_, _ = e.documents.of(request, func(doc *ast.QueryDocument) *refusal { // what else is wrong is told later
		if op := doc.Operations.ForName(request.operationName); op != nil && op.Operation == ast.Subscription {
			refused = refuseLive()
		}
		return refused
	})
	return refused
}

// subscribe begins the stream of a prepared subscription. Errors: as graph.Subscribe.
func (g *gateway) subscribe(ctx context.Context, request envelope, op preparedOperation) (*live.Stream, error) {
	token, _ := TokenFrom(ctx)
	ctx = graphql.WithOperationContext(ctx, op.OperationContext)
	write := func(value any) []byte { return g.writeEvent(token, op, value) } //nolint:contextcheck // not this caller's
	return graph.Subscribe(ctx, g.executor.live, token, op.plan, formKey(request, op), write)
}

// formKey returns what makes the events of two subscriptions equal: the document, the operation and its
// variables, but for the one that says where to go on, if it says nothing else.
func formKey(request envelope, op preparedOperation) string {
	variables := op.Variables
	if since := op.plan.Subscribed().Arguments.ForName("since"); since != nil && since.Value.Kind == ast.Variable {
		const declaredAndUsed = 2
		name := since.Value.Raw
		if strings.Count(request.query, "$"+name) == declaredAndUsed {
			variables = maps.Clone(variables)
			delete(variables, name)
		}
	}
	spelled, err := json.Marshal(variables)
	if err != nil {
		spelled = []byte(request.variables)
	}
	// Each stream keeps it, so it is short, however long the document is.
	key := sha256.Sum256(slices.Concat([]byte(request.query), []byte{0}, []byte(request.operationName), []byte{0}, spelled))
	return string(key[:])
}

// writeEvent writes one event for all whose subscription has its form. Changes that cannot be written are not passed
// over: the streams are told to read their lists.
func (g *gateway) writeEvent(token string, op preparedOperation, value any) []byte {
	text, ok := g.tryEvent(token, op, value)
	if change, isChange := value.(*direct.Change); isChange && !ok && !change.Resync {
		if text, ok := g.tryEvent(token, op, &direct.Change{Cursor: change.Cursor, Resync: true}); ok {
			return text
		}
	}
	return text
}

// tryEvent writes one event; false if its data are null although the field may not be. It is an operation of its own,
// which has the token, a deadline, the budgets of any operation, and an id that its errors have. An event without
// jobs is so short that it needs no budget.
func (g *gateway) tryEvent(token string, op preparedOperation, value any) (text []byte, ok bool) {
	ctx, cancel := context.WithTimeout(AsToken(context.Background(), token), g.timeout)
	defer cancel()
	defer func() {
		if panicked := recover(); panicked != nil {
			text, ok = errorEvent(g.errorsOf(ctx, op, operation.Caught(panicked))), false
		}
	}()
	e := g.executor
	ctx = operation.With(ctx, e.upstream, e.calls, e.logger)
	if e.observer != nil {
		operation.Observe(ctx, e.observer)
	}
	defer operation.Leave(ctx)
	operation.Lend(ctx, e.memory, token, e.most)
	account, expected := operation.AccountOf(ctx), op.plan.Expected()
	if change, isChange := value.(*direct.Change); isChange && len(change.Jobs) == 0 {
		account, expected = nil, 0
	}
	buffer := direct.NewBuffer(ctx, account, dataPrefix, expected)
	ended := false
	defer func() {
		if !ended { // after a panic something may still read
			buffer.Abandon()
			operation.Abandon(ctx)
		}
	}()
	ctx = graphql.WithOperationContext(ctx, op.OperationContext)
	ctx = graphql.WithResponseContext(ctx, e.present.Present, graph.Recover)
	parts, size := buffer.Finish(e.event(ctx, op.plan, buffer, value), "}}")
	op.plan.Expect(size)
	data, err := joined(ctx, account, parts, size)
	ended = true
	buffer.Free()
	operation.End(ctx)
	if err != nil {
		return errorEvent(g.errorsOf(ctx, op, err)), false
	}
	failed := boundErrors(graphql.GetErrors(ctx), buffer.Omitted(), RequestID(ctx))
	text, ok = eventOf(op, data, failed)
	return onOneLine(text), ok
}

// joined returns one copy of the parts of an event, which have so many bytes. It is on the account while it is made,
// since values that no buffer had to copy may be many times in it; after that the stream's feed counts it.
// Errors: *memory.LimitError; *restclient.Error where there is no memory.
func joined(ctx context.Context, account *memory.Account, parts [][]byte, size int) ([]byte, error) {
	if err := account.Count(ctx, int64(size)); err != nil {
		if _, isLimit := errors.AsType[*memory.LimitError](err); isLimit {
			return nil, err
		}
		return nil, &restclient.Error{Kind: restclient.KindNoMemory}
	}
	defer account.Drop(int64(size))
	return bytes.Join(parts, nil), nil
}

// eventOf returns an event with its errors. Data that are null because there was no memory for them are no object
// where the field may not be null; then ok is false.
func eventOf(op preparedOperation, data []byte, failed gqlerror.List) (text []byte, ok bool) {
	ok = true
	field := op.plan.Subscribed()
	if none := dataPrefix + `{"` + field.Alias + `":null}}`; field.Definition.Type.NonNull && string(data) == none {
		data, ok = []byte(dataPrefix+"null}"), false
	}
	if len(failed) == 0 {
		return data, ok
	}
	return append(append(startOfAnswer(failed, nil), dataPrefix[1:]...), data[len(dataPrefix):]...), ok
}

// errorEvent returns the answer of a subscription that is not begun, or does not go on.
func errorEvent(failed gqlerror.List) []byte {
	text := startOfAnswer(failed, nil)
	text[len(text)-1] = '}' // for the last comma
	return onOneLine(text)
}

// errorsOf returns the errors that a caller is told of err.
func (g *gateway) errorsOf(ctx context.Context, op preparedOperation, err error) gqlerror.List {
	ctx = graphql.WithOperationContext(ctx, op.OperationContext)
	ctx = graphql.WithFieldContext(ctx, &graphql.FieldContext{Object: "Subscription", Field: op.plan.Subscribed()})
	return gqlerror.List{g.executor.present.Present(ctx, err)}
}

// onOneLine replaces the ends of lines in a JSON text, which stand only between its values there, by blanks: most
// transports end a message with a line.
func onOneLine(text []byte) []byte {
	for i, c := range text {
		if c == '\n' || c == '\r' {
			text[i] = ' '
		}
	}
	return text
}
