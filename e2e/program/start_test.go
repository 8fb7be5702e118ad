//go:build e2e

package program_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"jobsgateway/e2e/program"
	"jobsgateway/internal/logtest"
)

// A85: what is wrong when the program starts ends it with 1 within two seconds and a line that names the setting
// and not its secrets. Nothing was served by then: there is no line of the log.
func TestRefusesToStart(t *testing.T) {
	t.Parallel()
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	for _, tc := range []struct{ flag, environment, named string }{
		{"--upstream-url=ftp://jobs.example.com", "", "--upstream-url"},
		{"--upstream-url=https://me:LEAK@jobs.example.com", "", "--upstream-url"},
		{"--upstream-url=/jobs", "", "--upstream-url"},
		{"--upstream-url=", "", "--upstream-url"},
		{"--upstream-url=https://jobs.example.com?key=LEAK", "", "--upstream-url"},
		{"--upstream-url=me:LEAK@jobs.example.com", "", "--upstream-url"},
		{"--upstream-url=https://jobs.example.com:LEAK", "", "--upstream-url"},
		{"--log-level=info", "JOBSGW_UPSTREAM_URL=", "JOBSGW_UPSTREAM_URL"},
		{"--log-level=info", "JOBSGW_UPSTREAM_URL=https://LEAK@jobs.example.com", "JOBSGW_UPSTREAM_URL"},
		{"--demo", "JOBSGW_TOKEN=LEAK", "JOBSGW_TOKEN"},
		{"--tokens=LEAK", "", "--tokens"},
		{"--upstream-timeout=-1s", "", "--upstream-timeout"},
		{"--upstream-timeout=20s", "", "--request-timeout"},
		{"--upstream-timeout=0s", "", "--upstream-timeout"},
		{"--request-timeout=-1ns", "", "--request-timeout"},
		{"--drain-delay=-1s", "", "--drain-delay"},
		{"--drain-delay=11m", "", "--drain-delay"},
		{"--drain-delay=1", "", "--drain-delay"},
		{"--demo", "JOBSGW_DRAIN_DELAYS=LEAK", "JOBSGW_DRAIN_DELAYS"},
		{"--listen=" + taken.Addr().String(), "JOBSGW_DEMO=true", "--listen"},
		{"--admin-listen=" + taken.Addr().String(), "JOBSGW_DEMO=true", "--admin-listen"},
	} {
		t.Run(tc.flag+tc.environment, func(t *testing.T) {
			t.Parallel()
			gw := program.Launch(t, []string{tc.environment}, tc.flag)
			if code := gw.ExitCode(t, 2*time.Second+slack); code != 1 {
				t.Errorf("exit code %d", code)
			}
			said := gw.Log.String()
			if !strings.Contains(said, tc.named) || strings.Contains(said, "LEAK") || strings.Contains(said, `"msg"`) {
				t.Errorf("it says %q", said)
			}
		})
	}
}

// A signal is heeded as soon as there is a process: whenever it comes, the process ends. In the first
// milliseconds, before the program's first line, the system ends it; after that the exit code is 0.
func TestEarlySignal(t *testing.T) {
	t.Parallel()
	heeded := false
	for wait := time.Duration(0); wait < 30*time.Millisecond || !heeded && wait < patience; wait += max(500*time.Microsecond, wait/10) {
		gw := program.Launch(t, []string{}, "--demo", "--drain-delay=0s")
		time.Sleep(wait) // the moment is what the test varies
		gw.Signal(t, syscall.SIGTERM)
		code := gw.ExitCode(t, patience)
		switch said := gw.Log.String(); {
		case code == 0:
			heeded = true
		case code != -1 || said != "":
			t.Errorf("after %v the exit code is %d, and it says %q", wait, code, said)
		}
	}
	if !heeded {
		t.Error("the exit code is never 0")
	}
}

// closedPipe is a pipe that nobody reads.
func closedPipe(t *testing.T) *os.File {
	t.Helper()
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	_ = reader.Close()
	t.Cleanup(func() { _ = writer.Close() })
	return writer
}

// A standard output that nobody reads does not stop the demonstration, and for a command that prints it is no
// error: whoever read it has read enough.
func TestDeadStdout(t *testing.T) {
	t.Parallel()
	demo := exec.CommandContext(t.Context(), program.Binary, "--demo", "--listen=127.0.0.1:0", "--admin-listen=127.0.0.1:0")
	log := &logtest.Buffer{}
	demo.Env, demo.Stdout, demo.Stderr = []string{}, closedPipe(t), log
	if err := demo.Start(); err != nil {
		t.Fatal(err)
	}
	log.Await(t, "demonstration data")
	if err := demo.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := demo.Wait(); err != nil || len(log.With("stopped")) != 1 {
		t.Errorf("%v\n%s", err, log)
	}
	schema := exec.CommandContext(t.Context(), program.Binary, "schema")
	said := &bytes.Buffer{}
	schema.Stdout, schema.Stderr = closedPipe(t), said
	if err := schema.Run(); err != nil || said.Len() > 0 {
		t.Errorf("schema: %v %s", err, said)
	}
}

// A log whose reader is there and does not read holds requests up once the pipe is full. It does not hold up
// the end.
func TestStalledLog(t *testing.T) {
	t.Parallel()
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	gw := exec.CommandContext(t.Context(), program.Binary, "--demo", "--listen=127.0.0.1:0", "--admin-listen=127.0.0.1:0")
	gw.Env, gw.Stderr = []string{}, writer
	if err := gw.Start(); err != nil {
		t.Fatal(err)
	}
	_ = writer.Close()
	first, err := bufio.NewReaderSize(reader, 16).ReadString('\n')
	var listening struct {
		Public string `json:"public"`
	}
	if err != nil || json.Unmarshal([]byte(first), &listening) != nil {
		t.Fatalf("%q %v", first, err)
	}
	for range 800 { // lines of 150 bytes and more: the pipe takes 64 KiB
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", listening.Public)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := io.WriteString(conn, "GET /graphql?query=%7B__typename%7D HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
	}
	if err := gw.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	killer := time.AfterFunc(limit+slack, func() { _ = gw.Process.Kill() })
	defer killer.Stop()
	if err := gw.Wait(); err != nil {
		t.Errorf("after TERM: %v", err)
	}
}

// BenchmarkStart is how long a process takes to be ready.
func BenchmarkStart(b *testing.B) {
	client := newClient(b)
	for b.Loop() {
		gw := program.Start(b, "--demo", "--drain-delay=0s")
		for statusOf(b, client, gw.Admin+"/readyz") != http.StatusOK {
			time.Sleep(time.Millisecond)
		}
		b.StopTimer()
		client.CloseIdleConnections()
		gw.Stop(b)
		b.StartTimer()
	}
	b.Logf("G18: a process is ready %v after its start", b.Elapsed()/time.Duration(b.N))
}
