//go:build e2e

// Package debian brings programs of Debian's packages that the tests of e2e run.
package debian

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// installLimit bounds one installation, and the wait for those of other tests.
const installLimit = 6 * time.Minute

// Program returns the path of the first of some programs that is there. If none is, it installs a package that
// has the first; tests that do so at the same time wait for each other. Errors: what apt-get printed.
func Program(ctx context.Context, packageName string, names ...string) (path string, err error) {
	ctx, cancel := context.WithTimeout(ctx, installLimit)
	defer cancel()
	if path, ok := find(names); ok {
		return path, nil
	}
	lock, err := os.OpenFile(filepath.Join(os.TempDir(), "jobsgateway-apt.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return "", err
	}
	defer lock.Close() // which unlocks it
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return "", fmt.Errorf("lock %s: %w", lock.Name(), err)
	}
	if path, ok := find(names); ok { // by another test, meanwhile
		return path, nil
	}
	install := exec.CommandContext(ctx, "sh", "-c", `apt-get update -qq && apt-get install -y -qq --no-install-recommends "$0"`, packageName)
	install.WaitDelay = time.Second
	if printed, err := install.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%s is not to be had: %w\n%s", packageName, err, printed)
	}
	if path, ok := find(names); ok {
		return path, nil
	}
	return "", fmt.Errorf("%s has none of %s", packageName, strings.Join(names, ", "))
}

// find returns the path of the first program that is there, also where it is not in the path of everybody.
func find(names []string) (path string, ok bool) {
	for _, name := range names {
		for _, candidate := range []string{name, "/usr/sbin/" + name} {
			if path, err := exec.LookPath(candidate); err == nil {
				return path, true
			}
		}
	}
	return "", false
}
