package restclient

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// unescape reads the escape that b, a part of a valid string, begins with, and says how many bytes it takes. Half of a
// surrogate pair becomes U+FFFD where it is written, as in the standard library.
func unescape(b []byte) (r rune, size int) {
	if len(b) < len(`\n`) {
		return utf8.RuneError, len(b)
	}
	switch b[1] {
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
		const size = len(`\u0000`)
		r := codeUnit(b)
		if pair := utf16.DecodeRune(r, codeUnit(b[min(size, len(b)):])); pair != utf8.RuneError {
			return pair, 2 * size
		}
		return r, min(size, len(b)) // who writes half of a pair as UTF-8 writes U+FFFD
	}
	return rune(b[1]), 2
}

// codeUnit reads the escape, \u and four hexadecimal digits, that b begins with; negative when it begins with none.
func codeUnit(b []byte) rune {
	if len(b) < len(`\u0000`) || b[0] != '\\' || b[1] != 'u' {
		return -1
	}
	var unit rune
	for _, c := range b[2:6] {
		unit = unit<<4 | hexValue(c)
	}
	return unit
}

// hexValue is what a hexadecimal digit stands for; negative for another byte.
func hexValue(c byte) rune {
	switch {
	case c-'0' <= 9:
		return rune(c - '0')
	case c|0x20-'a' <= 5:
		return rune(c | 0x20 - 'a' + 10)
	}
	return -1
}

// appendText appends to dst what a valid string says; b is what stands between its quotes.
func appendText(dst, b []byte) []byte {
	for {
		plain := bytes.IndexByte(b, '\\')
		if plain < 0 {
			return append(dst, b...)
		}
		dst = append(dst, b[:plain]...)
		r, size := unescape(b[plain:])
		dst = utf8.AppendRune(dst, r)
		b = b[plain+size:]
	}
}

// spells reports whether a valid string says text, which is UTF-8; b is what stands between its quotes.
func spells(b []byte, text string) bool {
	for len(b) >= len(text) { // an escape is longer than what it says
		plain := bytes.IndexByte(b, '\\')
		if plain < 0 {
			return string(b) == text
		}
		if plain > len(text) || string(b[:plain]) != text[:plain] {
			return false
		}
		r, size := unescape(b[plain:])
		var said [utf8.UTFMax]byte
		n := utf8.EncodeRune(said[:], r)
		b, text = b[plain+size:], text[plain:]
		if len(text) < n || text[:n] != string(said[:n]) {
			return false
		}
		text = text[n:]
	}
	return false
}
