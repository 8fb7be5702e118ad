package places

import "time"

// crowd finds out how much can be done at once, from nothing but how long it takes.
//
// Whoever does the work takes the same time for it, until it can do no more at once; from then on each thing
// takes as much longer as there are more of them. Two averages tell it: how long things take, as a multiple of
// what is usual, and how many are done at once. Example: 20 ms are usual, and now it is 60 ms with 36 at once.
// That is three times the usual, so what can be done at once in the usual time is 36/3 = 12. This is Little's
// law, and it is true for any mixture of things, as long as each is compared with its own kind.
//
// It is crowded when things take 1.75 times as long as usual, and nearly all of them longer than usual: a few
// that are large do not count. The limit is then a tenth above what can be done at once, so that the work never
// waits for us. It is never below what was done at once in the usual time within the last seconds: if all was
// slow for a moment, for a reason of its own, nobody loses a place. While things take about the usual time and
// somebody waits, the limit rises by a quarter each time as many have been done. It is no longer crowded when
// nobody has had to wait for ten seconds, or when nothing was done for a while, so that nothing is known.
//
// What is usual is learned while it is not crowded, and by a look while it is (look.go).
//
// Other limits of this kind: TCP Vegas, Netflix's concurrency-limits, failsafe-go's adaptivelimiter; see
// docs/adr/0026-overload.md.
type crowd struct {
	most   int
	limit  float64 // most while it is not crowded
	usual  [kinds]average
	spread average // variance of the multiples while it is not crowded
	ratio  float64 // how long things take now, as a multiple of the usual
	slow   float64 // how much of it takes longer than usual now, from 0 to 1; more with refusals
	among  float64 // how many are done at once now
	took   average // how long things take now
	// proven is how many were done at once in the usual time, at most: lately, and in the time before that.
	proven   [2]float64
	turned   time.Time // when that time ended
	inARow   int       // refusals without anything between them that was done
	waitedAt time.Time // when somebody waited last
	notedAt  time.Time // when something was done last
	// refusedAt is when whoever does the work refused some of it last.
	refusedAt time.Time
	look      look
	looks     int // so far
}

// average is a mean of so many values.
type average struct{ mean, count float64 }

const (
	kinds = 16
	// leastUsual is the least that counts as usual: what takes a few milliseconds may take a few more, which
	// nobody notices and the mood of the machine may cause.
	leastUsual = 10 * time.Millisecond
	// When it is crowded, in multiples of the usual; and when not all that could be done is done.
	crowdedFrom, fullFrom, roomyUpTo = 1.75, 1.25, 1.1
	// slowFrom is how much of it has to take longer than usual: exponential times exceed fullFrom in 29 % of
	// cases when nothing waits, and in 78 % when all wait for the usual time once.
	slowFrom = 0.7

	headroom = 1.1  // of the limit, above what can be done at once
	growth   = 0.25 // of the limit, each time as many were done
	// The limit is never below leastLimit, or leastRefused if whoever does the work has refused some of it lately.
	// So few at once are no load for anybody, and if they are slow, it is for another reason: no processor is
	// free, on either side.
	leastLimit, leastRefused = 8, 2

	// A refusal counts as something that took so many times the usual, and as so many that were slow.
	refusedRatio, refusedSlow = 4, 4
	outageFrom                = 16 // refusals in a row are no sign of too much work, but of an outage
	maxRatio                  = 20 // of one thing

	// Averages of what is usual are of the last maxCount values, and are believed from knownFrom on.
	maxCount, knownFrom, fewCount = 256, 16, 8
	// The weight of one value in the averages of now is such that their error is wantedError, given the
	// spread: the more the times differ by themselves, the more of them it takes to see a change.
	wantedError                           = 0.1
	leastWeight, steadyWeight, mostWeight = 1. / 64, 1. / 8, 1. / 2

	provenFor = 5 * time.Second // at least, and twice as long at most
	calmAfter = 10 * time.Second
	blindFor  = 250 * time.Millisecond // at least, and three times as long as things take
)

// sample is one thing that was done.
type sample struct {
	Work

	among   int  // how many were done at once when it began
	look    int  // of begins
	waiting bool // somebody waits for a place
}

func newCrowd(most int) *crowd {
	return &crowd{most: most, limit: float64(most), ratio: 1, spread: average{1, knownFrom}}
}

// note learns from one thing that was done, and returns the limit.
func (c *crowd) note(now time.Time, s sample) int {
	if s.Took == TookNothing || s.Took == TookRefused && c.inARow >= outageFrom {
		c.looked(now, s.look, 0)
		return c.current(now)
	}
	c.notedAt = now
	if s.Took == TookRefused {
		c.refusedAt = now
	}
	if s.waiting {
		c.waitedAt = now
	}
	ratio, slow := c.compare(s)
	weight := min(mostWeight, max(leastWeight, 2*wantedError*wantedError/c.spread.mean))
	if c.crowded() {
		weight = min(weight, steadyWeight)
	}
	c.ratio += weight * (ratio - c.ratio)
	c.slow += weight * (slow - c.slow)
	c.among += weight * (float64(s.among) - c.among)
	c.prove(now)
	c.adjust(now, weight, s.waiting)
	c.looked(now, s.look, ratio)
	return c.current(now)
}

// adjust moves the limit.
func (c *crowd) adjust(now time.Time, weight float64, waiting bool) {
	switch {
	case !c.crowded():
		if c.ratio > crowdedFrom && c.slow > slowFrom {
			c.limit = c.fits()
			c.waitedAt = now
			c.look = look{next: now.Add(firstLook)}
		}
	case c.over(now):
	case c.ratio > fullFrom:
		c.limit += weight * min(0, c.fits()-c.limit)
	case c.ratio < roomyUpTo && waiting:
		c.limit = min(c.limit+growth, float64(c.most))
	}
}

// crowded reports whether fewer are let in than there are places.
func (c *crowd) crowded() bool { return c.limit < float64(c.most) }

// fits returns the limit that follows from what things take and how many are done at once.
func (c *crowd) fits() float64 {
	least := float64(leastLimit)
	if c.notedAt.Sub(c.refusedAt) < calmAfter {
		least = leastRefused
	}
	return min(float64(c.most), max(least, c.proven[0], c.proven[1], headroom*c.among/c.ratio))
}

// compare returns how long something took, as a multiple of what is usual for its kind, and whether that was
// slow, as 0 or 1 (see slow). It learns from it what is usual.
func (c *crowd) compare(s sample) (ratio, slow float64) {
	if s.Took == TookRefused {
		c.inARow++
		return refusedRatio, refusedSlow
	}
	c.inARow = 0
	took := float64(s.Time)
	c.took.add(took, fewCount)
	usual := &c.usual[s.Kind]
	if usual.count < knownFrom {
		usual.add(took, maxCount)
		return 1, 0
	}
	ratio = min(maxRatio, took/max(usual.mean, float64(leastUsual)))
	if !c.crowded() {
		usual.add(took, maxCount)
		c.spread.add((ratio-1)*(ratio-1), maxCount)
	}
	if ratio > fullFrom {
		slow = 1
	}
	return ratio, slow
}

// add adds a value. The average is that of about the last so many.
func (a *average) add(value, last float64) {
	a.count = min(a.count+1, last)
	a.mean += (value - a.mean) / a.count
}

// prove remembers how many are done at once, if it is in about the usual time.
func (c *crowd) prove(now time.Time) {
	if now.Sub(c.turned) > provenFor {
		c.proven = [2]float64{0, c.proven[0]}
		c.turned = now
	}
	if c.ratio < roomyUpTo {
		c.proven[0] = max(c.proven[0], c.among)
	}
}

// waited notes that somebody has to wait.
func (c *crowd) waited(now time.Time) { c.waitedAt = now }

// over reports whether it is not crowded any more, as far as is known.
func (c *crowd) over(now time.Time) bool {
	sight := max(blindFor, 3*time.Duration(c.took.mean))
	if c.inARow > 0 { // it has refused, and may not be asked for a while: that tells nothing new
		sight = max(sight, provenFor)
	}
	if blind := now.Sub(c.notedAt) > sight; blind || now.Sub(c.waitedAt) > calmAfter {
		c.limit, c.ratio, c.slow = float64(c.most), 1, 0
		c.look = look{}
	}
	return !c.crowded()
}
