package gateway

import (
	"compress/gzip"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/klauspost/compress/gzhttp"
)

// minGzip is the size, in bytes, from which an answer is worth compressing: one that fits a packet is not.
const minGzip = 1400

// routes wires paths to handlers. Each chain reads from the outside in: what stands first sees a request
// first and its answer last. Errors: options of the compression that it does not take, which only a change of
// this file can cause.
func (g *gateway) routes(cfg Config, clientSDL string) (http.Handler, error) {
	gzipped, err := compression()
	if err != nil {
		return nil, err
	}
	compressed := func(next http.Handler) http.Handler { return compressIfAccepted(gzipped, next) }
	cross := crossOrigin(cfg)
	people := func(next http.Handler) http.Handler { return next }
	if cfg.Playground != nil {
		people = toPage
	}
	graphQL := chain(http.HandlerFunc(g.serveGraphQL),
		g.varied, // answers differ by token, media type and origin, and belong to the caller
		cross,    // before the token: a preflight has none
		people,   // before the token: a browser that opens an address has none
		compressed,
		g.bearer,
	)
	var schema http.Handler
	if cfg.Introspection {
		schema = chain(serveSDL(clientSDL), compressed)
	}
	return chain(newRouter(cfg, graphQL, schema, cross), g.withInfo, g.recovered), nil
}

// compression returns what compresses answers, with gzip for callers that take zstd as gladly. Source: the fetch
// of Node 20 hands zstd on as it came, so that whoever reads it as JSON fails; what gzip costs instead is in
// docs/adr/0034-gzip-before-zstd.md.
func compression() (func(http.Handler) http.HandlerFunc, error) {
	wrap, err := gzhttp.NewWrapper(
		gzhttp.MinSize(minGzip), gzhttp.CompressionLevel(gzip.BestSpeed), gzhttp.PreferZstd(false))
	if err != nil {
		return nil, fmt.Errorf("compression: %w", err)
	}
	return wrap, nil
}

// compressIfAccepted returns what compresses answers for callers that accept it. For the others it leaves the
// wrapper out, whose writer costs an allocation a request.
func compressIfAccepted(compress func(http.Handler) http.HandlerFunc, next http.Handler) http.Handler {
	compressing := compress(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header["Accept-Encoding"] == nil {
			header := w.Header()
			header["Vary"] = append(header["Vary"], "Accept-Encoding")
			next.ServeHTTP(w, r)
			return
		}
		compressing(w, r)
	})
}

// chain puts middleware around a handler, the first outermost: chain(h, a, b) is a(b(h)).
func chain(handler http.Handler, around ...func(http.Handler) http.Handler) http.Handler {
	for _, wrap := range slices.Backward(around) {
		handler = wrap(handler)
	}
	return handler
}

// router finds the handler of a path: exact paths below a base, then the playground's files.
//
// Example: with the base /jobs-gw, /jobs-gw/graphql is GraphQL, /jobs-gw/ is the playground's page, and
// /graphql is not found.
type router struct {
	base     string // "" or a path without a slash at its end
	handlers map[string]http.Handler
	// has reports whether the playground has a path below the base, and playground serves it.
	has        func(path string) bool
	playground http.Handler
	notFound   http.Handler
}

// Playground is a page for people and its files. It is asked to serve only what it has, and by GET and HEAD
// alone.
type Playground interface {
	http.Handler
	// Has reports whether there is something at a path.
	Has(path string) bool
}

// ServeHTTP answers at the known paths. At any other it says so, with the list of those that there are.
func (rt *router) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	below, ok := strings.CutPrefix(r.URL.Path, rt.base)
	handler := rt.handlers[below]
	switch {
	case ok && handler != nil:
		handler.ServeHTTP(w, r)
	case ok && rt.has(below):
		there := *r
		there.URL = &url.URL{Path: below}
		rt.playground.ServeHTTP(w, &there)
	default:
		rt.notFound.ServeHTTP(w, r)
	}
}

// newRouter gathers the paths that a configuration asks for. Schema is nil where it is not served. Cross lets
// pages of other origins read what is refused, too.
func newRouter(cfg Config, graphQL, schema http.Handler, cross func(http.Handler) http.Handler) *router {
	rt := &router{
		base:     cfg.BasePath,
		handlers: map[string]http.Handler{"/graphql": graphQL},
		has:      func(string) bool { return false },
	}
	known := "GraphQL is at " + rt.base + "/graphql"
	paths := []string{rt.base + "/graphql"}
	if schema != nil {
		rt.handlers["/schema.graphql"] = cross(rt.readOnly(schema))
		known += ", its schema at " + rt.base + "/schema.graphql"
		paths = append(paths, rt.base+"/schema.graphql")
	}
	if cfg.Playground != nil {
		rt.has, rt.playground = cfg.Playground.Has, rt.readOnly(cfg.Playground)
		if rt.base != "" {
			// Relative, so that it is right behind a proxy that changes the path, too.
			rt.handlers[""] = rt.readOnly(redirect(path.Base(rt.base) + "/"))
		}
		known += ", the playground at " + rt.base + "/"
		paths = append(paths, rt.base+"/")
	}
	rt.notFound = cross(notFound("There is nothing at this path: "+known+".", paths))
	return rt
}

// readOnly refuses what is neither GET nor HEAD, with 405.
func (rt *router) readOnly(next http.Handler) http.Handler {
	message := "This path is there to GET. Send GraphQL requests to " + rt.base + "/graphql."
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			refuseOther(w, r, refuseMethod("GET, HEAD", message))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// redirect sends the caller to a location with 307. It is not made absolute: a proxy may have taken a part of
// the path away.
func redirect(location string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", location)
		w.Header().Set("Content-Length", "0")
		w.WriteHeader(http.StatusTemporaryRedirect)
	})
}

// notFound answers every request with an error that lists the paths there are.
func notFound(message string, paths []string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		refused := refuse(http.StatusNotFound, codeNotFound, message)
		refused.errors[0].Extensions["paths"] = paths
		refuseOther(w, r, refused)
	})
}

// refuseOther refuses a request that is no operation. Nothing may keep the answer: the next version may serve
// that path.
func refuseOther(w http.ResponseWriter, r *http.Request, refused *refusal) {
	w.Header()["Cache-Control"] = noStore
	writeErrors(w, r, typeJSON, refused)
}

var noStore = []string{"private, no-store"}

// varied says in the headers what an answer depends on, and that no shared cache may keep it.
func (g *gateway) varied(next http.Handler) http.Handler {
	varies := []string{"Accept, Authorization, Origin"}
	if g.explain {
		varies[0] += ", " + explainHeader
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h["Cache-Control"] = noStore
		h["Vary"] = varies
		next.ServeHTTP(w, r)
	})
}

// serveSDL serves the schema of clients as text. A minute of caching spares tools that ask again and again.
func serveSDL(sdl string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Cache-Control", "public, max-age=60")
		_, _ = w.Write([]byte(sdl))
	})
}
