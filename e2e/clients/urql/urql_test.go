//go:build e2e

// Package urql_test runs urql 4 and urql 5 against the gateway, on node and in Chromium.
package urql_test

import (
	"os"
	"path/filepath"
	"testing"

	"jobsgateway/e2e/clients"
	"jobsgateway/e2e/program"
)

func TestMain(m *testing.M) { os.Exit(program.Main(m)) }

// Lists, pages and what is new in graphcache, partial data, errors by code, polling, GET, and persisted queries.
func TestUrql(t *testing.T) {
	for name, folder := range versions(t) {
		t.Run(name, func(t *testing.T) {
			clients.Start(t).Run(t, folder, "node.mjs")
			clients.Start(t, "--max-operations=1").Run(t, folder, "overload.mjs")
		})
	}
}

// A job until it is final, and a list that is kept fresh, by both ways that urql has for server-sent events.
func TestUrqlWatches(t *testing.T) {
	for name, folder := range versions(t) {
		t.Run(name, func(t *testing.T) {
			clients.Start(t, "--poll-interval=100ms").Run(t, folder, "watch.mjs")
		})
	}
}

// Pages, and what is new, in a page of another origin.
func TestUrqlInChromium(t *testing.T) {
	for name, folder := range versions(t) {
		t.Run(name, func(t *testing.T) {
			clients.Start(t).RunPage(t, folder, "../page/jobs.mjs")
		})
	}
}

// A gateway that runs listed documents alone runs those that the client's build has listed.
func TestUrqlTrusted(t *testing.T) {
	for name, folder := range versions(t) {
		t.Run(name, func(t *testing.T) {
			list := t.TempDir()
			clients.Run(t, folder, "list.mjs", "LIST="+list)
			clients.Start(t, "--trusted-documents=require", "--trusted-documents-path="+list).Run(t, folder, "trusted.mjs")
		})
	}
}

// versions are folders with the same scripts and with the packages of two versions.
func versions(t *testing.T) map[string]string {
	t.Helper()
	clients.Install(t, ".")
	clients.Install(t, "urql4")
	older := filepath.Join(t.TempDir(), "urql")
	here, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	scripts, err := filepath.Glob("*.[jm]*[sx]")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(older, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range scripts {
		script, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(older, name), script, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for link, target := range map[string]string{
		"node_modules": "urql4/node_modules", "../world.mjs": "../world.mjs", "../fetch": "../fetch", "../page": "../page",
	} {
		if err := os.Symlink(filepath.Join(here, target), filepath.Join(older, link)); err != nil {
			t.Fatal(err)
		}
	}
	return map[string]string{"5": ".", "4": older}
}
