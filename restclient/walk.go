package restclient

// walk goes over the values of one array or object, by the rules of the scanner. Each of them has to be passed over:
// by skip, or by a walk of its own, whose end is then put into at.
type walk struct {
	b []byte
	// at is the index where the walk stands: at a value after next said that there is one, behind the closing bracket
	// when there is none left, or what tells a fault.
	at int
	// level is how many arrays and objects the values stand in.
	level int
	// name is the name of the member, as it stands between its quotes.
	name []byte
	// guess may be set to what the next name is likely to be, a plain text: if it is, the name costs one comparison, and
	// guessed says so.
	guess   string
	guessed bool
	closer  byte
	begun   bool
}

// walkInto begins a walk over the values of what begins at b[i], which is a '[' or a '{' and stands in as many others
// as level says.
func walkInto(b []byte, i, level int) walk {
	return walk{b: b, at: i + 1, level: level + 1, closer: b[i] + 2}
}

// next goes to the next value; false when there is none, or at a fault.
func (w *walk) next() bool {
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
		i = w.readName(i)
	}
	w.at = i
	return i >= 0
}

// readName notes the name that begins at i and gives where its value begins.
func (w *walk) readName(i int) int {
	if i >= len(w.b) || w.b[i] != '"' {
		return ^i
	}
	end := i + 1 + len(w.guess)
	if w.guessed = end < len(w.b) && w.b[end] == '"' && string(w.b[i+1:end]) == w.guess; w.guessed {
		w.name = w.b[i+1 : end]
		return skipColon(w.b, end+1)
	}
	end = skipString(w.b, i+1)
	if end < 0 {
		return end
	}
	w.name = w.b[i+1 : end-1]
	return skipColon(w.b, end)
}

// skip passes over the value and gives it; nil at a fault.
func (w *walk) skip() JSON {
	begin := w.at
	w.at = skipValue(w.b, begin, w.level)
	if w.at < 0 {
		return nil
	}
	return w.b[begin:w.at:w.at]
}
