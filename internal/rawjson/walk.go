package rawjson

import "unicode/utf8"

// Walk goes over the values of one array or object and checks every byte that it passes. Each value has to be
// passed: by Pass, or by a Walk over its own values that Enter begins and Leave ends. A fault ends the Walk,
// and all that it stands in; Close tells where it is. This prints 7 and then ["a"]:
//
//	body, err := Open([]byte(`[7, ["a"]]`))
//	elements := body.Enter()
//	for elements.Next() {
//		fmt.Printf("%s\n", elements.Pass())
//	}
//	body.Leave(&elements)
//	err = body.Close()
type Walk struct {
	b []byte
	// at is the index of the value that Next found, or behind the closing bracket when none is left, or a
	// fault.
	at int
	// level is how many arrays and objects the values stand in.
	level  int
	closer byte // the closing bracket; 0 for the one value of a body
	begun  bool
	// likely is true if the member's name is the one that was guessed. Otherwise name is what stands between
	// its quotes.
	likely bool
	name   []byte
	// last is the index in Names of the last member whose name is there; -1 before the first.
	last int
}

// Open returns a Walk that stands at the one value of body: no Next is needed. Errors: *Error when body is
// not UTF-8 or has nothing but space.
func Open(body []byte) (Walk, error) {
	if !utf8.Valid(body) {
		return Walk{}, unreadable("body is not UTF-8")
	}
	begin := skipSpace(body, 0)
	if begin == len(body) {
		return Walk{}, unreadable("body is empty")
	}
	return Walk{b: body, at: begin}, nil
}

// Close checks that nothing but space is left behind the value that Open stood at. Errors: *Error with the
// place of the first wrong byte, counted from 0; it is the length of the body where that ends too early.
func (w *Walk) Close() error {
	if w.at < 0 {
		return unreadable("body is not JSON at byte %d of %d", ^w.at, len(w.b))
	}
	if end := skipSpace(w.b, w.at); end < len(w.b) {
		return unreadable("body goes on behind its value at byte %d of %d", end, len(w.b))
	}
	return nil
}

// Offset returns the index in the body of the byte that the Walk stands at; negative after a fault.
func (w *Walk) Offset() int { return w.at }

// StartsWith reports whether the value that the Walk stands at starts with c, which tells its type.
func (w *Walk) StartsWith(c byte) bool {
	return w.at >= 0 && w.at < len(w.b) && w.b[w.at] == c
}

// Pass passes the value that the Walk stands at and returns it; nil at a fault.
func (w *Walk) Pass() Value {
	begin := w.at
	w.at = skipValue(w.b, begin, w.level)
	return w.since(begin)
}

// Enter begins a Walk over the values of the array or object that this Walk stands at.
func (w *Walk) Enter() Walk {
	return Walk{b: w.b, at: w.at + 1, level: w.level + 1, closer: w.b[w.at] + 2, last: -1}
}

// Leave ends a Walk that Enter began and that has no value left: it passes the array or object, and returns
// it; nil at a fault.
func (w *Walk) Leave(inner *Walk) Value {
	begin := w.at
	w.at = inner.at
	return w.since(begin)
}

func (w *Walk) since(begin int) Value {
	if w.at < 0 {
		return nil
	}
	return w.b[begin:w.at:w.at]
}

// Next goes to the next value; false when none is left, or at a fault.
func (w *Walk) Next() bool { return w.next("") }

// NextOf goes to the next member of an object and returns the index of its name in names, -1 for a name that
// is not there; false when no member is left, or at a fault. It allocates nothing.
func (w *Walk) NextOf(names *Names) (index int, ok bool) {
	index = names.guess(w.last)
	likely := ""
	if index >= 0 {
		likely = names.list[index]
	}
	if !w.next(likely) {
		return -1, false
	}
	if !w.likely {
		if index = names.find(w.name); index < 0 {
			return -1, true
		}
		names.learn(w.last, index)
	}
	w.last = index
	return index, true
}

// next is Next, for a member whose name may be known before it is read: if it stands there as likely is
// written, that costs one comparison, and w.likely becomes true.
func (w *Walk) next(likely string) bool {
	b := w.b
	if w.at < 0 {
		return false
	}
	i := skipSpace(b, w.at)
	switch {
	case i == len(b):
		w.at = ^i
		return false
	case b[i] == w.closer:
		w.at = i + 1
		return false
	case !w.begun:
		w.begun = true
	case b[i] == ',':
		i = skipSpace(b, i+1)
	default:
		w.at = ^i
		return false
	}
	if w.closer == '}' {
		i = w.passName(i, likely)
	}
	w.at = i
	return i >= 0
}

// passName notes the name that begins at i and returns where its value begins.
func (w *Walk) passName(i int, likely string) int {
	if i >= len(w.b) || w.b[i] != '"' {
		return ^i
	}
	end := i + 1 + len(likely)
	w.likely = likely != "" && end < len(w.b) && w.b[end] == '"' && string(w.b[i+1:end]) == likely
	if w.likely {
		return skipColon(w.b, end+1)
	}
	end = skipString(w.b, i+1)
	if end < 0 {
		return end
	}
	w.name = w.b[i+1 : end-1]
	return skipColon(w.b, end)
}
