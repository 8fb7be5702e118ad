package operation

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"jobsgateway/restclient"
)

// failures are the causes of failed calls that an operation has written warnings of. Safe for concurrent use.
type failures struct {
	mu   sync.Mutex
	told map[string]bool // by cause: see first
}

// maxTold bounds the warnings of one operation, in lines: more causes at once are one outage.
const maxTold = 5

// Hints for the operator: which setting to look at.
const (
	addressHint = "the address of the Jobs API may be wrong: see --upstream-url"
	sizeHint    = "one job alone is over the cap: see --max-upstream-body"
)

// logFailure writes a failed call into the log. It is a warning if the operator has to act, once for each
// cause in an operation, and else at debug level. What a caller's token or arguments cause is not a warning.
func (op *Operation) logFailure(ctx context.Context, key any, err error) {
	logFailure(ctx, op.logger, key, err, op.failures.first)
}

// LogFailure writes a call that failed, and belongs to no operation, into the log as the calls of operations are.
func LogFailure(ctx context.Context, logger *slog.Logger, err error) {
	logFailure(ctx, logger, nil, err, func(*restclient.Error) bool { return true })
}

// logFailure writes a failed call into the log: a warning if the operator has to act and it is new, else at debug
// level.
func logFailure(ctx context.Context, logger *slog.Logger, key any, err error, isNew func(*restclient.Error) bool) {
	e, ok := errors.AsType[*restclient.Error](err)
	if !ok { // of no Client
		logger.LogAttrs(ctx, slog.LevelDebug, "upstream call failed", slog.String("error", err.Error()))
		return
	}
	level, hint := slog.LevelDebug, ""
	if !errors.Is(ctx.Err(), context.Canceled) {
		var serious bool
		if serious, hint = concernsOperator(key, e); serious && isNew(e) {
			level = slog.LevelWarn
		}
	}
	attrs := e.LogAttrs()
	if hint != "" {
		attrs = append(attrs, slog.String("hint", hint))
	}
	logger.LogAttrs(ctx, level, "upstream call failed", attrs...)
}

// concernsOperator reports whether a failure is the Jobs API's or the network's, with a hint if there is one.
// A 404 of a job is no failure; that of the list is. A window that is too large is read in parts, but a
// single job cannot be.
func concernsOperator(key any, e *restclient.Error) (serious bool, hint string) {
	if e.TooLarge {
		q, isPage := key.(restclient.JobsQuery)
		return !isPage || q.PerPage == 1, sizeHint
	}
	switch e.Kind {
	case restclient.KindUnavailable, restclient.KindTimeout, restclient.KindMalformed:
		return true, ""
	case restclient.KindInvalid:
		switch {
		case e.Status == 0:
			return true, ""
		case e.Status < http.StatusBadRequest, e.Status == http.StatusNotFound,
			e.Status == http.StatusMethodNotAllowed, e.Status == http.StatusGone:
			return true, addressHint
		}
	case restclient.KindUnauthenticated, restclient.KindForbidden, restclient.KindNotFound,
		restclient.KindRateLimited, restclient.KindNoMemory, restclient.KindBusy:
	}
	return false, ""
}

// first reports whether this cause is new, and notes it; false after maxTold causes. Ports, sizes and places
// differ from call to call, and so do the API's log ids: numbers and log ids do not make a new cause.
// Example: two calls that wait for 127.0.0.1:80 and 127.0.0.1:81 in vain are one cause.
func (f *failures) first(e *restclient.Error) bool {
	text := e.Error()
	if e.LogID != "" {
		text = strings.ReplaceAll(text, e.LogID, "")
	}
	cause := strconv.Itoa(e.Status) + strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return -1
		}
		return r
	}, text)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.told[cause] || len(f.told) >= maxTold {
		return false
	}
	if f.told == nil {
		f.told = map[string]bool{}
	}
	f.told[cause] = true
	return true
}
