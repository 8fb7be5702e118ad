package graph

import (
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"hash/fnv"

	"jobsgateway/restclient"
)

// cursor is a place in one list: what a client holds between two pages. Its encoding is opaque, versioned and
// checked, so a damaged cursor or one of another list is refused and never misread.
//
//	version, 1 byte | scope of the list, 8 bytes | offset, uvarint | CRC-32 of all before, 4 bytes
//
// as unpadded base64url.
type cursor struct {
	scope  uint64
	offset int64 // of the job, counted in the list's order from its start
}

const (
	cursorVersion  = 1
	cursorOverhead = 1 + 8 + crc32.Size
	// maxCursorLength bounds what is decoded at all, in characters; ours have at most 31.
	maxCursorLength = 64
	// maxCursorOffset is far above any list and far below an overflow, whatever page size is added.
	maxCursorOffset = 1 << 48
)

// scopeOf is the fingerprint of a list: its filter and its order.
func scopeOf(filter restclient.Filter, orderBy restclient.Order) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(filter))
	_, _ = h.Write([]byte{0})
	_, _ = h.Write([]byte(orderBy))
	return h.Sum64()
}

// encode gives the text that decodeCursor reads.
func (c cursor) encode() string {
	b := make([]byte, 0, cursorOverhead+binary.MaxVarintLen64)
	b = append(b, cursorVersion)
	b = binary.BigEndian.AppendUint64(b, c.scope)
	b = binary.AppendUvarint(b, uint64(max(0, c.offset)))
	b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
	return base64.RawURLEncoding.EncodeToString(b)
}

// decodeCursor reads a cursor; false for anything that encode did not write.
func decodeCursor(text string) (cursor, bool) {
	if len(text) > maxCursorLength {
		return cursor{}, false
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(b) < cursorOverhead || b[0] != cursorVersion {
		return cursor{}, false
	}
	body, sum := b[:len(b)-crc32.Size], b[len(b)-crc32.Size:]
	offset, n := binary.Uvarint(body[9:])
	if crc32.ChecksumIEEE(body) != binary.BigEndian.Uint32(sum) || n != len(body)-9 || offset > maxCursorOffset {
		return cursor{}, false
	}
	c := cursor{scope: binary.BigEndian.Uint64(body[1:]), offset: int64(offset)}
	return c, c.encode() == text // the one spelling of a number that encode uses
}
