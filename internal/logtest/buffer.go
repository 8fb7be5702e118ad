// Package logtest lets tests read what was logged.
package logtest

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"sync"
	"testing"
	"time"
)

// patience is how long Await waits for a line that has to come. Only a test that hangs meets it.
const patience = time.Minute

// Buffer takes the log of a slog.JSONHandler, or the standard error of a program that has one. It may be
// written and read at once. The zero value is empty.
type Buffer struct {
	mu      sync.Mutex
	text    bytes.Buffer
	changed chan struct{} // closed by the next Write or End; nil while nobody waits
	ended   bool
}

// Write appends a line. It never fails.
func (b *Buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.wake()
	return b.text.Write(p)
}

// End tells those who await a line that nothing more is written.
func (b *Buffer) End() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ended = true
	b.wake()
}

func (b *Buffer) wake() {
	if b.changed != nil {
		close(b.changed)
		b.changed = nil
	}
}

// Logger returns a logger that writes lines of every level into the buffer.
func (b *Buffer) Logger() *slog.Logger {
	return slog.New(slog.NewJSONHandler(b, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// String returns what was written so far.
func (b *Buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// Lines returns the lines of a level so far, each as its attributes. It fails the test at a line that is not
// JSON.
func (b *Buffer) Lines(t testing.TB, level slog.Level) []map[string]any {
	t.Helper()
	lines := []map[string]any{}
	for text := range bytes.Lines([]byte(b.String())) {
		var line map[string]any
		if err := json.Unmarshal(text, &line); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		if line["level"] == level.String() {
			lines = append(lines, line)
		}
	}
	return lines
}

// With returns the lines with this message so far, each as its attributes. It passes over lines that are not
// JSON.
func (b *Buffer) With(message string) []map[string]any {
	var found []map[string]any
	for text := range bytes.Lines([]byte(b.String())) {
		var line map[string]any
		if json.Unmarshal(text, &line) == nil && line["msg"] == message {
			found = append(found, line)
		}
	}
	return found
}

// Await returns the first line with this message. It fails the test when the log ends without one, or after a
// minute.
func (b *Buffer) Await(t testing.TB, message string) map[string]any {
	t.Helper()
	for deadline := time.After(patience); ; {
		changed, ended := b.next()
		if found := b.With(message); len(found) > 0 {
			return found[0]
		}
		if ended {
			t.Fatalf("the program ended without a line %q:\n%s", message, b)
		}
		select {
		case <-changed:
		case <-deadline:
			t.Fatalf("no line %q within %v:\n%s", message, patience, b)
		}
	}
}

// next returns what is closed when the log changes, and whether it has ended.
func (b *Buffer) next() (changed <-chan struct{}, ended bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.changed == nil {
		b.changed = make(chan struct{})
	}
	return b.changed, b.ended
}
