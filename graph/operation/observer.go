package operation

import "context"

// Observer is told what operations ask, for metrics. It is called by many goroutines at once, and has to
// return soon. ctx is that of the operation.
type Observer interface {
	// BatchSent comes when a loader makes calls for so many keys at once.
	BatchSent(ctx context.Context, keys int)
	// PageSought comes when a page was not where its cursor says, or could not be believed to be, so that it
	// was sought with so many calls more.
	PageSought(ctx context.Context, calls int)
}

// Observe tells the observer of the operation of ctx, from now on. It is called before anything is asked.
func Observe(ctx context.Context, observer Observer) { From(ctx).observer = observer }

// sought returns what is told of pages that are sought; nil if nobody is.
func (op *Operation) sought() func(calls int) {
	if op.observer == nil {
		return nil
	}
	return func(calls int) { op.observer.PageSought(op.ctx, calls) }
}

// batchSent tells of a batch, if there is an observer.
func (op *Operation) batchSent(keys int) {
	if op.observer != nil {
		op.observer.BatchSent(op.ctx, keys)
	}
}
