package restclient

import (
	"strings"
	"time"
)

// Timestamp is an instant with the digits that the Jobs API sent.
type Timestamp struct {
	text string
	at   time.Time
}

// zoneless is how the Jobs API writes an instant; it means UTC. Go accepts a fraction behind the seconds.
const zoneless = "2006-01-02T15:04:05"

// maxFractionDigits is the precision of time.Time; the API is documented with 0 to 6.
const maxFractionDigits = 9

// maxYear is the last year of RFC 3339; an offset can lead beyond it.
const maxYear = 9999

// ParseTimestamp reads an instant without a zone (then it is UTC), with Z or with an offset, with 0 to 9
// digits of a second's fraction. Errors: KindMalformed.
func ParseTimestamp(s string) (Timestamp, error) {
	_, fraction, _ := strings.Cut(s, ".")
	digits := len(fraction) - len(strings.TrimLeft(fraction, "0123456789"))
	// What time.Parse lets pass and RFC 3339 does not: an hour of one digit, a comma.
	if len(s) < len(zoneless) || s[len("2006-01-02T15")] != ':' || digits > maxFractionDigits || strings.ContainsRune(s, ',') {
		return Timestamp{}, malformed("not a timestamp")
	}
	if at, err := time.Parse(zoneless, s); err == nil {
		return Timestamp{text: s + "Z", at: at}, nil
	}
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return Timestamp{}, malformed("not a timestamp")
	}
	if strings.HasSuffix(s, "Z") {
		return Timestamp{text: s, at: at}, nil
	}
	// An offset is turned into UTC; it has whole minutes, so the fraction keeps its digits.
	at = at.UTC()
	if at.Year() < 0 || at.Year() > maxYear {
		return Timestamp{}, malformed("not a timestamp in UTC")
	}
	text := at.Format(zoneless)
	if digits > 0 {
		text += "." + fraction[:digits]
	}
	return Timestamp{text: text + "Z", at: at}, nil
}

// String gives RFC 3339 in UTC with the digits that were sent.
func (t Timestamp) String() string { return t.text }

// Time gives the instant, in UTC, to the nanosecond.
func (t Timestamp) Time() time.Time { return t.at }

// Timestamp reads a string as an instant; nil when empty. Errors: KindMalformed.
func (v JSON) Timestamp() (*Timestamp, error) {
	text, err := v.Text()
	if err != nil || text == nil {
		return nil, err
	}
	t, err := ParseTimestamp(*text)
	if err != nil {
		return nil, err
	}
	return &t, nil
}
