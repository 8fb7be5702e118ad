package restclient

import (
	"strings"
	"testing"
	"time"
)

func TestTimestamps(t *testing.T) {
	t.Parallel()
	at := func(nanoseconds int) time.Time { return time.Date(2023, 10, 31, 11, 19, 13, nanoseconds, time.UTC) }
	for _, test := range []struct {
		given, text string
		at          time.Time
	}{
		{"2023-10-31T11:19:13.400498", "2023-10-31T11:19:13.400498Z", at(400498000)},
		{"2023-10-31T11:19:13.400498Z", "2023-10-31T11:19:13.400498Z", at(400498000)},
		{"2023-10-31T13:19:13.400498+02:00", "2023-10-31T11:19:13.400498Z", at(400498000)},
		{"2023-10-31T05:49:13.4-05:30", "2023-10-31T11:19:13.4Z", at(400000000)},
		{"2023-10-31T11:19:13+00:00", "2023-10-31T11:19:13Z", at(0)},
		{"2023-10-31T11:19:13", "2023-10-31T11:19:13Z", at(0)},
		{"2023-10-31T11:19:13Z", "2023-10-31T11:19:13Z", at(0)},
		{"2023-10-31T11:19:13.0", "2023-10-31T11:19:13.0Z", at(0)},
		{"2023-10-31T11:19:13.400", "2023-10-31T11:19:13.400Z", at(400000000)},
		{"2023-10-31T11:19:13.40050", "2023-10-31T11:19:13.40050Z", at(400500000)},
		{"2023-10-31T11:19:13.123456789", "2023-10-31T11:19:13.123456789Z", at(123456789)},
		{"2023-10-31T11:19:13.123456789Z", "2023-10-31T11:19:13.123456789Z", at(123456789)},
		{"2023-10-31T12:19:13.123456780+01:00", "2023-10-31T11:19:13.123456780Z", at(123456780)},
		{"2024-02-29T23:59:59-01:00", "2024-03-01T00:59:59Z", time.Date(2024, 3, 1, 0, 59, 59, 0, time.UTC)},
		{"0001-01-01T00:00:00", "0001-01-01T00:00:00Z", time.Time{}},
		{"0000-01-01T00:00:00", "0000-01-01T00:00:00Z", time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)},
		{"9999-12-31T23:59:59.999999", "9999-12-31T23:59:59.999999Z", time.Date(9999, 12, 31, 23, 59, 59, 999999000, time.UTC)},
	} {
		got, err := ParseTimestamp(test.given)
		if err != nil || got.String() != test.text || !got.Time().Equal(test.at) || got.Time().Location() != time.UTC {
			t.Errorf("%s: got %q at %v, %v, want %q", test.given, got, got.Time(), err, test.text)
		}
	}
	for _, given := range []string{
		"", " ", "null", "yesterday", "1698751153", "2023-10-31", "11:19:13", "2023-10-31T11:19", "2023-10-31 11:19:13",
		"2023-13-45T00:00:00", "2023-02-29T00:00:00", "2023-10-31T24:00:00", "2023-10-31T11:60:00", "2023-10-31T11:19:60",
		"2023-10-31T1:19:13", "2023-10-31T1:19:13Z", "2023-10-31T1:19:13.4+01:00", "2023-1-31T11:19:13", "23-10-31T11:19:13",
		"2023-10-31T11:19:13.", "2023-10-31T11:19:13.Z", "2023-10-31T11:19:13,400", "2023-10-31T11:19:13,400Z", "2023-10-31T11:19:13.4,5Z",
		"2023-10-31T11:19:13.1234567890", "2023-10-31T11:19:13.1234567890Z", "2023-10-31T11:19:13.1234567890+01:00",
		"2023-10-31T11:19:13.4.5", "2023-10-31T11:19:13.-4", "2023-10-31t11:19:13z", "2023-10-31T11:19:13 Z", "2023-10-31T11:19:13ZZ",
		"2023-10-31T11:19:13+0200", "2023-10-31T11:19:13+02", "2023-10-31T11:19:13 UTC", "-2023-10-31T11:19:13", "+2023-10-31T11:19:13",
		"12023-10-31T11:19:13", "9999-12-31T23:59:59-01:00", "0000-01-01T00:00:00+01:00", "２０２３-10-31T11:19:13",
	} {
		got, err := ParseTimestamp(given)
		if err == nil {
			t.Errorf("%q: got %q, want an error", given, got)
			continue
		}
		wantKind(t, err, KindMalformed)
	}
}

func TestTimestampOfAMember(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]any{
		"": nil, "null": nil, `""`: nil, "[]": nil, "{}": nil,
		`"2023-10-31T11:19:13.400498"`: "2023-10-31T11:19:13.400498Z", `"2023-10-31T11:19:13\u005a"`: "2023-10-31T11:19:13Z",
	} {
		got, err := JSON(given).Timestamp()
		if err != nil || (got == nil) != (want == nil) || got != nil && got.String() != want {
			t.Errorf("%s: got %v, %v, want %v", given, got, err, want)
		}
	}
	for _, given := range []string{"7", "true", "1698751153.5", `["2023-10-31T11:19:13"]`, `{"at":"2023-10-31T11:19:13"}`, `"soon"`, `" "`} {
		got, err := JSON(given).Timestamp()
		if got != nil {
			t.Errorf("%s: got %v", given, got)
		}
		wantKind(t, err, KindMalformed)
	}
}

// byTimePackage reads an instant with the standard library alone, and gives its digits in UTC: what ParseTimestamp is
// held to.
func byTimePackage(s string) (digits string, at time.Time, ok bool) {
	_, fraction, _ := strings.Cut(s, ".")
	n := len(fraction) - len(strings.TrimLeft(fraction, "0123456789"))
	if len(s) < len(zoneless) || s[len("2006-01-02T15")] != ':' || n > maxFractionDigits || strings.ContainsRune(s, ',') {
		return "", time.Time{}, false
	}
	if at, err := time.Parse(zoneless, s); err == nil {
		return s + "Z", at, true
	}
	at, err := time.Parse(time.RFC3339, s)
	if at = at.UTC(); err != nil || at.Year() < 0 || at.Year() > 9999 {
		return "", time.Time{}, false
	}
	digits = at.Format(zoneless)
	if n > 0 {
		digits += "." + fraction[:n]
	}
	return digits + "Z", at, true
}

func TestZeroTimestamp(t *testing.T) {
	t.Parallel()
	var none Timestamp
	if none.String() != "" || !none.Time().IsZero() || len(none.AppendTo(nil)) != 0 {
		t.Errorf("got %q at %v", none, none.Time())
	}
}
