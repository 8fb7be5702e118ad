// Package gateway is the HTTP side: it negotiates, reads and checks requests, runs them on the graph under the
// caller's token, and writes answers.
package gateway

import (
	"compress/gzip"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/klauspost/compress/gzhttp"
	"github.com/rs/cors"

	"jobsgateway/graph"
	"jobsgateway/graph/operation"
	"jobsgateway/graph/paging"
)

// Config says what to serve and within which limits.
type Config struct {
	Upstream operation.Upstream
	Pages    paging.Limits
	Calls    operation.Limits
	Limits   Limits
	// MaxBody bounds the body of a request, in bytes.
	MaxBody int64
	// Timeout bounds one request, from its arrival to its answer.
	Timeout time.Duration
	// CORSOrigins are the exact origins whose pages may call, or "*" alone; none when empty.
	CORSOrigins []string
	// Introspection allows __schema, __type and _service, and serves /schema.graphql. Federation serves _service and
	// _entities.
	Introspection, Federation bool
	// BasePath stands before every path: "" or a path that begins with a slash and does not end with one.
	BasePath string
	// Playground is served below the base path, whose absence it sees; nil serves nothing there.
	Playground Playground
	Logger     *slog.Logger
}

// gateway is what the handlers share.
type gateway struct {
	executor *executor
	maxBody  int64
	timeout  time.Duration
	logger   *slog.Logger
	flights  flights
}

// New makes the public handler: /graphql, /schema.graphql and the playground, below the base path. Serve it on a listener that
// Listen made, with ConnContext. Errors: a schema that cannot be read, which no setting causes.
func New(cfg Config) (http.Handler, error) {
	g, err := newGateway(cfg)
	if err != nil {
		return nil, err
	}
	clientSDL, err := graph.ClientSDL()
	if err != nil {
		return nil, err
	}
	return g.routes(cfg, clientSDL)
}

func newGateway(cfg Config) (*gateway, error) {
	schema, err := graph.NewSchema(cfg.Federation)
	if err != nil {
		return nil, err
	}
	docs, err := newDocuments(schema, cfg.Limits, cfg.Introspection)
	if err != nil {
		return nil, err
	}
	subgraphSDL, err := graph.SubgraphSDL()
	if err != nil {
		return nil, err
	}
	resolver := &graph.Resolver{Pages: cfg.Pages}
	return &gateway{
		maxBody: cfg.MaxBody,
		timeout: cfg.Timeout,
		logger:  cfg.Logger,
		executor: &executor{
			schema:        schema,
			exec:          graph.NewExecutableSchema(graph.Config{Schema: schema, Resolvers: resolver}),
			write:         resolver.Direct,
			documents:     docs,
			introspection: cfg.Introspection,
			maxCost:       cfg.Limits.Cost,
			prices:        newPrices(schema),
			pageSize:      cfg.Pages.Default,
			upstream:      cfg.Upstream,
			calls:         cfg.Calls,
			logger:        slog.New(identified{cfg.Logger.Handler()}),
			present:       graph.Presenter{Logger: cfg.Logger, RequestID: RequestID},
			root:          graph.ServeSDL(subgraphSDL),
		},
	}, nil
}

// minGzip is the size, in bytes, from which an answer is worth compressing: one that fits a packet is not.
const minGzip = 1400

// routes wires paths to handlers. The chain around /graphql reads from the outside in.
func (g *gateway) routes(cfg Config, clientSDL string) (http.Handler, error) {
	compress, err := gzhttp.NewWrapper(gzhttp.MinSize(minGzip), gzhttp.CompressionLevel(gzip.BestSpeed))
	if err != nil {
		return nil, fmt.Errorf("compression: %w", err)
	}
	cross := crossOrigin(cfg.CORSOrigins)
	graphQL := chain(http.HandlerFunc(g.serveGraphQL),
		varied, // answers differ by token, media type and origin, and belong to the caller
		cross,  // before the token: a preflight has none
		compressed(compress),
		g.bearer,
	)
	var schema http.Handler
	if cfg.Introspection {
		schema = chain(serveSDL(clientSDL), cross, compressed(compress))
	}
	return chain(newSite(cfg, graphQL, schema, cross), g.scoped, g.recovered), nil
}

// compressed compresses answers for those who accept it, and costs the others nothing.
func compressed(compress func(http.Handler) http.HandlerFunc) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		compressing := compress(next)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header["Accept-Encoding"] == nil {
				w.Header().Add("Vary", "Accept-Encoding")
				next.ServeHTTP(w, r)
				return
			}
			compressing(w, r)
		})
	}
}

// chain puts middleware around a handler, the first outermost.
func chain(handler http.Handler, around ...func(http.Handler) http.Handler) http.Handler {
	for _, wrap := range slices.Backward(around) {
		handler = wrap(handler)
	}
	return handler
}

// crossOrigin lets pages of exactly these origins call. Credentials mode stays off: the only authority is the
// Authorization header, which no page can send across origins without a preflight.
func crossOrigin(origins []string) func(http.Handler) http.Handler {
	if len(origins) == 0 {
		return func(next http.Handler) http.Handler { return next }
	}
	options := cors.Options{
		AllowedMethods: []string{http.MethodGet, http.MethodPost},
		AllowedHeaders: []string{
			"Accept", "Authorization", "Content-Type", requestIDHeader, "Traceparent", "Tracestate", "Apollo-Require-Preflight",
			"GraphQL-Client-Name", "GraphQL-Client-Version", "ApolloGraphQL-Client-Name", "ApolloGraphQL-Client-Version",
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

var (
	noStore = []string{"private, no-store"}
	varies  = []string{"Accept, Authorization, Origin"}
)

// varied says what an answer depends on, and that no shared cache may keep it.
func varied(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h["Cache-Control"] = noStore
		h["Vary"] = varies
		next.ServeHTTP(w, r)
	})
}

// serveSDL serves the clients' schema as text.
func serveSDL(sdl string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Cache-Control", "public, max-age=60")
		_, _ = w.Write([]byte(sdl))
	})
}
