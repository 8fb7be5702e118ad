package rawjson

import (
	"bytes"
	"slices"
	"strings"
)

// Names are names of members that are looked for, as texts in UTF-8. Objects of one kind mostly have their
// members in one order, so Names remembers which name came behind which in the objects before: then a name
// that comes as expected costs one comparison. The first guess is the order in which the names are listed.
//
// With the names a, b, c and objects {"a":1,"c":2}, {"a":3,"c":4}: b is guessed behind the first a, and c
// behind the second.
type Names struct {
	list []string
	// followers[i+1] is 1 more than the index of the name that came last behind list[i], and followers[0]
	// than that of the name that came first; 0 as long as none is known. Names from the 31st on are not
	// learned.
	followers [32]uint8
	// escaped is true if a name has a backslash, which is never written as it is. Then nothing is guessed.
	escaped bool
}

// NamesOf returns Names of this list, which is not copied.
func NamesOf(list []string) Names {
	n := Names{list: list}
	for _, name := range list {
		n.escaped = n.escaped || strings.IndexByte(name, '\\') >= 0
	}
	return n
}

// guess returns the index of the name that is likely to follow the last-th, or to come first if last is -1;
// -1 for no guess.
func (n *Names) guess(last int) int {
	next := last + 1
	if next < len(n.followers) && n.followers[next] != 0 {
		next = int(n.followers[next]) - 1
	}
	if n.escaped || next >= len(n.list) {
		return -1
	}
	return next
}

// learn notes that the name of an index followed the last-th.
func (n *Names) learn(last, index int) {
	if last+1 < len(n.followers) && index < len(n.followers) {
		n.followers[last+1] = uint8(index + 1) //nolint:gosec // at most 32
	}
}

// find returns the index of a name, which is what stands between the quotes of a valid string; -1 if it is
// not listed. Names are compared as what they say: a is also written \u0061.
func (n *Names) find(name []byte) int {
	if bytes.IndexByte(name, '\\') < 0 {
		return slices.IndexFunc(n.list, func(known string) bool { return string(name) == known })
	}
	return slices.IndexFunc(n.list, func(known string) bool { return says(name, known) })
}
