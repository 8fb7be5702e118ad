package paging

import (
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"hash/fnv"
	"io"
	"slices"
	"strings"
	"time"

	"jobsgateway/restclient"
)

// cursor is an anchor in one list, as a client holds it between two pages. The encoding is opaque, has a
// version and a checksum, so a damaged cursor or one of another list is refused and never misread.
//
//	version and three flags, 1 byte
//	scope of the list, 8 bytes
//	offset, uvarint
//	total+1, uvarint
//	seconds, varint, and nanoseconds, uvarint: the time that the list is ordered by
//	job id: 0 and 16 bytes of a UUID, or its length, uvarint, and its bytes
//	in a range whose ends are known: index and count, uvarint each
//	number of ties before and of ties after, uvarint each
//	4 bytes a tie, those before first
//	CRC-32 of all of this, 4 bytes
//
// as unpadded base64url: 59 characters for a job in a list of thousands, without ties.
type cursor struct {
	scope uint64
	anchor
}

const (
	// cursorVersion is the low part of the first byte; the flags are openBefore and openAfter of the anchor,
	// and whether it has a count.
	cursorVersion  = 2
	flagCounted    = 1 << 5
	flagOpenBefore = 1 << 6
	flagOpenAfter  = 1 << 7
	// maxTies bounds the ties that a cursor lists on either side: as many as a page of the Jobs API has.
	maxTies = restclient.MaxPerPage
	// maxIDLength bounds a job id that is no UUID, in bytes; longer ids are compared by their first bytes.
	maxIDLength = 128
	// maxCursorBytes bounds what is decoded at all; maxCursorOffset is above any list and below any overflow.
	maxCursorBytes  = 80 + maxIDLength + 2*4*maxTies
	maxCursorOffset = 1 << 48
	uuidLength      = 16
)

// scopeOf returns the fingerprint of a list: of its filter, whatever the order of the values, of its order,
// and of its range. It lets a client know that it has mixed up its lists; no access depends on it.
func scopeOf(filter restclient.Filter, orderBy restclient.Order, times Range) uint64 {
	values := strings.Split(string(filter), "&")
	slices.Sort(values)
	h := fnv.New64a()
	_, _ = io.WriteString(h, strings.Join(slices.Compact(values), "&")+"\x00"+string(orderBy)+times.text())
	return h.Sum64()
}

// tieOf returns the fingerprint of a job among those with the same time: 32 bits, so in one of about 34,000
// groups of 500 two jobs share one.
func tieOf(id string) uint32 {
	h := fnv.New32a()
	_, _ = io.WriteString(h, comparableID(id))
	return h.Sum32()
}

// encode returns the text that decodeCursor reads.
func (c cursor) encode() string { return string(c.append(nil)) }

// append appends what encode returns.
func (c cursor) append(text []byte) []byte {
	var short [96]byte // a cursor without ties
	first := byte(cursorVersion)
	if c.openBefore {
		first |= flagOpenBefore
	}
	if c.openAfter {
		first |= flagOpenAfter
	}
	if c.count > 0 {
		first |= flagCounted
	}
	b := append(short[:0], first)
	b = binary.BigEndian.AppendUint64(b, c.scope)
	b = appendCount(b, c.offset)
	b = appendCount(b, c.total+1)
	b = binary.AppendVarint(b, c.value.Unix())
	b = appendCount(b, int64(c.value.Nanosecond()))
	b = appendID(b, c.id)
	if c.count > 0 {
		b = appendCount(appendCount(b, c.index), c.count)
	}
	b = appendCount(b, int64(len(c.before)))
	b = appendCount(b, int64(len(c.after)))
	for _, ties := range [][]uint32{c.before, c.after} {
		for _, tie := range ties {
			b = binary.BigEndian.AppendUint32(b, tie)
		}
	}
	return seal(text, b)
}

// seal appends bytes with their checksum to text, as unpadded base64url.
func seal(text, b []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
	return base64.RawURLEncoding.AppendEncode(text, b)
}

// unseal returns the bytes of a text that seal wrote, at most so many with their checksum; false for any other.
func unseal(text string, most int) (b []byte, ok bool) {
	if base64.RawURLEncoding.DecodedLen(len(text)) > most {
		return nil, false
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(b) < crc32.Size {
		return nil, false
	}
	body, sum := b[:len(b)-crc32.Size], b[len(b)-crc32.Size:]
	return body, crc32.ChecksumIEEE(body) == binary.BigEndian.Uint32(sum)
}

// decodeCursor returns the cursor of a text; false for anything that encode did not write.
func decodeCursor(text string) (cursor, bool) {
	body, ok := unseal(text, maxCursorBytes)
	if !ok {
		return cursor{}, false
	}
	r := byteReader{rest: body, ok: true}
	first := r.bytes(1)[0]
	c := cursor{scope: r.fixed()}
	c.openBefore, c.openAfter = first&flagOpenBefore != 0, first&flagOpenAfter != 0
	c.offset = r.count(maxCursorOffset)
	c.total = r.count(maxCursorOffset) - 1
	seconds := r.varint()
	c.value = time.Unix(seconds, r.count(int64(time.Second-1))).UTC()
	c.id = r.id()
	if first&flagCounted != 0 {
		c.index, c.count = r.count(maxCursorOffset), r.count(maxCursorOffset)
	}
	before, after := r.count(maxTies), r.count(maxTies)
	c.before, c.after = r.ties(before), r.ties(after)
	if !r.ok || len(r.rest) > 0 || first&^(flagOpenBefore|flagOpenAfter|flagCounted) != cursorVersion {
		return cursor{}, false
	}
	if c.count > 0 && (c.index >= c.count || c.index > c.offset) {
		return cursor{}, false
	}
	return c, c.encode() == text // base64 and numbers have other spellings, too
}

// appendID appends a UUID as its 16 bytes behind a 0, and any other id as its length and its text.
func appendID(b []byte, id string) []byte {
	if parsed, ok := restclient.ParseJobID(id); ok && string(parsed) == id {
		return parsed.AppendBinary(append(b, 0))
	}
	id = comparableID(id)
	return append(appendCount(b, int64(len(id))), id...)
}

// appendCount appends a number; a negative one as 0.
func appendCount(b []byte, n int64) []byte {
	return binary.AppendUvarint(b, uint64(max(0, n)))
}

// comparableID returns what two ids are compared by.
func comparableID(id string) string { return id[:min(len(id), maxIDLength)] }

// byteReader reads the parts of a cursor. After the first part that is missing or out of bounds it is not ok
// and returns zeros.
type byteReader struct {
	rest []byte
	ok   bool
}

func (r *byteReader) bytes(n int64) []byte {
	if int64(len(r.rest)) < n {
		r.ok, r.rest = false, nil
		return make([]byte, n)
	}
	part := r.rest[:n]
	r.rest = r.rest[n:]
	return part
}

func (r *byteReader) fixed() uint64 { return binary.BigEndian.Uint64(r.bytes(8)) }

// count returns a number from 0 to most.
func (r *byteReader) count(most int64) int64 {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 || v > uint64(most) { //nolint:gosec // most is a positive constant
		r.ok, r.rest = false, nil
		return 0
	}
	r.rest = r.rest[n:]
	return int64(v) //nolint:gosec // bounded above
}

func (r *byteReader) varint() int64 {
	v, n := binary.Varint(r.rest)
	if n <= 0 {
		r.ok, r.rest = false, nil
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

func (r *byteReader) id() string {
	if n := r.count(maxIDLength); n > 0 {
		return string(r.bytes(n))
	}
	return restclient.JobIDFromBinary([uuidLength]byte(r.bytes(uuidLength))).String()
}

func (r *byteReader) ties(n int64) []uint32 {
	if !r.ok || n == 0 {
		return nil
	}
	ties := make([]uint32, n)
	for i := range ties {
		ties[i] = binary.BigEndian.Uint32(r.bytes(4))
	}
	return ties
}
