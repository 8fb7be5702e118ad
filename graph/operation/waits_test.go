package operation

import (
	"testing"
	"testing/synctest"
	"time"
)

// What overlaps counts once, pauses do not count, and what is under way counts up to now.
func TestWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var w waits
		began := time.Now()
		for _, step := range []struct {
			after time.Duration // since the last step
			do    func()
			total time.Duration
		}{
			{time.Second, w.begin, 0},
			{2 * time.Second, w.begin, 2 * time.Second},
			{time.Second, w.end, 3 * time.Second},
			{2 * time.Second, w.end, 5 * time.Second},
			{time.Hour, w.begin, 5 * time.Second},
			{time.Second, w.end, 6 * time.Second},
		} {
			time.Sleep(step.after)
			step.do()
			if got := w.total(); got != step.total {
				t.Errorf("after %v: %v, want %v", time.Since(began), got, step.total)
			}
		}
	})
}
