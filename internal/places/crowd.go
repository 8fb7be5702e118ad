package places

import "time"

// crowd finds out how much can be done at the same time, from nothing but how long it takes.
//
// Whoever does the work takes the same time for it, however much comes, until it can do no more at once; from
// then on each thing takes as much longer as there are more of them. Two averages tell it: how long things
// take, as a multiple of what is usual, and how many are done at once. Example: 20 ms are usual, and now it is
// 60 ms with 12 at once. So it is three times the usual, and what can be done at once in the usual time is 12/3
// = 4. That is true in any mixture of things, as long as each is compared with its own kind.
//
// It is crowded when things take half as long again as usual. The limit is then a quarter above what can be
// done at once, so that whoever does the work never waits for us, but it is never below what was done at once
// in the usual time within the last seconds: a moment in which all is slow, for a reason of its own, takes no
// place from anybody. While things take about the usual time, the limit rises by a quarter each time as many
// have been done. It is no longer crowded when nobody has had to wait for a second, or when nothing has been
// done for a while, so that nothing is known.
//
// What is usual is learned while it is not crowded. While it is, half as many are let in for a moment every
// few seconds, and what they take is the usual from then on: if all has become slower for good, it takes no
// less then, and the limit rises.
//
// Sources: Little's law; the limit by a gradient is TCP Vegas's, and the look at less load is that of BBR.
type crowd struct {
	most   int
	limit  float64 // most while it is not crowded
	usual  [kinds]average
	spread average // variance of the multiples while it is not crowded
	ratio  float64 // how long things take now, as a multiple of the usual
	among  float64 // how many are done at once now
	proven [2]float64
	turned time.Time // when proven[1] became what proven[0] was
	// While it is crowded:
	waitedAt time.Time // when somebody waited last
	notedAt  time.Time // when something was done last
	look     look
	looks    int     // so far
	took     average // how long things take now
	inARow   int     // things that were refused, with none between them that was done
}

// average is a mean of so many values; of more than maxCount the older count less.
type average struct {
	mean  float64
	count float64
}

// look is a look at what things take when there are fewer of them.
type look struct {
	next   time.Time // when it begins
	number int       // which it is; 0 for none
	began  time.Time
	// wanted is of how many things, begun how many of them have begun, ended how many have ended.
	wanted, begun, ended int
	sum                  average // of those that tell something
}

const (
	kinds     = 16
	maxCount  = 256
	fewCount  = 8
	knownFrom = 16 // values, before they are a measure
	// leastUsual is the least that counts as usual: what takes less than half as long again need not be
	// shortened, and so short times depend on the machine's mood.
	leastUsual = 10 * time.Millisecond

	crowdedFrom = 1.5  // multiples of the usual
	fullFrom    = 1.25 // multiples of the usual, when it is crowded
	roomyUpTo   = 1.1  // multiples of the usual
	headroom    = 1.1  // of the limit, above what can be done at once
	growth      = 0.25 // of the limit, each time as many were done
	leastLimit  = 2
	refusedAs   = 4 // multiples of the usual
	maxRatio    = 20
	// outageFrom is how many refusals in a row are no sign of too much work, but of an outage.
	outageFrom = 16

	// Weights of one value in the averages of now: such that their error is a tenth, given the spread.
	leastWeight, steadyWeight, mostWeight = 1. / 64, 1. / 8, 1. / 2
	wantedError                           = 0.1

	provenFor = 5 * time.Second  // at least, and twice as long at most
	calmAfter = 10 * time.Second // without anybody who waits it is not crowded
	blindFor  = 250 * time.Millisecond
	firstLook = time.Second
	lookEvery = 5 * time.Second
	// lookError is how much less or more than the usual a look may find without consequence.
	lookError = 0.15
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
	if s.Took == TookNothing {
		c.looked(now, s, 0)
		return c.current(now)
	}
	if s.Took == TookRefused && c.inARow >= outageFrom {
		return c.current(now)
	}
	c.notedAt = now
	if s.waiting {
		c.waitedAt = now
	}
	ratio := float64(refusedAs)
	if s.Took == TookRefused {
		c.inARow++
	} else {
		c.inARow = 0
		ratio = c.compare(s)
	}
	defer c.looked(now, s, ratio)
	weight := min(mostWeight, max(leastWeight, 2*wantedError*wantedError/c.spread.mean))
	if c.crowded() {
		weight = min(weight, steadyWeight)
	}
	c.ratio += weight * (ratio - c.ratio)
	c.among += weight * (float64(s.among) - c.among)
	c.prove(now)
	switch {
	case !c.crowded() && c.ratio > crowdedFrom && c.fits() < float64(c.most):
		c.waitedAt = now
		c.look = look{next: now.Add(firstLook)}
		c.limit = c.fits()
	case !c.crowded() || c.over(now):
	case c.ratio > fullFrom:
		c.limit += weight * min(0, c.fits()-c.limit)
	case c.ratio < roomyUpTo && s.waiting:
		c.limit = min(c.limit+growth, float64(c.most))
	}
	return c.current(now)
}

// crowded reports whether fewer are let in than there are places.
func (c *crowd) crowded() bool { return c.limit < float64(c.most) }

// fits returns the limit that follows from what things take and how many are done at once.
func (c *crowd) fits() float64 {
	return min(float64(c.most), max(leastLimit, c.proven[0], c.proven[1], headroom*c.among/c.ratio))
}

// compare returns how long something took, as a multiple of what is usual for its kind, and learns from it
// what is usual.
func (c *crowd) compare(s sample) float64 {
	usual := &c.usual[s.Kind]
	took := float64(s.Time)
	c.took.addOf(took, fewCount)
	if usual.count < knownFrom {
		usual.add(took)
		return 1
	}
	ratio := min(maxRatio, took/max(usual.mean, float64(leastUsual)))
	if !c.crowded() {
		usual.add(took)
		c.spread.add((ratio - 1) * (ratio - 1))
	}
	return ratio
}

// add adds a value.
func (a *average) add(value float64) { a.addOf(value, maxCount) }

// addOf adds a value to an average of the last so many.
func (a *average) addOf(value, count float64) {
	a.count = min(a.count+1, count)
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

// begins notes that something begins, and returns which look it belongs to; 0 for none.
func (c *crowd) begins(now time.Time) int {
	if !c.crowded() {
		return 0
	}
	l := &c.look
	if l.wanted == 0 && now.After(l.next) {
		c.looks++
		wanted := c.spread.mean / (wantedError * wantedError)
		*l = look{number: c.looks, began: now, wanted: int(min(maxCount, max(fewCount, c.limit, wanted)))}
	}
	if l.begun == l.wanted {
		return 0
	}
	l.begun++
	return l.number
}

// looked notes what came of something that belongs to a look. When all of them have ended, it is known what is
// usual.
func (c *crowd) looked(now time.Time, s sample, ratio float64) {
	l := &c.look
	if s.look == 0 || s.look != l.number {
		return
	}
	l.ended++
	if s.Took == TookTime {
		l.sum.addOf(ratio, maxCount)
	}
	if l.ended < l.wanted {
		return
	}
	if factor := l.sum.mean; l.sum.count > 0 && (factor < 1-lookError || factor > 1+lookError) {
		for i := range c.usual {
			c.usual[i].mean *= factor
		}
		c.ratio /= factor
	}
	*l = look{next: now.Add(lookEvery)}
}

// current returns the limit, which is half of itself while things for a look begin.
func (c *crowd) current(now time.Time) int {
	l := &c.look
	switch {
	case !c.crowded():
		return c.most
	case l.wanted == 0 || now.Sub(l.began) > lookEvery:
		if l.wanted > 0 {
			*l = look{next: now.Add(lookEvery)}
		}
		return int(c.limit)
	case l.begun < l.wanted:
		return max(1, int(c.limit/2))
	}
	return int(c.limit)
}

// waited notes that somebody has to wait.
func (c *crowd) waited(now time.Time) { c.waitedAt = now }

// over reports whether it is not crowded any more, as far as is known.
func (c *crowd) over(now time.Time) bool {
	blind := now.Sub(c.notedAt) > max(blindFor, 3*time.Duration(c.took.mean))
	if blind || now.Sub(c.waitedAt) > calmAfter {
		c.limit, c.ratio = float64(c.most), 1
		c.look = look{}
	}
	return !c.crowded()
}
