package restclient

import (
	"bytes"
	"encoding/binary"
	"strings"
	"time"

	"jobsgateway/internal/rawjson"
)

// Timestamp is an instant with the digits that the Jobs API sent. It has a copy of them, so it keeps no
// answer in memory. Timestamps with equal digits are equal; the zero Timestamp stands for none.
type Timestamp struct {
	digits [32]byte // like timestampForm, in UTC; digits of the fraction that were not sent are 0
	length uint8    // of what was sent, in bytes; 0 for the zero Timestamp
}

// zoneless is how the Jobs API writes an instant, in the notation of package time; it means UTC. A fraction
// may follow.
const zoneless = "2006-01-02T15:04:05"

// maxFractionDigits is how many digits of a fraction are kept. Source: time.Time has 9; the API is documented
// with 0 to 6.
const maxFractionDigits = 9

// ParseTimestamp reads an instant: 2026-03-12T15:30:00.25, which means UTC, is what the Jobs API documents.
// It also reads other common forms:
//   - without seconds; with a space or t for the T; with a comma before the fraction; with space around
//   - behind the time Z, z, UTC or GMT, or an offset: +05, +0530, +05:30; and then a name of a zone in brackets
//
// Nine digits of a fraction are kept. 24:00:00 is the first instant of the next day, and so is the leap
// second 23:59:60, since time.Time has none. Errors: KindMalformed.
func ParseTimestamp(s string) (Timestamp, error) {
	if t, ok := timestampInUTC(s); ok {
		return t, nil
	}
	if t, ok := timestampOf(strings.TrimSpace(s)); ok {
		return t, nil
	}
	return Timestamp{}, malformed("not a timestamp")
}

// timestampInUTC reads an instant as zoneless, with or without a fraction and Z, which is how nearly all are
// written; false for any other text. It allocates nothing.
//
// It checks eight bytes at once. XOR with timestampForm leaves 0 to 9 of each digit, and 0 of each other byte
// that is right; timestampSlack is then added to set the top bit of every byte that has more left. Of
// "2026-03-", the first eight bytes, XOR with "0000-00-" leaves 2 0 2 6 0 0 3 0; adding 76 76 76 76 7f 76 76
// 7f, in hexadecimal, sets none.
func timestampInUTC[T ~string | ~[]byte](s T) (t Timestamp, ok bool) {
	if !readInUTC(&t, s) {
		return Timestamp{}, false
	}
	return t, true
}

// readInUTC is timestampInUTC into t, which is of no use where it reports false. Nothing is copied.
func readInUTC[T ~string | ~[]byte](t *Timestamp, s T) bool {
	n := len(s)
	if n > len(zoneless) && s[n-1] == 'Z' {
		n--
	}
	if n < len(zoneless) || n > len(zoneless)+1+maxFractionDigits || n == len(zoneless)+1 {
		return false
	}
	t.digits = timestampForm
	t.length = uint8(copy(t.digits[:], s[:n])) //nolint:gosec // at most 29
	var wrong uint64
	for i := 0; i < len(t.digits); i += 8 {
		left := binary.LittleEndian.Uint64(t.digits[i:]) ^ binary.LittleEndian.Uint64(timestampForm[i:])
		wrong |= left | (left + binary.LittleEndian.Uint64(timestampSlack[i:]))
	}
	return wrong&0x8080808080808080 == 0 && clockOf(&t.digits).exists()
}

// timestampForm has 0 where a digit stands. It is longer than any text, so that it fills four words.
var timestampForm = [32]byte([]byte("0000-00-00T00:00:00.000000000000"))

// timestampSlack has v, 0x76, where a digit stands, so that 10 or more reaches the top bit, 0x80; elsewhere
// it has 0x7f, so that 1 or more does.
var timestampSlack = [32]byte([]byte("vvvv\x7fvv\x7fvv\x7fvv\x7fvv\x7fvv\x7fvvvvvvvvvvvv"))

// clock is an instant by its parts.
type clock struct{ year, month, day, hour, minute, second int }

// clockOf returns the parts of an instant that is like timestampForm.
func clockOf(d *[32]byte) clock {
	two := func(i int) int { return int(d[i]-'0')*10 + int(d[i+1]-'0') }
	return clock{two(0)*100 + two(2), two(5), two(8), two(11), two(14), two(17)}
}

// date returns the instant so many nanoseconds behind c, in UTC.
func (c clock) date(nanoseconds int) time.Time {
	return time.Date(c.year, time.Month(c.month), c.day, c.hour, c.minute, c.second, nanoseconds, time.UTC)
}

// exists reports whether the calendar has such an instant; it has no leap seconds here.
func (c clock) exists() bool {
	if c.month < 1 || c.month > 12 || c.day < 1 || c.hour > 23 || c.minute > 59 || c.second > 59 {
		return false
	}
	days := daysOf[c.month-1]
	if c.month == 2 && c.year%4 == 0 && (c.year%100 != 0 || c.year%400 == 0) {
		days++
	}
	return c.day <= days
}

// daysOf are the lengths of the months in a year that is no leap year.
var daysOf = [...]int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

// AppendTo appends String() to b.
func (t Timestamp) AppendTo(b []byte) []byte {
	if t.length == 0 {
		return b
	}
	return append(append(b, t.digits[:t.length]...), 'Z')
}

// String returns RFC 3339 in UTC, with the digits that were sent; empty for the zero Timestamp.
func (t Timestamp) String() string { return string(t.AppendTo(make([]byte, 0, len(t.digits)+1))) }

// IsZero reports whether t is the zero Timestamp.
func (t Timestamp) IsZero() bool { return t.length == 0 }

// Time returns the instant in UTC, to the nanosecond; the zero Time for the zero Timestamp.
func (t Timestamp) Time() time.Time {
	if t.length == 0 {
		return time.Time{}
	}
	nanoseconds := 0
	for _, c := range t.digits[len(zoneless)+1:][:maxFractionDigits] {
		nanoseconds = nanoseconds*10 + int(c-'0')
	}
	return clockOf(&t.digits).date(nanoseconds)
}

// isZoneless reports whether text, which ParseTimestamp can read, is written as its String is but for the Z:
// like zoneless, with or without a fraction, and with no escape.
func isZoneless(text []byte) bool {
	const t, seconds = len("2006-01-02"), len("2006-01-02T15:04")
	if len(text) < len(zoneless) || len(text) > len(zoneless)+1+maxFractionDigits ||
		text[t] != 'T' || text[seconds] != ':' ||
		string(text[t+1:t+3]) == "24" || string(text[seconds+1:seconds+3]) == "60" {
		return false
	}
	for _, c := range text[len(zoneless):] {
		if c != '.' && c-'0' > 9 {
			return false
		}
	}
	return bytes.IndexByte(text, '\\') < 0
}

// ReadTimestamp reads a string as an instant; the zero Timestamp when v is empty. It allocates nothing for an
// instant as the Jobs API writes it. Errors: KindMalformed.
func ReadTimestamp(v rawjson.Value) (Timestamp, error) {
	if t, ok := timestampInUTC(v.Quoted()); ok {
		return t, nil
	}
	text, err := v.Text()
	if err != nil || text == nil {
		return Timestamp{}, err
	}
	return ParseTimestamp(*text)
}

// isTimestamp reports whether ReadTimestamp reads an instant.
func isTimestamp(v rawjson.Value) bool {
	var t Timestamp
	if readInUTC(&t, v.Quoted()) {
		return true
	}
	t, err := ReadTimestamp(v)
	return err == nil && !t.IsZero()
}
