package restclient

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
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
	// KindUnavailable is a 5xx, a refused or a broken connection.
	KindUnavailable
	// KindTimeout is a deadline that passed, or a caller that left.
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

// Error describes the failure for a log. It can name the upstream's address, so it is not for callers.
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
	return b.String()
}

// Unwrap gives the cause, if there is one.
func (e *Error) Unwrap() error { return e.cause }

// minSecret is the shortest token that is looked for: a shorter one is no secret, and stands in any sentence.
const minSecret = 8

// forget takes the token out of what the Jobs API, or net/http on its behalf, may have quoted.
func (e *Error) forget(token string) {
	if len(token) < minSecret {
		return
	}
	const instead = "[token]"
	e.Detail = strings.ReplaceAll(e.Detail, token, instead)
	if strings.Contains(e.LogID, token) {
		e.LogID = ""
	}
	if e.cause != nil && strings.Contains(e.cause.Error(), token) {
		// The causes behind this one would quote it again.
		e.cause = errors.New(strings.ReplaceAll(e.cause.Error(), token, instead))
	}
}

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

// transportError gives the kind of a failure below HTTP: a deadline, or else a connection.
func transportError(ctx context.Context, err error) *Error {
	var netErr net.Error
	if ctx.Err() != nil || errors.As(err, &netErr) && netErr.Timeout() {
		return &Error{Kind: KindTimeout, cause: err}
	}
	return &Error{Kind: KindUnavailable, cause: err}
}

// kindOfStatus is the one map from an HTTP status that is not 200 to a kind.
func kindOfStatus(status int) Kind {
	switch {
	case status == http.StatusRequestTimeout:
		return KindTimeout
	case status == http.StatusUnauthorized:
		return KindUnauthenticated
	case status == http.StatusForbidden:
		return KindForbidden
	case status == http.StatusNotFound:
		return KindNotFound
	case status == http.StatusTooManyRequests:
		return KindRateLimited
	case status >= http.StatusInternalServerError:
		return KindUnavailable
	}
	return KindInvalid
}

// statusError turns an answer that is not a 200 into an Error. Body is the start of its body.
func statusError(status int, header http.Header, body []byte, now time.Time) *Error {
	e := &Error{Kind: kindOfStatus(status), Status: status}
	if e.Kind == KindRateLimited || e.Kind == KindUnavailable {
		e.RetryAfter = retryAfter(header.Get("Retry-After"), now)
	}
	if !isJSON(header.Get("Content-Type")) {
		return e
	}
	problem := objectOf(body)
	e.LogID = logID(problem)
	if e.Kind == KindInvalid {
		e.Detail = problemDetail(problem)
	}
	return e
}

// problemDetail finds the sentence in any of the three documented error bodies, the most telling member first.
func problemDetail(problem JSON) string {
	for _, member := range []string{"detail", "error_description", "message", "title", "error"} {
		text, err := problem.Get(member).Text()
		if err == nil && text != nil && !strings.ContainsRune(*text, '<') {
			return plain(*text, maxDetail)
		}
	}
	return ""
}

// logID reads the support handle, which the documents spell in two ways. Odd characters mean that it is none.
func logID(problem JSON) string {
	for _, member := range []string{"logId", "log_id"} {
		text, err := problem.Get(member).Text()
		if err != nil || text == nil || len(*text) > maxLogID {
			continue
		}
		if strings.IndexFunc(*text, func(r rune) bool {
			return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_.:", r)
		}) < 0 {
			return *text
		}
	}
	return ""
}

const (
	maxDetail = 300 // characters of upstream text that may reach a caller
	maxLogID  = 128 // bytes; the documented ones are UUIDs
)

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

// maxRetryAfter is the longest wait that is believed; anything longer is taken as not said.
const maxRetryAfter = 24 * time.Hour

// retryAfter reads the header's two forms, seconds and a date. Negative, past, endless or unreadable: 0.
func retryAfter(value string, now time.Time) time.Duration {
	var wait time.Duration
	if seconds, err := strconv.ParseInt(value, 10, 32); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(value); err == nil {
		wait = at.Sub(now)
	}
	if wait <= 0 || wait > maxRetryAfter {
		return 0
	}
	return wait
}
