package restclient

import (
	"encoding/binary"
	"math/bits"
)

// The scanner passes over JSON as RFC 8259 has it, no more and no less, and allocates nothing. Each of its functions
// takes bytes and an index into them, and gives the index behind what it passed; where the bytes are no JSON, it gives
// ^i, which is negative, i being the index of the byte that is wrong, or len(b) where the bytes end too early. Whether
// strings are UTF-8 is for the caller to check.

// maxNesting is how many arrays and objects may stand in each other: as many as in the standard library.
const maxNesting = 10_000

// skipSpace passes over space.
func skipSpace(b []byte, i int) int {
	for i < len(b) && b[i] <= ' ' && (b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t') {
		i++
	}
	return i
}

// skipValue passes over the value that begins at i, which stands in as many arrays and objects as level says.
func skipValue(b []byte, i, level int) int {
	if i >= len(b) {
		return ^i
	}
	switch b[i] {
	case '"':
		return skipString(b, i+1)
	case '{', '[':
		return skipContainer(b, i, level)
	case 't':
		return skipWord(b, i, "true")
	case 'f':
		return skipWord(b, i, "false")
	case 'n':
		return skipWord(b, i, "null")
	}
	return skipNumber(b, i)
}

// skipContainer passes over the array or object that begins at i. It notes in one bit for each level whether that is an
// object, and calls itself only where the bits run out, so the deepest nesting costs little of the stack.
func skipContainer(b []byte, i, level int) int {
	objects, depth := uint64(0), 0
	for {
		switch c := b[i]; {
		case c == '"':
			i = skipString(b, i+1)
		case c != '{' && c != '[':
			i = skipValue(b, i, maxNesting)
		case level+depth >= maxNesting:
			return ^i
		case depth == 64:
			i = skipContainer(b, i, level+depth)
		default:
			objects = objects<<1 | uint64(c>>5)&1 // the brackets differ in this bit
			depth++
			i = skipSpace(b, i+1)
			if i < len(b) && b[i] == c+2 { // each closing bracket comes two behind its opening one
				i, depth = i+1, depth-1
				objects >>= 1
				break
			}
			if objects&1 != 0 {
				i = skipName(b, i)
			}
			if i < 0 || i >= len(b) {
				return fault(i)
			}
			continue
		}
		if i < 0 {
			return i
		}
		if i, objects, depth = skipToNext(b, i, objects, depth); i < 0 || depth == 0 {
			return i
		}
	}
}

// skipToNext passes over the brackets that close behind a value and over a comma, to where the next value begins. Depth
// is 0 when all are closed.
func skipToNext(b []byte, i int, objects uint64, depth int) (next int, left uint64, levels int) {
	for depth > 0 {
		i = skipSpace(b, i)
		if i == len(b) {
			return ^i, objects, depth
		}
		inObject := objects&1 != 0
		switch c := b[i]; {
		case c == ',':
			i = skipSpace(b, i+1)
			if inObject {
				i = skipName(b, i)
			}
			if i < 0 || i >= len(b) {
				return fault(i), objects, depth
			}
			return i, objects, depth
		case c == '}' && inObject, c == ']' && !inObject:
			i++
			objects >>= 1
			depth--
		default:
			return ^i, objects, depth
		}
	}
	return i, objects, depth
}

// fault gives what tells a fault at i, which may be one already.
func fault(i int) int {
	if i < 0 {
		return i
	}
	return ^i
}

// skipName passes over a member's name, the colon and the space around it, to where the value begins.
func skipName(b []byte, i int) int {
	if i >= len(b) || b[i] != '"' {
		return ^i
	}
	if i = skipString(b, i+1); i < 0 {
		return i
	}
	return skipColon(b, i)
}

// skipColon passes over a colon and the space around it.
func skipColon(b []byte, i int) int {
	if i = skipSpace(b, i); i == len(b) || b[i] != ':' {
		return ^i
	}
	return skipSpace(b, i+1)
}

// skipString passes over a string; i is behind its opening quote.
func skipString(b []byte, i int) int {
	for {
		i = plainEnd(b, i)
		if i == len(b) {
			return ^i
		}
		switch b[i] {
		case '"':
			return i + 1
		case '\\':
			if i = skipEscape(b, i+1); i < 0 {
				return i
			}
		default:
			return ^i
		}
	}
}

// plainEnd finds the first quote, backslash or control character. It takes sixteen bytes at a time, which most strings
// are shorter than, so that one branch is nearly always taken in the same way.
func plainEnd(b []byte, i int) int {
	for {
		left := b[i:]
		if len(left) < 16 {
			break
		}
		stops, more := stopsIn(binary.LittleEndian.Uint64(left)), stopsIn(binary.LittleEndian.Uint64(left[8:]))
		if stops|more == 0 {
			i += 16
			continue
		}
		if stops == 0 {
			stops = more
			i += 8
		}
		return i + bits.TrailingZeros64(stops)/8
	}
	for i < len(b) && b[i] >= ' ' && b[i] != '"' && b[i] != '\\' {
		i++
	}
	return i
}

// stopsIn sets the highest bit of the first byte that is a quote, a backslash or a control character. The bits above it
// mean nothing: a subtraction borrows from them.
func stopsIn(eight uint64) uint64 {
	const each = 0x0101010101010101
	// With one bit turned over, the quote is the byte that follows the control characters.
	quoteOrControl := (eight ^ each*('"'^' ')) - each*(' '+1)
	backslash := (eight ^ each*'\\') - each
	return (quoteOrControl | backslash) &^ eight & (each * 0x80)
}

// skipEscape passes over an escape; i is behind its backslash.
func skipEscape(b []byte, i int) int {
	if i >= len(b) {
		return ^i
	}
	switch b[i] {
	case '"', 'n', '\\', '/', 'b', 'f', 'r', 't':
		return i + 1
	case 'u':
		for range 4 {
			if i++; i >= len(b) || hexValue(b[i]) < 0 {
				return ^i
			}
		}
		return i + 1
	}
	return ^i
}

// skipWord passes over true, false or null.
func skipWord(b []byte, i int, word string) int {
	if end := i + len(word); end <= len(b) && string(b[i:end]) == word {
		return end
	}
	return ^i
}

// skipNumber passes over a number, or says that no value begins at i.
func skipNumber(b []byte, i int) int {
	if b[i] == '-' {
		i++
	}
	if i < len(b) && b[i] == '0' {
		i++
	} else if i = skipDigits(b, i); i < 0 {
		return i
	}
	if i < len(b) && b[i] == '.' {
		if i = skipDigits(b, i+1); i < 0 {
			return i
		}
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		return skipDigits(b, i)
	}
	return i
}

// skipDigits passes over one decimal digit or more.
func skipDigits(b []byte, i int) int {
	begin := i
	for i < len(b) && b[i]-'0' <= 9 {
		i++
	}
	if i == begin {
		return ^i
	}
	return i
}
