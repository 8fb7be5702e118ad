package paging

import "jobsgateway/restclient"

// maxCuts is how many further windows are tried for a group that no window has shown whole. Each of the two
// edges costs two at most, and the neighbours of a full window two more.
const maxCuts = 6

// cutGroup looks for a window that shows all equals of an anchor, after one that showed some of them at its
// edge. What several windows have shown is put together as long as the length of the list stays the same.
// Example: a group of 499 fits no window of 500 together with both neighbours, but one window shows where it
// begins and the next one where it ends (further has the numbers).
type cutGroup struct {
	tries int
	// left and right are where a window has shown the group begin and end.
	left, right border
	// full is a window of nothing but equals, as many as an answer gives; large: there are more of them.
	full  *window
	large bool
}

// border is an edge of a group, and the length of the list when it was shown.
type border struct{ place, total int64 }

// note notes what a window shows of a group. It returns the window that shows all of the group, if there is
// one by now, else w.
func (c *cutGroup) note(w window, g group) (window, group) {
	if g.verdict != placeCut {
		return w, g
	}
	first, end := border{w.placeOf(g.first), w.total}, border{w.placeOf(g.end), w.total}
	if g.end-g.first == restclient.MaxPerPage {
		c.large = c.full != nil && c.full.offset != w.offset
		c.full = &w
	}
	if g.left {
		c.left = first
	}
	if g.right {
		c.right = end
	}
	if c.left == first && c.right == end {
		g.verdict, g.left, g.right = placeFound, true, true
	}
	f := c.full
	if f != nil && c.left == (border{f.offset, f.total}) && c.right == (border{f.end(), f.total}) {
		return *f, group{first: 0, end: len(f.records), left: true, right: true, anchor: -1}
	}
	return w, g
}

// wider returns a window of at most records that shows more of a group than w; 0 records when there is none.
// It is aligned if that shows enough, unless the API is known to take any offset.
func (c *cutGroup) wider(w window, g group, most int, known *Offsets) (offset int64, records int) {
	if c.tries++; c.tries > maxCuts || c.large {
		return 0, 0
	}
	offset, ok := c.further(w, g, int64(most))
	if !ok {
		return 0, 0
	}
	if known.isProven(offset, most) {
		return offset, most
	}
	need := span{max(0, w.placeOf(g.first)-1), w.placeOf(g.end) + 1}
	low, n := aligned(need, span{offset, offset + int64(most)}, most)
	shows := span{low, low + int64(n)}
	isWider := low < w.offset && !g.left || shows.high > w.end() && !g.right
	if isWider && shows.shared(need) == need.length() {
		return low, n
	}
	if known.takes(offset, most) {
		return offset, most
	}
	return 0, 0
}

// further returns where a window of size records has to start to show more of a group than w; false when none
// does. It shows the edge that is known too, with the record beyond it where there is room.
//
// Example: a group stands at [100, 599), and size is 500. After [0, 500), which shows where it begins, comes
// [99, 599). That shows all of it, but not that it ends there. So [100, 600) comes next, which shows the end.
// Both edges are known then, if the length of the list is the same.
//
// If a window of nothing but equals is known (full), its two neighbours show whether there are more of them.
func (c *cutGroup) further(w window, g group, size int64) (offset int64, ok bool) {
	first, end := w.placeOf(g.first), w.placeOf(g.end)
	switch {
	case c.full != nil && c.left.place != c.full.offset:
		offset = c.full.offset - 1
	case c.full != nil:
		offset = c.full.offset + 1
	case g.left && first+size > w.end():
		offset = max(first-1, w.end()+1-size)
	case g.right && end-size < w.offset:
		offset = min(end+1-size, w.offset-1)
	case !g.left && !g.right && int64(len(w.records)) < size:
		offset = first - (size-(end-first))/2
	default:
		return 0, false
	}
	return max(0, offset), true
}
