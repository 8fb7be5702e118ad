//go:build e2e

// Package fetch_test runs what docs/frontends.md shows of a client without packages.
package fetch_test

import (
	"os"
	"testing"

	"jobsgateway/e2e/clients"
	"jobsgateway/e2e/program"
)

func TestMain(m *testing.M) { os.Exit(program.Main(m)) }

// All jobs of a filter, what is new, one job until it has ended, and when to try again.
func TestFetch(t *testing.T) { clients.Start(t).Run(t, ".", "client.mjs") }
