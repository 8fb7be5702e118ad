//go:build e2e

// Package relay_test runs Relay against the gateway, in Chromium.
package relay_test

import (
	"os"
	"testing"

	"jobsgateway/e2e/clients"
	"jobsgateway/e2e/program"
)

func TestMain(m *testing.M) { os.Exit(program.Main(m)) }

// The compiler takes the schema as it is served. Lists, also those of a dataset, load more in both directions and in
// another order; an object is fetched again by its id, and watched; a component can catch the error of a field.
func TestRelay(t *testing.T) {
	clients.Install(t, ".")
	world := clients.Start(t, "--poll-interval=100ms")
	world.Run(t, ".", "compile.mjs", "CONFIG=relay.config.js")
	world.RunPage(t, ".", "look.mjs")
}

// The same with the texts taken out of the pages, over a gateway that runs nothing but what the compiler has written down.
func TestRelayTrusted(t *testing.T) {
	clients.Install(t, ".")
	clients.Start(t).Run(t, ".", "compile.mjs", "CONFIG=trusted.config.js")
	world := clients.Start(t, "--poll-interval=100ms", "--trusted-documents=require", "--trusted-documents-path=persisted.json")
	world.RunPage(t, ".", "look.mjs")
}
