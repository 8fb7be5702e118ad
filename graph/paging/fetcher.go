package paging

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"

	"jobsgateway/restclient"
)

// maxCalls is how many calls one page may cost. A shift of hundreds of places costs 2 calls, halving a list
// of a million down to one window about 16. The rest is for lists that move meanwhile, and for an API that
// answers in many pieces.
const maxCalls = 64

// fetcher gets the windows of one page.
type fetcher struct {
	Reader
	list    restclient.JobsQuery // filter and order
	calls   int
	most    int // records that one answer has at most
	witness witness
	heavy   int  // records met that are too large alone
	fits    bool // some answer was not too large
}

// order returns the ordering of the list.
func (f *fetcher) order() ordering { return ordering(f.list.OrderBy) }

// window returns one window: by one call, or in parts where one answer would be too large. Errors: those of
// Ask, *DriftError, *UntruthError.
func (f *fetcher) window(ctx context.Context, offset int64, size int) (window, error) {
	size = min(max(1, size), f.most)
	w, err := f.part(ctx, offset, size)
	if isTooLarge(err) || err == nil && w.partial {
		w, err = f.inParts(ctx, w, err, offset, size)
	}
	if err == nil {
		err = f.explainShort(ctx, &w)
	}
	if err != nil {
		return window{}, err
	}
	w.proven = f.Offsets.isProven(offset, size)
	return w, f.witness.compare(f.order(), w, offset%int64(size) == 0)
}

// explainShort finds out, for one call, why a window has fewer records than were asked for although its total
// or its next page promises more. If a record stands behind the window, the API has a cap of its own, which
// is noted. Example: [0, 100) has 30 records of 200. If [30, 31) has a record, no window is asked for with
// more than 30 from now on; if it has none, the list ends at 30.
func (f *fetcher) explainShort(ctx context.Context, w *window) error {
	n := len(w.records)
	switch {
	case w.full || w.partial || n == 0 || w.total <= w.end() && !w.more:
		return nil
	case f.most < restclient.MaxPerPage && n >= f.most: // the cap is known
		return nil
	}
	behind, err := f.part(ctx, w.end(), 1)
	if err != nil {
		return err
	}
	if behind.total == w.total { // else the list has moved, and shows a record again
		w.fault = f.witness.noteApart(repeated(f.order(), *w, behind))
	}
	shrunk := behind.total < w.total // then the record that stood there stands elsewhere
	if w.last = len(behind.records) == 0 && !shrunk || w.fault != nil; !w.last {
		f.most = n
	}
	return nil
}

// part returns what one answer has of a window, for one call. Errors: those of Ask, *DriftError after
// maxCalls.
func (f *fetcher) part(ctx context.Context, offset int64, size int) (window, error) {
	q := f.list
	q.Offset, q.PerPage = offset, size
	if f.calls++; f.calls > maxCalls {
		return window{offset: offset}, &DriftError{}
	}
	answer, err := f.Ask(ctx, q, f.calls > 1)
	if err != nil {
		return window{offset: offset}, err
	}
	asked := size
	if answer.Asked > 0 {
		asked = min(asked, answer.Asked)
	}
	f.fits = true
	n := len(answer.Records)
	w := window{
		offset: offset, records: answer.Records, total: answer.Total,
		full: n >= asked, partial: n >= asked && asked < size,
	}
	// The API counts pages of this size from the start of the list, so the one it names may lie within the
	// window: of [48, 98) it may name page 2 as the next one, which is [50, 100).
	w.more = answer.NextPage > 1 && (answer.NextPage-1)*int64(asked) >= w.end()
	return w, nil
}

// inParts returns a window that one answer would be too large for; w, or tooLarge, is what came of that
// answer.
func (f *fetcher) inParts(
	ctx context.Context, w window, tooLarge error, offset int64, size int,
) (window, error) {
	a := newAssembly(f, w, offset, size)
	if size == 1 {
		if err := a.leaveOut(tooLarge); err != nil {
			return window{}, err
		}
	}
	return a.read(ctx)
}

// at returns a window that shows the record at offset, with as many of the size records from there on as one
// call shows. No anchor shows here whether a window came from where it was asked for. So it is aligned,
// unless the API is known to take any offset: then it starts before offset. Example: 499 jobs at offset 27
// are asked for as [0, 500), as long as nothing is known.
func (f *fetcher) at(ctx context.Context, offset int64, size int) (window, error) {
	size = min(max(1, size), f.most)
	if f.Offsets.isProven(offset, size) {
		return f.window(ctx, offset, size)
	}
	part := span{offset, offset + int64(size)}
	for most := f.most; ; most = min(f.most, most) {
		low, records := aligned(part, part, most)
		w, err := f.window(ctx, low, records)
		if err != nil || w.end() > offset || w.reachesEnd() {
			return w, err
		}
		most = records - 1 // the API gives fewer records than lie between low and offset
	}
}

// beside returns windows that are asked for at once.
func (f *fetcher) beside(ctx context.Context, asked []span) ([]window, error) {
	windows, errs := make([]window, len(asked)), make([]error, len(asked))
	panics := make([]any, len(asked))
	others := make([]fetcher, len(asked)) // each has a count and a memory of its own meanwhile
	var reading sync.WaitGroup
	for i, part := range asked {
		others[i] = *f
		reading.Go(func() {
			defer func() { panics[i] = recover() }() // nothing else would catch it in a goroutine
			windows[i], errs[i] = others[i].window(ctx, part.low, int(part.length()))
		})
	}
	reading.Wait()
	before := f.calls
	for i, other := range others {
		if panics[i] != nil {
			panic(panics[i])
		}
		other.calls += f.calls - before
		other.most, other.heavy = min(f.most, other.most), max(f.heavy, other.heavy)
		other.fits = f.fits || other.fits
		*f = other
	}
	return windows, cmp.Or(errs...)
}

// through reads the part [low, high) of the list, in several windows where one has less. It returns the last
// of them.
func (f *fetcher) through(ctx context.Context, low, high int64) (window, error) {
	w, err := f.at(ctx, low, int(high-low))
	for err == nil && w.end() < high && w.end() < w.total {
		end := w.end()
		if w, err = f.at(ctx, end, int(high-end)); err == nil && w.end() <= end {
			break // the total promises more than there is
		}
	}
	return w, err
}

// logLearned writes a warning into the log if the gateway has just learned that the API does not take any
// offset.
func (f *fetcher) logLearned(ctx context.Context, learned bool) {
	if learned && f.Logger != nil {
		f.Logger.LogAttrs(ctx, slog.LevelWarn, "the Jobs API does not take every offset: for a while "+
			"each page is asked for at a multiple of its size, which can cost a call more",
			slog.Duration("while", alignedFor))
	}
}

// isOffsetRefused reports whether the API refused a call, perhaps since its offset is no multiple of its
// size.
func isOffsetRefused(err error, offset int64, size int) bool {
	if offset%int64(size) == 0 {
		return false
	}
	e, ok := errors.AsType[*restclient.Error](err)
	return ok && (e.Status == http.StatusBadRequest || e.Status == http.StatusUnprocessableEntity)
}

// isTooLarge reports whether an answer was over the cap.
func isTooLarge(err error) bool {
	e, ok := errors.AsType[*restclient.Error](err)
	return ok && e.TooLarge
}
