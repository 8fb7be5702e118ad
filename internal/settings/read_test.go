package settings

import (
	"log/slog"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// texts are right and wrong texts of one setting.
type texts struct {
	field string
	// beside are variables without which the right texts would contradict a default.
	beside []string
	right  map[string]any
	// wrong texts stand under a part of their error.
	wrong map[string][]string
}

func counts(field string, most int, beside ...string) texts {
	above := strconv.Itoa(most + 1)
	return texts{
		field, beside,
		map[string]any{"1": 1, strconv.Itoa(most): most},
		map[string][]string{
			"is out of range; use 1 to " + strconv.Itoa(most): {"0", "-1", above, "99999999999999999999"},
			"is not a whole number; use 1 to":                 {"many", "1.5", "0x10", "1 0"},
		},
	}
}

func durations(field string) texts {
	return texts{
		field,
		[]string{"JOBSGW_REQUEST_TIMEOUT=10m", "JOBSGW_UPSTREAM_TIMEOUT=1ms"},
		map[string]any{
			"1ms": time.Millisecond, "1m30s": 90 * time.Second, "10m": 10 * time.Minute, "5 s": 5 * time.Second,
			"1M30S": 90 * time.Second, "500 MS": 500 * time.Millisecond,
		},
		map[string][]string{
			"is out of range; use 1ms to 10m":                                             {"0", "0s", "-5s", "10m1ns"},
			"is not a duration with its unit, such as 500ms, 5s or 1m30s; use 1ms to 10m": {"5", "soon", "5000", "1d"},
		},
	}
}

func switches(field string) texts {
	return texts{
		field, nil,
		map[string]any{
			"true": true, "1": true, "yes": true, "on": true, "TRUE": true, "Yes": true, "oN": true, "true\t": true,
			"false": false, "0": false, "no": false, "off": false, "False": false, "NO": false, "Off": false,
		},
		map[string][]string{"is neither; use true or false": {"maybe", "2"}},
	}
}

func addresses(field string) texts {
	return texts{
		field, nil,
		map[string]any{
			"127.0.0.1:9000": "127.0.0.1:9000", ":9000": ":9000", "[::1]:65535": "[::1]:65535",
			"localhost:0": "localhost:0", "gateway_1.jobs:9000": "gateway_1.jobs:9000",
		},
		map[string][]string{
			"is not host:port; use ":   {"9000", "localhost", "::1:80", "http://localhost:80"},
			"has no usable host; use ": {"a b:80", "a/b:80"},
			"has no usable port; use ": {"a:http", "a:65536", "a:-1", "a:"},
		},
	}
}

var everySetting = []texts{
	addresses("Listen"),
	addresses("AdminListen"),
	{
		"UpstreamURL", nil,
		map[string]any{
			"http://localhost:9000": &url.URL{Scheme: "http", Host: "localhost:9000"},
			"HTTPS://[::1]/v2/api/": &url.URL{Scheme: "https", Host: "[::1]", Path: "/v2/api"},
			"https://jobs.a.b":      &url.URL{Scheme: "https", Host: "jobs.a.b"},
			"https://a.b/jobs/v1":   &url.URL{Scheme: "https", Host: "a.b", Path: "/jobs/v1"},
			"https://a.b/myjobs":    &url.URL{Scheme: "https", Host: "a.b", Path: "/myjobs"},
		},
		map[string][]string{
			"is neither http nor https": {"ftp://a.b", "/jobs", "a.b/jobs", "localhost:9000"},
			"has no host":               {"https://", "https:///jobs", "http:a.b", "https://:80"},
			"has user info":             {"https://u@a.b"},
			"has a query":               {"https://a.b?", "https://a.b/?c=d"},
			"has a fragment":            {"https://a.b/#", "https://a.b#c"},
			"has no usable port":        {"https://a.b:65536", "https://a.b:0", "https://a.b:"},
			"has no usable host":        {"https://ä.b"},
			"cannot be read as a URL":   {"https://a b", "https://a.b:c"},
			"ends in /jobs, which the gateway appends itself; leave it out; use ": {
				"https://a.b/jobs", "https://a.b/jobs/", "https://a.b/v1/jobs//", "https://a.b/Jobs", "https://a.b/%6aobs",
				"https://a.b/jobs/.", "https://a.b/jobs/v1/..", "https://a.b/v1/./jobs",
			},
		},
	},
	switches("Introspection"),
	switches("Playground"),
	switches("Federation"),
	switches("Explain"),
	switches("TraceOperationNames"),
	switches("Demo"),
	durations("UpstreamTimeout"),
	{
		"DrainDelay", nil,
		map[string]any{"0s": time.Duration(0), "0": time.Duration(0), "1500ms": 1500 * time.Millisecond, "10m": 10 * time.Minute},
		map[string][]string{"is out of range; use 0s to 10m": {"-1s", "10m1s"}, "unit": {"1", "s"}},
	},
	durations("RequestTimeout"),
	counts("MaxOperations", 100_000),
	counts("MaxPageSize", 500, "JOBSGW_DEFAULT_PAGE_SIZE=1"),
	counts("DefaultPageSize", 500),
	counts("MaxCost", 10_000_000),
	counts("MaxDepth", 100),
	counts("MaxAliases", 1000),
	counts("MaxRootFields", 1000),
	switches("Live"),
	counts("MaxStreams", 1_000_000),
	counts("MaxStreamsPerToken", 1_000_000),
	counts("MaxPolls", 100_000),
	{
		"PollInterval", nil,
		map[string]any{"100ms": 100 * time.Millisecond, "2s": 2 * time.Second, "10m": 10 * time.Minute},
		map[string][]string{"is out of range; use 100ms to 10m": {"0s", "99ms", "10m1s"}, "unit": {"2", "s"}},
	},
	{
		"MaxStreamAge", nil,
		map[string]any{"1s": time.Second, "90m": 90 * time.Minute, "720h": 720 * time.Hour},
		map[string][]string{"is out of range; use 1s to 720h": {"0s", "999ms", "721h"}, "unit": {"1", "h"}},
	},
	{
		"LiveOutage", nil,
		map[string]any{"1s": time.Second, "60s": time.Minute, "24h": 24 * time.Hour},
		map[string][]string{"is out of range; use 1s to 24h": {"0s", "999ms", "25h"}, "unit": {"1", "s"}},
	},
	counts("MaxUpstreamCalls", 10_000),
	counts("MaxUpstreamConcurrency", 1024),
	{
		"MaxBody", nil,
		map[string]any{
			"1024": int64(1024), "1KiB": int64(1024), "16MiB": int64(16 << 20), "16777216": int64(16 << 20),
			"2048 b": int64(2048), "2kib": int64(2048), "2kB": int64(2000), "1 MB": int64(1e6),
			"256K": int64(256 << 10), "256k": int64(256 << 10), "256KiB": int64(256 << 10), "256Ki": int64(256 << 10),
			"256KB": int64(256_000), "1M": int64(1 << 20), "1m": int64(1 << 20), "1Mi": int64(1 << 20), " 1M ": int64(1 << 20),
		},
		map[string][]string{
			"is out of range; use 1KiB to 16MiB": {
				"1023", "1KB", "17MiB", "16777217", "0", "-1KiB",
				"9223372036854775807GiB", "-9223372036854775808GiB", "99999999999999999999",
			},
			"is not a size such as 65536, 64K or 64KiB; use 1KiB to 16MiB": {
				"large", "KiB", "1.5MiB", "1T", "1KiB2", "٣KiB",
			},
		},
	},
	{
		"MaxUpstreamBody", nil,
		map[string]any{"64KiB": int64(64 << 10), "1GiB": int64(1 << 30), "1GB": int64(1e9), "1g": int64(1 << 30), "1Gi": int64(1 << 30)},
		map[string][]string{"is out of range; use 64KiB to 1GiB": {"65535", "1073741825"}, "is not a size": {"all"}},
	},
	{
		"MaxOperationBytes",
		[]string{"JOBSGW_MAX_TOTAL_BYTES=64GiB"},
		map[string]any{"1MiB": int64(1 << 20), "4GiB": int64(4 << 30), "48M": int64(48 << 20)},
		map[string][]string{"is out of range; use 1MiB to 4GiB": {"1048575", "4294967297"}, "is not a size": {"all"}},
	},
	{
		"MaxTotalBytes",
		[]string{"JOBSGW_MAX_OPERATION_BYTES=1MiB"},
		map[string]any{"2MiB": int64(2 << 20), "64GiB": int64(64 << 30), "104M": int64(104 << 20)},
		map[string][]string{"is out of range; use 2MiB to 64GiB": {"2097151", "65GiB"}, "is not a size": {"all"}},
	},
	{
		"MaxPersistedBytes", nil,
		map[string]any{"0": int64(0), "1GiB": int64(1 << 30), "4M": int64(4 << 20)},
		map[string][]string{"is out of range; use 0 to 1GiB, 0 serves none": {"-1", "1073741825"}, "is not a size": {"all", "off"}},
	},
	{
		"TrustedDocuments",
		[]string{"JOBSGW_TRUSTED_DOCUMENTS_PATH=/documents"},
		map[string]any{"off": "off", "log": "log", "REQUIRE": "require"},
		map[string][]string{"is unknown; use off, log or require": {"on", "true"}},
	},
	{
		"TrustedDocumentsPath", nil,
		map[string]any{"/a b/ä.json": "/a b/ä.json", "documents": "documents"},
		map[string][]string{"has one of ?#@ or a control character; use the path of a file or a folder": {"a\x00b", "https://a.b/?c", "a@b", "#"}},
	},
	switches("TrustedDocumentsLiftLimits"),
	{
		"CORSOrigins", nil,
		map[string]any{
			"":                        []string{},
			"none":                    []string{},
			" NONE ":                  []string{},
			"*":                       []string{"*"},
			"https://app.example.com": []string{"https://app.example.com"},
			"http://localhost:3000":   []string{"http://localhost:3000"},
			"http://a , ,https://b:1": []string{"http://a", "https://b:1"},
			"http://[::1]:8080":       []string{"http://[::1]:8080"},
		},
		map[string][]string{
			"is not http:// or https:// with a host": {"app.example.com", "null", "ftp://a", "https://", "http://a,b", "none,http://a"},
			"goes on after the host":                 {"https://a/", "https://a/b", "https://a?b", "https://a#"},
			"has a wildcard inside":                  {"https://*.a.b", "https://a:*", "**"},
			"has capitals":                           {"https://A.b", "HTTPS://a.b"},
			"names the port that a browser leaves":   {"https://a:443", "http://a:80"},
			"has no usable port":                     {"http://a:", "http://a:0", "http://a:65536"},
			"has a host in a form":                   {"https://ä.b"},
			"has user info":                          {"https://u@a"},
			`"*" stands beside other origins; use `:  {"*,https://a", "https://a,*"},
			`"http://" is not http:// or https:// with a host, "http://A" has capitals`: {"http://,http://b,http://A"},
		},
	},
	{
		"CORSHeaders", nil,
		map[string]any{
			"":               []string{},
			"none":           []string{},
			"X-Tenant":       []string{"X-Tenant"},
			"X-Tenant , ,b3": []string{"X-Tenant", "b3"},
			"x_a.b-9":        []string{"x_a.b-9"},
		},
		map[string][]string{
			"stands for any header":            {"*", "X-*", "X-A,*"},
			"is not the name of a header":      {"X Tenant", "x/y", "ä", strings.Repeat("x", 101), "a,b c"},
			`"X-Tenant:…" has more than names`: {"X-Tenant:", "X-Tenant: hunter2"},
		},
	},
	{
		"LogLevel", nil,
		map[string]any{
			"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError,
			"DEBUG": slog.LevelDebug, "Info": slog.LevelInfo, "wArN": slog.LevelWarn, "\terror": slog.LevelError,
		},
		map[string][]string{"is unknown; use debug, info, warn or error": {"info+2", "debug,info", "warning"}},
	},
	{
		"LogFormat", nil,
		map[string]any{"auto": "auto", "json": "json", "text": "text", "JSON": "json", "Text": "text"},
		map[string][]string{"is unknown; use auto, json or text": {"xml"}},
	},
	{
		"BasePath", nil,
		map[string]any{
			"": "", "/": "", "/\t": "", "/jobs-gw": "/jobs-gw", "/jobs-gw/": "/jobs-gw", "/a/b_c.d/~e": "/a/b_c.d/~e", "/graphql": "/graphql",
		},
		map[string][]string{
			"does not begin with a slash; use ":                    {"jobs-gw", "jobs-gw/"},
			"is not the path alone, with single slashes; use ":     {"https://a.b/jobs-gw", "//jobs-gw", "/a//b", "/a//", "//"},
			"is more than names of letters, digits and -._~ betwe": {"/a b", "/a?b", "/a#b", "/a%20b", "/ä", "/a/../b", "/.", "/{x}", `/"<`},
		},
	},
}

// TestEverySetting hands each text over as a flag and as a variable; both ways must read alike.
func TestEverySetting(t *testing.T) {
	flags := settingFlags(t)
	for _, tc := range everySetting {
		flag, ok := flags[tc.field]
		delete(flags, tc.field)
		if !ok {
			t.Fatalf("%s: no such setting, or here twice", tc.field)
		}
		for text, want := range tc.right {
			for _, environ := range []bool{false, true} {
				got, err := parseOne(flag, text, environ, tc.beside)
				if err != nil {
					t.Errorf("%s, environ %v: %q: %v", flag, environ, text, err)
					continue
				}
				value := reflect.ValueOf(got.Settings).FieldByName(tc.field).Interface()
				if diff := cmp.Diff(want, value); diff != "" {
					t.Errorf("%s, environ %v: %q (-want +got):\n%s", flag, environ, text, diff)
				}
			}
		}
		for want, wrong := range tc.wrong {
			for _, text := range wrong {
				_, err := parseOne(flag, text, false, tc.beside)
				expectLine(t, err, both(flag)+": ", want)
				_, err = parseOne(flag, text, true, tc.beside)
				expectLine(t, err, both(flag)+": ", want)
			}
		}
		// What is empty, or blank, is no default: whoever left it so meant something.
		for _, text := range []string{"", " "} {
			for _, environ := range []bool{false, true} {
				if _, err := parseOne(flag, text, environ, tc.beside); tc.right[""] == nil {
					expectLine(t, err, both(flag)+": ", "its value is empty; use ")
				}
			}
		}
	}
	if len(flags) > 0 {
		t.Errorf("settings without a test: %v", flags)
	}
}

// settingFlags gives the name of each setting's flag by the name of its field.
func settingFlags(t *testing.T) map[string]string {
	t.Helper()
	var line grammar
	parser, err := newParser(&line, nil, faults{})
	if err != nil {
		t.Fatal(err)
	}
	flags := map[string]string{}
	for i, flag := range parser.Model.Children[0].Flags {
		flags[reflect.TypeFor[Settings]().Field(i).Name] = flag.Name
	}
	return flags
}

// parseOne parses one setting, given as a flag or in the environment.
func parseOne(flag, text string, environ bool, beside []string) (Invocation, error) {
	if environ {
		return Parse(nil, append(slices.Clip(beside), variable(flag)+"="+text))
	}
	return Parse([]string{"--" + flag + "=" + text}, beside)
}

// expectLine wants an error of exactly one line that begins with head and contains part.
func expectLine(t *testing.T, err error, head, part string) {
	t.Helper()
	if err == nil {
		t.Errorf("no error, want %q", head+part)
		return
	}
	line := err.Error()
	if !strings.HasPrefix(line, head) || !strings.Contains(line, part) || strings.Contains(line, "\n") {
		t.Errorf("got %q, want one line %q with %q", line, head, part)
	}
}
