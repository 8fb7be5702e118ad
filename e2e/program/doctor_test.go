//go:build e2e

package program_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"jobsgateway/e2e/program"
	"jobsgateway/internal/emulator"
)

// secret is the doctor's token. It is in no output.
const secret = "canary-9f0d6b2c4e1a4b7d"

// doctored is what the doctor came to.
type doctored struct {
	code      int
	out, said string // standard output and error
}

// doctor runs `jobsgateway doctor` with these variables and this standard input, and checks that its output does
// not have the token.
func doctor(t *testing.T, environment []string, stdin io.Reader, flags ...string) doctored {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program.Binary, append([]string{"doctor"}, flags...)...)
	var out, said bytes.Buffer
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = append([]string{}, environment...), stdin, &out, &said
	err := cmd.Run()
	if exit := (&exec.ExitError{}); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if strings.Contains(out.String()+said.String(), secret[7:]) {
		t.Errorf("the token is in the output:\n%s%s", out.String(), said.String())
	}
	return doctored{cmd.ProcessState.ExitCode(), out.String(), said.String()}
}

// overTLS serves a Jobs API over TLS and HTTP/2, and returns its URL and a file with its certificate.
func overTLS(t *testing.T, jobs emulator.Options, change func(*tls.Config)) (api *emulator.Emulator, url, trusted string) {
	t.Helper()
	api = emulator.New(jobs)
	server := httptest.NewUnstartedServer(api)
	server.EnableHTTP2 = true
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.TLS = &tls.Config{}
	if change != nil {
		change(server.TLS)
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	trusted = filepath.Join(t.TempDir(), "ca.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(trusted, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return api, server.URL, trusted
}

// The exit code is 0 if all is right, with and without a token, and 1 if something is wrong, settings among it.
func TestDoctorExitCode(t *testing.T) {
	t.Parallel()
	api, url, trusted := overTLS(t, emulator.Options{Seed: 1}, nil)
	_, demanding, trustedToo := overTLS(t, emulator.Options{}, func(c *tls.Config) { c.ClientAuth = tls.RequireAnyClientCert })
	token := "JOBSGW_DOCTOR_TOKEN=" + secret
	for name, tc := range map[string]struct {
		environment []string
		stdin       string
		flags       []string
		code, calls int
		part        string
	}{
		"all is right":             {[]string{token, "SSL_CERT_FILE=" + trusted, "JOBSGW_UPSTREAM_URL=" + url}, "", nil, 0, 2, "TLS: TLS 1.3, HTTP/2 ("},
		"a token by a pipe":        {[]string{"SSL_CERT_FILE=" + trusted}, secret + "\nmore", []string{"--upstream-url=" + url}, 0, 2, "per_page=50 answered 200 over HTTP/2.0"},
		"no token":                 {[]string{"SSL_CERT_FILE=" + trusted}, "", []string{"--upstream-url=" + url}, 0, 0, "There is no token"},
		"a certificate of nobody":  {[]string{token}, "", []string{"--upstream-url=" + url}, 1, 0, "the certificate is signed by itself"},
		"a certificate is wanted":  {[]string{token, "SSL_CERT_FILE=" + trustedToo}, "", []string{"--upstream-url=" + demanding}, 1, 0, "note TLS: the API asks for a certificate of the client"},
		"a wrong setting":          {[]string{token}, "", []string{"--upstream-url=" + url, "--max-depth=0"}, 1, 0, ""},
		"the demonstration":        {nil, "", []string{"--demo"}, 0, 0, "The list has 20"}, // jobs come meanwhile
		"the demonstration, a 403": {[]string{"JOBSGW_DOCTOR_TOKEN=forbidden"}, "", []string{"--demo"}, 1, 0, "answered 403"},
	} {
		before := api.Total()
		got := doctor(t, tc.environment, strings.NewReader(tc.stdin), tc.flags...)
		if got.code != tc.code || api.Total()-before != tc.calls || !strings.Contains(strings.Join(strings.Fields(got.out), " "), tc.part) {
			t.Errorf("%s: exit code %d, %d calls\n%s%s", name, got.code, api.Total()-before, got.out, got.said)
		}
		if (got.said != "") != (tc.code != 0) {
			t.Errorf("%s: standard error has %q", name, got.said)
		}
		if name == "a wrong setting" && (got.out != "" || !strings.Contains(got.said, "--max-depth (JOBSGW_MAX_DEPTH)")) {
			t.Errorf("%s: %s%s", name, got.out, got.said)
		}
	}
}

// Somebody who keeps standard input open and sends nothing is waited for, but not for ever; a signal ends it at once.
func TestDoctorStandardInput(t *testing.T) {
	t.Parallel()
	_, url, trusted := overTLS(t, emulator.Options{Seed: 1}, nil)
	open, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { open.Close(); writer.Close() })
	environment := []string{"SSL_CERT_FILE=" + trusted, "JOBSGW_UPSTREAM_URL=" + url}
	got := doctor(t, environment, open, "--request-timeout=5s")
	if got.code != 0 || !strings.Contains(got.out, "There is no token") || got.said != "" {
		t.Errorf("exit code %d\n%s%s", got.code, got.out, got.said)
	}

	cmd := exec.CommandContext(t.Context(), program.Binary, "doctor", "--request-timeout=10m")
	var said bytes.Buffer
	cmd.Env, cmd.Stdin, cmd.Stderr = environment, open, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(500 * time.Millisecond) // so that it waits; before that the signal ends it, too
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	killer := time.AfterFunc(10*time.Second, func() { _ = cmd.Process.Kill() })
	defer killer.Stop()
	if err := cmd.Wait(); err == nil || cmd.ProcessState.ExitCode() != 1 || !strings.Contains(said.String(), "stopped before everything was looked at") {
		t.Errorf("%v, %s", err, said.String())
	}
}

// What docs/operations.md shows is what the doctor says of such an API, but for its numbers, times and addresses.
func TestDocumentedDoctor(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := regexp.MustCompile("(?s)```text\n(jobsgateway .*?)```").FindStringSubmatch(string(page))
	if shown == nil {
		t.Fatal("docs/operations.md shows no output of the doctor")
	}
	_, url, trusted := overTLS(t, emulator.Options{Seed: 1, Drift: true, Offsets: emulator.OffsetsFloored, End: time.Date(2026, 3, 12, 15, 30, 0, 0, time.UTC)}, nil)
	got := doctor(t, []string{"SSL_CERT_FILE=" + trusted, "JOBSGW_UPSTREAM_URL=" + url, "JOBSGW_DOCTOR_TOKEN=" + secret}, nil, "--max-depth=20")
	if got.code != 0 || plainer(got.out) != plainer(shown[1]) {
		t.Errorf("the doctor says\n%s\nwhich is, without what differs,\n%s\nand docs/operations.md shows, without that,\n%s", got.out, plainer(got.out), plainer(shown[1]))
	}
}

// plainer is a report in one line, without what differs from run to run.
func plainer(report string) string {
	text := strings.Join(strings.Fields(report), " ")
	for _, differs := range [][2]string{
		{`jobsgateway \S+ \S+ \S+`, "jobsgateway"},
		{`127\.0\.0\.1:\d+`, "HOST"},
		{`[\d.]+(µs|ms|s)\b`, "TIME"},
		{`\d+ bytes`, "BYTES"},
		{`until \d{4}-\d\d-\d\d`, "until DAY"},
		{`of \d+ records`, "of RECORDS"},
		{`other \d+ settings`, "other SETTINGS"},
	} {
		text = regexp.MustCompile(differs[0]).ReplaceAllString(text, differs[1])
	}
	return text
}
