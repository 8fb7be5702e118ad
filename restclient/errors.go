package restclient

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"jobsgateway/internal/rawjson"
)

// Kind says what went wrong with a call, in the words of whoever has to act on it.
type Kind int

// The kinds. Each names what it is born of.
const (
	// KindInvalid is a request that the Jobs API refuses: 400, 422, another 4xx, a redirect, an odd 2xx.
	KindInvalid Kind = iota + 1
	// KindUnauthenticated is a missing token, or a 401. The Jobs API also answers 401 for a missing permission.
	KindUnauthenticated
	// KindForbidden is a 403.
	KindForbidden
	// KindNotFound is a 404 on one job: it does not exist, or this token may not see it.
	KindNotFound
	// KindRateLimited is a 429; Error.RetryAfter has what the Jobs API asks for.
	KindRateLimited
	// KindUnavailable is a 5xx, a 421 or 425, a refused or a broken connection.
	KindUnavailable
	// KindTimeout is a deadline that passed, here or in the Jobs API, which then answers 408, or a caller that left.
	KindTimeout
	// KindMalformed is an answer that cannot be read, or is larger than the cap.
	KindMalformed
)

// String gives the kind's name as it stands in logs.
func (k Kind) String() string {
	switch k {
	case KindInvalid:
		return "invalid"
	case KindUnauthenticated:
		return "unauthenticated"
	case KindForbidden:
		return "forbidden"
	case KindNotFound:
		return "not found"
	case KindRateLimited:
		return "rate limited"
	case KindUnavailable:
		return "unavailable"
	case KindTimeout:
		return "timeout"
	case KindMalformed:
		return "malformed"
	}
	return "kind " + strconv.Itoa(int(k))
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
	// RetryAfter is how long the Jobs API asks to wait; 0 when it does not say.
	RetryAfter time.Duration
	// TooLarge is true, with KindMalformed, when the answer is over the cap: fewer records may fit.
	TooLarge bool
	// Lacks tells callers what makes a record unreadable, after "a record" or "records", such as "have no job_id that is a
	// string"; empty when it is no record's error.
	Lacks string

	cause error
}

// AsError returns the Error that err is or wraps; false when there is none. A rawjson.Error, which tells that a part of
// an answer cannot be read as what it should be, becomes one of KindMalformed.
func AsError(err error) (*Error, bool) {
	if e, ok := errors.AsType[*Error](err); ok {
		return e, true
	}
	if unread, ok := errors.AsType[*rawjson.Error](err); ok {
		return malformed("%w", unread), true
	}
	return nil, false
}

// Error describes the failure for a log, in one line of at most 300 characters: what precisely went wrong, with no byte of
// what was answered. It can name the upstream's address, so it is not for callers.
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

// Unwrap gives the cause, if there is one.
func (e *Error) Unwrap() error { return e.cause }

// forget takes every part of the token out of what the Jobs API, or a library on its behalf, may have quoted, and only then
// cuts the sentence to what may reach a caller: a token that is cut first is no longer found.
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
		// The causes behind this one would quote it again.
		e.cause = errors.New(s.hide(text))
	}
}

// maxErrorText is how many characters of an error are for the log.
const maxErrorText = 300

// malformed is an answer that cannot be read; the cause is for the log.
func malformed(format string, args ...any) *Error {
	return &Error{Kind: KindMalformed, cause: fmt.Errorf(format, args...)}
}

// unreadable is a record that is no job; lacks is as Error.Lacks.
func unreadable(lacks string) *Error {
	return &Error{Kind: KindMalformed, Lacks: lacks, cause: errors.New("records that " + lacks)}
}

// tooLarge is an answer that is over the cap.
func tooLarge(format string, args ...any) *Error {
	e := malformed(format, args...)
	e.TooLarge = true
	return e
}

// plain cuts s to limit characters and turns control characters into spaces.
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
