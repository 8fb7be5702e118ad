package restclient

import (
	"encoding/base64"
	"encoding/binary"
	"html"
	"net/url"
	"strings"
)

// minSecret is the shortest part of a token that is hidden, in bytes: a shorter one tells nothing, and
// ordinary sentences have it, too.
const minSecret = 8

// tokenParts finds a token and parts of it in a text. It has every eight bytes in a row (minSecret) of every
// spelling of the token, in lower case: for the token abcdefghi these are abcdefgh and bcdefghi.
//
// Errors that quote a token often cut it, escape it or change its case. So its parts are looked for, in every
// spelling: a token of 40 bytes has a few hundred.
type tokenParts map[uint64]struct{}

// HideToken returns text without the parts of the token that are in it, however they are written; for text that
// the Jobs API has written. A token of less than 8 bytes is not hidden.
func HideToken(token, text string) string { return partsOf(token).hide(text) }

// partsOf returns the parts of a token; none if it is shorter than minSecret.
func partsOf(token string) tokenParts {
	if len(token) < minSecret {
		return nil
	}
	s := make(tokenParts, 4*len(token))
	for _, spelling := range spellings(token) {
		spelling = lower(spelling)
		for i := 0; i+minSecret <= len(spelling); i++ {
			s[window(spelling, i)] = struct{}{}
		}
	}
	return s
}

// spellings returns a token as it is, escaped for an address (once and twice), for HTML and for JSON, and in
// base 64: in three ways, since three bytes become four characters and the token can begin at any of the
// three.
func spellings(token string) []string {
	all := []string{
		token, url.QueryEscape(token), url.QueryEscape(url.QueryEscape(token)), html.EscapeString(token),
		strings.ReplaceAll(token, "/", `\/`),
		strings.NewReplacer("+", `\u002b`, "/", `\u002f`, "=", `\u003d`).Replace(token),
	}
	for ahead := range 3 {
		encoded := base64.RawStdEncoding.EncodeToString([]byte("\x00\x00"[:ahead] + token))
		all = append(all, encoded, strings.NewReplacer("+", "-", "/", "_").Replace(encoded))
	}
	return all
}

// hide returns text with "[token]" in place of every part of the token, in upper or lower case. A part goes
// on as long as another eight bytes of the token begin inside it or right behind it: for the token
// abcdefghij, "no ABCDEFGHI!" becomes "no [token]!".
func (s tokenParts) hide(text string) string {
	const instead = "[token]"
	if len(s) == 0 {
		return text
	}
	folded := lower(text)
	var b strings.Builder
	kept := 0
	for i := 0; i+minSecret <= len(folded); i++ {
		if !s.at(folded, i) {
			continue
		}
		end := i + minSecret
		for next := i + 1; next <= end && next+minSecret <= len(folded); next++ {
			if s.at(folded, next) {
				end = next + minSecret
			}
		}
		b.WriteString(text[kept:i])
		b.WriteString(instead)
		kept, i = end, end-1
	}
	if kept == 0 {
		return text
	}
	return b.String() + text[kept:]
}

// at reports whether a part of the token begins at text[i].
func (s tokenParts) at(text string, i int) bool {
	_, found := s[window(text, i)]
	return found
}

// window returns the minSecret bytes at text[i] as one number.
func window(text string, i int) uint64 {
	var eight [minSecret]byte
	copy(eight[:], text[i:])
	return binary.LittleEndian.Uint64(eight[:])
}

// lower returns text with the letters of ASCII in lower case; every byte stays in its place.
func lower(text string) string {
	b := []byte(text)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}
