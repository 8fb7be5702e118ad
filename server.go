// Command jobsgateway serves a REST API of long-running data jobs as GraphQL.
//
//	jobsgateway --demo                  # an embedded Jobs API with living data
//	jobsgateway --upstream-url URL      # your own
//	jobsgateway doctor                  # look whether the Jobs API is as it has to be, and say what is wrong
//	jobsgateway schema [--federation]   # print the schema
//	jobsgateway --help                  # all settings; each has a JOBSGW_ variable
//
// Two listeners: the public one has /graphql, /schema.graphql and the playground at /, the admin one /healthz,
// /readyz and /metrics. The log goes to stderr, one line for each operation. On SIGTERM or an interrupt the gateway
// says that it is not ready, serves on for a moment, finishes what runs and exits with 0; a second signal
// ends it at once. A hang-up and a log that nobody reads any more do not end it; at a hang-up it reads the
// trusted documents again.
package main

//go:generate go run ./internal/generate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"jobsgateway/graph"
	"jobsgateway/graph/live"
	"jobsgateway/graph/operation"
	"jobsgateway/graph/paging"
	"jobsgateway/internal/drain"
	"jobsgateway/internal/gateway"
	"jobsgateway/internal/memory"
	"jobsgateway/internal/places"
	"jobsgateway/internal/playground"
	"jobsgateway/internal/settings"
	"jobsgateway/internal/telemetry"
	"jobsgateway/restclient"
)

// main runs the program and tells on stderr why it ended, if something was wrong.
func main() {
	if err := run(signals(os.Exit), os.Args[1:], os.Environ(), os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run is the program. It returns nil when ctx has ended and the requests in progress have been answered or
// given up, and an error at once when something is wrong. Args are without the program's name, environ is as
// os.Environ gives it. Only the doctor reads standard input. run sets two things of the whole process, the
// standard logger (takeNetLog) and the garbage collector's figures (lendMemory).
func run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) error {
	invocation, err := settings.Parse(args, environ)
	if err != nil {
		return err
	}
	switch invocation.Command {
	case settings.Serve:
		err := serve(ctx, invocation.Settings, environ, stdout, stderr)
		if errors.Is(err, context.Canceled) {
			return nil // told to stop before anybody was served
		}
		return err
	case settings.Doctor:
		return diagnose(ctx, invocation, environ, os.Stdin, stdout, stderr)
	case settings.PrintSchema:
		sdl := graph.ClientSDL
		if invocation.FederationSchema {
			sdl = graph.SubgraphSDL
		}
		if invocation.Text, err = sdl(true); err != nil {
			return err
		}
	case settings.Help, settings.Version:
	}
	_, err = io.WriteString(stdout, invocation.Text)
	if errors.Is(err, syscall.EPIPE) {
		return nil // whoever reads it, such as head, has read enough
	}
	return err
}

// serve opens what a process has once, the log, the memory limit and the traces, and serves until ctx ends.
// Errors: those of listenAndServe, and a wrong variable of the traces.
func serve(ctx context.Context, set settings.Settings, environ []string, stdout, stderr io.Writer) error {
	logger, closeLog := openLog(set, stderr)
	defer closeLog()
	takeNetLog(logger)
	traces, err := startTraces(environ, logger)
	if err != nil {
		return err
	}
	defer endTraces(ctx, traces)
	return listenAndServe(ctx, set, traces, stdout, logger)
}

// listenAndServe wires the gateway and serves until ctx ends. What is opened first is closed last: the
// connections, the client, the demonstration, the listeners. Errors: an address that cannot be opened,
// settings that the gateway refuses, a listener that breaks, and context.Canceled when ctx has ended before
// anybody was served.
func listenAndServe(
	ctx context.Context, set settings.Settings, traces *telemetry.Tracing, stdout io.Writer, logger *slog.Logger,
) error {
	lent := lendMemory(set.MaxTotalBytes, logger)
	defer lent.Unsteer()
	publicTCP, err := listen(ctx, "--listen (JOBSGW_LISTEN)", set.Listen)
	if err != nil {
		return err
	}
	public := drain.Listen(publicTCP)
	defer func() { _ = public.Close() }()
	adminTCP, err := listen(ctx, "--admin-listen (JOBSGW_ADMIN_LISTEN)", set.AdminListen)
	if err != nil {
		return err
	}
	admin := drain.Listen(adminTCP)
	defer func() { _ = admin.Close() }()

	if set.Demo {
		demo, err := startDemo(ctx)
		if err != nil {
			return err
		}
		defer demo.stop() // after the drain: what still runs needs its upstream
		set.UpstreamURL = demo.url
	}
	metrics := telemetry.NewMetrics(gateway.WithIDs(logger))
	observer := traces.Around(metrics, telemetry.Traced{
		Upstream: set.UpstreamURL, BasePath: set.BasePath, OperationNames: set.TraceOperationNames,
	})
	client := restclient.New(restclient.Config{
		BaseURL:  set.UpstreamURL,
		Token:    gateway.TokenFrom,
		Identity: gateway.Identity,
		Timeout:  set.UpstreamTimeout,
		MaxBody:  set.MaxUpstreamBody,
		MaxConns: poolFactor * set.MaxUpstreamConcurrency,
		Account:  operation.AccountOf,
		Logger:   gateway.WithIDs(logger),
		Observer: observer,
	})
	defer client.Close()
	watching := newLive(set, client, lent, observer, logger)
	defer watching.Close()
	draining := &atomic.Bool{}
	operations := places.New(set.MaxOperations)
	handler, reload, err := newGateway(set, client, watching, lent, operations, draining.Load, observer, logger)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	metrics.Read(telemetry.Gauges{
		DocumentBytes: handler.DocumentBytes, PersistedBytes: handler.PersistedBytes,
		TrustedDocuments: handler.TrustedDocuments, Memory: lent.Figures,
		Operations: operations.State, Calls: client.Places, Live: watching.Figures, Told: watching.Told,
	})
	health := gateway.NewAdmin(metrics.Handler()) // /readyz says no until SetReady
	// GroupCtx ends with ctx, or when one of the listeners breaks; either way both are stopped.
	group, groupCtx := errgroup.WithContext(ctx)
	serveAll(group, map[*drain.Listener]http.Handler{public: handler, admin: health}, set.RequestTimeout, logger)
	group.Go(func() error { return reload(groupCtx) })
	debug.FreeOSMemory() // what starting took: reading schemas and settings leaves megabytes behind
	health.SetReady(true)
	announce(set, public, admin, stdout, logger)
	group.Go(func() error {
		<-groupCtx.Done()
		health.SetReady(false) // balancers look at it, and send no more
		draining.Store(true)   // clients are told to leave their connections
		if ctx.Err() == nil {
			set.DrainDelay = 0 // a listener has broken: no balancer is waited for
		}
		endStreams := func() {
			watching.Close() // streams get complete
			handler.CloseSockets()
		}
		stop(context.WithoutCancel(ctx), set.DrainDelay, endStreams, public, admin, func() { endTraces(ctx, traces) }, logger)
		return nil
	})
	return group.Wait()
}

// newGateway makes the public handler from the settings. While draining reports true, each answer is the last
// of its connection. Reload is that of trustDocuments. Each setting is passed on as it is: what it means and its
// bounds stand in internal/settings. Errors: those of gateway.New and trustDocuments.
func newGateway(
	set settings.Settings, upstream operation.Upstream, watching *live.Engine, lent *memory.Memory,
	operations *places.Places, draining func() bool, observer gateway.Observer, logger *slog.Logger,
) (handler *gateway.Gateway, reload func(context.Context) error, err error) {
	var page gateway.Playground
	if set.Playground {
		page = playground.New(playground.Options{
			Demo: set.Demo, SchemaHidden: !set.Introspection, NoSubscriptions: !set.Live,
			TrustedOnly: trustOf[set.TrustedDocuments] == gateway.TrustRequire,
		})
	}
	if !set.Live {
		watching = nil
	}
	handler, err = gateway.New(gateway.Config{
		Upstream: upstream,
		Pages:    paging.Limits{Default: set.DefaultPageSize, Max: set.MaxPageSize},
		Calls:    operation.Limits{Calls: set.MaxUpstreamCalls, Concurrency: set.MaxUpstreamConcurrency},
		Limits: gateway.Limits{
			Cost: set.MaxCost, Depth: set.MaxDepth, Aliases: set.MaxAliases, RootFields: set.MaxRootFields,
		},
		Memory:        lent,
		MaxOperation:  set.MaxOperationBytes,
		Operations:    operations,
		BasePath:      set.BasePath,
		MaxBody:       set.MaxBody,
		MaxPersisted:  set.MaxPersistedBytes,
		Trust:         trustOf[set.TrustedDocuments],
		LiftTrusted:   trustOf[set.TrustedDocuments] == gateway.TrustRequire && set.TrustedDocumentsLiftLimits,
		Timeout:       set.RequestTimeout,
		CORSOrigins:   set.CORSOrigins,
		CORSHeaders:   set.CORSHeaders,
		Introspection: set.Introspection,
		Federation:    set.Federation,
		Explain:       set.Explain,
		Playground:    page,
		Draining:      draining,
		StreamAge:     set.MaxStreamAge,
		Live:          watching,
		Observer:      observer,
		Logger:        logger,
	})
	if err != nil {
		return nil, nil, err
	}
	reload, err = trustDocuments(set, handler, logger)
	return handler, reload, err
}

// Bounds of a connection. Source: slow clients held for good cost 15 to 26 KB each; these close them in
// seconds.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 10 * time.Second
	writeSlack        = 5 * time.Second // beyond the request's own deadline, to write its answer
	idleTimeout       = 2 * time.Minute // longer than a balancer keeps one: it shall be the first to close
	maxHeaderBytes    = 32 << 10
	// poolFactor makes room for the fan-out of several operations in the pool of upstream connections.
	poolFactor = 2
)

// serveAll serves each listener by its handler, until it is closed. A group member ends with an error when its
// listener breaks.
func serveAll(
	group *errgroup.Group, handlers map[*drain.Listener]http.Handler, requestTimeout time.Duration, logger *slog.Logger,
) {
	for listener, handler := range handlers {
		server := newServer(handler, requestTimeout, logger)
		server.ConnState = listener.ConnState
		group.Go(func() error { return ignoreClosed(server.Serve(gateway.Listen(listener))) })
	}
}

// newServer makes a server in which every wait has an end. It speaks HTTP/1.1 only: HTTP/2 comes from the
// balancer. RequestTimeout is how long a handler may take; the connection is written to for 5 s longer, so
// that the answer that says so still arrives.
func newServer(handler http.Handler, requestTimeout time.Duration, logger *slog.Logger) *http.Server {
	protocols := &http.Protocols{}
	protocols.SetHTTP1(true)
	return &http.Server{
		Handler:           handler,
		Protocols:         protocols,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      requestTimeout + writeSlack,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ConnContext:       gateway.ConnContext,
		ErrorLog:          slog.NewLogLogger(netLog{logger.Handler()}, slog.LevelWarn),
	}
}

// listen opens an address, such as ":8080" or "127.0.0.1:0", where the system picks a free port. Its error
// names the setting.
func listen(ctx context.Context, setting, address string) (*net.TCPListener, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", setting, err)
	}
	return listener.(*net.TCPListener), nil
}
