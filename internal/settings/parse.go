package settings

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/alecthomas/kong"
)

// prefix begins the name of every variable that is ours.
const prefix = "JOBSGW_"

// grammar is the command line. The settings hang on a command of their own rather than on the root, because
// the root's flags would be shared with schema, whose --federation means another thing.
type grammar struct {
	Help    bool `short:"h" help:"Print this text and stop."`
	Version bool `help:"Print the version and stop."`

	Serve Settings `cmd:"" default:"withargs" help:"Serve GraphQL until the process is told to stop; the default."`

	Doctor Settings `cmd:"" help:"Ask the Jobs API as serve would, with the same flags and variables, and say what is wrong; the caller's token comes from JOBSGW_DOCTOR_TOKEN or standard input."`

	Schema struct {
		Federation bool `help:"Print it as a subgraph of Apollo Federation offers it."`
	} `cmd:"" help:"Print the GraphQL schema and stop."`
	HelpWord struct {
		// About is of a type of its own, since a []string is a list of origins.
		About topics `arg:"" optional:""`
	} `cmd:"" name:"help" help:"Print this text and stop, as --help does."`
	VersionWord struct{} `cmd:"" name:"version" help:"Print the version and stop, as --version does."`
}

// topics are what help is asked about. There is one text for all.
type topics []string

// Parse reads args, the command line without the program's name, over environ, "NAME=value" as [os.Environ]
// gives it, over the defaults. It looks at nothing else, prints nothing and never ends the process.
//
// An empty variable is an error where an empty value means nothing: whoever wrote it meant another value than
// the default. A variable is not read where its flag is given. Of a flag that is given more than once the
// last counts, and lists add up. A name that begins with JOBSGW_ and is not a setting is an error, unless
// Kubernetes or Docker made it (see linked).
//
// The error has one line for each wrong setting, in the order of the help text, that names flag and variable
// and says what is accepted; unknown variables come last. Only a line that cannot be read as flags at all,
// such as one with an unknown flag, ends at its first fault. The user info and the query of a URL are never
// in the error. Parse may be called by any number of goroutines at once.
func Parse(args, environ []string) (Invocation, error) {
	var line grammar
	found := faults{}
	variables := own(environ)
	parser, err := newParser(&line, variables, found)
	if err != nil {
		return Invocation{}, fmt.Errorf("reading the tags of the settings: %w", err)
	}
	ctx, err := parser.Parse(args)
	if err != nil {
		return Invocation{}, fmt.Errorf("%s; jobsgateway --help lists the flags", redact(err.Error()))
	}

	command, set := ctx.Selected().Name, &line.Serve
	invocation := Invocation{Command: Serve}
	switch {
	// Help comes before every complaint: who asks for it may be asking because of one.
	case line.Help, command == "help":
		return Invocation{Command: Help, Text: help(parser.Model)}, nil
	case line.Version, command == "version":
		return Invocation{Command: Version, Text: version()}, nil
	case command == "schema":
		return Invocation{Command: PrintSchema, FederationSchema: line.Schema.Federation}, nil
	case command == "doctor":
		set = &line.Doctor
		invocation = Invocation{
			Command: Doctor, Text: version(), Token: variables[tokenVariable], Sources: sources(ctx, variables),
		}
	}

	contradictions(set, given(ctx), found)
	flags := ctx.Selected().Flags
	if err := errors.Join(append(found.lines(flags), unknown(variables, flags)...)...); err != nil {
		return Invocation{}, err
	}
	if set.Demo {
		// The default API is real; a demo that kept its URL would be one mistake away from it.
		set.UpstreamURL = nil
	}
	invocation.Settings = *set
	return invocation, nil
}

// newParser builds the parser that fills line, takes what the command line leaves open from variables, and
// puts what is wrong into found.
func newParser(line *grammar, variables map[string]string, found faults) (*kong.Kong, error) {
	fromVariable := func(_ *kong.Context, parent *kong.Path, flag *kong.Flag) (any, error) {
		text, ok := variables[variable(flag.Name)]
		// Variables are for settings alone: schema prints the same everywhere.
		if !ok || flag.Group == nil || parent.Command == nil {
			return nil, nil
		}
		return text, nil
	}
	options := []kong.Option{
		kong.Name("jobsgateway"),
		// Kong's own help flag prints and exits from inside Parse; ours is a flag like others.
		kong.NoDefaultHelp(),
		kong.Exit(func(int) {}),
		// Kong's env tag would read the process's environment, past the one that was passed.
		kong.Resolvers(kong.ResolverFunc(fromVariable)),
	}
	// Every setting is read by a mapper of ours. The other flags are booleans that kong reads by itself.
	for typ, read := range readingsByType {
		options = append(options, kong.TypeMapper(typ, mapper{read, found}))
	}
	for name, read := range readingsByName {
		options = append(options, kong.NamedMapper(name, mapper{read, found}))
	}
	return kong.New(line, options...)
}

// own returns the variables that begin with our prefix, by name.
func own(environ []string) map[string]string {
	variables := map[string]string{}
	for _, entry := range environ {
		if name, text, _ := strings.Cut(entry, "="); strings.HasPrefix(name, prefix) {
			variables[name] = text
		}
	}
	return variables
}

// given returns the names of the flags whose value comes from the line or the environment, not from a
// default.
func given(ctx *kong.Context) map[string]bool {
	names := map[string]bool{}
	for _, step := range ctx.Path {
		if step.Flag != nil {
			names[step.Flag.Name] = true
		}
	}
	return names
}

// variable returns the name of a flag's variable: JOBSGW_MAX_PAGE_SIZE for max-page-size.
func variable(flag string) string {
	return prefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// both returns a setting's flag and variable. Every error names a setting so, whichever of the two was used.
func both(flag string) string {
	return "--" + flag + " (" + variable(flag) + ")"
}

// faults has what is wrong with a setting by the name of its flag. Kong stops at the first error that a
// mapper returns; collecting them here lets one run report all of them.
type faults map[string]string

// lines returns an error for each fault, in the order of the flags.
func (f faults) lines(flags []*kong.Flag) []error {
	var lines []error
	for _, flag := range flags {
		if fault, ok := f[flag.Name]; ok {
			lines = append(lines, fmt.Errorf("%s: %s", both(flag.Name), fault))
		}
	}
	return lines
}

// isEmpty is what is wrong with an empty value.
const isEmpty = "its value is empty"

// mapper is a reading in kong's terms.
type mapper struct {
	read  reading
	found faults
}

// Decode reads the flag's text into target. It always returns nil: whatever is wrong goes into found.
func (m mapper) Decode(ctx *kong.DecodeContext, target reflect.Value) error {
	var value any
	text, err := next(ctx)
	text = strings.TrimSpace(text)
	switch {
	case err != nil:
	case text == "" && !ctx.Value.Tag.Has("empty"):
		err = errors.New(isEmpty)
	default:
		value, err = m.read(text, ctx.Value.Tag)
	}
	switch {
	case err != nil:
		m.found[ctx.Value.Name] = err.Error() + "; use " + accepted(ctx.Value.Tag)
	case target.Kind() == reflect.Slice:
		// A list that is given twice is one longer list.
		target.Set(reflect.AppendSlice(target, reflect.ValueOf(value)))
	default:
		target.Set(reflect.ValueOf(value))
	}
	return nil
}

// next takes the text that belongs to the flag from the line. What is not a value stays there for the next
// flag. Errors: a flag without its value.
func next(ctx *kong.DecodeContext) (string, error) {
	token := ctx.Scan.Peek()
	text := token.String()
	// Kong takes "-5s" for short flags; a negative number deserves to hear the bounds instead.
	negative := len(text) > 1 && text[0] == '-' && text[1] >= '0' && text[1] <= '9'
	switch {
	case ctx.Value.IsBool() && token.Type != kong.FlagValueToken:
		return "true", nil
	case !token.IsEOL() && (token.IsValue() || negative):
		return ctx.Scan.Pop().String(), nil
	}
	return "", errors.New("its value is missing")
}
