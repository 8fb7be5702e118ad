// Package audits_test holds the built program to the GraphQL-over-HTTP specification, by the audits of graphql-http.
package audits_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"jobsgateway/e2e/npm"
)

const (
	startLimit   = 30 * time.Second
	stopLimit    = 10 * time.Second // what an orchestrator grants between TERM and KILL
	commandLimit = 3 * time.Minute  // a build or a download on a slow machine
)

// TestGraphQLOverHTTPAudits ensures that the program passes every audit, and that TERM ends it in good order.
func TestGraphQLOverHTTPAudits(t *testing.T) {
	if err := npm.Install(t.Context(), "."); err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(t.TempDir(), "jobsgateway")
	command(t, "go", "build", "-o", binary, "jobsgateway")

	gateway := start(t, binary)
	t.Logf("%s", command(t, "node", "audits.mjs", "http://"+gateway.public+"/graphql"))
	gateway.stop(t)
}

// command runs a program to its end, gives what it printed, and fails the test unless it succeeds.
func command(t *testing.T, name string, args ...string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), commandLimit)
	defer cancel()
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
	return out
}

// program is a running gateway.
type program struct {
	cmd    *exec.Cmd
	public string        // host:port of the public listener
	exited chan struct{} // closed when the process has ended; err and log may be read then
	err    error         // how it ended
	log    bytes.Buffer  // its standard error
}

// start runs the gateway over its embedded Jobs API, with an empty environment, and waits until it listens. It does
// not outlive the test, and shows its log when the test has failed.
func start(t *testing.T, binary string) *program {
	t.Helper()
	p := &program{exited: make(chan struct{})}
	p.cmd = exec.Command(binary, "--demo", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0")
	p.cmd.Env = []string{}
	stderr, err := p.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	listening := make(chan string, 1)
	go func() {
		defer close(p.exited)
		lines := bufio.NewScanner(io.TeeReader(stderr, &p.log))
		for lines.Scan() {
			var line struct {
				Msg    string `json:"msg"`
				Public string `json:"public"`
			}
			if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "listening" {
				listening <- line.Public
			}
		}
		p.err = p.cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // it has ended already unless the test failed
		<-p.exited
		if t.Failed() {
			t.Logf("the program's log:\n%s", p.log.Bytes())
		}
	})

	select {
	case p.public = <-listening:
	case <-p.exited:
		t.Fatalf("the program ended before it listened: %v", p.err)
	case <-time.After(startLimit):
		t.Fatalf("no line with msg \"listening\" within %v", startLimit)
	}
	return p
}

// stop sends TERM and fails the test unless the program ends with exit code 0 in time.
func (p *program) stop(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case <-p.exited:
		if p.err != nil {
			t.Errorf("after TERM: %v", p.err)
		}
	case <-time.After(stopLimit):
		t.Errorf("still running %v after TERM", stopLimit)
	}
}
