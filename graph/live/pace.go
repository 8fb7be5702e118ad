package live

import (
	"math/rand/v2"
	"time"

	"jobsgateway/restclient"
)

const (
	// maxSlower is how often a 429 doubles the interval at most: 2 s become 32 s.
	maxSlower = 4
	// quickerAfter is after how many answers in a row it is halved again.
	quickerAfter = 8
	// maxFailures is how often a failure doubles the interval at most.
	maxFailures = 2
	// maxPatience bounds how long a Retry-After is kept to.
	maxPatience = time.Minute
)

// pace is how long a poll waits between two readings.
type pace struct {
	interval time.Duration
	slower   int // doublings
	answers  int // in a row
	failures int // in a row
}

// after returns how long to wait after a reading that came to an error, or to nil.
func (p *pace) after(err error) time.Duration {
	var asked time.Duration
	e, _ := restclient.AsError(err)
	switch {
	case err == nil:
		p.failures = 0
		if p.answers++; p.answers >= quickerAfter {
			p.answers, p.slower = 0, max(0, p.slower-1)
		}
	case e != nil && e.Kind == restclient.KindRateLimited:
		p.answers, p.slower = 0, min(p.slower+1, maxSlower)
		asked = min(e.RetryAfter, maxPatience)
	default:
		p.answers = 0
		p.failures++
	}
	wait := p.interval << (p.slower + min(max(0, p.failures-1), maxFailures))
	wait += time.Duration((rand.Float64() - 0.5) / 5 * float64(wait)) //nolint:gosec // jitter is no secret
	return max(wait, asked)
}
