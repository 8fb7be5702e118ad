// Package rawjson reads JSON without decoding it: a value stays the bytes that were sent, so no digit of a
// number is ever lost, and is read when somebody asks for it.
//
// A Walk checks a body and finds its values in one pass; a Value is one of them, with what can be read of it.
// Of the body {"n":1724919539450264575,"t":"a\u00e9"} the member n is a Value of 19 digits, whose Integer
// returns them all, and t one of 9 bytes, whose Text returns "aé". Names finds members whose names are known
// before. scan.go has the functions that pass bytes, text.go those that read strings. Why the scanner is our
// own stands in docs/adr.
//
// The package knows no API: what its values mean is for others to say.
package rawjson

import (
	"encoding/binary"
	"math/bits"
)

// The functions of this file pass JSON as RFC 8259 defines it, no more and no less, and allocate nothing.
// Each takes bytes and an index into them and returns the index behind what it passed. Where the bytes are no
// JSON it returns a fault: ^i, which is negative, for the index i of the first wrong byte, or for len(b) if
// the bytes end too early. In "[1,x]" the value at 1 ends at 2, and the one at 0 is the fault ^3, which is
// -4. Whether strings are UTF-8 is for the caller to check.

// maxNesting is how many arrays and objects may stand in each other. Source: encoding/json has the same.
const maxNesting = 10_000

// skipSpace passes the white space of JSON, if there is any.
func skipSpace(b []byte, i int) int {
	for i < len(b) && b[i] <= ' ' && (b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t') {
		i++
	}
	return i
}

// skipValue passes the value that begins at i, which stands in level arrays and objects.
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

// skipContainer passes the array or object that begins at i. One bit for each level notes whether it is an
// object. Only when the 64 bits are used up does it call itself, so 10,000 levels take 157 calls of the
// stack.
//
// In [{"a":[1]}] the bits are, from the outer level to the inner, 0 (array), 1 (object), 0 (array); each
// closing bracket shifts one out, so the lowest bit always is the level that the next value stands in.
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

// skipToNext passes what stands behind a value: closing brackets, then a comma and, in an object, a name. It
// returns where the next value begins, and what is left of objects and depth; depth is 0 when all brackets
// are closed.
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

// fault returns the fault at index i: ^i, or i itself if it is a fault already.
func fault(i int) int {
	if i < 0 {
		return i
	}
	return ^i
}

// skipName passes a member's name, the colon and the space around it, to where the value begins.
func skipName(b []byte, i int) int {
	if i >= len(b) || b[i] != '"' {
		return ^i
	}
	if i = skipString(b, i+1); i < 0 {
		return i
	}
	return skipColon(b, i)
}

// skipColon passes a colon and the space around it.
func skipColon(b []byte, i int) int {
	if i = skipSpace(b, i); i == len(b) || b[i] != ':' {
		return ^i
	}
	return skipSpace(b, i+1)
}

// skipString passes a string; i is behind its opening quote.
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
			if i++; i < len(b) && (b[i] == 'n' || b[i] == '"' || b[i] == '\\') { // nearly all that there are
				i++
			} else if i = skipEscape(b, i); i < 0 {
				return i
			}
		default:
			return ^i
		}
	}
}

// plainEnd returns the index of the first quote, backslash or control character from i on; len(b) if there is
// none. It looks at 16 bytes at once: most strings are shorter, so the loop mostly ends in its first round,
// which the processor predicts.
func plainEnd(b []byte, i int) int {
	for {
		left := b[i:]
		if len(left) < 16 {
			break
		}
		stops := stopsIn(binary.LittleEndian.Uint64(left))
		more := stopsIn(binary.LittleEndian.Uint64(left[8:]))
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

// stopsIn returns a word whose lowest bit that is set is the top bit of the first of eight bytes, lowest
// first, that is a quote, a backslash or a control character; 0 if there is none. Higher bits mean nothing,
// since a subtraction borrows from the byte above. For the bytes a b " c it is 0x800000, whose 23 trailing
// zeros are in byte 23/8 = 2.
func stopsIn(eight uint64) uint64 {
	const each = 0x0101010101010101
	// XOR with '"'^' ', which is 0x02, turns a quote, 0x22, into 0x20, next to the control characters, 0x00
	// to 0x1f: one subtraction of 0x21 then finds both, by the top bit that it sets.
	quoteOrControl := (eight ^ each*('"'^' ')) - each*(' '+1)
	backslash := (eight ^ each*'\\') - each
	return (quoteOrControl | backslash) &^ eight & (each * 0x80)
}

// skipEscape passes an escape; i is behind its backslash.
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

// skipWord passes word, which is true, false or null.
func skipWord(b []byte, i int, word string) int {
	if end := i + len(word); end <= len(b) && string(b[i:end]) == word {
		return end
	}
	return ^i
}

// skipNumber passes a number. Where none begins, no other value does either: a fault at i. A number is
// -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?: of 012 only the 0 is passed, and 12 is then a fault.
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

// skipDigits passes one decimal digit or more.
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
