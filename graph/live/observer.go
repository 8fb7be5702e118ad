package live

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"jobsgateway/restclient"
)

// Observer is told of the readings of polls, for metrics and traces. It is called by many goroutines at once, and
// polls wait until it returns.
type Observer interface {
	// PollStarts comes before a poll asks the Jobs API. Its calls are made under the context that is returned: ctx,
	// or one made of it.
	PollStarts(ctx context.Context) (running context.Context)
	// PollEnds comes when it is done; running is what PollStarts returned.
	PollEnds(running context.Context, p PollEnd)
}

// PollEnd is what a reading came to.
type PollEnd struct {
	// Failed is an error of the list, or of one of the jobs that were asked for; nil for none.
	Failed   error
	Duration time.Duration
	// Calls are those for the list, and Jobs the jobs that were asked for by their ids.
	Calls, Jobs int
}

// observed runs a reading and tells the observer of it, if there is one.
func (p *poll) observed(
	ctx context.Context, w work, read func(context.Context) (ok bool, err error),
) (ok bool, err error) {
	observer := p.engine.cfg.Observer
	if observer == nil {
		return read(ctx)
	}
	began := time.Now()
	ctx = observer.PollStarts(ctx)
	end := PollEnd{Failed: errors.New("panic"), Jobs: len(w.jobs)}
	defer func() {
		end.Duration = time.Since(began)
		observer.PollEnds(ctx, end)
	}()
	ok, end.Failed = read(ctx)
	if w.list {
		end.Calls = p.calls
	}
	return ok, end.Failed
}

// logFailure tells of what a turn has failed with.
func (p *poll) logFailure(ctx context.Context, err error) {
	cfg := &p.engine.cfg
	if _, ok := restclient.AsError(err); ok && cfg.Failed != nil {
		cfg.Failed(ctx, err)
		return
	}
	cfg.Logger.WarnContext(ctx, "live poll failed", slog.String("error", err.Error()))
}
