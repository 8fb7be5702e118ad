package doctor

import (
	"fmt"
	"strings"
	"time"
)

// Mark says whether somebody has to act.
type Mark int

// The marks.
const (
	OK    Mark = iota // it is as it should be
	Note              // it works, and is worth knowing
	Wrong             // callers get errors
)

// String returns the mark as it is printed.
func (m Mark) String() string { return [...]string{"ok", "note", "wrong"}[m] }

// Finding is one thing that was seen.
type Finding struct {
	Mark Mark
	// About is what it is about: settings, network, token, answer or list.
	About string
	// Seen is a sentence on what was seen.
	Seen string
	// Do is a sentence on what to do, or what it means; empty for what is as it should be.
	Do string
}

// topic is what a finding is about.
type topic string

// The topics, in the order in which a request meets them.
const (
	ofSettings topic = "settings"
	ofNetwork  topic = "network"
	ofToken    topic = "token"
	ofAnswer   topic = "answer"
	ofList     topic = "list"
)

// ok makes a finding of something that is as it should be.
func (t topic) ok(format string, args ...any) Finding { return t.finding(OK, "", format, args) }

// note makes a finding of something that works and is worth knowing.
func (t topic) note(do, format string, args ...any) Finding { return t.finding(Note, do, format, args) }

// wrong makes a finding of something for which callers get errors.
func (t topic) wrong(do, format string, args ...any) Finding {
	return t.finding(Wrong, do, format, args)
}

func (t topic) finding(mark Mark, do, format string, args []any) Finding {
	return Finding{Mark: mark, About: string(t), Seen: fmt.Sprintf(format, args...), Do: do}
}

// maxListed bounds the names that a sentence lists.
const maxListed = 8

// listed returns names as a sentence has them, of which at most so many are shown.
//
// Example: of a, b, c, d and 3 it makes "a, b, c and 1 more".
func listed(names []string, most int) string {
	if more := len(names) - most; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), more)
	}
	last := len(names) - 1
	if last < 1 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

// count returns a number of things, such as 1 job or 2 jobs.
func count(n int64, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// rounded returns a duration as people read it, such as 3.2ms or 1.25s.
func rounded(d time.Duration) string {
	switch {
	case d >= time.Second:
		return d.Round(10 * time.Millisecond).String()
	case d >= time.Millisecond:
		return d.Round(100 * time.Microsecond).String()
	}
	return d.Round(10 * time.Microsecond).String()
}
