package direct

import (
	"bytes"
	"context"
	"io"

	"jobsgateway/internal/memory"
)

// Buffer holds the data of one operation, in parts. gqlgen writes what is around the values of root fields into
// a buffer of its own, which Buffer takes over piece by piece, in order.
//
// For {jobs {…} __schema {…}} gqlgen writes `{"jobs":` and asks the value of jobs to write itself: Buffer
// copies these 8 bytes and appends the value. Finish then copies `,"__schema":{…}}`.
//
// Bytes are written into memory that is lent, a chunk at a time, so that no answer is copied because it grows.
// Large values are not copied at all: their part of the answer is where they are, in a page. An answer with
// seven times the raw records of one page takes hardly more memory than the page.
type Buffer struct {
	ctx      context.Context //nolint:containedctx // of the operation, for a wait for memory
	account  *memory.Account
	prefix   string
	expected int // bytes
	parts    [][]byte
	size     int // of parts
	// bytes is what is being written, behind what the parts have of it: from there on it is no part yet.
	bytes  []byte
	from   int
	chunks []chunk
	refers bool
	taken  int // how many of gqlgen's bytes have been copied
	// longest is the most that an element has taken of bytes, and began where the latest one begins.
	longest, began int
	omitted        int // errors of the values that were not added to the response
	// err is why there is no memory for more. The value that is being written is then not whole, and has to be
	// taken back.
	err error
}

// chunk is memory of a Buffer that is counted. Grown: it is not lent, but what a lent one has grown to.
type chunk struct {
	bytes []byte
	grown bool
}

const (
	// firstChunk is the size of the first chunk, in bytes, if nothing is known of the answer; each further one
	// is twice as large as the one before, up to largestChunk. Source: an answer of 20 jobs has 4 to 16 KiB, one
	// of 500 with all fields nearly a megabyte.
	firstChunk   = 16 << 10
	largestChunk = 1 << 20
	// roomy is how many bytes at least have to be free when an element of a list begins.
	roomy = 4 << 10
	// referred is from how many bytes on a value stays where it is: then another part costs less than a copy.
	referred = 16 << 10
)

// NewBuffer returns a Buffer whose memory is lent to an account, which may be nil, when something is written.
// The answer begins with prefix, and has as many bytes as expected, if that is known.
func NewBuffer(ctx context.Context, account *memory.Account, prefix string, expected int) *Buffer {
	return &Buffer{ctx: ctx, account: account, prefix: prefix, expected: expected}
}

// Finish copies the rest of data, all that gqlgen has written, and suffix behind it. It returns the bytes that
// were written, in order, and how many they are. They are only read.
func (b *Buffer) Finish(data []byte, suffix string) (parts [][]byte, size int) {
	b.copy(data, len(suffix))
	b.bytes = append(b.bytes, suffix...)
	b.seal()
	return b.parts, b.size
}

// copy copies what gqlgen has written and was not copied yet, with room for so many more bytes.
func (b *Buffer) copy(data []byte, more int) {
	rest := data[b.taken:]
	b.taken = len(data)
	if b.bytes == nil { // the first value is written when all of them are resolved
		b.account.Finish()
		b.bytes = append(b.roomFor(nil, max(firstChunk, min(b.expected, largestChunk))), b.prefix...)
	}
	b.bytes = append(b.roomFor(b.bytes, len(rest)+more), rest...)
}

// roomFor returns bytes with room for n more: themselves, or a new chunk that what follows is written to, while
// they become a part. If there is no memory, it returns them as they are, and err is set.
func (b *Buffer) roomFor(bytes []byte, n int) []byte {
	if cap(bytes)-len(bytes) >= n || b.err != nil {
		return bytes
	}
	return b.next(bytes, n)
}

// next is roomFor, in a new chunk in any case.
func (b *Buffer) next(bytes []byte, n int) []byte {
	b.bytes = bytes
	if b.seal(); b.err != nil {
		return bytes
	}
	fresh, err := b.account.Take(b.ctx, max(n, min(2*cap(bytes), largestChunk)))
	if err != nil {
		b.err = err
		return bytes
	}
	b.chunks = append(b.chunks, chunk{bytes: fresh})
	b.from = 0
	return fresh
}

// roomForElement is roomFor for an element of a list: as much as one has taken so far, so that a chunk seldom grows.
// Where it has, what follows gets a new one, or it could grow with each long element, and be counted in the end.
func (b *Buffer) roomForElement(bytes []byte) []byte {
	b.longest = max(b.longest, len(bytes)-b.began)
	needed := max(roomy, min(b.longest, largestChunk))
	if b.err == nil && (cap(bytes)-len(bytes) < needed || b.hasGrown(bytes)) {
		bytes = b.next(bytes, needed)
	}
	b.began = len(bytes)
	return bytes
}

// hasGrown reports whether bytes are more than the last chunk had room for, and are not counted as such.
func (b *Buffer) hasGrown(bytes []byte) bool {
	last := len(b.chunks) - 1
	return last >= 0 && cap(bytes) != cap(b.chunks[last].bytes)
}

// settle counts what a root field has grown to.
func (b *Buffer) settle(bytes []byte) {
	if b.err == nil && b.hasGrown(bytes) {
		b.bytes = bytes
		b.seal()
	}
}

// seal makes a part of what is written and is none yet. A chunk that has grown is counted from here on.
func (b *Buffer) seal() {
	if b.hasGrown(b.bytes) {
		if err := b.account.Count(b.ctx, int64(cap(b.bytes))); err != nil {
			b.err = err
		} else {
			b.chunks = append(b.chunks, chunk{b.bytes, true})
		}
	}
	if part := b.bytes[b.from:len(b.bytes):len(b.bytes)]; len(part) > 0 {
		b.parts = append(b.parts, part)
		b.size += len(part)
		b.from = len(b.bytes)
	}
}

// refer makes a part of a value where it is, behind bytes, which it returns for what follows.
func (b *Buffer) refer(bytes, value []byte) []byte {
	b.bytes = bytes
	b.seal()
	b.parts = append(b.parts, value)
	b.size += len(value)
	b.refers = true
	return bytes
}

// mark is a place in a Buffer to which one can go back.
type mark struct {
	bytes                     []byte
	from, parts, chunks, size int
	refers                    bool
	err                       error
}

// mark returns the place behind bytes.
func (b *Buffer) mark(bytes []byte) mark {
	return mark{bytes, b.from, len(b.parts), len(b.chunks), b.size, b.refers, b.err}
}

// backTo forgets what was written since a mark, gives its memory back, and returns the bytes before it.
func (b *Buffer) backTo(m mark) []byte {
	b.freeFrom(m.chunks, (*memory.Account).Give)
	b.parts, b.from, b.size, b.refers, b.err = b.parts[:m.parts], m.from, m.size, m.refers, m.err
	return m.bytes
}

// Omitted returns how many errors the values had beyond those that were added to the response.
func (b *Buffer) Omitted() int { return b.omitted }

// Refers reports whether some parts are memory of pages, which may not be given back before the Buffer is.
func (b *Buffer) Refers() bool { return b.refers }

// Free gives the memory back. Nobody may read the parts any more.
func (b *Buffer) Free() { b.freeFrom(0, (*memory.Account).Give) }

// Abandon is Free where somebody may still read: the memory is left to the collector.
func (b *Buffer) Abandon() {
	b.freeFrom(0, func(a *memory.Account, bytes []byte) { a.Drop(int64(cap(bytes))) })
}

// freeFrom gives the chunks from the i-th on back.
func (b *Buffer) freeFrom(i int, give func(*memory.Account, []byte)) {
	for _, c := range b.chunks[i:] {
		if c.grown {
			b.account.Drop(int64(cap(c.bytes)))
		} else {
			give(b.account, c.bytes)
		}
	}
	b.chunks = b.chunks[:i]
}

// write has a value appended behind what gqlgen has written to out so far. Another writer than gqlgen's own
// gets the value itself.
func (b *Buffer) write(out io.Writer, value func(bytes []byte, to *Buffer) []byte) {
	gqlgens, ok := out.(*bytes.Buffer)
	if !ok {
		_, _ = out.Write(value(nil, nil))
		return
	}
	b.copy(gqlgens.Bytes(), 0)
	b.bytes = value(b.bytes, b)
}
