package restclient

import (
	"strings"
	"time"
)

// timestampOf is ParseTimestamp for the forms that timestampInUTC does not read.
func timestampOf(s string) (t Timestamp, ok bool) {
	r := timeReader{left: s}
	at := r.clock()
	fraction := r.fraction
	ahead := r.zone()
	midnight := at.hour == 24 && at.minute == 0 && at.second == 0 && strings.Trim(fraction, "0") == ""
	if day := (clock{year: at.year, month: at.month, day: at.day}); r.failed || r.left != "" || !day.exists() ||
		at.hour > 23 && !midnight || at.minute > 59 || at.second > 60 {
		return Timestamp{}, false
	}
	in := at.date(0).Add(-ahead)
	// A leap second is the last second of a day of UTC, in whatever zone it is written.
	if at.second == 60 && !in.Equal(in.Truncate(24*time.Hour)) {
		return Timestamp{}, false
	}
	text := make([]byte, 0, len(t.digits))
	text = in.AppendFormat(text, zoneless)
	if fraction != "" {
		text = append(append(text, '.'), fraction[:min(len(fraction), maxFractionDigits)]...)
	}
	return timestampInUTC(text) // false if the offset leads out of the years 0 to 9999
}

// timeReader reads the parts of an instant from left to right.
type timeReader struct {
	left     string
	fraction string // the digits of the fraction; empty for none
	failed   bool   // something was missing that must be there
}

// clock reads a date and a time; the seconds may be missing.
func (r *timeReader) clock() (at clock) {
	at.year = r.digits(4)
	r.must("-")
	at.month = r.digits(2)
	r.must("-")
	at.day = r.digits(2)
	r.must("Tt ")
	at.hour = r.digits(2)
	r.must(":")
	at.minute = r.digits(2)
	if !r.may(":") {
		return at
	}
	at.second = r.digits(2)
	if r.may(".,") {
		end := len(r.left) - len(strings.TrimLeft(r.left, "0123456789"))
		r.fraction, r.left = r.left[:end], r.left[end:]
		r.failed = r.failed || end == 0
	}
	return at
}

// zone reads how far ahead of UTC the time is, and passes the names in brackets that may follow.
func (r *timeReader) zone() (ahead time.Duration) {
	if r.left == "" {
		return 0
	}
	r.may(" ")
	switch sign := r.left; {
	case r.may("Zz"):
	case len(r.left) >= 3 &&
		(strings.EqualFold(r.left[:3], "UTC") || strings.EqualFold(r.left[:3], "GMT")):
		r.left = r.left[3:]
	default:
		r.must("+-")
		hours, minutes := r.digits(2), 0
		if r.may(":") || r.left != "" && r.left[0] != '[' {
			minutes = r.digits(2)
		}
		r.failed = r.failed || hours > 23 || minutes > 59
		ahead = time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute
		if strings.HasPrefix(sign, "-") {
			ahead = -ahead
		}
	}
	for r.may("[") {
		name, behind, closed := strings.Cut(r.left, "]")
		r.failed = r.failed || !closed || name == "" || strings.Contains(name, "[")
		r.left = behind
	}
	return ahead
}

// digits reads n digits as one number.
func (r *timeReader) digits(n int) (value int) {
	for ; n > 0; n-- {
		if r.left == "" || r.left[0]-'0' > 9 {
			r.failed = true
			return 0
		}
		value = value*10 + int(r.left[0]-'0')
		r.left = r.left[1:]
	}
	return value
}

// must reads one of these bytes.
func (r *timeReader) must(chars string) { r.failed = !r.may(chars) || r.failed }

// may reads one of these bytes if it comes next, and reports whether it did.
func (r *timeReader) may(chars string) bool {
	if r.left == "" || strings.IndexByte(chars, r.left[0]) < 0 {
		return false
	}
	r.left = r.left[1:]
	return true
}
