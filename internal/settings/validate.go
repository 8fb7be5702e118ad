package settings

import (
	"fmt"
	"maps"
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/agnivade/levenshtein"
	"github.com/alecthomas/kong"
)

// longestShown bounds a value within an error, in characters: enough for any URL that means well.
const longestShown = 100

// contradictions adds the settings that are right alone and wrong together. A pair of which one is wrong
// anyway is left out: its value is not what the user meant. Names in set have a value that is not the
// default.
func contradictions(s *Settings, set map[string]bool, found faults) {
	sound := func(one, other string) bool { return found[one] == "" && found[other] == "" }

	if sound("listen", "admin-listen") && collide(s.Listen, s.AdminListen) {
		found["admin-listen"] = fmt.Sprintf("%s is taken by %s, which is %s; use another port",
			s.AdminListen, both("listen"), s.Listen)
	}
	// Of the whole list: it may be given in parts.
	if found["cors-origins"] == "" && slices.Contains(s.CORSOrigins, "*") && len(s.CORSOrigins) > 1 {
		found["cors-origins"] = `"*" stands beside other origins; use it alone or leave it out`
	}
	switch {
	case s.Demo && strings.HasPrefix(found["upstream-url"], isEmpty):
		delete(found, "upstream-url") // no address at all is what the demo wants
	case s.Demo && set["upstream-url"]:
		const fault = "the demo serves a Jobs API of its own, but %s is set too; use one of the two"
		found["demo"] = fmt.Sprintf(fault, both("upstream-url"))
	}
	if sound("upstream-timeout", "request-timeout") && s.UpstreamTimeout > s.RequestTimeout {
		found["upstream-timeout"] = fmt.Sprintf("%v is above %s, which is %v; use at most that or raise it",
			s.UpstreamTimeout, both("request-timeout"), s.RequestTimeout)
	}
	if sound("max-operation-bytes", "max-total-bytes") && s.MaxTotalBytes/2 < s.MaxOperationBytes {
		found["max-total-bytes"] = fmt.Sprintf("%d is less than twice %s, which is %d; use at least %d or lower that",
			s.MaxTotalBytes, both("max-operation-bytes"), s.MaxOperationBytes, 2*s.MaxOperationBytes)
	}
	if sound("trusted-documents", "trusted-documents-path") && s.TrustedDocuments != "off" &&
		s.TrustedDocumentsPath == "" {
		found["trusted-documents-path"] = fmt.Sprintf("it is not set, and %s, which is %s, needs it",
			both("trusted-documents"), s.TrustedDocuments)
	}
	if sound("default-page-size", "max-page-size") && s.DefaultPageSize > s.MaxPageSize {
		found["default-page-size"] = fmt.Sprintf("%d is above %s, which is %d; use 1 to %d or raise that",
			s.DefaultPageSize, both("max-page-size"), s.MaxPageSize, s.MaxPageSize)
	}
}

// collide reports whether two addresses cannot be listened on together: the same port of the same host, or of
// all hosts on either side. Two names of one host are left for the system to refuse.
func collide(one, other string) bool {
	host1, port1, _ := net.SplitHostPort(one)
	host2, port2, _ := net.SplitHostPort(other)
	number1, _ := strconv.Atoi(port1)
	number2, _ := strconv.Atoi(port2)
	if number1 != number2 || number1 == 0 {
		return false
	}
	return strings.EqualFold(host1, host2) || everywhere(host1) || everywhere(host2)
}

// everywhere reports whether a host stands for all interfaces: none, 0.0.0.0 and [::].
func everywhere(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "" || (err == nil && address.IsUnspecified())
}

// unknown returns an error for each variable that no flag has, in the order of their names. Their values are
// not shown: a variable that is not known here may hold anything.
func unknown(variables map[string]string, flags []*kong.Flag) []error {
	var lines []error
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		known := func(flag *kong.Flag) bool { return variable(flag.Name) == name }
		if slices.ContainsFunc(flags, known) || name == tokenVariable || linked(name, variables[name]) {
			continue
		}
		advice := "jobsgateway --help lists the variables"
		if flag := nearest(name, flags); flag != "" {
			advice = fmt.Sprintf("did you mean %s, which is --%s?", variable(flag), flag)
		}
		lines = append(lines, fmt.Errorf("%s: there is no such setting; %s", name, advice))
	}
	return lines
}

// linked reports whether Kubernetes or Docker made a variable: both put some into every container beside a
// service whose name begins with "jobsgw", such as JOBSGW_SERVICE_HOST and JOBSGW_PORT=tcp://10.0.0.1:80.
// Nobody set them and nobody can unset them one by one, so they are no error.
func linked(name, text string) bool {
	isPort := strings.HasSuffix(name, "_PORT") && strings.Contains(text, "://")
	return isPort || linkedName.MatchString(name)
}

// linkedName is how such a variable ends whose value can be anything.
var linkedName = regexp.MustCompile(
	`_SERVICE_HOST$|_SERVICE_PORT(_\w+)?$|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$`)

// nearest returns the flag whose variable differs least from name, or "" if more than a third of the name
// would change.
func nearest(name string, flags []*kong.Flag) string {
	best, least := "", (len(name)-len(prefix))/3+1
	for _, flag := range flags {
		distance := levenshtein.ComputeDistance(strings.ToUpper(name), variable(flag.Name))
		// Strictly less: of two equally near, the one that the help text names first.
		if distance < least {
			best, least = flag.Name, distance
		}
	}
	return best
}

// shown returns a value as an error may show it: in quotes, so that blanks are seen, without its secrets, and
// cut.
func shown(text string) string {
	text = redact(text)
	if runes := []rune(text); len(runes) > longestShown {
		text = string(runes[:longestShown]) + "…"
	}
	return strconv.Quote(text)
}

// redact hides the user info, the query and the fragment of a URL, which need not be well formed: what stands
// between the first "//" and the last "@", and what follows a "?" or "#". In doubt it hides more.
//
// Examples: https://me:secret@host/path?token=x becomes https://…@host/path?…, and https://host/?token=x@y,
// which may have a password with a question mark, https://….
func redact(text string) string {
	at, query := strings.LastIndexByte(text, '@'), strings.IndexAny(text, "?#")
	scheme := ""
	if slashes := strings.Index(text, "//"); slashes >= 0 && slashes < strings.IndexAny(text, "@?#") {
		scheme = text[:slashes+2]
	}
	switch {
	case query >= 0 && at > query:
		return scheme + "…"
	case query >= 0:
		text = text[:query+1] + "…"
	}
	if at >= 0 {
		text = scheme + "…" + text[at:]
	}
	return text
}
