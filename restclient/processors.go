package restclient

import (
	"runtime"
	"runtime/metrics"
	"sync"
	"time"
)

// waitingFrom is how many goroutines have to wait for each processor until times tell more of this machine than
// of the Jobs API. Each has a turn of tens of microseconds, so fewer delay an answer by less than a
// millisecond.
const waitingFrom = 4

const (
	// busyFrom is how many of the last calls have to end while that is so. One alone may have ended in a burst of
	// work.
	busyFrom = 0.2
	// busyOver is of about how many calls that is.
	busyOver = 32
	// lookEvery is how long no other call looks: to look holds up those that are in the operating system.
	lookEvery = 2 * time.Millisecond
)

// processors tells whether this machine has enough of them for what it does. The zero value is ready. Safe for
// concurrent use.
type processors struct {
	mu     sync.Mutex
	sample [1]metrics.Sample
	busy   float64 // how many of the last calls ended while goroutines waited, from 0 to 1
	looked time.Time
}

// areBusy is asked at the end of each call, which is now. It reports whether so many goroutines have waited for a
// processor lately that the time of a call is mostly of that.
func (p *processors) areBusy(now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now.Sub(p.looked) < lookEvery {
		return p.busy > busyFrom
	}
	p.looked = now
	p.sample[0].Name = "/sched/goroutines/runnable:goroutines"
	metrics.Read(p.sample[:])
	if p.sample[0].Value.Kind() != metrics.KindUint64 {
		return false // a version of Go without this figure
	}
	waits := 0.0
	if p.sample[0].Value.Uint64() > uint64(waitingFrom*runtime.GOMAXPROCS(0)) { //nolint:gosec // a small number
		waits = 1
	}
	p.busy += (waits - p.busy) / busyOver
	return p.busy > busyFrom
}
