package doctor

import (
	"context"
	"sync"

	"jobsgateway/restclient"
)

// watcher is told of the calls and keeps what drifts. Safe for concurrent use.
type watcher struct {
	mu     sync.Mutex
	drifts []restclient.Drift
}

// Drifted keeps a drift. There are few: an answer has a bound of them.
func (w *watcher) Drifted(_ context.Context, d restclient.Drift) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.drifts = append(w.drifts, d)
}

// found returns all that was kept.
func (w *watcher) found() []restclient.Drift {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.drifts
}

// AttemptStarts changes nothing.
func (*watcher) AttemptStarts(
	ctx context.Context, _ restclient.Route, _ int,
) (running context.Context, traceparent string) {
	return ctx, ""
}

// AttemptEnds, CallEnds, CallJoined and BreakerChanged tell nothing that the calls do not return.
func (*watcher) AttemptEnds(context.Context, restclient.Attempt) {}

// CallEnds does nothing.
func (*watcher) CallEnds(context.Context, restclient.Route, *restclient.Error) {}

// CallJoined does nothing.
func (*watcher) CallJoined(context.Context, restclient.Route) {}

// BreakerChanged does nothing.
func (*watcher) BreakerChanged(restclient.BreakerState) {}
