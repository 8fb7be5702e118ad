package restclient

import (
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"jobsgateway/internal/rawjson"
)

// kindOfStatus returns the kind of an HTTP status other than 200. A 408, 421, 425 or 5xx says that the same
// request may succeed later. Every other status that has no kind of its own is KindInvalid: a redirect, which
// is not followed, and a 204, which has no list, too.
func kindOfStatus(status int) Kind {
	switch {
	case status == http.StatusRequestTimeout:
		return KindTimeout
	case status == http.StatusMisdirectedRequest, status == http.StatusTooEarly:
		return KindUnavailable
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

// mayBeWrong is a hint for the operator who configured the address.
const mayBeWrong = "; the base address may be wrong"

// redirectTo returns where a redirect leads, for a log. Only the scheme and the host are named: the rest of
// an address may hold anything.
func redirectTo(location string) string {
	to, err := url.Parse(location)
	switch {
	case location == "":
		return "it redirects to no address"
	case err != nil:
		return "it redirects elsewhere"
	case to.Host == "":
		return "it redirects to another path"
	case (to.Scheme == "" || to.Scheme == "http" || to.Scheme == "https") && harmlessHost.MatchString(to.Host):
		return "it redirects to " + strings.TrimPrefix(to.Scheme+"://"+to.Host, "://")
	}
	return "it redirects elsewhere"
}

// harmlessHost matches a host that may be written into a log.
var harmlessHost = regexp.MustCompile(`^(?:[A-Za-z0-9._-]{1,100}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?$`)

// statusError returns the Error of an answer other than 200. body is the start of its body. The Error may
// still quote the token: see Error.forget. RetryAfter is set for the kinds that may pass with time, LogID if
// the body is JSON, and Detail only for KindInvalid: that is what a caller can mend.
func statusError(status int, header http.Header, body []byte, now time.Time) *Error {
	e := &Error{Kind: kindOfStatus(status), Status: status, mendable: mendableStatus(status)}
	if e.Kind == KindRateLimited || e.Kind == KindUnavailable || e.Kind == KindTimeout {
		e.RetryAfter = retryAfter(header.Get("Retry-After"), now)
	}
	if status >= 300 && status < 400 {
		e.cause = errors.New(redirectTo(header.Get("Location")) + mayBeWrong)
	}
	if !isJSON(header.Get("Content-Type")) {
		return e
	}
	problem := rawjson.ObjectOf(body)
	e.LogID = logID(problem)
	if e.Kind == KindInvalid {
		e.Detail = sentenceOf(problem)
	}
	return e
}

// sentenceOf returns what the body of an error says, from the first of these members that is a sentence:
// their order is from documented shapes to common ones, and from details to titles. Empty for none. It is not
// cut.
func sentenceOf(problem rawjson.Value) string {
	failure := problem.Get("error")
	var first rawjson.Value
	for first = range problem.Get("errors").Elements() {
		break
	}
	for _, said := range []rawjson.Value{
		problem.Get("detail"), problem.Get("error_description"), problem.Get("message"),
		failure.Get("detail"), failure.Get("message"), first.Get("detail"), first.Get("message"), first,
		problem.Get("title"), failure,
	} {
		if text, err := said.Text(); err == nil && text != nil && !markup.MatchString(*text) {
			return *text
		}
	}
	return ""
}

// markup matches what a page for browsers has and a sentence has not. A sentence may have a < that means
// "less than".
var markup = regexp.MustCompile(`(?i)</[a-z]|<!|<(?:html|head|body|title|meta|link|script|style|h[1-6]|p|div|span|` +
	`pre|br|hr|center|table|form|input|iframe|img|svg|font|a)(?:\s[^>]*=[^>]*|\s*/)?>`)

// logID returns the id under which the Jobs API logged an error, for its support. The documents spell the
// member in two ways. Empty if it has other characters than letters, digits, "-", "_", "." and ":", or is too
// long.
func logID(problem rawjson.Value) string {
	for _, member := range []string{"logId", "log_id"} {
		text, err := problem.Get(member).Text()
		if err != nil || text == nil || len(*text) > maxLogID {
			continue
		}
		if strings.IndexFunc(*text, func(r rune) bool {
			return r > unicode.MaxASCII ||
				!unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_.:", r)
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

// maxRetryAfter is the longest Retry-After that is passed on, and stands for all longer ones.
const maxRetryAfter = 24 * time.Hour

// retryAfter returns how long a Retry-After asks to wait, written as seconds or as a date: at most
// maxRetryAfter; 0 for one that is in the past or cannot be read.
func retryAfter(value string, now time.Time) time.Duration {
	seconds, err := strconv.ParseInt(value, 10, 64)
	if err == nil || errors.Is(err, strconv.ErrRange) { // out of range it is the largest number, or the smallest
		return time.Duration(max(0, min(seconds, int64(maxRetryAfter/time.Second)))) * time.Second
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return max(0, min(at.Sub(now), maxRetryAfter))
}
