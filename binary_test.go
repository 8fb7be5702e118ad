package main

import (
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// build gives the path of the program as it is built.
func build(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "jobsgateway")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("%s %v", out, err)
	}
	return binary
}

// launch starts the built program on ports of its own. Stop ends it by TERM, after which it has to end with 0 within ten
// seconds.
func launch(t *testing.T, binary string, args ...string) (gw program, stop func()) {
	t.Helper()
	log := newLog()
	cmd := exec.CommandContext(t.Context(), binary, append([]string{"--listen=127.0.0.1:0", "--admin-listen=127.0.0.1:0"}, args...)...)
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	listening := log.await(t, "listening")
	gw = program{public: "http://" + listening["public"].(string), admin: "http://" + listening["admin"].(string), log: log}
	return gw, func() {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		timer := time.AfterFunc(10*time.Second, func() { _ = cmd.Process.Kill() })
		defer timer.Stop()
		if err := cmd.Wait(); err != nil {
			t.Errorf("exit: %v\n%s", err, log)
		}
	}
}

// The binary itself: TERM ends it with 0 within ten seconds, a wrong flag with 1 and a sentence.
func TestBinary(t *testing.T) {
	t.Parallel()
	binary := build(t)
	out, err := exec.CommandContext(t.Context(), binary, "--colour").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "--colour") {
		t.Errorf("%s %v", out, err)
	}
	_, stop := launch(t, binary, "--demo")
	stop()
}
