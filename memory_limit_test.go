package main

import (
	"log/slog"
	"math"
	"os"
	"runtime/debug"
	"testing"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

// The collector's limit is nine tenths of the container's, none without one, and whatever GOMEMLIMIT says
// before both. It is the process's, so nothing runs beside this test.
func TestMemoryLimit(t *testing.T) {
	const container = 128 << 20
	before := debug.SetMemoryLimit(-1)
	t.Cleanup(func() { debug.SetMemoryLimit(before) })
	for _, c := range []struct {
		name, setting string
		provider      memlimit.Provider
		want          int64
	}{
		{"a container", "", memlimit.Limit(container), container * 9 / 10},
		{"none", "", func() (uint64, error) { return 0, memlimit.ErrNoLimit }, math.MaxInt64},
		{"a setting", "64MiB", memlimit.Limit(container), math.MaxInt64},
	} {
		debug.SetMemoryLimit(math.MaxInt64)
		t.Setenv("GOMEMLIMIT", c.setting) // which brings back what was there
		if c.setting == "" {
			_ = os.Unsetenv("GOMEMLIMIT") // an empty one would be a setting
		}
		limitMemory(slog.New(slog.DiscardHandler), c.provider)
		if got := debug.SetMemoryLimit(-1); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}
