package restclient

import (
	"bytes"
	"encoding/binary"
	"strings"
	"time"

	"jobsgateway/internal/rawjson"
)

// Timestamp is an instant with the digits that the Jobs API sent. It holds them itself: no part of an answer stays in
// memory for it. Equal digits are equal Timestamps; the zero Timestamp is none.
type Timestamp struct {
	digits [32]byte // in UTC, without a zone; those of the fraction that were not sent are 0
	length uint8    // of what was sent; 0 for the zero Timestamp
}

// zoneless is how the Jobs API writes an instant; it means UTC. A fraction may stand behind the seconds.
const zoneless = "2006-01-02T15:04:05"

// maxFractionDigits is the precision of time.Time; the API is documented with 0 to 6.
const maxFractionDigits = 9

// ParseTimestamp reads an instant. Documented are a date, a T, a time and a fraction of a second, which mean UTC. As well as
// those it reads what programs print that mean the same: no seconds, a blank for the T, small letters, a comma in the fraction,
// blanks around; Z, UTC or an offset of hours or of hours and minutes, with or without a colon, and the name of a zone in
// brackets behind it. Of a fraction nine digits are kept. 24:00:00 is the next day's first instant, and so is a leap second,
// which clocks of computers do not have. Errors: KindMalformed.
func ParseTimestamp(s string) (Timestamp, error) {
	if t, ok := timestampInUTC(s); ok {
		return t, nil
	}
	if t, ok := timestampOf(strings.TrimSpace(s)); ok {
		return t, nil
	}
	return Timestamp{}, malformed("not a timestamp")
}

// timestampInUTC reads an instant without a zone or with Z, which is how nearly all are written; false for any other
// text. It allocates nothing.
func timestampInUTC[T ~string | ~[]byte](s T) (t Timestamp, ok bool) {
	n := len(s)
	if n > len(zoneless) && s[n-1] == 'Z' {
		n--
	}
	if n < len(zoneless) || n > len(zoneless)+1+maxFractionDigits || n == len(zoneless)+1 {
		return Timestamp{}, false
	}
	t.digits = timestampForm
	t.length = uint8(copy(t.digits[:], s[:n])) //nolint:gosec // at most 29
	for i := 0; i < len(t.digits); i += 8 {
		// Of a digit 0 to 9 is left, of another byte in its place nothing. What is more reaches the highest bit.
		left := binary.LittleEndian.Uint64(t.digits[i:]) ^ binary.LittleEndian.Uint64(timestampForm[i:])
		raised := left + binary.LittleEndian.Uint64(timestampSlack[i:])
		if (left|raised)&0x8080808080808080 != 0 {
			return Timestamp{}, false
		}
	}
	if at := t.clock(); !at.exists() {
		return Timestamp{}, false
	}
	return t, true
}

// timestampForm has a 0 where a digit may stand. Its last bytes fill a word.
var timestampForm = [32]byte([]byte("0000-00-00T00:00:00.000000000000"))

// timestampSlack takes each byte that may be left to 0x7f at most, and any larger one beyond: v is 0x76.
var timestampSlack = [32]byte([]byte("vvvv\x7fvv\x7fvv\x7fvv\x7fvv\x7fvv\x7fvvvvvvvvvvvv"))

// clock is what the digits of an instant say.
type clock struct{ year, month, day, hour, minute, second int }

func (t Timestamp) clock() clock {
	d := &t.digits
	two := func(i int) int { return int(d[i]-'0')*10 + int(d[i+1]-'0') }
	return clock{two(0)*100 + two(2), two(5), two(8), two(11), two(14), two(17)}
}

// exists reports whether there was or will be such an instant, leap seconds aside.
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

// daysOf are the days of the months of a year that is no leap year.
var daysOf = [...]int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

// AppendTo appends String to b, without quotes.
func (t Timestamp) AppendTo(b []byte) []byte {
	if t.length == 0 {
		return b
	}
	return append(append(b, t.digits[:t.length]...), 'Z')
}

// String gives RFC 3339 in UTC with the digits that were sent; empty for the zero Timestamp.
func (t Timestamp) String() string { return string(t.AppendTo(make([]byte, 0, len(t.digits)+1))) }

// IsZero reports whether t is the zero Timestamp.
func (t Timestamp) IsZero() bool { return t.length == 0 }

// Time gives the instant, in UTC, to the nanosecond; the zero Time for the zero Timestamp.
func (t Timestamp) Time() time.Time {
	if t.length == 0 {
		return time.Time{}
	}
	nanoseconds := 0
	for _, c := range t.digits[len(zoneless)+1:][:maxFractionDigits] {
		nanoseconds = nanoseconds*10 + int(c-'0')
	}
	at := t.clock()
	return time.Date(at.year, time.Month(at.month), at.day, at.hour, at.minute, at.second, nanoseconds, time.UTC)
}

// isZoneless reports whether an instant, which has been read already, is written as ParseTimestamp documents it: digits
// without a zone and without escapes, which are those that it gives.
func isZoneless(text []byte) bool {
	const t, seconds = len("2006-01-02"), len("2006-01-02T15:04")
	if len(text) < len(zoneless) || len(text) > len(zoneless)+1+maxFractionDigits || text[t] != 'T' || text[seconds] != ':' ||
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

// ReadTimestamp reads a string as an instant; the zero Timestamp when v is empty. It allocates nothing for an instant
// as the Jobs API writes it. Errors: KindMalformed.
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
