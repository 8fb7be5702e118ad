//go:build e2e

package program_test

import (
	"encoding/pem"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"jobsgateway/e2e/program"
	"jobsgateway/internal/emulator"
)

// The command of docs/errors.md works as typed, and its error has the members that the page shows.
func TestDocumentedError(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/errors.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := regexp.MustCompile("(?s)```sh\n(curl .*?)```.*?```json\n(.*?)```").FindStringSubmatch(string(text))
	if shown == nil {
		t.Fatal("no command and answer in docs/errors.md")
	}
	gw := program.Start(t, "--demo")
	command := strings.ReplaceAll(shown[1], "http://127.0.0.1:8080", gw.Public)
	answer, err := exec.CommandContext(t.Context(), "sh", "-c", command).Output()
	if err != nil {
		t.Fatalf("%s\n%v", command, err)
	}
	if got, want := members(string(answer)), members(shown[2]); got != want {
		t.Errorf("%s\nhas %v, docs/errors.md shows %v", answer, got, want)
	}
	for _, fixed := range []string{`"code":"FORBIDDEN"`, `"upstreamStatus":403`, `"column":3`} {
		if !strings.Contains(shown[2], fixed) || !strings.Contains(string(answer), fixed) {
			t.Errorf("%s: %s", fixed, answer)
		}
	}
}

// The certificate of the Jobs API is believed if SSL_CERT_FILE has its CA, and only then.
func TestOwnCA(t *testing.T) {
	t.Parallel()
	api := httptest.NewTLSServer(emulator.New(emulator.Options{}))
	defer api.Close()
	file := certificateOf(t, api)
	ask := func(gw *program.Program) string {
		command := "curl -s " + gw.Public + `/graphql -H 'Authorization: Bearer x' --json '{"query":"{jobs {totalCount}}"}'`
		answer, err := exec.CommandContext(t.Context(), "sh", "-c", command).Output()
		if err != nil {
			t.Fatalf("%s\n%v", command, err)
		}
		return string(answer)
	}
	stranger := program.Start(t, "--upstream-url="+api.URL)
	if answer := ask(stranger); !strings.Contains(answer, "UPSTREAM_UNAVAILABLE") {
		t.Error(answer)
	}
	if cause := stranger.Log.Await(t, "upstream call failed")["error"].(string); !strings.Contains(cause, "is signed by nobody known here") {
		t.Error(cause)
	}
	if answer := ask(program.StartWith(t, []string{"SSL_CERT_FILE=" + file}, "--upstream-url="+api.URL)); answer != `{"data":{"jobs":{"totalCount":2000}}}` {
		t.Error(answer)
	}
}

// certificateOf is a file with the certificate of a server.
func certificateOf(t *testing.T, server *httptest.Server) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
