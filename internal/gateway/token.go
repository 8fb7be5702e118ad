package gateway

import (
	"net/http"
	"regexp"
	"strings"
)

// b64token is the grammar of a bearer token. Source: RFC 6750, section 2.1.
var b64token = regexp.MustCompile(`^[A-Za-z0-9._~+/-]+=*$`)

// maxToken bounds a token, in bytes; a longer one is refused, never cut.
const maxToken = 8 << 10

// IsToken reports whether a text is a bearer token that the gateway takes.
func IsToken(text string) bool { return len(text) <= maxToken && b64token.MatchString(text) }

// parseBearer reads the Authorization headers of a request. None is no token and fine; exactly one
// well-formed `Bearer <token>` is the token; ok is false for anything else. A bad header is never taken for
// an anonymous caller.
func parseBearer(values []string) (token string, ok bool) {
	switch len(values) {
	case 0:
		return "", true
	case 1:
		scheme, token, _ := strings.Cut(values[0], " ")
		if strings.EqualFold(scheme, "Bearer") && IsToken(token) {
			return token, true
		}
	}
	return "", false
}

// bearer notes the caller's token in the requestInfo, or refuses with 401. No part of a bad header is
// repeated.
func (g *gateway) bearer(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, ok := parseBearer(r.Header["Authorization"])
		if !ok {
			w.Header().Set("WWW-Authenticate", "Bearer")
			g.writeRefusal(w, r, typeJSON, refuse(http.StatusUnauthorized, "UNAUTHENTICATED",
				"The Authorization header is not understood: "+
					"send it once, as Bearer, one blank and the token."))
			return
		}
		infoOf(r.Context()).token = token
		next.ServeHTTP(w, r)
	})
}
