// Package accept reads the headers in which a client says what it takes and what it sends: Accept,
// Accept-Encoding and Content-Type.
package accept

import (
	"strconv"
	"strings"
)

// Element is one element of such a header, as far as anybody here asks. Other parameters are read and
// dropped.
//
// Example: of "text/html;level=2;q=0.5, */*" the first is the name text/html with a weight of 0.5.
type Element struct {
	// Name is a media type such as application/json, a coding such as gzip, or a wildcard; in lower case.
	Name string
	// Q is the weight, 0 to 1, and 1 when none is given.
	Q float64
	// Charset is the parameter of this name; HasCharset tells an empty one from none.
	Charset    string
	HasCharset bool
	// SubscriptionSpec is the parameter of this name, which Apollo's multipart subscriptions have.
	SubscriptionSpec string
}

// Gzip reports whether a client takes bodies that are compressed with gzip, from the values of its
// Accept-Encoding headers: what is said of gzip decides, else what is said of "*". A weight of 0 is a
// refusal, and so is one that cannot be read.
// Source: RFC 9110, section 12.5.3.
func Gzip(acceptEncoding []string) bool {
	accepted := false
	for _, list := range acceptEncoding {
		for list != "" {
			var e Element
			var ok bool
			e, list, ok = Parse(list)
			switch e.Name {
			case "gzip", "x-gzip":
				return ok && e.Q > 0
			case "*":
				accepted = ok && e.Q > 0
			}
		}
	}
	return accepted
}

// Parse reads the first element of a comma-separated list and returns what follows its comma. Ok is false for
// an element that has no name, a parameter without a value, or a weight that is no number from 0 to 1 or is
// given twice; the rest is right all the same. Source: RFC 9110, sections 5.6.1 to 5.6.6, 8.3.1, 12.4.2 and
// 12.5.1. Two forms beyond it are met in the wild and read: weights as .5, and those with more than three
// digits.
func Parse(list string) (e Element, rest string, ok bool) {
	p := fieldParser(list)
	defer func() { rest = p.skipElement() }()
	e.Q = 1
	p.skipBlanks()
	start := string(p)
	if p.token() == "" || p.take('/') && p.token() == "" {
		return e, "", false
	}
	e.Name = strings.ToLower(start[:len(start)-len(p)])
	weighted := false
	for {
		p.skipBlanks()
		if !p.take(';') {
			return e, "", len(p) == 0 || p[0] == ','
		}
		p.skipBlanks()
		name := p.token()
		if name == "" {
			continue // an empty parameter, which the grammar allows; anything else is met by the next take
		}
		if !p.take('=') {
			return e, "", false
		}
		value, given := p.value()
		switch {
		case !given:
			return e, "", false
		case strings.EqualFold(name, "charset"):
			e.Charset, e.HasCharset = value, true
		case strings.EqualFold(name, "subscriptionSpec"):
			e.SubscriptionSpec = value
		case strings.EqualFold(name, "q"):
			if e.Q, ok = parseWeight(value); !ok || weighted {
				return e, "", false
			}
			weighted = true
		}
	}
}

// parseWeight reads a number from 0 to 1 that is written with digits and a point alone; false for anything
// else.
func parseWeight(text string) (q float64, ok bool) {
	if strings.Trim(text, "0123456789.") != "" {
		return 0, false
	}
	q, err := strconv.ParseFloat(text, 64)
	return q, err == nil && q <= 1
}

// fieldParser is what is left to read of the value of a header field. Its methods take from the front.
// Source: RFC 9110, section 5.6.
type fieldParser string

// skipBlanks passes optional white space.
func (p *fieldParser) skipBlanks() { *p = fieldParser(strings.TrimLeft(string(*p), " \t")) }

// take passes one byte, if it is the next.
func (p *fieldParser) take(b byte) bool {
	if len(*p) == 0 || (*p)[0] != b {
		return false
	}
	*p = (*p)[1:]
	return true
}

// token passes a token and returns it; empty when there is none.
func (p *fieldParser) token() string {
	end := 0
	for end < len(*p) && isTokenByte((*p)[end]) {
		end++
	}
	token := string((*p)[:end])
	*p = (*p)[end:]
	return token
}

// isTokenByte reports whether a byte may stand in a token. Source: RFC 9110, section 5.6.2.
func isTokenByte(b byte) bool {
	return 'a' <= b|0x20 && b|0x20 <= 'z' || '0' <= b && b <= '9' ||
		strings.IndexByte("!#$%&'*+-.^_`|~", b) >= 0
}

// value passes the value of a parameter, a token or a quoted string, and returns it without quotes; false
// when it is neither.
func (p *fieldParser) value() (string, bool) {
	if !p.take('"') {
		token := p.token()
		return token, token != ""
	}
	text := string(*p)
	end := quotedEnd(text)
	if end < 0 {
		*p = ""
		return "", false
	}
	*p = fieldParser(text[end+1:])
	text = text[:end]
	if strings.IndexByte(text, '\\') < 0 {
		return text, true
	}
	plain := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' { // and another byte follows, or the string would not have ended
			i++
		}
		plain = append(plain, text[i])
	}
	return string(plain), true
}

// quotedEnd returns the place of the quote that ends a quoted string; negative when none does. The byte
// after a backslash ends nothing.
func quotedEnd(text string) int {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			return i
		case '\\':
			i++
		}
	}
	return -1
}

// skipElement returns what follows the next comma that stands outside of quotes.
func (p *fieldParser) skipElement() string {
	text := string(*p)
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case ',':
			return text[i+1:]
		case '"':
			end := quotedEnd(text[i+1:])
			if end < 0 {
				return ""
			}
			i += 1 + end
		}
	}
	return ""
}
