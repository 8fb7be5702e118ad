package rawjson

import (
	"bytes"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// The functions below read strings that were found to be valid. b is what stands between the quotes.

// appendText appends to dst what a string says, in UTF-8.
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

// says reports whether a string says text, which is UTF-8. The bytes up to each escape are compared with
// text, and then what the escape stands for: st\u0061te says state.
func says(b []byte, text string) bool {
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

// unescape returns the character of the escape that b begins with, and how many bytes the escape takes: for
// \u00e9 é and 6, for \ud83d\ude00 the one character of both and 12. Half of a surrogate pair, such as \ud83d
// alone, has a code that becomes U+FFFD where it is written as UTF-8, as in the standard library.
func unescape(b []byte) (r rune, size int) {
	if len(b) < len(`\n`) {
		return utf8.RuneError, len(b)
	}
	if control := strings.IndexByte("bfnrt", b[1]); control >= 0 {
		return rune("\b\f\n\r\t"[control]), 2
	}
	if b[1] != 'u' {
		return rune(b[1]), 2
	}
	size = min(len(`\u0000`), len(b))
	r = codeUnit(b)
	if pair := utf16.DecodeRune(r, codeUnit(b[size:])); pair != utf8.RuneError {
		return pair, 2 * size
	}
	return r, size
}

// codeUnit returns the number of the escape, \u and four hexadecimal digits, that b begins with; negative
// when it begins with none.
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

// hexValue returns the value of a hexadecimal digit, 0 to 15; negative for another byte.
func hexValue(c byte) rune {
	switch {
	case c-'0' <= 9:
		return rune(c - '0')
	case c|0x20-'a' <= 5:
		return rune(c | 0x20 - 'a' + 10)
	}
	return -1
}
