package graph

import (
	"context"
	"errors"

	"jobsgateway/restclient"
)

// assembly puts a window together of several answers, since one would be too large.
type assembly struct {
	window
	// size is how many records to ask for next, and tooMany the least of which an answer was too large.
	size, tooMany int
}

// maxHeavy is how many records that are too large alone a page may meet before one that fits: then the cap is not made for this API.
const maxHeavy = 3

// inParts gets a window by several answers; w or first is what came of the first one. Each begins with the last record of the one
// before, which shows that the list has not moved in between. A window whose parts do not meet ends where they part. A single
// record that is too large is a record that cannot be read. Example: of 500 records 200 fit; 500 and 250 are too many, 125 are
// read, then the last of them and 124 more, and so on: 7 answers.
func (r *pageReader) inParts(ctx context.Context, w window, first error, offset int64, size int) (window, error) {
	a := assembly{window: w, size: (size + 1) / 2, tooMany: size}
	if len(w.records) > 0 { // it is known already what fits
		a.size, a.tooMany = len(w.records), len(w.records)+1
	}
	a.offset = offset
	if size == 1 {
		if err := a.leaveOut(r, size, first); err != nil {
			return window{}, err
		}
	}
	for len(a.records) < size {
		done, err := a.add(ctx, r, size)
		if err != nil {
			return window{}, err
		}
		if done {
			break
		}
	}
	if a.full = len(a.records) >= size; a.full {
		a.partial = false
	}
	return a.window, nil
}

// add gets one more part; true when there is no more to get.
func (a *assembly) add(ctx context.Context, r *pageReader, size int) (done bool, err error) {
	have, overlap := len(a.records), 0
	if have > 0 && a.records[have-1].Job != nil && a.size > 1 {
		overlap = 1
	}
	n := min(a.size, size-have+overlap)
	part, err := r.part(ctx, a.end()-int64(overlap), n)
	switch {
	case isTooLarge(err) && n == 1:
		return false, a.leaveOut(r, size, err)
	case isTooLarge(err):
		a.size, a.tooMany = n/2, n
		return false, nil
	case err != nil:
		return false, err
	case overlap > 0 && !meets(a.records[have-1], part):
		a.partial = true
		return true, nil
	}
	a.records = append(a.records[:have:have], part.records[overlap:]...)
	a.total, a.more = part.total, part.more
	a.size = max(a.size, min(2*a.size, a.tooMany/2))
	a.partial = part.partial
	return !part.full, nil
}

// leaveOut notes that the next record is too large alone: it was to blame, not how many there were. Errors: the record's, when the page
// has met too many of them.
func (a *assembly) leaveOut(r *pageReader, size int, err error) error {
	if r.heavy++; r.heavy >= maxHeavy && !r.fits {
		return err
	}
	have := len(a.records)
	a.records = append(a.records[:have:have], restclient.Record{Err: err})
	a.size, a.tooMany = min(4, size), 2*size
	return nil
}

// meets reports whether a window begins with a record.
func meets(record restclient.Record, w window) bool {
	return len(w.records) > 0 && w.records[0].Job != nil && w.records[0].Job.ID() == record.Job.ID()
}

// isTooLarge reports whether an answer was over the cap.
func isTooLarge(err error) bool {
	e, ok := errors.AsType[*restclient.Error](err)
	return ok && e.TooLarge
}
