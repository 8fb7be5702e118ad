package memory

import (
	"context"
	"fmt"
	"sync/atomic"
)

// Account is the part of one operation: how many bytes it holds, at most Limit. What it has taken is given
// back to its Memory, which may be after the operation has ended. The fields are set before it is used. Safe
// for concurrent use. A nil Account lends without any limit.
type Account struct {
	Memory *Memory
	Owner  string
	Limit  int64

	held atomic.Int64
	// finishing: what is taken from now on is what it needs to end.
	finishing atomic.Bool
	// starved: the operation was told that there is no memory, so that it fails as a whole.
	starved atomic.Bool
}

// Take lends an empty slice with room for n bytes or more, which counts with its capacity until it is given
// back. Errors: *LimitError, *OverloadError.
func (a *Account) Take(ctx context.Context, n int) ([]byte, error) {
	if a == nil {
		return make([]byte, 0, SizeOf(n)), nil
	}
	size := int64(SizeOf(n))
	if err := a.add(size); err != nil {
		return nil, err
	}
	b, err := a.Memory.take(ctx, a.want(size))
	if err != nil {
		a.starve(size)
		return nil, err
	}
	return b, nil
}

// TryTake is Take without a wait: false where Take would wait. It is for what can be done without, so it is no
// failure of the operation.
func (a *Account) TryTake(n int) (b []byte, ok bool) {
	if a == nil {
		return make([]byte, 0, SizeOf(n)), true
	}
	size := int64(SizeOf(n))
	if a.add(size) != nil {
		return nil, false
	}
	if b, ok = a.Memory.tryTake(a.want(size)); !ok {
		a.held.Add(-size)
	}
	return b, ok
}

// Give is Memory.Give, by the operation itself.
func (a *Account) Give(b []byte) {
	if a == nil || cap(b) == 0 {
		return
	}
	a.held.Add(-int64(cap(b)))
	a.Memory.Give(a.Owner, b)
}

// Count counts n bytes that are not lent from here, until Drop. Errors: *LimitError, *OverloadError.
func (a *Account) Count(ctx context.Context, n int64) error {
	if a == nil {
		return nil
	}
	if err := a.add(n); err != nil {
		return err
	}
	if err := a.Memory.count(ctx, a.want(n)); err != nil {
		a.starve(n)
		return err
	}
	return nil
}

// TryCount is Count without a wait: false where Count would wait or fail, which is no failure of the operation.
func (a *Account) TryCount(n int64) bool {
	if a == nil {
		return true
	}
	if a.add(n) != nil {
		return false
	}
	if !a.Memory.tryCount(a.want(n)) {
		a.held.Add(-n)
		return false
	}
	return true
}

// Held returns how many bytes the account holds now.
func (a *Account) Held() int64 {
	if a == nil {
		return 0
	}
	return a.held.Load()
}

// Drop is Memory.Drop, by the operation itself.
func (a *Account) Drop(n int64) {
	if a == nil {
		return
	}
	a.held.Add(-n)
	a.Memory.Drop(a.Owner, n)
}

// Share counts n bytes of the operation that another operation has taken and both hold now: of all bytes
// they are counted already. Errors: *LimitError.
func (a *Account) Share(n int64) error {
	if a == nil {
		return nil
	}
	return a.add(n)
}

// Finish says that the operation has read all that it needs: what it takes from now on, it needs to answer and
// give back everything.
func (a *Account) Finish() {
	if a != nil {
		a.finishing.Store(true)
	}
}

// Starved reports whether there was no memory for the operation, so that what it has is not what was asked.
func (a *Account) Starved() bool { return a != nil && a.starved.Load() }

// want is what the operation asks for.
func (a *Account) want(n int64) want { return want{owner: a.Owner, n: n, last: a.finishing.Load()} }

// add counts n bytes of the operation, if it may have them.
func (a *Account) add(n int64) error {
	if a.starved.Load() {
		return &OverloadError{} // the others of its calls need not wait, too
	}
	if a.held.Add(n) > a.Limit {
		a.held.Add(-n)
		return &LimitError{a.Limit}
	}
	return nil
}

// Starve says that another operation has found no memory for what this one needs, too.
func (a *Account) Starve() { a.starved.Store(true) }

// starve undoes an add, since there is no memory for the operation.
func (a *Account) starve(n int64) {
	a.held.Add(-n)
	a.Starve()
}

// LimitError is an operation that needs more bytes than one operation may hold. Its text is for the caller.
type LimitError struct{ Limit int64 }

// Error returns a sentence that says what to do.
func (e *LimitError) Error() string {
	return fmt.Sprintf("The operation needs more than %s of memory, the most that one operation may hold "+
		"(--max-operation-bytes); ask for fewer jobs at once, or leave out raw, input and result.", sizeText(e.Limit))
}

// sizeText returns a number of bytes as it is written in a setting: "48MiB", and "1000 bytes" for one that is
// no whole number of MiB.
func sizeText(n int64) string {
	const mebi = 1 << 20
	if n%mebi == 0 {
		return fmt.Sprintf("%dMiB", n/mebi)
	}
	return fmt.Sprintf("%d bytes", n)
}
