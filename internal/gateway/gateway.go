// Package gateway is the HTTP side: it negotiates, reads and checks requests, runs them on the graph under
// the caller's token, and writes answers.
package gateway

import (
	"log/slog"
	"net/http"
	"time"

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
	// Introspection allows __schema, __type and _service, and serves /schema.graphql. Federation serves
	// _service and _entities.
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

// New makes the public handler: /graphql, /schema.graphql and the playground, below the base path. Serve it
// on a listener that Listen made, with ConnContext. Errors: a schema that cannot be read, which no setting
// causes.
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
			logger:        slog.New(idLogger{cfg.Logger.Handler()}),
			present:       graph.Presenter{Logger: cfg.Logger, RequestID: RequestID},
			root:          graph.ServeSDL(subgraphSDL),
		},
	}, nil
}
