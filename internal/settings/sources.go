package settings

import (
	"fmt"
	"log/slog"
	"net/url"
	"strings"

	"github.com/alecthomas/kong"
)

// tokenVariable has the token that the doctor asks with. It is no setting: serve does not look at it.
const tokenVariable = prefix + "DOCTOR_TOKEN"

// From is where the value of a setting comes from.
type From int

// The places, from the weakest to the strongest.
const (
	FromDefault From = iota
	FromVariable
	FromFlag
)

// Source is the value of one setting and where it comes from.
type Source struct {
	Flag, Variable string // its names, such as --max-depth and JOBSGW_MAX_DEPTH
	// Text is the value as it could be typed; a default as the help text has it. No setting holds a secret.
	Text string
	From From
	// Hidden: the variable is set, too, and not read, since the flag is there.
	Hidden bool
}

// sources returns where each setting of the command comes from.
func sources(ctx *kong.Context, variables map[string]string) []Source {
	from := map[string]From{}
	for _, step := range ctx.Path {
		switch {
		case step.Flag == nil:
		case step.Resolved:
			from[step.Flag.Name] = FromVariable
		default:
			from[step.Flag.Name] = FromFlag
		}
	}
	var all []Source
	for _, flag := range ctx.Selected().Flags {
		source := Source{
			Flag: "--" + flag.Name, Variable: variable(flag.Name), Text: fallback(flag), From: from[flag.Name],
		}
		if source.From != FromDefault {
			source.Text = typed(flag)
		}
		_, isSet := variables[source.Variable]
		source.Hidden = isSet && source.From == FromFlag
		all = append(all, source)
	}
	return all
}

// typed returns the value of a flag as it could be typed.
func typed(flag *kong.Flag) string {
	switch value := flag.Target.Interface().(type) {
	case *url.URL:
		if value == nil {
			return "none"
		}
		return value.String()
	case slog.Level:
		return strings.ToLower(value.String())
	case []string:
		if len(value) == 0 {
			return "none"
		}
		return strings.Join(value, ",")
	case string:
		if value == "" {
			return "/" // the base path
		}
		return value
	default:
		return fmt.Sprint(value)
	}
}
