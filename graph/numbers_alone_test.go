package graph

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"jobsgateway/internal/emulator"
)

// What a selection asks of a connection tells how little has to be read.
func TestRecordsThatNobodyAsksFor(t *testing.T) {
	t.Parallel()
	exec, api := newExecutorOver(t, listOf(1, 2, 3, 2, 1, 2, 1)...)
	all := exec.ask(`{ jobs(first: 500) { nodes { id } edges { cursor } } }`, "")
	var page struct {
		Jobs struct {
			Edges []struct {
				Cursor string `json:"cursor"`
			} `json:"edges"`
		} `json:"jobs"`
	}
	if err := json.Unmarshal([]byte(all.data), &page); err != nil {
		t.Fatal(err)
	}
	third := page.Jobs.Edges[2].Cursor
	archive, err := txtar.ParseFile("testdata/numbers-alone.txtar")
	if err != nil {
		t.Fatal(err)
	}
	if len(archive.Files) < 17 {
		t.Errorf("only %d cases", len(archive.Files))
	}
	for _, file := range archive.Files {
		lines := strings.Split(strings.TrimSpace(strings.ReplaceAll(string(file.Data), "CURSOR", third)), "\n")
		query, want, wantRequests := lines[0], lines[1], lines[2:]
		api.Reset()
		got := exec.ask(query, "")
		var requests []string
		for _, r := range api.Requests() {
			requests = append(requests, r.RawQuery)
		}
		slices.Sort(requests)
		if got.data != want || !slices.Equal(requests, wantRequests) {
			t.Errorf("%s:\n%s for %q, want\n%s for %q", file.Name, got.data, requests, want, wantRequests)
		}
		if oracle := exec.onOracle().ask(query, ""); oracle.data != want {
			t.Errorf("%s: the oracle says %s", file.Name, oracle.data)
		}
	}
}

// What fails while numbers alone are asked for is the field's error, whichever call it is.
func TestTallyFails(t *testing.T) {
	t.Parallel()
	exec, api := newExecutorOver(t, listOf(1, 2, 3)...)
	all := exec.ask(`{ jobs { pageInfo { startCursor } } }`, "")
	_, cursor, _ := strings.Cut(all.data, `"startCursor":"`)
	cursor, _, _ = strings.Cut(cursor, `"`)
	for query, calls := range map[string]int{
		`{ jobs { totalCount } }`:                                                  1,
		`{ jobs(first: 2) { pageInfo { hasNextPage } } }`:                          1,
		`{ jobs(first: 2, after: "` + cursor + `") { pageInfo { hasNextPage } } }`: 2,
		`{ jobs(last: 2, before: "` + cursor + `") { pageInfo { hasNextPage } } }`: 1,
	} {
		for failing := range calls {
			api.Reset()
			api.Unscript()
			n := 0
			api.Script(emulator.Fault{Status: http.StatusInternalServerError, Times: emulator.Forever, Match: func(*http.Request) bool {
				n++
				return n == failing+1
			}})
			got := exec.ask(query, "")
			if got.data != `{"jobs":null}` || len(got.errors) != 1 || codeOf(got.errors[0]) != string(CodeUpstreamUnavailable) {
				t.Errorf("%s, call %d: %s %s", query, failing, got.data, got.wire)
			}
		}
	}
}
