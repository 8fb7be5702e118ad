//go:build e2e

// Package codegen_test runs what makes types of documents, and what uses these, against the gateway.
package codegen_test

import (
	"os"
	"testing"

	"jobsgateway/e2e/clients"
	"jobsgateway/e2e/program"
)

func TestMain(m *testing.M) { os.Exit(program.Main(m)) }

// graphql-codegen takes the schema as it is served, and what it writes passes the strictest checks. graphql-request and
// TanStack Query get with these types what the gateway answers.
func TestTypedClients(t *testing.T) {
	clients.Install(t, ".")
	world := clients.Start(t)
	world.Run(t, ".", "generate.mjs")
	world.RunPage(t, ".", "look.mjs")
}

// The ids that graphql-codegen has made are all that a gateway needs to run, and nothing else is run.
func TestTrustedDocuments(t *testing.T) {
	clients.Install(t, ".")
	clients.Start(t).Run(t, ".", "generate.mjs")
	world := clients.Start(t, "--trusted-documents=require", "--trusted-documents-path=src/gql/persisted-documents.json")
	world.RunPage(t, ".", "trusted.mjs")
}
