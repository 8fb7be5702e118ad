// Package gateway is GraphQL over HTTP: it reads and checks requests, runs their operations on the graph
// under the caller's token, and writes the answers.
//
// A request passes through the files in this order: routes.go finds the handler of its path, request.go gives
// it an id and a line in the log, token.go reads the token, handler.go asks envelope.go for what the caller
// sent, flight.go for an equal operation that is under way, prepare.go for an operation that may run, and
// execute.go for its outcome, which response.go writes.
//
// Words: an envelope is a request as GraphQL over HTTP wraps it; a document is the text in it, which has
// operations; an outcome is what a request came to, a refusal or an answer; a refusal is why a request was
// not executed.
package gateway

import (
	"cmp"
	"log/slog"
	"math"
	"net/http"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"jobsgateway/graph"
	"jobsgateway/graph/live"
	"jobsgateway/graph/operation"
	"jobsgateway/graph/paging"
	"jobsgateway/internal/document"
	"jobsgateway/internal/memory"
	"jobsgateway/internal/places"
	"jobsgateway/internal/push"
)

// Config says what to serve and within which limits. Every field but CORSOrigins, CORSHeaders, BasePath,
// Playground, Live, StreamAge, StreamPatience, Operations, Draining, Observer, Memory, MaxOperation, MaxPersisted,
// Trust and LiftTrusted has to be set.
type Config struct {
	Upstream operation.Upstream
	Pages    paging.Limits
	Calls    operation.Limits
	Limits   Limits
	// MaxBody bounds the body of a request, in bytes.
	MaxBody int64
	// Memory is what bodies and answers are in, and MaxOperation how many bytes of it one operation may hold. A
	// Memory of nil is one without a bound, and 0 no bound of an operation.
	Memory       *memory.Memory
	MaxOperation int64
	// MaxPersisted bounds the texts of automatic persisted queries that are remembered, in bytes; 0 serves none.
	MaxPersisted int64
	// Trust is what becomes of documents that are not listed: see Gateway.Trust. Where LiftTrusted, neither Cost
	// nor Depth, Aliases and RootFields of Limits hold for those that are.
	Trust       Trust
	LiftTrusted bool
	// Timeout bounds one request, from its arrival to its answer.
	Timeout time.Duration
	// CORSOrigins are the exact origins whose pages may call, or "*" alone; none when empty.
	CORSOrigins []string
	// CORSHeaders are names of headers that these pages may send beside those of allowedHeaders.
	CORSHeaders []string
	// Introspection allows __schema, __type and _service, and serves /schema.graphql. Federation serves
	// _service and _entities.
	Introspection, Federation bool
	// Explain tells callers who ask for it by the header X-Explain what their operations took.
	Explain bool
	// BasePath stands before every path: "" or a path that begins with a slash and does not end with one.
	BasePath string
	// Playground is served below the base path, whose absence it sees; nil serves nothing there.
	Playground Playground
	// Live are the polls of subscriptions, whose calls have tokens by AsToken; nil for a schema without
	// subscriptions.
	Live *live.Engine
	// StreamAge is how long a subscription lasts at most, so that clients come to other replicas; 0 for no end.
	StreamAge time.Duration
	// StreamPatience is how long the client of a subscription may read nothing of what is sent to it, and that of a
	// WebSocket be silent though it is asked whether it is there; 0 for 30 s.
	StreamPatience time.Duration
	// Operations are the places of operations that run; nil for any number.
	Operations *places.Places
	// Draining reports whether each answer shall be the last of its connection, and say so; nil never does.
	Draining func() bool
	// Observer is told of requests and operations; nil for none.
	Observer Observer
	Logger   *slog.Logger
}

// gateway is what the handlers share. Nothing changes it after newGateway but the flights and the persisted
// queries, which lock themselves, and the set of trusted documents, which is replaced as a whole.
type gateway struct {
	executor *executor
	maxBody  int64
	timeout  time.Duration
	explain  bool
	draining func() bool
	logger   *slog.Logger
	observer Observer // nil for none
	flights  flights
	// streamAge is how long a subscription lasts at most.
	streamAge time.Duration
	// streamPatience is how long its client may read nothing.
	streamPatience time.Duration
	// origins are those whose pages may call.
	origins []string
	sockets *sockets
	// workers send what streams tell.
	workers *push.Workers
	// held are the requests of open subscriptions.
	held *heldRequests
	// persisted are the automatic persisted queries.
	persisted *persisted
	// schema is what trusted documents are validated against.
	schema *ast.Schema
	// trust says what is done with documents that are not among the trusted ones.
	trust   Trust
	trusted atomic.Pointer[trustedSet]
}

// Gateway is the public handler: /graphql, /schema.graphql and the playground, below the base path. Serve it
// on a listener that Listen made, with ConnContext.
type Gateway struct {
	http.Handler

	gateway *gateway
}

// CloseSockets ends all WebSockets, and lets no new one begin: their subscriptions get complete, their queries are
// answered, and then the connections are closed. It does not wait for that.
func (g *Gateway) CloseSockets() { g.gateway.sockets.close() }

// PersistedBytes returns what the automatic persisted queries weigh that are remembered: the bytes of their
// texts, and 352 for each. It is never above Config.MaxPersisted.
func (g *Gateway) PersistedBytes() uint64 { return g.gateway.persisted.size() }

// DocumentBytes returns what the documents weigh that are remembered: the bytes of their texts, and more for
// each document and each field of it. It is never above 2 MiB.
func (g *Gateway) DocumentBytes() uint64 { return g.gateway.executor.documents.cache.WeightedSize() }

// New makes a Gateway. Errors: a schema that cannot be read, which no setting causes.
func New(cfg Config) (*Gateway, error) {
	g, err := newGateway(cfg)
	if err != nil {
		return nil, err
	}
	clientSDL, err := graph.ClientSDL(cfg.Live != nil)
	if err != nil {
		return nil, err
	}
	handler, err := g.routes(cfg, clientSDL)
	return &Gateway{handler, g}, err
}

// newGateway reads the schema and puts the executor together. Errors: as New.
func newGateway(cfg Config) (*gateway, error) {
	schema, err := graph.NewSchema(graph.Parts{Federation: cfg.Federation, Live: cfg.Live != nil})
	if err != nil {
		return nil, err
	}
	docs, err := newDocuments(schema, cfg.Limits, cfg.Introspection)
	if err != nil {
		return nil, err
	}
	subgraphSDL, err := graph.SubgraphSDL(cfg.Live != nil)
	if err != nil {
		return nil, err
	}
	if cfg.Operations != nil {
		cfg.Calls.Admit = admitting(cfg.Operations)
	}
	resolver := &graph.Resolver{Pages: cfg.Pages}
	lent := cfg.Memory
	if lent == nil {
		lent = memory.New(math.MaxInt64, false)
	}
	g := &gateway{
		maxBody:        cfg.MaxBody,
		timeout:        cfg.Timeout,
		explain:        cfg.Explain,
		draining:       cfg.Draining,
		logger:         cfg.Logger,
		observer:       cfg.Observer,
		streamAge:      cmp.Or(cfg.StreamAge, math.MaxInt64),
		streamPatience: cmp.Or(cfg.StreamPatience, readsNothing),
		origins:        cfg.CORSOrigins,
		sockets:        newSockets(cfg.Live, cmp.Or(cfg.StreamPatience, readsNothing)),
		workers:        push.NewWorkers(runtime.GOMAXPROCS(0)),
		held:           newHeldRequests(lent),
		persisted:      newPersisted(cfg.MaxPersisted),
		schema:         schema,
		trust:          cfg.Trust,
		executor: &executor{
			exec:          graph.NewExecutableSchema(graph.Config{Schema: schema, Resolvers: resolver}),
			write:         resolver.Direct,
			event:         resolver.Event,
			live:          cfg.Live,
			documents:     docs,
			variables:     document.NewVariables(schema, cfg.Introspection, graph.Scalars()),
			introspection: cfg.Introspection,
			maxCost:       cfg.Limits.Cost,
			liftTrusted:   cfg.LiftTrusted,
			prices:        newPrices(schema),
			pageSize:      cfg.Pages.Default,
			upstream:      cfg.Upstream,
			calls:         cfg.Calls,
			logger:        WithIDs(cfg.Logger),
			observer:      cfg.Observer,
			present:       presenterOf(cfg),
			root:          graph.ServeSDL(subgraphSDL),
			memory:        lent,
			most:          cmp.Or(cfg.MaxOperation, math.MaxInt64),
			turns:         make(chan struct{}, runtime.GOMAXPROCS(0)),
		},
	}
	g.trusted.Store(&trustedSet{})
	g.flights.group.Held = func(out outcome, by int) { out.answer.hold(by) }
	return g, nil
}

// presenterOf makes the gate of errors.
func presenterOf(cfg Config) graph.Presenter {
	p := graph.Presenter{Logger: WithIDs(cfg.Logger), RequestID: RequestID}
	if cfg.Observer != nil {
		p.Unreadable = cfg.Observer.FieldUnreadable
	}
	return p
}
