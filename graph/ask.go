package graph

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"jobsgateway/restclient"
)

// maxSeek is how many calls one page may cost. A shift of hundreds costs 2; halving a list of a million down to a window
// costs about 16; the rest is for lists that move meanwhile, and for an API that gives a page in many pieces.
const maxSeek = 64

// pageReader reads one page. It asks, looks whether the answer shows the place that was meant, and asks again if not.
type pageReader struct {
	// first asks a question that an equal field may ask, too; fresh asks the API now, since the list has moved.
	first, fresh func(context.Context, restclient.JobsQuery) (*restclient.JobsPage, error)
	offsets      *offsets
	logger       *slog.Logger // told what is learned of offsets; nil tells nobody
	list         restclient.JobsQuery
	calls        int
	most         int // records that one answer gives
	witness      witness
	// heavy counts the records that are too large alone; fits: an answer was not too large.
	heavy int
	fits  bool
	// large: the equals that are sought are more than one answer gives; largeAt is the value for which that was found last.
	large   bool
	largeAt time.Time
}

// ask gets one window: by one call, or in parts where one answer would be too large. Errors: those of the upstream, *budgetError,
// *driftError, *untruthError.
func (r *pageReader) ask(ctx context.Context, offset int64, size int) (window, error) {
	size = min(max(1, size), r.most)
	w, err := r.part(ctx, offset, size)
	if isTooLarge(err) || err == nil && w.partial {
		w, err = r.inParts(ctx, w, err, offset, size)
	}
	if err == nil {
		err = r.explainShort(ctx, &w)
	}
	if err != nil {
		return window{}, err
	}
	return w, r.witness.hear(ordering(r.list.OrderBy), w, offset%int64(size) == 0)
}

// explainShort finds out why a window has fewer records than were asked for although the total or the next page promises more: the API
// may have a cap of its own, or the promise may not be true. The record behind the window tells, for one call.
func (r *pageReader) explainShort(ctx context.Context, w *window) error {
	n := len(w.records)
	switch {
	case w.full || w.partial || n == 0 || w.total <= w.end() && !w.more:
		return nil
	case r.most < restclient.MaxPerPage && n >= r.most: // the cap is known
		return nil
	}
	behind, err := r.part(ctx, w.end(), 1)
	if err != nil {
		return err
	}
	w.fault = r.witness.doubt(repeated(ordering(r.list.OrderBy), *w, behind))
	shrunk := behind.total < w.total // then nothing there tells nothing: what stood there stands elsewhere
	if w.last = len(behind.records) == 0 && !shrunk || w.fault != nil; !w.last {
		r.most = n
	}
	return nil
}

// part gets what one answer gives of a window.
func (r *pageReader) part(ctx context.Context, offset int64, size int) (window, error) {
	q := r.list
	q.Offset, q.PerPage = offset, size
	answer, err := r.call(ctx, q)
	if err != nil {
		return window{offset: offset}, err
	}
	asked := size
	if answer.Asked > 0 {
		asked = min(asked, answer.Asked)
	}
	r.fits = true
	n := len(answer.Records)
	w := window{
		offset: offset, records: answer.Records, total: answer.Total,
		full: n >= asked, partial: n >= asked && asked < size,
	}
	// The next page is the one behind a page of the API's own counting, in which the window may lie.
	w.more = answer.NextPage > 1 && (answer.NextPage-1)*int64(asked) >= w.end()
	return w, nil
}

// call makes one call of the page's.
func (r *pageReader) call(ctx context.Context, q restclient.JobsQuery) (*restclient.JobsPage, error) {
	ask := r.fresh
	if r.calls == 0 {
		ask = r.first
	}
	if r.calls++; r.calls > maxSeek {
		return nil, &driftError{}
	}
	return ask(ctx, q)
}

// at gets the records from offset on, without an anchor to look for. As long as it is not proven that the API takes any
// offset, the window may start before offset and have it in it: nothing would tell that an offset was rounded.
func (r *pageReader) at(ctx context.Context, offset int64, size int) (window, error) {
	size = max(1, size)
	if r.offsets.isProven(offset, size) {
		return r.ask(ctx, offset, size)
	}
	part := span{offset, offset + int64(size)}
	low, records := aligned(part, part, r.most)
	complete, refused := low+int64(records) >= part.high, false
	if !complete && r.offsets.takes(offset, size) {
		w, err := r.ask(ctx, offset, size)
		if refused = isRefused(err) && offset%int64(size) != 0; !refused {
			return w, err
		}
	}
	w, err := r.ask(ctx, low, records)
	if err == nil && refused {
		r.tell(ctx, r.offsets.refuse(part, span{low, low + int64(records)}))
	}
	return w, err
}

// tell tells the operator that the API's way with offsets was learned.
func (r *pageReader) tell(ctx context.Context, learned bool) {
	if learned && r.logger != nil {
		r.logger.LogAttrs(ctx, slog.LevelWarn, "the Jobs API does not take every offset: for a while each page is asked for at a multiple "+
			"of its size, which can cost a call more", slog.Duration("while", alignedFor))
	}
}

// isRefused reports whether the API refused a parameter: perhaps the offset.
func isRefused(err error) bool {
	e, ok := errors.AsType[*restclient.Error](err)
	return ok && (e.Status == http.StatusBadRequest || e.Status == http.StatusUnprocessableEntity)
}
