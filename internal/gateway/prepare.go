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
}

// prepare returns an operation that may run, or why it may not. Nothing has been asked of the Jobs API by
// then. Name is the operation's in the document, as soon as it is known; operationName could be any text,
// which is not for the log. The checks come from the cheapest to the dearest, and those that need variables
// last.
func (e *executor) prepare(request envelope, get bool) (op preparedOperation, name string, refused *refusal) {
	doc, refused := e.documents.load(request.query, func(doc *ast.QueryDocument) *refusal {
		op := doc.Operations.ForName(request.operationName)
		if op == nil {
			return nil
		}
		name = op.Name
		if get && op.Operation != ast.Query {
			return refuseMethod(http.MethodPost, "Send a mutation or subscription by POST.")
		}
		return nil
	})
	if refused != nil {
		return op, name, refused
	}
	chosen := doc.Operation(request.operationName)
	if chosen == nil {
		return op, "", refuse(statusByMediaType, codeOperationResolution,
			"operationName must name one operation of the document; "+
				"it may be left out only when there is just one.")
	}
	if !e.introspection && chosen.AsksSchema() {
		return op, name, refuse(statusByMediaType, codeIntrospection,
			"Introspection is switched off here; ask the gateway's operator for its schema.")
	}
	definition := chosen.OperationDefinition
	variables, err := readVariables(e.schema, definition, request.readVariables())
	if err != nil {
		return op, name, refuseOperation(err)
	}
	if variable, found := doc.MisplacedNull(definition, variables); found {
		declared := definition.VariableDefinitions.ForName(variable)
		return op, name, refuseOperation(argumentError(declared.Position, "$"+variable,
			"The variable $"+variable+" may not be null where the operation uses it."))
	}
	if err := graph.CheckRepresentations(doc.representations[definition], variables); err != nil {
		return op, name, refuseOperation(argumentError(definition.Position, "representations", err.Error()))
	}
	reckoning := costing{e.prices, variables, e.pageSize}
	if err := reckoning.check(doc.QueryDocument, definition, e.maxCost); err != nil {
		return op, name, refuseOperation(err)
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
	return op, name, nil
}
