//go:build e2e

// Package program builds the gateway and runs what was built, for the tests of e2e.
package program

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"jobsgateway/internal/logtest"
)

const (
	buildLimit = 3 * time.Minute  // on a slow machine with an empty build cache
	stopLimit  = 10 * time.Second // what an orchestrator grants between TERM and KILL
)

// Binary is the path of the built gateway while Main runs the tests. It is a global, since a TestMain has no
// other way to give something to the tests.
var Binary string

// Main is the body of a package's TestMain: it builds the gateway, runs the tests, removes the gateway and
// returns the exit code. A goroutine that a test has left running is a failure.
func Main(m *testing.M) int {
	dir, err := os.MkdirTemp("", "jobsgateway")
	if err == nil {
		defer os.RemoveAll(dir)
		_ = os.Chmod(dir, 0o755) // other users may run what is in it
		Binary = filepath.Join(dir, "jobsgateway")
		err = build(context.Background(), Binary)
	}
	code := 1
	if err == nil {
		code = m.Run()
		http.DefaultClient.CloseIdleConnections()
		err = goleak.Find()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// build builds the gateway into a file, with flags of go build.
func build(ctx context.Context, file string, flags ...string) error {
	ctx, cancel := context.WithTimeout(ctx, buildLimit)
	defer cancel()
	args := slices.Concat([]string{"build"}, flags, []string{"-o", file, "jobsgateway"})
	if printed, err := exec.CommandContext(ctx, "go", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, printed)
	}
	return nil
}

// Program is a running gateway.
type Program struct {
	Public, Admin string          // the URLs of its listeners, without a slash at the end
	Log           *logtest.Buffer // its standard error
	Stdout        bytes.Buffer    // may be read when Stop has returned

	cmd    *exec.Cmd
	stderr io.ReadCloser
	read   sync.Mutex    // held while the standard error is read, or not to be
	exited chan struct{} // closed when the process has ended; err may be read then
	err    error         // how it ended
}

// Start runs the gateway with an empty environment on ports of its own, and returns when it listens. It does
// not outlive the test, which shows its log when it has failed.
func Start(t testing.TB, flags ...string) *Program {
	t.Helper()
	return StartWith(t, []string{}, flags...)
}

// StartWith is Start with an environment.
func StartWith(t testing.TB, environment []string, flags ...string) *Program {
	t.Helper()
	return StartUnder(t, nil, environment, flags...)
}

// StartUnder is StartWith by a command that starts what its arguments name, in its own place, such as setpriv.
func StartUnder(t testing.TB, command, environment []string, flags ...string) *Program {
	t.Helper()
	return launch(t, append(command, Binary), environment, flags...).listening(t)
}

// StartRacing is Start of a gateway that is built with the race detector, which writes what it finds to standard
// error.
func StartRacing(t testing.TB, flags ...string) *Program {
	t.Helper()
	file := filepath.Join(t.TempDir(), "jobsgateway")
	if err := build(t.Context(), file, "-race"); err != nil {
		t.Fatal(err)
	}
	return launch(t, []string{file}, []string{}, flags...).listening(t)
}

// listening waits until the gateway listens.
func (p *Program) listening(t testing.TB) *Program {
	t.Helper()
	line := p.Log.Await(t, "listening")
	p.Public, p.Admin = fmt.Sprint("http://", line["public"]), fmt.Sprint("http://", line["admin"])
	return p
}

// Launch is StartWith without waiting: the addresses of the listeners are not known.
func Launch(t testing.TB, environment []string, flags ...string) *Program {
	t.Helper()
	return launch(t, []string{Binary}, environment, flags...)
}

func launch(t testing.TB, command, environment []string, flags ...string) *Program {
	t.Helper()
	p := &Program{Log: &logtest.Buffer{}, exited: make(chan struct{})}
	flags = append([]string{"--listen=127.0.0.1:0", "--admin-listen=127.0.0.1:0"}, flags...)
	words := slices.Concat(command, flags)
	p.cmd = exec.Command(words[0], words[1:]...)
	p.cmd.Env = environment
	p.cmd.Stdout = &p.Stdout
	var err error
	if p.stderr, err = p.cmd.StderrPipe(); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.exited)
		_, _ = io.Copy(p.Log, pausedBy{&p.read, p.stderr})
		p.Log.End()
		p.err = p.cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // it has ended already if the test has called Stop
		<-p.exited
		if t.Failed() {
			const shown = 32 << 10
			log := p.Log.String()
			t.Logf("the end of the log of %q:\n%s", flags, log[max(0, len(log)-shown):])
		}
	})
	return p
}

// CloseLog stops reading the program's standard error, as a log collector that has died does.
func (p *Program) CloseLog() { _ = p.stderr.Close() }

// PauseLog stops reading the program's standard error until resume is called, as a log collector that is
// overloaded does. What a pipe takes is taken.
func (p *Program) PauseLog() (resume func()) {
	p.read.Lock()
	return p.read.Unlock
}

// pausedBy is a reader that waits for a lock before it goes on.
type pausedBy struct {
	lock *sync.Mutex
	io.Reader
}

func (r pausedBy) Read(p []byte) (int, error) {
	r.lock.Lock()
	r.lock.Unlock() //nolint:staticcheck // to wait is all
	return r.Reader.Read(p)
}

// Signal sends a signal.
func (p *Program) Signal(t testing.TB, signal os.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
}

// Memory returns a figure of the process's memory in bytes, such as VmRSS, what it takes now, and VmHWM, the most
// that it took. Source: proc_pid_status(5).
func (p *Program) Memory(t testing.TB, name string) int64 {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		var kilobytes int64
		if n, _ := fmt.Sscanf(line, name+": %d kB", &kilobytes); n == 1 {
			return kilobytes << 10
		}
	}
	t.Fatalf("no %s in %s", name, status)
	return 0
}

// ExitCode waits for the end and returns the exit code, -1 for a process that a signal has killed. It fails
// the test if that takes longer than limit.
func (p *Program) ExitCode(t testing.TB, limit time.Duration) int {
	t.Helper()
	select {
	case <-p.exited:
	case <-time.After(limit):
		t.Errorf("still running after %v", limit)
		_ = p.cmd.Process.Kill()
		<-p.exited
	}
	return p.cmd.ProcessState.ExitCode()
}

// Stop sends TERM, and fails the test unless the gateway ends with exit code 0 within 10 seconds.
func (p *Program) Stop(t testing.TB) {
	t.Helper()
	p.Signal(t, syscall.SIGTERM)
	if code := p.ExitCode(t, stopLimit); code != 0 {
		t.Errorf("after TERM: %v", p.err)
	}
}
