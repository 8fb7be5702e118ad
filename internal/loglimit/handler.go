// Package loglimit keeps a log readable while one thing goes wrong again and again.
package loglimit

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"
	"unicode"
)

const (
	// perSecond is how many lines of one cause are written within any second.
	perSecond = 10
	// maxCauses bounds the causes that are counted apart; all others are counted as one.
	maxCauses = 100
)

// LeftOut is the message of the line that tells how many lines of a cause were left out.
const LeftOut = "lines left out"

// Handler is a slog.Handler that passes on at most ten warnings or errors of one cause a second, and then a
// line with the number of those that it left out. Lines of lower levels pass. A cause is a message with the
// attribute "error" of its line, both without their digits: ports, sizes and places differ from line to line.
// It is safe for concurrent use.
type Handler struct {
	slog.Handler
	causes *causes
}

// New returns a Handler that passes lines on to next. All handlers that are made of it by WithAttrs and
// WithGroup count together.
func New(next slog.Handler) Handler { return Handler{next, &causes{next: next}} }

// Handle writes the line, or counts it.
func (h Handler) Handle(ctx context.Context, line slog.Record) error {
	if line.Level >= slog.LevelWarn && !h.causes.grant(line) { //nolint:contextcheck // a count is of many requests
		return nil
	}
	return h.Handler.Handle(ctx, line)
}

// WithAttrs returns a Handler whose lines have these attributes.
func (h Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return Handler{h.Handler.WithAttrs(attrs), h.causes}
}

// WithGroup returns a Handler whose attributes are in a group.
func (h Handler) WithGroup(name string) slog.Handler {
	return Handler{h.Handler.WithGroup(name), h.causes}
}

// causes counts the lines of each cause.
type causes struct {
	next    slog.Handler // for the lines with the numbers
	mu      sync.Mutex
	written map[string]*cause
}

// cause is what was written of one cause.
type cause struct {
	at      [perSecond]time.Time // of the last lines; at[next] is the oldest
	next    int
	leftOut int
	last    slog.Record // that was left out
}

// grant reports whether a line may be written.
func (c *causes) grant(line slog.Record) bool {
	key, now := causeOf(line), time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	known := c.written[key]
	if known == nil {
		if len(c.written) >= maxCauses {
			key = ""
			known = c.written[key]
		}
		if known == nil {
			if c.written == nil {
				c.written = map[string]*cause{}
			}
			known = &cause{}
			c.written[key] = known
			time.AfterFunc(time.Second, func() { c.tell(key, known) })
		}
	}
	if now.Sub(known.at[known.next]) < time.Second {
		known.leftOut++
		known.last = line
		return false
	}
	known.at[known.next] = now
	known.next = (known.next + 1) % perSecond
	return true
}

// tell writes how many lines of a cause were left out, and forgets it when nothing was written for a second.
// Else it comes again a second later.
func (c *causes) tell(key string, known *cause) {
	c.mu.Lock()
	leftOut, last := known.leftOut, known.last
	known.leftOut, known.last = 0, slog.Record{}
	newest := known.at[(known.next+perSecond-1)%perSecond]
	if time.Since(newest) >= time.Second {
		delete(c.written, key)
	} else {
		time.AfterFunc(time.Second, func() { c.tell(key, known) })
	}
	c.mu.Unlock()
	if leftOut == 0 {
		return
	}
	line := slog.NewRecord(time.Now(), last.Level, LeftOut, 0)
	line.AddAttrs(slog.Int("count", leftOut), slog.String("of", last.Message))
	if text := errorOf(last); text != "" {
		line.AddAttrs(slog.String("error", text))
	}
	_ = c.next.Handle(context.Background(), line)
}

// causeOf returns what a line has in common with others of its cause.
func causeOf(line slog.Record) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return -1
		}
		return r
	}, line.Message+"\x00"+errorOf(line))
}

// errorOf returns the attribute "error" of a line; empty for none.
func errorOf(line slog.Record) (text string) {
	line.Attrs(func(a slog.Attr) bool {
		if a.Key != "error" {
			return true
		}
		text = a.Value.String()
		return false
	})
	return text
}
