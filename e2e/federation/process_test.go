//go:build e2e

package federation_test

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"
)

var client = &http.Client{Timeout: answerLimit}

// process is a running program in a process group of its own.
type process struct {
	name   string
	cmd    *exec.Cmd
	output output
	exited chan struct{} // closed when the program has ended; err may be read then
	err    error         // how it ended
}

// startProcess runs a program. Its whole group ends with the test, which shows what it printed when the test
// has failed.
func startProcess(t *testing.T, name, dir string, env []string, command string, args ...string) *process {
	t.Helper()
	p := &process{name: name, cmd: exec.Command(command, args...), exited: make(chan struct{})}
	p.cmd.Dir, p.cmd.Env = dir, append(os.Environ(), env...)
	p.cmd.Stdout, p.cmd.Stderr = &p.output, &p.output
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p.cmd.WaitDelay = time.Second // a descendant outside the group may hold the pipe
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.exited)
	}()
	t.Cleanup(func() {
		p.signal(syscall.SIGKILL) // it has ended already if the test was to see it end
		<-p.exited
		if t.Failed() {
			t.Logf("%s printed:\n%s", name, p.output.String())
		}
	})
	return p
}

// signal sends to the whole group, as a terminal does.
func (p *process) signal(signal syscall.Signal) {
	_ = syscall.Kill(-p.cmd.Process.Pid, signal)
}

// stop sends a signal and fails the test unless the program ends with exit code 0 in time.
func (p *process) stop(t *testing.T, signal syscall.Signal) {
	t.Helper()
	p.signal(signal)
	select {
	case <-p.exited:
		if p.err != nil {
			t.Errorf("%s, after %v: %v", p.name, signal, p.err)
		}
	case <-time.After(stopLimit):
		t.Errorf("%s still runs %v after %v", p.name, stopLimit, signal)
	}
}

// await waits until the program does what ready looks for, and fails the test when it ends before or takes
// too long.
func (p *process) await(t *testing.T, what string, ready func() bool) {
	t.Helper()
	timeout := time.After(startLimit)
	for !ready() {
		select {
		case <-p.exited:
			t.Fatalf("%s ended before %s: %v", p.name, what, p.err)
		case <-timeout:
			t.Fatalf("%s: not %s within %v", p.name, what, startLimit)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// awaitAnswer waits until a GET of the URL is answered with 200.
func (p *process) awaitAnswer(t *testing.T, url string) {
	t.Helper()
	p.await(t, "it answered at "+url, func() bool { return isAnswered(t.Context(), url) })
}

func isAnswered(ctx context.Context, url string) bool {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return false
	}
	res, err := client.Do(req)
	if err != nil {
		return false
	}
	defer res.Body.Close()
	_, err = io.Copy(io.Discard, res.Body)
	return err == nil && res.StatusCode == http.StatusOK
}

// output is what a program has printed so far.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// freePorts gives ports that nothing listens on. They are held together, so that they differ, and are none of those that
// the system gives to others who do not say which: these may have them before the process that they are for.
// Source: 32768 is the first of these in Linux, and IANA's is 49152.
func freePorts(t *testing.T, n int) []string {
	t.Helper()
	const first, most = 20_000, 12_000
	ports := make([]string, n)
	for i := range ports {
		for {
			ports[i] = strconv.Itoa(first + rand.IntN(most))
			listener, err := net.Listen("tcp", "127.0.0.1:"+ports[i])
			if err == nil {
				defer listener.Close()
				break
			}
		}
	}
	return ports
}
