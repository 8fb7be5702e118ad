//go:build e2e

// Package browser_test looks at the playground as people do, in Chromium without a window.
package browser_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"jobsgateway/e2e/debian"
	"jobsgateway/e2e/npm"
	"jobsgateway/e2e/program"
)

func TestMain(m *testing.M) { os.Exit(program.Main(m)) }

const browserLimit = 3 * time.Minute // of a script, on a slow machine

// TestPlayground runs the scripts beside this file, each in a Chromium of its own. Each says at its top what it
// looks at.
func TestPlayground(t *testing.T) {
	t.Parallel()
	chromium, err := debian.Program(t.Context(), "chromium", "chromium", "chromium-browser", "google-chrome")
	if err != nil {
		t.Fatal(err)
	}
	if err := npm.Install(t.Context(), "."); err != nil {
		t.Fatal(err)
	}
	demo := program.Start(t, "--demo")
	silent := program.Start(t, "--demo", "--explain=false")
	hidden := program.Start(t, "--demo", "--introspection=false")
	listed := filepath.Join(t.TempDir(), "newest.graphql")
	if err := os.WriteFile(listed, []byte("{ jobs(first: 1) { nodes { id } } }"), 0o600); err != nil {
		t.Fatal(err)
	}
	trusted := program.Start(t, "--demo", "--trusted-documents=require", "--trusted-documents-path="+listed)
	still := program.Start(t, "--demo", "--live=false")
	for script, others := range map[string][]*program.Program{
		"keyboard.mjs": nil, "line.mjs": {silent}, "readable.mjs": nil, "share.mjs": nil, "visit.mjs": {hidden, trusted},
		"watch.mjs": {still},
	} {
		t.Run(script, func(t *testing.T) {
			t.Parallel()
			args := []string{script, chromium, demo.Public + "/"}
			for _, other := range others {
				args = append(args, other.Public+"/")
			}
			ctx, cancel := context.WithTimeout(t.Context(), browserLimit)
			defer cancel()
			cmd := exec.CommandContext(ctx, "node", args...)
			cmd.WaitDelay = time.Second
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			t.Logf("%s", out)
		})
	}
}
