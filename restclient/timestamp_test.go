package restclient

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"jobsgateway/internal/rawjson"
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
		{"2023-10-31T11:19", "2023-10-31T11:19:00Z", at(0).Add(-13 * time.Second)},
		{"2023-10-31T11:19Z", "2023-10-31T11:19:00Z", at(0).Add(-13 * time.Second)},
		{"2023-10-31T13:19+02:00", "2023-10-31T11:19:00Z", at(0).Add(-13 * time.Second)},
		{"2023-10-31 13:19+02", "2023-10-31T11:19:00Z", at(0).Add(-13 * time.Second)},
		{"2023-10-31 11:19:13", "2023-10-31T11:19:13Z", at(0)},
		{"2023-10-31 11:19:13.4", "2023-10-31T11:19:13.4Z", at(400000000)},
		{"2023-10-31 11:19:13.400498+00", "2023-10-31T11:19:13.400498Z", at(400498000)},
		{"2023-10-31 11:19:13 UTC", "2023-10-31T11:19:13Z", at(0)},
		{"2023-10-31 11:19:13 +0000", "2023-10-31T11:19:13Z", at(0)},
		{"2023-10-31T11:19:13Gmt", "2023-10-31T11:19:13Z", at(0)},
		{"2023-10-31t11:19:13z", "2023-10-31T11:19:13Z", at(0)},
		{"2023-10-31t11:19:13", "2023-10-31T11:19:13Z", at(0)},
		{"2023-10-31T11:19:13 Z", "2023-10-31T11:19:13Z", at(0)},
		{"2023-10-31T13:19:13+0200", "2023-10-31T11:19:13Z", at(0)},
		{"2023-10-31T16:49:13+0530", "2023-10-31T11:19:13Z", at(0)},
		{"2023-10-31T09:19:13-02", "2023-10-31T11:19:13Z", at(0)},
		{"2023-10-31T11:19:13-00:00", "2023-10-31T11:19:13Z", at(0)},
		{"2023-11-01T11:18:13+23:59", "2023-10-31T11:19:13Z", at(0)},
		{"2023-10-31T12:19:13+01:00[Europe/Paris]", "2023-10-31T11:19:13Z", at(0)},
		{"2023-10-31T11:19:13.40Z[Etc/UTC][u-ca=iso8601]", "2023-10-31T11:19:13.40Z", at(400000000)},
		{"2023-10-31T11:19:13,400", "2023-10-31T11:19:13.400Z", at(400000000)},
		{"2023-10-31T13:19:13,4005+02:00", "2023-10-31T11:19:13.4005Z", at(400500000)},
		{"2023-10-31T11:19:13.1234567899", "2023-10-31T11:19:13.123456789Z", at(123456789)},
		{"2023-10-31T11:19:13.999999999999999999999999999999Z", "2023-10-31T11:19:13.999999999Z", at(999999999)},
		{"2023-10-31T12:19:13.0000000001+01:00", "2023-10-31T11:19:13.000000000Z", at(0)},
		{" 2023-10-31T11:19:13 ", "2023-10-31T11:19:13Z", at(0)},
		{"\t2023-10-31T11:19:13.4Z\r\n", "2023-10-31T11:19:13.4Z", at(400000000)},
		{"2023-12-31T24:00:00", "2024-01-01T00:00:00Z", time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)},
		{"2024-02-28T24:00", "2024-02-29T00:00:00Z", time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)},
		{"2023-12-31T24:00:00.000Z", "2024-01-01T00:00:00.000Z", time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)},
		{"2023-12-31T24:00:00+01:00", "2023-12-31T23:00:00Z", time.Date(2023, 12, 31, 23, 0, 0, 0, time.UTC)},
		{"2016-12-31T23:59:60", "2017-01-01T00:00:00Z", time.Date(2017, 1, 1, 0, 0, 0, 0, time.UTC)},
		{"2016-12-31T23:59:60.75Z", "2017-01-01T00:00:00.75Z", time.Date(2017, 1, 1, 0, 0, 0, 750000000, time.UTC)},
		{"2017-01-01T08:59:60+09:00", "2017-01-01T00:00:00Z", time.Date(2017, 1, 1, 0, 0, 0, 0, time.UTC)},
		{"2017-01-01T05:29:60+0530", "2017-01-01T00:00:00Z", time.Date(2017, 1, 1, 0, 0, 0, 0, time.UTC)},
		{"2016-12-31T15:59:60-08", "2017-01-01T00:00:00Z", time.Date(2017, 1, 1, 0, 0, 0, 0, time.UTC)},
		{"4999-12-31T23:59:59-01:00", "5000-01-01T00:59:59Z", time.Date(5000, 1, 1, 0, 59, 59, 0, time.UTC)},
		{"9999-12-31T23:59:59+01:00", "9999-12-31T22:59:59Z", time.Date(9999, 12, 31, 22, 59, 59, 0, time.UTC)},
		{"9999-12-31T23:59:59.999999", "9999-12-31T23:59:59.999999Z", time.Date(9999, 12, 31, 23, 59, 59, 999999000, time.UTC)},
	} {
		got, err := ParseTimestamp(test.given)
		if err != nil || got.String() != test.text || !got.Time().Equal(test.at) || got.Time().Location() != time.UTC {
			t.Errorf("%s: got %q at %v, %v, want %q", test.given, got, got.Time(), err, test.text)
		}
	}
	for _, given := range []string{
		"", " ", "null", "yesterday", "1698751153", "2023-10-31", "2023-10-31Z", "11:19:13", "2023-10-31T11", "2023-10-31T11Z", "2023-10-31T",
		"2023-13-45T00:00:00", "2023-02-29T00:00:00", "2023-02-29T00:00", "2023-02-29T24:00:00", "2023-00-01 00:00", "2023-10-00 00:00",
		"2023-10-31T24:00:01", "2023-10-31T24:01", "2023-10-31T24:00:00.001", "2023-10-31T25:00:00", "2023-10-31T11:60:00", "2023-10-31T11:60",
		"2023-10-31T11:19:60", "2023-10-31T11:19:61", "2016-12-31T23:59:60+01:00", "2016-12-31T23:58:60Z", "2016-12-31T23:59:61", "2016-12-31T22:59:60-00:30",
		"2023-10-31T1:19:13", "2023-10-31T1:19:13Z", "2023-10-31T1:19:13.4+01:00", "2023-1-31T11:19:13", "23-10-31T11:19:13", "2023-10-31T11:1",
		"2023-10-31T11:19:13.", "2023-10-31T11:19:13.Z", "2023-10-31T11:19:13,", "2023-10-31T11:19:13.4,5Z", "2023-10-31T11:19.5",
		"2023-10-31T11:19:13.4.5", "2023-10-31T11:19:13.-4", "2023-10-31T11:19:13ZZ", "2023-10-31T11:19:13  Z", "2023-10-31  11:19:13",
		"2023-10-31T11:19:13+2", "2023-10-31T11:19:13+24:00", "2023-10-31T11:19:13+02:60", "2023-10-31T11:19:13+020", "2023-10-31T11:19:13+02:",
		"2023-10-31T11:19:13+01:00:30", "2023-10-31T11:19:13 CET", "2023-10-31T11:19:13[Europe/Paris]", "2023-10-31T11:19:13Z[]", "2023-10-31T11:19:13Z[a",
		"-2023-10-31T11:19:13", "+2023-10-31T11:19:13", "2023-10-31_11:19:13", "20231031T111913",
		"12023-10-31T11:19:13", "9999-12-31T23:59:59-01:00", "9999-12-31T24:00:00", "9999-12-31T23:59:60", "0000-01-01T00:00:00+01:00",
		"２０２３-10-31T11:19:13", "2023-10-31T11:19:1３",
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
		`"2023-10-31 11:19"`: "2023-10-31T11:19:00Z", `"2023-10-31\u002011:19"`: "2023-10-31T11:19:00Z", `"\n2023-10-31T11:19:13"`: "2023-10-31T11:19:13Z",
	} {
		got, err := ReadTimestamp(rawjson.Value(given))
		if err != nil || got.IsZero() != (want == nil) || want != nil && got.String() != want {
			t.Errorf("%s: got %v, %v, want %v", given, got, err, want)
		}
	}
	for _, given := range []string{"7", "true", "1698751153.5", `["2023-10-31T11:19:13"]`, `{"at":"2023-10-31T11:19:13"}`, `"soon"`, `" "`} {
		got, err := ReadTimestamp(rawjson.Value(given))
		if !got.IsZero() {
			t.Errorf("%s: got %v", given, got)
		}
		wantKind(t, err, KindMalformed)
	}
}

// noOffset is what the standard library takes for an offset and RFC 3339 does not.
var noOffset = regexp.MustCompile(`[+-](24.*|\d\d:?60)$`)

// byTimePackage reads an instant with the standard library, and gives its digits in UTC: what ParseTimestamp
// is held to.
func byTimePackage(s string) (digits string, at time.Time, ok bool) {
	s, named := strings.TrimSpace(s), false
	for strings.HasSuffix(s, "]") {
		i := strings.LastIndexByte(s, '[')
		if i < 0 || i == len(s)-2 || strings.Contains(s[i:len(s)-1], "]") {
			return "", time.Time{}, false
		}
		s, named = s[:i], true
	}
	if len(s) < len("2006-01-02T15:04") || strings.Trim(s[10:11], "Tt ") != "" || s[13] != ':' || s[11]-'0' > 9 || strings.HasSuffix(s, " ") ||
		noOffset.MatchString(s[11:]) {
		return "", time.Time{}, false
	}
	day, clock := s[:10], strings.ToUpper(s[11:])
	clock, fraction := strings.Replace(clock, ",", ".", 1), ""
	if before, behind, found := strings.Cut(clock, "."); found {
		fraction = behind[:len(behind)-len(strings.TrimLeft(behind, "0123456789"))]
		if len(before) != len("15:04:05") || before[5] != ':' || fraction == "" {
			return "", time.Time{}, false
		}
		clock = before + behind[len(fraction):]
	}
	extra := time.Duration(0)
	leap := len(clock) >= 8 && clock[5:8] == ":60"
	if leap {
		clock, extra = clock[:5]+":59"+clock[8:], time.Second
	}
	if strings.HasPrefix(clock, "24:00") && strings.Trim(fraction, "0") == "" && (len(clock) < 6 || clock[5] != ':' || strings.HasPrefix(clock[5:], ":00")) && !leap {
		clock, extra = "00"+clock[2:], 24*time.Hour
	}
	for _, layout := range []string{"15:04", "15:04:05"} {
		for zone, explicit := range map[string]bool{"": false, "Z": true, "UTC": true, "GMT": true, "-07:00": true, "-0700": true, "-07": true} {
			for _, blank := range []string{"", " "} {
				if blank+zone == " " || named && !explicit {
					continue
				}
				at, err := time.Parse("2006-01-02 "+layout+blank+zone, day+" "+clock)
				if err != nil || strings.HasPrefix(clock, "24:") || strings.ContainsRune(clock[len(layout):], '.') {
					continue
				}
				at = at.UTC().Add(extra)
				if leap && !at.Equal(at.Truncate(24*time.Hour)) || at.Year() < 0 || at.Year() > 9999 {
					return "", time.Time{}, false
				}
				digits = at.Format(zoneless)
				if fraction = fraction[:min(9, len(fraction))]; fraction != "" {
					digits += "." + fraction
					nanoseconds, _ := time.ParseDuration("0." + fraction + "s")
					at = at.Add(nanoseconds)
				}
				return digits + "Z", at, true
			}
		}
	}
	return "", time.Time{}, false
}

func TestZeroTimestamp(t *testing.T) {
	t.Parallel()
	var none Timestamp
	if none.String() != "" || !none.Time().IsZero() || len(none.AppendTo(nil)) != 0 {
		t.Errorf("got %q at %v", none, none.Time())
	}
}
