package restclient

import (
	"context"
	"errors"
	"io"

	"jobsgateway/internal/memory"
)

// reading is a body that is being read into memory that is lent to an account.
type reading struct {
	account *memory.Account
	most    int64 // bytes that the body may have
	b       []byte
	next    [1]byte // the byte behind b, when b is full
}

const (
	// atOnce is how many bytes are taken at most before any has arrived, whatever the answer says that it has. It
	// is also where the memory of a body stops to be doubled: beyond it, it becomes eight times as much, so that
	// a large body is copied once and not held twice over and over.
	atOnce = 4 << 20
	// atFirst is how many bytes are taken for a body that has more than atOnce: few are held while it waits for
	// the rest.
	atFirst = 256 << 10
)

// readToEnd reads until r ends, or one byte more than most has come: then tooLong is true. The memory is lent:
// at first room for the expected bytes, then more each time it is full, but no more than the cap. A body of
// 10,000 bytes of which nothing was expected takes 4, 8 and 16 KiB. Errors: that of r, *memory.LimitError,
// *memory.OverloadError.
func (d *reading) readToEnd(ctx context.Context, r io.Reader, expected int64) (tooLong bool, err error) {
	first := min(expected, d.most)
	if first > atOnce {
		first = atFirst
	}
	if d.b, err = d.account.Take(ctx, int(first)); err != nil {
		return false, err
	}
	for {
		limit := int(min(int64(cap(d.b)), d.most))
		into := d.b[len(d.b):limit]
		full := len(into) == 0
		if full {
			into = d.next[:]
		}
		n, err := r.Read(into)
		switch {
		case full && n > 0 && int64(len(d.b)) == d.most:
			return true, nil
		case full && n > 0:
			if err := d.grow(ctx, expected); err != nil {
				return false, err
			}
			d.b = append(d.b, d.next[0])
		default:
			d.b = d.b[:len(d.b)+n]
		}
		switch {
		case errors.Is(err, io.EOF):
			return false, nil
		case err != nil:
			return false, err
		}
	}
}

// grow moves the body into more memory. Errors: *memory.LimitError, *memory.OverloadError.
func (d *reading) grow(ctx context.Context, expected int64) error {
	size := 2 * int64(cap(d.b))
	if cap(d.b) >= atOnce {
		size *= 4
	}
	if expected > int64(len(d.b)) {
		size = expected
	}
	wider, err := d.account.Take(ctx, int(min(size, d.most)))
	if err != nil {
		return err
	}
	d.b, wider = append(wider, d.b...), d.b
	d.account.Give(wider)
	return nil
}

// keep returns the body, which is the caller's from now on, in less memory if it takes less than half of its
// own: it may be kept for as long as an operation takes.
func (d *reading) keep() []byte {
	if cap(d.b) > 2*max(len(d.b), memory.Least) {
		if fit, ok := d.account.TryTake(len(d.b)); ok {
			d.b, fit = append(fit, d.b...), d.b
			d.account.Give(fit)
		}
	}
	body := d.b
	d.b = nil
	return body
}

// giveBack gives back what keep has not returned.
func (d *reading) giveBack() { d.account.Give(d.b) }

// isNoMemory reports whether an error is that there is no memory.
func isNoMemory(err error) bool {
	if _, ok := errors.AsType[*memory.LimitError](err); ok {
		return true
	}
	return isOverload(err)
}

// isOverload reports whether an error is that others hold all memory.
func isOverload(err error) bool {
	_, ok := errors.AsType[*memory.OverloadError](err)
	return ok
}
