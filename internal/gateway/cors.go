package gateway

import (
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/rs/cors"
)

// allowedHeaders are the headers that pages of allowed origins may send: what the gateway reads, and what
// clients of GraphQL and libraries in pages add by themselves, for tracing or out of habit.
var allowedHeaders = []string{
	"Accept", "Authorization", "Content-Type", requestIDHeader, explainHeader, "Traceparent", "Tracestate",
	"Apollo-Require-Preflight", "GraphQL-Client-Name", "GraphQL-Client-Version",
	"ApolloGraphQL-Client-Name", "ApolloGraphQL-Client-Version",
	"Sentry-Trace", "Baggage", "X-Requested-With",
}

// exposedHeaders are the headers of answers that such a page may read: which request it was, when to come
// again, and what is wrong with a token.
var exposedHeaders = []string{requestIDHeader, "Retry-After", "WWW-Authenticate"}

// crossed lets pages of exactly some origins call and read the answers, errors of all kinds included.
// Credentials mode stays off: the only authority is the Authorization header, which no page can send across
// origins without a preflight.
type crossed struct {
	origins []string        // "*" for all of them
	headers map[string]bool // that may be sent, in lower case
	logger  *slog.Logger
	// What is told where the library tells nothing.
	allowHeaders, exposeHeaders, allowMethods []string
}

// crossOrigin makes the middleware for the origins of a configuration. Without origins it only writes into the
// log who was refused.
func crossOrigin(cfg Config) func(http.Handler) http.Handler {
	methods, names := []string{http.MethodGet, http.MethodPost}, slices.Concat(allowedHeaders, cfg.CORSHeaders)
	c := &crossed{
		origins: cfg.CORSOrigins, headers: map[string]bool{}, logger: WithIDs(cfg.Logger),
		allowHeaders:  []string{strings.Join(names, ", ")},
		exposeHeaders: []string{strings.Join(exposedHeaders, ", ")},
		allowMethods:  []string{strings.Join(methods, ", ")},
	}
	if len(c.origins) == 0 {
		return c.loggedOnly
	}
	for _, name := range names {
		c.headers[strings.ToLower(name)] = true
	}
	options := cors.Options{
		AllowedMethods: methods, AllowedHeaders: names, ExposedHeaders: exposedHeaders,
		MaxAge: int((10 * time.Minute).Seconds()), OptionsPassthrough: true,
	}
	if slices.Contains(c.origins, "*") {
		options.AllowedOrigins = []string{"*"}
	} else {
		// The library's own list ignores case; an origin is compared byte for byte.
		options.AllowOriginFunc = c.allows
	}
	library := cors.New(options)
	return func(next http.Handler) http.Handler { return library.Handler(c.told(next)) }
}

// allows reports whether pages of an origin may call.
func (c *crossed) allows(origin string) bool {
	return isAllowed(c.origins, origin)
}

// isAllowed reports whether an origin is one of those that may call.
func isAllowed(origins []string, origin string) bool {
	return slices.Contains(origins, origin) || slices.Contains(origins, "*")
}

// named returns what an allowed origin is told that it is allowed as.
func (c *crossed) named(origin string) []string {
	if slices.Contains(c.origins, "*") {
		return []string{"*"}
	}
	return []string{origin}
}

// told is what follows the library. A preflight ends here. Where the library has granted nothing to an origin
// that is allowed, since a header or the method is not, the origin is told all the same with what is allowed:
// the browser then names what was refused, and does not blame the origin.
func (c *crossed) told(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header, preflight := w.Header(), isPreflight(r)
		sent := r.Header["Origin"]
		if len(sent) > 0 && header["Access-Control-Allow-Origin"] == nil {
			c.refused(r, preflight)
			if c.allows(sent[0]) {
				header["Access-Control-Allow-Origin"] = c.named(sent[0])
				header["Access-Control-Expose-Headers"] = c.exposeHeaders
				if preflight {
					header["Access-Control-Allow-Headers"] = c.allowHeaders
					header["Access-Control-Allow-Methods"] = c.allowMethods
				}
			}
		}
		if preflight {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// loggedOnly is told for a gateway that no page of another origin may call.
func (c *crossed) loggedOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header["Origin"] != nil {
			c.refused(r, isPreflight(r))
		}
		next.ServeHTTP(w, r)
	})
}

// isPreflight reports whether a browser asks whether a page may send a request.
func isPreflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != ""
}

// refused writes a line about what a page was refused: its origin, or else the headers or the method that it
// may not send. Pages of the gateway's own origin, such as the playground, ask for nothing. As warnings, the
// lines are bounded (internal/loglimit), and all that callers choose is checked before it is written.
func (c *crossed) refused(r *http.Request, preflight bool) {
	origin := r.Header.Get("Origin")
	attrs := []slog.Attr{slog.String("origin", loggable(origin))}
	switch {
	case !c.allows(origin) && isOwn(origin, r):
		return
	case !c.allows(origin):
		attrs = append(attrs, slog.String("hint", "--cors-origins names the origins that may call"))
	case !preflight:
		return // of an allowed origin, by another method than a preflight would grant: the answer says so
	default:
		if names := c.refusedHeaders(r.Header["Access-Control-Request-Headers"]); len(names) > 0 {
			attrs = append(attrs, slog.Any("headers", names), slog.String("hint", "--cors-headers adds headers"))
		} else {
			attrs = append(attrs, slog.String("hint", "the method, or the form of the preflight, is not allowed"))
		}
	}
	c.logger.LogAttrs(r.Context(), slog.LevelWarn, "cross-origin request refused", attrs...)
}

// isOwn reports whether an origin is that of the address which the request was sent to. The browser says so, or
// else the host does.
func isOwn(origin string, r *http.Request) bool {
	if r.Header.Get("Sec-Fetch-Site") == "same-origin" {
		return true
	}
	from, err := url.Parse(origin)
	return err == nil && from.Host != "" && from.Host == r.Host
}

// maxRefused bounds the names of headers in a line of the log.
const maxRefused = 5

// refusedHeaders returns the names in a preflight that are not allowed: those that have the form of a name, and
// at most maxRefused.
func (c *crossed) refusedHeaders(lists []string) (names []string) {
	for _, list := range lists {
		for name := range strings.SplitSeq(list, ",") {
			name = strings.ToLower(strings.Trim(name, " \t"))
			if !c.headers[name] && loggedName.MatchString(name) && len(names) < maxRefused {
				names = append(names, name)
			}
		}
	}
	return names
}

// Forms of what is written into the log as it was sent: names of headers, and origins as browsers write them.
var (
	loggedName   = regexp.MustCompile(`^[a-z0-9_-]{1,64}$`)
	loggedOrigin = regexp.MustCompile(`^(null|[a-z][a-z0-9+.-]{0,30}://[A-Za-z0-9._:\[\]-]{1,200})$`)
)

// loggable returns an origin as it may stand in the log.
func loggable(origin string) string {
	if loggedOrigin.MatchString(origin) {
		return origin
	}
	return "not an origin that a browser sends"
}
