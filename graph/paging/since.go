package paging

import (
	"encoding/binary"
	"time"

	"jobsgateway/restclient"
)

// Since is a place in the changes of a list, as a client holds it between two streams: what was told before it
// need not be told again. Its text is opaque, checked as a cursor's is, and none of the two is taken for the
// other.
//
//	version, 1 byte
//	scope of the list, 8 bytes
//	epoch, 8 bytes
//	number, uvarint
//	seconds, varint, and nanoseconds, uvarint
//	CRC-32 of all of this, 4 bytes
type Since struct {
	// Epoch names the watching in which Number counts the changes; 0 for none.
	Epoch uint64
	// Number is how many changes had been told.
	Number int64
	// At is a time of which all earlier changes had been told; zero where the list was empty.
	At time.Time
}

const (
	// sinceVersion differs from every first byte of a cursor.
	sinceVersion = 3
	// maxSinceBytes bounds what is decoded at all.
	maxSinceBytes = 64
)

// Text returns the text of a place in the changes of a list.
func (s Since) Text(list restclient.JobsQuery) string {
	var short [maxSinceBytes]byte
	b := append(short[:0], sinceVersion)
	b = binary.BigEndian.AppendUint64(b, scopeOf(list.Filter, list.OrderBy, Range{}))
	b = binary.BigEndian.AppendUint64(b, s.Epoch)
	b = appendCount(b, s.Number)
	b = binary.AppendVarint(b, s.At.Unix())
	b = appendCount(b, int64(s.At.Nanosecond()))
	return string(seal(nil, b))
}

// ReadSince reads a text that Since.Text returned for the same list. Errors: *ArgumentError, of the argument
// since.
func ReadSince(text string, list restclient.JobsQuery) (Since, error) {
	const argument = "since"
	body, ok := unseal(text, maxSinceBytes)
	r := byteReader{rest: body, ok: ok}
	version, scope := r.bytes(1)[0], r.fixed()
	s := Since{Epoch: r.fixed(), Number: r.count(maxCursorOffset)}
	seconds := r.varint()
	s.At = time.Unix(seconds, r.count(int64(time.Second-1))).UTC()
	if !r.ok || len(r.rest) > 0 || version != sinceVersion {
		return Since{}, argumentError(argument, "since takes the cursor of a change, unchanged; "+
			"this is not one from this API.")
	}
	if scope != scopeOf(list.Filter, list.OrderBy, Range{}) {
		return Since{}, argumentError(argument, "The cursor in since belongs to the changes of other jobs; "+
			"go on with the filter that it came from, or start without a cursor.")
	}
	if s.Text(list) != text { // base64 and numbers have other spellings, too
		return Since{}, argumentError(argument, "since takes the cursor of a change, unchanged.")
	}
	return s, nil
}
