//go:build e2e

// Package clients gives the tests of the clients in its folders a gateway, the Jobs API behind it, and a site of
// another origin; and runs their scripts, which can change what the Jobs API holds (world.mjs).
package clients

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"jobsgateway/e2e/debian"
	"jobsgateway/e2e/npm"
	"jobsgateway/e2e/program"
	"jobsgateway/internal/emulator"
)

const (
	jobs        = 240                    // of the Jobs API at first; scripts count on more than four pages of 50
	scriptLimit = 3 * time.Minute        // on a slow machine
	historyEnd  = "2026-01-15T00:00:00Z" // so that jobs that scripts insert are newer, and ranges of time are known
)

// World is a Jobs API that scripts may change, a gateway over it, and a site whose pages the gateway lets in.
type World struct {
	API     *emulator.Emulator
	Gateway *program.Program

	control *httptest.Server // of the Jobs API, for scripts
	site    *httptest.Server
	pages   string // the folder of the site
}

// Start runs a gateway with flags over a Jobs API with the same 240 jobs each time, until the test ends.
func Start(t testing.TB, flags ...string) *World {
	t.Helper()
	end, err := time.Parse(time.RFC3339, historyEnd)
	if err != nil {
		t.Fatal(err)
	}
	w := &World{
		API:   emulator.New(emulator.Options{Seed: 1, Jobs: jobs, End: end, Tags: true}),
		pages: t.TempDir(),
	}
	upstream := httptest.NewServer(w.API)
	t.Cleanup(upstream.Close)
	w.control = httptest.NewServer(w.controls())
	t.Cleanup(w.control.Close)
	w.site = httptest.NewServer(http.FileServer(http.Dir(w.pages)))
	t.Cleanup(w.site.Close)
	w.Gateway = program.Start(t, append([]string{"--upstream-url", upstream.URL, "--cors-origins", w.site.URL}, flags...)...)
	return w
}

// Run runs a script of a folder on node to its end, and fails the test unless it succeeds. The variables of its
// environment are what world.mjs and page/page.mjs read.
func (w *World) Run(t testing.TB, folder, script string, env ...string) {
	t.Helper()
	env = append(env, "GATEWAY="+w.Gateway.Public, "CONTROL="+w.control.URL, "SITE="+w.site.URL, "PAGES="+w.pages)
	Run(t, folder, script, env...)
}

// Run is World.Run for a script that needs no gateway.
func Run(t testing.TB, folder, script string, env ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), scriptLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", script)
	cmd.Dir, cmd.Env, cmd.WaitDelay = folder, append(os.Environ(), env...), time.Second
	if printed, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("node %s: %v\n%s", filepath.Join(folder, script), err, printed)
	}
}

// RunPage is Run of a script that looks at a page in Chromium, which page/page.mjs opens for it; for the usual page,
// with a list and a job, that is page/jobs.mjs.
func (w *World) RunPage(t testing.TB, folder, script string) {
	t.Helper()
	chromium, err := debian.Program(t.Context(), "chromium", "chromium", "chromium-browser", "google-chrome")
	if err != nil {
		t.Fatal(err)
	}
	Install(t, "../page")
	w.Run(t, folder, script, "CHROMIUM="+chromium)
}

// Install brings a folder's node_modules to what its lock file says.
func Install(t testing.TB, folder string) {
	t.Helper()
	if err := npm.Install(t.Context(), folder); err != nil {
		t.Fatal(err)
	}
}

// controls changes what the Jobs API holds and does, by what scripts send.
func (w *World) controls() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /jobs", func(_ http.ResponseWriter, r *http.Request) { w.API.Insert(body(r)) })
	mux.HandleFunc("PUT /jobs/{id}", func(rw http.ResponseWriter, r *http.Request) {
		if !w.API.Replace(r.PathValue("id"), body(r)) {
			http.NotFound(rw, r)
		}
	})
	mux.HandleFunc("DELETE /jobs/{id}", func(rw http.ResponseWriter, r *http.Request) {
		if !w.API.Remove(r.PathValue("id")) {
			http.NotFound(rw, r)
		}
	})
	mux.HandleFunc("POST /faults", func(rw http.ResponseWriter, r *http.Request) {
		var fault struct {
			Status     int `json:"status"`
			Times      int `json:"times"`
			RetryAfter int `json:"retryAfter"` // seconds; 0 sends no header
			Delay      int `json:"delay"`      // milliseconds
		}
		if err := json.Unmarshal(body(r), &fault); err != nil {
			http.Error(rw, err.Error(), http.StatusBadRequest)
			return
		}
		header := http.Header{}
		if fault.RetryAfter > 0 {
			header.Set("Retry-After", strconv.Itoa(fault.RetryAfter))
		}
		delay := time.Duration(fault.Delay) * time.Millisecond
		w.API.Script(emulator.Fault{Status: fault.Status, Times: fault.Times, Header: header, Delay: delay})
	})
	mux.HandleFunc("GET /jobs", func(rw http.ResponseWriter, _ *http.Request) { _ = json.NewEncoder(rw).Encode(w.API.IDs()) })
	mux.HandleFunc("GET /calls", func(rw http.ResponseWriter, _ *http.Request) { fmt.Fprint(rw, w.API.Total()) })
	return mux
}

// body is what a script has sent; scripts send little.
func body(r *http.Request) []byte {
	data, _ := io.ReadAll(r.Body)
	return data
}
