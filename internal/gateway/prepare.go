package gateway

import (
	"net/http"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"jobsgateway/graph"
	"jobsgateway/graph/direct"
)

// preparedOperation is an operation that was read and checked, with its variables, ready to run.
type preparedOperation struct {
	*graphql.OperationContext

	plan *direct.Plan
	cost reckoned
	// weight is what the document of a subscription takes, in bytes; 0 for one that is listed.
	weight int64
}

// calling is what an operation is called in its document: its type, such as query, and its name. Both are
// empty as long as that is not known; operationName could be any text, which is not for the log.
type calling struct{ operationType, name string }

// callingOf returns what an operation is called.
func callingOf(op *ast.OperationDefinition) calling { return calling{string(op.Operation), op.Name} }

// reckoned is what an operation costs, if it was not refused before somebody could reckon that.
type reckoned struct {
	points int
	known  bool
}

// costLimit returns the most that the operation of a request may cost.
func (e *executor) costLimit(request envelope) int {
	if e.liftTrusted && request.trusted != nil {
		return maxCost
	}
	return e.maxCost
}

// prepare returns an operation that may run, or why it may not. Nothing has been asked of the Jobs API by
// then. The checks come from the cheapest to the dearest, and those that need variables
// last.
func (e *executor) prepare(
	request envelope, get bool,
) (op preparedOperation, called calling, refused *refusal) {
	doc, refused := e.documents.of(request, func(doc *ast.QueryDocument) *refusal {
		op := doc.Operations.ForName(request.operationName)
		if op == nil {
			return nil
		}
		called = callingOf(op)
		if streams := e.live != nil && op.Operation == ast.Subscription; get && op.Operation != ast.Query && !streams {
			return refuseMethod(http.MethodPost,
				"By GET only queries run, and subscriptions where they are served: send this operation by POST.")
		}
		return nil
	})
	if refused != nil {
		return op, called, refused
	}
	chosen := doc.Operation(request.operationName)
	if chosen == nil {
		return op, calling{}, refuse(statusByMediaType, codeOperationResolution,
			"operationName must name one operation of the document; "+
				"it may be left out only when there is just one.")
	}
	if !e.introspection && chosen.AsksSchema() {
		return op, called, refuse(statusByMediaType, codeIntrospection,
			"Introspection is switched off here; ask the gateway's operator for its schema.")
	}
	definition := chosen.OperationDefinition
	variables, misfit := e.variables.Read(definition, request.readVariables())
	if misfit != nil {
		return op, called, refuseOperation(argumentError(misfit.Position, misfit.Place, misfit.Message))
	}
	if variable, found := doc.MisplacedNull(definition, variables); found {
		declared := definition.VariableDefinitions.ForName(variable)
		return op, called, refuseOperation(argumentError(declared.Position, "$"+variable,
			"$"+variable+" is null, and the operation uses it where there has to be a value."))
	}
	if err := graph.CheckRepresentations(doc.representations[definition], variables); err != nil {
		return op, called, refuseOperation(argumentError(definition.Position, "representations", err.Error()))
	}
	reckoning := costing{e.prices, variables, e.pageSize}
	points, tooMuch := reckoning.check(doc.QueryDocument, definition, e.costLimit(request))
	op.cost = reckoned{points, true}
	if tooMuch != nil {
		return op, called, refuseOperation(tooMuch)
	}
	op.OperationContext = &graphql.OperationContext{
		RawQuery:               request.query,
		OperationName:          request.operationName,
		Doc:                    doc.QueryDocument,
		Operation:              definition,
		Variables:              variables,
		DisableIntrospection:   !e.introspection,
		RecoverFunc:            graph.Recover,
		RootResolverMiddleware: e.root,
	}
	op.plan = doc.plans.Plan(definition, variables)
	if definition.Operation == ast.Subscription && request.trusted == nil {
		op.RawQuery = doc.text // which all streams of the document share
		op.weight = parsedPerWeight * int64(weigh(request.query, doc))
	}
	return op, called, nil
}
