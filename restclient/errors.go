package restclient

import (
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"
	"unicode"

	"jobsgateway/internal/rawjson"
)

// Kind says what went wrong with a call, so that its reader knows what to do.
type Kind int

// The kinds, each with what it comes from.
const (
	// KindInvalid is a request that the Jobs API refuses: 400, 422, another 4xx, a redirect, an odd 2xx.
	KindInvalid Kind = iota + 1
	// KindUnauthenticated is a missing token, or a 401. The Jobs API also answers 401 for a missing
	// permission.
	KindUnauthenticated
	// KindForbidden is a 403.
	KindForbidden
	// KindNotFound is a 404 on one job: it does not exist, or this token may not see it.
	KindNotFound
	// KindRateLimited is a 429, or a call that was not made since its token has to wait after one;
	// Error.RetryAfter has how long.
	KindRateLimited
	// KindUnavailable is a 5xx, a 421 or 425, a refused or a broken connection, or a call that was not made
	// since nearly all others fail.
	KindUnavailable
	// KindTimeout is a deadline that passed, here or in the Jobs API (a 408), or a caller that left.
	KindTimeout
	// KindBusy is a call that was not made, since its operation has made none yet and there is no room for one
	// more.
	KindBusy
	// KindMalformed is an answer that cannot be read, or is larger than the cap.
	KindMalformed
	// KindNoMemory is an answer for which there is no memory: it wraps a *memory.LimitError, for the caller's
	// operation, or a *memory.OverloadError.
	KindNoMemory
)

// String returns the kind's name for logs.
func (k Kind) String() string {
	if k > 0 && int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "kind " + strconv.Itoa(int(k))
}

var kindNames = [...]string{
	KindInvalid:         "invalid",
	KindUnauthenticated: "unauthenticated",
	KindForbidden:       "forbidden",
	KindNotFound:        "not found",
	KindRateLimited:     "rate limited",
	KindUnavailable:     "unavailable",
	KindTimeout:         "timeout",
	KindBusy:            "busy",
	KindMalformed:       "malformed",
	KindNoMemory:        "no memory",
}

// Error is the only error type that a Client returns. It never holds the token.
type Error struct {
	Kind Kind
	// Status is the HTTP status of the answer; 0 when there was none.
	Status int
	// Detail is the Jobs API's own sentence, for KindInvalid alone: plain text, at most 300 characters.
	Detail string
	// LogID is the Jobs API's own log id of the failure, for its support; often empty.
	LogID string
	// RetryAfter is how long the Jobs API asks to wait, or how long no call is made; 0 when neither is known.
	RetryAfter time.Duration
	// Unsent is true if no request was sent: there is no token, or the call was not made.
	Unsent bool
	// Attempt is which attempt of the call has failed, from 1; 0 if nothing was sent, or the caller did not
	// wait for its end.
	Attempt int
	// TooLarge is true, with KindMalformed, if the answer is over the cap: fewer records may fit.
	TooLarge bool
	// Lacks says why a record cannot be read, to go on after "records that", such as "have no job_id that is
	// a string"; empty for an error that is not a record's.
	Lacks string

	cause    error
	mendable bool // the same request may be answered in a moment, and to send it again does no harm
}

// LogAttrs returns what a line of the log says of a failed call: its kind, its status and its attempt if
// there are any, and the text of Error.
func (e *Error) LogAttrs() []slog.Attr {
	attrs := make([]slog.Attr, 0, 6) //nolint:mnd // with room for what callers add
	attrs = append(attrs, slog.String("kind", e.Kind.String()))
	if e.Status != 0 {
		attrs = append(attrs, slog.Int("status", e.Status))
	}
	if e.Attempt != 0 {
		attrs = append(attrs, slog.Int("attempt", e.Attempt))
	}
	return append(attrs, slog.String("error", e.Error()))
}

// AsError returns the Error that err is or wraps; false when there is none. A rawjson.Error, which says that
// a value is not of the type it should be, becomes one of KindMalformed with the same text.
func AsError(err error) (*Error, bool) {
	if e, ok := errors.AsType[*Error](err); ok {
		return e, true
	}
	if unread, ok := errors.AsType[*rawjson.Error](err); ok {
		return malformed("%w", unread), true
	}
	return nil, false
}

// Error returns what went wrong for a log, in one line of at most 300 characters, without a byte of the
// answer. It can name the host of the Jobs API, so it is not for callers.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("jobs api: " + e.Kind.String())
	if e.Status != 0 {
		fmt.Fprintf(&b, " (status %d)", e.Status)
	}
	if e.LogID != "" {
		b.WriteString(" log id " + e.LogID)
	}
	if e.cause != nil {
		b.WriteString(": " + e.cause.Error())
	}
	return plain(b.String(), maxErrorText)
}

// Unwrap returns the cause; nil if there is none.
func (e *Error) Unwrap() error { return e.cause }

// forget removes every part of the token from the texts in which the Jobs API, or a library, may have quoted
// it. Only then is Detail cut to maxDetail: a token that was cut before would not be found.
// A cause whose text has a part of the token is replaced by that text without it.
func (e *Error) forget(token string) {
	s := partsOf(token)
	e.Detail = plain(s.hide(e.Detail), maxDetail)
	if s.hide(e.LogID) != e.LogID {
		e.LogID = ""
	}
	if e.cause == nil {
		return
	}
	if text := e.cause.Error(); s.hide(text) != text {
		// Without the causes that it wraps: they hold the token, too.
		e.cause = errors.New(s.hide(text))
	}
}

// maxErrorText bounds an error in the log, in characters.
const maxErrorText = 300

// unsent returns the Error of a call for which nothing was sent.
func unsent(kind Kind, retryAfter time.Duration, why string) *Error {
	return &Error{Kind: kind, RetryAfter: retryAfter, Unsent: true, cause: errors.New(why)}
}

// malformed returns the Error of an answer that cannot be read; the text is for the log.
func malformed(format string, args ...any) *Error {
	return &Error{Kind: KindMalformed, cause: fmt.Errorf(format, args...)}
}

// unreadable returns the Error of a record that is no job; lacks is Error.Lacks.
func unreadable(lacks string) *Error {
	return &Error{Kind: KindMalformed, Lacks: lacks, cause: errors.New("records that " + lacks)}
}

// tooLarge returns the Error of an answer over the cap.
func tooLarge(format string, args ...any) *Error {
	e := malformed(format, args...)
	e.TooLarge = true
	return e
}

// plain returns s with spaces for control characters, cut to limit characters, the last of which is then "…".
func plain(s string, limit int) string {
	s = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s))
	runes := []rune(s)
	if len(runes) > limit {
		return string(runes[:limit-1]) + "…"
	}
	return s
}
