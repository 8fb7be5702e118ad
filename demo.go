package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"jobsgateway/internal/emulator"
)

// The demonstration's data: a seed that everyone shares, so that two people see the same jobs. 2,000 jobs are
// four of the largest pages, and two weeks make a job every ten minutes.
const (
	demoSeed = 1
	demoJobs = 2000
	demoSpan = 14 * 24 * time.Hour
)

// demo is the embedded Jobs API while it serves. Whoever starts it stops it.
type demo struct {
	url    *url.URL
	server *http.Server
	done   chan struct{}
}

// startDemo serves a Jobs API on a loopback address. The gateway talks to it over HTTP, as to any other, so
// nothing in the demonstration is a short cut. Only programs of this machine reach it, on a port that the
// system picks. Its jobs move and arrive while it runs (Living), carry tags, and have states and members that
// no documentation names (Drift). Errors: no loopback address can be opened.
func startDemo(ctx context.Context) (*demo, error) {
	listener, err := listen(ctx, "--demo (JOBSGW_DEMO)", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	api := emulator.New(emulator.Options{
		Seed: demoSeed, Jobs: demoJobs, Span: demoSpan, Living: true, Tags: true, Drift: true,
	})
	d := &demo{
		url:    &url.URL{Scheme: "http", Host: listener.Addr().String()},
		server: newServer(api, readTimeout, slog.New(slog.DiscardHandler)),
		done:   make(chan struct{}),
	}
	go func() {
		defer close(d.done)
		_ = d.server.Serve(listener) // ends with stop; a failure shows as an upstream that is not there
	}()
	return d, nil
}

// stop ends the API and waits until it has ended.
func (d *demo) stop() {
	_ = d.server.Close()
	<-d.done
}

// curlCommand is a query to type; %[1]s is the public address with the base path.
const curlCommand = `curl -s http://%[1]s/graphql -H 'Authorization: Bearer demo' \
      -H 'Content-Type: application/json' \
      -d '{"query":"{ jobs(first: 3) { totalCount nodes { id type state createdAt } } }"}'`

// welcome says what to open, if there is a page, and what to type: on stdout for people, and in the log, where a
// container's output is read. A writer that fails is not told of: the gateway serves without it.
func welcome(w io.Writer, logger *slog.Logger, address string, page bool) {
	command := fmt.Sprintf(curlCommand, address)
	begin, attributes := "Ask", []any{"try", command}
	if page {
		begin = "Open\n\n    http://" + address + "\n\nor ask"
		attributes = append([]any{"open", "http://" + address}, attributes...)
	}
	_, _ = fmt.Fprintf(w, `
Jobs Gateway, with demonstration data. %s from another terminal:

    %s

Any token works here, except "invalid" and "forbidden", which show errors. Stop with Ctrl-C.

`, begin, command)
	logger.Info("demonstration data", attributes...)
}
