package graph

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/graph-gophers/dataloader/v7"

	"jobsgateway/restclient"
)

// Upstream is what the graph needs of the Jobs API; *restclient.Client is one. The token is the context's affair.
type Upstream interface {
	Jobs(ctx context.Context, q restclient.JobsQuery) (*restclient.JobsPage, error)
	Job(ctx context.Context, id restclient.JobID) (*restclient.Job, error)
}

// CallLimits bounds what one operation may ask of the upstream.
type CallLimits struct {
	// Calls is how many in all; what goes beyond fails with REQUEST_LIMIT_EXCEEDED.
	Calls int
	// Concurrency is how many at once.
	Concurrency int
}

// straggler is how long a key waits for company that nobody announced. Every load here is flushed as soon as the
// last key is known, so this only guards against a load that is not.
const straggler = time.Millisecond

// operation is one operation's memory and its share of the upstream: it lives and dies with it, and so does all
// that was fetched under its token.
type operation struct {
	limits  CallLimits
	logger  *slog.Logger
	calls   atomic.Int64
	slots   chan struct{}
	loaders func() *loaders
	answers sync.Map // of a question, the page that answers it: see Resolver.page
	// fresh asks for a page past the memory: when a list has moved, what was seen before does not help.
	fresh func(context.Context, restclient.JobsQuery) (*restclient.JobsPage, error)
	pages pages
	// failures are those of its calls that the log has been told of.
	failures failures
}

// pages are those that an operation was given, until it ends.
type pages struct {
	mu    sync.Mutex
	given []*restclient.JobsPage
	ended bool
}

// keep notes a page. One that comes when the operation has ended is the collector's.
func (p *pages) keep(page *restclient.JobsPage) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if page != nil && !p.ended {
		p.given = append(p.given, page)
	}
}

// EndOperation gives back the memory of the pages that the operation of ctx has read. Nothing of its data may be read any
// more but the bytes that were written.
func EndOperation(ctx context.Context) {
	p := &operationOf(ctx).pages
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	for _, page := range p.given {
		page.Release()
	}
	p.given = nil
}

// loaders batch and remember the questions of one operation. A page is a page, whether a list, a dataset's list
// or a dataset's latest job asks for it, so equal questions meet wherever they come from.
type loaders struct {
	pages *dataloader.Loader[restclient.JobsQuery, *restclient.JobsPage]
	jobs  *dataloader.Loader[restclient.JobID, *restclient.Job]
}

type operationKey struct{}

// WithOperation gives ctx the loaders of a new operation. All their calls run under this very ctx: its token and
// its deadline, not those of whichever field asks first.
func WithOperation(ctx context.Context, upstream Upstream, limits CallLimits, logger *slog.Logger) context.Context {
	op := &operation{limits: limits, logger: logger, slots: make(chan struct{}, limits.Concurrency)}
	ctx = context.WithValue(ctx, operationKey{}, op)
	askPage := func(ctx context.Context, q restclient.JobsQuery) (*restclient.JobsPage, error) {
		page, err := upstream.Jobs(ctx, q)
		op.pages.keep(page)
		return page, err
	}
	op.fresh = func(_ context.Context, q restclient.JobsQuery) (*restclient.JobsPage, error) {
		if !op.grant() {
			return nil, &budgetError{limits.Calls}
		}
		result := call(ctx, op, askPage, q)
		return result.Data, result.Error
	}
	// Made on first use: many operations ask nothing of the upstream.
	op.loaders = sync.OnceValue(func() *loaders {
		return &loaders{
			pages: newLoader(ctx, op, askPage),
			jobs:  newLoader(ctx, op, upstream.Job),
		}
	})
	return ctx
}

// UpstreamCalls is how many upstream calls the operation of ctx has made so far; 0 without an operation.
func UpstreamCalls(ctx context.Context) int {
	op, ok := ctx.Value(operationKey{}).(*operation)
	if !ok {
		return 0
	}
	return int(op.calls.Load())
}

// operationOf finds ctx's operation; without one there is nothing that a resolver could do, and Recover says so.
func operationOf(ctx context.Context) *operation {
	return ctx.Value(operationKey{}).(*operation)
}

// asking is one call of the upstream.
type asking[K, V any] func(ctx context.Context, key K) (V, error)

// newLoader makes a loader that asks each key of a batch on its own, all at once: the upstream takes one dataset a
// call, so distinct keys cannot share one. Calls are granted in the order of the keys, so that the first fields of a
// page are answered when not all can be.
func newLoader[K comparable, V any](ctx context.Context, op *operation, ask asking[K, V]) *dataloader.Loader[K, V] {
	batch := func(_ context.Context, keys []K) []*dataloader.Result[V] {
		results := make([]*dataloader.Result[V], len(keys)) // results[i] answers keys[i]
		var all sync.WaitGroup
		for i, key := range keys {
			if !op.grant() {
				results[i] = &dataloader.Result[V]{Error: &budgetError{op.limits.Calls}}
				continue
			}
			all.Go(func() { results[i] = call(ctx, op, ask, key) })
		}
		all.Wait()
		return results
	}
	// The capacity is that of a channel which is made for each batch; keys beyond it wait for the collector, not for calls.
	return dataloader.NewBatchedLoader(batch, dataloader.WithWait[K, V](straggler), dataloader.WithInputCapacity[K, V](16))
}

// grant takes one call from the operation's budget; false when none is left.
func (op *operation) grant() bool {
	if op.calls.Add(1) <= int64(op.limits.Calls) {
		return true
	}
	op.calls.Add(-1)
	return false
}

// call makes one granted call, waiting for a free slot, and logs a failure once, however many fields share it. A panic
// is that key's error: nothing else would catch it in a goroutine of a batch.
func call[K comparable, V any](ctx context.Context, op *operation, ask asking[K, V], key K) (result *dataloader.Result[V]) {
	defer func() {
		if value := recover(); value != nil {
			result = &dataloader.Result[V]{Error: caught(value)}
		}
	}()
	select {
	case op.slots <- struct{}{}:
		defer func() { <-op.slots }()
	case <-ctx.Done():
		op.calls.Add(-1) // nothing was sent
		return &dataloader.Result[V]{Error: &restclient.Error{Kind: restclient.KindTimeout}}
	}
	v, err := ask(ctx, key)
	if unsent, ok := errors.AsType[*restclient.Error](err); ok && unsent.Kind == restclient.KindUnauthenticated && unsent.Status == 0 {
		op.calls.Add(-1) // without a token nothing was sent
	}
	if err != nil {
		op.logFailure(ctx, key, err)
	}
	return &dataloader.Result[V]{Data: v, Error: err}
}

// load asks for one key at once and waits for the answer; a key that was announced before is waited for only.
func load[K comparable, V any](ctx context.Context, l *dataloader.Loader[K, V], key K) (V, error) {
	thunk := l.Load(ctx, key)
	l.Flush()
	return thunk()
}
