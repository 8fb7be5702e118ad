//go:build e2e

// Package browser_test looks at the playground as people do, in Chromium without a window.
package browser_test

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"

	"jobsgateway/e2e/debian"
	"jobsgateway/e2e/npm"
	"jobsgateway/e2e/program"
)

func TestMain(m *testing.M) { os.Exit(program.Main(m)) }

const browserLimit = 3 * time.Minute // on a slow machine

// The line under an answer says what the answer took: as the gateway explains it, and without that where it is
// switched off. It can be read by everybody, in both themes and in narrow windows.
func TestLineUnderAnswer(t *testing.T) {
	chromium, err := debian.Program(t.Context(), "chromium", "chromium", "chromium-browser", "google-chrome")
	if err != nil {
		t.Fatal(err)
	}
	if err := npm.Install(t.Context(), "."); err != nil {
		t.Fatal(err)
	}
	explaining, silent := program.Start(t, "--demo"), program.Start(t, "--demo", "--explain=false")
	ctx, cancel := context.WithTimeout(t.Context(), browserLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", "line.mjs", chromium, explaining.Public+"/", silent.Public+"/")
	cmd.WaitDelay = time.Second
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}
