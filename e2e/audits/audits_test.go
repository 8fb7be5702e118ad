//go:build e2e

// Package audits_test holds the built program to the GraphQL-over-HTTP specification, by the audits of
// graphql-http.
package audits_test

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"

	"jobsgateway/e2e/npm"
	"jobsgateway/e2e/program"
)

func TestMain(m *testing.M) { os.Exit(program.Main(m)) }

const auditsLimit = 3 * time.Minute // on a slow machine

// TestGraphQLOverHTTPAudits ensures that the program passes every audit, and that TERM ends it in good order.
func TestGraphQLOverHTTPAudits(t *testing.T) {
	if err := npm.Install(t.Context(), "."); err != nil {
		t.Fatal(err)
	}
	gateway := program.Start(t, "--demo")
	ctx, cancel := context.WithTimeout(t.Context(), auditsLimit)
	defer cancel()
	out, err := exec.CommandContext(ctx, "node", "audits.mjs", gateway.Public+"/graphql").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
	gateway.Stop(t)
}
