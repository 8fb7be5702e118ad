//go:build e2e

// Package npm brings the packages that the tests of e2e run on node.
package npm

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// installLimit bounds one installation. Source: the largest, a router of half a gigabyte, took 200 s on a
// busy machine.
const installLimit = 6 * time.Minute

// Install brings a folder's node_modules to what its lock file says, unless they are there already. Tests of several
// packages may ask for the same folder at the same time. Errors: no lock file, or what npm printed.
func Install(ctx context.Context, dir string) error {
	ctx, cancel := context.WithTimeout(ctx, installLimit)
	defer cancel()
	release, err := hold(ctx, filepath.Join(dir, "package-lock.json"))
	if err != nil {
		return err
	}
	defer release()
	if installed(dir) {
		return nil
	}
	cmd := exec.CommandContext(ctx, "npm", "ci", "--no-audit", "--no-fund")
	cmd.Dir, cmd.WaitDelay = dir, time.Second
	if printed, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("npm ci in %s: %w\n%s", dir, err, printed)
	}
	return nil
}

// hold waits until no other process holds the file, and holds it until release is called.
func hold(ctx context.Context, path string) (release func(), err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	for {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { _ = file.Close() }, nil
		}
		select {
		case <-ctx.Done():
			_ = file.Close()
			return nil, fmt.Errorf("%s is held by another test: %w", path, ctx.Err())
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// pinned is a package as a lock file names it.
type pinned struct {
	Version   string `json:"version"`
	Integrity string `json:"integrity"`
	Optional  bool   `json:"optional"`
}

// installed reports whether node_modules holds what package-lock.json names: npm leaves a copy of what it has
// installed, without the optional packages that are for other machines.
func installed(dir string) bool {
	wanted, ok := readLock(dir, "package-lock.json")
	found, there := readLock(dir, "node_modules/.package-lock.json")
	if !ok || !there {
		return false
	}
	for name, want := range wanted {
		got, isFound := found[name]
		if got != want && (isFound || !want.Optional) && name != "" { // the folder itself has no name
			return false
		}
	}
	return true
}

func readLock(dir, path string) (packages map[string]pinned, ok bool) {
	data, err := fs.ReadFile(os.DirFS(dir), path)
	var lock struct {
		Packages map[string]pinned `json:"packages"`
	}
	ok = err == nil && json.Unmarshal(data, &lock) == nil
	return lock.Packages, ok
}
