package direct

import (
	"bytes"
	"io"
)

// Buffer holds the data of one operation, so that large values are written where they stay. gqlgen writes
// what is around them into a buffer of its own, which Buffer takes over piece by piece, in order.
//
// For {jobs {…} __schema {…}} gqlgen writes `{"jobs":` and asks the value of jobs to write itself: Buffer
// copies these 8 bytes and appends the value. Finish then copies `,"__schema":{…}}`.
type Buffer struct {
	bytes []byte
	taken int // how many of gqlgen's bytes have been copied
}

// NewBuffer returns a Buffer that appends to b.
func NewBuffer(b []byte) *Buffer { return &Buffer{bytes: b} }

// Finish copies the rest of data, all that gqlgen has written, and returns everything.
func (b *Buffer) Finish(data []byte) []byte {
	b.bytes = append(b.bytes, data[b.taken:]...)
	b.taken = len(data)
	return b.bytes
}

// write has a value appended behind what gqlgen has written to out so far. Another writer than gqlgen's own
// gets the value itself.
func (b *Buffer) write(out io.Writer, value func([]byte) []byte) {
	gqlgens, ok := out.(*bytes.Buffer)
	if !ok {
		_, _ = out.Write(value(nil))
		return
	}
	b.bytes = value(b.Finish(gqlgens.Bytes()))
}
