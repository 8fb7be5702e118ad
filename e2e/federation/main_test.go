//go:build e2e

// Package federation_test runs the gateway as what it also is, a subgraph: behind three routers, beside the
// second subgraph of examples/federation, composed and configured by that folder's own files.
package federation_test

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"

	"jobsgateway/e2e/npm"
	"jobsgateway/e2e/program"
)

// example is the folder that is tested here together with the gateway.
const example = "../../examples/federation"

const (
	commandLimit = 6 * time.Minute // the routers are half a gigabyte of packages
	startLimit   = 2 * time.Minute
	stopLimit    = 15 * time.Second // the gateway drains for up to ten
	answerLimit  = 30 * time.Second
)

func TestMain(m *testing.M) { os.Exit(program.Main(m)) }

// installPackages brings a folder's node_modules to what its lock file says.
func installPackages(t *testing.T, dir string) {
	t.Helper()
	if err := npm.Install(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
}

// runCommand runs a program to its end, gives what it printed, and fails the test unless it succeeds.
func runCommand(t *testing.T, dir string, env []string, name string, args ...string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), commandLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env, cmd.WaitDelay = dir, append(os.Environ(), env...), time.Second
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
	return out
}
