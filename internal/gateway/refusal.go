package gateway

import (
	"errors"
	"net/http"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"jobsgateway/graph"
	"jobsgateway/internal/memory"
)

// refusal is why a request is not executed. Its answer has errors and no data member.
type refusal struct {
	// status is the HTTP status; statusByMediaType for errors of the GraphQL request itself.
	status int
	errors gqlerror.List
	// allow is the Allow header of a 405.
	allow string
	// retryAfter is the Retry-After header of a 503, in seconds; 0 for none.
	retryAfter int
	// lacked is what it is refused for want of.
	lacked Lack
}

// statusByMediaType stands for 400 with application/graphql-response+json and 200 with application/json, as
// the GraphQL over HTTP specification has it for a well-formed request whose document is wrong.
const statusByMediaType = 0

// refuse makes a refusal with one error. The message is a constant sentence that tells the caller what to do.
func refuse(status int, code graph.Code, message string) *refusal {
	return &refusal{status: status, errors: gqlerror.List{requestError(code, message)}}
}

// refuseMethod refuses a request for its method; allow is the list of those that may be used.
func refuseMethod(allow, message string) *refusal {
	refused := refuse(http.StatusMethodNotAllowed, codeMethodNotAllowed, message)
	refused.allow = allow
	return refused
}

// refuseOperation makes the refusal of a well-formed request whose operation may not run.
func refuseOperation(err *gqlerror.Error) *refusal {
	return &refusal{status: statusByMediaType, errors: gqlerror.List{err}}
}

// busyRetry is after how many seconds an operation that was not run for want of room may be sent again.
// Source: an overload that ends is over within two seconds.
const busyRetry = 1

// refuseBusy makes the refusal of an operation for which there is no room now: as many run as can be answered.
// Nothing has been asked of the Jobs API for it. It is the same in both media types: 503 with Retry-After.
func refuseBusy(lacked Lack) *refusal {
	refused := refuseForNow(codeConcurrency, graph.MessageBusy)
	refused.lacked = lacked
	return refused
}

// refuseForNow makes the refusal of what can succeed later: 503 with Retry-After, and an error that says so.
func refuseForNow(code graph.Code, message string) *refusal {
	refused := refuse(http.StatusServiceUnavailable, code, message)
	refused.retryAfter = busyRetry
	extensions := refused.errors[0].Extensions
	extensions["retryable"], extensions["retryAfterSeconds"] = true, busyRetry
	return refused
}

// refuseForMemory makes the refusal of an operation for which there was no memory. Whatever it has read is not
// told, since it is not all that was asked for.
func refuseForMemory() *refusal {
	refused := refuseBusy(LackMemory)
	refused.errors[0].Message = (&memory.OverloadError{}).Error()
	return refused
}

// refuseWithout makes the refusal of an operation that was not run, since there is no memory for it; err says
// why.
func refuseWithout(err error) *refusal {
	if limit, ok := errors.AsType[*memory.LimitError](err); ok {
		refused := refuse(statusByMediaType, graph.CodeRequestLimitExceeded, limit.Error())
		refused.errors[0].Extensions["retryable"] = false
		return refused
	}
	return refuseForMemory()
}

// argumentError makes the error of an argument, or of a variable when its name has a $ in front.
func argumentError(pos *ast.Position, argument, message string) *gqlerror.Error {
	err := at(requestError(graph.CodeBadUserInput, message), pos)
	err.Extensions["argument"] = argument
	return err
}

// badRequest refuses, with 400, what is not GraphQL over HTTP.
func badRequest(message string) *refusal {
	return refuse(http.StatusBadRequest, codeBadRequest, message)
}

// requestError makes an error with a code. The request's id is added when it is written.
func requestError(code graph.Code, message string) *gqlerror.Error {
	return &gqlerror.Error{Message: message, Extensions: map[string]any{"code": code}}
}

// at adds a place of the document to an error, where pos is known, and returns the error.
func at(err *gqlerror.Error, pos *ast.Position) *gqlerror.Error {
	if pos != nil {
		err.Locations = []gqlerror.Location{{Line: pos.Line, Column: pos.Column}}
	}
	return err
}
