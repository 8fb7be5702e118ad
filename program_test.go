package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// TestMain fails when anything that a test has started is still running, but for connections of the tests' own client,
// which it closes.
func TestMain(m *testing.M) {
	code := m.Run()
	http.DefaultClient.CloseIdleConnections()
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// program is a gateway that was started by run, on ports of its own.
type program struct {
	public, admin string
	log           *syncBuffer
}

// start runs the program until the test ends; then it has to stop without an error.
func start(t *testing.T, args ...string) program {
	t.Helper()
	log := newLog()
	args = append([]string{"--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--log-level", "debug"}, args...)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- run(ctx, args, nil, io.Discard, log) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	listening := log.await(t, "listening")
	return program{public: "http://" + listening["public"].(string), admin: "http://" + listening["admin"].(string), log: log}
}

// line is one line of the log.
type line map[string]any

// syncBuffer is a log that can be read while it is being written.
type syncBuffer struct {
	mu      sync.Mutex
	text    bytes.Buffer
	written chan struct{}
}

func newLog() *syncBuffer { return &syncBuffer{written: make(chan struct{}, 1)} }

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	select {
	case b.written <- struct{}{}:
	default:
	}
	return b.text.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// patience is how long a test waits for what has to come; only a test that hangs meets it.
const patience = time.Minute

// await waits for the first line with this message.
func (b *syncBuffer) await(t *testing.T, message string) line {
	t.Helper()
	for deadline := time.After(patience); ; {
		if lines := b.lines(message); len(lines) > 0 {
			return lines[0]
		}
		select {
		case <-b.written:
		case <-deadline:
			t.Fatalf("no line %q in:\n%s", message, b)
		}
	}
}

// lines gives the lines with this message; a line that is not JSON counts as none.
func (b *syncBuffer) lines(message string) []line {
	var found []line
	for text := range bytes.Lines([]byte(b.String())) {
		var l line
		if json.Unmarshal(text, &l) == nil && l["msg"] == message {
			found = append(found, l)
		}
	}
	return found
}
