package loglimit

import (
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"jobsgateway/internal/logtest"
)

// count is how many causes are remembered.
func (c *causes) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.written)
}

// logger is a logger with a limit, and what it writes.
func logger() (*slog.Logger, *logtest.Buffer) {
	log := &logtest.Buffer{}
	return slog.New(New(log.Logger().Handler())), log
}

// Ten lines of a cause a second are written, and then how many were not.
func TestLinesOfOneCause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log, got := logger()
		for i := range 500 { // in half a second
			log.With("a", i).Warn("call failed", "error", fmt.Sprintf("refused by 127.0.0.1:%d", i), "n", i)
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		written, told := got.With("call failed"), got.With(LeftOut)
		if len(written) != 10 || written[9]["error"] != "refused by 127.0.0.1:9" {
			t.Errorf("%d lines: %v", len(written), written)
		}
		if len(told) != 1 || told[0]["count"] != 490.0 || told[0]["of"] != "call failed" || told[0]["level"] != "WARN" ||
			told[0]["error"] != "refused by 127.0.0.1:499" {
			t.Errorf("%v", told)
		}
	})
}

// No second has more than ten of them, wherever it begins, and none gets lost in the count.
func TestAnySecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log, got := logger()
		const lines = 3000
		for range lines {
			log.Error("failed", "error", errors.New("always the same"))
			time.Sleep(7 * time.Millisecond)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		var at []time.Time
		for _, line := range got.With("failed") {
			when, err := time.Parse(time.RFC3339Nano, line["time"].(string))
			if err != nil {
				t.Fatal(err)
			}
			at = append(at, when)
		}
		for i := 10; i < len(at); i++ {
			if at[i].Sub(at[i-10]) < time.Second {
				t.Fatalf("eleven lines within %v", at[i].Sub(at[i-10]))
			}
		}
		all := len(at)
		for _, line := range got.With(LeftOut) {
			all += int(line["count"].(float64))
		}
		if all != lines || len(at) < 200 {
			t.Errorf("%d lines written, %d told of", len(at), all)
		}
	})
}

// Other causes, other messages and lower levels have nothing to do with it.
func TestOtherLines(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log, got := logger()
		for range 50 {
			log.Warn("failed", "error", "refused")
			log.Warn("failed", "error", "reset")
			log.Warn("failed")
			log.WithGroup("g").Warn("stopped", "error", "refused")
			log.Info("failed", "error", "refused")
			log.Debug("failed", "error", "refused")
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		for level, want := range map[slog.Level]int{slog.LevelError: 0, slog.LevelWarn: 4*10 + 4, slog.LevelInfo: 50, slog.LevelDebug: 50} {
			if lines := got.Lines(t, level); len(lines) != want {
				t.Errorf("%d lines of %v, want %d", len(lines), level, want)
			}
		}
	})
}

// Causes are counted apart up to a bound, and forgotten when they are over.
func TestManyCauses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log := &logtest.Buffer{}
		handler := New(log.Logger().Handler())
		limited := slog.New(handler)
		for i := range 3000 {
			limited.Warn("failed", "error", string(rune('a'+i)))
		}
		if n := handler.causes.count(); n != maxCauses+1 {
			t.Errorf("%d causes", n)
		}
		if n := len(log.With("failed")); n != maxCauses+10 {
			t.Errorf("%d lines", n)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if n := handler.causes.count(); n != 0 {
			t.Errorf("%d causes are kept", n)
		}
	})
}
