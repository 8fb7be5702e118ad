package direct

import (
	"bytes"
	"io"
)

// Buffer takes the bytes of one operation's data, so that large values are written where they stay. The stock
// executor writes the rest into a buffer of its own; Buffer takes that over piece by piece, in order.
type Buffer struct {
	bytes []byte
	taken int // of the executor's bytes
}

// NewBuffer makes a Buffer that appends to b.
func NewBuffer(b []byte) *Buffer { return &Buffer{bytes: b} }

// Finish takes over the rest of the executor's bytes, data, and gives all.
func (b *Buffer) Finish(data []byte) []byte {
	b.bytes = append(b.bytes, data[b.taken:]...)
	b.taken = len(data)
	return b.bytes
}

// write has a value appended behind what the executor has written to out so far.
func (b *Buffer) write(out io.Writer, value func([]byte) []byte) {
	executors, ok := out.(*bytes.Buffer)
	if !ok { // nothing of ours does this, but an answer is never wrong for it
		_, _ = out.Write(value(nil))
		return
	}
	b.bytes = value(b.Finish(executors.Bytes()))
}
