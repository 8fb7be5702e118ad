package paging

import "jobsgateway/restclient"

// verdict is where a place is, as far as a window shows. Examples, for the equals B inside of a list:
//
//	window       verdict
//	A B1 B2 C    placeFound
//	A B1         placeCut: more of them may follow
//	B1 B2 C      placeCut: more of them may stand before; placeFound if the list starts here
//	A            placeHigher
//	C            placeLower; placeFound if the list starts here: none of them is left
//	A C          placeFound, between A and C: none of them is left
type verdict int

const (
	placeFound  verdict = iota // it is in the window
	placeHigher                // it is behind the window, at a greater offset
	placeLower                 // it is before the window
	placeCut                   // the window shows some of the group, and an edge of the window cuts the group
)

// group is what a window shows of the jobs that share an anchor's time: its equals, and the anchor itself.
type group struct {
	// first and end bound them in the window: they are among the records [first, end). If none is left, both
	// are where they would stand.
	first, end int
	// left and right: the window shows that none stand before first, and none from end on.
	left, right bool
	// anchor is the index of the anchor; -1 when the window does not show it.
	anchor int
	// verdict is where to look next; placeFound when the window shows the place.
	verdict verdict
}

// groupIn returns an anchor's group in a window. It looks from the side where the place is expected: from the
// start of the window, or from its end when reading backwards. On a list that has not moved it looks at three
// records.
func (o ordering) groupIn(w window, a *anchor, backwards bool) group {
	g, lastBefore, firstAfter := o.scanGroup(w.records, a, backwards)
	n := len(w.records)
	g.left, g.right = lastBefore >= 0 || w.offset == 0, firstAfter < n || w.reachesEnd()
	switch {
	case g.first >= 0 && (!g.left || !g.right):
		g.verdict = placeCut
	case g.first >= 0:
	case !g.left && (firstAfter < n || n == 0):
		g.verdict = placeLower
	case !g.right:
		g.verdict = placeHigher
	default: // no equal is left: the place is where they would stand
		g.left, g.right = true, true
		g.first, g.end = lastBefore+1, lastBefore+1
	}
	return g
}

// scanGroup returns the bounds of the anchor's equals among records (first is -1 if there are none), the
// index of the last record before them (-1 for none), and that of the first one after them (len(records) for
// none).
func (o ordering) scanGroup(
	records []restclient.Record, a *anchor, backwards bool,
) (g group, lastBefore, firstAfter int) {
	g = group{first: -1, anchor: -1}
	lastBefore, firstAfter = -1, len(records)
	for k := range records {
		i := k
		if backwards {
			i = len(records) - 1 - k
		}
		if records[i].Job == nil {
			continue
		}
		s := o.sideOf(records[i].Job, a)
		switch s {
		case sideBefore:
			lastBefore = max(lastBefore, i)
		case sideAfter:
			firstAfter = min(firstAfter, i)
		case sideTied:
			if g.first < 0 {
				g.first, g.end = i, i+1
			}
			g.first, g.end = min(g.first, i), max(g.end, i+1)
			if g.anchor < 0 && o.isAnchor(records[i], a) {
				g.anchor = i
			}
		}
		if s == ahead(backwards) {
			break
		}
	}
	return g, lastBefore, firstAfter
}

// isBlurred reports whether an edge of the group is not seen because the records beyond it, of n in the
// window, cannot be read. Example: in ? B1 B2 C, the record ? may be B3.
func (g group) isBlurred(n int) bool {
	return g.first > 0 && !g.left || g.end < n && !g.right
}

// forExhausted returns the group as it counts for an exhausted anchor, whose equals were all returned: only
// the edge beyond which the scan goes on has to be seen. For other anchors it returns the group unchanged.
func (g group) forExhausted(a *anchor, backwards bool) group {
	if !a.exhausted || g.verdict != placeCut {
		return g
	}
	switch {
	case backwards && g.left, !backwards && g.right:
		g.verdict = placeFound
	case backwards:
		g.verdict = placeLower
	default:
		g.verdict = placeHigher
	}
	return g
}
