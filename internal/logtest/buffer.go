// Package logtest lets tests read what was logged.
package logtest

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"sync"
	"testing"
)

// Buffer takes the log of a slog.JSONHandler. It may be written and read at once. The zero value is empty.
type Buffer struct {
	mu    sync.Mutex
	bytes bytes.Buffer
}

// Write appends a line.
func (b *Buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.bytes.Write(p)
}

// Logger returns a logger that writes lines of every level into the buffer.
func (b *Buffer) Logger() *slog.Logger {
	return slog.New(slog.NewJSONHandler(b, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// Lines returns the lines of a level so far, each as its attributes.
func (b *Buffer) Lines(t testing.TB, level slog.Level) []map[string]any {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	lines := []map[string]any{}
	decoder := json.NewDecoder(bytes.NewReader(b.bytes.Bytes()))
	for {
		var line map[string]any
		switch err := decoder.Decode(&line); {
		case err == io.EOF:
			return lines
		case err != nil:
			t.Fatal(err)
		case line["level"] == level.String():
			lines = append(lines, line)
		}
	}
}
