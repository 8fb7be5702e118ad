package settings

import (
	"log/slog"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func defaults() Settings {
	return Settings{
		Listen:                 "127.0.0.1:8080",
		AdminListen:            "127.0.0.1:8081",
		DrainDelay:             time.Second,
		UpstreamURL:            &url.URL{Scheme: "https", Host: "api-dev.narrative.io"},
		UpstreamTimeout:        5 * time.Second,
		RequestTimeout:         15 * time.Second,
		MaxOperations:          1024,
		MaxPageSize:            500,
		DefaultPageSize:        50,
		MaxBody:                256 << 10,
		MaxOperationBytes:      48 << 20,
		MaxTotalBytes:          104 << 20,
		MaxPersistedBytes:      4 << 20,
		MaxUpstreamBody:        32 << 20,
		MaxCost:                20_000,
		MaxDepth:               15,
		MaxAliases:             30,
		MaxRootFields:          20,
		Live:                   true,
		PollInterval:           2 * time.Second,
		MaxStreams:             10_000,
		MaxStreamsPerToken:     200,
		MaxPolls:               2000,
		MaxStreamAge:           time.Hour,
		LiveOutage:             time.Minute,
		MaxUpstreamCalls:       200,
		MaxUpstreamConcurrency: 64,
		TrustedDocuments:       "off",
		Introspection:          true,
		Playground:             true,
		Federation:             true,
		Explain:                true,
		LogLevel:               slog.LevelInfo,
		LogFormat:              "auto",
	}
}

func TestCommands(t *testing.T) {
	depth7 := defaults()
	depth7.MaxDepth = 7
	wrong := []string{"JOBSGW_MAX_DEPTH=none", "JOBSGW_FEDERATION=true", "JOBSGW_NO_SUCH=1"}
	for line, want := range map[string]Invocation{
		"":                          {Settings: defaults()},
		"serve":                     {Settings: defaults()},
		"schema":                    {Command: PrintSchema},
		"schema --federation":       {Command: PrintSchema, FederationSchema: true},
		"schema --federation=false": {Command: PrintSchema},
		"serve --cors-origins none": {Settings: defaults()},
		"doctor":                    {Command: Doctor, Settings: defaults(), Text: version(), Sources: sourcesOf(t)},
		"doctor --max-depth 7":      {Command: Doctor, Settings: depth7, Text: version(), Sources: sourcesOf(t, "--max-depth=7")},
	} {
		var environ []string
		if want.Command == PrintSchema {
			environ = wrong
		}
		got, err := Parse(strings.Fields(line), environ)
		if err != nil {
			t.Errorf("%q: %v", line, err)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%q (-want +got):\n%s", line, diff)
		}
	}
	for line, want := range map[string]Command{
		"--help": Help, "-h": Help, "schema --help": Help, "--listen --help": Help, "--max-depth 0 -h": Help,
		"--version": Version, "--version --help": Help, "serve --version": Version,
		"help": Help, "version": Version, "help --version": Help, "version --help": Help, "version -h": Help,
		"help serve": Help, "help schema": Help, "help serve x": Help,
	} {
		got, err := Parse(strings.Fields(line), wrong)
		text := strings.HasPrefix(got.Text, "jobsgateway ") && strings.HasSuffix(got.Text, "\n")
		if err != nil || got.Command != want || !text {
			t.Errorf("%q: command %v, error %v, text %q", line, got.Command, err, got.Text)
		}
	}
}

func TestLinesThatAreNotFlags(t *testing.T) {
	for line, want := range map[string]string{
		"--max-dept 3":         `unknown flag --max-dept, did you mean "--max-depth"?`,
		"schem":                "unexpected argument schem",
		"--federation schema":  `flag --federation applies to the default command "serve"`,
		"schema --listen :1":   "unknown flag --listen",
		"--no-playground=some": "bool value must be",
		"--no-demo":            "unknown flag --no-demo",
	} {
		_, err := Parse(strings.Fields(line), nil)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "jobsgateway --help") {
			t.Errorf("%q: got %v, want %q and the way to the help", line, err, want)
		}
	}
}

func TestPrecedence(t *testing.T) {
	// The process's own environment must not be looked at: Parse knows only what it is handed.
	t.Setenv("JOBSGW_MAX_DEPTH", "none")
	t.Setenv("JOBSGW_NO_SUCH", "1")
	for _, tc := range []struct {
		name    string
		line    string
		environ string
		change  func(*Settings)
	}{
		{"default", "", "", func(*Settings) {}},
		{"variable over default", "", "MAX_DEPTH=7", func(s *Settings) { s.MaxDepth = 7 }},
		{"flag over variable", "--max-depth=8", "MAX_DEPTH=7", func(s *Settings) { s.MaxDepth = 8 }},
		{"flag over wrong variable", "--max-depth=8", "MAX_DEPTH=x", func(s *Settings) { s.MaxDepth = 8 }},
		{"flag equal to the default", "--max-depth=15", "MAX_DEPTH=7", func(*Settings) {}},
		{"last flag", "--max-depth=8 --max-depth 9", "", func(s *Settings) { s.MaxDepth = 9 }},
		{"flag over empty variable", "--max-depth=8", "MAX_DEPTH=", func(s *Settings) { s.MaxDepth = 8 }},
		{"empty variable of a list", "", "CORS_ORIGINS=", func(s *Settings) { s.CORSOrigins = []string{} }},
		{"no origins over variable", "--cors-origins=none", "CORS_ORIGINS=*", func(s *Settings) { s.CORSOrigins = []string{} }},
		{"spaces around", "", "MAX_DEPTH= 7 ", func(s *Settings) { s.MaxDepth = 7 }},
		{"negated over variable", "--no-playground", "PLAYGROUND=true", func(s *Settings) { s.Playground = false }},
		{"bare over variable", "--playground", "PLAYGROUND=false", func(*Settings) {}},
		{"false over variable", "--playground=false", "PLAYGROUND=true", func(s *Settings) { s.Playground = false }},
		{"doubly negated", "--no-playground=false", "", func(*Settings) {}},
		{"empty list", "--cors-origins=", "CORS_ORIGINS=*", func(s *Settings) { s.CORSOrigins = []string{} }},
		{"headers given twice", "--cors-headers=X-A,x-b --cors-headers X-C", "CORS_HEADERS=X-D", func(s *Settings) { s.CORSHeaders = []string{"X-A", "x-b", "X-C"} }},
		{
			"list given twice", "--cors-origins=http://a,http://b --cors-origins http://c", "CORS_ORIGINS=*",
			func(s *Settings) { s.CORSOrigins = []string{"http://a", "http://b", "http://c"} },
		},
		{"demo without an API", "--demo", "", func(s *Settings) { s.Demo, s.UpstreamURL = true, nil }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			want := defaults()
			tc.change(&want)
			// The others are not ours, whatever they look like.
			others := []string{"MAX_DEPTH=x", "JOBSGWMAX=1", "jobsgw_max=1", "=C:=C:", "odd", ""}
			if tc.environ != "" {
				others = append(others, prefix+tc.environ)
			}
			got, err := Parse(strings.Fields(tc.line), others)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got.Settings); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestEveryFaultAtOnce(t *testing.T) {
	_, err := Parse(
		[]string{"--listen=here", "--max-page-size", "900", "--upstream-timeout", "-5s", "--cors-origins"},
		[]string{
			"JOBSGW_LOG_LEVEL=loud", "JOBSGW_UPSTREAM_URL=ftp://a.b", "JOBSGW_MAX_BODY=1",
			"JOBSGW_ZZZ=1", "JOBSGW_MAX_PAGESIZE=3",
		},
	)
	if err == nil {
		t.Fatal("no error")
	}
	want := strings.Join([]string{
		`--listen (JOBSGW_LISTEN): "here" is not host:port; use host:port with a port from 0 to 65535`,
		`--upstream-url (JOBSGW_UPSTREAM_URL): "ftp://a.b" is neither http nor https; ` +
			`use http:// or https://, a host and perhaps a path`,
		`--upstream-timeout (JOBSGW_UPSTREAM_TIMEOUT): -5s is out of range; use 1ms to 10m`,
		`--max-page-size (JOBSGW_MAX_PAGE_SIZE): 900 is out of range; use 1 to 500, the most that the Jobs API returns`,
		`--max-body (JOBSGW_MAX_BODY): 1 is out of range; use 1KiB to 16MiB`,
		`--cors-origins (JOBSGW_CORS_ORIGINS): its value is missing; ` +
			`use scheme://host[:port], several parted by commas, or * or none alone`,
		`--log-level (JOBSGW_LOG_LEVEL): "loud" is unknown; use debug, info, warn or error`,
		`JOBSGW_MAX_PAGESIZE: there is no such setting; did you mean JOBSGW_MAX_PAGE_SIZE, which is --max-page-size?`,
		`JOBSGW_ZZZ: there is no such setting; jobsgateway --help lists the variables`,
	}, "\n")
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestHelpIsWhole walks the model, so that a setting without words of its own cannot be added.
func TestHelpIsWhole(t *testing.T) {
	t.Setenv("COLUMNS", "40")
	invocation, err := Parse([]string{"--help"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	text := invocation.Text
	for line := range strings.Lines(text) {
		if len(line)-1 > 100 || strings.TrimRight(line, " \n") != strings.TrimSuffix(line, "\n") {
			t.Errorf("too long, or spaces at its end: %q", line)
		}
	}
	flat := strings.Join(strings.Fields(text), " ")
	for _, group := range []string{"Listening", "Upstream", "Limits", "Subscriptions", "Browser and schema", "Log", "Traces"} {
		if strings.Count(text, "\n\n"+group+"\n") != 1 {
			t.Errorf("group %q is not there once", group)
		}
	}

	var line grammar
	parser, err := newParser(&line, nil, faults{})
	if err != nil {
		t.Fatal(err)
	}
	serve := parser.Model.Children[0]
	if want := reflect.TypeFor[Settings]().NumField(); len(serve.Flags) != want {
		t.Errorf("%d flags for %d settings", len(serve.Flags), want)
	}
	for _, flag := range serve.Flags {
		tag := flag.Tag
		if flag.Help == "" || flag.Group == nil || accepted(tag) == "" || (!flag.IsBool() && flag.PlaceHolder == "") {
			t.Errorf("--%s lacks help, group, placeholder or what it accepts", flag.Name)
		}
		if tag.Has("min") != tag.Has("max") || len(tag.Envs) > 0 {
			t.Errorf("--%s has one bound without the other, or a variable that kong would read by itself", flag.Name)
		}
		for _, part := range []string{
			usage(flag), flag.Help + " (" + accepted(tag) + ").", variable(flag.Name) + ", default " + fallback(flag),
		} {
			if !strings.Contains(flat, part) {
				t.Errorf("--%s: the help text lacks %q", flag.Name, part)
			}
		}
	}
	for _, part := range []string{"\n  -h, --help ", "\n  --version ", "\n  doctor ", "\n  schema ", "\n    --federation ", "\n  help ", "\n  version "} {
		if !strings.Contains(text, part) {
			t.Errorf("the help text lacks %q", part)
		}
	}
}
