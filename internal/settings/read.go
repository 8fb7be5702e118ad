package settings

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"net/netip"
	"net/url"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/alecthomas/kong"
)

// reading turns the trimmed text of one setting into a value of exactly the field's type. Its error says what
// is wrong with the text and nothing more; what to use instead is said by accepted.
type reading func(text string, tag *kong.Tag) (any, error)

// readingsByType serve the fields whose Go type says enough; readingsByName those with a type tag.
var (
	readingsByType = map[reflect.Type]reading{
		reflect.TypeFor[int]():           ranged("a whole number", parseCount),
		reflect.TypeFor[int64]():         ranged("a size such as 65536, 64K or 64KiB", parseSize),
		reflect.TypeFor[time.Duration](): ranged(wantedDuration, parseDuration),
		reflect.TypeFor[slog.Level]():    readLevel,
		reflect.TypeFor[*url.URL]():      readUpstream,
		reflect.TypeFor[[]string]():      readOrigins,
	}
	readingsByName = map[string]reading{
		"switch": readSwitch, "word": readWord, "address": readAddress, "path": readPath, "headers": readHeaders,
		"file": readFile,
	}
)

const wantedDuration = "a duration with its unit, such as 500ms, 5s or 1m30s"

// units are the factors of sizes, in lower case. A K and a KiB are 1024 bytes, as for nginx, Docker and the
// JVM; a kB is 1000, as the SI has it.
var units = map[string]int64{
	"": 1, "b": 1,
	"k": 1 << 10, "m": 1 << 20, "g": 1 << 30,
	"ki": 1 << 10, "mi": 1 << 20, "gi": 1 << 30, // Kubernetes
	"kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30,
	"kb": 1e3, "mb": 1e6, "gb": 1e9,
}

// accepted returns in words what the tag allows, for errors and for the help text alike.
func accepted(tag *kong.Tag) string {
	if words := strings.Split(tag.Get("words"), ","); len(words) > 1 {
		last := len(words) - 1
		return strings.Join(words[:last], ", ") + " or " + words[last]
	}
	if !tag.Has("min") {
		return tag.Get("accepts")
	}
	span := tag.Get("min") + " to " + tag.Get("max")
	if note := tag.Get("note"); note != "" {
		span += ", " + note
	}
	return span
}

// ranged makes a reading that parses a text and holds it to the tag's min and max, which are written in the
// same form.
func ranged[T cmp.Ordered](what string, parse func(string) (T, bool)) reading {
	return func(text string, tag *kong.Tag) (any, error) {
		value, ok := parse(text)
		if !ok {
			return nil, fmt.Errorf("%s is not %s", shown(text), what)
		}
		// A bound that cannot be parsed puts even the default out of range, which no test would let pass.
		least, _ := parse(tag.Get("min"))
		most, _ := parse(tag.Get("max"))
		if value < least || value > most {
			return nil, fmt.Errorf("%s is out of range", text)
		}
		return value, nil
	}
}

// parseCount reads a whole number. One too large for an int is the largest int: it is out of range, which is
// another fault than not being a number.
func parseCount(text string) (int, bool) {
	count, err := strconv.Atoi(text)
	return count, err == nil || errors.Is(err, strconv.ErrRange)
}

// parseSize reads a whole number with or without a unit of units, in any case, and returns bytes. It
// saturates as parseCount does.
//
// Example: 64K and 64 KiB are 65536, 64kB is 64000.
func parseSize(text string) (int64, bool) {
	digits := strings.TrimRightFunc(text, func(r rune) bool { return !unicode.IsDigit(r) })
	number, err := strconv.ParseInt(digits, 10, 64)
	factor, known := units[strings.ToLower(strings.TrimSpace(text[len(digits):]))]
	if !known || (err != nil && !errors.Is(err, strconv.ErrRange)) {
		return 0, false
	}
	if number > math.MaxInt64/factor {
		return math.MaxInt64, true
	}
	// The same for negative numbers: they are out of range, and must not wrap round into it.
	return max(number, math.MinInt64/factor) * factor, true
}

// parseDuration reads numbers with units, in any case and with or without blanks between. It wants a unit:
// whether 5 means seconds or milliseconds is anyone's guess.
func parseDuration(text string) (time.Duration, bool) {
	duration, err := time.ParseDuration(strings.ToLower(strings.Join(strings.Fields(text), "")))
	return duration, err == nil
}

// readSwitch reads the words for on and off that shells, Compose files and charts use, in any case.
func readSwitch(text string, _ *kong.Tag) (any, error) {
	switch strings.ToLower(text) {
	case "true", "1", "yes", "on":
		return true, nil
	case "false", "0", "no", "off":
		return false, nil
	}
	return nil, fmt.Errorf("%s is neither", shown(text))
}

// readWord holds the text to the tag's words, in any case, and returns it as the tag has it.
func readWord(text string, tag *kong.Tag) (any, error) {
	word := strings.ToLower(text)
	if !slices.Contains(strings.Split(tag.Get("words"), ","), word) {
		return nil, fmt.Errorf("%s is unknown", shown(text))
	}
	return word, nil
}

// readLevel reads slog's levels by name only: a reader of the log cannot know what "INFO+2" means.
func readLevel(text string, tag *kong.Tag) (any, error) {
	if _, err := readWord(text, tag); err != nil {
		return nil, err
	}
	var level slog.Level
	err := level.UnmarshalText([]byte(text))
	return level, err
}

// readAddress returns the text as it is. Whether the host exists and the port is free shows when it is
// listened on. Names of ports are refused: what "http" means is up to a file of the machine.
func readAddress(text string, _ *kong.Tag) (any, error) {
	host, port, err := net.SplitHostPort(text)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s is not host:port", shown(text))
	case !plainHost(host):
		return nil, fmt.Errorf("%s has no usable host", shown(text))
	case !validPort(port, 0):
		return nil, fmt.Errorf("%s has no usable port", shown(text))
	}
	return text, nil
}

// readUpstream returns the URL without a slash at its end, so that there is one form to append a path to.
func readUpstream(text string, _ *kong.Tag) (any, error) {
	// A trailing slash would be doubled, or eat the last element, depending on how a path is appended.
	base, err := url.Parse(strings.TrimRight(text, "/"))
	if err != nil {
		// Neither the text nor the error is shown: where the user info of a broken URL ends cannot be known.
		return nil, errors.New("this cannot be read as a URL")
	}
	switch {
	case base.Scheme != "http" && base.Scheme != "https":
		return nil, fmt.Errorf("%s is neither http nor https", shown(text))
	case base.Hostname() == "":
		return nil, fmt.Errorf("%s has no host", shown(text))
	case base.User != nil:
		return nil, fmt.Errorf("%s has user info, but the token is each caller's own", shown(text))
	case base.RawQuery != "" || base.ForceQuery:
		return nil, fmt.Errorf("%s has a query", shown(text))
	case strings.Contains(text, "#"):
		return nil, fmt.Errorf("%s has a fragment", shown(text))
	case !plainHost(base.Hostname()):
		return nil, fmt.Errorf("%s has no usable host", shown(text))
	case base.Port() != "" && !validPort(base.Port(), 1), strings.HasSuffix(base.Host, ":"):
		return nil, fmt.Errorf("%s has no usable port", shown(text))
	case strings.EqualFold(path.Base(path.Clean(base.Path)), "jobs"):
		const fault = "%s ends in /jobs, which the gateway appends itself; leave it out"
		return nil, fmt.Errorf(fault, shown(text))
	}
	return base, nil
}

// pathElement is an element of a path that looks the same in a setting, in a request and in a browser's
// address.
var pathElement = regexp.MustCompile(`^[A-Za-z0-9._~-]+$`)

// readPath returns a path without a slash at its end, so "" for the root.
func readPath(text string, _ *kong.Tag) (any, error) {
	trimmed := strings.TrimSuffix(text, "/")
	elements, rooted := strings.CutPrefix(trimmed, "/")
	switch {
	case strings.Contains(text, "//"):
		return nil, fmt.Errorf("%s is not the path alone, with single slashes", shown(text))
	case trimmed == "":
		return "", nil
	case !rooted:
		return nil, fmt.Errorf("%s does not begin with a slash", shown(text))
	}
	for element := range strings.SplitSeq(elements, "/") {
		if !pathElement.MatchString(element) || strings.Trim(element, ".") == "" {
			const fault = "%s is more than names of letters, digits and -._~ between slashes"
			return nil, fmt.Errorf(fault, shown(text))
		}
	}
	return trimmed, nil
}

// readFile returns the path of a file or a folder as it is. Whether that is there shows when it is read. What
// could be a URL with a secret is refused.
func readFile(text string, _ *kong.Tag) (any, error) {
	if strings.ContainsAny(text, "?#@") || strings.ContainsFunc(text, unicode.IsControl) {
		return nil, fmt.Errorf("%s has one of ?#@ or a control character", shown(text))
	}
	return text, nil
}

// plainName is a host's name in ASCII, or none.
var plainName = regexp.MustCompile(`^[A-Za-z0-9._-]*$`)

// plainHost reports whether a host is an IP address or a name in ASCII. The empty host is plain too.
func plainHost(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil || plainName.MatchString(host)
}

// validPort reports whether text is a number from least to 65535, without a sign.
func validPort(text string, least int) bool {
	port, err := strconv.ParseUint(text, 10, 16)
	return err == nil && int(port) >= least
}
