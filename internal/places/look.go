package places

import "time"

// look is a look at what things take when there are fewer of them: while it is crowded, half as many are let in
// now and then, for so many things as it takes to know. What they take is the usual from then on. If all has
// become slower for good, it takes no less with fewer, and the limit rises. If it had become crowded so slowly
// that the usual went along, it is found again. Source: BBR looks at the round trip of TCP in this way.
type look struct {
	next   time.Time // when it begins
	number int       // which it is, from 1
	began  time.Time
	// wanted is of how many things; begun is how many of them have begun, and ended how many have ended.
	wanted, begun, ended int
	took                 average // as a multiple of the usual
}

const (
	firstLook = 250 * time.Millisecond // after it has become crowded
	lookEvery = 5 * time.Second
	lookError = 0.15 // how much less or more than the usual a look may find without consequence
)

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

// looked notes what something took that belongs to the look with this number, as a multiple of the usual; 0 if
// it tells nothing. When all of them have ended, it is known what is usual.
func (c *crowd) looked(now time.Time, number int, ratio float64) {
	l := &c.look
	if number == 0 || number != l.number {
		return
	}
	l.ended++
	if ratio > 0 {
		l.took.add(ratio, maxCount)
	}
	if l.ended < l.wanted {
		return
	}
	if factor := l.took.mean; l.took.count > 0 && (factor < 1-lookError || factor > 1+lookError) {
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
