package settings

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/alecthomas/kong"
)

// readOrigins reads a list parted by commas, where an empty item is none, as is the word none. All wrong
// items share the one error.
func readOrigins(text string, _ *kong.Tag) (any, error) {
	if strings.Contains(text, "@") {
		// The whole list is shown as one, since a password may hold a comma.
		return nil, fmt.Errorf("%s has user info", shown(text))
	}
	var origins, wrong []string
	for item := range strings.SplitSeq(text, ",") {
		item = strings.TrimSpace(item)
		if item == "" || strings.EqualFold(text, "none") {
			continue
		}
		origins = append(origins, item)
		if fault := originFault(item); fault != "" && item != "*" {
			wrong = append(wrong, shown(item)+" "+fault)
		}
	}
	if len(wrong) > 0 {
		return nil, errors.New(strings.Join(wrong, ", "))
	}
	return origins, nil
}

// originFault returns why a browser would never send text as an Origin; "" when one could. An origin is
// compared as a string, so one that only means the same would be refused to every page, without a word.
func originFault(text string) string {
	origin, err := url.Parse(text)
	switch {
	case strings.Contains(text, "*"):
		return "has a wildcard inside"
	case err != nil || origin.Hostname() == "" || (origin.Scheme != "http" && origin.Scheme != "https"):
		return "is not http:// or https:// with a host"
	case origin.Path != "" || origin.RawQuery != "" || origin.ForceQuery || strings.Contains(text, "#"):
		return "goes on after the host (a browser sends not even a slash there)"
	case text != strings.ToLower(text):
		return "has capitals, which a browser never sends"
	case !plainHost(origin.Hostname()):
		return "has a host in a form that a browser never sends"
	case origin.Scheme == "http" && origin.Port() == "80", origin.Scheme == "https" && origin.Port() == "443":
		return "names the port that a browser leaves out"
	case origin.Port() != "" && !validPort(origin.Port(), 1), strings.HasSuffix(origin.Host, ":"):
		return "has no usable port"
	}
	return ""
}

// headerName is the name of a header, of the characters of a token (RFC 9110, section 5.1) that names have in
// practice. The * is one of a token's, but in CORS it stands for any name.
var headerName = regexp.MustCompile(`^[A-Za-z0-9._-]{1,100}$`)

// readHeaders reads a list of names of headers as readOrigins reads origins.
func readHeaders(text string, _ *kong.Tag) (any, error) {
	if strings.ContainsAny(text, ":@#?") {
		// What has one of these is a URL or a header with its value, perhaps with a password.
		return nil, fmt.Errorf("%s has more than names", shown(withoutValues(text)))
	}
	var names, wrong []string
	for item := range strings.SplitSeq(text, ",") {
		item = strings.TrimSpace(item)
		if item == "" || strings.EqualFold(text, "none") {
			continue
		}
		names = append(names, item)
		if !headerName.MatchString(item) {
			wrong = append(wrong, shown(item)+" "+headerFault(item))
		}
	}
	if len(wrong) > 0 {
		return nil, errors.New(strings.Join(wrong, ", "))
	}
	return names, nil
}

// withoutValues cuts a list where something else than names begins, so that no value of a header is shown.
func withoutValues(text string) string {
	return text[:strings.IndexAny(text, ":@#?")+1] + "…"
}

// headerFault returns why a text is no name of a header.
func headerFault(text string) string {
	if strings.Contains(text, "*") {
		return "stands for any header, which browsers do not take for Authorization"
	}
	return "is not the name of a header"
}
