package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"jobsgateway/internal/emulator"
)

// A story is one file: what the Jobs API holds and how it misbehaves, what is asked, what comes back, and
// which requests it cost the Jobs API, so that one call too many shows in review. Sections of a story:
//
//	upstream.json   the records that the Jobs API holds, an array, newest first
//	fault.json      how its next answers fail: an array of {status, headers, type, body}
//	flags           further flags of the gateway, one a line
//	headers         further headers of the request, one a line; "Authorization:" alone removes the token
//	query.graphql   the document, and variables.json its variables
//	answer.json     the whole answer, errors sorted by path; status is 200 unless the comment line "status: n" says so
//	requests        the requests that the Jobs API got, in alphabetical order, unescaped
//
// go test -run TestStories -update writes answer.json and requests anew; they are read against the schema
// before they are committed.
func TestStories(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/stories/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			runStory(t, file)
		})
	}
}

var update = flag.Bool("update", false, "write what stories get as what they expect")

const storyRequestID = "story"

func runStory(t *testing.T, file string) {
	t.Helper()
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	story := sections(archive)
	api := emulator.New(emulator.Records(records(t, story["upstream.json"])...))
	for _, fault := range faults(t, story["fault.json"]) {
		api.Script(fault)
	}
	upstream := httptest.NewServer(api)
	defer upstream.Close()
	flags := strings.Fields(string(story["flags"]))
	gw := startGateway(t, append(flags, "--upstream-url", upstream.URL)...)

	status, answer := answerTo(t, gw, story)
	var requests strings.Builder
	for _, line := range requestLines(t, api) {
		requests.WriteString(line + "\n")
	}
	got := map[string]string{"answer.json": answer, "requests": requests.String()}
	if *update {
		writeStory(t, file, archive, got)
		return
	}
	for name, text := range got {
		if diff := gocmp.Diff(string(story[name]), text); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if want := wantedStatus(archive.Comment); status != want {
		t.Errorf("status %d, want %d", status, want)
	}
	if left := api.Scripted(); left > 0 {
		t.Errorf("%d faults were not met", left)
	}
}

func sections(archive *txtar.Archive) map[string][]byte {
	story := map[string][]byte{}
	for _, section := range archive.Files {
		story[section.Name] = section.Data
	}
	return story
}

// records splits the array without touching the bytes of its elements.
func records(t *testing.T, array []byte) []json.RawMessage {
	t.Helper()
	list := []json.RawMessage{}
	if len(array) > 0 {
		if err := json.Unmarshal(array, &list); err != nil {
			t.Fatalf("upstream.json: %v", err)
		}
	}
	return list
}

func faults(t *testing.T, array []byte) []emulator.Fault {
	t.Helper()
	var list []struct {
		Status  int               `json:"status"`
		Headers map[string]string `json:"headers"`
		Type    string            `json:"type"`
		Body    *string           `json:"body"`
	}
	if len(array) > 0 {
		if err := json.Unmarshal(array, &list); err != nil {
			t.Fatalf("fault.json: %v", err)
		}
	}
	out := make([]emulator.Fault, len(list))
	for i, f := range list {
		out[i] = emulator.Fault{Status: f.Status, ContentType: f.Type, Header: http.Header{}}
		for name, value := range f.Headers {
			out[i].Header.Set(name, value)
		}
		if f.Body != nil {
			out[i].Body = []byte(*f.Body)
		}
	}
	return out
}

// answerTo posts the story's operation and returns the answer in a form that can be compared.
func answerTo(t *testing.T, gw runningGateway, story map[string][]byte) (status int, answer string) {
	t.Helper()
	var variables any
	if text := story["variables.json"]; len(text) > 0 {
		variables = json.RawMessage(text)
	}
	header := []string{"Accept", "application/graphql-response+json, application/json", "X-Request-Id", storyRequestID}
	for line := range strings.Lines(string(story["headers"])) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		header = append(header, name, strings.TrimSpace(value))
	}
	status, text := postBody(t, gw, bodyOf(t, string(story["query.graphql"]), variables), header...)
	return status, normalized(t, text)
}

// normalized indents an answer and sorts its errors by path, since fields resolve at once; everything else
// keeps its bytes.
func normalized(t *testing.T, text []byte) string {
	t.Helper()
	var whole struct {
		Errors []json.RawMessage `json:"errors,omitempty"`
		Data   json.RawMessage   `json:"data,omitempty"`
	}
	if err := json.Unmarshal(text, &whole); err != nil {
		t.Fatalf("answer %s: %v", text, err)
	}
	slices.SortStableFunc(whole.Errors, func(a, b json.RawMessage) int { return cmp.Compare(pathOf(t, a), pathOf(t, b)) })
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(whole); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func pathOf(t *testing.T, graphqlError json.RawMessage) string {
	t.Helper()
	var e struct {
		Path []any `json:"path"`
	}
	if err := json.Unmarshal(graphqlError, &e); err != nil {
		t.Fatal(err)
	}
	path := make([]string, len(e.Path))
	for i, element := range e.Path {
		path[i] = fmt.Sprintf("%8v", element) // so that 10 comes after 9
	}
	return strings.Join(path, "/")
}

// requestLines gives what the Jobs API was asked, sorted: calls of one batch arrive in any order.
func requestLines(t *testing.T, api *emulator.Emulator) []string {
	t.Helper()
	lines := []string{}
	for _, r := range api.Requests() {
		query, err := url.QueryUnescape(r.RawQuery)
		if err != nil {
			t.Fatal(err)
		}
		line := r.Method + " " + r.Path
		if query != "" {
			line += "?" + query
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return lines
}

// wantedStatus reads "status: n" from a story's comment.
func wantedStatus(comment []byte) int {
	for line := range strings.Lines(string(comment)) {
		if n, ok := strings.CutPrefix(line, "status: "); ok {
			status, _ := strconv.Atoi(strings.TrimSpace(n))
			return status
		}
	}
	return http.StatusOK
}

func writeStory(t *testing.T, file string, archive *txtar.Archive, got map[string]string) {
	t.Helper()
	for _, name := range []string{"answer.json", "requests"} {
		i := slices.IndexFunc(archive.Files, func(f txtar.File) bool { return f.Name == name })
		if i < 0 {
			i = len(archive.Files)
			archive.Files = append(archive.Files, txtar.File{Name: name})
		}
		archive.Files[i].Data = []byte(got[name])
	}
	if err := os.WriteFile(file, txtar.Format(archive), 0o600); err != nil {
		t.Fatal(err)
	}
}
