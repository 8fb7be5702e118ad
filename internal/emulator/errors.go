package emulator

import (
	"fmt"
	"html"
	"net/http"
	"strconv"
	"strings"
)

// ErrorShape selects the body of an error answer. Source: the vendor documents the first three for other
// endpoints, none for this one; HTML is what a proxy in front of it would send.
type ErrorShape int

// The shapes. A 404 for a job id has no body in any of them.
const (
	// ProblemLogID is {type, title, status, detail, instance, logId}.
	ProblemLogID ErrorShape = iota
	// ProblemLogUnderscoreID is the same with log_id, and a debug member.
	ProblemLogUnderscoreID
	// LegacyError is {error, error_description}.
	LegacyError
	// EmptyError has no body and no content type.
	EmptyError
	// HTMLError is a small HTML page.
	HTMLError
)

// refusal is an error answer in the making; its text is for the caller.
type refusal struct {
	status int
	detail string
}

// refuse makes a refusal. The text may quote what a caller sent, which need not be UTF-8.
func refuse(status int, format string, args ...any) *refusal {
	return &refusal{status: status, detail: strings.ToValidUTF8(fmt.Sprintf(format, args...), "\uFFFD")}
}

// badRequest makes a refusal with 400.
func badRequest(format string, args ...any) *refusal {
	return refuse(http.StatusBadRequest, format, args...)
}

// answer returns a refusal as it is sent for one request; serial makes the log id. A shape out of range has
// no body.
func (x *refusal) answer(shape ErrorShape, r *http.Request, serial uint64) answer {
	a := answer{status: x.status, header: http.Header{}}
	switch x.status {
	case http.StatusUnauthorized:
		a.header.Set("WWW-Authenticate", "Bearer")
	case http.StatusMethodNotAllowed:
		a.header.Set("Allow", http.MethodGet)
	}
	title := http.StatusText(x.status)
	var b []byte
	switch shape {
	case ProblemLogID:
		b = appendProblem(b, x, title, r)
		b = text(b, "logId", logID(serial))
		b = append(b, '}')
	case ProblemLogUnderscoreID:
		b = appendProblem(b, x, title, r)
		b = text(b, "log_id", logID(serial))
		b = append(member(b, "debug"), "null}"...)
	case LegacyError:
		b = text(append(b, '{'), "error", title)
		b = text(b, "error_description", x.detail)
		b = append(b, '}')
	case HTMLError:
		a.mime = "text/html; charset=utf-8"
		const page = "<!DOCTYPE html>\n<html><head><title>%d %s</title></head>\n" +
			"<body><h1>%s</h1><p>%s</p></body></html>\n"
		b = fmt.Appendf(b, page, x.status, title, title, html.EscapeString(x.detail))
	case EmptyError:
	}
	if a.mime == "" && len(b) > 0 {
		a.mime = "application/json"
	}
	a.body = b
	return a
}

// appendProblem writes the members that both problem variants share and leaves the object open.
func appendProblem(b []byte, x *refusal, title string, r *http.Request) []byte {
	b = text(append(b, '{'), "type", "https://docs.narrative.io/reference/errors/"+strconv.Itoa(x.status))
	b = text(b, "title", title)
	b = number(b, "status", int64(x.status))
	b = text(b, "detail", x.detail)
	return text(b, "instance", r.URL.EscapedPath())
}

// logID returns a uuid that counts, so that a test can tell two answers apart and repeat itself.
func logID(serial uint64) string {
	return fmt.Sprintf("10610000-0000-4000-8000-%012x", serial&0xffffffffffff)
}
