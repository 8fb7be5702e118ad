package operation

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"testing"

	"jobsgateway/internal/clienttest"
	"jobsgateway/internal/logtest"
	"jobsgateway/restclient"
)

// failing starts an operation whose calls fail as fail says, and gives the lines of its log.
func failing(ctx context.Context, fail func(call int) error) (context.Context, *logtest.Buffer) {
	log, calls := &logtest.Buffer{}, &atomic.Int64{}
	upstream := asks(func(context.Context, int) error { return fail(int(calls.Add(1))) })
	return With(ctx, upstream, Limits{Calls: 1000, Concurrency: 64}, log.Logger()), log
}

// What the operator can mend is a warning with its cause, and a hint where there is one; what a caller causes is not.
func TestFailuresForTheOperator(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fault   *restclient.Error
		warning bool
		hint    bool
	}{
		"no connection": {&restclient.Error{Kind: restclient.KindUnavailable}, true, false},
		"a 503":         {&restclient.Error{Kind: restclient.KindUnavailable, Status: 503}, true, false},
		"no time":       {&restclient.Error{Kind: restclient.KindTimeout}, true, false},
		"no JSON":       {&restclient.Error{Kind: restclient.KindMalformed}, true, false},
		"a redirect":    {&restclient.Error{Kind: restclient.KindInvalid, Status: 302}, true, true},
		"a 204":         {&restclient.Error{Kind: restclient.KindInvalid, Status: 204}, true, true},
		"no list":       {&restclient.Error{Kind: restclient.KindInvalid, Status: 404}, true, true},
		"no GET":        {&restclient.Error{Kind: restclient.KindInvalid, Status: 405}, true, true},
		"a list gone":   {&restclient.Error{Kind: restclient.KindInvalid, Status: 410}, true, true},
		"no URL":        {&restclient.Error{Kind: restclient.KindInvalid}, true, false},
		"a 400":         {&restclient.Error{Kind: restclient.KindInvalid, Status: 400, Detail: "sentence"}, false, false},
		"a 422":         {&restclient.Error{Kind: restclient.KindInvalid, Status: 422}, false, false},
		"a 401":         {&restclient.Error{Kind: restclient.KindUnauthenticated, Status: 401}, false, false},
		"no token":      {&restclient.Error{Kind: restclient.KindUnauthenticated}, false, false},
		"a 403":         {&restclient.Error{Kind: restclient.KindForbidden, Status: 403}, false, false},
		"no job":        {&restclient.Error{Kind: restclient.KindNotFound, Status: 404}, false, false},
		"a 429":         {&restclient.Error{Kind: restclient.KindRateLimited, Status: 429}, false, false},
	} {
		ctx, log := failing(t.Context(), func(int) error { return tc.fault })
		for range 5 { // however many fields ask
			if _, err := load(ctx, loadersOf(ctx).pages, numbered(1)); err == nil {
				t.Errorf("%s: no failure", name)
			}
		}
		level := slog.LevelDebug
		if tc.warning {
			level = slog.LevelWarn
		}
		lines := log.Lines(t, level)
		if len(lines) != 1 || lines[0]["msg"] != "upstream call failed" || lines[0]["error"] != tc.fault.Error() {
			t.Fatalf("%s: %v", name, lines)
		}
		if lines[0]["kind"] != tc.fault.Kind.String() || (tc.fault.Status != 0) != (lines[0]["status"] == float64(tc.fault.Status)) {
			t.Errorf("%s: %v", name, lines)
		}
		if hint, _ := lines[0]["hint"].(string); (hint == addressHint) != tc.hint {
			t.Errorf("%s: the hint is %q", name, hint)
		}
		// Who has left is nobody's fault.
		left, leave := context.WithCancel(t.Context())
		ctx, log = failing(left, func(int) error { leave(); return tc.fault })
		_, _ = load(ctx, loadersOf(ctx).pages, numbered(1))
		if lines := log.Lines(t, slog.LevelWarn); len(lines) != 0 {
			t.Errorf("%s, and the caller has left: %v", name, lines)
		}
	}
}

// A page that is too large is read in parts and no concern of the operator's; one job that is too large is.
func TestLargeAnswersForTheOperator(t *testing.T) {
	t.Parallel()
	tooLarge := &restclient.Error{Kind: restclient.KindMalformed, TooLarge: true}
	for key, warned := range map[any]bool{
		restclient.JobsQuery{PerPage: 1}: true, restclient.JobsQuery{PerPage: 2}: false, restclient.JobID("a"): true,
	} {
		serious, hint := concernsOperator(key, tooLarge)
		if serious != warned || hint != sizeHint {
			t.Errorf("%v: %t %q", key, serious, hint)
		}
	}
}

// A cause is told once an operation, whatever it costs, and at most five of them are; another operation tells anew.
func TestFailuresAreToldOnce(t *testing.T) {
	t.Parallel()
	for range 2 {
		ctx, log := failing(t.Context(), func(call int) error {
			if call%2 == 0 {
				return &restclient.Error{Kind: restclient.KindUnavailable, Status: 503, LogID: fmt.Sprintf("%x-a", call)}
			}
			return &restclient.Error{Kind: restclient.KindTimeout}
		})
		var thunks []func() (*restclient.JobsPage, error)
		for i := range 200 {
			thunks = append(thunks, loadersOf(ctx).pages.Load(ctx, numbered(i)))
		}
		loadersOf(ctx).pages.Flush()
		for _, thunk := range thunks {
			_, _ = thunk()
		}
		if told, rest := log.Lines(t, slog.LevelWarn), log.Lines(t, slog.LevelDebug); len(told) != 2 || len(rest) != 198 {
			t.Errorf("%d lines, and %d for who debugs", len(told), len(rest))
		}
	}
	ctx, log := failing(t.Context(), func(call int) error {
		return &restclient.Error{Kind: restclient.KindUnavailable, Status: 500 + call}
	})
	for i := range 20 {
		_, _ = load(ctx, loadersOf(ctx).pages, numbered(i))
	}
	if told := log.Lines(t, slog.LevelWarn); len(told) != 5 {
		t.Errorf("%d lines", len(told))
	}
}

// A whole outage costs one line: the ports of connections that fail are no causes of their own.
func TestOutageIsOneLine(t *testing.T) {
	t.Parallel()
	client := clienttest.New(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
			_ = conn.(*net.TCPConn).SetLinger(0) // a reset, whose error names ports
			_ = conn.Close()
		}
	}))
	log := &logtest.Buffer{}
	ctx := With(t.Context(), client, Limits{Calls: 200, Concurrency: 16}, log.Logger())
	var thunks []func() (*restclient.JobsPage, error)
	for i := range 100 {
		thunks = append(thunks, loadersOf(ctx).pages.Load(ctx, restclient.JobsQuery{Offset: int64(i), PerPage: 1}))
	}
	loadersOf(ctx).pages.Flush()
	for _, thunk := range thunks {
		if _, err := thunk(); err == nil || !errors.As(err, new(*restclient.Error)) {
			t.Errorf("%v", err)
		}
	}
	if told := log.Lines(t, slog.LevelWarn); len(told) == 0 || len(told) > 2 { // an end, a reset
		t.Errorf("%d lines: %v", len(told), told)
	}
}
