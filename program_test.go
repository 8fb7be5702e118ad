package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// Idle connections of the tests' own client.
		goleak.IgnoreTopFunction("net/http.(*persistConn).readLoop"),
		goleak.IgnoreTopFunction("net/http.(*persistConn).writeLoop"),
		goleak.IgnoreTopFunction("internal/poll.runtime_pollWait"),
	)
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
	for deadline := time.After(10 * time.Second); ; {
		if lines := log.lines("listening"); len(lines) > 0 {
			return program{public: "http://" + lines[0]["public"].(string), admin: "http://" + lines[0]["admin"].(string), log: log}
		}
		select {
		case err := <-done:
			done <- err
			t.Fatalf("run ended: %v", err)
		case <-deadline:
			t.Fatalf("not listening: %s", log)
		case <-log.written:
		}
	}
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
