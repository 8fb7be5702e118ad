package paging

// span is the part [low, high) of a list.
type span struct{ low, high int64 }

// shared returns how many places two spans have in common.
func (s span) shared(o span) int64 { return max(0, min(s.high, o.high)-max(s.low, o.low)) }

// length returns the number of places.
func (s span) length() int64 { return s.high - s.low }

// aligned returns a window that starts at a multiple of its own size, for an API that takes offsets as page
// numbers. It shows as much of need as is possible, its first place always, then as much of want as a size of
// at most allows. Of equally good windows it returns the smallest. Example: need [9, 12) and want [5, 20) of
// at most 16 make [8, 16).
func aligned(need, want span, most int) (offset int64, records int) {
	needed, wanted := int64(-1), int64(-1)
	for size := int64(1); size <= int64(most); size++ {
		start := need.low - need.low%size
		shown := span{start, start + size}
		n, w := shown.shared(need), shown.shared(want)
		if n > needed || n == needed && w > wanted {
			needed, wanted, offset, records = n, w, start, int(size)
		}
		if n == need.length() && w == want.length() {
			break // no larger window shows more
		}
	}
	return offset, records
}
