package settings

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/alecthomas/kong"
)

const (
	// helpWidth is the longest line of the help text. It does not follow the terminal, whose width only the
	// process's own environment would tell.
	helpWidth = 100
	// helpColumn is where the descriptions begin, two beyond the longest flag.
	helpColumn = 36
)

// helpHead goes before the flags: what it is, the two lines that most people came for, and how settings rank.
const helpHead = `jobsgateway serves a GraphQL API over the Jobs API, a REST API that lists jobs.

Try it with sample data, then open http://127.0.0.1:8080:
  jobsgateway --demo

Serve your own jobs to a frontend; each request brings its token as "Authorization: Bearer TOKEN":
  jobsgateway --upstream-url https://jobs.example.com --cors-origins https://app.example.com

Usage:
  jobsgateway [serve] [flags]
  jobsgateway doctor [flags]
  jobsgateway schema [--federation]
`

// helpRules stands between the commands and the settings.
const helpRules = `
Every flag of serve and doctor has a variable. A flag wins over its variable, the variable over the
default. If a flag is given twice, the last one counts; of origins all count. An empty variable is
an error, except for the origins (none) and the base path (/). Durations are written 500ms, 5s or
1m30s; sizes 65536, 64K or 64KiB (1024 bytes per K), or 64KB (1000). Units and words may be in any
case. Switches are turned off by --playground=false or --no-playground.
`

// helpTraces stands behind the settings, at those of traces.
const helpTraces = `
  Traces go to an OpenTelemetry collector over HTTP if OTEL_EXPORTER_OTLP_ENDPOINT is set, such as
  to http://127.0.0.1:4318. OTEL_EXPORTER_OTLP_HEADERS, OTEL_SERVICE_NAME,
  OTEL_RESOURCE_ATTRIBUTES, OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG, OTEL_SDK_DISABLED and
  others of the standard names are heeded, too: see Traces in docs/operations.md.
`

// help returns the whole manual, written from the model of the flags, so that no flag can be missing from it.
func help(app *kong.Application) string {
	var out strings.Builder
	out.WriteString(helpHead)

	out.WriteString("\nCommands\n")
	for _, command := range app.Children {
		entry(&out, command.Name, command.Help)
		for _, flag := range command.Flags {
			// Only a setting has a group.
			if flag.Group == nil {
				entry(&out, "  --"+flag.Name, flag.Help)
			}
		}
	}
	for _, flag := range app.Flags {
		entry(&out, flag.String(), flag.Help)
	}

	out.WriteString(helpRules)
	for _, command := range app.Children[:1] { // serve; doctor takes the same
		group := ""
		for _, flag := range command.Flags {
			if flag.Group == nil {
				continue
			}
			if flag.Group.Title != group {
				group = flag.Group.Title
				fmt.Fprintf(&out, "\n%s\n", group)
			}
			entry(&out, usage(flag), fmt.Sprintf("%s (%s).", flag.Help, accepted(flag.Tag)),
				fmt.Sprintf("%s, default %s", variable(flag.Name), fallback(flag)))
		}
	}
	out.WriteString(helpTraces)
	return out.String()
}

// usage returns a flag as it is typed.
func usage(flag *kong.Flag) string {
	switch {
	case flag.Tag.Negatable != "":
		return "--[no-]" + flag.Name
	case flag.IsBool():
		return "--" + flag.Name
	}
	return "--" + flag.Name + "=" + flag.PlaceHolder
}

// fallback returns a flag's default as it would be typed; "none" when there is none.
func fallback(flag *kong.Flag) string {
	if !flag.HasDefault {
		return "none"
	}
	return flag.Default
}

// entry writes a term and, beside it, each text from a line of its own on, broken at spaces.
func entry(out *strings.Builder, term string, texts ...string) {
	line := "  " + term
	for _, text := range texts {
		line = fmt.Sprintf("%-*s", helpColumn-1, line)
		// A term that reaches into the column is followed by one space and pushes the text aside.
		for word := range strings.FieldsSeq(text) {
			if len(line)+1+len(word) > helpWidth {
				out.WriteString(line + "\n")
				line = strings.Repeat(" ", helpColumn-1)
			}
			line += " " + word
		}
		out.WriteString(line + "\n")
		line = ""
	}
}

// version returns what runs: the module's version as the build recorded it, the Go release and the platform.
func version() string {
	number := "(devel)"
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		number = info.Main.Version
	}
	return fmt.Sprintf("jobsgateway %s %s %s/%s\n", number, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
