package operation

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/graph-gophers/dataloader/v7"

	"jobsgateway/restclient"
)

// straggler is how long a key waits for others that were not announced. Every load is flushed as soon as the
// last key is known, so this is the bound for a load that is not.
const straggler = time.Millisecond

// batchCapacity is the capacity of the channel that is made for each batch. More keys than that wait for the
// batch to collect them, not for their calls.
const batchCapacity = 16

// loaders batch the calls of one operation and remember their answers. A list, a dataset's list and a
// dataset's latest job are all pages, so equal calls meet wherever they come from.
type loaders struct {
	pages *dataloader.Loader[restclient.JobsQuery, *restclient.JobsPage]
	jobs  *dataloader.Loader[restclient.JobID, *restclient.Job]
}

// newLoaders returns the loaders of an operation.
func newLoaders(op *Operation) *loaders {
	return &loaders{pages: newLoader(op, op.jobs), jobs: newLoader(op, op.job(op.upstream.Job))}
}

// fetch makes one call of the upstream.
type fetch[K, V any] func(ctx context.Context, key K) (V, error)

// newLoader returns a loader that makes a call for each key of a batch, all at once: the upstream takes one
// dataset a call, so distinct keys cannot share one. The budget is spent in the order of the keys, so that
// the first fields of a page are answered when not all can be. Example: with 3 calls left, 5 keys give 3
// answers and 2 times *BudgetError.
func newLoader[K comparable, V any](op *Operation, fetch fetch[K, V]) *dataloader.Loader[K, V] {
	batch := func(_ context.Context, keys []K) []*dataloader.Result[V] {
		op.batchSent(len(keys))
		results := make([]*dataloader.Result[V], len(keys)) // results[i] is for keys[i]
		var calls sync.WaitGroup
		for i, key := range keys {
			if !op.grant() {
				results[i] = &dataloader.Result[V]{Error: &BudgetError{op.limits.Calls}}
				continue
			}
			calls.Go(func() { results[i] = call(op, fetch, key) })
		}
		calls.Wait()
		return results
	}
	return dataloader.NewBatchedLoader(batch,
		dataloader.WithWait[K, V](straggler), dataloader.WithInputCapacity[K, V](batchCapacity))
}

// grant takes one call from the operation's budget; false when none is left. A call that is not sent after
// all is given back by whoever was granted it.
func (op *Operation) grant() bool {
	if op.calls.Add(1) <= int64(op.limits.Calls) {
		return true
	}
	op.calls.Add(-1)
	return false
}

// call makes a call that the budget has granted, when a slot is free or not at all if the operation's time is
// over before. A failure is logged once, however many fields share it. A panic is the error of this key
// alone: in a goroutine of a batch nothing else would catch it.
func call[K comparable, V any](op *Operation, fetch fetch[K, V], key K) (result *dataloader.Result[V]) {
	op.waits.begin()
	defer op.waits.end()
	defer func() {
		if value := recover(); value != nil {
			result = &dataloader.Result[V]{Error: Caught(value)}
		}
	}()
	select {
	case op.slots <- struct{}{}:
		defer func() { <-op.slots }()
	case <-op.ctx.Done():
		op.calls.Add(-1) // nothing was sent
		return &dataloader.Result[V]{Error: &restclient.Error{Kind: restclient.KindTimeout}}
	}
	if !op.admitted() {
		op.calls.Add(-1)
		op.busy.Store(true)
		return &dataloader.Result[V]{Error: &restclient.Error{Kind: restclient.KindBusy, Unsent: true}}
	}
	v, err := fetch(op.ctx, key)
	if failed, ok := errors.AsType[*restclient.Error](err); ok && failed.Unsent {
		op.calls.Add(-1)
		if failed.Kind == restclient.KindBusy {
			op.busy.Store(true)
		}
	}
	if err != nil {
		op.logFailure(op.ctx, key, err)
	}
	return &dataloader.Result[V]{Data: v, Error: err}
}

// load asks for one key at once and returns its value; a key that was announced before is waited for only.
func load[K comparable, V any](ctx context.Context, l *dataloader.Loader[K, V], key K) (V, error) {
	thunk := l.Load(ctx, key)
	l.Flush()
	return thunk()
}
