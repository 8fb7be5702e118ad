package restclient

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Processors are busy while many goroutines want them, and not when these have ended.
func TestBusyProcessors(t *testing.T) {
	var p processors
	var stop atomic.Bool
	var working sync.WaitGroup
	for range 10 * waitingFrom * runtime.GOMAXPROCS(0) {
		working.Go(func() {
			for !stop.Load() {
				runtime.Gosched() // a short turn, so that the test has its own soon
			}
		})
	}
	until(t, func() bool { return p.areBusy(time.Now()) })
	stop.Store(true)
	working.Wait()
	until(t, func() bool { return !p.areBusy(time.Now()) })
}

func BenchmarkProcessors(b *testing.B) {
	var p processors
	for b.Loop() {
		p.areBusy(time.Now())
	}
}
