//go:build e2e

package npm

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// Two tests do not install into one folder at the same time: the second one waits, and not for ever.
func TestOneInstallation(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "package-lock.json")
	if err := os.WriteFile(path, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	release, err := hold(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := hold(ended, path); !errors.Is(err, context.Canceled) {
		t.Errorf("held twice: %v", err)
	}
	release()
	release, err = hold(t.Context(), path)
	if err != nil {
		t.Fatalf("after release: %v", err)
	}
	release()
}
