package doctor

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"jobsgateway/restclient"
)

// judgeFailure says why a call was not answered with a list.
func judgeFailure(got answers, a answer) Finding {
	seen, do := failureOf(got, a)
	f := ofAnswer.wrong(do, "GET %s %s.", a.url(got.base), seen)
	if a.failed.Detail != "" {
		f.Seen += " It says: " + strings.TrimSuffix(a.failed.Detail, ".") + "."
	}
	if a.failed.LogID != "" {
		f.Seen += " Its log id is " + a.failed.LogID + "."
	}
	if a.failed.Status >= http.StatusBadRequest && a.isHTML() {
		f.Seen += " The body is an HTML page, so it may be a proxy's or balancer's and not the API's."
	}
	return f
}

// isHTML reports whether an answer says that it is a page for people.
func (a answer) isHTML() bool { return strings.Contains(a.header.Get("Content-Type"), "html") }

// failureOf returns what became of a call, to go on after its address, and what to do.
func failureOf(got answers, a answer) (seen, do string) {
	const address = "Look at --upstream-url: it is the base, to which /jobs is appended."
	switch status := a.failed.Status; {
	case status == 0:
		return silenceOf(got, a)
	case status >= 300 && status < 400:
		return fmt.Sprintf("answered %d: %s, which is not followed", status, causeOf(a.failed)),
			redirectAdvice(got.base, a.header.Get("Location"))
	case status == http.StatusUnauthorized:
		return unauthorized(strings.Join(a.header.Values("Www-Authenticate"), " "))
	case status == http.StatusForbidden:
		return "answered 403: the token is known, and may not read jobs",
			"Give the token the permission to read jobs, or ask with another one."
	case status == http.StatusNotFound:
		return "answered 404: there is no list of jobs at this address", address
	case status == http.StatusTooManyRequests:
		return "answered 429: the token makes too many calls" + waitOf(a.failed),
			"Wait as long, or ask for a higher limit. The gateway does not send a token for as long as it is " +
				"told to wait, at most a minute."
	case status >= http.StatusInternalServerError:
		return fmt.Sprintf("answered %d: the API, or what is before it, has failed%s", status, waitOf(a.failed)),
			"Look into the API's own log. The gateway asks again after a 502 or a 503."
	case status < http.StatusBadRequest:
		return fmt.Sprintf("answered %d, which is no list of jobs", status), address
	case status == http.StatusBadRequest && got.base.Scheme == "http":
		return "answered 400: the request was refused",
			address + " If the API speaks TLS on this port, begin it with https://."
	default:
		return fmt.Sprintf("answered %d: the request was refused", status), address
	}
}

// unauthorized says what a 401 with a challenge means. The Jobs API may also answer it to a token without the
// permission.
func unauthorized(challenge string) (seen, do string) {
	switch {
	case strings.Contains(challenge, "insufficient_scope"):
		return "answered 401: the token may not read jobs", "Give the token the permission to read jobs."
	case strings.Contains(challenge, "invalid_token"):
		return "answered 401: the token is not known, was revoked or has expired",
			"Make a new token, and copy it whole."
	}
	return "answered 401: the token is not known, was revoked or has expired, or it lacks the permission to " +
			"read jobs, which may be a 401, too",
		"Try the token against the API by itself; then make a new one that has the permission to read jobs."
}

// silenceOf is failureOf for a call without a status: nothing has come, or a 200 that cannot be read.
func silenceOf(got answers, a answer) (seen, do string) {
	cause := causeOf(a.failed)
	switch {
	case a.failed.Kind == restclient.KindTimeout:
		return "was not answered in time: " + cause,
			fmt.Sprintf("Find out why the API is slow, or raise --upstream-timeout, which is %v.", got.timeout)
	case a.failed.Kind == restclient.KindUnavailable:
		return "was not answered: " + cause,
			"Look into the API's own log, and at what is in between that may close connections."
	case a.failed.TooLarge:
		return "answered more than fits: " + cause, "Raise --max-upstream-body: one record has to fit into it."
	case a.isHTML():
		return "answered 200 with an HTML page in place of a list",
			"Correct --upstream-url: it leads to a page for people, or a proxy in between asks for a login."
	}
	return "answered 200, and it is no list of jobs: " + cause,
		"Compare it with README, The REST API: it needs an object with an array named records."
}

// causeOf returns the cause of a failure, without the hint that its line in the log has.
func causeOf(failed *restclient.Error) string {
	cause := errors.Unwrap(failed)
	if cause == nil {
		return failed.Kind.String()
	}
	text, _, _ := strings.Cut(cause.Error(), "; the base address may be wrong")
	return strings.TrimSpace(text)
}

// waitOf tells a Retry-After, to go on in a sentence.
func waitOf(failed *restclient.Error) string {
	if failed.RetryAfter == 0 {
		return ""
	}
	return fmt.Sprintf("; it asks to wait %v", failed.RetryAfter.Round(time.Second))
}

// redirectAdvice says what to change so that there is no redirect from base to a location.
func redirectAdvice(base *url.URL, location string) string {
	const alone = "the gateway follows no redirect, so that tokens go to the configured host alone."
	to, err := base.Parse(location)
	switch {
	case err != nil || location == "":
		return "Correct --upstream-url: " + alone
	case to.Hostname() == base.Hostname() && to.Scheme == "https" && base.Scheme == "http":
		return "Begin --upstream-url with https://, and mind the port."
	case to.Host != base.Host:
		return "If the API has moved there, change --upstream-url: " + alone
	case to.Path == base.Path+"/jobs/":
		return "Ask who runs the API to answer at /jobs without a slash behind it: the gateway does not send one."
	}
	return "Correct the path of --upstream-url. If this is a login, the API wants something before the token, " +
		"which the gateway does not have."
}
