package main

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"jobsgateway/internal/logtest"
)

// writeText writes a file of a test.
func writeText(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// The listed documents are read at the start and again at a hang-up. If they have a fault then, the log says
// where, and what was listed stays.
func TestTrustedDocumentsAreReadAgain(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "persisted-documents.json")
	writeText(t, path, `{"one": "query One {__typename}"}`)
	gw := startGateway(t, "--demo", "--trusted-documents=require", "--trusted-documents-path="+path)
	wants := func(id string, listed bool) {
		t.Helper()
		got := replyToBody(t, gw, `{"documentId":"`+id+`"}`)
		if (got.status == http.StatusOK) != listed {
			t.Errorf("%s: %+v, listed: %v", id, got, listed)
		}
	}
	hangUp := func(line string, n int) map[string]any {
		t.Helper()
		if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
			if lines := gw.log.With(line); len(lines) >= n {
				return lines[n-1]
			} else if time.Now().After(deadline) {
				t.Fatalf("no line %q", line)
			}
		}
	}
	wants("one", true)
	wants("two", false)
	if got := replyTo(t, gw, "{__typename}"); got.status != http.StatusBadRequest || got.Errors[0].Extensions["code"] != "PERSISTED_DOCUMENT_REQUIRED" {
		t.Errorf("%+v", got)
	}

	writeText(t, path, `{"two": "query Two {__typename}"}`)
	hangUp("trusted documents", 2)
	wants("one", false)
	wants("two", true)

	for i, fault := range []struct{ text, want string }{
		{"{\n\"one\": ", path + ", line 2: "},
		{`{"one": "{nope}"}`, path + `, "one": 1:2: Cannot query field "nope"`},
	} {
		writeText(t, path, fault.text)
		line := hangUp("trusted documents not replaced", i+1)
		if text, _ := line["error"].(string); line["level"] != "ERROR" || !strings.Contains(text, fault.want) {
			t.Errorf("%v, want %q", line, fault.want)
		}
		wants("two", true)
	}

	_, _, series := scrape(t, gw)
	for name, want := range map[string]string{
		`jobsgateway_trusted_documents`:                                           "1",
		`jobsgateway_trusted_operations_total{operation="One",outcome="ok"}`:      "1",
		`jobsgateway_trusted_operations_total{operation="Two",outcome="ok"}`:      "3",
		`jobsgateway_documents_unlisted_total{reason="no_id"}`:                    "1",
		`jobsgateway_documents_unlisted_total{reason="unknown_id"}`:               "2",
		`jobsgateway_documents_unlisted_total{reason="other_text"}`:               "0",
		`jobsgateway_operation_errors_total{code="PERSISTED_DOCUMENT_NOT_FOUND"}`: "2",
	} {
		if series[name] != want {
			t.Errorf("%s is %q, want %s", name, series[name], want)
		}
	}
}

// A list with a fault does not start the program: the error has the setting, the file and the fault.
func TestTrustedDocumentsAtTheStart(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for name, fault := range map[string]struct{ text, want string }{
		"a.json":    {"[]", ", line 1: this is not an object"},
		"b.graphql": {"{nope}", `: 1:2: Cannot query field "nope" on type "Query"`},
		"c.txt":     {"", " has another name than those of documents"},
	} {
		path := filepath.Join(folder, name)
		writeText(t, path, fault.text)
		log := &logtest.Buffer{}
		err := run(context.WithoutCancel(t.Context()), []string{
			"--demo", "--listen=127.0.0.1:0", "--admin-listen=127.0.0.1:0", "--trusted-documents=log", "--trusted-documents-path=" + path,
		}, nil, io.Discard, log)
		if want := "--trusted-documents-path (JOBSGW_TRUSTED_DOCUMENTS_PATH): " + path + fault.want; err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
