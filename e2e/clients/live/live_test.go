//go:build e2e

// Package live_test runs npm's graphql-sse and graphql-ws against the gateway.
package live_test

import (
	"os"
	"testing"

	"jobsgateway/e2e/clients"
	"jobsgateway/e2e/program"
)

func TestMain(m *testing.M) { os.Exit(program.Main(m)) }

// A job until it is final, a list that is kept fresh, a connection that is cut, and errors by code.
func TestLive(t *testing.T) {
	clients.Install(t, ".")
	clients.Start(t, "--poll-interval=100ms").Run(t, ".", "node.mjs")
}
