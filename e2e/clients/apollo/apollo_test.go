//go:build e2e

// Package apollo_test runs Apollo Client against the gateway, on node and in Chromium.
package apollo_test

import (
	"os"
	"testing"

	"jobsgateway/e2e/clients"
	"jobsgateway/e2e/program"
)

func TestMain(m *testing.M) { os.Exit(program.Main(m)) }

// Lists, pages and what is new, partial data, errors by code, polling, GET, and what the cache knows of types.
func TestApolloClient(t *testing.T) {
	clients.Install(t, ".")
	clients.Start(t, "--max-upstream-calls=5").Run(t, ".", "node.mjs")
	clients.Start(t, "--max-operations=1").Run(t, ".", "overload.mjs")
}

// A job until it is final, and a list that is kept fresh, by multipart and over a WebSocket.
func TestApolloClientWatches(t *testing.T) {
	clients.Install(t, ".")
	clients.Start(t, "--poll-interval=100ms", "--max-streams-per-token=3").Run(t, ".", "watch.mjs")
}

// Watched jobs in a page of another origin.
func TestApolloClientWatchesInChromium(t *testing.T) {
	clients.Install(t, ".")
	clients.Start(t, "--poll-interval=100ms").RunPage(t, ".", "look.mjs")
}

// Lists and polling in a page of another origin.
func TestApolloClientInChromium(t *testing.T) {
	clients.Install(t, ".")
	clients.Start(t).RunPage(t, ".", "../page/jobs.mjs")
}

// A gateway that runs listed documents alone runs those that the client's build has listed.
func TestApolloClientTrusted(t *testing.T) {
	clients.Install(t, ".")
	list := t.TempDir()
	clients.Run(t, ".", "list.mjs", "LIST="+list)
	clients.Start(t, "--trusted-documents=require", "--trusted-documents-path="+list).Run(t, ".", "trusted.mjs")
}
