package restclient

import (
	"encoding/base64"
	"encoding/binary"
	"html"
	"net/url"
	"strings"
)

// minSecret is the shortest part of a token that is looked for, in bytes: a shorter one is no secret, and stands in any
// sentence.
const minSecret = 8

// tokenParts finds a token and its parts in a text: it has each window of minSecret bytes of each of the token's spellings, in
// lower case.
type tokenParts map[uint64]struct{}

// partsOf makes those of a token, which is empty for one that is none.
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

// spellings gives a token as it is, escaped for an address, for JSON and for HTML, and in base 64, where its bytes may begin
// at any of three places.
func spellings(token string) []string {
	all := []string{
		token, url.QueryEscape(token), url.QueryEscape(url.QueryEscape(token)), html.EscapeString(token),
		strings.ReplaceAll(token, "/", `\/`), strings.NewReplacer("+", `\u002b`, "/", `\u002f`, "=", `\u003d`).Replace(token),
	}
	for ahead := range 3 {
		encoded := base64.RawStdEncoding.EncodeToString([]byte("\x00\x00"[:ahead] + token))
		all = append(all, encoded, strings.NewReplacer("+", "-", "/", "_").Replace(encoded))
	}
	return all
}

// hide puts a word in place of every part of the token, in any case.
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

// window is the minSecret bytes at text[i], as one number.
func window(text string, i int) uint64 {
	var eight [minSecret]byte
	copy(eight[:], text[i:])
	return binary.LittleEndian.Uint64(eight[:])
}

// lower turns the letters of ASCII small, and leaves every byte in its place.
func lower(text string) string {
	b := []byte(text)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}
