package rawjson

import "unicode/utf8"

// Walk goes over the values of one array or object and checks every byte that it passes. Each value has to be
// passed: by Take or Skip, or by a Walk over its own values that Enter begins and Leave ends. A fault ends
// the Walk, and all that it stands in; Close tells where it is. This prints 7 and then ["a"]:
//
//	body, err := Open([]byte(`[7, ["a"]]`))
//	elements := body.Enter()
//	for elements.Next(nil) {
//		fmt.Printf("%s\n", elements.Take())
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
	// index is what Index returns, and last the last index that was not -1; -1 before the first.
	index, last int
	// unknown is where the last name begins that has no index.
	unknown int
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

// Skip passes the value that the Walk stands at.
func (w *Walk) Skip() { w.at = skipValue(w.b, w.at, w.level) }

// Take passes the value that the Walk stands at and returns it; nil at a fault.
func (w *Walk) Take() Value {
	begin := w.at
	w.Skip()
	return w.since(begin)
}

// Enter begins a Walk over the values of the array or object that this Walk stands at.
func (w *Walk) Enter() Walk {
	return Walk{b: w.b, at: w.at + 1, level: w.level + 1, closer: w.b[w.at] + 2, index: -1, last: -1}
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

// Next goes to the next value; false when none is left, or at a fault. Index then tells which of names the
// member has; names is nil for an array, or if nobody asks.
func (w *Walk) Next(names *Names) bool {
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
		i = w.passName(i, names)
	}
	w.at = i
	return i >= 0
}

// Index returns the index in names of the name of the member that the Walk stands at; -1 for a name that is
// not there.
func (w *Walk) Index() int { return w.index }

// Name returns the name, with its escapes, of the member that the Walk stands at, if Index has none for it.
func (w *Walk) Name() []byte { return w.b[w.unknown : skipString(w.b, w.unknown)-1] }

// passName notes the index of the name that begins at i and returns where its value begins. If it is the name
// that is likely to come, that costs one comparison.
func (w *Walk) passName(i int, names *Names) int {
	b := w.b
	if i >= len(b) || b[i] != '"' {
		return ^i
	}
	if names == nil {
		return skipName(b, i)
	}
	if likely := names.guess(w.last); likely >= 0 {
		name := names.list[likely]
		end := i + 1 + len(name)
		if end < len(b) && b[end] == '"' && string(b[i+1:end]) == name {
			w.index, w.last = likely, likely
			if end+2 < len(b) && b[end+1] == ':' && b[end+2] > ' ' { // as programs mostly write it
				return end + 2
			}
			return skipColon(b, end+1)
		}
	}
	end := skipString(b, i+1)
	if end < 0 {
		return end
	}
	if w.index = names.find(b[i+1 : end-1]); w.index >= 0 {
		names.learn(w.last, w.index)
		w.last = w.index
	} else {
		w.unknown = i + 1
	}
	return skipColon(b, end)
}
