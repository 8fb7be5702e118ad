//go:build e2e

package soak_test

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// tally counts the answers of a run by their codes, and has what was wrong with some of them.
type tally struct {
	documented map[string]bool // codes

	mu       sync.Mutex
	byCode   map[string]int // "data" where there is no error
	requests int
	left     int // of callers who did not wait
	late     int // requests that no caller was free for
	foreign  int
	wrong    []string // the first few
	wrongs   int
}

// newTally reads the codes that docs/errors.md has.
func newTally(t testing.TB) *tally {
	t.Helper()
	text, err := os.ReadFile("../../docs/errors.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "\n## Codes\n")
	table, _, _ = strings.Cut(table, "\n## ")
	all := &tally{documented: map[string]bool{}, byCode: map[string]int{}}
	for _, code := range regexp.MustCompile("`([A-Z][A-Z_]{4,})`").FindAllStringSubmatch(table, -1) {
		all.documented[code[1]] = true
	}
	if len(all.documented) < 20 {
		t.Fatalf("%d codes in docs/errors.md", len(all.documented))
	}
	return all
}

var (
	mark  = regexp.MustCompile(`mark-(\d{3})\.`)
	jobID = regexp.MustCompile(`"(\d{8})-0000-4000-8000-\d{12}"`)
	// inside matches what tells where the API is, or how the program is built.
	inside = regexp.MustCompile(`LEAK|tokS-|127\.0\.0\.1|goroutine |\.go:|panic`)
)

// answer is what every answer is made of.
type answer struct {
	Data   json.RawMessage `json:"data"`
	Errors []struct {
		Message    string         `json:"message"`
		Path       []any          `json:"path"`
		Locations  []any          `json:"locations"`
		Extensions map[string]any `json:"extensions"`
	} `json:"errors"`
}

// note checks the answer to a request of a tenant and counts it. It returns the data; nil where an error took it,
// or some of it, away.
func (all *tally) note(tenant, status int, text string) json.RawMessage {
	codes, problem := all.judge(status, text)
	foreign := isForeign(tenant, text)
	all.mu.Lock()
	defer all.mu.Unlock()
	all.requests++
	for _, code := range codes {
		all.byCode[code]++
	}
	if foreign {
		all.foreign++
		problem = "it is another tenant's"
	}
	if problem != "" {
		all.add(fmt.Sprintf("%s: an answer to tenant %d: %d %.1000s", problem, tenant, status, text))
	}
	if codes[0] != "data" || problem != "" {
		return nil
	}
	var a answer
	_ = json.Unmarshal([]byte(text), &a)
	return a.Data
}

// judge returns the codes of an answer, each once, and what is wrong with it.
func (all *tally) judge(status int, text string) (codes []string, problem string) {
	var a answer
	in := json.NewDecoder(strings.NewReader(text))
	in.DisallowUnknownFields()
	if err := in.Decode(&a); err != nil || in.More() {
		return []string{"no answer"}, fmt.Sprintf("not an answer (%v)", err)
	}
	if found := inside.FindString(text); found != "" {
		problem = "it has " + found
	}
	hasData := len(a.Data) > 0 && string(a.Data) != "null" || strings.Contains(text, `"data":`)
	switch {
	case len(a.Errors) == 0 && (status != 200 || !hasData):
		problem = "neither data nor errors"
	case len(a.Errors) > 100:
		problem = "too many errors"
	case !slices.Contains([]int{200, 400, 401, 415, 503}, status):
		problem = "an odd status"
	}
	for _, e := range a.Errors {
		code, _ := e.Extensions["code"].(string)
		if !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
		if id, _ := e.Extensions["requestId"].(string); !all.documented[code] || id == "" || e.Message == "" || hasData && len(e.Path) == 0 {
			problem = "an error that is not as documented"
		}
	}
	if len(a.Errors) == 0 {
		codes = []string{"data"}
	}
	return codes, problem
}

// isForeign reports whether an answer has anything of another tenant.
func isForeign(tenant int, text string) bool {
	own := fmt.Sprintf("%03d", tenant)
	for _, found := range mark.FindAllStringSubmatch(text, -1) {
		if found[1] != own {
			return true
		}
	}
	for _, found := range jobID.FindAllStringSubmatch(text, -1) {
		if found[1] != "00000"+own {
			return true
		}
	}
	return false
}

// add adds what was wrong. The lock is held.
func (all *tally) add(problem string) {
	const shown = 10
	if all.wrongs++; len(all.wrong) < shown {
		all.wrong = append(all.wrong, problem)
	}
}

// complainf adds what was wrong.
func (all *tally) complainf(format string, args ...any) {
	all.mu.Lock()
	defer all.mu.Unlock()
	all.add(fmt.Sprintf(format, args...))
}

// count adds to a counter.
func (all *tally) count(counter *int) {
	all.mu.Lock()
	defer all.mu.Unlock()
	*counter++
}

// codes returns the answers by code, the most frequent first.
func (all *tally) codes() string {
	names := []string{}
	for code := range all.byCode {
		names = append(names, code)
	}
	slices.SortFunc(names, func(a, b string) int { return all.byCode[b] - all.byCode[a] })
	told := []string{}
	for _, code := range names {
		told = append(told, fmt.Sprintf("%s %d", code, all.byCode[code]))
	}
	return strings.Join(told, ", ")
}
