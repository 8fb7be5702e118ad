package operation

import (
	"context"
	"sync"
)

// entry is whether an operation may make calls, and what has to be done when it has ended, which may be before
// it is known.
type entry struct {
	once  sync.Once
	may   bool
	mu    sync.Mutex
	leave func()
	over  bool
}

// admitted reports whether the operation may make calls. The first that asks waits until that is known, and so
// do the others.
func (op *Operation) admitted() bool {
	if op.limits.Admit == nil {
		return true
	}
	op.entry.once.Do(func() {
		var leave func()
		if leave, op.entry.may = op.limits.Admit(op.ctx); leave == nil {
			return
		}
		op.entry.mu.Lock()
		defer op.entry.mu.Unlock()
		op.entry.leave = leave
		if op.entry.over {
			leave()
			op.entry.may = false
		}
	})
	return op.entry.may
}

// Leave says that the operation of ctx has ended, in whatever way. It makes no call from then on.
func Leave(ctx context.Context) {
	op := From(ctx)
	op.entry.mu.Lock()
	defer op.entry.mu.Unlock()
	op.entry.over = true
	if op.entry.leave != nil {
		op.entry.leave()
	}
}

// Busy reports whether the operation of ctx was not begun, for want of room: then it has asked nothing, and its
// errors are those of restclient.KindBusy.
func Busy(ctx context.Context) bool { return From(ctx).busy.Load() }

// Admitted reports whether Limits.Admit has let a Busy operation in: then it was the upstream that had no room.
func Admitted(ctx context.Context) bool { return From(ctx).admitted() }
