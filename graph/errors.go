package graph

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"math"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"jobsgateway/graph/direct"
	"jobsgateway/graph/live"
	"jobsgateway/graph/model"
	"jobsgateway/graph/operation"
	"jobsgateway/graph/paging"
	"jobsgateway/internal/memory"
	"jobsgateway/restclient"
)

// Code is what a client switches on: the `extensions.code` of an error. Codes are never renamed.
type Code string

// Codes of single fields. Those of whole requests stand in internal/gateway.
const (
	CodeBadUserInput         Code = "BAD_USER_INPUT"
	CodeUnauthenticated      Code = "UNAUTHENTICATED"
	CodeForbidden            Code = "FORBIDDEN"
	CodeRequestLimitExceeded Code = "REQUEST_LIMIT_EXCEEDED"
	CodeConcurrencyLimited   Code = "REQUEST_CONCURRENCY_LIMITED"
	CodeUpstreamRejected     Code = "UPSTREAM_REJECTED"
	CodeUpstreamRateLimited  Code = "UPSTREAM_RATE_LIMITED"
	CodeUpstreamUnavailable  Code = "UPSTREAM_UNAVAILABLE"
	CodeUpstreamTimeout      Code = "UPSTREAM_TIMEOUT"
	CodeUpstreamBadResponse  Code = "UPSTREAM_BAD_RESPONSE"
	CodeSubscriptionLimit    Code = "SUBSCRIPTION_LIMIT_EXCEEDED"
	CodeInternal             Code = "INTERNAL_SERVER_ERROR"
)

// Codes returns the codes above.
func Codes() []Code {
	return []Code{
		CodeBadUserInput, CodeUnauthenticated, CodeForbidden, CodeRequestLimitExceeded, CodeConcurrencyLimited,
		CodeUpstreamRejected, CodeUpstreamRateLimited, CodeUpstreamUnavailable, CodeUpstreamTimeout,
		CodeUpstreamBadResponse, CodeSubscriptionLimit, CodeInternal,
	}
}

// face is what a client sees of a kind of failure. Retryable: the same request may succeed later.
type face struct {
	code      Code
	message   string
	retryable bool
}

// faces has the face of every kind; the linter keeps it complete.
var faces = map[restclient.Kind]face{
	restclient.KindInvalid:         {CodeUpstreamRejected, "The Jobs API refused the request.", false},
	restclient.KindUnauthenticated: {CodeUnauthenticated, messageBadToken, false},
	restclient.KindForbidden:       {CodeForbidden, messageForbidden, false},
	restclient.KindNotFound:        {CodeUpstreamRejected, messageNotFound, false},
	restclient.KindRateLimited:     {CodeUpstreamRateLimited, messageRateLimited, true},
	restclient.KindUnavailable:     {CodeUpstreamUnavailable, messageUnavailable, true},
	restclient.KindTimeout:         {CodeUpstreamTimeout, messageTimeout, true},
	restclient.KindMalformed:       {CodeUpstreamBadResponse, messageMalformed, false},
	restclient.KindNoMemory:        {CodeConcurrencyLimited, (&memory.OverloadError{}).Error(), true},
	restclient.KindBusy:            {CodeConcurrencyLimited, MessageBusy, true},
}

// MessageBusy tells the caller of an operation that was not run for want of room what to do.
const MessageBusy = "There are more operations than the gateway and the Jobs API can answer now; " +
	"wait for retryAfterSeconds, then send this one again."

const (
	messageForbidden   = "The Jobs API does not let this token read these jobs."
	messageNotFound    = "The Jobs API does not know what was asked for."
	messageRateLimited = "The Jobs API asks this token to slow down; try again later."
	messageUnavailable = "The Jobs API could not be reached, or failed; try again later."
	messageTimeout     = "The Jobs API did not answer in time; try again, or ask for less."
	messageMalformed   = "The Jobs API sent something that cannot be read."

	messageBadToken = "The Jobs API did not accept the token: " +
		"it is wrong, expired, or lacks the permission to read jobs."
	messageNoToken  = "This field needs a token: send the header Authorization: Bearer <token>."
	messageInternal = "The gateway failed. Its operator finds the cause in the log, under the request id."
	messageArgument = "The argument does not have the type that the schema declares."
	messageEntity   = "A representation needs the __typename of an entity of this subgraph, and its key."
)

// Recover returns the error for a panic in a resolver; the Presenter logs it.
func Recover(_ context.Context, value any) error { return operation.Caught(value) }

// Presenter is the only gate through which an error leaves. A caller gets a code, a sentence that says what
// to do, and the request id. An error that this package does not know is logged and presented as
// INTERNAL_SERVER_ERROR.
type Presenter struct {
	// Logger adds the ids of the request that a line is of, by its context.
	Logger *slog.Logger
	// RequestID returns the id of the request that ctx belongs to.
	RequestID func(ctx context.Context) string
	// Unreadable is told of each field whose value, or an element of it, is not as the schema has it, such as
	// JobFailure.occurredAt; nil for nobody.
	Unreadable func(ctx context.Context, coordinate string)
}

// Present returns the GraphQL error for err, always a new one, at the response path of the field that failed.
// Example: a timeout below jobs becomes {"message": "The Jobs API did not answer in time; …", "path":
// ["jobs"], "extensions": {"code": "UPSTREAM_TIMEOUT", "retryable": true, "requestId": "…"}}.
func (p Presenter) Present(ctx context.Context, err error) *gqlerror.Error {
	out := &gqlerror.Error{Err: err}
	if located, ok := errors.AsType[*gqlerror.Error](err); ok {
		out.Path, out.Locations = located.Path, located.Locations
	}
	argument := ""
	if field := graphql.GetFieldContext(ctx); field != nil {
		if p.Unreadable != nil && isUnreadable(field.Object, err) {
			p.Unreadable(ctx, field.Object+"."+field.Field.Name)
		}
		out.Path, argument = splitArgument(out.Path, field.Path())
		if _, isInput := errors.AsType[*model.InputError](err); argument != "" && !isInput {
			// The generated code could not read the argument and says so in names of Go's types.
			err = &model.InputError{Message: ofWrongType(argument)}
		}
		// The root itself has no place in the document.
		if at := field.Field.Field; out.Locations == nil && at != nil && at.Position != nil {
			out.Locations = []gqlerror.Location{{Line: at.Position.Line, Column: at.Position.Column}}
		}
	}
	out.Message, out.Extensions = p.explain(ctx, err, argument)
	out.Extensions["requestId"] = p.RequestID(ctx)
	if left, ok := errors.AsType[*direct.LeftOutError](err); ok {
		out.Extensions["upstreamIndex"] = left.Index
	}
	return out
}

// isUnreadable reports whether the error of a field of an object is that of its value, and not that of a call
// whose whole answer could not be read.
func isUnreadable(object string, err error) bool {
	if _, leftOut := errors.AsType[*direct.LeftOutError](err); leftOut {
		return true
	}
	e, ok := restclient.AsError(err)
	return ok && e.Kind == restclient.KindMalformed && object != "Query" && object != "Dataset"
}

// splitArgument splits the path of an argument's error into the path of its field and the argument; empty if
// the path is that of a field. The generated code lets the argument, and the place within it, follow the
// field; a client looks for the field alone. Example: below the field jobs, jobs.filter.states[0] becomes
// jobs and filter.states[0].
func splitArgument(path, field ast.Path) (response ast.Path, argument string) {
	if len(path) <= len(field) {
		return path, ""
	}
	if _, isIndex := path[len(field)].(ast.PathIndex); isIndex {
		return path, "" // an element of a list is a place in the response
	}
	return path[:len(field)], path[len(field):].String()
}

// explain returns the message and the extensions for an error. Argument is the one that the error's path
// names; empty for none.
func (p Presenter) explain(ctx context.Context, err error, argument string) (string, map[string]any) {
	if input, ok := errors.AsType[*model.InputError](err); ok {
		extensions := map[string]any{"code": CodeBadUserInput}
		if argument = cmp.Or(input.Argument, argument); argument != "" {
			extensions["argument"] = argument
		}
		return input.Message, extensions
	}
	if paged, ok := errors.AsType[*paging.ArgumentError](err); ok {
		return paged.Message, map[string]any{"code": CodeBadUserInput, "argument": paged.Argument}
	}
	if budget, ok := errors.AsType[*operation.BudgetError](err); ok {
		return budget.Error(), map[string]any{"code": CodeRequestLimitExceeded, "retryable": false}
	}
	if limit, ok := errors.AsType[*memory.LimitError](err); ok {
		return limit.Error(), map[string]any{"code": CodeRequestLimitExceeded, "retryable": false}
	}
	if limit, ok := errors.AsType[*live.LimitError](err); ok {
		return limit.Error(), map[string]any{"code": CodeSubscriptionLimit, "retryable": true}
	}
	if noTotal, ok := errors.AsType[*direct.NoTotalError](err); ok {
		return noTotal.Error(), map[string]any{"code": CodeUpstreamBadResponse, "retryable": false}
	}
	if untruth, ok := errors.AsType[*paging.UntruthError](err); ok {
		return untruth.Error(), map[string]any{"code": CodeUpstreamBadResponse, "retryable": false}
	}
	if drift, ok := errors.AsType[*paging.DriftError](err); ok {
		return drift.Error(), map[string]any{"code": CodeRequestLimitExceeded, "retryable": true}
	}
	if upstream, ok := restclient.AsError(err); ok {
		return explainUpstream(upstream)
	}
	p.logFailure(ctx, err)
	return messageInternal, map[string]any{"code": CodeInternal}
}

// logFailure writes an error whose cause the caller does not get into the log, a panic with its stack.
func (p Presenter) logFailure(ctx context.Context, err error) {
	attrs := []slog.Attr{slog.String("error", err.Error())}
	if panicked, ok := errors.AsType[*operation.PanicError](err); ok {
		attrs = append(attrs, slog.String("stack", string(panicked.Stack)))
	}
	p.Logger.LogAttrs(ctx, slog.LevelError, "operation failed", attrs...)
}

// explainUpstream returns the message and the extensions for a failed call: what its kind says, or the detail
// that the Jobs API gave; its status, its log id and the seconds to wait, where there are any.
func explainUpstream(e *restclient.Error) (string, map[string]any) {
	f := faces[e.Kind]
	extensions := map[string]any{"code": f.code, "retryable": f.retryable}
	message := f.message
	switch {
	case e.Kind == restclient.KindUnauthenticated && e.Status == 0:
		message = messageNoToken
	case e.Detail != "":
		message = "The Jobs API refused the request: " + e.Detail
	}
	if e.Status != 0 {
		extensions["upstreamStatus"] = e.Status
	}
	if e.LogID != "" {
		extensions["upstreamLogId"] = e.LogID
	}
	if e.RetryAfter > 0 {
		extensions["retryAfterSeconds"] = int(math.Ceil(e.RetryAfter.Seconds())) // never too early
	}
	return message, extensions
}

// ofWrongType returns the sentence for an argument of another type than the schema declares.
func ofWrongType(argument string) string {
	if strings.HasPrefix(argument, "representations") {
		return messageEntity
	}
	return messageArgument
}
