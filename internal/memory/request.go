package memory

import "context"

// Request is the part of one request before and behind its operation: its body while it is read, and what is
// kept of it. All requests together hold an eighth of the total at most. Not safe for concurrent use.
type Request struct {
	Memory *Memory
	Owner  string

	kept int64
}

// Take lends an empty slice with room for n bytes or more, and counts more bytes besides, until Drop. Errors:
// *OverloadError.
func (r *Request) Take(ctx context.Context, n int, more int64) ([]byte, error) {
	w := r.want(int64(SizeOf(n)))
	w.more = more
	return r.Memory.take(ctx, w)
}

// Give takes back what Take has lent.
func (r *Request) Give(b []byte) { r.Memory.give(r.want(int64(cap(b))), b) }

// Count counts n bytes that are not lent from here, until Drop. Errors: *OverloadError.
func (r *Request) Count(ctx context.Context, n int64) error { return r.Memory.count(ctx, r.want(n)) }

// Drop ends the counting of n bytes.
func (r *Request) Drop(n int64) { r.Memory.drop(r.want(n)) }

// Keep leaves n of the bytes that were counted to End.
func (r *Request) Keep(n int64) { r.kept += n }

// End drops what was kept. It may be called twice.
func (r *Request) End() {
	if r.kept > 0 {
		r.Drop(r.kept)
		r.kept = 0
	}
}

// TryWriting counts n bytes that are needed to write the answer; false if there are none. They are not a part
// of what requests may hold. Call Written with as many.
func (r *Request) TryWriting(n int64) bool {
	return r.Memory.tryCount(want{owner: r.Owner, n: n, last: true})
}

// Written ends the counting of n bytes of TryWriting.
func (r *Request) Written(n int64) { r.Memory.Drop(r.Owner, n) }

// want is what the request asks for.
func (r *Request) want(n int64) want { return want{owner: r.Owner, n: n, request: true} }
