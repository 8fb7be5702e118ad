package gateway

import (
	"slices"

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
	codePersistedOff         graph.Code = "PERSISTED_QUERY_NOT_SUPPORTED"
	codePersistedNotFound    graph.Code = "PERSISTED_QUERY_NOT_FOUND"
	codePersistedMismatch    graph.Code = "PERSISTED_QUERY_HASH_MISMATCH"
	codeDocumentRequired     graph.Code = "PERSISTED_DOCUMENT_REQUIRED"
	codeDocumentNotFound     graph.Code = "PERSISTED_DOCUMENT_NOT_FOUND"
	codeDocumentMismatch     graph.Code = "PERSISTED_DOCUMENT_MISMATCH"
	codeMaxDepth             graph.Code = "MAX_DEPTH_LIMIT"
	codeMaxAliases           graph.Code = "MAX_ALIASES_LIMIT"
	codeMaxRootFields        graph.Code = "MAX_ROOT_FIELDS_LIMIT"
	codeMaxHeight            graph.Code = "MAX_HEIGHT_LIMIT"
	codeMaxDirectives        graph.Code = "MAX_DIRECTIVES_LIMIT"
	codeComplexity           graph.Code = "COMPLEXITY_LIMIT_EXCEEDED"
	codeConcurrency                     = graph.CodeConcurrencyLimited
	codeErrorsOmitted        graph.Code = "ERRORS_OMITTED"
)

// Codes returns every code that an error of an answer can have, those of single fields first.
func Codes() []graph.Code {
	return slices.Concat(graph.Codes(), []graph.Code{
		codeBadRequest, codeNotFound, codeUnsupportedMediaType, codeNotAcceptable, codeMethodNotAllowed,
		codePayloadTooLarge, codeParseFailed, codeValidationFailed, codeOperationResolution, codeIntrospection,
		codePersistedOff, codePersistedNotFound, codePersistedMismatch,
		codeDocumentRequired, codeDocumentNotFound, codeDocumentMismatch,
		codeMaxDepth, codeMaxAliases, codeMaxRootFields, codeMaxHeight, codeMaxDirectives, codeComplexity,
		codeErrorsOmitted,
	})
}
