package graph

import (
	"context"
	"errors"
	"net/http"

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
	list         restclient.JobsQuery
	calls        int
	most         int // records that one answer gives
	weight       weight
	witness      witness
	// total is one more than the total of the last answer; 0 when there was none, or it told none.
	total int64
	// large: the equals that are sought are more than one answer gives.
	large bool
}

// weight is what was learned of answers that are too large. The zero value is nothing.
type weight struct {
	// room is how many records to ask for at most, as long as a window starts before end; 0 is no bound.
	room int
	end  int64
}

// bound gives how many records of so many may be asked for at an offset.
func (h *weight) bound(offset int64, size int) int {
	if h.room == 0 || offset >= h.end {
		h.room = 0
		return size
	}
	return min(size, h.room)
}

// ask gets one window. An answer that is too large is asked for again by halves, until it fits; a single record that does not
// fit is a record that cannot be read. Errors: those of the upstream, *budgetError, *driftError, *untruthError.
func (r *pageReader) ask(ctx context.Context, offset int64, size int) (window, error) {
	wanted := min(max(1, size), r.most)
	for {
		q := r.list
		q.Offset, q.PerPage = offset, r.weight.bound(offset, wanted)
		answer, err := r.call(ctx, q)
		if e, ok := errors.AsType[*restclient.Error](err); ok && e.TooLarge {
			if q.PerPage == 1 {
				r.weight = weight{}
				return window{offset: offset, records: []restclient.Record{{Err: err}}, total: r.total - 1, full: true, light: true}, nil
			}
			r.weight = weight{room: q.PerPage / 2, end: offset + int64(q.PerPage)}
			continue
		}
		if err != nil {
			return window{}, err
		}
		return r.windowOf(q, answer, wanted)
	}
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

// windowOf makes a window of an answer to a question, for which so many records were wanted. Errors: *untruthError.
func (r *pageReader) windowOf(q restclient.JobsQuery, answer *restclient.JobsPage, wanted int) (window, error) {
	asked := q.PerPage
	if answer.Asked > 0 {
		asked = min(asked, answer.Asked)
	}
	w := window{
		offset: q.Offset, records: answer.Records, total: answer.Total,
		full: len(answer.Records) >= asked, light: asked < wanted,
	}
	// The next page is the one behind a page of the API's own counting, in which the window may lie.
	w.more = answer.NextPage > 1 && (answer.NextPage-1)*int64(asked) >= w.end()
	r.total = w.total + 1
	n := len(w.records)
	// Of fewer records than asked for, one or none is the end of the list; more may be a cap of the API's own.
	w.last = !w.full && (n <= 1 || n < r.most && r.most < restclient.MaxPerPage)
	if !w.full && !w.last && (w.more || w.end() < w.total) {
		r.most = n
	}
	return w, r.witness.hear(w, w.offset%int64(asked) == 0)
}

// mostBeside gives how many records a window beside another can show.
func (r *pageReader) mostBeside(w window) int {
	if w.light {
		return min(r.most, len(w.records))
	}
	return r.most
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
		r.offsets.refuse(part, span{low, low + int64(records)})
	}
	return w, err
}

// isRefused reports whether the API refused a parameter: perhaps the offset.
func isRefused(err error) bool {
	e, ok := errors.AsType[*restclient.Error](err)
	return ok && (e.Status == http.StatusBadRequest || e.Status == http.StatusUnprocessableEntity)
}
