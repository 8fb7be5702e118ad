package gateway

import (
	"net/http"
	"slices"
	"time"

	"github.com/rs/cors"
)

// crossOrigin lets pages of exactly these origins call and read the answers; of none when there are no
// origins, of all for "*". Credentials mode stays off: the only authority is the Authorization header, which
// no page can send across origins without a preflight.
func crossOrigin(origins []string) func(http.Handler) http.Handler {
	if len(origins) == 0 {
		return func(next http.Handler) http.Handler { return next }
	}
	options := cors.Options{
		AllowedMethods: []string{http.MethodGet, http.MethodPost},
		AllowedHeaders: []string{
			"Accept", "Authorization", "Content-Type", requestIDHeader, explainHeader, "Traceparent", "Tracestate",
			"Apollo-Require-Preflight", "GraphQL-Client-Name", "GraphQL-Client-Version",
			"ApolloGraphQL-Client-Name", "ApolloGraphQL-Client-Version",
		},
		ExposedHeaders: []string{requestIDHeader},
		MaxAge:         int((10 * time.Minute).Seconds()),
	}
	if slices.Contains(origins, "*") {
		options.AllowedOrigins = []string{"*"}
	} else {
		// The library's own list ignores case; an origin is compared byte for byte.
		options.AllowOriginFunc = func(origin string) bool { return slices.Contains(origins, origin) }
	}
	return cors.New(options).Handler
}
