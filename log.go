package main

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"
	"unicode"

	"jobsgateway/internal/loglimit"
	"jobsgateway/internal/logqueue"
	"jobsgateway/internal/settings"
)

// logLimit is how long the end of the process waits for a log whose reader is slow.
const logLimit = 500 * time.Millisecond

// openLog returns a logger that writes to stderr: text on a terminal, else JSON, unless a setting says so. What
// goes wrong again and again is counted. No line waits for whoever reads a file (logqueue). Close it: what is
// logged later is not written.
func openLog(set settings.Settings, stderr io.Writer) (logger *slog.Logger, closeLog func()) {
	text := set.LogFormat == "text" || set.LogFormat == "auto" && isTerminal(stderr)
	to := func(w io.Writer) slog.Handler {
		options := &slog.HandlerOptions{Level: set.LogLevel}
		if text {
			return slog.NewTextHandler(w, options)
		}
		return slog.NewJSONHandler(w, options)
	}
	closeLog = func() {}
	if file, ok := stderr.(*os.File); ok {
		queue := logqueue.New(file, func(w io.Writer, lines int) {
			slog.New(to(w)).Warn("lines left out", "count", lines, "error", "the log is not read fast enough")
		})
		stderr, closeLog = queue, func() { queue.Close(logLimit) }
	}
	return slog.New(loglimit.New(to(stderr))), closeLog
}

// isTerminal reports whether a person reads or writes a stream: whether it is a character device, not a file or
// a pipe, nor the device that is empty.
func isTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	null, err := os.Stat(os.DevNull)
	return err != nil || !os.SameFile(info, null)
}

// netLog is a handler for what net/http says by itself. It takes out what may be bytes of an answer or of a
// request.
type netLog struct{ slog.Handler }

// takeNetLog sends what packages write to the standard logger to ours. It is the only way to hear net/http's
// client. There is one standard logger a process: of several gateways the last has it.
func takeNetLog(logger *slog.Logger) {
	slog.SetLogLoggerLevel(slog.LevelWarn)
	slog.SetDefault(slog.New(netLog{logger.Handler()}))
}

// Handle writes one line with a clean message.
func (l netLog) Handle(ctx context.Context, line slog.Record) error {
	clean := slog.NewRecord(line.Time, line.Level, cleanMessage(line.Message), 0)
	line.Attrs(func(a slog.Attr) bool {
		clean.AddAttrs(a)
		return true
	})
	return l.Handler.Handle(ctx, clean)
}

// unsolicited is what the client says of an answer that nobody asked for, before it repeats the start of its
// bytes.
const unsolicited = "Unsolicited response received on idle HTTP channel"

var (
	// quoted is a text in quotes, as %q writes it; one that does not end goes to the end.
	quoted = regexp.MustCompile(`"(?:[^"\\]|\\.)*(?:"|$)`)
	// panicked is what the server says of a panic, whose value can be anything.
	panicked = regexp.MustCompile(`(panic serving \S+): [^\n]*`)
)

// maxNetMessage bounds a message, in characters: a stack, for one, tells enough in its first lines.
const maxNetMessage = 1000

// cleanMessage returns a message without quoted texts, without control characters, and of at most
// maxNetMessage characters.
//
// Example: malformed HTTP response "\x15secret" becomes net/http: malformed HTTP response "…".
func cleanMessage(message string) string {
	if strings.HasPrefix(message, unsolicited) {
		return "net/http: the Jobs API sent an answer that nobody asked for; its connection was closed"
	}
	message = panicked.ReplaceAllString(quoted.ReplaceAllString(message, `"…"`), "$1: …")
	runes := []rune(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, message))
	return "net/http: " + string(runes[:min(len(runes), maxNetMessage)])
}

// announce tells the log, and of a demonstration the user, where the gateway is served.
func announce(set settings.Settings, public, admin net.Listener, stdout io.Writer, logger *slog.Logger) {
	logger.Info("listening", "public", public.Addr().String(), "admin", admin.Addr().String(),
		"upstream", upstreamName(set.UpstreamURL), "base_path", set.BasePath+"/", "demo", set.Demo)
	if set.Demo {
		welcome(stdout, logger, public.Addr().String()+set.BasePath, set.Playground)
	}
}

// upstreamName returns the Jobs API's address as a log may show it: without user info or a query, whatever
// the settings let through.
func upstreamName(u *url.URL) string {
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}
