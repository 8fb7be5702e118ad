package paging

// place is where a scan begins: in a window, before the record at index. A scan backwards begins with the
// record at index-1.
type place struct {
	window
	index int
	// returned bounds the unreadable records that were returned on an earlier page: those before it, or those
	// from it on when reading backwards.
	returned int
	// alone: the window shows no job beyond the equals of the anchor, so all that it shows were returned.
	alone bool
	// beside: the place is next to the anchor and not at an edge of its group, so equals count in the order
	// in which they stand.
	beside bool
}

// placeAtIndex returns the place at an index, among equals that count in the order in which they stand.
func placeAtIndex(w window, index int) place {
	return place{window: w, index: index, returned: index, beside: true}
}

// placeBeside returns the place next to an anchor that stands at index i.
func placeBeside(w window, i int, backwards bool) place { return placeAtIndex(w, behind(i, backwards)) }

// behind returns the index at which a scan begins that has just read the record at index i.
func behind(i int, backwards bool) int {
	if backwards {
		return i
	}
	return i + 1
}

// placeAt returns the place at an offset, which the window has in it or ends before.
func placeAt(w window, offset int64) place {
	i := min(int(offset-w.offset), len(w.records))
	return place{window: w, index: i, returned: i}
}

// placeAtGroup returns the place at the start of an anchor's group, or at its end when reading backwards. If
// the anchor is exhausted it is the other edge of the group.
//
// Example: the window A B1 B2 B3 C has a group from index 1 to 4, and B2 was returned. The place is 1
// forwards and 4 backwards. An unreadable record in the group counts as returned up to B2 forwards, and from
// B2 on backwards.
func placeAtGroup(w window, g group, a *anchor, backwards bool) place {
	p := place{window: w, index: g.first, returned: g.first, alone: !hasReadable(w.records[g.end:])}
	if backwards {
		p.index, p.returned, p.alone = g.end, g.end, !hasReadable(w.records[:g.first])
	}
	if a.exhausted {
		p.index = g.first + g.end - p.index
		p.returned = p.index
		return p
	}
	for i := g.first; i < g.end; i++ {
		if job := w.records[i].Job; job == nil || !a.alreadyReturned(job.ID(), backwards) {
			continue
		}
		if backwards {
			p.returned = min(p.returned, i)
		} else {
			p.returned = max(p.returned, i+1)
		}
	}
	return p
}

// isAtEdge reports whether the window has no record in the direction of reading.
func (p place) isAtEdge(backwards bool) bool {
	if backwards {
		return p.index == 0
	}
	return p.index >= len(p.records)
}
