package gateway

import (
	"net/http"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"jobsgateway/graph"
)

// Codes of whole requests. Those of single fields stand in package graph. Codes are never renamed.
const (
	codeBadRequest           graph.Code = "BAD_REQUEST"
	codeNotFound             graph.Code = "NOT_FOUND"
	codeUnsupportedMediaType graph.Code = "UNSUPPORTED_MEDIA_TYPE"
	codeNotAcceptable        graph.Code = "NOT_ACCEPTABLE"
	codeMethodNotAllowed     graph.Code = "METHOD_NOT_ALLOWED"
	codePayloadTooLarge      graph.Code = "PAYLOAD_TOO_LARGE"
	codeParseFailed          graph.Code = "GRAPHQL_PARSE_FAILED"
	codeValidationFailed     graph.Code = "GRAPHQL_VALIDATION_FAILED"
	codeOperationResolution  graph.Code = "OPERATION_RESOLUTION_FAILURE"
	codeIntrospection        graph.Code = "INTROSPECTION_DISABLED"
	codePersistedQuery       graph.Code = "PERSISTED_QUERY_NOT_SUPPORTED"
	codeMaxDepth             graph.Code = "MAX_DEPTH_LIMIT"
	codeMaxAliases           graph.Code = "MAX_ALIASES_LIMIT"
	codeMaxRootFields        graph.Code = "MAX_ROOT_FIELDS_LIMIT"
	codeMaxHeight            graph.Code = "MAX_HEIGHT_LIMIT"
	codeMaxDirectives        graph.Code = "MAX_DIRECTIVES_LIMIT"
	codeComplexity           graph.Code = "COMPLEXITY_LIMIT_EXCEEDED"
	codeErrorsOmitted        graph.Code = "ERRORS_OMITTED"
)

// refusal is a request that is not executed, and why. It is written without a data member.
type refusal struct {
	// status is the HTTP status; statusByMediaType for errors of the GraphQL request itself.
	status int
	errors gqlerror.List
	// allow is the Allow header of a 405.
	allow string
}

// statusByMediaType stands for 400 with application/graphql-response+json and 200 with application/json, as the
// GraphQL over HTTP specification has it for a well-formed request whose document is wrong.
const statusByMediaType = 0

// refuse makes a refusal with one error. Message is a constant sentence that tells the caller what to do.
func refuse(status int, code graph.Code, message string) *refusal {
	return &refusal{status: status, errors: gqlerror.List{requestError(code, message)}}
}

// refuseOperation refuses an operation for what an error says.
func refuseOperation(err *gqlerror.Error) *refusal {
	return &refusal{status: statusByMediaType, errors: gqlerror.List{err}}
}

// argumentError explains what an argument or, with a $ before its name, a variable may not be.
func argumentError(pos *ast.Position, argument, message string) *gqlerror.Error {
	err := at(requestError(graph.CodeBadUserInput, message), pos)
	err.Extensions["argument"] = argument
	return err
}

// badRequest refuses what is not a GraphQL over HTTP request.
func badRequest(message string) *refusal {
	return refuse(http.StatusBadRequest, codeBadRequest, message)
}

// requestError makes an error with a code; the request id is added where it is written.
func requestError(code graph.Code, message string) *gqlerror.Error {
	return &gqlerror.Error{Message: message, Extensions: map[string]any{"code": code}}
}

// at places an error in the document, where pos is known.
func at(err *gqlerror.Error, pos *ast.Position) *gqlerror.Error {
	if pos != nil {
		err.Locations = []gqlerror.Location{{Line: pos.Line, Column: pos.Column}}
	}
	return err
}
