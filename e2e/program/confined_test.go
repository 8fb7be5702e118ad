//go:build e2e

package program_test

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"

	"jobsgateway/e2e/program"
)

// confinement is what this machine lets a test take away from a process.
type confinement struct {
	root   bool // root may become another user, without capabilities
	mounts bool // and, but for a container that has none itself, make what others see read-only
}

// confinementHere finds out.
func confinementHere(t *testing.T) confinement {
	t.Helper()
	c := confinement{root: os.Geteuid() == 0}
	c.mounts = c.root && exec.CommandContext(t.Context(), "unshare", "--mount", "true").Run() == nil
	t.Logf("as the image's user: %t; on a root that cannot be written: %t", c.root, c.mounts)
	return c
}

// command is a command that starts another one in its place: without new privileges and, where that can be had, as
// the image's user without capabilities, on a root that nobody can write.
func (c confinement) command() []string {
	const readOnly = `mount --bind / / && mount -o remount,bind,ro / && exec "$@"`
	command := []string{"setpriv", "--no-new-privs"}
	if c.root {
		command = append(command, "--reuid=65532", "--regid=65532", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all")
	}
	if c.mounts {
		command = append([]string{"unshare", "--mount", "--propagation", "private", "sh", "-c", readOnly, "sh"}, command...)
	}
	return command
}

// A86: the gateway needs no privilege, no file that it can write, no more than 256 MiB and one slow CPU, and the
// public listener shows nothing of it. An API that is down fails neither its liveness nor its readiness. The
// memory limit and the CPUs are what Go makes of a container of 256 MiB and half a CPU: without a container engine
// there is none.
func TestConfined(t *testing.T) {
	t.Parallel()
	confined, api := confinementHere(t), program.StartUpstream(t, nil)
	environ := []string{
		"GOMEMLIMIT=230MiB", "GOMAXPROCS=1", "PATH=" + os.Getenv("PATH"), "JOBSGW_UPSTREAM_TIMEOUT=1m", "JOBSGW_REQUEST_TIMEOUT=1m",
	}
	gw := program.StartUnder(t, confined.command(), environ, "--upstream-url="+api.URL)
	confined.check(t, gw)
	client := newClient(t)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for page := range 25 {
				query := fmt.Sprintf(`{ jobs(first: 500, offset: %d) { nodes { id raw dataset { latestJob { state } } } } }`, 10*page+i)
				_, text := ask(t, client, gw, canary, query)
				// Beside other work some may be told that there is no room.
				if !strings.HasPrefix(text, `{"data":{"jobs":{"nodes":[{"id"`) && !strings.Contains(text, `"REQUEST_CONCURRENCY_LIMITED"`) {
					t.Errorf("%.200s", text)
				}
			}
		})
	}
	all.Wait()
	used := gw.Usage(t)
	t.Logf("at most %d MiB", used.PeakRSS>>20)
	if used.PeakRSS > 256<<20 {
		t.Errorf("it takes %d MiB", used.PeakRSS>>20)
	}
	for _, path := range []string{
		"/healthz", "/readyz", "/livez", "/health", "/metrics", "/debug/pprof/", "/debug/pprof/heap", "/debug/vars", "/debug", "/admin", "/status",
		"/graphql/../healthz", "//healthz", "/%68ealthz", "/metrics/",
	} {
		if status := statusOf(t, client, gw.Public+path); status != http.StatusNotFound {
			t.Errorf("the public listener answers %s with %d", path, status)
		}
	}
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 200, "/graphql": 404, "/": 404, "/debug/pprof/": 404, "/debug/vars": 404} {
		if status := statusOf(t, client, gw.Admin+path); status != want {
			t.Errorf("the admin listener answers %s with %d", path, status)
		}
	}
	gw.Stop(t)

	down := program.StartUnder(t, confined.command(), []string{"PATH=" + os.Getenv("PATH")}, "--upstream-url=http://127.0.0.1:1")
	for i := range 40 { // until it is not even asked
		if _, text := ask(t, client, down, fmt.Sprint(canary, i), oneCall); !strings.Contains(text, "UPSTREAM_UNAVAILABLE") {
			t.Error(text)
		}
		for _, path := range []string{"/healthz", "/readyz"} {
			if status := statusOf(t, client, down.Admin+path); status != http.StatusOK {
				t.Errorf("%s is %d while the API is down", path, status)
			}
		}
	}
	down.Stop(t)
}

// check looks at what the system says of a process.
func (c confinement) check(t *testing.T, gw *program.Program) {
	t.Helper()
	status := gw.Proc(t, "status")
	wanted := []string{`NoNewPrivs:\s+1`}
	if c.root {
		wanted = append(wanted, `Uid:\s+65532\s+65532\s+65532\s+65532`, `Gid:\s+65532\s+65532`, `CapPrm:\s+0+\n`, `CapEff:\s+0+\n`, `CapBnd:\s+0+\n`)
	}
	if c.mounts && !regexp.MustCompile(`(?m)^\S+ / \S+ ro,`).MatchString(gw.Proc(t, "mounts")) {
		t.Error("the root can be written")
	}
	for _, line := range wanted {
		if !regexp.MustCompile(`(?m)^` + line).MatchString(status) {
			t.Errorf("the process is not %s:\n%s", line, status)
		}
	}
}

// statusOf returns the status of a GET.
func statusOf(t testing.TB, client *http.Client, url string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	return res.StatusCode
}
